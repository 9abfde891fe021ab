// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The changed lines that none of the questions was about.
#include "matchers/traces.h"
#include "tool/review/judge/judge.h"
#include "tool/lifetime/callback.h"
#include "tool/review/explain.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {

using review::PatchVerdict;

namespace {

std::set<std::string> wordsThatMatter(const Rules &R) {
  std::set<std::string> Words(R.replacements.begin(), R.replacements.end());
  Words.insert(R.deferred_frees_no_head.begin(), R.deferred_frees_no_head.end());
  Words.insert(R.sleeping_waits.begin(), R.sleeping_waits.end());
  auto Add = [&](const auto &Rows) {
    for (const auto &Row : Rows)
      Words.insert(Row.name);
  };
  Add(R.deferrals), Add(R.frees), Add(R.barriers), Add(R.cache_destroy);
  return Words;
}

/// An allocator's name without what its macro adds.
std::string asWritten(StringRef Name) {
  Name.consume_back("_noprof");
  return Name.str();
}

/// i++, --i, i = 2.
bool changesSomething(StringRef Expression) {
  for (size_t I = 0; I < Expression.size(); ++I) {
    StringRef Here = Expression.substr(I);
    if (Here.starts_with("++") || Here.starts_with("--"))
      return true;
    const char Before = I ? Expression[I - 1] : ' ';
    if (Here.starts_with("=") && !Here.starts_with("==") && !StringRef("=!<>").contains(Before))
      return true;
  }
  return false;
}

/// Helpers through which the old text of a function destroyed caches and its new text does not.
std::set<std::string> destroyersLeftOut(const FileFacts &Old, const FileFacts &New) {
  std::set<std::string> Result;
  for (const FunctionTrace &Was : Old.traces) {
    auto Is = llvm::find_if(New.traces, [&](const FunctionTrace &T) { return T.function == Was.function; });
    if (Is == New.traces.end())
      continue;
    bool Lost = llvm::any_of(Was.events, [&](const TraceEvent &E) {
      return E.kind == TraceEvent::Destroy && E.function != Was.function && llvm::none_of(Is->events, [&](const TraceEvent &N) { return N.kind == E.kind && (N.function == E.function || N.caches == E.caches); });
    });
    for (const std::string &Helper : Lost ? Was.inlined : std::vector<std::string>())
      if (!llvm::is_contained(Is->inlined, Helper))
        Result.insert(plainName(Helper));
  }
  return Result;
}

} // namespace

/// Whether something in the new text takes away the cache that the old line took away: the same function as often as before, or a function more often.
bool PatchJudge::staysDestroyed(const ReviewedFile &F, const TraceEvent &E) {
  auto Times = [&](const FileFacts &Facts, const std::string &Function) {
    long Count = 0;
    for (const FunctionFact &Each : Facts.functions)
      for (const CallFact &C : Each.function == Function ? Each.calls : std::vector<CallFact>())
        if (const CacheRule *Rule = After.rules().cacheDestroy(plainName(C.callee)); Rule && Rule->cache < C.arguments.size() && llvm::is_contained(E.caches, C.arguments[Rule->cache]))
          ++Count;
    return Count;
  };
  if (long Now = Times(F.new_facts, E.function); Now && Now >= Times(F.old_facts, E.function))
    return true;
  return llvm::any_of(Files, [&](const ReviewedFile &Other) {
    return llvm::any_of(Other.new_facts.functions, [&](const FunctionFact &Each) { return Times(Other.new_facts, Each.function) > Times(Other.old_facts, Each.function); });
  });
}

