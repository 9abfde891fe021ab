// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The conditions that the effect analysis may look through, and the ways out of a statement.
#pragma once

#include "tool/semantics/body.h"

namespace krcu::semantics {

enum class Guard {
  Other,
  NoCache,    ///< true only if the cache pointer is NULL or broken
  HasSheaves, ///< true if this cache has sheaves
  NoSheaves,
};

/// What the condition of an if tests. Anything but the plainest forms is Other.
Guard guardOf(llvm::ArrayRef<Tok> Condition, const Definition &In);

enum class Leaving {
  Function, ///< return or goto
  Loop,     ///< also break of a loop round it
  Anything, ///< also continue
};

/// Whether control may leave these statements other than at their end.
bool leaves(const std::vector<Stmt> &Statements, Leaving What);

bool mentions(llvm::ArrayRef<Tok> Tokens, llvm::StringRef Word);

} // namespace krcu::semantics
