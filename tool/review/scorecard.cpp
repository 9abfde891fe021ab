// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/report/terminal.h"
#include "tool/review/verdict.h"
#include "tool/support/stable_sort.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <set>

namespace krcu::review {

const char *verdictWord(PatchVerdict V) {
  switch (V) {
  case PatchVerdict::Ok: return "ok";
  case PatchVerdict::CannotTell: return "cannot_tell";
  case PatchVerdict::Wait: return "wait";
  case PatchVerdict::NotApplicable: return "na";
  case PatchVerdict::Broken: return "broken";
  }
  return "";
}

const char *verdictTitle(PatchVerdict V) {
  switch (V) {
  case PatchVerdict::Ok: return "OK";
  case PatchVerdict::CannotTell: return "CANNOT TELL";
  case PatchVerdict::Wait: return "WAIT";
  case PatchVerdict::NotApplicable: return "n/a";
  case PatchVerdict::Broken: return "BROKEN";
  }
  return "";
}

std::string describe(const NotJudged &N) {
  return N.file + ":" + std::to_string(N.from) + (N.to > N.from ? "-" + std::to_string(N.to) : "") + (N.old_line ? " (before)" : "") + ": " + N.what + (N.function.empty() ? "" : " in " + N.function + "()");
}

namespace {

const char NothingChanged[] = "no deferred free, barrier or cache was seen to change";
const char OnlyApplied[] = "applies; nothing near the change defers, waits for readers or callbacks, or destroys a cache, so nothing was judged";
const char NothingFound[] = "no deferred free, barrier or cache was seen to change; the rest was not judged";

} // namespace

void sumUp(FileReview &F) {
  stableSort(F.findings, [](const Finding &A, const Finding &B) { return A.verdict > B.verdict; });
  if (F.findings.empty()) {
    F.reason = F.only_applied ? OnlyApplied : F.not_judged.empty() ? NothingChanged : NothingFound;
    return;
  }
  F.verdict = F.findings.front().verdict;
  F.reason = F.findings.front().reason;
  // Two conversions with the same reason need it once, others of the same weight are named too.
  std::set<llvm::StringRef> Said{F.findings.front().reason};
  for (size_t N = 1; N < F.findings.size() && F.verdict != PatchVerdict::Ok; ++N)
    if (F.findings[N].verdict == F.verdict && Said.insert(F.findings[N].reason).second)
      F.reason += "; " + F.findings[N].reason;
}

void sumUp(PatchReview &P) {
  std::vector<std::string> Reasons;
  for (const FileReview &F : P.files)
    P.verdict = std::max(P.verdict, F.verdict);
  size_t Talking = 0;
  for (const FileReview &F : P.files)
    Talking += !F.findings.empty();
  for (const FileReview &F : P.files) {
    bool Silent = F.findings.empty() && Talking;
    if (F.verdict != P.verdict || Silent)
      continue;
    for (const Finding &Each : F.findings)
      if (Each.verdict == P.verdict)
        P.evidence.insert(P.evidence.end(), Each.evidence.begin(), Each.evidence.end());
    std::string Reason = P.files.size() > 1 && P.verdict != PatchVerdict::Ok && !F.file.empty() ? F.file + ": " + F.reason : F.reason;
    if (std::find(Reasons.begin(), Reasons.end(), Reason) == Reasons.end())
      Reasons.push_back(Reason);
  }
  size_t Shown = std::min<size_t>(Reasons.size(), 3);
  for (size_t N = 0; N < Shown; ++N)
    P.reason += (N ? "; " : "") + Reasons[N];
  if (Reasons.size() > Shown)
    P.reason += "; and " + std::to_string(Reasons.size() - Shown) + " more";
  std::vector<std::string> Open;
  for (const FileReview &F : P.files)
    for (const NotJudged &N : F.not_judged)
      Open.push_back(describe(N));
  if (P.verdict == PatchVerdict::Ok && !Open.empty()) {
    P.reason += "; not judged: ";
    for (size_t N = 0; N < std::min<size_t>(Open.size(), 3); ++N)
      P.reason += (N ? "; " : "") + Open[N];
    if (Open.size() > 3)
      P.reason += "; and " + std::to_string(Open.size() - 3) + " more places";
  }
  if (P.files.empty() && P.reason.empty())
    P.reason = "has no file";
}

namespace {

std::string titleOf(const ReviewPatch &P) {
  if (P.prefix.empty())
    return P.subject;
  return P.prefix + " " + P.subject;
}

std::string where(const Finding &F) {
  return F.file.empty() ? std::string() : F.file + (F.line ? ":" + std::to_string(F.line) : "") + (F.old_line && F.line ? " (before)" : "") + ": ";
}

constexpr size_t MaxListed = 40;

/// How the list is printed.
struct Style {
  unsigned width = 0;
  bool colour = false;
  std::string indent() const { return width ? std::string(8, ' ') : "\t"; }
};

const char *colourOf(PatchVerdict V) {
  switch (V) {
  case PatchVerdict::Ok: return "\033[32m";
  case PatchVerdict::Broken: return "\033[31m";
  case PatchVerdict::Wait:
  case PatchVerdict::CannotTell: return "\033[33m";
  case PatchVerdict::NotApplicable: break;
  }
  return "\033[2m";
}

/// "	BROKEN: text".
std::string verdictLine(const Style &How, PatchVerdict V, const std::string &Text) {
  const std::string Title = verdictTitle(V), Mark = Text.empty() ? "" : ":";
  return wrappedLine(How.indent() + Title + Mark, Text, How.width, 10, How.colour ? How.indent() + colourOf(V) + Title + "\033[0m" + Mark : "");
}

/// A file's verdict with its first reason, and a line for each other finding that says something else. `Reason`: of all of it.
void fileLines(const Style &How, const FileReview &F, const std::string &Name, const std::string &Reason, std::string &Out) {
  const std::string First = F.findings.size() > 1 && F.verdict != PatchVerdict::Ok ? F.findings.front().reason : Reason;
  Out += verdictLine(How, F.verdict, Name + First);
  std::set<llvm::StringRef> Said;
  for (size_t N = F.findings.empty() ? 0 : 1; N < F.findings.size(); ++N)
    if (llvm::StringRef(First).find(F.findings[N].reason) == llvm::StringRef::npos && Said.insert(F.findings[N].reason).second)
      Out += verdictLine(How, F.findings[N].verdict, where(F.findings[N]) + F.findings[N].reason);
}

void onePatch(const PatchReview &P, const Style &How, std::string &Out) {
  const bool Single = P.files.size() < 2;
  Out += wrappedLine("", titleOf(*P.patch), How.width, 4);
  if (P.files.empty())
    Out += verdictLine(How, P.verdict, P.reason);
  else if (Single)
    fileLines(How, P.files.front(), "", P.reason, Out);
  else
    Out += verdictLine(How, P.verdict, "");
  if (!P.base.empty())
    Out += wrappedLine(How.indent() + "judged on", P.base, How.width, 10);
  // Of a patch that touches half the tree only what matters.
  size_t Silent = 0;
  for (const FileReview &F : P.files) {
    if (Single || (P.files.size() > MaxListed && F.findings.empty() && ++Silent))
      continue;
    fileLines(How, F, F.file.empty() ? "" : F.file + ": ", F.reason, Out);
  }
  bool Said = false;
  for (const FileReview &F : P.files)
    for (const NotJudged &N : F.not_judged) {
      Out += Said ? "" : How.indent() + "not judged, a person must read:\n";
      Out += wrappedLine(How.indent() + " ", describe(N), How.width, 12);
      Said = true;
    }
  if (Silent)
    Out += How.indent() + counted(Silent, "file") + (Silent == 1 ? " changes" : " change") + " no deferred free, barrier or cache\n";
  Out += "\n";
}

std::string treeTitle(const Column &C) {
  std::string Text = C.name + " (Linux " + C.version;
  for (const std::string &A : C.assumed)
    Text += ", assuming " + A;
  return Text + ")";
}

void table(const ReviewReport &R, std::string &Out) {
  std::vector<size_t> Width;
  for (size_t N = 0; N < R.columns.size(); ++N)
    Width.push_back(std::max<size_t>(11, R.columns[N].version.size()));
  for (size_t N = 0; N < R.columns.size(); ++N)
    Out += R.columns[N].version + std::string(Width[N] - R.columns[N].version.size() + 2, ' ');
  Out += "patch\n";
  for (size_t P = 0; P < R.columns.front().patches.size(); ++P) {
    for (size_t N = 0; N < R.columns.size(); ++N) {
      std::string Word = verdictTitle(R.columns[N].patches[P].verdict);
      Out += Word + std::string(Width[N] - Word.size() + 2, ' ');
    }
    Out += titleOf(*R.columns.front().patches[P].patch) + "\n";
  }
  Out += "\n";
}

} // namespace

std::string scorecard(const ReviewReport &R, unsigned Width, bool Colour) {
  const Style How{Width, Colour};
  std::string Out;
  if (R.columns.size() > 1)
    table(R, Out);
  for (const Column &C : R.columns) {
    Out += "Against " + treeTitle(C) + ":\n\n";
    unsigned Count[5] = {};
    for (const PatchReview &P : C.patches) {
      onePatch(P, How, Out);
      ++Count[static_cast<unsigned>(P.verdict)];
    }
    Out += counted(C.patches.size(), "patch", "patches") + ": " + std::to_string(Count[0]) + " OK, " + std::to_string(Count[2]) + " to wait, " +
           std::to_string(Count[4]) + " broken, " + std::to_string(Count[3]) + " n/a, " + std::to_string(Count[1]) + " cannot tell\n";
    if (&C != &R.columns.back())
      Out += "\n";
  }
  return Out;
}

} // namespace krcu::review
