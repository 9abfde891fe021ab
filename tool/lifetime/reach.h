// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a function is reached: the call graph walked backwards from a destruction to whoever starts the chain.
#pragma once

#include "tool/lifetime/database.h"

namespace krcu {

enum class ReachKind {
  ModuleExit, ///< from module_exit() and its relatives: rmmod
  Init,       ///< only while initialising: the error path of an init function
  Teardown,   ///< called by the core when something registered goes away (pernet exit, driver remove, ...)
  Runtime,    ///< any other use, through a pointer or from code that runs at any time
  Never,      ///< nobody in the tree calls it
};

struct ReachStep {
  std::string function; ///< symbol
  const FunctionFact *caller = nullptr; ///< who calls `function`; null for the last step
  unsigned call = 0;
};

struct ReachPath {
  ReachKind kind = ReachKind::Runtime;
  std::vector<ReachStep> steps; ///< from the function asked about upwards
  Location where;               ///< the reference that ends the path: module_exit(f), .exit = f
  std::string how;              ///< "module_exit()", "pernet_operations.exit of foo_net_ops"
};

struct ReachReport {
  bool pending = false;
  bool complete = true;         ///< false: more callers than were followed, or files that do not parse
  std::vector<std::string> missing;
  std::vector<ReachPath> paths; ///< one per way in, in a fixed order
  std::set<std::string> files;
  bool has(ReachKind K) const;
};

/// \p ByText: callers may be read off the text where that leaves no doubt and no barrier is near; for those who only tell the way.
ReachReport reachOf(Database &DB, const std::string &Function, bool ByText = false);

/// A sentence: "reached from module_exit() by foo_exit() -> foo_fini()".
std::string describeReach(const ReachPath &P);

} // namespace krcu
