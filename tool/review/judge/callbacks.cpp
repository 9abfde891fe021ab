// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Callbacks that a patch takes away, brings, or queues instead of others: nothing may use the first any more, and what the others free must go back
// to where it came from.
#include "tool/driver/records.h"
#include "tool/lifetime/callback.h"
#include "tool/review/judge/judge.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

using llvm::StringRef;

namespace krcu {

using review::PatchVerdict;

/// Callbacks that the patch removes must be unused afterwards.
void PatchJudge::judgeCallbacks() {
  const Index &I = After.index();
  for (const std::string &Symbol : GoneCallbacks) {
    std::string Name = plainName(Symbol), Home = homeOf(Symbol);
    if (Before.index().definitionsOf(Name).empty())
      continue; // not the tree's own
    std::vector<uint32_t> Where;
    if (Home.empty()) {
      Where = I.mentioning(Name);
    } else if (int Id = I.find(Home); Id >= 0) {
      Where.push_back(static_cast<uint32_t>(Id));
      for (uint32_t F : I.transitiveIncludersOf(Home))
        Where.push_back(F);
    }
    bool Defined = false;
    const OutlineToken *Use = nullptr;
    Location Used;
    std::string User;
    std::vector<OutlineToken> Tokens;
    for (uint32_t Id : Where) {
      auto Text = I.text(Id);
      if (!Text)
        continue;
      Outline O = outlineOf(*Text);
      Defined = Defined || O.function(Name);
      Tokens = findTokens(*Text, Name);
      for (const OutlineToken &T : Tokens) {
        bool Prototype = T.function < 0 && !T.in_directive && T.before_paren;
        if (T.after_member_access || Prototype || !Used.file.empty())
          continue;
        Use = &T;
        Used = {I.files()[Id].path, T.line, T.column};
        User = T.function >= 0 ? O.functions[static_cast<size_t>(T.function)].name : std::string();
      }
    }
    if (!Defined && Use)
      add(PatchVerdict::Broken, Used, Name + "() is removed, but " + (User.empty() ? std::string("something") : User + "()") + " at " + at(Used) + " still uses it",
          {{Used.file, Used.line, User, "names " + Name + "()"}});
  }
}

/// The callbacks of all sites that went, so that their helpers are parsed together.
void PatchJudge::learnCallbacks() {
  Before.settle([&] {
    bool Done = true;
    for (const ReviewedFile &F : Files)
      for (const CallSiteFact *S : F.changes.sites_gone)
        if (S->callback_kind == CallbackKind::Function)
          Done = reportCallback(Before.database(), S->callback).state != CallbackState::Pending && Done;
    return Done;
  });
}

namespace {

/// A cache that has a name of its own; a member may hold the one that another member holds.
bool isVariable(StringRef Place) { return Place.ltrim("*&").starts_with("V:"); }

/// What frees from a cache and from general-purpose memory alike give back.
bool freesAnySlab(StringRef Family) { return Family == "kfree" || Family == "kvfree"; }

} // namespace

/// Where objects of a record come from, before the patch and in it: a new callback's own free says nothing about that.
RecordOrigin PatchJudge::originBesides(const std::string &Record) {
  RecordOrigin Origin = originOf(Before, Record, /*General=*/true);
  for (const auto &[File, Facts] : After.database().files())
    for (const ObjectFact &O : Facts.objects)
      if (O.kind == ObjectFact::Allocated && O.record == Record)
        for (const std::string &Cache : O.caches)
          if (Cache != "?" && Cache != "0" && !llvm::is_contained(Origin.caches, Cache))
            Origin.caches.push_back(Cache);
  return Origin;
}

/// What the callback of a new call frees must come from where it gives it to.
void PatchJudge::judgeNewCallbacks(const ReviewedFile &F) {
  for (const CallSiteFact *S : F.changes.sites_new) {
    if (S->callback_kind != CallbackKind::Function)
      continue;
    const CallbackReport R = reportOf(After, NewCallbacks, S->callback); // a copy: the search for origins parses more
    const HeadLevel *L = R.state == CallbackState::FreeOnly ? levelAt(*S, -R.object_offset) : nullptr;
    if (!L || L->symbol.empty())
      continue;
    const RecordOrigin Origin = originBesides(L->symbol);
    const std::string Name = plainName(S->callback) + "()", From = Origin.caches.empty() ? std::string() : placeName(Origin.caches.front());
    EvidenceList Shown = R.evidence;
    Shown.insert(Shown.end(), Origin.evidence.begin(), Origin.evidence.end());
    if (R.caches.empty()) {
      if (!Origin.caches.empty() && !freesAnySlab(R.family))
        add(PatchVerdict::Broken, S->where, S->deferral + "() queues " + Name + ", which frees with " + R.family + "(), but objects of " + L->record + " come from " + From, std::move(Shown));
      else if (Origin.caches.empty() && Origin.general && R.family == "vfree")
        add(PatchVerdict::CannotTell, S->where, S->deferral + "() queues " + Name + ", which frees with vfree(); whether all objects of " + L->record + " come from vmalloc() was not followed", std::move(Shown));
      continue;
    }
    if (llvm::any_of(R.caches, [&](const std::string &Cache) { return llvm::is_contained(Origin.caches, Cache); }))
      continue;
    const std::string To = S->deferral + "() queues " + Name + ", which frees to " + placeName(R.caches.front());
    if (Origin.caches.empty() && !Origin.general) {
      add(PatchVerdict::CannotTell, S->where, To + "; where objects of " + L->record + " come from was not seen" + (Origin.why.empty() ? "" : ": " + Origin.why), std::move(Shown));
      continue;
    }
    const bool Sure = Origin.complete && isVariable(R.caches.front()) && llvm::all_of(Origin.caches, isVariable);
    add(Sure ? PatchVerdict::Broken : PatchVerdict::CannotTell, S->where, To + ", but objects of " + L->record + " come from " + (From.empty() ? "general-purpose memory" : From), std::move(Shown));
  }
}

/// The same call with another callback. True: both only free, and what that means has been said.
bool PatchJudge::judgeOtherCallback(const CallSiteFact &Was, const CallSiteFact &Is) {
  if (Was.callback_kind != CallbackKind::Function || Is.callback_kind != CallbackKind::Function)
    return false;
  const CallbackReport Old = reportOf(Before, OldCallbacks, Was.callback), New = reportOf(After, NewCallbacks, Is.callback);
  if (Old.state != CallbackState::FreeOnly || New.state != CallbackState::FreeOnly || !Old.unclear.empty() || !New.unclear.empty())
    return false;
  const std::string Names = plainName(Is.callback) + "() instead of " + plainName(Was.callback) + "()";
  EvidenceList Shown = Old.evidence;
  Shown.insert(Shown.end(), New.evidence.begin(), New.evidence.end());
  if (Old.object_offset == New.object_offset && Old.family == New.family && Old.caches == New.caches)
    add(PatchVerdict::Ok, Is.where, Is.deferral + "() queues " + Names + ", and both free the same", std::move(Shown));
  else if (Old.object_offset != New.object_offset)
    add(PatchVerdict::Broken, Is.where, Is.deferral + "() queues " + Names + "; the object that it frees begins " + std::to_string(-New.object_offset) + " bytes before the head, and began " + std::to_string(-Old.object_offset) + " bytes before it", std::move(Shown));
  else if (!Old.caches.empty() && !New.caches.empty() && llvm::all_of(Old.caches, isVariable) && llvm::all_of(New.caches, isVariable))
    add(PatchVerdict::Broken, Is.where, Is.deferral + "() queues " + Names + ", which frees to " + placeName(New.caches.front()) + " what went to " + placeName(Old.caches.front()), std::move(Shown));
  else
    return false;
  return true;
}

} // namespace krcu
