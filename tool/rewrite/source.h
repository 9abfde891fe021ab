// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One file as the rewriter sees it: raw tokens, comments, directives and lines. Edits are found in the text
// and never in an AST, because an AST shows one configuration only: the prototype in the other branch of an
// #ifdef must go too.
#pragma once

#include "clang/Basic/TokenKinds.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace krcu {

/// Half open, in bytes.
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;
};

/// A token outside comments and directives. Keywords are raw_identifier, as in every raw lexer.
struct SourceToken {
  clang::tok::TokenKind kind = clang::tok::unknown;
  uint32_t begin = 0;
  uint32_t end = 0;
  unsigned brace_depth = 0; ///< of the place before '{' and behind '}': a pair has the same depth
  unsigned paren_depth = 0; ///< counted from the innermost brace; a pair of () or [] has the same depth
};

enum class DirectiveKind { If, Else, Endif, Other };

struct Directive {
  DirectiveKind kind = DirectiveKind::Other;
  bool plain_else = false; ///< #else, not #elif
  uint32_t begin = 0;      ///< of the '#'
  unsigned first_line = 0; ///< line indices count from 0
  unsigned last_line = 0;  ///< a directive may be continued
  int around = -1;         ///< index of the innermost conditional that holds what follows the directive
};

/// One #if with its #else lines and its #endif.
struct Conditional {
  std::vector<size_t> directives; ///< indices into directives()
  int around = -1;                ///< index of the conditional that it stands in
};

class SourceText {
public:
  explicit SourceText(llvm::StringRef Text);
  SourceText(const SourceText &) = delete;
  SourceText &operator=(const SourceText &) = delete;

  llvm::StringRef text() const { return Buffer; }
  llvm::StringRef slice(Span S) const { return text().slice(S.begin, S.end); }
  llvm::StringRef spelling(const SourceToken &T) const { return text().slice(T.begin, T.end); }

  /// Code tokens in file order.
  const std::vector<SourceToken> &tokens() const { return Tokens; }
  const std::vector<Span> &comments() const { return Comments; }
  const std::vector<Directive> &directives() const { return Directives; }
  /// Those that have an #endif, in the order of these: inner ones before outer ones.
  const std::vector<Conditional> &conditionals() const { return Conditionals; }
  /// The last directive that begins on or above the line, or null.
  const Directive *directiveBefore(unsigned Line) const;

  /// Where one identifier stands; see named().
  struct Named {
    std::vector<uint32_t> tokens;        ///< indices into tokens()
    std::vector<uint32_t> in_directives; ///< byte offsets, of the word in a directive (a macro's body) and no comment
  };
  /// Everything that spells `Word`, in file order. One walk of the file does for all words: the first question makes the table, so no two threads
  /// may ask the same object.
  const Named &named(llvm::StringRef Word) const;

  unsigned lineCount() const { return LineStarts.size(); }
  /// Index of the line that holds `Offset`.
  unsigned lineOf(uint32_t Offset) const;
  uint32_t lineBegin(unsigned Line) const { return LineStarts[Line]; }
  /// Behind the line's newline.
  uint32_t lineEnd(unsigned Line) const;
  /// The line without its line ending.
  llvm::StringRef lineText(unsigned Line) const;
  bool isBlank(unsigned Line) const;
  /// "\r\n" or "\n": what ends the line of `Offset`, or the line before it where the file ends without one.
  llvm::StringRef lineEnding(uint32_t Offset) const;

  /// Index of the code token that begins at `Offset`.
  std::optional<size_t> tokenAt(uint32_t Offset) const;
  /// Index of the bracket that closes the one at `Open`, in the same branch of every #if.
  std::optional<size_t> closing(size_t Open) const { return partner(Open); }
  /// Index of the bracket that the one at `Close` closes.
  std::optional<size_t> opening(size_t Close) const { return partner(Close); }
  /// The comment that begins at `Offset`, the last one that ends at or before it, the one around it; or null.
  const Span *commentAt(uint32_t Offset) const;
  const Span *commentBefore(uint32_t Offset) const;
  const Span *commentAround(uint32_t Offset) const;
  /// True if `Offset` lies in a directive, a macro's body for example.
  bool inDirective(uint32_t Offset) const;
  /// True if a directive stands between the two offsets.
  bool directiveBetween(uint32_t Begin, uint32_t End) const;

private:
  void splitLines();
  void lex();
  void matchConditionals();
  void markDepths();
  void matchBrackets();
  void nameWords() const;
  std::optional<size_t> partner(size_t I) const {
    return Partners[I] == NoPartner ? std::nullopt : std::optional<size_t>(Partners[I]);
  }

  static constexpr uint32_t NoPartner = UINT32_MAX;
  std::string Buffer;
  std::vector<uint32_t> LineStarts;
  std::vector<SourceToken> Tokens;
  std::vector<uint32_t> Partners; ///< one per token
  std::vector<Span> Comments;
  std::vector<Directive> Directives;
  std::vector<Conditional> Conditionals;
  mutable llvm::StringMap<Named> Words; ///< once somebody asked
  mutable bool HasWords = false;
};

/// The first run of identifier characters of `Rest`, which is left with what follows it; empty if there is none.
llvm::StringRef takeWord(llvm::StringRef &Rest);

/// True if `Text` holds `Word` as a whole identifier.
bool mentionsWord(llvm::StringRef Text, llvm::StringRef Word);

/// Byte offset of the first whole-identifier occurrence of `Word` at or behind `From`, or npos.
size_t findWord(llvm::StringRef Text, llvm::StringRef Word, size_t From = 0);

} // namespace krcu
