// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a call, a structure or a member means for the end of a module: the rows of unload_events. They stand in the same files as the other rules,
// but only the timeline asks for them.
#pragma once

#include "tool/rules/rules.h"

namespace krcu {

struct UnloadRule {
  enum Event { Wait, End, Pinned, Holds, Teardown, ConditionalWait, OfObjects, TakesModule, DropsModule, Stop, OfMounts, OfDevices, LastReference, TakesOff, Settled } event = Wait;
  std::string name;               ///< of a function; Pinned, Holds, OfObjects and OfMounts: a structure's tag; Teardown: a member
  std::string of;                 ///< Wait and End: "srcu", "rcu_work"; Wait: a member that the core calls, "mmu_notifier_ops.free_notifier"; Stop: a structure's tag
  unsigned argument = 0;          ///< the work, the srcu_struct, the workqueue
  std::vector<std::string> needs; ///< ConditionalWait: it waits only if one of these has run
  std::vector<std::string> then;  ///< ConditionalWait: functions called behind the wait, in which it waits for references to be given back
  std::vector<std::string> drops; ///< ConditionalWait: functions that give such a reference back
  Location where;
};

struct UnloadRules {
  std::vector<UnloadRule> events;
  const UnloadRule *find(const std::string &Name, UnloadRule::Event Event) const;
  /// The row about a function that waits for, or ends, just that.
  const UnloadRule *find(const std::string &Name, UnloadRule::Event Event, const std::string &Of) const;
  /// The function that waits for what the core calls through this member; null if there is none of its own.
  const UnloadRule *waitOf(const std::string &Member) const;
};

/// As loadRules().
llvm::Expected<UnloadRules> loadUnloadRules(const std::string &Builtin, const std::vector<std::string> &Overrides);

} // namespace krcu
