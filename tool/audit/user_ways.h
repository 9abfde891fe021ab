// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ways of user space to functions of a module, by the names in its text: from a function to who names it and to the structures that hold it, until one
// of them is made known by a call that has a row. A name is no call, so a way may be one that no run takes; the way is told, step by step.
#pragma once

#include "tool/report/reproducer.h"
#include "tool/rules/user_ways.h"
#include "tool/unload/module_text.h"
#include <set>
#include <string>
#include <vector>

namespace krcu {

/// What a way is asked for.
struct WayQuestion {
  std::string module;              ///< its name
  std::set<std::string> functions; ///< plain names: what queues
  std::set<std::string> starts, exits; ///< symbols of the module's own
};

struct UserWays {
  std::vector<ReproducerWay> ways; ///< without the steps that load and remove the module
  EvidenceList leaving;            ///< the exit itself comes to one of the functions
  unsigned more = 0;               ///< so many more than looked_at shows
  EvidenceList looked_at;          ///< what the module makes known by calls that have no row or lead elsewhere, and who may call it from outside
};

UserWays userWaysTo(const WayQuestion &Q, const ModuleText &M, const UserWayRules &Rules);

/// "{name}" and "{place}" of a row filled in.
std::string filledIn(std::string Text, const std::string &Name, const std::string &Place);

/// A name as a shell takes it for one word, whatever is in it.
std::string shellWord(const std::string &Name);

} // namespace krcu
