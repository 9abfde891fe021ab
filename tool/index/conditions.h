// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The stack of #if while going down a file: one walk for all questions, where conditionsAround() is for one.
#pragma once

#include "tool/index/lex.h"

namespace krcu {

class ConditionCursor {
public:
  struct Condition {
    std::string text; ///< empty: in #else, or an include guard
    std::string negated;
  };

  explicit ConditionCursor(const LexedText &L) : L(L) {}

  /// As conditionsAround(). Lines must be asked for in increasing order.
  std::vector<std::string> at(unsigned Line);

private:
  struct Frame {
    std::vector<std::string> passed; ///< negations of the earlier branches
    Condition current;
  };
  void pass(size_t Directive);
  static void turn(Frame &F, Condition Now);

  const LexedText &L;
  size_t Next = 0; ///< first directive not passed
  std::vector<Frame> Stack;
  size_t TooDeep = 0;
};

/// What the #if, #elif, ... says.
ConditionCursor::Condition conditionOf(const LexedText &L, const LexDirective &D);
/// Whether the directive of that number opens an include guard: "#ifndef X" before all others, "#define X" behind it. It says nothing of
/// configurations.
bool isIncludeGuard(const LexedText &L, size_t Directive);

} // namespace krcu
