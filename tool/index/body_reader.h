// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads one function body token by token and notes what it does for certain, in at least one configuration. Private to the room: the
// glance asks it.
#pragma once

#include "tool/index/lex.h"
#include "tool/index/outline.h"
#include "llvm/ADT/StringSet.h"
#include <optional>
#include <string>
#include <vector>

namespace krcu {

class BodyReader {
public:
  struct Call {
    std::string name;
    unsigned line;
    bool conditional;
    std::vector<bool> loaded; ///< per argument: a pointer read through ->, not an address taken with &
  };
  struct Effect {
    unsigned line;
    std::string text; ///< "stores to x->y"
  };

  /// `Text`: the file of `F`. What stands under #if is left out; if it is not whole statements, nothing is read at all.
  BodyReader(llvm::StringRef Text, const OutlineFunction &F);

  std::optional<Effect> certain; ///< the first thing that is more than a free
  std::vector<Call> calls;       ///< statements that are one call
  std::vector<Call> asked;       ///< calls that are a condition, or a part of one
  /// The first call of one of the names, in whatever expression it stands.
  std::optional<Effect> firstCallOf(const llvm::StringSet<> &Names) const;

private:
  struct BodyToken {
    clang::tok::TokenKind kind;
    llvm::StringRef text;
    unsigned line;
  };

  void takeTokens(unsigned FirstLine);
  bool is(size_t I, llvm::StringRef Text) const { return I < T.size() && T[I].text == Text; }
  size_t closing(size_t I) const;
  void note(unsigned Line, std::string Text);
  size_t statement(size_t I, bool Conditional);
  size_t plainStatement(size_t I, bool Conditional);
  size_t ifStatement(size_t I);
  void condition(size_t Open);
  void expression(size_t Begin, size_t End, bool Conditional);
  void throughPointer(size_t Begin, size_t End);
  std::vector<bool> loadedArguments(size_t I, size_t End) const;
  bool arrowBehind(size_t I, size_t End) const;
  bool isLocal(size_t I) const;
  std::string spelled(size_t Begin, size_t End) const;

  LexedText Head, Body;
  std::vector<BodyToken> T;
  bool Returned = false; ///< a return under a condition lies behind: what follows need not run
  bool Lost = false;     ///< not worth following on text
};

} // namespace krcu
