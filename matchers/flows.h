// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where slab cache pointers come from and go to: assignments, initialisers (tables too), arguments, returns, creations.
#pragma once

#include "matchers/facts.h"
#include "matchers/names.h"
#include "clang/AST/Decl.h"

namespace krcu {

/// Appends what `D` (a function with a body, or a variable with an initialiser) shows.
void collectFlows(const Names &N, const clang::Decl *D, FileFacts &Facts);

} // namespace krcu
