// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A plan becomes edits of bytes: calls first, then the spans of functions and prototypes, then the lines
// around them. All edits are found in the old text and applied in one go, so none of them can be confused by
// another.
#include "tool/rewrite/rewrite.h"

#include "tool/rewrite/comments.h"
#include "tool/rewrite/layout.h"
#include "tool/rewrite/lines.h"
#include "tool/rewrite/removal.h"
#include "tool/support/error.h"
#include <algorithm>
#include <tuple>

namespace krcu {
namespace {

constexpr const char *Rescan = "the file changed since it was scanned? scan it again";

/// A function's definition, a prototype or a statement that goes.
struct Dropped {
  Span where;
  std::string name;
  bool part = false; ///< one declarator of several: never whole lines
  std::vector<std::string> words = {};
};

struct Note {
  uint32_t offset = 0; ///< in the old text
  std::string text;
};

class PlanApplier {
public:
  PlanApplier(const std::string &Path, const SourceText &S, const FilePlan &Plan)
      : Path(Path), S(S), Plan(Plan) {}

  llvm::Error findEdits();
  std::vector<TextEdit> takeEdits() { return std::move(Edits); }
  /// The new text, after findEdits().
  FileResult assemble();

private:
  llvm::Error checkInside(uint32_t Begin, uint32_t End, const std::string &What);
  llvm::Error addCalls();
  llvm::Error addCall(const CallEdit &Call);
  llvm::Error addBranches();
  llvm::Error addText(Span Where, const std::string &Replacement, const std::string &What);
  llvm::Error addDefinitions();
  llvm::Error addPrototypes();
  llvm::Error addStatements();
  llvm::Error checkDisjoint();
  void cutSpans();
  Span widen(Span Where) const;
  bool endsLine(uint32_t Offset) const;
  void countLines();
  unsigned newLine(uint32_t OldOffset) const;

