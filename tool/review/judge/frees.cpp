// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The deferred free that a patch brings: whether the cache outlives it, where its objects come from if no callback says so, and what became of a
// deferral that nothing took the place of.
#include "tool/driver/records.h"
#include "tool/index/outline.h"
#include "tool/review/judge/judge.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

namespace krcu {

using review::PatchVerdict;

std::string unsafeReason(const SiteReport &R) {
  if (R.reason != Reason::DestroyedWithoutWait)
    return reasonText(R);
  for (const DestructionReport &D : R.destructions) {
    if (D.harmless || D.waited || D.init_only)
      continue;
    const Location &At = D.what.where;
    std::string Function = plainName(D.what.function->function);
    std::string Text = (R.caches.empty() ? placeName(D.what.value) : R.caches.front().name) + " is destroyed in " + Function + "() (" + At.file + ":" +
                       std::to_string(At.line) + ")";
    // The way that runs and has no wait: module exit stands first.
    if (!D.reach.paths.empty()) {
      const ReachPath &P = D.reach.paths.front();
      std::string Top = P.steps.empty() ? std::string() : plainName(P.steps.back().function);
      if (!Top.empty() && Top != Function)
        Text += ", reached from " + Top + "()";
      if (P.kind == ReachKind::ModuleExit)
        Text += " at module exit";
    }
    const BarrierUse *Only = nullptr;
    for (const BarrierUse &B : D.barriers)
      if (B.waits_call_rcu && !B.waits_kfree_rcu)
        Only = &B;
    if (Only)
      return Text + "; " + Only->barrier + "() in " + plainName(Only->function) + "() waits for callbacks, nothing there waits for kfree_rcu()";
    return Text + "; nothing there waits for kfree_rcu()";
  }
  return reasonText(R);
}

/// Functions of the tree after the patch that free objects of these caches without a callback.
std::set<std::string> PatchJudge::functionsThatFree(const std::vector<std::string> &Caches) {
  std::set<std::string> Result;
  for (const auto &[File, Facts] : After.database().files())
    for (const DeferredFreeFact &D : Facts.deferred_frees) {
      auto It = CachesOfRecord.find(D.record);
      if (It != CachesOfRecord.end() && std::any_of(It->second.begin(), It->second.end(), [&](const std::string &C) { return std::find(Caches.begin(), Caches.end(), C) != Caches.end(); }))
        Result.insert(plainName(D.function));
    }
  return Result;
}

void PatchJudge::judgeLifetime(const DeferredFreeFact &D, const std::vector<std::string> &Caches, const std::string &Family, EvidenceList Shown) {
  if ((Family == "kvfree" || Family == "vfree") && !After.semantics().is("kvfree_rcu_frees_vmalloc")) {
    add(PatchVerdict::CannotTell, D.where, "this tree's kfree_rcu() is not known to free vmalloc() memory", std::move(Shown));
    return;
  }
  if (Caches.empty()) {
    add(PatchVerdict::Ok, D.where, D.name + "(" + D.object + (D.member.empty() ? "" : ", " + D.member) + "): general-purpose memory, no cache can be destroyed under it", std::move(Shown));
    return;
  }
  Lifetimes.push_back({&D, Caches, std::move(Shown)});
}

/// All at once: what one proof parses the others need too.
void PatchJudge::answerLifetimes() {
  std::vector<ObjectQuestion> Questions;
  for (const Lifetime &L : Lifetimes)
    Questions.push_back(questionAt(L.free->where, plainName(L.free->function), L.caches, functionsThatFree(L.caches)));
  judgeCachesIn(After, Questions);
  for (size_t N = 0; N < Lifetimes.size(); ++N) {
    Lifetime &L = Lifetimes[N];
    SiteReport &R = Questions[N].report;
    L.shown.insert(L.shown.end(), R.evidence.begin(), R.evidence.end());
    if (R.verdict == Verdict::Safe && R.reason == Reason::DestroyWaits && R.detail.empty())
      R.detail = R.caches.empty() ? placeName(L.caches.front()) : R.caches.front().name;
    std::string From = R.verdict == Verdict::Unsafe ? safeFrom(After, Questions[N]) : std::string();
    PatchVerdict V = R.verdict == Verdict::Safe ? PatchVerdict::Ok : R.verdict == Verdict::Unsafe ? PatchVerdict::Wait : PatchVerdict::CannotTell;
    add(V, L.free->where, (R.verdict == Verdict::Unsafe ? unsafeReason(R) : reasonText(R)) + (From.empty() ? "" : "; " + From), std::move(L.shown));
  }
}

/// A deferred free without a callback that it replaces: a direct free was there, or it is new.
void PatchJudge::judgeNewFree(ReviewedFile &F, const DeferredFreeFact &D) {
  if (!D.not_a_start.empty()) {
    add(D.never_a_start ? PatchVerdict::Broken : PatchVerdict::CannotTell, D.where, D.object + (D.never_a_start ? " is" : " may be") + " not the start of an allocation: " + D.not_a_start);
    return;
  }
  // Not a change of what is freed: the same call in other words (kfree_rcu(p) became kfree_rcu_mightsleep(p)).
  for (const DeferredFreeFact *Old : F.changes.deferred_gone)
    if (Old->function == D.function && folded(Old->object) == folded(D.object) && Old->record == D.record && Old->offset == D.offset)
      return;
  for (const ObjectFact *O : F.changes.frees_gone) {
    if (O->kind != ObjectFact::Freed || O->function != D.function || folded(O->object) != folded(D.object))
      continue;
    const FreeRule *Rule = Before.rules().free(O->name);
    const ConversionRule *Conversion = Rule ? Before.rules().conversion("call_rcu", Rule->family) : nullptr;
    if (!Conversion || Conversion->replacement.empty()) {
      add(PatchVerdict::Broken, D.where, O->name + "() becomes " + D.name + "(), but " + (Conversion ? Conversion->refusal : "that frees something else"));
      return;
    }
    if (!D.record.empty())
      CachesOfRecord[D.record] = O->caches;
    judgeLifetime(D, O->caches, Rule->family, {{O->where.file, O->where.line, plainName(O->function), "before: freed at once, with " + O->name + "()"}});
    return;
  }
  if (D.record.empty()) {
    add(PatchVerdict::CannotTell, D.where, D.name + "(" + D.object + ") is new, and the type of the object does not say where it was allocated");
    return;
  }
  RecordOrigin Origin = originOf(After, D.record, /*General=*/true);
  CachesOfRecord[D.record] = Origin.caches;
  if (Origin.caches.empty() && !Origin.general) {
    add(PatchVerdict::CannotTell, D.where, D.name + "(" + D.object + ") is new, and no allocation of " + D.record_text + " was seen" + (Origin.why.empty() ? "" : ": " + Origin.why), Origin.evidence);
    return;
  }
  if (!Origin.complete && Origin.caches.empty()) {
    add(PatchVerdict::CannotTell, D.where, "where " + D.record_text + " is allocated could not be followed: " + Origin.why);
    return;
  }
  judgeLifetime(D, Origin.caches, Origin.caches.empty() ? "kfree" : "kmem_cache_free", Origin.evidence);
  if (isAdded(F, D))
    add(PatchVerdict::CannotTell, D.where, D.name + "(" + D.object + ") is new: nothing in " + plainName(D.function) + "() freed the object there before, and whether others still free or use it was not followed");
}

/// Whether the free has been added to a function that was there before, and neither takes the place of another one nor frees what the function has made.
bool PatchJudge::isAdded(const ReviewedFile &F, const DeferredFreeFact &D) const {
  if (!outlineOf(F.applied->before.value_or("")).function(plainName(D.function)))
    return false;
  for (const auto &[Function, P] : PathsOf)
    if (llvm::any_of(P.same, [&](const auto &Pair) { return Pair.second == D.where; }))
      return false;
  return llvm::none_of(F.new_facts.objects, [&](const ObjectFact &O) { return O.kind == ObjectFact::Allocated && O.function == D.function && O.record == D.record; });
}

/// A deferral that went, and nothing deferred came.
void PatchJudge::judgeLostSite(ReviewedFile &F, const CallSiteFact &S) {
  const DeferralRule *Rule = Before.rules().deferral(S.deferral);
  if (!Rule || Rule->flavour != "rcu")
    return;
  // A call of a header that the patch changes, too, is judged there.
  if (S.where.file != F.before_path && llvm::any_of(Files, [&](const ReviewedFile &Other) { return Other.before_path == S.where.file; }))
    return;
  for (const CallSiteFact *New : F.changes.sites_new)
    if (New->function == S.function || folded(New->head_text) == folded(S.head_text)) {
      const DeferralRule *Now = After.rules().deferral(New->deferral);
      if (New->deferral != S.deferral && (!Now || Now->flavour != Rule->flavour))
        add(PatchVerdict::Broken, New->where, New->deferral + "() waits for other readers (" + (Now ? Now->flavour : "of an unknown kind") + ") than " + S.deferral + "(), which queued " + S.callback_text + " before",
            {{S.where.file, S.where.line, plainName(S.function), "before: " + S.deferral + "() queues " + S.callback_text}});
      else if (New->deferral != S.deferral && New->callback == S.callback)
        add(PatchVerdict::Ok, New->where, New->deferral + "() queues " + S.callback_text + " as " + S.deferral + "() did");
      if (New->callback != S.callback && !judgeOtherCallback(S, *New))
        add(PatchVerdict::CannotTell, New->where, New->deferral + "() queues " + New->callback_text + " instead of " + S.callback_text + "; what callbacks do besides freeing was not judged");
      return;
    }
  for (const ObjectFact *O : F.changes.frees_new)
    if (O->kind == ObjectFact::Freed && O->function == S.function) {
      add(PatchVerdict::Broken, O->where, O->name + "(" + O->object + ") frees at once what " + S.deferral + "() freed after a grace period; readers may still look at it",
          {{S.where.file, S.where.line, plainName(S.function), "before: " + S.deferral + "() queues " + S.callback_text}});
      return;
    }
  if (!After.database().function(S.function))
    return; // the whole function is gone
  add(PatchVerdict::CannotTell, S.where, S.deferral + "(" + S.head_text + ", " + S.callback_text + ") goes and nothing takes its place; who frees the object now?", {}, true);
}

} // namespace krcu
