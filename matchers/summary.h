// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a function does, path by path. Decided on the AST and the CFG: every path from entry to exit is walked with abstract values,
// where a pointer is "parameter plus k bytes" however it was computed (container_of under any name, casts,
// &x->member, locals, helpers whose body is at hand). Calls of functions with a body are walked into; others become effects
// that the linker resolves when the other file has been parsed.
#pragma once

#include "matchers/facts.h"
#include "matchers/names.h"
#include "clang/AST/Decl.h"
#include <set>
#include <string>

namespace krcu {

/// Summarises `F` (any redeclaration with a body is used). `MissingBodies` receives the names of inline functions that
/// were called but whose bodies the parse had skipped.
FunctionSummary summarise(const Names &N, const clang::FunctionDecl *F, std::set<std::string> &MissingBodies);

} // namespace krcu