  const std::string &Path;
  const SourceText &S;
  const FilePlan &Plan;
  std::vector<TextEdit> Edits;    ///< in file order once all are known
  std::vector<unsigned> NewLines; ///< one per edit
  std::vector<Dropped> Drops;
  std::vector<std::string> Names; ///< of functions that go, sorted
  std::vector<Note> Notes;
};

llvm::Error PlanApplier::checkInside(uint32_t Begin, uint32_t End, const std::string &What) {
  if (Begin < End && End <= S.text().size())
    return llvm::Error::success();
  return failAt(Path, 0, 0,
                What + " at bytes " + std::to_string(Begin) + " to " + std::to_string(End) +
                    " does not lie in the file of " + std::to_string(S.text().size()) + " bytes",
                Rescan);
}

llvm::Error PlanApplier::addCalls() {
  for (const CallEdit &Call : Plan.calls)
    if (llvm::Error E = addCall(Call))
      return E;
  return llvm::Error::success();
}

llvm::Error PlanApplier::addCall(const CallEdit &Call) {
  if (llvm::Error E = checkInside(Call.begin, Call.end, "the call"))
    return E;
  if (S.inDirective(Call.begin))
    return failAtOffset(Path, S, Call.begin, "the call stands in a preprocessor directive",
                        "rewrite the macro by hand");
  std::optional<size_t> Name = S.tokenAt(Call.begin);
  bool IsCall = Name && S.tokens()[*Name].kind == clang::tok::raw_identifier &&
                *Name + 1 < S.tokens().size() && S.tokens()[*Name + 1].kind == clang::tok::l_paren;
  if (!IsCall)
    return failAtOffset(Path, S, Call.begin, "no call begins here", Rescan);
  std::optional<size_t> Close = S.closing(*Name + 1);
  if (!Close || S.tokens()[*Close].end != Call.end)
    return failAtOffset(Path, S, Call.begin, "the call does not end where the plan says", Rescan);
  if (S.directiveBetween(Call.begin, Call.end))
    return failAtOffset(Path, S, Call.begin,
                        "a preprocessor directive stands between the arguments of the call",
                        "rewrite the call by hand");
  return addText({Call.begin, Call.end}, Call.replacement, "a comment between the arguments of the call");
}

/// Lays out what takes the place of `Where`; comments inside that the new text does not hold are noted.
llvm::Error PlanApplier::addText(Span Where, const std::string &Replacement, const std::string &What) {
  llvm::Expected<std::string> Text = layoutCall(S, Where, Replacement);
  if (!Text)
    return failAtOffset(Path, S, Where.begin, message(Text.takeError()), "rewrite the call by hand");
  const std::vector<Span> &All = S.comments();
  auto C = std::upper_bound(All.begin(), All.end(), Where.begin, [](uint32_t O, Span A) { return O < A.begin; });
  for (; C != All.end() && C->end < Where.end; ++C)
    if (!llvm::StringRef(*Text).contains(S.slice(*C)))
      Notes.push_back({C->begin, What + " went with it: " + S.slice(*C).split('\n').first.trim().str()});
  Edits.push_back({Where.begin, Where.end, std::move(*Text)});
  return llvm::Error::success();
}

llvm::Error PlanApplier::addBranches() {
  for (const BranchEdit &B : Plan.branches) {
    if (llvm::Error E = checkInside(B.begin, B.end, "the if"))
      return E;
    std::optional<size_t> If = S.inDirective(B.begin) ? std::nullopt : S.tokenAt(B.begin);
    bool IsIf = If && S.spelling(S.tokens()[*If]) == "if" && *If + 1 < S.tokens().size() && S.tokens()[*If + 1].kind == clang::tok::l_paren;
    llvm::StringRef Text = S.text().slice(B.begin, B.end);
    if (!IsIf || !(Text.ends_with(";") || Text.ends_with("}")))
      return failAtOffset(Path, S, B.begin, "no if statement stands here", Rescan);
    if (S.directiveBetween(B.begin, B.end))
      return failAtOffset(Path, S, B.begin, "a preprocessor directive stands in the if statement", "rewrite it by hand");
    if (llvm::Error E = addText({B.begin, B.end}, B.replacement + ";", "a comment in the if"))
      return E;
  }
  return llvm::Error::success();
}

llvm::Error PlanApplier::addDefinitions() {
  for (const FunctionRemoval &R : Plan.removals) {
    if (llvm::Error E = checkInside(R.begin, R.end, "the definition of " + R.name + "()"))
      return E;
    llvm::Expected<Span> Where = definitionSpan(Path, S, R);
    if (!Where)
      return Where.takeError();
    Drops.push_back({*Where, R.name, false});
    Names.push_back(R.name);
  }
  std::sort(Names.begin(), Names.end());
  Names.erase(std::unique(Names.begin(), Names.end()), Names.end());
  return llvm::Error::success();
}

/// Prototypes go if no definition of the function stays: with one under #else they are still needed.
llvm::Error PlanApplier::addPrototypes() {
  std::vector<Span> Definitions;
  for (const Dropped &D : Drops)
    Definitions.push_back(D.where);
  std::sort(Definitions.begin(), Definitions.end(), [](Span A, Span B) { return A.begin < B.begin; });
  auto Inside = [&](uint32_t Offset) {
    auto It = std::upper_bound(Definitions.begin(), Definitions.end(), Offset, [](uint32_t O, Span D) { return O < D.begin; });
    return It != Definitions.begin() && Offset < std::prev(It)->end;
  };
  auto Take = [&](const std::string &Name) {
    bool Any = false;
    for (const Declaration &D : declarationsOf(S, Name)) {
      Any = true;
      if (!Inside(D.where.begin))
        Drops.push_back({D.where, Name, D.shared});
    }
    return Any;
  };
  for (const std::string &Name : Names) {
    std::vector<uint32_t> All = definitionsOf(S, Name);
    if (std::all_of(All.begin(), All.end(), Inside))
      Take(Name);
  }
  std::vector<std::string> Wanted = Plan.declarations;
  std::sort(Wanted.begin(), Wanted.end());
  Wanted.erase(std::unique(Wanted.begin(), Wanted.end()), Wanted.end());
  for (const std::string &Name : Wanted) {
    if (std::binary_search(Names.begin(), Names.end(), Name))
      continue; // went with its definition
    if (!Take(Name))
      return failAt(Path, 0, 0, "no declaration of " + Name + "() that could be removed", Rescan);
  }
  Names.insert(Names.end(), Wanted.begin(), Wanted.end());
  std::sort(Names.begin(), Names.end());
  Names.erase(std::unique(Names.begin(), Names.end()), Names.end());
  return llvm::Error::success();
}

llvm::Error PlanApplier::addStatements() {
  for (const StatementRemoval &R : Plan.statements) {
    if (llvm::Error E = checkInside(R.begin, R.end, "the statement"))
      return E;
    std::optional<size_t> Name = S.inDirective(R.begin) ? std::nullopt : S.tokenAt(R.begin);
    if (!Name || *Name == 0 || *Name + 1 >= S.tokens().size() || S.tokens()[*Name].kind != clang::tok::raw_identifier ||
        S.tokens()[*Name + 1].kind != clang::tok::l_paren)
      return failAtOffset(Path, S, R.begin, "no call begins here", Rescan);
    std::optional<size_t> Close = S.closing(*Name + 1);
    if (!Close || S.tokens()[*Close].end != R.end)
      return failAtOffset(Path, S, R.begin, "the call does not end where the plan says", Rescan);
    clang::tok::TokenKind Before = S.tokens()[*Name - 1].kind;
    bool Alone = (Before == clang::tok::semi || Before == clang::tok::l_brace || Before == clang::tok::r_brace) &&
                 *Close + 1 < S.tokens().size() && S.tokens()[*Close + 1].kind == clang::tok::semi;
    if (!Alone || S.directiveBetween(R.begin, S.tokens()[*Close + 1].end))
      return failAtOffset(Path, S, R.begin, "the call is not a statement that could be left out", "remove it by hand");
    Drops.push_back({{R.begin, S.tokens()[*Close + 1].end}, S.spelling(S.tokens()[*Name]).str(), false, R.words});
  }
  return llvm::Error::success();
}

llvm::Error PlanApplier::checkDisjoint() {
  std::vector<Span> All;
  for (const TextEdit &E : Edits)
    All.push_back({E.begin, E.end});
  for (const Dropped &D : Drops)
    All.push_back(D.where);
  std::sort(All.begin(), All.end(), [](Span A, Span B) { return A.begin < B.begin; });
  for (size_t I = 1; I < All.size(); ++I)
    if (All[I].begin < All[I - 1].end)
      return failAtOffset(Path, S, All[I].begin, "two edits of the plan overlap here", "make the plan anew");
  return llvm::Error::success();
}

/// Takes in what belongs to the span on its own lines: stray semicolons and a comment behind it, a comment
/// before it.
Span PlanApplier::widen(Span Where) const {
  llvm::StringRef Text = S.text();
  while (true) {
    uint32_t At = Where.end;
    while (At < Text.size() && (Text[At] == ' ' || Text[At] == '\t'))
      ++At;
    const Span *Behind = S.commentAt(At);
    if (At < Text.size() && Text[At] == ';')
      Where.end = At + 1;
    else if (Behind && endsLine(Behind->end)) // a comment before more code is about that code
      Where.end = Behind->end;
    else
      break;
  }
  while (const Span *Before = S.commentBefore(Where.begin)) {
    bool OneLine = S.lineOf(Before->begin) == S.lineOf(Where.begin);
    uint32_t LineBegin = S.lineBegin(S.lineOf(Before->begin));
    if (!OneLine || !S.slice({Before->end, Where.begin}).trim(" \t").empty() ||
        !S.slice({LineBegin, Before->begin}).trim(" \t").empty())
      break;
    Where.begin = Before->begin;
  }
  return Where;
}

/// Only white space follows on the line.
bool PlanApplier::endsLine(uint32_t Offset) const {
  unsigned Line = S.lineOf(Offset - 1);
  uint32_t Stop = S.lineBegin(Line) + static_cast<uint32_t>(S.lineText(Line).size());
  return Offset >= Stop || S.slice({Offset, Stop}).trim(" \t").empty();
}

/// Spans that fill their lines go as lines, with what stands around them; others are cut out of theirs.
void PlanApplier::cutSpans() {
  std::sort(Drops.begin(), Drops.end(),
            [](const Dropped &A, const Dropped &B) { return A.where.begin < B.where.begin; });
  std::vector<LineRemoval> Lines;
  for (const Dropped &D : Drops) {
    Span W = D.part ? D.where : widen(D.where);
    unsigned First = S.lineOf(W.begin), Last = S.lineOf(W.end - 1);
    llvm::StringRef Before = S.slice({S.lineBegin(First), W.begin}).trim(" \t");
    uint32_t LineStop = S.lineBegin(Last) + static_cast<uint32_t>(S.lineText(Last).size());
    llvm::StringRef Behind = S.slice({W.end, std::max(W.end, LineStop)}).trim(" \t");
    if (Before.empty() && Behind.empty() && !D.part) {
      Lines.push_back({First, Last, D.name, D.words});
      continue;
    }
    if (!D.part && Behind.empty()) // the white space before it would end the line
      W.begin = S.lineBegin(First) + S.slice({S.lineBegin(First), W.begin}).rtrim(" \t").size();
    else if (!D.part)
      W.end = LineStop - S.slice({W.end, LineStop}).ltrim(" \t").size();
    Edits.push_back({W.begin, W.end, ""});
  }
  LineResult Result = removeLines(S, Lines);
  for (Span Cut : Result.cuts)
    Edits.push_back({Cut.begin, Cut.end, ""});
  for (unsigned L : Result.emptied)
    Notes.push_back({S.lineBegin(L), "this branch of the #if is empty now"});
  for (unsigned L : Result.kept_comments)
    Notes.push_back({S.lineBegin(L), "the comment above the removed code stays; it may be about it"});
}

/// Where each edit begins in the new text, as a line index.
void PlanApplier::countLines() {
  unsigned Line = 0, OldLine = 0;
  for (const TextEdit &E : Edits) {
    Line += S.lineOf(E.begin) - OldLine;
    NewLines.push_back(Line);
    Line += llvm::StringRef(E.text).count('\n');
    OldLine = S.lineOf(E.end);
  }
}

/// The line number in the new text; within an edit that of its beginning.
unsigned PlanApplier::newLine(uint32_t OldOffset) const {
  auto It = std::upper_bound(Edits.begin(), Edits.end(), OldOffset,
                             [](uint32_t O, const TextEdit &E) { return O < E.begin; });
  if (It == Edits.begin())
    return S.lineOf(OldOffset) + 1;
  --It;
  unsigned Begin = NewLines[It - Edits.begin()];
  if (OldOffset < It->end)
    return Begin + 1;
  return Begin + llvm::StringRef(It->text).count('\n') + (S.lineOf(OldOffset) - S.lineOf(It->end)) + 1;
}

FileResult PlanApplier::assemble() {
  countLines();
  FileResult R;
  uint32_t From = 0;
  for (const TextEdit &E : Edits) {
    R.text += S.slice({From, E.begin});
    R.text += E.text;
    From = E.end;
  }
  R.text += S.text().substr(From);

  std::sort(Notes.begin(), Notes.end(), [](const Note &A, const Note &B) {
    return std::tie(A.offset, A.text) < std::tie(B.offset, B.text);
  });
  for (const Note &N : Notes)
    R.notes.push_back(Path + ":" + std::to_string(newLine(N.offset)) + ": " + N.text);
  SourceText New(R.text);
  for (const std::string &Name : Names)
    for (uint32_t Offset : usesOf(New, Name))
      R.notes.push_back(Path + ":" + std::to_string(New.lineOf(Offset) + 1) + ": the code still names " +
                        Name + "()");
  for (std::string &Mention : staleMentions(Path, New, Names))
    R.notes.push_back(std::move(Mention));
  return R;
}

llvm::Error PlanApplier::findEdits() {
  if (llvm::Error E = addCalls())
    return E;
  if (llvm::Error E = addBranches())
    return E;
  if (llvm::Error E = addDefinitions())
    return E;
  if (llvm::Error E = addPrototypes())
    return E;
  if (llvm::Error E = addStatements())
    return E;
  if (llvm::Error E = checkDisjoint())
    return E;
  cutSpans();
  std::sort(Edits.begin(), Edits.end(),
            [](const TextEdit &A, const TextEdit &B) { return A.begin < B.begin; });
  for (size_t I = 1; I < Edits.size(); ++I)
    if (Edits[I].begin < Edits[I - 1].end)
      return failAtOffset(Path, S, Edits[I].begin, "two edits of the plan overlap here",
                          "make the plan anew");
  return llvm::Error::success();
}

} // namespace

llvm::Expected<FileResult> applyPlan(const std::string &Path, llvm::StringRef Text, const FilePlan &Plan) {
  if (Text.size() > UINT32_MAX / 2)
    return failAt(Path, 0, 0, "the file is too large to rewrite", "");
  SourceText Source(Text);
  PlanApplier A(Path, Source, Plan);
  if (llvm::Error E = A.findEdits())
    return E;
  return A.assemble();
}

llvm::Expected<std::vector<TextEdit>> planEdits(const std::string &Path, const SourceText &Source, const FilePlan &Plan) {
  PlanApplier A(Path, Source, Plan);
  if (llvm::Error E = A.findEdits())
    return E;
  return A.takeEdits();
}

} // namespace krcu
