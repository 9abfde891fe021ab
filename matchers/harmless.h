// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads and assembly that nobody else can notice. A kernel may read a pointer with READ_ONCE(), or have it written into its own code at
// boot and fetched with an instruction; a callback that gets the cache that way does no more than free.
#pragma once

#include "clang/AST/Decl.h"
#include "clang/AST/Expr.h"
#include "clang/AST/Stmt.h"

namespace krcu {

/// READ_ONCE(x): an object that is not volatile itself is read through a cast. A device register is not named so, but reached by an address.
bool readsPlainObject(const clang::Expr *Lvalue);

/// The local variable that is all of `E`, or null.
const clang::VarDecl *localOf(const clang::Expr *E);

/// An asm that the compiler may drop if nobody wants what it computes: not volatile, no clobber of memory, and all that it writes is
/// registers that become local variables.
bool onlyComputes(const clang::GCCAsmStmt *A);

/// ({ typeof(x) r; asm("... x ..." : "=r" (r)); r; }): the variable x, whose value the asm stands for. Both the type and the text of the asm must
/// name it; null for anything else.
const clang::VarDecl *runtimeConstant(const clang::StmtExpr *S);

} // namespace krcu
