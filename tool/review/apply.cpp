// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/review/apply.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <unordered_set>
#include <utility>

using llvm::StringRef;

namespace krcu::review {
namespace {

using Lines = std::vector<std::string>;

/// Lines with their newlines; the last one may have none.
Lines linesOf(StringRef Text) {
  Lines Result;
  while (!Text.empty()) {
    size_t End = Text.find('\n');
    size_t Length = End == StringRef::npos ? Text.size() : End + 1;
    Result.push_back(Text.take_front(Length).str());
    Text = Text.drop_front(Length);
  }
  return Result;
}

/// Lines of a file, with a gap where the last change was: hunks that follow each other move each line once, however many they are.
class Image {
public:
  explicit Image(Lines Text) : Data(std::move(Text)) {}
  size_t size() const { return Data.size() - (GapEnd - GapBegin); }
  const std::string &operator[](size_t At) const { return Data[At < GapBegin ? At : At + (GapEnd - GapBegin)]; }
  void replace(size_t At, size_t Count, Lines New) {
    moveGap(At);
    GapEnd += Count; // the old lines become a part of the gap
    if (GapEnd - GapBegin < New.size()) {
      const size_t More = New.size() - (GapEnd - GapBegin) + Data.size() / 4;
      Data.insert(Data.begin() + static_cast<long>(GapEnd), More, std::string());
      GapEnd += More;
    }
    for (std::string &L : New)
      Data[GapBegin++] = std::move(L);
  }

private:
  void moveGap(size_t At) {
    if (GapBegin == GapEnd) // there is none yet, and a string must not be moved into itself
      GapBegin = GapEnd = At;
    while (GapBegin > At)
      Data[--GapEnd] = std::move(Data[--GapBegin]);
    while (GapBegin < At)
      Data[GapBegin++] = std::move(Data[GapEnd++]);
  }
  Lines Data;
  size_t GapBegin = 0, GapEnd = 0;
};

bool matchesAt(const Image &Text, const Lines &Old, size_t At) {
  if (At + Old.size() > Text.size())
    return false;
  for (size_t N = 0; N < Old.size(); ++N)
    if (Text[At + N] != Old[N])
      return false;
  return true;
}

/// The place nearest to `Guess` where `Old` stands, as git looks for it: a step back, a step forth, and so on.
std::optional<size_t> findPlace(const Image &Text, const Lines &Old, size_t Guess, bool Begin, bool End) {
  if (Begin)
    Guess = 0;
  else if (End)
    Guess = Text.size() >= Old.size() ? Text.size() - Old.size() : 0;
  Guess = std::min(Guess, Text.size());
  auto Fits = [&](size_t At) { return matchesAt(Text, Old, At) && (!Begin || At == 0) && (!End || At + Old.size() == Text.size()); };
  if (Fits(Guess))
    return Guess;
  for (size_t Step = 1; Step <= Text.size(); ++Step) {
    if (Step <= Guess && Fits(Guess - Step))
      return Guess - Step;
    if (Guess + Step <= Text.size() && Fits(Guess + Step))
      return Guess + Step;
  }
  return std::nullopt;
}

bool hasCarriageReturns(const std::vector<Hunk> &Hunks) {
  for (const Hunk &H : Hunks)
    for (const HunkLine &L : H.lines)
      if (!StringRef(L.text).ends_with("\r"))
        return false;
  return !Hunks.empty();
}

std::string textOf(const HunkLine &L, bool DropReturns) {
  StringRef Text = L.text;
  if (DropReturns)
    Text.consume_back("\r");
  return Text.str() + (L.no_newline ? "" : "\n");
}

/// The first line of the hunk that the file does not have at all, for the report.
std::string missingLine(const Image &Text, const Lines &Old) {
  std::unordered_set<std::string> Known;
  for (size_t N = 0; N < Text.size(); ++N)
    Known.insert(Text[N]);
  for (const std::string &L : Old)
    if (L.size() > 2 && !Known.count(L))
      return StringRef(L).trim().take_front(80).str();
  return {};
}

std::vector<Hunk> reversed(std::vector<Hunk> Hunks) {
  for (Hunk &H : Hunks) {
    std::swap(H.old_start, H.new_start);
    std::swap(H.old_count, H.new_count);
    for (HunkLine &L : H.lines)
      L.kind = L.kind == '+' ? '-' : L.kind == '-' ? '+' : ' ';
  }
  return Hunks;
}

} // namespace

Placed applyHunks(const std::string &Text, const std::vector<Hunk> &Hunks) {
  Placed Result;
  Image Now(linesOf(Text));
  // A mail may have got CRLF on its way; the file has not.
  bool DropReturns = hasCarriageReturns(Hunks) && Text.find("\r\n") == std::string::npos;
  for (size_t N = 0; N < Hunks.size(); ++N) {
    const Hunk &H = Hunks[N];
    Lines Old, New;
    size_t Trailing = 0;
    bool AnyContext = false;
    for (const HunkLine &L : H.lines) {
      std::string Line = textOf(L, DropReturns);
      if (L.kind != '+')
        Old.push_back(Line);
      if (L.kind != '-')
        New.push_back(Line);
      Trailing = L.kind == ' ' ? Trailing + 1 : 0;
      AnyContext = AnyContext || L.kind == ' ';
    }
    size_t Guess = H.new_start ? H.new_start - 1 : 0;
    bool Begin = H.old_start == 0 || (H.old_start == 1 && AnyContext), End = Trailing == 0 && AnyContext;
    std::optional<size_t> At = findPlace(Now, Old, Guess, Begin, End);
    if (!At && (Begin || End) && !Old.empty())
      At = findPlace(Now, Old, Guess, false, false);
    if (!At) {
      std::string Missing = missingLine(Now, Old);
      Result.problem = "hunk " + std::to_string(N + 1) + " of " + std::to_string(Hunks.size()) + " does not apply" +
                       (Missing.empty() ? ": its lines stand nowhere together" : ": the line \"" + Missing + "\" is not in the file");
      Result.problem_line = H.line;
      Result.text = Text;
      return Result;
    }
    Now.replace(*At, Old.size(), std::move(New));
  }
  for (size_t N = 0; N < Now.size(); ++N)
    Result.text += Now[N];
  return Result;
}

namespace {

void applyOne(const FileDiff &F, const TextOf &Read, AppliedFile &Out) {
  auto Fails = [&](std::string Why, unsigned Line) { Out.problem = std::move(Why), Out.problem_line = Line; };
  for (const std::string *P : {&F.old_path, &F.new_path})
    if (!P->empty() || (F.old_path.empty() && F.new_path.empty()))
      if (std::string Why = badPath(*P); !Why.empty())
        return Fails(Why, F.line);
  if (!F.old_path.empty())
    Out.before = Read(F.old_path);
  if (F.binary || !F.special.empty()) {
    Out.looked_at = false;
    Out.unread = F.special.empty() ? "a binary change" : F.special;
    Out.after = F.new_path.empty() ? std::nullopt : Out.before;
    return;
  }
  if (F.old_path.empty()) {
    if (Read(F.new_path))
      return Fails("the patch makes it, but the tree already has it", F.line), void(Out.already = true);
    Placed P = applyHunks("", F.hunks);
    Out.after = P.text;
    return P.problem.empty() ? void() : Fails(P.problem, P.problem_line);
  }
  if (!Out.before)
    return Fails("the tree has no such file", F.line);
  Placed P = applyHunks(*Out.before, F.hunks);
  if (!P.problem.empty()) {
    Out.already = !F.hunks.empty() && applyHunks(*Out.before, reversed(F.hunks)).problem.empty();
    return Fails(Out.already ? "the change is already in this tree" : P.problem, P.problem_line);
  }
  if (!F.new_path.empty())
    Out.after = std::move(P.text);
}

/// What all files of one patch may come to, before and after it. A copy costs a line of the patch and the whole of a file.
constexpr size_t MaxBytes = size_t{512} << 20;
} // namespace

std::vector<AppliedFile> applyDiff(const Diff &D, const TextOf &Read) {
  std::vector<AppliedFile> Result;
  size_t Bytes = 0;
  std::map<std::string, std::optional<std::string>> Done; // a file that stands twice in one diff
  TextOf Now = [&](const std::string &Path) {
    auto It = Done.find(Path);
    return It != Done.end() ? It->second : Read(Path);
  };
  for (const FileDiff &Each : D.files) {
    FileDiff F = Each;
    // Written for -p0: nothing of that name without the first directory, but with it.
    if (!F.whole_old.empty() && F.whole_old == F.whole_new && badPath(F.whole_old).empty() && badPath(F.path()).empty() && !Now(F.path()) && Now(F.whole_old))
      F.old_path = F.new_path = F.whole_old;
    AppliedFile Out;
    Out.path = F.path();
    Out.old_path = F.old_path;
    if (Bytes < MaxBytes)
      applyOne(F, Now, Out);
    else
      Out.problem = "the files of this patch come to more than " + std::to_string(MaxBytes >> 20) + " MiB", Out.problem_line = F.line;
    Bytes += (Out.before ? Out.before->size() : 0) + (Out.after ? Out.after->size() : 0);
    if (Out.problem.empty()) {
      if (F.renamed && F.old_path != F.new_path)
        Done[F.old_path] = std::nullopt;
      Done[Out.path] = Out.after;
    } else {
      Out.after = Out.before;
    }
    Result.push_back(std::move(Out));
  }
  return Result;
}

} // namespace krcu::review
