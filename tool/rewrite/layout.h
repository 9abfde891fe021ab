// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a replaced call stands on the page: kernel style, 80 columns, tabs of 8.
#pragma once

#include "tool/rewrite/source.h"
#include "llvm/Support/Error.h"

namespace krcu {

/// The text that takes the place of the call at `Where`. `Replacement` is folded to one line first (it may
/// have been cut out of a text in which it was spread over several) and stays there if it fits into 80
/// columns or is no wider than the call was. Otherwise it is broken behind commas and continued under the
/// opening parenthesis. Fails if it cannot stand in code at all: a line comment or a directive inside.
llvm::Expected<std::string> layoutCall(const SourceText &Source, Span Where, llvm::StringRef Replacement);

/// The column (from 0) that follows `Text`, if `Text` starts in `Column`: tabs go to the next multiple of 8,
/// a UTF-8 sequence is one column.
unsigned columnAfter(llvm::StringRef Text, unsigned Column = 0);

} // namespace krcu
