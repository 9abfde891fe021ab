// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// clang::Lexer in raw mode. It sees both sides of every #if and expands nothing; what it does not do is
// remember directives, so they are gathered here: a '#' that begins a line, its keyword, its tokens up to the
// end of the line.
#include "tool/index/lex.h"

#include "tool/index/splice.h"
#include "clang/Basic/LangOptions.h"
#include "clang/Lex/Lexer.h"
#include <algorithm>

namespace krcu {
namespace {

const clang::LangOptions &kernelC() {
  static const clang::LangOptions Options = [] {
    clang::LangOptions O;
    O.C99 = O.C11 = O.GNUMode = O.LineComment = true;
    return O;
  }();
  return Options;
}

/// Takes out backslash, optional blanks, newline.
std::string withoutSplices(llvm::StringRef Raw) {
  std::string Out;
  for (size_t I = 0; I < Raw.size(); ++I) {
    if (Raw[I] == '\\') {
      size_t J = Raw.find_first_not_of(" \t\v\f\r", I + 1);
      if (J != llvm::StringRef::npos && Raw[J] == '\n') {
        I = J;
        continue;
      }
    }
    Out += Raw[I];
  }
  return Out;
}

/// One walk over the text; `Token` is called for every token except the ends of directives.
class Walker {
public:
  explicit Walker(const std::string &Text)
      : Begin(Text.c_str()), Raw(clang::SourceLocation(), kernelC(), Begin, Begin, Begin + Text.size()) {}

  /// False at the end of the file.
  bool next() {
    Raw.LexFromRawLexer(T);
    return T.isNot(clang::tok::eof);
  }
  /// Switches the lexer to stop at the end of the line with a token of kind eod.
  void enterDirective() { Raw.setParsingPreprocessorDirective(true); }
  const clang::Token &token() const { return T; }
  uint32_t end() const { return static_cast<uint32_t>(Raw.getBufferLocation() - Begin); }
  uint32_t offset() const { return end() - T.getLength(); }
  llvm::StringRef raw() const { return {Begin + offset(), T.getLength()}; }

private:
  const char *Begin;
  clang::Lexer Raw;
  clang::Token T;
};

} // namespace

LexedText::LexedText(llvm::StringRef Source) : Text(Source.str()) {
  breakLongSpliceRows(Text);
  LineStarts.push_back(0);
  for (size_t At = Text.find('\n'); At != std::string::npos; At = Text.find('\n', At + 1))
    LineStarts.push_back(static_cast<uint32_t>(At + 1));

  Tokens.reserve(std::min(Text.size() / 6, MaxTokens)); // of kernel code seven bytes are a token, comments included
  Walker W(Text);
  bool KeywordNext = false;
  int32_t Current = -1;
  while (W.next() && Tokens.size() < MaxTokens) {
    const clang::Token &T = W.token();
    if (T.is(clang::tok::eod)) {
      Directives[Current].end_token = static_cast<uint32_t>(Tokens.size());
      Current = -1;
      KeywordNext = false;
      continue;
    }
    if (Current < 0 && T.is(clang::tok::hash) && T.isAtStartOfLine()) {
      Current = static_cast<int32_t>(Directives.size());
      auto First = static_cast<uint32_t>(Tokens.size());
      Directives.push_back({W.offset(), lineOf(W.offset()), {}, First, First});
      KeywordNext = true;
      W.enterDirective();
      continue;
    }
    llvm::StringRef Spelling = W.raw();
    if (T.needsCleaning())
      Spelling = Cleaned.emplace_back(withoutSplices(Spelling));
    if (KeywordNext) {
      KeywordNext = false;
      if (T.is(clang::tok::raw_identifier)) {
        Directives[Current].keyword = Spelling;
        continue;
      }
    }
    Tokens.push_back(
        {Spelling, W.offset(), W.end(), Current, T.getKind(), T.isAtStartOfLine(), T.hasLeadingSpace()});
  }
  if (Current >= 0) // the file ends inside a directive
    Directives[Current].end_token = static_cast<uint32_t>(Tokens.size());
}

unsigned LexedText::lineOf(uint32_t Offset) const {
  return static_cast<unsigned>(std::upper_bound(LineStarts.begin(), LineStarts.end(), Offset) -
                               LineStarts.begin());
}

uint32_t LexedText::offsetOf(unsigned Line) const {
  return Line == 0 ? 0 : Line - 1 < LineStarts.size() ? LineStarts[Line - 1] : static_cast<uint32_t>(Text.size());
}

unsigned LexedText::columnOf(uint32_t Offset) const { return Offset - LineStarts[lineOf(Offset) - 1] + 1; }

std::string foldedText(llvm::ArrayRef<LexToken> Tokens) {
  std::string Out;
  for (const LexToken &T : Tokens) {
    if (!Out.empty() && (T.leading_space || T.starts_line))
      Out += ' ';
    Out += T.text;
  }
  return Out;
}

bool containsToken(const std::string &Text, llvm::StringRef Word) {
  if (findLongSpliceRow(Text) != llvm::StringRef::npos) {
    std::string Harmless = Text;
    breakLongSpliceRows(Harmless);
    return containsToken(Harmless, Word);
  }
  Walker W(Text);
  while (W.next()) {
    const clang::Token &T = W.token();
    if (T.is(clang::tok::hash) && T.isAtStartOfLine())
      W.enterDirective();
    if (T.isNot(clang::tok::raw_identifier))
      continue;
    if (T.needsCleaning() ? withoutSplices(W.raw()) == Word : W.raw() == Word)
      return true;
  }
  return false;
}

} // namespace krcu
