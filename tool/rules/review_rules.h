// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rows that only a review reads.
#pragma once

#include "tool/rules/rules.h"

namespace krcu {

/// What a call or a word means for what stands around a free.
struct ReviewRule {
  enum Event { Lock, Unlock, Sleeps, OrderedStore, PlainStore, LockedRead, RcuWork, Allocation, ReaderFlag } event = Lock;
  std::string name;
  Location where;
};

struct ReviewRules {
  std::vector<std::string> printing_calls; ///< calls that print and do nothing else: a patch may add or remove them
  std::vector<ReviewRule> events;
  bool is(llvm::StringRef Name, ReviewRule::Event Event) const;
};

/// Reads the same files as loadRules(), and fails as it does.
llvm::Expected<ReviewRules> loadReviewRules(const std::string &Builtin, const std::vector<std::string> &Overrides);

} // namespace krcu
