// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Macros that a row of the user's calls a free. The row says that whatever else they expand to does not matter, so all of a use counts as that
// free; only what the caller wrote between the parentheses is still the caller's.
#pragma once

#include "matchers/names.h"
#include "clang/AST/Stmt.h"
#include <map>
#include <optional>
#include <string>

namespace krcu {

class FreeMacros {
public:
  FreeMacros(const Names &N, const clang::FunctionDecl *Definition);

  struct Use {
    clang::FileID id; ///< of the expansion
    const FreeRule *rule;
  };
  /// The use in whose text the statement stands.
  std::optional<Use> around(const clang::Stmt *S) const;
  /// What the macro was given as that argument; null if its expansion evaluates no such thing.
  const clang::Expr *argument(const Use &U, unsigned Index) const;

private:
  void collect(const clang::Expr *E);

  const Names &N;
  std::map<std::pair<clang::FileID, unsigned>, const clang::Expr *> Arguments; ///< by expansion and position
};

} // namespace krcu
