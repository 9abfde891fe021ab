// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a judge makes once for all sites of a round: each question is then answered by a look-up, whatever the number of sites, caches and calls.
#pragma once

#include "tool/lifetime/verdict.h"
#include <map>

namespace krcu {

struct Judge::Round {
  Round(const Database &DB, std::vector<const FlowFact *> Flows);

  PointsTo solution;
  DestroyCalls destroys;
  std::multimap<std::string, const DeferredFreeFact *> deferred_frees; ///< by function
  /// Of calls whose callback frees into a cache: place of the cache -> the functions that call. Made when the first barrier asks.
  std::map<std::string, std::set<std::string>> queueing;
  std::multimap<std::string, std::string> pointers; ///< place that a callback is read from -> the functions that call
  bool queueing_made = false;
  bool queueing_open = false; ///< a callback is not known yet
};

} // namespace krcu
