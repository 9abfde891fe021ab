// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a function certainly waits for: the waits that every path through it passes, in order, followed into the
// functions it calls. A wait under a condition, behind a way out, in one branch of an #if, or in a function nobody
// calls is not an effect. Two conditions are harmless and looked through: "there is no cache" (the path destroys
// nothing) and "this cache has no sheaves" (the path has nothing to flush; the effects are then marked).
#pragma once

#include "tool/support/evidence.h"
#include "tool/semantics/body.h"
#include "tool/semantics/corpus.h"
#include <optional>
#include <set>

namespace krcu::semantics {

enum class EffectKind {
  RcuBarrier,       ///< waits for the callbacks queued by call_rcu()
  WorkFlush,        ///< waits for one work item
  BatchFlush,       ///< waits for a work item of every possible CPU
  SheafFlush,       ///< hands one cache's sheaves to call_rcu()
  SheafFlushAll,    ///< hands every cache's sheaves to call_rcu()
  Teardown,         ///< the cache is being taken apart: waiting comes too late from here
};

struct Effect {
  EffectKind kind;
  bool only_with_sheaves = false;
  EvidenceList guard;               ///< the condition that makes it so
  const SourceFile *file = nullptr; ///< where the wait itself stands
  EvidenceList chain;               ///< from the function that was asked about down to the wait
};

struct Effects {
  std::vector<Effect> certain;
  EvidenceList doubtful; ///< waits that are there but not on every path, and why
};

class EffectAnalysis {
public:
  EffectAnalysis(Corpus &C, std::set<std::string> RcuBarriers);

  Effects of(const Definition &D, const Condition &World);

  /// The effects common to all variants of `Name` that can exist in `World`, as seen from `From`.
  Effects ofCall(const std::string &Name, const SourceFile *From, const Condition &World);

private:
  struct Walk;
  friend struct Walk;

  Corpus &C;
  std::set<std::string> RcuBarriers;
  std::vector<const Definition *> Active; ///< recursion guard
};

} // namespace krcu::semantics
