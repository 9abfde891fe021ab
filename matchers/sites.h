// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls of the deferral primitives: which object, which head, which callback, and whether the text can be rewritten.
#pragma once

#include "matchers/extent.h"
#include "matchers/facts.h"
#include "matchers/names.h"
#include "clang/AST/Decl.h"
#include <set>

namespace krcu {

/// Appends the call sites in `F`'s body. Functions used as callbacks are added to `Callbacks`. `X`: of the translation unit.
void collectSites(const Names &N, Extents &X, const clang::FunctionDecl *F, std::vector<CallSiteFact> &Sites,
                  std::set<const clang::FunctionDecl *> &Callbacks);

} // namespace krcu
