// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// "On every path" comes from the must-precede sets of the matchers; a callee counts if it reaches a barrier on every path of its
// own. Which callees are worth parsing is decided on text: a function whose body, followed through the functions it names,
// mentions no barrier within a few steps cannot reach one directly. What a call through a pointer does is not known, so it never counts.
#include "tool/lifetime/barriers.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {

namespace {
constexpr unsigned MaxDepth = 4;
}

bool BarrierReport::waits(bool Kfree) const {
  return std::any_of(always.begin(), always.end(),
                     [&](const BarrierUse &B) { return Kfree ? B.waits_kfree_rcu : B.waits_call_rcu; });
}

BarrierUse BarrierSearch::useOf(const BarrierRule &Rule, const CallFact &C, const std::string &Function) const {
  BarrierUse U;
  U.barrier = Rule.name;
  U.where = C.where;
  U.function = Function;
  auto Waits = [&](const char *What) {
    return std::find(Rule.waits_for.begin(), Rule.waits_for.end(), What) != Rule.waits_for.end();
  };
  U.waits_call_rcu = Waits("call_rcu");
  U.waits_kfree_rcu = Waits("kfree_rcu") || (U.waits_call_rcu && S.is("rcu_barrier_waits_kfree_rcu"));
  return U;
}

/// Text only: does the function, or one it names within a few steps, mention a barrier?
bool BarrierSearch::mayReach(const std::string &Function, unsigned Depth) {
  std::string Name = plainName(Function);
  auto It = Textual.find(Function);
  if (It != Textual.end())
    return It->second;
  Textual[Function] = false; // cuts recursion
  bool Result = false;
  std::vector<FunctionPlace> Places = DB.definitionsOf(Name);
  if (Places.size() > 4)
    return false;
  std::string Home = homeOf(Function);
  for (const FunctionPlace &P : Places) {
    const std::string &File = DB.index().files()[P.file].path;
    if (!Home.empty() && File != Home)
      continue;
    auto O = DB.outline(P.file);
    const OutlineFunction *F = O ? O->function(Name) : nullptr;
    if (!F)
      continue;
    for (const std::string &Id : F->identifiers)
      if (DB.rules().barrier(Id))
        Result = true;
    if (Result || Depth == 0)
      break;
    for (const std::string &Id : F->identifiers) {
      if (Id == Name)
        continue;
      const OutlineFunction *Local = O->function(Id);
      std::vector<FunctionPlace> Others = DB.definitionsOf(Id);
      if (Others.empty() || Others.size() > 4)
        continue;
      if (mayReach(Local && Local->is_static ? Id + "@" + File : Id, Depth - 1)) {
        Result = true;
        break;
      }
    }
  }
  Textual[Function] = Result;
  return Result;
}

void BarrierSearch::addCall(const FunctionFact &F, unsigned Call, std::vector<BarrierUse> &To, bool &Pending, unsigned Depth) {
  const CallFact &C = F.calls[Call];
  if (C.indirect)
    return;
  std::string Name = plainName(C.callee);
  if (const BarrierRule *Rule = DB.rules().barrier(Name)) {
    if (!Rule->cache_only)
      To.push_back(useOf(*Rule, C, F.function));
    return;
  }
  if (Depth == 0)
    return;
  for (BarrierUse U : alwaysIn(C.callee, Depth - 1, Pending)) {
    U.through.insert(U.through.begin(), {C.where.file, C.where.line, plainName(F.function), "calls " + Name + "()"});
    To.push_back(std::move(U));
  }
}

std::vector<BarrierUse> BarrierSearch::alwaysIn(const std::string &Function, unsigned Depth, bool &Pending) {
  std::vector<BarrierUse> Result;
  if (!DB.function(Function)) {
    if (!mayReach(Function, Depth))
      return Result;
    Demand D;
    D.names.insert(plainName(Function));
    std::string Home = homeOf(Function);
    for (const FunctionPlace &P : DB.definitionsOf(plainName(Function))) {
      const std::string &File = DB.index().files()[P.file].path;
      if ((!Home.empty() && File != Home) || !StringRef(File).ends_with(".c"))
        continue;
      if (!DB.require(File, D))
        Pending = true;
    }
  }
  const FunctionFact *F = DB.function(Function);
  if (!F || !Active.insert(Function).second)
    return Result;
  for (unsigned C = 0; C < F->calls.size(); ++C)
    if (F->calls[C].always)
      addCall(*F, C, Result, Pending, Depth);
  Active.erase(Function);
  return Result;
}

BarrierReport BarrierSearch::before(const FunctionFact &F, unsigned Call, const ReachPath *Path) {
  BarrierReport R;
  auto Look = [&](const FunctionFact &Fn, unsigned At) {
    const CallFact &C = Fn.calls[At];
    for (unsigned B : C.before)
      addCall(Fn, B, R.always, R.pending, MaxDepth);
    for (unsigned B : C.maybe_before)
      if (std::find(C.before.begin(), C.before.end(), B) == C.before.end() && DB.rules().barrier(plainName(Fn.calls[B].callee)))
        addCall(Fn, B, R.sometimes, R.pending, 0);
  };
  Look(F, Call);
  if (Path)
    for (const ReachStep &Step : Path->steps)
      if (Step.caller)
        Look(*Step.caller, Step.call);
  return R;
}

} // namespace krcu
