// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A file as a flat list of raw tokens and preprocessor directives. Everything textual in this room (outline,
// tokens, conditions, census) is a walk over this list, so the traps of the raw lexer are dealt with in one
// place.
#pragma once

#include "clang/Basic/TokenKinds.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace krcu {

struct LexToken {
  llvm::StringRef text;   ///< spelling, with line splices taken out
  uint32_t offset = 0;    ///< where it begins in the file
  uint32_t end = 0;       ///< just behind it
  int32_t directive = -1; ///< index into directives(), -1 in ordinary code
  clang::tok::TokenKind kind = clang::tok::unknown;
  bool starts_line = false;
  bool leading_space = false;

  bool is(clang::tok::TokenKind K) const { return kind == K; }
  template <typename... Kinds> bool isOneOf(Kinds... K) const { return (is(K) || ...); }
  bool isIdentifier() const { return kind == clang::tok::raw_identifier; }
};

struct LexDirective {
  uint32_t offset = 0; ///< of the '#'
  unsigned line = 0;
  llvm::StringRef keyword;  ///< "define", "if", ...; empty for a lone '#'
  uint32_t first_token = 0; ///< tokens behind the keyword: [first_token, end_token)
  uint32_t end_token = 0;
};

class LexedText {
public:
  /// Copies `Text`: the lexer needs a NUL behind the last byte, which a StringRef does not promise. A text of
  /// more than MaxTokens tokens is cut off there: no source has so many, and 64 MiB of ';' shall not take 2
  /// GiB.
  static constexpr size_t MaxTokens = size_t(16) << 20;
  explicit LexedText(llvm::StringRef Text);
  LexedText(const LexedText &) = delete;
  LexedText &operator=(const LexedText &) = delete;

  llvm::StringRef text() const { return Text; }
  const std::vector<LexToken> &tokens() const { return Tokens; }
  const std::vector<LexDirective> &directives() const { return Directives; }
  llvm::ArrayRef<LexToken> tokensOf(const LexDirective &D) const {
    return llvm::ArrayRef(Tokens).slice(D.first_token, D.end_token - D.first_token);
  }
  unsigned lineOf(uint32_t Offset) const;   ///< counts from 1
  uint32_t offsetOf(unsigned Line) const;   ///< first offset of the line; behind the last one the size of the text
  unsigned columnOf(uint32_t Offset) const; ///< in bytes, counts from 1

private:
  std::string Text;
  std::deque<std::string> Cleaned; ///< spellings of tokens with line splices in them
  std::vector<LexToken> Tokens;
  std::vector<LexDirective> Directives;
  std::vector<uint32_t> LineStarts;
};

/// The tokens as text, one blank wherever white space or a comment stood.
std::string foldedText(llvm::ArrayRef<LexToken> Tokens);

/// Whether an identifier token spelled `Word` stands outside comments and strings; stops at the first.
bool containsToken(const std::string &Text, llvm::StringRef Word);

/// Whether the branch that `D` (#if, #ifdef, ...) opens can never be taken in C: "#if 0", "#ifdef
/// __cplusplus".
bool opensDeadBranch(const LexedText &L, const LexDirective &D);

} // namespace krcu
