// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the life of a cache means for a site: where it is destroyed, how that is reached, what waits before. What is not known is never safe.
#include "matchers/limits.h"
#include "tool/lifetime/judge_round.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

namespace krcu {
namespace {

/// Several caches: the worst one decides (unsafe before review before safe).
template <class T> void rank(T &R, const LifeAnswer &A) {
  auto Badness = [](Verdict X) { return X == Verdict::Unsafe ? 3 : X == Verdict::Review ? 2 : X == Verdict::Safe ? 1 : 0; };
  if (Badness(A.verdict) <= Badness(R.verdict))
    return;
  R.verdict = A.verdict;
  R.reason = A.reason;
  R.detail = A.detail;
}

void rank(SiteReport &R, Verdict V, Reason Why, std::string Detail = {}) { rank(R, LifeAnswer{V, Why, std::move(Detail)}); }

} // namespace

void Judge::judgeLifetime(SiteReport &R) {
  bool Vmalloc = false;
  for (const Effect &E : R.callback.frees) {
    const FreeRule *F = DB.rules().free(E.name);
    Vmalloc = Vmalloc || (F && (F->family == "vfree" || F->family == "kvfree"));
  }
  if (Vmalloc) {
    if (S.is("kvfree_rcu_frees_vmalloc"))
      rank(R, Verdict::Safe, Reason::GeneralPurposeCache);
    else
      rank(R, Verdict::Review, Reason::VmallocUnknown);
  }
  if (R.callback.caches.empty() && !S.is("destroy_waits_kfree_rcu"))
    R.callback.caches = slabCachesOf(R); // where the destruction waits it does not matter
  if (R.callback.caches.empty()) {
    rank(R, Verdict::Safe, Reason::GeneralPurposeCache);
    return;
  }
  judgeCaches(R);
}

const CacheReport &Judge::cache(const std::string &Place) {
  auto It = Caches.find(Place);
  if (It == Caches.end())
    It = Caches.emplace(Place, reportCache(DB, Now->solution, Now->destroys, Place)).first;
  Pending = Pending || It->second.pending;
  return It->second;
}

void Judge::judgeCaches(SiteReport &R) {
  if (!Options.whole_life && S.is("destroy_waits_kfree_rcu") && !freesNoSlabObjects())
    return rank(R, Verdict::Safe, Reason::DestroyWaits);
  for (const std::string &Place : R.callback.caches) {
    if (Partial && Settled.count(Place))
      continue; // it had nothing open; the last round looks at everything again
    bool Before = Pending;
    Pending = false;
    judgeCache(R, Place);
    if (!Pending)
      Settled.insert(Place);
    Pending = Pending || Before;
  }
}

void Judge::judgeCache(SiteReport &R, const std::string &Place) {
  const CacheReport &C = cache(Place);
  R.caches.push_back(C);
  if (C.pending) // should it stay so, nothing is known
    return rank(R, Verdict::Review, Reason::SearchIncomplete, "more files would have to be parsed");
  bool AllWaited = true, AllHarmless = true, InitOnly = true, NeverRuns = false;
  std::string Worst, Unknown, Destroyed;
  // One in the site's own function comes first: it is what a reader has before his eyes.
  std::vector<const Destruction *> Order;
  for (bool Here : {true, false})
    for (const Destruction &D : C.destroys)
      if ((D.where.file == R.census.where.file && plainName(D.function->function) == R.census.function) == Here)
        Order.push_back(&D);
  for (const Destruction *Next : Order) {
    const Destruction &D = *Next;
    auto Key = std::tuple(Place, D.function, D.call);
    auto Known = Destructions.find(Key);
    if (Known == Destructions.end())
      Known = Destructions.emplace(Key, judgeDestruction(C, D)).first;
    const DestructionReport &Report = Known->second;
    Pending = Pending || Report.pending; // for each site that asks
    R.destructions.push_back(Report);
    if (Report.harmless) {
      NeverRuns = true;
      continue;
    }
    AllHarmless = false;
    if (Destroyed.empty())
      Destroyed = C.name + " is destroyed in " + plainName(D.function->function) + "() at " + D.where.file + ":" + std::to_string(D.where.line);
    if (Report.waited)
      continue;
    if (!Report.unknown.empty()) {
      Unknown = Report.unknown;
      continue;
    }
    AllWaited = false;
    if (!Report.init_only) {
      if (InitOnly) // the first one that matters names the reason
        Worst = C.name + " is destroyed in " + plainName(D.function->function) + "() at " + D.where.file + ":" + std::to_string(D.where.line);
      InitOnly = false;
    }
  }
  auto Answer = [&]() -> LifeAnswer {
    if (S.is("destroy_waits_kfree_rcu"))
      return {Verdict::Safe, C.complete && C.identified && C.destroys.empty() ? Reason::NeverDestroyed : Reason::DestroyWaits, C.name};
    bool Reached = !C.destroys.empty() && !AllHarmless && !AllWaited;
    // Under SLOB no verdict rests on what waits, so a scan does not follow callees.
    bool Followed = Options.callee_barriers || !freesNoSlabObjects();
    if (Reached && !InitOnly)
      return Followed ? LifeAnswer{Verdict::Unsafe, Reason::DestroyedWithoutWait, Worst} : LifeAnswer{Verdict::Review, Reason::WaitNotLookedAt, Worst};
    if (!C.identified)
      return {Verdict::Review, Reason::CacheUnknown, llvm::join(C.missing, "; ")};
    if (!C.complete)
      return {Verdict::Review, Reason::SearchIncomplete, llvm::join(C.missing, "; ")};
    if (!Unknown.empty())
      return {Verdict::Review, Reason::SearchIncomplete, Unknown};
    if (Reached)
      return {Verdict::Review, Reason::InitErrorPathOnly, C.name};
    if (C.destroys.empty())
      return {Verdict::Safe, Reason::NeverDestroyed, C.name};
    if (AllHarmless)
      return {Verdict::Safe, NeverRuns && !R.destructions.empty() ? Reason::NeverReached : Reason::NoObjectYet, C.name};
    return Followed ? LifeAnswer{Verdict::Safe, Reason::BarrierWaits, C.name} : LifeAnswer{Verdict::Review, Reason::WaitNotLookedAt, Destroyed};
  };
  if (!freesNoSlabObjects())
    return rank(R, Answer());
  const SemanticFact &Takes = S.fact("kfree_rcu_takes_slab_objects");
  if (!S.fact("slob").value && !Takes.known)
    return rank(R, Verdict::Review, Reason::AllocatorUnread, Takes.evidence.empty() ? std::string() : Takes.evidence.front().text);
  rank(R, Verdict::Unsafe, Reason::Slob);
  if (onlySlob())
    rank(R.without_slob, Answer());
}

/// Whether nothing but calls that cannot take an object from a cache runs in `Calls` of the function.
static bool allQuiet(const Rules &R, const FunctionFact &F, const std::set<unsigned> &Calls) {
  return llvm::all_of(Calls, [&](unsigned I) {
    std::string Name = plainName(F.calls[I].callee);
    return !F.calls[I].indirect && (R.cacheCreate(Name) || R.cacheDestroy(Name) || R.barrier(Name) || llvm::is_contained(R.quiet_calls, Name) ||
                                    llvm::StringRef(Name).starts_with("__builtin_"));
  });
}

/// A destruction right behind the creation: nothing that ran in between can have taken an object from the cache. What is destroyed must be
/// the new cache itself: made on every way to the destruction, or NULL on the others because the function runs but once.
bool Judge::noObjectYet(const CacheReport &C, const FunctionFact &F, unsigned Call, const std::string &Value, bool Once) const {
  const std::vector<unsigned> &Must = F.calls[Call].before;
  std::set<unsigned> May(F.calls[Call].maybe_before.begin(), F.calls[Call].maybe_before.end()), Between = May;
  if (C.creates.empty())
    return false;
  for (const CreateFact *Create : C.creates) {
    std::vector<const FlowFact *> Into = Now->solution.into(Value);
    if (Create->function != F.function ||
        std::none_of(Into.begin(), Into.end(), [&](const FlowFact *Flow) { return Flow->from == Create->place; }))
      return false;
    for (unsigned I = 0; I < F.calls.size(); ++I)
      if (F.calls[I].where == Create->where) {
        if (!May.count(I) || (!Once && std::find(Must.begin(), Must.end(), I) == Must.end()))
          return false;
        Between.erase(I);
        for (unsigned B : F.calls[I].before)
          Between.erase(B);
      }
  }
  return allQuiet(DB.rules(), F, Between);
}

/// The same of a helper that destroys the cache that it is given, for the call at the beginning of this way.
bool Judge::noObjectYet(const CacheReport &C, const Destruction &D, const ReachPath &P) const {
  auto [Function, Number] = llvm::StringRef(D.value).rsplit('#');
  unsigned Parameter = 0;
  if (!Function.consume_front("P:") || Function != D.function->function || Number.getAsInteger(10, Parameter) || P.steps.empty() || !P.steps.front().caller ||
      D.function->calls.size() > MaxOrderedCalls)
    return false;
  const ReachStep &Step = P.steps.front();
  const CallFact &Call = Step.caller->calls[Step.call];
  const std::vector<unsigned> &Inside = D.function->calls[D.call].maybe_before;
  return Parameter < Call.arguments.size() && !Call.arguments[Parameter].empty() && allQuiet(DB.rules(), *D.function, {Inside.begin(), Inside.end()}) &&
         noObjectYet(C, *Step.caller, Step.call, Call.arguments[Parameter], P.kind == ReachKind::Init);
}

namespace {

/// Of which function on the way the order of the calls is not known; empty: of each it is.
std::string tooLargeToFollow(const FunctionFact &Destroying, const ReachReport &Reach) {
  std::vector<const FunctionFact *> OnTheWay{&Destroying};
  for (const ReachPath &P : Reach.paths)
    for (const ReachStep &Step : P.steps)
      if (Step.caller)
        OnTheWay.push_back(Step.caller);
  for (const FunctionFact *F : OnTheWay)
    if (F->calls.size() > MaxOrderedCalls)
      return plainName(F->function) + "() makes " + std::to_string(F->calls.size()) + " calls, too many to tell which of them runs before which";
  return {};
}

} // namespace

DestructionReport Judge::judgeDestruction(const CacheReport &C, const Destruction &D) {
  DestructionReport R;
  R.what = D;
  // Whether no verdict rests on the way or on what waits on it.
  bool Context = !Options.callee_barriers && (S.is("destroy_waits_kfree_rcu") || freesNoSlabObjects());
  R.reach = reachOf(DB, D.function->function, Context);
  R.pending = R.reach.pending;
  R.waited = R.init_only = !R.reach.paths.empty();
  bool AnyRuns = false, AllEarly = true;
  std::set<std::string> Queueing;
  if (!S.is("destroy_waits_kfree_rcu") && !Context)
    Queueing = queueingFunctions(C, R.pending);
  BarrierSearch Search(DB, S, Queueing);
  if (Context)
    Search.leaveOutCallees(), R.callees = false;
  for (ReachPath &P : R.reach.paths) {
    BarrierReport B = Search.before(*D.function, D.call, &P);
    R.pending = R.pending || B.pending;
    bool Runs = true;
    if (P.kind == ReachKind::ModuleExit && P.where.valid()) {
      ModuleFact M = Modules(P.where.file);
      Runs = M.can_be_module;
      if (R.module.empty())
        R.module = M.evidence;
      if (!Runs)
        R.harmless_evidence.insert(R.harmless_evidence.end(), M.evidence.begin(), M.evidence.end());
    }
    AnyRuns = AnyRuns || Runs;
    if (!Runs)
      continue;
    const bool Early = noObjectYet(C, D, P);
    AllEarly = AllEarly && Early;
    if (!B.waits(true) && !Early)
      R.waited = false;
    if (P.kind != ReachKind::Init)
      R.init_only = false;
    if (R.barriers.empty()) { // the paths are ordered, module exit first
      R.barriers = B.always;
      R.conditional = B.sometimes;
      R.way = R.reach.paths.size() > 1 ? P.how : std::string();
    }
  }
  if (!AnyRuns && R.reach.complete && !R.reach.paths.empty() && !R.reach.pending) {
    R.harmless = true;
    R.harmless_why = "this code is always built in, so its module exit never runs";
  } else if (noObjectYet(C, *D.function, D.call, D.value, R.init_only) || (AnyRuns && AllEarly && R.reach.complete)) {
    R.harmless = true;
    R.harmless_why = "between the creation and this only calls run that cannot take an object from the cache";
    R.harmless_evidence.clear();
  }
  if (std::string Large = tooLargeToFollow(*D.function, R.reach); !Large.empty()) {
    R.unknown = Large;
    R.waited = R.init_only = false;
  }
  if (!R.reach.complete) {
    // A way in that is known to lack a wait settles it; otherwise what is not known does.
    if (!R.reach.paths.empty() && (R.waited || R.init_only))
      R.unknown = llvm::join(R.reach.missing, "; ");
    R.waited = R.init_only = false;
  }
  return R;
}

} // namespace krcu
