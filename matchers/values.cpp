// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/values.h"
#include "matchers/graph.h"
#include "matchers/members.h"
#include "llvm/Support/MathExtras.h"

using namespace clang;

namespace krcu {

Value Value::parameter(unsigned Index, bool IsPointer) {
  Value V;
  V.K = IsPointer ? Pointer : Scalar;
  V.Param = Index;
  return V;
}

Value Value::constant(int64_t C) {
  Value V;
  V.K = Const;
  V.Offset = C;
  return V;
}

Value Value::plus(int64_t Bytes) const {
  Value V = *this;
  if (K != Pointer && K != Const)
    return unknown();
  return llvm::AddOverflow(Offset, Bytes, V.Offset) ? unknown() : V;
}

Value Value::isNull(bool Null) const {
  if (K == Const)
    return constant((Offset == 0) == Null);
  if (K != Pointer)
    return unknown();
  Value V = *this;
  V.K = Test;
  V.NullIsTrue = Null;
  return V;
}

Value Value::negated() const {
  if (K == Pointer)
    return isNull(true);
  if (K == Const)
    return constant(Offset == 0);
  if (K != Test)
    return unknown();
  Value V = *this;
  V.NullIsTrue = !NullIsTrue;
  return V;
}

std::optional<bool> Value::truth() const {
  if (K == Const)
    return Offset != 0;
  return std::nullopt;
}

std::optional<AbstractValue> Value::nullWhen(bool Taken) const {
  bool Null = (K == Test && NullIsTrue == Taken) || (K == Pointer && !Taken);
  if (!Null)
    return std::nullopt;
  AbstractValue A;
  A.kind = AbstractValue::ParameterPlus;
  A.parameter = Param;
  A.offset = Offset;
  return A;
}

AbstractValue Value::abstract() const {
  AbstractValue A;
  A.parameter = Param;
  A.offset = Offset;
  if (K == Pointer)
    A.kind = AbstractValue::ParameterPlus;
  else if (K == Const)
    A.kind = AbstractValue::Constant;
  return A;
}

Value ValueStore::variable(const VarDecl *V) const {
  auto It = Variables.find(V);
  return It == Variables.end() ? Value::unknown() : It->second;
}

const Value *ValueStore::remembered(const Expr *E) const {
  auto It = Known.find(E);
  return It == Known.end() ? nullptr : &It->second;
}

std::optional<bool> ValueStore::decision(const Stmt *Terminator) const {
  auto It = Decisions.find(Terminator);
  return It == Decisions.end() ? std::nullopt : std::optional<bool>(It->second);
}

Value evaluateConstant(const Names &N, const Expr *E) {
  std::optional<int64_t> C = constantOf(N, E);
  return C ? Value::constant(*C) : Value::unknown();
}

namespace {

/// Bytes that one unit of pointer arithmetic on `T` moves; GNU C counts void and functions as 1.
std::optional<int64_t> strideOf(const Names &N, QualType T) {
  QualType Pointee = T->getPointeeType();
  if (Pointee.isNull() || Pointee->isIncompleteType())
    return Pointee.isNull() || !Pointee->isVoidType() ? std::nullopt : std::optional<int64_t>(1);
  if (Pointee->isVoidType() || Pointee->isFunctionType())
    return 1;
  if (!Pointee->isConstantSizeType())
    return std::nullopt;
  return N.context().getTypeSizeInChars(Pointee).getQuantity();
}

/// `Base` moved by `Count` elements of what `T` points to.
Value moved(const Names &N, const Value &Base, QualType T, int64_t Count) {
  std::optional<int64_t> Stride = strideOf(N, T);
  int64_t Bytes = 0;
  return Stride && !llvm::MulOverflow(Count, *Stride, Bytes) ? Base.plus(Bytes) : Value::unknown();
}

/// The address an lvalue denotes.
Value addressOfLvalue(const Names &N, const ValueStore &S, const Expr *E) {
  E = E->IgnoreParens();
  if (const auto *M = dyn_cast<MemberExpr>(E)) {
    const auto *F = dyn_cast<FieldDecl>(M->getMemberDecl());
    std::optional<int64_t> Offset = F ? fieldOffset(N, F) : std::nullopt;
    if (!Offset)
      return Value::unknown();
    Value Base = M->isArrow() ? evaluate(N, S, M->getBase()) : addressOfLvalue(N, S, M->getBase());
    return Base.isPointer() ? Base.plus(*Offset) : Value::unknown();
  }
  if (const auto *U = dyn_cast<UnaryOperator>(E); U && U->getOpcode() == UO_Deref)
    return evaluate(N, S, U->getSubExpr());
  if (const auto *A = dyn_cast<ArraySubscriptExpr>(E)) {
    Value Base = evaluate(N, S, A->getBase());
    Value Index = evaluate(N, S, A->getIdx());
    if (Base.isPointer() && Index.isConstant() && A->getBase()->getType()->isPointerType())
      return moved(N, Base, A->getBase()->getType(), Index.number());
  }
  return Value::unknown();
}

/// A number as the type `T` holds it; a pointer only if it fits.
Value convertedTo(const Names &N, Value V, QualType T, QualType From) {
  unsigned Width = N.context().getIntWidth(T);
  if (V.isPointer())
    return Width < N.context().getTypeSize(From) ? Value::unknown() : V;
  if (!V.isConstant() || Width >= 64)
    return V;
  uint64_t Bits = static_cast<uint64_t>(V.number()) & llvm::maskTrailingOnes<uint64_t>(Width);
  return Value::constant(T->isSignedIntegerOrEnumerationType() ? llvm::SignExtend64(Bits, Width) : static_cast<int64_t>(Bits));
}

Value evaluateBinary(const Names &N, const ValueStore &S, const BinaryOperator *B) {
  if (B->getOpcode() == BO_Comma || B->getOpcode() == BO_Assign)
    return evaluate(N, S, B->getRHS());
  Value L = evaluate(N, S, B->getLHS()), R = evaluate(N, S, B->getRHS());
  if (B->isEqualityOp()) {
    bool Equal = B->getOpcode() == BO_EQ;
    if (R.isConstant() && R.number() == 0)
      return L.isNull(Equal);
    if (L.isConstant() && L.number() == 0)
      return R.isNull(Equal);
    return Value::unknown();
  }
  if (!B->isAdditiveOp())
    return Value::unknown();
  int64_t Sign = B->getOpcode() == BO_Sub ? -1 : 1;
  bool LeftPointer = B->getLHS()->getType()->isPointerType(), RightPointer = B->getRHS()->getType()->isPointerType();
  if (LeftPointer && RightPointer)
    return Value::unknown();
  if (R.isConstant() && R.number() == INT64_MIN)
    return Value::unknown();
  if (LeftPointer && L.isPointer() && R.isConstant())
    return moved(N, L, B->getLHS()->getType(), Sign * R.number());
  if (RightPointer && R.isPointer() && L.isConstant() && Sign == 1)
    return moved(N, R, B->getRHS()->getType(), L.number());
  // The pointer as an integer: (unsigned long)head - offset.
  if (!LeftPointer && !RightPointer && L.isPointer() && R.isConstant())
    return L.plus(Sign * R.number());
  return Value::unknown();
}

} // namespace

Value evaluate(const Names &N, const ValueStore &S, const Expr *E) {
  if (const Value *Known = S.remembered(E))
    return *Known;
  if (Value C = evaluateConstant(N, E); C.isConstant())
    return C;
  E = E->IgnoreParens();
  if (const Value *Known = S.remembered(E))
    return *Known;
  if (const auto *Cast = dyn_cast<CastExpr>(E)) {
    switch (Cast->getCastKind()) {
    case CK_NullToPointer:
      return Value::constant(0);
    case CK_ArrayToPointerDecay:
      return addressOfLvalue(N, S, Cast->getSubExpr());
    case CK_LValueToRValue:
    case CK_BitCast:
    case CK_NoOp:
    case CK_IntegralToPointer:
      return evaluate(N, S, Cast->getSubExpr());
    case CK_PointerToBoolean:
    case CK_IntegralToBoolean: {
      // As a number this is 0 or 1, so it is no pointer any more.
      Value V = evaluate(N, S, Cast->getSubExpr());
      return V.isPointer() || V.isConstant() ? V.isNull(false) : V;
    }
    case CK_PointerToIntegral:
    case CK_IntegralCast:
      return convertedTo(N, evaluate(N, S, Cast->getSubExpr()), Cast->getType(), Cast->getSubExpr()->getType());
    default:
      return Value::unknown();
    }
  }
  if (const auto *Ref = dyn_cast<DeclRefExpr>(E)) {
    const auto *V = dyn_cast<VarDecl>(Ref->getDecl());
    return V && V->hasLocalStorage() ? S.variable(V) : Value::unknown();
  }
  if (const auto *U = dyn_cast<UnaryOperator>(E)) {
    if (U->getOpcode() == UO_AddrOf)
      return addressOfLvalue(N, S, U->getSubExpr());
    if (U->getOpcode() == UO_LNot)
      return evaluate(N, S, U->getSubExpr()).negated();
    if (U->getOpcode() == UO_Extension || U->getOpcode() == UO_Plus)
      return evaluate(N, S, U->getSubExpr());
    return Value::unknown();
  }
  if (const auto *B = dyn_cast<BinaryOperator>(E))
    return evaluateBinary(N, S, B);
  if (const auto *I = dyn_cast<InitListExpr>(E); I && I->getNumInits() == 1 && I->getType()->isScalarType())
    return evaluate(N, S, I->getInit(0));
  if (const auto *O = dyn_cast<OpaqueValueExpr>(E); O && O->getSourceExpr())
    return evaluate(N, S, O->getSourceExpr());
  if (isa<StmtExpr, ConditionalOperator, BinaryConditionalOperator>(E))
    return evaluateAfterPath(N, S, E);
  return Value::unknown();
}

Value evaluateAfterPath(const Names &N, const ValueStore &S, const Expr *E) {
  if (const auto *SE = dyn_cast<StmtExpr>(E)) {
    const CompoundStmt *Body = SE->getSubStmt();
    if (!Body->body_empty())
      if (const auto *Last = dyn_cast<Expr>(Body->body_back()))
        return evaluate(N, S, Last);
    return Value::unknown();
  }
  const auto *C = cast<AbstractConditionalOperator>(E);
  if (std::optional<bool> Taken = S.decision(C))
    return evaluate(N, S, *Taken ? C->getTrueExpr() : C->getFalseExpr());
  Value True = evaluate(N, S, C->getTrueExpr()), False = evaluate(N, S, C->getFalseExpr());
  return True == False ? True : Value::unknown();
}

std::string cachePlace(const Names &N, const ValueStore &S, const Expr *E) {
  const auto *Ref = dyn_cast<DeclRefExpr>(stripped(E));
  if (const auto *P = Ref ? dyn_cast<ParmVarDecl>(Ref->getDecl()) : nullptr; P && S.assigned(P))
    return "?";
  std::vector<std::string> Values = N.valuesOf(E);
  return Values.size() == 1 ? Values.front() : std::string("?");
}

} // namespace krcu
