// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Deciding what a comment is about. A comment that is lost cannot be found again by the compiler, one that
// stays too long is seen by every reviewer: where the text does not show that a comment is about the removed
// function alone, it stays and a note is made.
#include "tool/rewrite/comments.h"

#include "clang/Basic/CharInfo.h"
#include <algorithm>
#include <map>
#include <optional>

namespace krcu {
namespace {

/// Index of a comment that ends on `Line` with nothing behind it.
std::optional<size_t> commentEndingOn(const SourceText &S, unsigned Line) {
  const std::vector<Span> &C = S.comments();
  auto It =
      std::lower_bound(C.begin(), C.end(), S.lineEnd(Line), [](Span A, uint32_t O) { return A.begin < O; });
  if (It == C.begin())
    return std::nullopt;
  --It;
  uint32_t TextEnd = S.lineBegin(Line) + S.lineText(Line).rtrim(" \t").size();
  if (It->end < S.lineBegin(Line) || It->end < TextEnd || S.lineOf(It->end - 1) != Line)
    return std::nullopt;
  return static_cast<size_t>(It - C.begin());
}

/// Only white space stands before the comment on its line.
bool startsLine(const SourceText &S, Span Comment) {
  uint32_t LineBegin = S.lineBegin(S.lineOf(Comment.begin));
  return S.slice({LineBegin, Comment.begin}).trim(" \t").empty();
}

bool isOneLine(const SourceText &S, Span C) { return S.lineOf(C.begin) == S.lineOf(C.end - 1); }

/// The comment, or the run of one-line comments, whose last line is `Line`.
std::optional<Span> commentRun(const SourceText &S, unsigned Line) {
  std::optional<size_t> Last = commentEndingOn(S, Line);
  if (!Last || !startsLine(S, S.comments()[*Last]))
    return std::nullopt;
  const std::vector<Span> &C = S.comments();
  size_t First = *Last;
  while (First > 0 && isOneLine(S, C[First])) {
    unsigned Above = S.lineOf(C[First].begin);
    std::optional<size_t> Prev = Above > 0 ? commentEndingOn(S, Above - 1) : std::nullopt;
    bool SameKind = Prev && isOneLine(S, C[*Prev]) && startsLine(S, C[*Prev]) &&
                    S.slice(C[*Prev]).take_front(2) == S.slice(C[First]).take_front(2);
    if (!SameKind)
      break;
    First = *Prev;
  }
  return Span{C[First].begin, C[*Last].end};
}

bool isKernelDoc(llvm::StringRef Comment) {
  return Comment.starts_with("/**") && !Comment.starts_with("/***");
}

/// The first word behind "/**": what the kernel-doc documents.
llvm::StringRef kernelDocSubject(llvm::StringRef Comment) {
  if (!isKernelDoc(Comment))
    return "";
  llvm::StringRef Rest = Comment.drop_front(3).ltrim(" \t\r\n*");
  return Rest.take_while([](char C) { return clang::isAsciiIdentifierContinue(C); });
}

bool namesAny(llvm::StringRef Comment, const std::vector<std::string> &Names) {
  return std::any_of(Names.begin(), Names.end(),
                     [&](const std::string &N) { return mentionsWord(Comment, N); });
}

/// A line of decoration, "----" or "====" or "****", makes a comment the title of a section.
bool isBanner(llvm::StringRef Comment) {
  constexpr unsigned MinRun = 6;
  unsigned Run = 0;
  char Last = 0;
  for (char C : Comment) {
    Run = C == Last ? Run + 1 : 1;
    Last = C;
    if (Run >= MinRun && (C == '-' || C == '=' || C == '*' || C == '#' || C == '~'))
      return true;
  }
  return false;
}

/// The head of a file: a licence or copyright, or what the file begins with.
bool isFileHeader(const SourceText &S, Span Comment) {
  llvm::StringRef Text = S.slice(Comment);
  return Text.contains("SPDX-License-Identifier") || Text.contains_insensitive("copyright") ||
         S.slice({0, Comment.begin}).trim().empty();
}

CommentFate judge(const SourceText &S, Span Run, const CommentedCode &Code) {
  llvm::StringRef Text = S.slice(Run);
  bool NamesIt = namesAny(Text, Code.names);
  llvm::StringRef Subject = kernelDocSubject(Text);
  if (!Subject.empty() && std::find(Code.names.begin(), Code.names.end(), Subject) != Code.names.end())
    return CommentFate::Goes;
  if (isFileHeader(S, Run) && !NamesIt)
    return CommentFate::None;
  if (isFileHeader(S, Run) || (isBanner(Text) && !NamesIt))
    return CommentFate::Stays;
  bool NamesNext = !Code.next.empty() && mentionsWord(Text, Code.next);
  if (NamesIt ? NamesNext : Code.joined)
    return CommentFate::Stays;
  return CommentFate::Goes;
}

} // namespace

CommentAbove commentAbove(const SourceText &Source, const CommentedCode &Code) {
  CommentAbove Result;
  if (Code.first_line == 0)
    return Result;
  unsigned Line = Code.first_line - 1;
  bool Apart = Source.isBlank(Line);
  if (Apart && Line == 0)
    return Result;
  std::optional<Span> Run = commentRun(Source, Apart ? Line - 1 : Line);
  if (!Run)
    return Result;
  if (Apart && !(isKernelDoc(Source.slice(*Run)) && namesAny(Source.slice(*Run), Code.names)))
    return Result;
  Result.fate = judge(Source, *Run, Code);
  Result.names_next = !Code.next.empty() && mentionsWord(Source.slice(*Run), Code.next);
  Result.first_line = Source.lineOf(Run->begin);
  Result.last_line = Source.lineOf(Run->end - 1);
  return Result;
}

std::vector<std::string> staleMentions(const std::string &Path, llvm::StringRef Text,
                                       const std::vector<std::string> &Names) {
  // Most files name none of them: do not lex those.
  if (std::none_of(Names.begin(), Names.end(), [&](const std::string &N) { return mentionsWord(Text, N); }))
    return {};
  return staleMentions(Path, SourceText(Text), Names);
}

std::vector<std::string> staleMentions(const std::string &Path, const SourceText &Source,
                                       const std::vector<std::string> &Names) {
  std::vector<std::string> Notes;
  llvm::StringMap<size_t> Asked; // name -> its place
  for (size_t N = 0; N < Names.size(); ++N)
    Asked.try_emplace(Names[N], N);
  for (Span C : Source.comments()) {
    std::map<size_t, uint32_t> First; // place of a name -> where it stands first
    llvm::StringRef Rest = Source.slice(C);
    for (llvm::StringRef Word = takeWord(Rest); !Word.empty(); Word = takeWord(Rest))
      if (auto It = Asked.find(Word); It != Asked.end())
        First.try_emplace(It->second, static_cast<uint32_t>(Word.data() - Source.text().data()));
    for (auto [N, At] : First)
      Notes.push_back(Path + ":" + std::to_string(Source.lineOf(At) + 1) + ": a comment still names " + Names[N] + "()");
  }
  return Notes;
}

} // namespace krcu
