// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What could use a member and was not searched for it: the closed list of tool/lifetime/absence.h, and the directories that the index leaves out.
#pragma once

#include "tool/driver/scan.h"
#include "tool/slim/texts.h"
#include <map>
#include <set>
#include <string>
#include <vector>

namespace krcu::slim {

/// The texts at the top that are no kernel code and may know of it nevertheless: samples, programs that compile kernel sources, Rust, scripts.
class OutsideTexts {
public:
  /// Looks through them once for these words and for #include lines.
  OutsideTexts(const Tree &T, const Index &I, const std::set<std::string> &Words);
  /// A file that speaks of a record and of its member, or compiles the member's own file; empty: none.
  std::string speaksOf(const HeadDecl &H) const;

private:
  std::map<std::string, std::set<std::string>> Words; ///< by file
  std::map<std::string, std::string> Includes;        ///< file of the tree -> the first text here that includes it
};

/// Why it is not known that nothing else uses the member, a clause; empty: it is. `Files`: the .c files that may.
std::string whyNotAbsent(const Database &DB, const HeadDecl &H, const std::set<std::string> &Files);

} // namespace krcu::slim
