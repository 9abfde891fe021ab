// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The way of a cache to its end, from what the judge looked at. A barrier of a caller runs before those of the functions that it calls behind it, so
// barriers are put in the order in which they run: outermost caller first, then by line.
#include "tool/pages/pages.h"
#include "tool/support/stable_sort.h"

namespace krcu::pages {
namespace {

constexpr size_t MaxDrawings = 4;

/// The way in that a person should look at: module exit, if there is one.
const ReachPath *mainPath(const DestructionReport &D) {
  for (ReachKind K : {ReachKind::ModuleExit, ReachKind::Teardown, ReachKind::Runtime, ReachKind::Init})
    for (const ReachPath &P : D.reach.paths)
      if (P.kind == K)
        return &P;
  return nullptr;
}

/// How far above the destruction a barrier is called.
size_t levelOf(const BarrierUse &B, const DestructionReport &D, const ReachPath *P) {
  std::string Function = B.through.empty() ? plainName(B.function) : B.through.front().function;
  if (Function == plainName(D.what.function->function) || !P)
    return 0;
  for (size_t N = 0; N < P->steps.size(); ++N)
    if (P->steps[N].caller && plainName(P->steps[N].caller->function) == Function)
      return N + 1;
  return 0;
}

struct Placed {
  const BarrierUse *use;
  bool always;
  size_t level;
  unsigned line;
};

std::vector<Placed> barriersInOrder(const DestructionReport &D, const ReachPath *P) {
  std::vector<Placed> Result;
  for (bool Always : {true, false})
    for (const BarrierUse &B : Always ? D.barriers : D.conditional)
      Result.push_back({&B, Always, levelOf(B, D, P), B.through.empty() ? B.where.line : B.through.front().line});
  stableSort(Result, [](const Placed &A, const Placed &B) { return std::pair(B.level, A.line) < std::pair(A.level, B.line); });
  return Result;
}

Event barrierEvent(const Placed &B) {
  const BarrierUse &U = *B.use;
  std::string Text = U.barrier + "() waits for " + (U.waits_kfree_rcu ? U.waits_call_rcu ? "call_rcu() and kfree_rcu()" : "kfree_rcu()" : "call_rcu() callbacks, not for kfree_rcu()");
  if (!U.through.empty())
    Text += ", called by way of " + U.through.front().function + "() at line " + std::to_string(U.through.front().line);
  return {Event::Wait, U.where, plainName(U.function), Text, B.always, U.waits_kfree_rcu, false};
}

Drawing drawingOf(const SiteReport &R, const DestructionReport &D, const Semantics &S) {
  const ReachPath *P = mainPath(D);
  std::string Cache = placeName(D.what.value);
  Drawing Result;
  Result.title = "How " + Cache + " goes away";
  if (P)
    Result.events.push_back({Event::Exit, P->where, "", describeReach(*P)});
  std::string Word = R.census.deferral + "()";
  Result.events.push_back({Event::Queue, R.census.where, R.census.function,
                           "kfree_rcu() in the place of " + Word + ": an object of " + Cache + " may be queued until now", true, true, false});
  for (const Placed &B : barriersInOrder(D, P)) {
    Result.events.push_back(barrierEvent(B));
    if (const Evidence &E = B.use->overtaken; !E.text.empty())
      Result.events.push_back({Event::Queue, {E.file, E.line, 0}, E.function, E.text});
  }
  bool Itself = S.is("destroy_waits_kfree_rcu");
  if (Itself)
    Result.events.push_back({Event::Wait, D.what.where, plainName(D.what.function->function), "kmem_cache_destroy() itself waits for kfree_rcu() in this tree", true, true, R.reason == Reason::DestroyWaits});
  else if (D.waited)
    for (Event &E : Result.events)
      if (E.kind == Event::Wait && E.counts && E.always)
        E.decides = R.reason == Reason::BarrierWaits;
  bool Late = !Itself && !D.waited && (R.reason == Reason::DestroyedWithoutWait || R.reason == Reason::InitErrorPathOnly);
  Result.events.push_back({Event::End, D.what.where, plainName(D.what.function->function), Cache + " is destroyed" + (Late ? ", and nothing has waited for kfree_rcu()" : ""), true, true, Late});
  return Result;
}

} // namespace

std::vector<Drawing> drawingsOf(const SiteReport &R, const Semantics &S) {
  std::vector<const DestructionReport *> Order;
  for (bool Waited : {false, true}) // what nothing waits before decides
    for (const DestructionReport &D : R.destructions)
      if (!D.harmless && D.what.function && D.waited == Waited)
        Order.push_back(&D);
  // Among those module exit before a failed start.
  stableSort(Order, [](const DestructionReport *A, const DestructionReport *B) { return std::pair(A->waited, A->init_only) < std::pair(B->waited, B->init_only); });
  std::vector<Drawing> Result;
  for (const DestructionReport *D : Order)
    if (Result.size() < MaxDrawings)
      Result.push_back(drawingOf(R, *D, S));
  return Result;
}

} // namespace krcu::pages
