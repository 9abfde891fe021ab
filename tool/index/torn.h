// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files of which the end is missing: a download that broke off, a full disk. What stood there cannot be known.
#pragma once

#include "llvm/ADT/StringRef.h"

namespace krcu {

/// Whether C text ends inside of a block, a comment, a string or an #if. Where #if makes several texts of one, it must end inside of a block in the one
/// with all first branches and in the one with all last branches. Costs a pass over the bytes; a lexer only if the braces do not add up.
bool endsInside(llvm::StringRef Text);

} // namespace krcu
