// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Laying out one call. The rule is the one that people follow in the kernel: as few lines as possible, broken
// behind a comma, continued under the parenthesis that is open. Commas of the call itself are preferred;
// commas of calls inside its arguments are used only if a line is still too long without them.
#include "tool/rewrite/layout.h"

#include "tool/support/error.h"
#include <algorithm>

namespace krcu {
namespace {

constexpr unsigned MaxColumns = 80;
constexpr unsigned TabWidth = 8;

/// The call on one line, and the places where it may be broken.
struct Folded {
  std::string text;
  struct Break {
    size_t at = 0;        ///< behind the comma, on the space
    size_t open = 0;      ///< of the innermost open parenthesis
    unsigned nesting = 0; ///< 1: a comma of the call itself
  };
  std::vector<Break> breaks;
};

/// A piece of the replacement: a token or a block comment, with the white space before it folded.
struct Piece {
  Span where;
  clang::tok::TokenKind kind;
};

std::vector<Piece> piecesOf(const SourceText &S) {
  std::vector<Piece> Pieces;
  for (const SourceToken &T : S.tokens())
    Pieces.push_back({{T.begin, T.end}, T.kind});
  for (Span C : S.comments())
    Pieces.push_back({C, clang::tok::comment});
  std::sort(Pieces.begin(), Pieces.end(),
            [](const Piece &A, const Piece &B) { return A.where.begin < B.where.begin; });
  return Pieces;
}

Folded fold(const SourceText &S) {
  using namespace clang;
  Folded F;
  std::vector<size_t> Open;
  uint32_t Last = 0;
  for (const Piece &P : piecesOf(S)) {
    bool AfterOpen = !F.text.empty() && (F.text.back() == '(' || F.text.back() == '[');
    bool LineBroken = S.slice({Last, P.where.begin}).contains('\n');
    // White space that only a line break made goes where one line would not have it: behind '(' and before
    // ')'.
    bool Glue = LineBroken && (AfterOpen || P.kind == tok::r_paren || P.kind == tok::r_square);
    if (P.where.begin > Last && !F.text.empty() && !Glue)
      F.text += ' ';
    Last = P.where.end;
    if (P.kind == tok::l_paren || P.kind == tok::l_square)
      Open.push_back(F.text.size());
    else if ((P.kind == tok::r_paren || P.kind == tok::r_square) && !Open.empty())
      Open.pop_back();
    F.text += S.slice(P.where);
    if (P.kind == tok::comma && !Open.empty())
      F.breaks.push_back({F.text.size(), Open.back(), static_cast<unsigned>(Open.size())});
  }
  return F;
}

std::string indentTo(unsigned Column) {
  return std::string(Column / TabWidth, '\t') + std::string(Column % TabWidth, ' ');
}

/// Fills lines greedily, breaking only at commas of at most `MaxNesting`. `Widest` receives the widest line.
std::string breakLines(const Folded &F, unsigned Start, unsigned TailWidth, unsigned MaxNesting,
                       llvm::StringRef Newline, unsigned &Widest) {
  llvm::StringRef Text = F.text;
  std::string Out;
  std::vector<unsigned> ColumnOf(Text.size() + 1, 0); // where each byte came to stand
  unsigned LineColumn = Start;
  size_t LineAt = 0;
  auto Place = [&] {
    ColumnOf[LineAt] = LineColumn;
    for (size_t I = LineAt; I < Text.size(); ++I)
      ColumnOf[I + 1] = columnAfter(Text.substr(I, 1), ColumnOf[I]);
  };
  Widest = 0;
  size_t Chosen = F.breaks.size();
  Place();
  for (size_t B = 0; B <= F.breaks.size(); ++B) {
    bool AtEnd = B == F.breaks.size();
    if (!AtEnd && F.breaks[B].nesting > MaxNesting)
      continue;
    size_t Stop = AtEnd ? Text.size() : F.breaks[B].at;
    if (ColumnOf[Stop] + (AtEnd ? TailWidth : 0) > MaxColumns && Chosen != F.breaks.size()) {
      const Folded::Break &Cut = F.breaks[Chosen];
      Widest = std::max(Widest, ColumnOf[Cut.at]);
      unsigned Under = ColumnOf[Cut.open] + 1;
      Out += Text.slice(LineAt, Cut.at);
      Out += Newline;
      Out += indentTo(Under);
      LineAt = Cut.at + (Text[Cut.at] == ' ' ? 1 : 0);
      LineColumn = Under;
      Chosen = F.breaks.size();
      Place();
    }
    if (!AtEnd)
      Chosen = B;
  }
  Widest = std::max(Widest, ColumnOf[Text.size()] + TailWidth);
  Out += Text.substr(LineAt);
  return Out;
}

/// The width of what follows the call on its last line: ';' and more code, but not a comment at the end.
unsigned tailWidth(const SourceText &S, uint32_t End) {
  unsigned Line = S.lineOf(End == 0 ? 0 : End - 1);
  uint32_t Stop = S.lineBegin(Line) + S.lineText(Line).size();
  const std::vector<Span> &All = S.comments();
  auto C = std::lower_bound(All.begin(), All.end(), End, [](Span A, uint32_t O) { return A.begin < O; });
  if (C != All.end())
    Stop = std::min(Stop, C->begin);
  return columnAfter(S.slice({End, std::max(End, Stop)}).rtrim());
}

unsigned widestLine(const SourceText &S, Span Where, unsigned TailWidth) {
  unsigned Widest = 0;
  for (unsigned L = S.lineOf(Where.begin); L <= S.lineOf(Where.end - 1); ++L) {
    uint32_t Stop = std::min<uint32_t>(Where.end, S.lineBegin(L) + S.lineText(L).size());
    unsigned Width = columnAfter(S.slice({S.lineBegin(L), Stop}));
    Widest = std::max(Widest, Width + (Stop == Where.end ? TailWidth : 0));
  }
  return Widest;
}

} // namespace

unsigned columnAfter(llvm::StringRef Text, unsigned Column) {
  for (unsigned char C : Text) {
    if (C == '\t')
      Column += TabWidth - Column % TabWidth;
    else if ((C & 0xC0) != 0x80)
      ++Column;
  }
  return Column;
}

llvm::Expected<std::string> layoutCall(const SourceText &Source, Span Where, llvm::StringRef Replacement) {
  SourceText New(Replacement);
  if (!New.directives().empty())
    return fail("the replacement '" + Replacement.str() + "' holds a preprocessor directive");
  for (Span C : New.comments())
    if (New.slice(C).starts_with("//"))
      return fail("the replacement '" + Replacement.str() + "' holds a line comment");

  Folded F = fold(New);
  unsigned Line = Source.lineOf(Where.begin);
  unsigned Start = columnAfter(Source.slice({Source.lineBegin(Line), Where.begin}));
  unsigned Tail = tailWidth(Source, Where.end);
  unsigned Limit = std::max(MaxColumns, widestLine(Source, Where, Tail));
  if (columnAfter(F.text, Start) + Tail <= Limit)
    return F.text;

  llvm::StringRef Newline = Source.lineEnding(Where.begin);
  unsigned Widest = 0;
  std::string Out = breakLines(F, Start, Tail, 1, Newline, Widest);
  if (Widest > MaxColumns) {
    unsigned WidestInner = 0;
    std::string Inner = breakLines(F, Start, Tail, UINT_MAX, Newline, WidestInner);
    if (WidestInner < Widest)
      return Inner;
  }
  return Out;
}

} // namespace krcu
