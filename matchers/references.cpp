// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/functions.h"
#include "clang/AST/RecursiveASTVisitor.h"

using namespace clang;

namespace krcu {
namespace {

/// Finds functions named without a call, and file-scope objects whose address is handed to a function or a driver macro.
class ReferenceVisitor : public RecursiveASTVisitor<ReferenceVisitor> {
public:
  ReferenceVisitor(const Names &N, std::string Function, FileFacts &Facts)
      : N(N), Function(std::move(Function)), Facts(Facts) {}

  bool VisitCallExpr(CallExpr *Call) {
    if (const auto *Ref = dyn_cast<DeclRefExpr>(Call->getCallee()->IgnoreParenImpCasts()))
      Called.insert(Ref);
    const FunctionDecl *Callee = calleeOf(Call);
    if (!Callee)
      return true;
    std::string Symbol = N.symbolOf(Callee);
    for (const Expr *A : Call->arguments()) {
      const Expr *E = stripped(A);
      if (const auto *U = dyn_cast<UnaryOperator>(E); U && U->getOpcode() == UO_AddrOf)
        E = wholeOf(U->getSubExpr());
      const auto *Ref = dyn_cast<DeclRefExpr>(E);
      if (!Ref)
        continue;
      if (isa<FunctionDecl>(Ref->getDecl())) {
        Argument[Ref] = Symbol;
      } else if (const auto *V = dyn_cast<VarDecl>(Ref->getDecl()); V && V->hasGlobalStorage() && !V->isStaticLocal()) {
        ObjectUseFact Use;
        Use.variable = N.symbolOf(V);
        Use.where = N.locationOf(Ref->getLocation());
        Use.in_function = Function;
        Use.argument_of = Symbol;
        Use.macro = N.outermostMacro(Call->getBeginLoc());
        Facts.object_uses.push_back(std::move(Use));
      }
    }
    return true;
  }

  bool VisitBinaryOperator(BinaryOperator *B) {
    if (B->getOpcode() == BO_Assign)
      if (const DeclRefExpr *Ref = functionIn(B->getRHS())) {
        std::vector<std::string> Places = N.placesOf(B->getLHS());
        Place[Ref] = Places.empty() ? "?" : Places.front();
      }
    return true;
  }

  bool VisitVarDecl(VarDecl *V) {
    if (V->hasInit()) {
      std::string Saved = Object;
      Object = N.variablePlace(V);
      initialise(Object, V->getType(), V->getInit());
      Object = Saved;
    }
    return true;
  }

  bool VisitDeclRefExpr(DeclRefExpr *Ref) {
    const auto *F = dyn_cast<FunctionDecl>(Ref->getDecl());
    if (F && F->getIdentifier() && !F->getBuiltinID() && !Called.count(Ref))
      Pending.push_back(Ref);
    return true;
  }

  /// After the traversal, when all contexts are known.
  void finish() {
    for (const DeclRefExpr *Ref : Pending) {
      if (Called.count(Ref))
        continue;
      FunctionRefFact Fact;
      Fact.function = N.symbolOf(cast<FunctionDecl>(Ref->getDecl()));
      Fact.where = N.locationOf(Ref->getLocation());
      Fact.in_function = Function;
      Fact.macro = N.outermostMacro(Ref->getLocation());
      if (auto It = Place.find(Ref); It != Place.end())
        Fact.place = It->second;
      if (auto It = Owner.find(Ref); It != Owner.end())
        Fact.object = It->second;
      if (auto It = Argument.find(Ref); It != Argument.end())
        Fact.argument_of = It->second;
      Facts.references.push_back(std::move(Fact));
    }
  }

private:
  /// The object that `E` is a part of: all of all[1].base.
  static const Expr *wholeOf(const Expr *E) {
    while (true) {
      E = stripped(E);
      const auto *M = dyn_cast<MemberExpr>(E);
      const auto *A = dyn_cast<ArraySubscriptExpr>(E);
      if (M && !M->isArrow())
        E = M->getBase();
      else if (A && stripped(A->getBase())->getType()->isArrayType())
        E = A->getBase();
      else
        return E;
    }
  }

  static const DeclRefExpr *functionIn(const Expr *E) {
    E = stripped(E);
    if (const auto *U = dyn_cast<UnaryOperator>(E); U && U->getOpcode() == UO_AddrOf)
      E = stripped(U->getSubExpr());
    const auto *Ref = dyn_cast<DeclRefExpr>(E);
    return Ref && isa<FunctionDecl>(Ref->getDecl()) ? Ref : nullptr;
  }

  void initialise(const std::string &To, QualType T, const Expr *Init) {
    if (!Init)
      return;
    const Expr *Plain = Init->IgnoreParenImpCasts();
    if (const auto *L = dyn_cast<CompoundLiteralExpr>(Plain))
      Plain = L->getInitializer()->IgnoreParenImpCasts();
    const auto *List = dyn_cast<InitListExpr>(Plain);
    if (!List) {
      if (const DeclRefExpr *Ref = functionIn(Init)) {
        Place[Ref] = To;
        Owner[Ref] = Object;
      }
      return;
    }
    if (List->isSyntacticForm() && List->getSemanticForm())
      List = List->getSemanticForm();
    if (const ArrayType *A = N.context().getAsArrayType(T)) {
      for (const Expr *Element : List->inits())
        initialise(To, A->getElementType(), Element);
      return;
    }
    const auto *Record = T->getAs<RecordType>();
    if (!Record)
      return;
    if (Record->getDecl()->isUnion()) {
      if (const FieldDecl *Field = List->getInitializedFieldInUnion(); Field && List->getNumInits())
        initialise(N.fieldPlace(Field), Field->getType(), List->getInit(0));
      return;
    }
    unsigned I = 0;
    for (const FieldDecl *Field : Record->getDecl()->fields()) {
      if (Field->isUnnamedBitField())
        continue;
      if (I >= List->getNumInits())
        break;
      initialise(N.fieldPlace(Field), Field->getType(), List->getInit(I++));
    }
  }

  const Names &N;
  std::string Function;
  FileFacts &Facts;
  std::string Object;
  std::set<const DeclRefExpr *> Called;
  std::vector<const DeclRefExpr *> Pending;
  std::map<const DeclRefExpr *, std::string> Place, Owner, Argument;
};

} // namespace

void collectReferences(const Names &N, const Decl *D, FileFacts &Facts) {
  if (const auto *F = dyn_cast<FunctionDecl>(D)) {
    ReferenceVisitor V(N, N.symbolOf(F), Facts);
    V.TraverseStmt(F->getBody());
    V.finish();
    return;
  }
  ReferenceVisitor V(N, "", Facts);
  V.TraverseDecl(const_cast<Decl *>(D));
  V.finish();
}

} // namespace krcu
