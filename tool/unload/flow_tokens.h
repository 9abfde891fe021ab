// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One function's text as tokens, for those who read its flow. Private to the room.
#pragma once

#include "tool/index/lex.h"
#include "tool/index/outline.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace krcu {

inline bool isWordChar(char C) { return llvm::isAlnum(C) || C == '_'; }

/// Words that are no calls although a parenthesis follows.
bool isNoCall(llvm::StringRef Word);

class FlowTokens {
protected:
  /// `Text`: the file of `F`; it must stay as long as this.
  FlowTokens(llvm::StringRef Text, const OutlineFunction &F);

  bool is(size_t I, llvm::StringRef Word) const { return I < T.size() && T[I]->text == Word; }
  bool word(size_t I) const { return I < T.size() && T[I]->isIdentifier(); }
  unsigned lineAt(size_t I) const { return Line + Lexed.lineOf(T[std::min(I, T.size() - 1)]->offset) - 1; }
  /// In the file.
  uint32_t offsetAt(size_t I) const { return Base + T[I]->offset; }
  /// The partner of the bracket at I; the end if there is none.
  size_t closing(size_t I) const;
  /// The bracket that the one at I closes; `Begin` if there is none.
  size_t opening(size_t I, size_t Begin) const;
  /// Behind the ';' that ends the statement.
  size_t endOf(size_t I, size_t Limit) const;
  /// As written, with no blanks but between words.
  std::string textOf(size_t Begin, size_t End) const;

  std::vector<const LexToken *> T;     ///< ordinary code; of a group of conditional text the first part that can be compiled
  std::vector<llvm::StringRef> Around; ///< of each token: the condition of the innermost #if, if that asks for a CONFIG symbol
  unsigned Line = 1;                   ///< where the function begins

private:
  void takeTokens();
  llvm::StringRef conditionOf(size_t Offset) const;

  llvm::StringRef Source;
  LexedText Lexed;
  uint32_t Base;
};

} // namespace krcu
