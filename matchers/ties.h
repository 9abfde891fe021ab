// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which local variables point into the same object as some expression, and how far apart. A forward analysis numbers the values of the
// function's pointers: parameters and results of what cannot be looked into are bases, and a value is a base plus bytes.
#pragma once

#include "matchers/graph.h"
#include "matchers/values.h"
#include <memory>

namespace krcu {

class Ties {
public:
  Ties(const Names &N, const clang::FunctionDecl *F) : N(N), F(F) {}

  /// `Pointer` minus what `V` holds, in bytes, where `Call` is made; nothing if it is not the same on every way to there.
  std::optional<int64_t> distance(const clang::CallExpr *Call, const clang::VarDecl *V, const clang::Expr *Pointer);

private:
  using State = std::map<const clang::VarDecl *, Value>;

  void solve();
  bool solveOnce();
  State entry(const clang::CFGBlock *B);
  void step(const clang::Stmt *S, State &To, ValueStore &Calls);
  void set(const clang::VarDecl *V, const clang::Expr *From, const void *At, State &To, const ValueStore &Calls);
  Value fresh(const void *At, const clang::VarDecl *V);
  Value resultOf(const clang::CallExpr *C, const State &At, const ValueStore &Calls);
  Value valueOf(const clang::Expr *E, const State &At, const ValueStore &Calls) const;
  bool follows(const clang::VarDecl *V) const;

  const Names &N;
  const clang::FunctionDecl *F;
  std::unique_ptr<clang::CFG> Graph;
  bool Solved = false, Failed = false;
  std::set<const clang::VarDecl *> Escaped;
  std::map<std::pair<const void *, const clang::VarDecl *>, unsigned> Bases;
  std::set<std::pair<const clang::CFGBlock *, const clang::VarDecl *>> Merged; ///< hold another value on each way into the block
  std::map<const clang::CFGBlock *, State> Out;
  std::map<const clang::FunctionDecl *, std::optional<AbstractValue>> Results;
};

} // namespace krcu
