// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How the freed object is called at a site. The address alone would do for the machine. A reader, and whoever changes the
// structure one day, needs the object that is freed and not one that begins where it does.
#pragma once

#include "matchers/facts.h"
#include "tool/lifetime/callback.h"

namespace krcu {

struct ObjectName {
  bool found = false;
  std::string object;  ///< text of a pointer to it; empty: it cannot be written
  std::string member;  ///< text of the path to the head
  std::string record;  ///< "struct foo"
  std::string how;     ///< said behind the record: how the name is known to mean the object
  std::string other;   ///< not found, but something begins at its address: "frees a ..., and here only ..."
};

ObjectName nameObject(const CallSiteFact &S, const CallbackReport &C);

/// kfree_rcu() takes heads at offsets below this (include/linux/rcupdate.h, __is_kvfree_rcu_offset(); include/linux/rcutiny.h), in bytes.
constexpr int64_t HeadReach = 4096;
/// The record of the head's that can put it out of reach in another configuration, if it lies `Offset` bytes from the object's start in this one; or null.
const HeadLevel *movedOutOfReach(const CallSiteFact &S, int64_t Offset);
/// Why that is so, as a sentence without full stop.
std::string outOfReachText(const HeadLevel &L);

} // namespace krcu
