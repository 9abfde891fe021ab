// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Barriers and destructions that a patch moves. A barrier may go if nothing that it waits for can be queued any more; a destruction may
// move if what ran before it for the sake of its objects still does.
#include "tool/driver/records.h"
#include "tool/index/outline.h"
#include "tool/review/judge/judge.h"
#include "tool/lifetime/queued.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <functional>
#include <set>

using llvm::StringRef;

namespace krcu {

using review::PatchVerdict;

namespace {

bool waitsFor(const BarrierRule &R, const char *What) { return std::find(R.waits_for.begin(), R.waits_for.end(), What) != R.waits_for.end(); }

ModuleQueue queueOf(TreeState &State, const ModuleScope &Scope) {
  QueueSurvey Survey(State.database(), State.census());
  ModuleQueue Q;
  State.settle([&] {
    Survey.refresh();
    Q = Survey.of(Scope, true);
    return !Q.pending;
  });
  std::erase_if(Q.callbacks, [](const QueuedCallback &C) { return C.other_flavour; });
  return Q;
}

/// Barriers that every way out of the module runs, and what it would be without one of them.
bool everyExitWaits(TreeState &State, const ModuleScope &Scope) {
  std::vector<ModuleExit> Exits = exitsOf(State, Scope.files);
  bool Any = false, All = true;
  for (const ModuleExit &E : Exits) {
    if (E.function.empty())
      return false;
    Any = true;
    BarrierSearch Search(State.database(), State.semantics());
    std::vector<BarrierUse> Uses;
    State.settle([&] {
      bool Pending = false;
      Demand D;
      D.names.insert(plainName(E.function));
      if (!State.database().require(E.where.file, D))
        return false;
      Uses = Search.alwaysIn(E.function, 4, Pending);
      return !Pending;
    });
    All = All && std::any_of(Uses.begin(), Uses.end(), [](const BarrierUse &U) { return U.waits_call_rcu; });
  }
  return Any && All;
}

/// "V:foo@file" -> foo, "F:rec@file.field" -> field: the word by which text names the cache.
std::string wordOfPlace(StringRef Place) {
  Place = Place.ltrim("*&");
  if (Place.consume_front("V:"))
    return Place.split('@').first.str();
  if (Place.starts_with("F:"))
    return Place.substr(Place.rfind('.') + 1).str();
  return {};
}

/// A member of some object, or what one points to.
bool isMember(StringRef Place) { return Place.ltrim("*&").starts_with("F:"); }

/// Callbacks of the module whose text names the cache, and where they are queued.
EvidenceList callbacksUsing(TreeState &State, const ModuleScope &Scope, const std::string &Word) {
  EvidenceList Result;
  if (Word.empty())
    return Result;
  for (const CensusEntry &E : State.census()) {
    const DeferralRule *Rule = State.rules().deferral(E.deferral);
    if (E.kind != CensusKind::Call || !Rule || Rule->flavour != "rcu" || std::find(Scope.files.begin(), Scope.files.end(), E.where.file) == Scope.files.end())
      continue;
    std::string Name = namedCallback(E.callback);
    if (Name.empty())
      continue;
    for (const FunctionPlace &P : State.database().definitionsOf(Name)) {
      auto O = State.database().outline(P.file);
      const OutlineFunction *F = O ? O->function(Name) : nullptr;
      if (F && std::binary_search(F->identifiers.begin(), F->identifiers.end(), Word)) {
        Result.push_back({E.where.file, E.where.line, E.function, E.deferral + "() queues " + Name + "(), which uses " + Word});
        break;
      }
    }
  }
  return Result;
}

struct Waits {
  bool found = false;     ///< the destruction was seen
  bool callbacks = true;  ///< on every way to it something waits for plain callbacks
  bool start = true;      ///< the same on the ways out of a start that fails
  bool deferred = true;   ///< ... for kfree_rcu()
  Location where;
  std::string function;
};

/// What waits before the destructions of `Place` in `Function`.
Waits waitsBefore(TreeState &State, const std::string &Function, const std::string &Place) {
  Waits W;
  State.settle([&] {
    W = Waits();
    bool Pending = false;
    const FunctionFact *F = State.database().function(Function);
    for (unsigned C = 0; F && C < F->calls.size(); ++C) {
      const CacheRule *Rule = State.rules().cacheDestroy(plainName(F->calls[C].callee));
      if (!Rule || Rule->cache >= F->calls[C].arguments.size() || F->calls[C].arguments[Rule->cache] != Place)
        continue;
      W.found = true;
      W.where = F->calls[C].where;
      W.function = plainName(Function);
      ReachReport Reach = reachOf(State.database(), Function);
      Pending = Pending || Reach.pending;
      BarrierSearch Search(State.database(), State.semantics());
      if (Reach.paths.empty())
        Reach.paths.push_back({});
      for (const ReachPath &P : Reach.paths) {
        if (P.kind == ReachKind::Never)
          continue;
        BarrierReport B = Search.before(*F, C, &P);
        Pending = Pending || B.pending;
        if (P.kind == ReachKind::Init) {
          W.start = W.start && B.waits(false);
          continue;
        }
        W.callbacks = W.callbacks && B.waits(false);
        W.deferred = W.deferred && B.waits(true);
      }
    }
    return !Pending;
  });
  return W;
}

std::set<std::pair<std::string, std::string>> destructionsIn(const FileFacts *Facts, const Rules &R) {
  std::set<std::pair<std::string, std::string>> Result; // function, place
  if (Facts)
    for (const FunctionFact &F : Facts->functions)
      for (const CallFact &C : F.calls)
        if (const CacheRule *Rule = R.cacheDestroy(plainName(C.callee)); Rule && Rule->cache < C.arguments.size())
          Result.emplace(F.function, C.arguments[Rule->cache]);
  return Result;
}

const FileFacts *factsOf(TreeState &State, const std::string &File) {
  auto It = State.database().files().find(File);
  return It == State.database().files().end() ? nullptr : &It->second;
}

} // namespace

void PatchJudge::judgeBarriers(ReviewedFile &F) {
  for (const FactChanges::Barrier &B : F.changes.barriers_new) {
    const BarrierRule *Rule = After.rules().barrier(B.name);
    ModuleFact M = After.scan().moduleFact(B.where.file);
    bool Exported = After.semantics().is("kvfree_rcu_barrier_exported");
    if (Rule && waitsFor(*Rule, "kfree_rcu") && M.can_be_module && !Exported)
      add(PatchVerdict::Broken, B.where, B.name + "() is not exported to modules in this tree, and the code can be a module (" + M.module + "); it does not link", M.evidence);
  }
  for (const FactChanges::Barrier &B : F.changes.barriers_gone) {
    const BarrierRule *Rule = Before.rules().barrier(B.name);
    if (!Rule || Rule->cache_only || !waitsFor(*Rule, "call_rcu"))
      continue;
    std::string Function = plainName(B.function) + "()";
    ModuleScope Scope = After.scan().moduleScope(B.where.file);
    if (Scope.name.empty() || Scope.files.empty()) {
      add(PatchVerdict::CannotTell, B.where, B.name + "() goes from " + Function + ", and no makefile says which module the file belongs to, so whose callbacks it waited for", {}, true);
      continue;
    }
    const EndState &End = EndsOf[Scope.name];
    if (End.said)
      continue; // the end that breaks has been named
    // What the rule has found to queue needs no further look.
    EvidenceList Left = End.queued;
    if (Left.empty()) {
      ModuleQueue Q = queueOf(After, Scope);
      for (const QueuedCallback &C : Q.callbacks)
        Left.push_back({C.where.file, C.where.line, C.function, C.text});
      if (Left.empty()) {
        if (!Q.unknown.empty())
          add(PatchVerdict::CannotTell, B.where, B.name + "() goes from " + Function + ", and whether a callback may still be queued cannot be told: " + Q.unknown.front().file + ":" + std::to_string(Q.unknown.front().line) + " " + Q.unknown.front().text, Q.unknown, true);
        else
          add(PatchVerdict::Ok, B.where, B.name + "() goes from " + Function + ": no callback of " + Scope.name + " can be queued any more", {}, true);
        continue;
      }
    }
    ModuleFact M = After.scan().moduleFact(B.where.file);
    std::string First = Left.front().file + (Left.front().line ? ":" + std::to_string(Left.front().line) : "") + ", " + Left.front().text;
    if (!M.can_be_module)
      add(PatchVerdict::CannotTell, B.where, B.name + "() goes from " + Function + "; the code is always built in, so no text can go, but a callback may still be queued: " + First, Left, true);
    else if (End.asked ? End.holds : everyExitWaits(After, Scope))
      add(PatchVerdict::Ok, B.where, B.name + "() goes from " + Function + "; every exit of " + Scope.name + " still waits", Left, true);
    else
      add(PatchVerdict::Broken, B.where, B.name + "() goes from " + Function + ", but a callback of " + Scope.name + " may still be queued when the module leaves: " + First, Left, true);
  }
}

/// The first call that stood in front of the barrier, stands behind it now, and whose function in this text queues something, itself or through
/// another one; empty if there is none.
std::string PatchJudge::queuesBehind(const std::string &Text, const std::vector<std::string> &Old, const std::vector<std::string> &New, const std::string &Barrier) const {
  const Outline O = outlineOf(Text);
  std::function<bool(const std::string &, unsigned)> Queues = [&](const std::string &Name, unsigned Depth) {
    if (After.rules().deferral(Name))
      return true;
    const OutlineFunction *F = Depth ? O.function(Name) : nullptr;
    return F && std::any_of(F->identifiers.begin(), F->identifiers.end(), [&](const std::string &Word) { return Word != Name && Queues(Word, Depth - 1); });
  };
  auto Front = [&](const std::vector<std::string> &Calls) { return std::set<std::string>(Calls.begin(), std::find(Calls.begin(), Calls.end(), Barrier)); };
  const std::set<std::string> Was = Front(Old), Is = Front(New);
  for (const std::string &Name : New)
    if (Was.count(Name) && !Is.count(Name) && Queues(Name, 3))
      return Name;
  return {};
}

/// A barrier that its function keeps and that stands elsewhere in it now.
void PatchJudge::judgeMovedBarriers(ReviewedFile &F) {
  auto Orders = [](const FileFacts &Facts) {
    std::map<std::string, std::vector<std::string>> Calls; // by function
    for (const FunctionFact &Each : Facts.functions)
      for (std::vector<std::string> &Of = Calls[plainName(Each.function)]; const CallFact &C : Each.calls)
        Of.push_back(plainName(C.callee));
    return Calls;
  };
  std::map<std::string, std::vector<std::string>> OldOrders = Orders(F.old_facts), NewOrders = Orders(F.new_facts);
  for (const std::string &Function : changedFunctions(F.applied->before.value_or(""), F.applied->after.value_or(""))) {
    const std::vector<std::string> &Old = OldOrders[Function], &New = NewOrders[Function];
    auto Barrier = std::find_if(New.begin(), New.end(), [&](const std::string &Name) { return After.rules().barrier(Name); });
    if (Barrier == New.end() || Old == New || std::count(Old.begin(), Old.end(), *Barrier) != std::count(New.begin(), New.end(), *Barrier))
      continue;
    ModuleScope Scope = After.scan().moduleScope(F.after_path);
    auto End = EndsOf.find(Scope.name);
    if (End == EndsOf.end() || !End->second.asked || !End->second.holds)
      continue; // what breaks has been named, or was not asked for
    if (std::string Behind = queuesBehind(F.applied->after.value_or(""), Old, New, *Barrier); !Behind.empty()) {
      add(PatchVerdict::CannotTell, {F.after_path, 0, 0}, Behind + "() stands behind " + *Barrier + "() in " + Function + "() now, where it stood in front of it; what it queues is no longer waited for there, though every end of " + Scope.name + " still waits");
      continue;
    }
    add(PatchVerdict::Ok, {F.after_path, 0, 0}, *Barrier + "() has other calls before or behind it in " + Function + "(); every end of " + Scope.name + " still waits");
  }
}

void PatchJudge::judgeDestructions(ReviewedFile &F) {
  if (After.semantics().is("destroy_waits_call_rcu"))
    return;
  std::set<std::string> Changed = changedFunctions(F.applied->before.value_or(""), F.applied->after.value_or(""));
  auto Had = destructionsIn(factsOf(Before, F.before_path), Before.rules());
  for (const auto &[Function, Place] : destructionsIn(factsOf(After, F.after_path), After.rules())) {
    bool New = !Had.count({Function, Place});
    bool BarrierMoved = !F.changes.barriers_gone.empty() || !F.changes.barriers_new.empty();
    if (!New && !BarrierMoved && !Changed.count(plainName(Function)))
      continue;
    Waits Now = waitsBefore(After, Function, Place);
    if (!Now.found || (Now.callbacks && Now.start))
      continue;
    Waits Then = New ? Waits() : waitsBefore(Before, Function, Place);
    bool StartLost = !New && Then.start && !Now.start;
    if (!StartLost && (Now.callbacks || (!New && !Then.callbacks && !(Then.deferred && !Now.deferred))))
      continue; // it was like that before
    std::string Name = placeName(Place);
    EvidenceList Using = callbacksUsing(After, After.scan().moduleScope(F.after_path), wordOfPlace(Place));
    bool Lost = New || (Then.callbacks && !Now.callbacks) || StartLost;
    if (Lost && !Using.empty()) {
      add(PatchVerdict::Broken, Now.where, Name + " is destroyed in " + Now.function + "() " + (New ? "" : "now ") + "without waiting for callbacks that free to it: " +
                                               Using.front().file + ":" + std::to_string(Using.front().line) + ", " + Using.front().text, Using);
      continue;
    }
    // A cache that is found through a table or a parameter: who frees to it is not known.
    if (Lost && !New && (wordOfPlace(Place).empty() || isMember(Place))) {
      const ModuleQueue Q = queueOf(After, After.scan().moduleScope(F.after_path));
      if (!Q.callbacks.empty() || !Q.unknown.empty())
        add(PatchVerdict::CannotTell, Now.where, "caches are destroyed in " + Now.function + "() now without waiting for callbacks, where something waited before; which callbacks free to them was not followed");
    }
    if (Now.deferred || After.semantics().is("destroy_waits_kfree_rcu"))
      continue;
    // Objects of the cache that kfree_rcu() has in flight. Copies: the search for their origin parses more.
    std::vector<DeferredFreeFact> InFlight;
    for (const auto &[File, Facts] : After.database().files())
      std::copy_if(Facts.deferred_frees.begin(), Facts.deferred_frees.end(), std::back_inserter(InFlight), [](const DeferredFreeFact &D) { return !D.record.empty(); });
    for (const DeferredFreeFact &D : InFlight) {
      RecordOrigin Origin = originOf(After, D.record);
      if (std::find(Origin.caches.begin(), Origin.caches.end(), Place) == Origin.caches.end())
        continue;
      std::vector<ObjectQuestion> Questions{questionAt(D.where, plainName(D.function), {Place}, {plainName(D.function)})};
      judgeCachesIn(After, Questions);
      const SiteReport &R = Questions.front().report;
      if (R.verdict == Verdict::Unsafe)
        add(PatchVerdict::Wait, Now.where, unsafeReason(R) + ", and " + D.name + "() at " + at(D.where) + " frees to it; " + safeFrom(After, Questions.front()), R.evidence);
    }
  }
}

} // namespace krcu
