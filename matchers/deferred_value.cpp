// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/deferred_value.h"
#include "matchers/graph.h"
#include "clang/AST/RecursiveASTVisitor.h"

using namespace clang;

namespace krcu {

/// Counts what sets a variable: its initialiser, assignments, and everything else that may change it.
class DefinitionVisitor : public RecursiveASTVisitor<DefinitionVisitor> {
public:
  explicit DefinitionVisitor(LocalDefinitions &To) : To(To) {}
  bool VisitVarDecl(VarDecl *V) {
    if (V->hasInit())
      set(V, V->getInit());
    return true;
  }
  bool VisitBinaryOperator(BinaryOperator *B) {
    const VarDecl *V = B->isAssignmentOp() ? variable(B->getLHS()) : nullptr;
    if (V && B->getOpcode() == BO_Assign)
      set(V, B->getRHS());
    else if (V && B->getOpcode() == BO_AddAssign)
      ++To.Seen[V].steps;
    else if (V)
      To.Seen[V].escapes = true;
    return true;
  }
  bool VisitUnaryOperator(UnaryOperator *U) {
    if (U->isIncrementOp()) {
      if (const VarDecl *V = variable(U->getSubExpr()))
        ++To.Seen[V].steps;
      return true;
    }
    if (U->isIncrementDecrementOp() || U->getOpcode() == UO_AddrOf)
      if (const VarDecl *V = variable(U->getSubExpr()))
        To.Seen[V].escapes = true;
    return true;
  }
  bool VisitGCCAsmStmt(GCCAsmStmt *A) {
    for (unsigned I = 0; I < A->getNumOutputs(); ++I)
      if (const VarDecl *V = variable(A->getOutputExpr(I)))
        To.Seen[V].escapes = true;
    return true;
  }

private:
  static const VarDecl *variable(const Expr *E) {
    const auto *Ref = dyn_cast<DeclRefExpr>(E->IgnoreParenImpCasts());
    return Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
  }
  void set(const VarDecl *V, const Expr *Value) {
    LocalDefinitions::Uses &U = To.Seen[V];
    U.value = Value;
    ++U.times;
  }
  LocalDefinitions &To;
};

LocalDefinitions::LocalDefinitions(const FunctionDecl *F) { DefinitionVisitor(*this).TraverseStmt(F->getBody()); }

const Expr *LocalDefinitions::onlyValue(const VarDecl *V) const {
  auto It = Seen.find(V);
  bool Once = It != Seen.end() && It->second.times == 1 && !It->second.escapes && !It->second.steps;
  return Once && V->hasLocalStorage() && !isa<ParmVarDecl>(V) ? It->second.value : nullptr;
}

bool LocalDefinitions::onlySteps(const VarDecl *V) const {
  auto It = Seen.find(V);
  bool Once = It != Seen.end() && It->second.steps && !It->second.escapes && It->second.times <= (isa<ParmVarDecl>(V) ? 0u : 1u);
  return Once && V->hasLocalStorage();
}

namespace {

const RecordDecl *recordOfPointer(QualType T) {
  const RecordDecl *R = T.isNull() || !T->isPointerType() ? nullptr : T->getPointeeType()->getAsRecordDecl();
  return R && R->getDefinition() ? R->getDefinition() : R;
}

class Expansion {
public:
  using OwnText = std::function<bool(const Expr *)>;
  Expansion(const Names &N, const LocalDefinitions &Locals, const OwnText &Own) : N(N), Locals(Locals), Own(Own) {}

  Value valueOf(const Expr *E) {
    prepare(E, 0);
    return evaluate(N, Store, E);
  }
  const Expr *base(const Value &V) const { return Bases[V.parameterIndex()]; }

  /// Through parentheses, casts and locals of the macro. `Cast`: one of the casts is written in the macro.
  const Expr *behind(const Expr *E, bool &Cast) const {
    for (unsigned Step = 0; Step < 32 && Own(E); ++Step) {
      const Expr *Next = E->IgnoreParens();
      if (const auto *C = dyn_cast<CastExpr>(Next)) {
        Cast |= isa<ExplicitCastExpr>(C);
        Next = C->getSubExpr();
      } else if (const Expr *Value = valueOfLocal(Next)) {
        Next = Value;
      } else if (const auto *S = dyn_cast<StmtExpr>(Next); S && !S->getSubStmt()->body_empty() && isa<Expr>(S->getSubStmt()->body_back())) {
        Next = cast<Expr>(S->getSubStmt()->body_back());
      }
      if (Next == E)
        break;
      E = Next;
    }
    return E;
  }

  /// The record that a pointer is known to point to before the macro makes it a void pointer.
  QualType recordBehind(const Expr *E) const {
    bool Cast = false;
    for (unsigned Step = 0; Step < 32; ++Step) {
      if (recordOfPointer(E->getType()))
        return E->getType()->getPointeeType();
      const auto *C = dyn_cast<CastExpr>(E->IgnoreParens());
      const Expr *Next = C ? C->getSubExpr() : behind(E, Cast);
      if (Next == E)
        break;
      E = Next;
    }
    return {};
  }

private:
  const Expr *valueOfLocal(const Expr *E) const {
    const auto *Ref = dyn_cast<DeclRefExpr>(E);
    const auto *V = Ref && Own(Ref) ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
    return V ? Locals.onlyValue(V) : nullptr;
  }

