// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The life of caches asked about without a call site: for kfree_rcu() that is there already, or that somebody's patch adds.
#include "tool/lifetime/judge_round.h"

namespace krcu {

bool Judge::judgeObjects(std::vector<ObjectQuestion> &Questions) {
  begin();
  Partial = false;
  for (ObjectQuestion &Q : Questions) {
    SiteReport Fresh;
    Fresh.census = Q.report.census;
    Fresh.callback.caches = Q.caches;
    Fresh.callback.state = CallbackState::FreeOnly;
    AlsoQueueing = Q.queueing;
    judgeLifetime(Fresh);
    finishEvidence(Fresh);
    Q.report = std::move(Fresh);
  }
  AlsoQueueing.clear();
  return !Pending;
}

} // namespace krcu
