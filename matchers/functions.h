// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls with what runs before them on every path, and every place where a function is named without being called.
#pragma once

#include "matchers/facts.h"
#include "matchers/names.h"
#include "clang/AST/Decl.h"

namespace krcu {

/// The calls of a function with a body, ordered as they stand, with must-precede and may-precede relations from its CFG.
FunctionFact describeFunction(const Names &N, const clang::FunctionDecl *F);

/// Appends the references to functions and the registrations of objects in `D`.
void collectReferences(const Names &N, const clang::Decl *D, FileFacts &Facts);

} // namespace krcu
