// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function body as a tree of statements, good enough to tell what runs on every path. An #if inside a body is a
// branch like any other. Code that does not follow the grammar makes the whole body irregular.
#pragma once

#include "tool/semantics/source.h"
#include "llvm/ADT/ArrayRef.h"
#include <vector>

namespace krcu::semantics {

struct Stmt {
  enum class Kind { Expression, If, Loop, DoWhile, Switch, Return, Goto, Label, Break, Continue, Block, Variants };
  Kind kind = Kind::Expression;
  unsigned line = 0;
  llvm::StringRef word;                    ///< loop keyword or macro, label, goto's target
  std::vector<Tok> head;                   ///< condition, loop header, or the expression itself
  std::vector<std::vector<Stmt>> branches; ///< If: then, else; Variants: each #if branch; others: one body
  bool exhaustive = false;                 ///< If with else, Variants with #else
};

struct Body {
  std::vector<Stmt> statements;
  bool regular = true;
};

Body parseBody(llvm::ArrayRef<Tok> Tokens);

struct Call {
  llvm::StringRef name;
  unsigned line = 0;
  bool conditional = false; ///< right of && or ||, in ?:, or inside the arguments of something that may be a macro
  std::vector<std::vector<Tok>> args;
};

/// Calls in an expression, outer before inner.
std::vector<Call> callsIn(llvm::ArrayRef<Tok> Tokens);

/// All calls of a body, whatever guards them.
std::vector<Call> allCalls(llvm::ArrayRef<Tok> Tokens);

} // namespace krcu::semantics
