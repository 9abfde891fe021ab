// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lines are marked first and cut afterwards, so that functions that follow one another, a pair of #if around
// them and the comments between are one hole in the end. Blank lines are decided for the whole hole by what
// stands on its two sides.
#include "tool/rewrite/lines.h"

#include "tool/rewrite/comments.h"
#include "tool/rewrite/removal.h"
#include <algorithm>
#include <set>
#include <unordered_map>

namespace krcu {
namespace {

std::vector<std::string> wordsOf(const LineRemoval &R) {
  std::vector<std::string> Words = R.words;
  if (!R.name.empty())
    Words.push_back(R.name);
  return Words;
}

class Hole {
public:
  Hole(const SourceText &S, const std::vector<LineRemoval> &Code) : S(S) {
    for (const LineRemoval &R : Code)
      mark(R.first_line, R.last_line);
    // Only now: the function that follows is known when all that go are marked.
    for (const LineRemoval &R : Code)
      takeComment(R.first_line, R.last_line, wordsOf(R));
    for (size_t C : conditionalsAround())
      collapse(S.conditionals()[C], Code);
  }

  LineResult finish() {
    for (auto It = Gone.begin(); It != Gone.end(); It = Gone.upper_bound(cutHole(*It)))
      ;
    std::sort(Result.emptied.begin(), Result.emptied.end());
    auto &Kept = Result.kept_comments;
    std::sort(Kept.begin(), Kept.end());
    Kept.erase(std::unique(Kept.begin(), Kept.end()), Kept.end());
    return std::move(Result);
  }

private:
  void mark(unsigned First, unsigned Last) {
    for (unsigned L = First; L <= Last; ++L)
      Gone.insert(L);
  }
  bool gone(unsigned Line) const { return Gone.count(Line) != 0; }
  /// The first line from this one on that stays so far. A line that goes never comes back, so what was walked once is jumped over from then on.
  unsigned firstKept(unsigned Line) {
    std::vector<unsigned> Walked;
    while (gone(Line)) {
      Walked.push_back(Line);
      auto Known = Behind.find(Line);
      Line = Known == Behind.end() ? Line + 1 : Known->second;
    }
    for (unsigned Each : Walked)
      Behind[Each] = Line;
    return Line;
  }
  /// The conditionals in which something goes, inner ones before outer ones. What collapses with one of them lies in those around it.
  std::set<size_t> conditionalsAround() const {
    std::set<size_t> Result;
    for (unsigned L : Gone) {
      const Directive *D = S.directiveBefore(L);
      for (int C = D ? D->around : -1; C >= 0 && Result.insert(static_cast<size_t>(C)).second; C = S.conditionals()[C].around)
        ;
    }
    return Result;
  }

  void takeComment(unsigned First, unsigned Last, std::vector<std::string> Names);
  void collapse(const Conditional &C, const std::vector<LineRemoval> &Code);
  unsigned cutHole(unsigned First);
  unsigned blanksToKeep(unsigned First, unsigned Above, unsigned Behind, unsigned Below) const;
  const Directive *directiveOn(unsigned Line) const;

  /// True if the lines strictly between two lines hold nothing any more, and something went there.
  bool emptied(unsigned Above, unsigned Below) const {
    bool Any = false;
    for (unsigned L = Above + 1; L < Below; ++L) {
      if (!gone(L) && !S.isBlank(L))
        return false;
      Any = Any || gone(L);
    }
    return Any;
  }

  bool empty(unsigned Above, unsigned Below) const {
    for (unsigned L = Above + 1; L < Below; ++L)
      if (!gone(L) && !S.isBlank(L))
        return false;
    return true;
  }

