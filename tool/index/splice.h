// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Line splices: a backslash at the end of a line. clang's lexer steps over a row of them by recursion, so a
// file with a few hundred thousand in a row overflows its stack; such rows are found before the lexer sees
// them.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <string>

namespace krcu {

/// At a backslash: behind the newline it escapes, or null. Blanks may stand between the two, as for clang.
const char *behindSplice(const char *Backslash, const char *End);

/// Offset of the first splice after MaxSpliceRow others with nothing in between, or npos.
constexpr unsigned MaxSpliceRow = 1000;
size_t findLongSpliceRow(llvm::StringRef Text, size_t From = 0);

/// Turns the backslashes beyond MaxSpliceRow in a row into blanks. Offsets stay as they are.
void breakLongSpliceRows(std::string &Text);

} // namespace krcu
