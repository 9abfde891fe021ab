// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Is a wait needed? The rule is asked with it and without it, of every end of the module and everything that has to be asked of it.
#pragma once

#include "tool/unload/questions.h"

namespace krcu {

/// The ends of a module, as symbols of its own functions.
struct ModuleEnds {
  std::vector<std::string> exits;
  std::vector<std::string> starts;  ///< their failures are ends
  std::vector<std::string> objects; ///< variables that a driver macro takes away at exit
};

/// A function that the core calls when a device, a namespace or a mount of the module goes.
struct TeardownFunction {
  const TextFunction *function = nullptr;
  std::string member; ///< "pernet_operations.exit"
};
std::vector<TeardownFunction> teardownFunctions(const ModuleText &M, const Rules &R);

/// Whether the module takes references of itself: then objects of it hold it.
bool holdsItself(const ModuleText &M, const UnloadRules &U);
/// Whether this start of the module takes a reference of the module and no function of it ever gives one back, so that it stays.
bool pinsItself(const ModuleText &M, const TextFunction &Start, const UnloadRules &U);
/// How the rule is asked of the end of a module that holds itself: but for works of its own, nothing is left that could queue.
UnloadOptions withoutObjects();

struct UnloadNeed {
  enum Answer {
    NotNeeded, ///< the rule holds without it, wherever it holds with it
    Needed,    ///< an end is right with it, and wrong or less certain without it
    Unknown    ///< the rule is broken with it, too
  } answer = NotNeeded;
  const ModuleQuestion *question = nullptr; ///< that it is needed for, or that is broken
  std::string end;                          ///< plain name of the function
  bool doubtful = false;                    ///< Needed: something else on the way, or around, may be enough
  UnloadAnswer without;                     ///< Needed: what is wrong; else the timeline of the module's exit
};

/// \p Wait: file and line of a call.
UnloadNeed needOf(const UnloadModule &M, const ModuleEnds &Ends, const Location &Wait, const Rules &R, const UnloadRules &U, const Semantics &S);

} // namespace krcu
