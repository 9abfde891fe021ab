// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A text with its #if groups, and the same text with other branches of them taken: the conditions are overwritten by 1 and 0, so every byte of
// code stays where it was. What no configuration at hand compiles can be parsed so.
#pragma once

#include "tool/index/lex.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include <map>
#include <string>
#include <vector>

namespace krcu {

struct ConditionalBranch {
  std::string condition; ///< as conditionsAround() has it; empty: #else
  std::string spelled;   ///< "#ifdef CONFIG_A", white space folded
  uint32_t directive = 0; ///< index into LexedText::directives()
  unsigned line = 0;
};

/// #if to #endif.
struct ConditionalGroup {
  std::vector<ConditionalBranch> branches; ///< those that have a directive; without #else none of them may be taken
  uint32_t begin = 0; ///< offset of the #if
  uint32_t end = 0;   ///< behind the #endif
  bool guard = false; ///< against including the file twice
  int outer = -1;     ///< index of the group that it stands in
};

/// A group, and one of its branches.
struct BranchPlace {
  size_t group = 0, branch = 0;
  friend auto operator<=>(const BranchPlace &, const BranchPlace &) = default;
};

class ConditionalText {
public:
  explicit ConditionalText(llvm::StringRef Text);

  const LexedText &lexed() const { return L; }
  const std::vector<ConditionalGroup> &groups() const { return Groups; } ///< outer ones before what they hold
  bool balanced() const { return Balanced; } ///< if not, the groups are a guess

  /// The branches that the offset lies in, outermost first; guards left out.
  std::vector<BranchPlace> around(uint32_t Offset) const;
  /// Groups that begin between the offsets.
  std::vector<size_t> between(uint32_t Begin, uint32_t End) const;
  /// The #define and #undef of a macro, as indices into the directives, in file order.
  llvm::ArrayRef<uint32_t> definesOf(llvm::StringRef Macro) const;

  static constexpr int NoBranch = -1;
  /// The text with the given branch of each of the groups taken.
  std::string turned(const std::map<size_t, int> &Taken) const;

private:
  LexedText L;
  std::vector<ConditionalGroup> Groups;
  llvm::StringMap<std::vector<uint32_t>> Defines;
  bool Balanced = true;
};

} // namespace krcu
