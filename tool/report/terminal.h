// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Text for a terminal: wrapped at words and never cut.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <functional>
#include <string>

namespace krcu {

/// Text of one line of a file of the tree; empty if there is none.
using LineOracle = std::function<std::string(const std::string &File, unsigned Line)>;

/// Below this many columns a report is grouped by file.
constexpr unsigned ShortWidth = 100;

/// `Head` and `Text`, a blank between them, in lines of at most `Width` columns (0: one line); those after the first are indented. A word that is
/// longer than a line stands on one of its own. `Shown`: printed in the place of `Head` (the same with colours). With a newline at the end.
std::string wrappedLine(const std::string &Head, const std::string &Text, unsigned Width, unsigned Indent, const std::string &Shown = {});

/// A text whose lines are at most `Width` columns (0: as they are). What does not fit goes on below the last column of its line if the
/// line has several (--help, a timeline), else four columns further in.
std::string wrappedText(llvm::StringRef Text, unsigned Width);

/// "1 call", "2 calls". `Plural`: null: with an s.
std::string counted(size_t Count, const std::string &Singular, const char *Plural = nullptr);

/// A line of source as a terminal may have it: tabs become blanks, control characters and bytes that are no text a question mark.
std::string printableLine(llvm::StringRef Line);

} // namespace krcu
