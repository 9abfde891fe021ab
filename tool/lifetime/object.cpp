// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The life of caches asked about without a call site: for kfree_rcu() that is there already, or that somebody's patch adds.
#include "tool/lifetime/verdict.h"

namespace krcu {

bool Judge::judgeObject(const std::vector<std::string> &Places, const std::set<std::string> &Queueing, SiteReport &R) {
  PointsTo Points(flowsOutsideTheAllocator());
  Solution = &Points;
  Partial = false;
  Pending = false;
  Caches.clear();
  Callbacks.clear();
  Destructions.clear();
  AlsoQueueing = Queueing;
  R.callback.caches = Places;
  R.callback.state = CallbackState::FreeOnly;
  judgeLifetime(R);
  finishEvidence(R);
  AlsoQueueing.clear();
  Solution = nullptr;
  return !Pending;
}

} // namespace krcu
