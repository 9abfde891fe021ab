// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a line may be put into a function, and which call fills a line of its own. Read off the text: nothing is parsed.
#pragma once

#include "tool/index/outline.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace krcu {

/// The begin of a line between two statements of a function's outermost block.
struct StatementGap {
  uint32_t offset = 0; ///< of that line, in bytes
  unsigned line = 0;   ///< its number, from 1
  std::string indent;  ///< white space before the statements of that block
  std::string ending;  ///< of lines: "\n" or "\r\n"
};

/// All of them, in the order of the text. Left out are gaps within an #if, before a declaration, behind a return or goto, and where the line goes
/// on behind the statement.
std::vector<StatementGap> gapsOf(llvm::StringRef Text, const OutlineFunction &F);

/// The begins of the lines with a return statement by itself, in whichever block, that is no more than a statement of it: a line before may be put in.
std::vector<StatementGap> gapsBeforeReturns(llvm::StringRef Text, const OutlineFunction &F);

/// The bytes [begin, end) of line `Line`, its end included, if it holds nothing but "Name(...);".
std::optional<std::pair<uint32_t, uint32_t>> wholeLineCall(llvm::StringRef Text, unsigned Line, llvm::StringRef Name);

} // namespace krcu
