// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Frees that are deferred without a callback, and where the objects of a record come from and go to. The macros differ from
// release to release, so they are read by what they expand to: a call that gets the object and the address of its head.
#pragma once

#include "matchers/facts.h"
#include "matchers/names.h"
#include "clang/AST/Decl.h"

namespace krcu {

/// Appends the deferred frees, the allocations from slab caches and the direct frees in `F`'s body.
void collectDeferredFrees(const Names &N, const clang::FunctionDecl *F, FileFacts &Facts);

} // namespace krcu
