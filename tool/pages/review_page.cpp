// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/pages/pages.h"
#include "tool/report/steps.h"
#include "llvm/ADT/STLExtras.h"

namespace krcu::pages {
namespace {

using review::PatchVerdict;

constexpr size_t MaxPatchLines = 400; ///< of one patch that are shown

const char *toneOf(PatchVerdict V) {
  switch (V) {
  case PatchVerdict::Ok: return "good";
  case PatchVerdict::CannotTell:
  case PatchVerdict::Wait: return "warn";
  case PatchVerdict::NotApplicable: return "dim";
  case PatchVerdict::Broken: return "bad";
  }
  return "dim";
}

std::string treeName(const review::Column &C) {
  std::string Text = "Linux " + C.version;
  for (const std::string &A : C.assumed)
    Text += ", assuming " + A;
  return Text;
}

/// The patch as it was sent, as far as it fits.
std::vector<Change> changesOf(const review::Diff &D) {
  std::vector<Change> Result;
  size_t Lines = 0, More = 0;
  for (const review::FileDiff &F : D.files) {
    Change C{F.path(), {}};
    for (const review::Hunk &H : F.hunks) {
      if (!C.lines.empty())
        C.lines.push_back({'@', 0, "..."});
      unsigned Old = H.old_start, New = H.new_start;
      for (const review::HunkLine &L : H.lines) {
        if (++Lines > MaxPatchLines)
          ++More;
        else
          C.lines.push_back({L.kind, L.kind == '+' ? New : Old, L.text});
        Old += L.kind != '+';
        New += L.kind != '-';
      }
    }
    if (!C.lines.empty())
      Result.push_back(std::move(C));
  }
  if (More && !Result.empty())
    Result.back().lines.push_back({'@', 0, std::to_string(More) + " more lines"});
  return Result;
}

std::string placeOf(const review::Finding &F) {
  return F.file.empty() ? std::string() : F.file + (F.line ? ":" + std::to_string(F.line) : "") + (F.old_line && F.line ? " (before)" : "") + ": ";
}

void addChains(const review::PatchReview &P, Item &To) {
  for (const review::FileReview &F : P.files)
    for (const review::Finding &Each : F.findings) {
      Chain C{std::string(verdictTitle(Each.verdict)) + ": " + placeOf(Each) + Each.reason, {}};
      for (const Evidence &E : Each.evidence)
        C.steps.push_back({stepKind(nullptr, E), {E.file, E.line, 0}, E.function, E.text});
      To.chains.push_back(std::move(C));
    }
  Chain Open{"Not judged, a person must read", {}};
  for (const review::FileReview &F : P.files)
    for (const review::NotJudged &N : F.not_judged)
      Open.steps.push_back({"code", {N.file, N.from, 0}, N.function, N.what + (N.to > N.from ? ", to line " + std::to_string(N.to) : "") + (N.old_line ? " (before)" : "")});
  if (!Open.steps.empty())
    To.chains.push_back(std::move(Open));
}

Item itemOf(const review::PatchReview &P, const review::Column &C, const std::vector<Timeline> &Timelines) {
  Item I;
  I.cls = review::verdictWord(P.verdict);
  I.tone = toneOf(P.verdict);
  for (const review::FileReview &F : P.files)
    for (const review::Finding &Each : F.findings)
      if (!I.where.valid() && Each.verdict == P.verdict && !Each.file.empty())
        I.where = {Each.file, Each.line, 0};
  if (I.where.file.empty() && !P.patch->diff.files.empty())
    I.where.file = P.patch->diff.files.front().path();
  I.title = (P.patch->prefix.empty() ? "" : P.patch->prefix + " ") + P.patch->subject;
  I.reason = P.reason;
  I.filters = {{"class", I.cls}, {"tree", treeName(C)}};
  I.facts = {{"verdict", review::verdictTitle(P.verdict)}, {"tree", treeName(C)}, {"from", P.patch->source}};
  if (!P.patch->message_id.empty())
    I.facts.push_back({"message", P.patch->message_id});
  if (!P.base.empty())
    I.facts.push_back({"judged on", P.base});
  if (!P.applies)
    I.facts.push_back({"applies", "no"});
  I.change_title = "The patch";
  I.changes = changesOf(P.patch->diff);
  addChains(P, I);
  if (P.verdict == PatchVerdict::Wait)
    if (const Timeline *T = counterexample(Timelines, C.era, {"exit kfree_rcu, rcu_barrier", "exit kfree_rcu, no barrier", "destroy_waits_kfree_rcu"}))
      I.counterexamples.push_back(T);
  return I;
}

} // namespace

Page reviewPage(const review::ReviewReport &R, const std::vector<Timeline> &Timelines) {
  Page P;
  P.asked = R.asked;
  P.title = "krcu review: " + std::to_string(R.columns.front().patches.size()) + (R.columns.front().patches.size() == 1 ? " patch" : " patches");
  P.groups = {{"broken", "bad", "BROKEN", "The patch frees the wrong object, does not compile, or takes away what is still used.", false},
              {"wait", "warn", "WAIT", "The patch is right, but not safe in this tree.", false},
              {"cannot_tell", "warn", "CANNOT TELL", "What would show whether the patch is safe is missing.", false},
              {"na", "dim", "n/a", "The patch does not apply to this tree, so nothing was judged.", false},
              {"ok", "good", "OK", "Nothing speaks against the patch in this tree.", false}};
  P.filters = {{"class", "verdict"}, {"tree", "tree"}, {"directory", "directory"}};
  for (const review::Column &C : R.columns) {
    P.about.push_back({C.name, "Linux " + C.version + ", who waits for whom as in " + C.era});
    for (const std::string &A : C.assumed)
      if (!llvm::is_contained(P.assumed, A))
        P.assumed.push_back(A);
    for (const review::PatchReview &Each : C.patches)
      P.items.push_back(itemOf(Each, C, Timelines));
  }
  P.notes = R.notes;
  if (R.incomplete)
    P.notes.push_back("A part of a series is missing, or has no patch in it.");
  return P;
}

} // namespace krcu::pages
