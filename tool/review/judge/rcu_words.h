// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whether what a patch changes has a word of RCU's or of a cache's end near it. Private to the room.
#pragma once

#include "tool/review/apply.h"
#include "tool/rules/review_rules.h"
#include <set>
#include <string>

namespace krcu {

/// The words of RCU's and of a cache's end.
class RcuWords {
public:
  RcuWords(const Rules &R, const ReviewRules &More);

  /// Words that make a file of a very large patch worth a parse.
  bool mentionsRules(const review::AppliedFile &F) const;
  /// Whether a patch of this file can matter: a line of it, or a function that it changes, has such a word. Else it is only applied.
  bool mayMatter(const review::Diff &D, const review::AppliedFile &F) const;

private:
  using Words = std::set<std::string, std::less<>>;
  static bool stand(const Words &These, llvm::StringRef Text);
  bool setsMember(llvm::StringRef Line) const;
  bool crossesSection(const review::Hunk &H) const;

  Words Strong, All;
  Words Around;      ///< of a line that changes: read-side sections, stores that publish, flags of caches
  Words Allocations; ///< the same, in a file that defers
  Words Readers;     ///< begin or end a read-side section
  Words Members;     ///< that the core calls behind a grace period
};

} // namespace krcu