  /// Gives the store what evaluate() needs for `S`: the macro's locals, and a number for each pointer that comes from outside.
  void prepare(const Stmt *S, unsigned Depth) {
    if (!S || Depth > 64)
      return;
    if (const auto *E = dyn_cast<Expr>(S)) {
      if (const auto *O = dyn_cast<OpaqueValueExpr>(E))
        return prepare(O->getSourceExpr(), Depth + 1);
      if (const Expr *Value = valueOfLocal(E))
        return define(cast<VarDecl>(cast<DeclRefExpr>(E)->getDecl()), Value, Depth);
      if (!Own(E) || isa<DeclRefExpr>(E))
        return number(E);
    }
    for (const Stmt *Child : S->children())
      prepare(Child, Depth + 1);
  }

  void define(const VarDecl *V, const Expr *Value, unsigned Depth) {
    if (!Defined.insert(V).second)
      return; // known, or set to something that depends on itself
    prepare(Value, Depth + 1);
    Store.setVariable(V, evaluate(N, Store, Value));
  }

  void number(const Expr *E) {
    if (!E->getType()->isPointerType() || constantOf(N, E) || E->isNullPointerConstant(N.context(), Expr::NPC_ValueDependentIsNotNull))
      return;
    unsigned Number = Bases.size();
    if (!E->HasSideEffects(N.context())) {
      llvm::FoldingSetNodeID ID;
      E->IgnoreParenImpCasts()->Profile(ID, N.context(), true);
      for (unsigned I = 0; I < Profiles.size(); ++I)
        if (Profiles[I] == ID)
          Number = I;
      if (Number == Bases.size()) {
        Bases.push_back(E);
        Profiles.push_back(ID);
      }
    } else {
      Bases.push_back(E);
      Profiles.emplace_back();
      Profiles.back().AddPointer(E);
    }
    Store.remember(E, Value::parameter(Number, true));
  }

  const Names &N;
  const LocalDefinitions &Locals;
  const OwnText &Own;
  ValueStore Store;
  std::set<const VarDecl *> Defined;
  std::vector<const Expr *> Bases;
  std::vector<llvm::FoldingSetNodeID> Profiles;
};

/// The arguments by the part they play, as numbers; -1: none does.
struct Parts {
  int head = -1;
  int object = -1; ///< a pointer, or the head's distance from the object as a number in a pointer's place
};

Parts partsOf(const CallExpr *Call, const std::vector<Value> &Values) {
  Parts P;
  const FunctionDecl *Callee = calleeOf(Call);
  int Count = static_cast<int>(std::min<size_t>(Values.size(), Callee->getNumParams()));
  auto Takes = [&](int I) { return Callee->getParamDecl(I)->getType(); };
  for (int I = 0; I < Count && P.head < 0; ++I)
    if (recordOfPointer(Takes(I)))
      P.head = I;
  for (int I = 0; I < Count && P.object < 0; ++I)
    if (I != P.head && Takes(I)->isPointerType() && Values[I].isPointer())
      P.object = I;
  bool HasHead = P.head >= 0 && Values[P.head].isPointer();
  for (int I = 0; HasHead && I < Count && P.object < 0; ++I)
    if (I != P.head && Takes(I)->isPointerType() && Values[I].isConstant())
      P.object = I;
  if (HasHead && P.object < 0) // a function of one argument: that is what it frees
    std::swap(P.head, P.object);
  return P;
}

bool takenAsHead(const Names &N, const Expansion &X, const Expr *Argument, QualType Parameter) {
  bool Cast = false;
  const Expr *E = X.behind(Argument, Cast);
  const auto *U = dyn_cast<UnaryOperator>(E->IgnoreParens());
  bool Address = U && U->getOpcode() == UO_AddrOf;
  const RecordDecl *R = Address ? U->getSubExpr()->getType()->getAsRecordDecl() : recordOfPointer(E->getType());
  const RecordDecl *Taken = recordOfPointer(Parameter);
  if (!R || !Taken)
    return false;
  // Where the macro casts, the compiler checks nothing; it was made for every type that is a head somewhere.
  return R->getCanonicalDecl() == Taken->getCanonicalDecl() || (Cast && N.isHeadRecord(R));
}

} // namespace

DeferredCall describeDeferredCall(const Names &N, const LocalDefinitions &Locals, const std::function<bool(const Expr *)> &Own,
                                  const CallExpr *Call) {
  DeferredCall Result;
  Expansion X(N, Locals, Own);
  std::vector<Value> Values;
  for (const Expr *A : Call->arguments())
    Values.push_back(X.valueOf(A));
  Parts P = partsOf(Call, Values);
  if (P.object < 0)
    return Result;
  const Value Head = P.head < 0 ? Value::unknown() : Values[P.head];
  Value Object = Values[P.object];
  bool ByDistance = Object.isConstant();
  if (ByDistance)
    Object = Head.plus(-Object.number());
  if (Object.isPointer() && Object.number() == 0)
    Result.object = X.base(Object);
  if (!ByDistance)
    Result.record_type = X.recordBehind(Call->getArg(P.object));
  else if (Result.object && recordOfPointer(Result.object->getType()))
    Result.record_type = Result.object->getType()->getPointeeType();
  if (!Result.record_type.isNull())
    Result.record = Result.record_type->getAsRecordDecl();
  Result.has_head = P.head >= 0 && !Head.isConstant();
  if (!Result.has_head)
    return Result;
  if (Head.isPointer() && Object.isPointer() && Head.parameterIndex() == Object.parameterIndex() && Head.number() >= Object.number())
    Result.offset = Head.number() - Object.number();
  Result.is_head = takenAsHead(N, X, Call->getArg(P.head), calleeOf(Call)->getParamDecl(P.head)->getType());
  return Result;
}

} // namespace krcu