/// Which of the changed lines none of the questions above was about.
void PatchJudge::explainLines(ReviewedFile &F) {
  review::Judged J;
  const Rules &R = After.rules();
  J.harmless.insert(Rows.review.printing_calls.begin(), Rows.review.printing_calls.end());
  J.watched = wordsThatMatter(R);
  J.computing.insert(R.container_macros.begin(), R.container_macros.end());
  J.computing.insert({"sizeof", "typeof", "offsetof"});
  J.heads.insert(R.heads.begin(), R.heads.end());
  for (const std::string &Symbol : GoneCallbacks)
    J.gone.insert(plainName(Symbol));
  // A helper that only such callbacks called goes with them.
  const Outline Old = outlineOf(F.applied->before.value_or("")), New = outlineOf(F.applied->after.value_or(""));
  for (bool Again = true; Again;) {
    Again = false;
    for (const OutlineFunction &Helper : Old.functions) {
      if (!Helper.is_static || New.function(Helper.name) || J.gone.count(Helper.name))
        continue;
      bool Mentioned = false, Other = false;
      for (const OutlineFunction &Each : Old.functions)
        if (Each.name != Helper.name && std::binary_search(Each.identifiers.begin(), Each.identifiers.end(), Helper.name))
          Mentioned = true, Other = Other || !J.gone.count(Each.name);
      if (Mentioned && !Other)
        Again = J.gone.insert(Helper.name).second;
    }
  }
  auto Take = [&](const FileFacts &Facts, const std::string &Path, std::set<unsigned> &Lines, bool Goes) {
    for (const FunctionTrace &T : Facts.traces)
      for (const TraceEvent &E : T.events) {
        J.freeing.insert(plainName(E.function));
        if (E.where.file == Path && (!Goes || E.kind != TraceEvent::Destroy || staysDestroyed(F, E)))
          Lines.insert(E.where.line);
      }
  };
  Take(F.old_facts, F.before_path, J.old_lines, true);
  Take(F.new_facts, F.after_path, J.new_lines, false);
  for (const CallSiteFact *S : F.changes.sites_gone)
    J.old_lines.insert(S->where.line);
  for (const CallSiteFact *S : F.changes.sites_new)
    J.new_lines.insert(S->where.line);
  for (const DeferredFreeFact *D : F.changes.deferred_new)
    J.new_lines.insert(D->where.line);
  for (const DeferredFreeFact *D : F.changes.deferred_gone)
    J.old_lines.insert(D->where.line);
  for (const FactChanges::Barrier &B : F.changes.barriers_gone)
    J.old_lines.insert(B.where.line);
  for (const FactChanges::Barrier &B : F.changes.barriers_new)
    J.new_lines.insert(B.where.line);
  // A helper whose frees belong to its callers' paths is judged with them.
  for (const FileFacts *Facts : {&F.old_facts, &F.new_facts})
    for (const FunctionTrace &T : Facts->traces)
      for (const std::string &Helper : T.inlined)
        J.walked.insert(plainName(Helper));
  // A callback that only frees has been judged with the call that queues it.
  for (const CallSiteFact *S : F.changes.sites_new)
    if (auto It = NewCallbacks.find(S->callback); It != NewCallbacks.end() && It->second.state == CallbackState::FreeOnly)
      J.walked.insert(plainName(S->callback));
  for (const std::string &Helper : destroyersLeftOut(F.old_facts, F.new_facts))
    J.walked.erase(Helper);
  for (const DeferredFreeFact *D : F.changes.deferred_new)
    if (changesSomething(D->object))
      add(PatchVerdict::CannotTell, D->where, D->name + "(" + D->object + (D->member.empty() ? "" : ", " + D->member) + ") changes something besides, and what that does to the rest of " + plainName(D->function) + "() was not followed");
  // Where objects come from that the patch has freed otherwise: a cache must still give them out.
  for (const ObjectFact *O : F.changes.frees_gone) {
    if (O->kind != ObjectFact::Allocated || O->record.empty() || !CachesOfRecord.count(O->record) || !New.function(plainName(O->function)))
      continue;
    bool Still = llvm::any_of(F.changes.frees_new, [&](const ObjectFact *N) { return N->kind == O->kind && N->record == O->record && N->caches == O->caches; });
    if (!Still)
      add(PatchVerdict::CannotTell, O->where, plainName(O->function) + "() no longer calls " + asWritten(O->name) + "(); where the objects come from now was not followed, and they are freed in another way", {}, true);
  }
  F.not_judged = review::notJudged(F.applied->path, F.applied->before.value_or(""), F.applied->after.value_or(""), J);
  // A line that frees, waits or destroys, and that the facts do not have, is no line that can be passed over.
  auto Joined = [&](const std::string &Function) {
    auto Is = [&](const FunctionTrace &T) { return plainName(T.function) == Function && waysWereJoined(T) && !T.events.empty(); };
    return llvm::any_of(F.old_facts.traces, Is) || llvm::any_of(F.new_facts.traces, Is);
  };
  for (const review::NotJudged &N : F.not_judged) {
    if (N.word.empty() && StringRef(N.what).contains("control flow") && Joined(N.function))
      add(PatchVerdict::CannotTell, {N.file, N.from, 0}, "the control flow of " + N.function + "() changes, which has too many ways through it to tell each of them apart", {}, N.old_line);
    if (N.word.empty())
      continue;
    const std::string Where = N.function.empty() ? std::string() : " in " + N.function + "()";
    if (!StringRef(N.word).starts_with("#") && N.what == "a preprocessor line")
      add(PatchVerdict::CannotTell, {N.file, N.from, 0}, "the text of a macro with " + N.word + "() " + (N.old_line ? "goes" : "comes") + Where + "; what it expands to was not judged", {}, N.old_line);
    else if (StringRef(N.word).starts_with("#"))
      add(PatchVerdict::CannotTell, {N.file, N.from, 0}, N.word + (N.old_line ? " goes" : " comes") + Where + "; what stands under it was looked at in one configuration only", {}, N.old_line);
    else if (N.old_line)
      add(PatchVerdict::CannotTell, {N.file, N.from, 0}, "a line with " + N.word + "() goes" + Where + ", and what does its work now was not found", {}, true);
    else
      add(PatchVerdict::CannotTell, {N.file, N.from, 0}, "a line with " + N.word + "() comes" + Where + " that was not judged: it may be left out of the configuration that was looked at");
  }
}

} // namespace krcu
