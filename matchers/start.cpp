// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/start.h"
#include "matchers/graph.h"
#include "matchers/members.h"
#include "llvm/Support/MathExtras.h"

using namespace clang;

namespace krcu {
namespace {

/// Where a pointer points: so many bytes behind another pointer, of which nothing is known, or in a variable.
struct Place {
  const VarDecl *variable = nullptr;
  bool temporary = false;  ///< a compound literal
  int64_t offset = 0;
  bool element = false;    ///< and some elements further, which only a run shows
  bool stepped = false;    ///< element: the pointer is moved with ++
  std::string text;        ///< what it is: "the member f of struct holder"
};

class StartSearch {
public:
  StartSearch(const Names &N, const LocalDefinitions &Locals) : N(N), Locals(Locals) {}

  NotAStart of(const Expr *E) {
    const Expr *Plain = E->IgnoreParenCasts();
    if (const auto *C = dyn_cast<AbstractConditionalOperator>(Plain)) {
      NotAStart True = of(C->getTrueExpr()), False = of(C->getFalseExpr());
      NotAStart &Wrong = True.why.empty() ? False : True;
      Wrong.always = Wrong.always && !True.why.empty() && !False.why.empty();
      return Wrong;
    }
    if (const Expr *Value = valueOf(Plain); Value && isa<AbstractConditionalOperator>(Value->IgnoreParenCasts()))
      return of(Value);
    return describe(pointer(E, 0));
  }

private:
  static constexpr unsigned MaxDepth = 32;

  const Expr *valueOf(const Expr *E) const {
    const auto *Ref = dyn_cast<DeclRefExpr>(E);
    const auto *V = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
    return V ? Locals.onlyValue(V) : nullptr;
  }

  Place pointer(const Expr *E, unsigned Depth) {
    if (Depth > MaxDepth)
      return {};
    E = E->IgnoreParens();
    if (E->isGLValue()) // what a macro's parentheses hold
      return E->getType()->isArrayType() ? object(E, Depth + 1) : loaded(E, Depth + 1);
    if (const auto *C = dyn_cast<CastExpr>(E)) {
      switch (C->getCastKind()) {
      case CK_ArrayToPointerDecay:
        return object(C->getSubExpr(), Depth + 1);
      case CK_LValueToRValue:
        return loaded(C->getSubExpr()->IgnoreParens(), Depth + 1);
      case CK_BitCast:
      case CK_NoOp:
      case CK_IntegralToPointer:
      case CK_PointerToIntegral:
        return pointer(C->getSubExpr(), Depth + 1);
      default:
        return {};
      }
    }
    if (const auto *U = dyn_cast<UnaryOperator>(E)) {
      if (U->getOpcode() == UO_AddrOf)
        return object(U->getSubExpr(), Depth + 1);
      return U->getOpcode() == UO_Extension || U->getOpcode() == UO_Plus ? pointer(U->getSubExpr(), Depth + 1) : Place();
    }
    if (const auto *B = dyn_cast<BinaryOperator>(E))
      return sum(B, Depth);
    if (const auto *S = dyn_cast<StmtExpr>(E); S && !S->getSubStmt()->body_empty())
      if (const auto *Last = dyn_cast<Expr>(S->getSubStmt()->body_back()))
        return pointer(Last, Depth + 1);
    return {};
  }

  /// The value of a variable: what it was set to, if that happened once.
  Place loaded(const Expr *E, unsigned Depth) {
    if (const Expr *Value = valueOf(E))
      return pointer(Value, Depth);
    const auto *Ref = dyn_cast<DeclRefExpr>(E);
    const auto *V = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
    QualType Pointee = V ? V->getType()->getPointeeType() : QualType();
    if (Pointee.isNull() || !Pointee->isRecordType() || !Locals.onlySteps(V))
      return {};
    Place P;
    P.element = P.stepped = true;
    P.text = "what " + V->getNameAsString() + " points to after ++";
    return P;
  }

  /// p + 1, (char *)p + 8, p - n.
  Place sum(const BinaryOperator *B, unsigned Depth) {
    if (B->getOpcode() == BO_Comma || B->getOpcode() == BO_Assign)
      return pointer(B->getRHS(), Depth + 1);
    if (!B->isAdditiveOp())
      return {};
    bool Left = !constantOf(N, B->getLHS()) && (B->getLHS()->getType()->isPointerType() || !B->getRHS()->getType()->isPointerType());
    const Expr *Base = Left ? B->getLHS() : B->getRHS(), *Count = Left ? B->getRHS() : B->getLHS();
    if (Count->getType()->isPointerType())
      return {};
    Place P = pointer(Base, Depth + 1);
    std::optional<int64_t> C = constantOf(N, Count);
    if (!C || *C == INT64_MIN)
      return C || !B->getType()->isPointerType() ? Place() : stepped(std::move(P), B->getOpcode() == BO_Add, B->getType()->getPointeeType(), Base);
    move(P, B->getOpcode() == BO_Add ? *C : -*C, B->getType());
    P.text = P.text.empty() ? "an address behind " + N.textOf(Base->IgnoreParenCasts()->getSourceRange()) : "an address in " + P.text;
    return P;
  }

