// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/harmless.h"
#include "matchers/names.h"
#include "clang/Basic/CharInfo.h"

using namespace clang;

namespace krcu {

bool readsPlainObject(const Expr *Lvalue) {
  const auto *Deref = dyn_cast<UnaryOperator>(Lvalue->IgnoreParens());
  const Expr *Address = Deref && Deref->getOpcode() == UO_Deref ? stripped(Deref->getSubExpr()) : nullptr;
  const auto *U = dyn_cast_or_null<UnaryOperator>(Address);
  const Expr *Object = U && U->getOpcode() == UO_AddrOf ? U->getSubExpr()->IgnoreParens() : nullptr;
  return Object && isa<DeclRefExpr, MemberExpr>(Object) && !Object->getType().isVolatileQualified();
}

const VarDecl *localOf(const Expr *E) {
  const auto *Ref = dyn_cast<DeclRefExpr>(E->IgnoreParens());
  const auto *V = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
  return V && V->hasLocalStorage() ? V : nullptr;
}

bool onlyComputes(const GCCAsmStmt *A) {
  if (A->isVolatile() || A->isAsmGoto() || A->getNumOutputs() == 0)
    return false;
  for (unsigned I = 0; I < A->getNumClobbers(); ++I)
    if (A->getClobber(I) == "memory")
      return false;
  for (unsigned I = 0; I < A->getNumOutputs(); ++I) {
    StringRef Constraint = A->getOutputConstraint(I);
    if (!localOf(A->getOutputExpr(I)) || Constraint.find_first_not_of("=+&r") != StringRef::npos || !Constraint.contains('r'))
      return false;
  }
  return true;
}

namespace {

/// Does `Text` hold `Name`, not as the beginning of a longer word? A section's prefix may stand before it.
bool endsAWord(StringRef Text, StringRef Name) {
  for (size_t At = Text.find(Name); At != StringRef::npos; At = Text.find(Name, At + 1))
    if (At + Name.size() == Text.size() || !isAsciiIdentifierContinue(Text[At + Name.size()]))
      return true;
  return false;
}

} // namespace

const VarDecl *runtimeConstant(const StmtExpr *S) {
  const CompoundStmt *Body = S->getSubStmt();
  const auto *Last = Body->body_empty() ? nullptr : dyn_cast<Expr>(Body->body_back());
  const VarDecl *Local = Last ? localOf(stripped(Last)) : nullptr;
  if (!Local || Local->hasInit() || !Local->getTypeSourceInfo())
    return nullptr;
  const auto *Typeof = dyn_cast<TypeOfExprType>(Local->getTypeSourceInfo()->getType().getTypePtr());
  const auto *Ref = Typeof ? dyn_cast<DeclRefExpr>(stripped(Typeof->getUnderlyingExpr())) : nullptr;
  const auto *Named = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
  if (!Named || !Named->hasGlobalStorage() || !Named->getIdentifier())
    return nullptr;
  const GCCAsmStmt *Only = nullptr;
  for (const Stmt *Each : Body->body()) {
    if (const auto *A = dyn_cast<GCCAsmStmt>(Each)) {
      if (Only)
        return nullptr;
      Only = A;
    } else if (Each != Last && !isa<DeclStmt>(Each)) {
      return nullptr;
    }
  }
  if (!Only || !onlyComputes(Only) || !endsAWord(Only->getAsmString()->getString(), Named->getName()))
    return nullptr;
  for (unsigned I = 0; I < Only->getNumOutputs(); ++I)
    if (localOf(Only->getOutputExpr(I)) == Local)
      return Named;
  return nullptr;
}

} // namespace krcu
