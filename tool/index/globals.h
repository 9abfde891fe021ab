// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a text gives the linker: a module's own names hide those of the kernel.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <set>
#include <string>

namespace krcu {

/// Names of the functions and variables that the text defines with external linkage, in every branch of every #if. A variable that a
/// macro defines, and a pointer to a function, are not found.
std::set<std::string> globalsOf(llvm::StringRef Text);

} // namespace krcu
