// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The changed lines that none of the questions was about.
#include "tool/driver/review_judge.h"
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

} // namespace

/// Whether something in the new text takes away the cache that the old line took away.
bool PatchJudge::staysDestroyed(const ReviewedFile &F, const TraceEvent &E) {
  auto Same = [&](const FileFacts &Facts) {
    return llvm::any_of(Facts.functions, [&](const FunctionFact &Each) {
      return llvm::any_of(Each.calls, [&](const CallFact &C) {
        const CacheRule *Rule = After.rules().cacheDestroy(plainName(C.callee));
        return Rule && Rule->cache < C.arguments.size() && llvm::is_contained(E.caches, C.arguments[Rule->cache]);
      });
    });
  };
  return Same(F.new_facts) || llvm::any_of(Files, [&](const ReviewedFile &Other) { return &Other != &F && Same(Other.new_facts); });
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
  F.not_judged = review::notJudged(F.applied->path, F.applied->before.value_or(""), F.applied->after.value_or(""), J);
  // A line that frees, waits or destroys, and that the facts do not have, is no line that can be passed over.
  for (const review::NotJudged &N : F.not_judged) {
    if (N.word.empty())
      continue;
    const std::string Where = N.function.empty() ? std::string() : " in " + N.function + "()";
    if (StringRef(N.word).starts_with("#"))
      add(PatchVerdict::CannotTell, {N.file, N.from, 0}, N.word + (N.old_line ? " goes" : " comes") + Where + "; what stands under it was looked at in one configuration only", {}, N.old_line);
    else if (N.old_line)
      add(PatchVerdict::CannotTell, {N.file, N.from, 0}, "a line with " + N.word + "() goes" + Where + ", and what does its work now was not found", {}, true);
    else
      add(PatchVerdict::CannotTell, {N.file, N.from, 0}, "a line with " + N.word + "() comes" + Where + " that was not judged: it may be left out of the configuration that was looked at");
  }
}

} // namespace krcu
