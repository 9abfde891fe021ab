// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bounded search through the textual call graph.
#include "tool/semantics/reach.h"
#include "llvm/ADT/StringSwitch.h"
#include <set>

namespace krcu::semantics {
namespace {

using Seen = std::set<const Definition *>;

std::optional<Evidence> search(Corpus &C, const Definition &D, unsigned Depth, bool SameFile,
                               llvm::function_ref<bool(llvm::StringRef)> Wanted, Seen &Visited) {
  if (!Visited.insert(&D).second)
    return std::nullopt;
  std::vector<Call> Calls = allCalls(D.body);
  for (const Call &K : Calls)
    if (Wanted(K.name))
      return evidenceAt(D, K.line, "calls " + K.name.str() + "()");
  if (Depth == 0)
    return std::nullopt;
  for (const Call &K : Calls) {
    if (K.name.upper() == K.name)
      continue; // a macro of the language, not of the allocator
    if (SameFile) {
      for (const Definition &Callee : D.file->definitions)
        if (Callee.name == K.name && !Callee.is_macro)
          if (std::optional<Evidence> E = search(C, Callee, Depth - 1, SameFile, Wanted, Visited))
            return E;
      continue;
    }
    for (const Definition *Callee : C.resolve(K.name.str(), D.file))
      if (!Callee->is_macro)
        if (std::optional<Evidence> E = search(C, *Callee, Depth - 1, SameFile, Wanted, Visited))
          return E;
  }
  return std::nullopt;
}

} // namespace

bool isCallRcu(llvm::StringRef Name) {
  return llvm::StringSwitch<bool>(Name)
      .Cases("call_rcu", "__call_rcu", "call_rcu_hurry", "call_rcu_lazy", "__call_rcu_common", true)
      .Cases("call_rcu_sched", "__call_rcu_core", "call_rcu_core", true)
      .Default(false);
}

bool isQueueing(llvm::StringRef Name) {
  return llvm::StringSwitch<bool>(Name)
      .Cases("queue_work", "queue_work_on", "queue_delayed_work", "queue_delayed_work_on", "queue_rcu_work", true)
      .Cases("schedule_work", "schedule_work_on", "schedule_delayed_work", "schedule_delayed_work_on", true)
      .Cases("mod_delayed_work", "mod_delayed_work_on", "hrtimer_start", "mod_timer", "irq_work_queue", true)
      .Default(false);
}

std::optional<Evidence> findCall(Corpus &C, const Definition &D, unsigned Depth, bool SameFile,
                                 llvm::function_ref<bool(llvm::StringRef)> Wanted) {
  Seen Visited;
  return search(C, D, Depth, SameFile, Wanted, Visited);
}

Evidence evidenceAt(const Definition &D, unsigned Line, std::string Text) {
  return {D.file->path, Line, D.name, std::move(Text)};
}

} // namespace krcu::semantics
