// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/review/reply.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "tool/support/sink.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <set>
#include <tuple>
#include <utility>

using llvm::StringRef;

namespace krcu::review {
namespace {

/// Breaks a paragraph at 75 columns; words that are longer stay whole.
std::string folded(StringRef Text) {
  std::string Result, Line;
  for (StringRef Rest = Text; !Rest.empty();) {
    auto [Word, Tail] = Rest.split(' ');
    Rest = Tail;
    if (!Line.empty() && Line.size() + 1 + Word.size() > 75) {
      Result += Line + "\n";
      Line.clear();
    }
    Line += (Line.empty() ? "" : " ") + Word.str();
  }
  return Result + Line + "\n";
}

/// A header's value on one line: nothing of a mail may begin a header of ours.
std::string oneLine(StringRef Value) {
  std::string Result;
  for (char C : Value)
    Result += static_cast<unsigned char>(C) < 0x20 ? ' ' : C;
  return StringRef(Result).trim().str();
}

std::string quoted(const Hunk &H) {
  std::string Text = "> @@ -" + std::to_string(H.old_start) + "," + std::to_string(H.old_count) + " +" + std::to_string(H.new_start) + "," + std::to_string(H.new_count) + " @@\n";
  for (const HunkLine &L : H.lines)
    Text += "> " + std::string(1, L.kind) + StringRef(L.text).rtrim("\r").str() + "\n";
  return Text;
}

/// The hunks of a file by the lines of one side, in the order in which they begin. Points into the diff.
class HunksByLine {
public:
  HunksByLine(llvm::ArrayRef<Hunk> Hunks, bool Old) {
    for (const Hunk &H : Hunks) {
      unsigned Start = Old ? H.old_start : H.new_start;
      All.push_back({Start, Start + (Old ? H.old_count : H.new_count), &H});
    }
    std::sort(All.begin(), All.end(), [](const Entry &A, const Entry &B) { return std::tie(A.start, A.furthest) < std::tie(B.start, B.furthest); });
    for (size_t I = 1; I < All.size(); ++I) // a hunk may lie in another one, in a diff that nobody's program made
      if (All[I].end < All[I - 1].end)
        All[I].end = All[I - 1].end, All[I].furthest = All[I - 1].furthest;
  }
  /// The one that holds the line, or the nearest one: hunks may have moved. Null if there is none.
  const Hunk *nearest(unsigned Line) const {
    auto After = std::upper_bound(All.begin(), All.end(), Line, [](unsigned L, const Entry &E) { return L < E.start; });
    if (After == All.begin())
      return After == All.end() ? nullptr : After->furthest;
    const Entry &Before = *std::prev(After);
    return After == All.end() || Line <= Before.end || Line - Before.end <= After->start - Line ? Before.furthest : After->furthest;
  }

private:
  struct Entry {
    unsigned start = 0, end = 0; ///< `end`: the furthest one of this and those that begin before it
    const Hunk *furthest = nullptr;
  };
  std::vector<Entry> All;
};

} // namespace

llvm::Expected<std::set<PatchVerdict>> verdictsOf(const std::string &List) {
  const PatchVerdict All[] = {PatchVerdict::Ok, PatchVerdict::CannotTell, PatchVerdict::Wait, PatchVerdict::NotApplicable, PatchVerdict::Broken};
  std::set<PatchVerdict> Result;
  if (List.empty())
    Result.insert(std::begin(All), std::end(All));
  llvm::SmallVector<StringRef, 8> Words;
  StringRef(List).split(Words, ',', -1, false);
  for (StringRef W : Words) {
    auto It = std::find_if(std::begin(All), std::end(All), [&](PatchVerdict V) { return W.trim() == verdictWord(V); });
    if (It == std::end(All))
      return fail("--reply-to: '" + W.trim().str() + "' is no verdict; they are ok, wait, broken, cannot_tell and na");
    Result.insert(*It);
  }
  return Result;
}

namespace {

/// The answer's first sentence, as a person would write it.
std::string opening(PatchVerdict V, const std::string &Tree) {
  switch (V) {
  case PatchVerdict::Ok:
    return "Looked at on " + Tree + ", and right as far as RCU goes.";
  case PatchVerdict::CannotTell:
    return "I looked at this on " + Tree + " and cannot tell whether it is right:";
  case PatchVerdict::Wait:
    return "Right as such, but not safe on " + Tree + ", so it has to wait:";
  case PatchVerdict::NotApplicable:
    return "This does not apply to " + Tree + ", so I have not judged it:";
  case PatchVerdict::Broken:
    return "This is wrong on " + Tree + ":";
  }
  return {};
}

/// What a maintainer would call the tree.
std::string treeName(const Column &C) { return (C.assumed.empty() ? "Linux " : "a kernel older than Linux ") + C.version; }

/// What the other trees say: those of the same mind in one sentence, the rest in one each.
std::string otherTrees(const ReviewReport &R, size_t Number) {
  std::string Same, Out;
  const PatchReview &First = R.columns.front().patches[Number];
  for (const Column &C : llvm::ArrayRef<Column>(R.columns).drop_front()) {
    const PatchReview &P = C.patches[Number];
    if (P.verdict == First.verdict && P.reason == First.reason)
      Same += (Same.empty() ? "" : ", ") + treeName(C);
    else
      Out += "\n" + folded("In " + treeName(C) + ": " + verdictTitle(P.verdict) + (P.verdict == PatchVerdict::Ok ? "." : ": " + P.reason + "."));
  }
  return (Same.empty() ? "" : "\n" + folded("The same holds for " + Same + ".")) + Out;
}

} // namespace

/// A finding as a sentence: "wrong object: ..." begins with a capital; what begins with a name of the code ("entry is freed twice") does not.
static std::string asSentence(std::string Reason) {
  static const std::set<StringRef, std::less<>> Ours = {"wrong", "used", "does", "would", "whether", "caches", "the", "what", "where", "nothing"};
  if (auto [First, Rest] = StringRef(Reason).split(' '); !Rest.empty() && (Ours.count(First) || StringRef(Reason).starts_with("a line with ")))
    Reason.front() = llvm::toUpper(Reason.front());
  return Reason + ".";
}

std::string replyTo(const ReviewReport &R, size_t Number) {
  const Column &C = R.columns.front();
  const PatchReview &P = C.patches[Number];
  const ReviewPatch &Patch = *P.patch;
  std::string Out;
  std::string Subject = oneLine((Patch.prefix.empty() ? "" : Patch.prefix + " ") + Patch.subject);
  if (!Patch.from.empty())
    Out += "To: " + oneLine(Patch.from) + "\n";
  std::string Copies = oneLine(Patch.to + (Patch.to.empty() || Patch.cc.empty() ? "" : ", ") + Patch.cc);
  if (!Copies.empty())
    Out += "Cc: " + Copies + "\n";
  Out += "Subject: Re: " + Subject + "\n";
  if (!Patch.message_id.empty()) {
    Out += "In-Reply-To: <" + oneLine(Patch.message_id) + ">\n";
    Out += "References: " + (Patch.references.empty() ? "" : oneLine(Patch.references) + " ") + "<" + oneLine(Patch.message_id) + ">\n";
  }
  Out += "\n";
  Out += folded(opening(P.verdict, treeName(C))) + "\n";
  // Who wrote what is quoted, directly above it.
  std::string Wrote = Patch.from.empty() ? "" : (Patch.date.empty() ? "" : "On " + oneLine(Patch.date) + ", ") + oneLine(Patch.from) + " wrote:\n";
  std::map<std::string, const FileDiff *> Diffs;
  for (const FileDiff &Each : Patch.diff.files)
    Diffs[Each.path()] = &Each;
  for (const FileReview &F : P.files) {
    auto Found = Diffs.find(F.file);
    const FileDiff *D = Found == Diffs.end() ? nullptr : Found->second;
    std::set<const Hunk *> Quoted;
    const llvm::ArrayRef<Hunk> Hunks = D ? llvm::ArrayRef<Hunk>(D->hunks) : llvm::ArrayRef<Hunk>();
    const HunksByLine ByOld(Hunks, true), ByNew(Hunks, false);
    for (const Finding &Each : F.findings) {
      if (Each.verdict == PatchVerdict::Ok && P.verdict != PatchVerdict::Ok)
        continue;
      const Hunk *H = (Each.old_line ? ByOld : ByNew).nearest(Each.line); // the hunk that changes the line
      if (H && Quoted.insert(H).second)
        Out += std::exchange(Wrote, "") + (Quoted.size() == 1 ? "> diff --git a/" + F.file + " b/" + F.file + "\n" : "") + quoted(*H) + "\n";
      Out += folded((P.files.size() > 1 && !H && !F.file.empty() ? F.file + ": " + Each.reason + "." : asSentence(Each.reason)));
      for (const Evidence &E : P.verdict == PatchVerdict::Ok ? EvidenceList() : Each.evidence) // that all is well needs no proof in a mail
        Out += "  " + E.file + (E.line ? ":" + std::to_string(E.line) : "") + (E.function.empty() ? "" : " " + E.function + "()") + ": " + E.text + "\n";
      Out += "\n";
    }
  }
  if (std::all_of(P.files.begin(), P.files.end(), [](const FileReview &F) { return F.findings.empty(); })) {
    std::string Text = P.reason.substr(0, P.reason.find("; not judged: ")) + ".";
    Text.front() = llvm::toUpper(Text.front());
    Out += folded(Text);
  }
  std::string Open;
  if (P.verdict != PatchVerdict::Broken) // that one comes again
    for (const FileReview &F : P.files)
      for (const NotJudged &N : F.not_judged)
        Open += "  " + describe(N) + "\n";
  if (!Open.empty())
    Out += "I have not judged these lines:\n" + Open;
  return forTerminal(Out + otherTrees(R, Number)); // what is quoted is somebody's
}

llvm::Expected<std::vector<std::string>> writeReplies(const ReviewReport &R, const std::string &Directory, const std::set<PatchVerdict> &To) {
  const Column &C = R.columns.front();
  namespace fs = llvm::sys::fs;
  std::error_code EC;
  if (fs::exists(Directory)) {
    if (!fs::is_directory(Directory) || fs::directory_iterator(Directory, EC) != fs::directory_iterator())
      return failAt(Directory, 0, 0, "this is not an empty directory", "give --reply a new directory; nothing was written");
  } else if ((EC = fs::create_directory(Directory))) {
    return failErrno(Directory, EC.value(), "give --reply a new directory below an existing one");
  }
  std::vector<std::string> Names;
  for (size_t N = 0; N < C.patches.size(); ++N) {
    if (std::none_of(R.columns.begin(), R.columns.end(), [&](const Column &Each) { return To.count(Each.patches[N].verdict) != 0; }))
      continue;
    char Number[32];
    std::snprintf(Number, sizeof(Number), "%04zu", N + 1);
    std::string Slug;
    for (char Ch : StringRef(C.patches[N].patch->subject).take_front(60))
      if (llvm::isAlnum(Ch))
        Slug += Ch;
      else if (!Slug.empty() && Slug.back() != '-')
        Slug += '-';
    std::string Name = std::string(Number) + "-" + StringRef(Slug).rtrim('-').str() + ".txt";
    if (llvm::Error E = writeFileAtomically(Directory + "/" + Name, replyTo(R, N)))
      return E;
    Names.push_back(Name);
  }
  return Names;
}

} // namespace krcu::review
