// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Raw lexing of one file. Brackets are matched across #if: each branch of a conditional starts from the depth
// that held at its #if, so a function with two heads and one body still closes where it should.
#include "tool/rewrite/source.h"

#include "clang/Basic/CharInfo.h"
#include "clang/Basic/LangOptions.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/StringSwitch.h"
#include <algorithm>
#include <map>

namespace krcu {
namespace {

clang::LangOptions rawOptions() {
  clang::LangOptions Options;
  Options.C99 = Options.C11 = true;
  Options.GNUMode = true;
  Options.LineComment = true;
  Options.DollarIdents = true;
  return Options;
}

bool isWordByte(char C) { return clang::isAsciiIdentifierContinue(C); }

struct Depth {
  unsigned brace = 0;
  std::vector<unsigned> parens = {0}; ///< one counter per open brace
};

/// No code nests deeper. Braces beyond share a counter, so that a hostile file cannot make
/// the copies that are taken at each #if large.
constexpr size_t MaxNesting = 64;

void openOrClose(SourceToken &T, Depth &D) {
  using namespace clang;
  switch (T.kind) {
  case tok::l_brace:
    T.brace_depth = D.brace++;
    T.paren_depth = D.parens.back();
    if (D.parens.size() <= MaxNesting)
      D.parens.push_back(0);
    return;
  case tok::r_brace:
    if (D.brace > 0) {
      --D.brace;
      if (D.parens.size() > D.brace + 1)
        D.parens.pop_back();
    }
    T.brace_depth = D.brace;
    T.paren_depth = D.parens.back();
    return;
  case tok::l_paren:
  case tok::l_square:
    T.brace_depth = D.brace;
    T.paren_depth = D.parens.back()++;
    return;
  case tok::r_paren:
  case tok::r_square:
    if (D.parens.back() > 0)
      --D.parens.back();
    break;
  default:
    break;
  }
  T.brace_depth = D.brace;
  T.paren_depth = D.parens.back();
}

} // namespace

SourceText::SourceText(llvm::StringRef Text) : Buffer(Text.str()) {
  splitLines();
  lex();
  matchConditionals();
  markDepths();
  matchBrackets();
}

void SourceText::splitLines() {
  LineStarts.push_back(0);
  for (uint32_t I = 0; I + 1 < Buffer.size(); ++I)
    if (Buffer[I] == '\n')
      LineStarts.push_back(I + 1);
}

void SourceText::lex() {
  clang::LangOptions Options = rawOptions();
  const char *Begin = Buffer.c_str();
  clang::Lexer Lexer(clang::SourceLocation(), Options, Begin, Begin, Begin + Buffer.size());
  Lexer.SetCommentRetentionState(true);

  bool Fresh = true;        // only comments so far on this line: a '#' here begins a directive
  bool InDirective = false; // until the next token that starts a line
  bool WantName = false;    // the directive's name comes next
  clang::Token Tok;
  while (true) {
    Lexer.LexFromRawLexer(Tok);
    if (Tok.is(clang::tok::eof))
      break;
    uint32_t TokEnd = Lexer.getBufferLocation() - Begin;
    uint32_t TokBegin = TokEnd - Tok.getLength();
    if (Tok.isAtStartOfLine()) {
      Fresh = true;
      InDirective = false;
    }
    if (Tok.is(clang::tok::comment)) {
      Comments.push_back({TokBegin, TokEnd});
      continue;
    }
    if (Fresh && Tok.is(clang::tok::hash)) {
      InDirective = WantName = true;
      Directives.push_back({DirectiveKind::Other, false, TokBegin, lineOf(TokBegin), lineOf(TokBegin), -1});
    } else if (InDirective) {
      Directive &D = Directives.back();
      if (WantName) {
        llvm::StringRef Name = text().slice(TokBegin, TokEnd);
        D.kind = llvm::StringSwitch<DirectiveKind>(Name)
                     .Cases("if", "ifdef", "ifndef", DirectiveKind::If)
                     .Cases("else", "elif", "elifdef", "elifndef", DirectiveKind::Else)
                     .Case("endif", DirectiveKind::Endif)
                     .Default(DirectiveKind::Other);
        D.plain_else = Name == "else";
        WantName = false;
      }
      D.last_line = std::max(D.last_line, lineOf(TokEnd - 1));
    } else {
      Tokens.push_back({Tok.getKind(), TokBegin, TokEnd, 0, 0});
    }
    Fresh = false;
  }
}

void SourceText::matchConditionals() {
  std::vector<std::vector<size_t>> Open;
  for (size_t I = 0; I < Directives.size(); ++I) {
    DirectiveKind Kind = Directives[I].kind;
    if (Kind == DirectiveKind::If)
      Open.push_back({I});
    else if (Kind != DirectiveKind::Other && !Open.empty())
      Open.back().push_back(I);
    if (Kind == DirectiveKind::Endif && !Open.empty()) {
      Conditionals.push_back({std::move(Open.back())});
      Open.pop_back();
    }
  }
  // Who stands in whom is known only now: an #if that nothing closes holds nothing.
  std::vector<int> Around(1, -1);
  std::vector<std::pair<size_t, int>> Ifs; // the #if of a closed conditional and its index
  for (size_t C = 0; C < Conditionals.size(); ++C)
    Ifs.emplace_back(Conditionals[C].directives[0], static_cast<int>(C));
  std::sort(Ifs.begin(), Ifs.end());
  size_t Next = 0;
  for (size_t I = 0; I < Directives.size(); ++I) {
    if (Next < Ifs.size() && Ifs[Next].first == I) {
      Conditionals[Ifs[Next].second].around = Around.back();
      Around.push_back(Ifs[Next++].second);
    } else if (Around.back() >= 0 && Conditionals[Around.back()].directives.back() == I) {
      Around.pop_back();
    }
    Directives[I].around = Around.back();
  }
}

const Directive *SourceText::directiveBefore(unsigned Line) const {
  auto It = std::upper_bound(Directives.begin(), Directives.end(), Line, [](unsigned L, const Directive &D) { return L < D.first_line; });
  return It == Directives.begin() ? nullptr : &*std::prev(It);
}

void SourceText::markDepths() {
  Depth Now;
  std::vector<Depth> AtIf;
  size_t NextDirective = 0;
  for (SourceToken &T : Tokens) {
    for (; NextDirective < Directives.size() && Directives[NextDirective].begin < T.begin; ++NextDirective) {
      switch (Directives[NextDirective].kind) {
      case DirectiveKind::If:
        AtIf.push_back(Now);
        break;
      case DirectiveKind::Else:
        if (!AtIf.empty())
          Now = AtIf.back();
        break;
      case DirectiveKind::Endif:
        if (!AtIf.empty())
          AtIf.pop_back();
        break;
      case DirectiveKind::Other:
        break;
      }
    }
    openOrClose(T, Now);
  }
}

unsigned SourceText::lineOf(uint32_t Offset) const {
  auto It = std::upper_bound(LineStarts.begin(), LineStarts.end(), Offset);
  return static_cast<unsigned>(It - LineStarts.begin()) - 1;
}

uint32_t SourceText::lineEnd(unsigned Line) const {
  return Line + 1 < LineStarts.size() ? LineStarts[Line + 1] : static_cast<uint32_t>(Buffer.size());
}

llvm::StringRef SourceText::lineText(unsigned Line) const {
  llvm::StringRef L = text().slice(lineBegin(Line), lineEnd(Line));
  if (L.consume_back("\n"))
    L.consume_back("\r");
  return L;
}

bool SourceText::isBlank(unsigned Line) const { return lineText(Line).trim(" \t\r").empty(); }

llvm::StringRef SourceText::lineEnding(uint32_t Offset) const {
  unsigned Line = lineOf(Offset);
  while (true) {
    llvm::StringRef L = text().slice(lineBegin(Line), lineEnd(Line));
    if (L.ends_with("\r\n"))
      return "\r\n";
    if (L.ends_with("\n") || Line == 0)
      return "\n";
    --Line;
  }
}

std::optional<size_t> SourceText::tokenAt(uint32_t Offset) const {
  auto It = std::lower_bound(Tokens.begin(), Tokens.end(), Offset,
                             [](const SourceToken &T, uint32_t O) { return T.begin < O; });
  if (It == Tokens.end() || It->begin != Offset)
    return std::nullopt;
  return static_cast<size_t>(It - Tokens.begin());
}

const Span *SourceText::commentBefore(uint32_t Offset) const {
  auto It = std::upper_bound(Comments.begin(), Comments.end(), Offset,
                             [](uint32_t O, Span C) { return O < C.end; });
  return It == Comments.begin() ? nullptr : &*std::prev(It);
}

const Span *SourceText::commentAround(uint32_t Offset) const {
  auto It = std::upper_bound(Comments.begin(), Comments.end(), Offset,
                             [](uint32_t O, Span C) { return O < C.end; });
  return It != Comments.end() && It->begin <= Offset ? &*It : nullptr;
}

const Span *SourceText::commentAt(uint32_t Offset) const {
  const Span *C = commentAround(Offset);
  return C && C->begin == Offset ? C : nullptr;
}

/// Brackets with the same depth belong together, unless the brace around them ends in between. One pass over
/// the file, since a hostile one may hold a million brackets that nothing closes.
void SourceText::matchBrackets() {
  using namespace clang;
  using Key = std::pair<tok::TokenKind, unsigned>;           // what closes it, its parenthesis depth
  std::vector<std::map<Key, std::vector<uint32_t>>> Waiting; // by brace depth
  Partners.assign(Tokens.size(), NoPartner);
  for (uint32_t I = 0; I < Tokens.size(); ++I) {
    const SourceToken &T = Tokens[I];
    if (T.brace_depth + 1 < Waiting.size())
      Waiting.resize(T.brace_depth + 1);
    tok::TokenKind Closer = T.kind == tok::l_brace    ? tok::r_brace
                            : T.kind == tok::l_square ? tok::r_square
                            : T.kind == tok::l_paren  ? tok::r_paren
                                                      : tok::unknown;
    if (Closer != tok::unknown) {
      if (Waiting.size() <= T.brace_depth)
        Waiting.resize(T.brace_depth + 1);
      Waiting[T.brace_depth][{Closer, T.paren_depth}].push_back(I);
    } else if (Waiting.size() > T.brace_depth &&
               (T.kind == tok::r_brace || T.kind == tok::r_square || T.kind == tok::r_paren)) {
      auto It = Waiting[T.brace_depth].find({T.kind, T.paren_depth});
      if (It == Waiting[T.brace_depth].end())
        continue;
      // Several open ones: the heads in the branches of an #if that share one end.
      for (uint32_t Open : It->second)
        Partners[Open] = I;
      Partners[I] = It->second.back();
      Waiting[T.brace_depth].erase(It);
    }
  }
}

bool SourceText::inDirective(uint32_t Offset) const {
  auto It = std::upper_bound(Directives.begin(), Directives.end(), Offset, [](uint32_t O, const Directive &D) { return O < D.begin; });
  return It != Directives.begin() && lineOf(Offset) <= std::prev(It)->last_line;
}

bool SourceText::directiveBetween(uint32_t Begin, uint32_t End) const {
  auto It = std::lower_bound(Directives.begin(), Directives.end(), Begin,
                             [](const Directive &D, uint32_t O) { return D.begin < O; });
  return It != Directives.end() && It->begin < End;
}

const SourceText::Named &SourceText::named(llvm::StringRef Word) const {
  static const Named None;
  if (!HasWords)
    nameWords();
  HasWords = true;
  auto It = Words.find(Word);
  return It == Words.end() ? None : It->second;
}

void SourceText::nameWords() const {
  for (uint32_t I = 0; I < Tokens.size(); ++I)
    if (Tokens[I].kind == clang::tok::raw_identifier)
      Words[spelling(Tokens[I])].tokens.push_back(I);
  for (const Directive &D : Directives) {
    llvm::StringRef Rest = text().slice(D.begin, lineEnd(D.last_line));
    for (llvm::StringRef Word = takeWord(Rest); !Word.empty(); Word = takeWord(Rest)) {
      uint32_t At = static_cast<uint32_t>(Word.data() - text().data());
      if (!commentAround(At))
        Words[Word].in_directives.push_back(At);
    }
  }
}

llvm::StringRef takeWord(llvm::StringRef &Rest) {
  Rest = Rest.drop_until(isWordByte);
  llvm::StringRef Word = Rest.take_while(isWordByte);
  Rest = Rest.drop_front(Word.size());
  return Word;
}

size_t findWord(llvm::StringRef Text, llvm::StringRef Word, size_t From) {
  for (size_t At = Text.find(Word, From); At != llvm::StringRef::npos; At = Text.find(Word, At + 1)) {
    bool FreeLeft = At == 0 || !isWordByte(Text[At - 1]);
    size_t Behind = At + Word.size();
    if (FreeLeft && (Behind == Text.size() || !isWordByte(Text[Behind])))
      return At;
  }
  return llvm::StringRef::npos;
}

bool mentionsWord(llvm::StringRef Text, llvm::StringRef Word) {
  return !Word.empty() && findWord(Text, Word) != llvm::StringRef::npos;
}

} // namespace krcu