  /// A variable number of elements further. Of bytes nothing is known: they may lead back.
  Place stepped(Place P, bool Forward, QualType Element, const Expr *Base) {
    if (!Forward || !Element->isRecordType())
      return {};
    P.element = true;
    P.text = "an element of " + N.textOf(Base->getSourceRange());
    return P;
  }

  void move(Place &P, int64_t Count, QualType Pointer) const {
    int64_t Stride = 1, Bytes = 0;
    if (QualType T = Pointer->isPointerType() ? Pointer->getPointeeType() : QualType(); !T.isNull() && !T->isVoidType() && !T->isFunctionType()) {
      if (T->isIncompleteType() || !T->isConstantSizeType()) {
        P = {};
        return;
      }
      Stride = N.context().getTypeSizeInChars(T).getQuantity();
    }
    if (llvm::MulOverflow(Count, Stride, Bytes) || llvm::AddOverflow(P.offset, Bytes, P.offset))
      P = {};
  }

  /// The address of what an lvalue denotes.
  Place object(const Expr *E, unsigned Depth) {
    E = E->IgnoreParens();
    if (Depth > MaxDepth)
      return {};
    if (const auto *M = dyn_cast<MemberExpr>(E)) {
      const auto *F = dyn_cast<FieldDecl>(M->getMemberDecl());
      std::optional<int64_t> Offset = F ? fieldOffset(N, F) : std::nullopt;
      if (!Offset)
        return {};
      Place P = M->isArrow() ? pointer(M->getBase(), Depth + 1) : object(M->getBase(), Depth + 1);
      P.offset += *Offset;
      if (F->getIdentifier()) {
        QualType Record = M->isArrow() ? M->getBase()->getType()->getPointeeType() : M->getBase()->getType();
        P.text = "the member " + F->getNameAsString() + " of " + (Record.isNull() ? "a structure" : Record.getUnqualifiedType().getAsString());
      }
      return P;
    }
    if (const auto *A = dyn_cast<ArraySubscriptExpr>(E)) {
      Place P = pointer(A->getBase(), Depth + 1);
      if (std::optional<int64_t> Index = constantOf(N, A->getIdx())) {
        move(P, *Index, A->getBase()->getType());
        P.text = "element " + std::to_string(*Index) + " of " + N.textOf(A->getBase()->getSourceRange());
        return P;
      }
      return stepped(std::move(P), true, A->getType(), A->getBase());
    }
    if (const auto *U = dyn_cast<UnaryOperator>(E); U && U->getOpcode() == UO_Deref)
      return pointer(U->getSubExpr(), Depth + 1);
    Place P;
    if (isa<CompoundLiteralExpr>(E)) {
      P.temporary = true;
      P.text = "a compound literal";
    } else if (const auto *Ref = dyn_cast<DeclRefExpr>(E); Ref && isa<VarDecl>(Ref->getDecl())) {
      P.variable = cast<VarDecl>(Ref->getDecl());
    }
    return P;
  }

  static NotAStart describe(const Place &P) {
    if (P.temporary)
      return {"it is a compound literal, which is no allocation", true};
    if (P.variable) {
      std::string Name = P.variable->getNameAsString();
      std::string What = P.variable->hasLocalStorage() ? Name + ", which lies on the stack" : Name + ", a variable that is never allocated";
      return {(P.text.empty() ? "it is " : "it is " + P.text + ", in ") + What, true};
    }
    if (P.offset < 0)
      return {}; // back to the start of what it lies in
    std::string What = P.text.empty() ? "an address in something else" : P.text;
    if (P.element && P.offset > 0)
      return {"it is " + What + ", which begins " + std::to_string(P.offset) + " bytes behind the start", true};
    if (P.element)
      return {"it is " + What + (P.stepped ? ", and only the first of them is the start of an allocation" : ", and only the first one is the start of an allocation"), false};
    if (P.offset > 0)
      return {"it is " + What + ", " + std::to_string(P.offset) + " bytes behind its start", true};
    return {};
  }

  const Names &N;
  const LocalDefinitions &Locals;
};

} // namespace

NotAStart whyNotAStart(const Names &N, const LocalDefinitions &Locals, const Expr *E) { return StartSearch(N, Locals).of(E); }

} // namespace krcu