  const SourceText &S;
  std::set<unsigned> Gone; ///< lines; few, however long the file is
  std::unordered_map<unsigned, unsigned> Behind; ///< a line that goes -> one behind it, with nothing between them that stays
  std::set<unsigned>
      MovesDown; ///< last lines of comments that now stand directly above the function that follows
  LineResult Result;
};

void Hole::takeComment(unsigned First, unsigned Last, std::vector<std::string> Names) {
  CommentedCode Code{First, std::move(Names), "", false};
  unsigned Next = firstKept(Last + 1);
  // A directive or a comment that follows closely does not make a group of declarations.
  Code.joined = Next < S.lineCount() && !S.isBlank(Next) && !directiveOn(Next) &&
                !S.lineText(Next).ltrim(" \t").starts_with("/") &&
                !S.lineText(Next).ltrim(" \t").starts_with("}");
  while (Next < S.lineCount() && (gone(Next) || S.isBlank(Next)))
    Next = firstKept(Next + 1);
  if (Next < S.lineCount())
    Code.next = nextFunction(S, S.lineBegin(Next));
  CommentAbove Above = commentAbove(S, Code);
  if (Above.fate == CommentFate::Goes)
    mark(Above.first_line, Above.last_line);
  if (Above.fate != CommentFate::Stays)
    return;
  Result.kept_comments.push_back(Above.first_line);
  if (Above.names_next && Next < S.lineCount() && !S.lineText(Next).ltrim(" \t").starts_with("/"))
    MovesDown.insert(Above.last_line);
}

void Hole::collapse(const Conditional &C, const std::vector<LineRemoval> &Code) {
  auto At = [&](size_t I) -> const Directive & { return S.directives()[C.directives[I]]; };
  size_t Last = C.directives.size() - 1;
  bool AllEmpty = true, AnyEmptied = false;
  for (size_t I = 0; I < Last; ++I) {
    AllEmpty = AllEmpty && empty(At(I).last_line, At(I + 1).first_line);
    AnyEmptied = AnyEmptied || emptied(At(I).last_line, At(I + 1).first_line);
  }
  if (!AnyEmptied)
    return;
  unsigned First = At(0).first_line, End = At(Last).last_line;
  if (AllEmpty) {
    std::vector<std::string> Names;
    for (const LineRemoval &R : Code)
      if (R.first_line > First && R.last_line < End)
        for (std::string &Word : wordsOf(R))
          Names.push_back(std::move(Word));
    mark(First, End);
    takeComment(First, End, std::move(Names));
    return;
  }
  for (size_t I = 0; I < Last; ++I) {
    if (!emptied(At(I).last_line, At(I + 1).first_line))
      continue;
    // The last branch may go with its #else; the others decide what the ones below them mean.
    if (I > 0 && I + 1 == Last)
      mark(At(I).first_line, At(I).last_line);
    else
      Result.emptied.push_back(At(I).first_line);
  }
}

const Directive *Hole::directiveOn(unsigned Line) const {
  const std::vector<Directive> &D = S.directives();
  auto It = std::lower_bound(D.begin(), D.end(), Line,
                             [](const Directive &A, unsigned L) { return A.last_line < L; });
  return It != D.end() && It->first_line <= Line ? &*It : nullptr;
}

/// How many blank lines stay where the hole was: one between two neighbours that had any, but none is made
/// beside a brace, an #if or an end of the file where there was none.
unsigned Hole::blanksToKeep(unsigned First, unsigned Above, unsigned Behind, unsigned Below) const {
  unsigned Top = First - Above; // first blank line above
  if (Top == 0 || MovesDown.count(Top - 1))
    return Above;
  if (Behind + Below >= S.lineCount())
    return Below;
  const Directive *Prev = directiveOn(Top - 1);
  const Directive *Next = directiveOn(Behind + Below);
  bool OpensAbove = (Prev && (Prev->kind == DirectiveKind::If || Prev->kind == DirectiveKind::Else)) ||
                    (!Prev && S.lineText(Top - 1).rtrim().ends_with("{"));
  bool ClosesBelow = (Next && (Next->kind == DirectiveKind::Else || Next->kind == DirectiveKind::Endif)) ||
                     (!Next && S.lineText(Behind + Below).ltrim().starts_with("}"));
  if (OpensAbove && ClosesBelow)
    return std::min(Above, Below);
  if (OpensAbove)
    return Above;
  if (ClosesBelow)
    return Below;
  return std::min(1u, std::max(Above, Below));
}

/// Cuts the hole that begins at `First`; returns its last line.
unsigned Hole::cutHole(unsigned First) {
  unsigned Last = First;
  for (unsigned L = First; L < S.lineCount() && (gone(L) || S.isBlank(L)); ++L)
    if (gone(L))
      Last = L;
  unsigned Above = 0, Below = 0;
  while (First > Above && S.isBlank(First - Above - 1))
    ++Above;
  unsigned Behind = Last + 1;
  while (Behind + Below < S.lineCount() && S.isBlank(Behind + Below))
    ++Below;
  unsigned Keep = blanksToKeep(First, Above, Behind, Below);
  unsigned KeepAbove = std::min(Above, Keep);
  unsigned CutFirst = First - (Above - KeepAbove);
  unsigned CutLast = Last + (Below - (Keep - KeepAbove));
  Result.cuts.push_back({S.lineBegin(CutFirst), S.lineEnd(CutLast)});
  return Last;
}

} // namespace

LineResult removeLines(const SourceText &Source, const std::vector<LineRemoval> &Code) {
  return Hole(Source, Code).finish();
}

} // namespace krcu
