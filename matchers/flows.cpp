// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/flows.h"
#include "clang/AST/Attr.h"
#include "clang/AST/RecursiveASTVisitor.h"

using namespace clang;

namespace krcu {
namespace {

class FlowVisitor : public RecursiveASTVisitor<FlowVisitor> {
public:
  FlowVisitor(const Names &N, const FunctionDecl *F, FileFacts &Facts) : N(N), F(F), Facts(Facts) {
    if (F)
      Function = N.symbolOf(F);
  }

  bool VisitBinaryOperator(BinaryOperator *B) {
    if (B->getOpcode() == BO_Assign && concernsCaches(B->getLHS(), B->getRHS()))
      for (const std::string &To : N.placesOf(B->getLHS()))
        flow(To, B->getRHS(), B->getBeginLoc());
    return true;
  }

  bool VisitVarDecl(VarDecl *V) {
    if (V->hasInit() && !isa<ParmVarDecl>(V))
      initialise(N.variablePlace(V), V->getType(), V->getInit());
    if (V->hasAttr<CleanupAttr>() && N.cachePointerDepth(V->getType()))
      add("?", N.variablePlace(V), V->getBeginLoc()); // no call in the text hands it to that function
    return true;
  }

  bool VisitReturnStmt(ReturnStmt *R) {
    if (F && R->getRetValue() && concernsCaches(R->getRetValue(), R->getRetValue()))
      flow("R:" + Function, R->getRetValue(), R->getBeginLoc());
    return true;
  }

  bool VisitCompoundLiteralExpr(CompoundLiteralExpr *L) {
    initialise("?", L->getType(), L->getInitializer());
    return true;
  }

  /// xchg() and its kin end in assembly, which may move any of its operands into any of its outputs.
  bool VisitGCCAsmStmt(GCCAsmStmt *S) {
    std::vector<const Expr *> Operands;
    for (unsigned I = 0; I < S->getNumOutputs(); ++I)
      Operands.push_back(S->getOutputExpr(I));
    for (unsigned I = 0; I < S->getNumInputs(); ++I)
      Operands.push_back(S->getInputExpr(I));
    for (unsigned O = 0; O < S->getNumOutputs(); ++O) {
      if (!N.cachePointerDepth(Operands[O]->getType()))
        continue;
      for (const std::string &To : N.placesOf(Operands[O])) {
        bool Known = false;
        for (unsigned I = 0; I < Operands.size(); ++I)
          if (I != O && N.cachePointerDepth(Operands[I]->getType())) {
            flow(To, Operands[I], S->getBeginLoc());
            Known = true;
          }
        if (!Known)
          add(To, "?", S->getBeginLoc());
      }
    }
    return true;
  }

  bool VisitCallExpr(CallExpr *Call) {
    const FunctionDecl *Callee = calleeOf(Call);
    if (Callee && Callee->getIdentifier() && N.rules().cacheCreate(Callee->getName().str()))
      create(Call, Callee);
    for (unsigned A = 0; A < Call->getNumArgs(); ++A) {
      const Expr *Argument = Call->getArg(A);
      if (!N.cachePointerDepth(stripped(Argument)->getType()))
        continue;
      flow(Callee ? "P:" + N.symbolOf(Callee) + "#" + std::to_string(A) : "?", Argument, Argument->getBeginLoc());
    }
    return true;
  }

private:
  bool concernsCaches(const Expr *Left, const Expr *Right) const {
    return N.cachePointerDepth(Left->getType()) || N.cachePointerDepth(stripped(Right)->getType());
  }

  void flow(const std::string &To, const Expr *From, SourceLocation At) {
    for (const std::string &Value : N.valuesOf(From))
      if (Value != "0")
        add(To, Value, At);
  }

  void add(const std::string &To, const std::string &From, SourceLocation At) {
    FlowFact Fact;
    Fact.to = To;
    Fact.from = From;
    Fact.where = N.locationOf(At);
    Fact.function = Function;
    Facts.flows.push_back(std::move(Fact));
  }

  /// Walks an initialiser together with the type it initialises; tables nest records in arrays.
  void initialise(const std::string &Place, QualType T, const Expr *Init) {
    if (!Init)
      return;
    const Expr *Plain = Init->IgnoreParenImpCasts();
    if (const auto *L = dyn_cast<CompoundLiteralExpr>(Plain))
      Plain = L->getInitializer()->IgnoreParenImpCasts();
    const auto *List = dyn_cast<InitListExpr>(Plain);
    if (!List) {
      if (N.cachePointerDepth(T) || N.cachePointerDepth(stripped(Init)->getType()))
        flow(Place, Init, Init->getBeginLoc());
      return;
    }
    if (List->isSyntacticForm() && List->getSemanticForm())
      List = List->getSemanticForm();
    if (const ArrayType *A = N.context().getAsArrayType(T)) {
      for (const Expr *Element : List->inits())
        initialise(Place, A->getElementType(), Element);
      return;
    }
    const auto *Record = T->getAs<RecordType>();
    if (!Record) {
      for (const Expr *Element : List->inits())
        initialise(Place, T, Element);
      return;
    }
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

  void create(const CallExpr *Call, const FunctionDecl *Callee) {
    CreateFact Fact;
    Fact.where = N.locationOf(Call->getBeginLoc());
    Fact.place = "N:" + Fact.where.file + ":" + std::to_string(Fact.where.line);
    Fact.function = Function;
    std::string Macro = N.outermostMacro(Call->getBeginLoc());
    Fact.api = Macro.empty() ? Callee->getNameAsString() : Macro;
    if (Call->getNumArgs())
      if (const auto *S = dyn_cast<clang::StringLiteral>(stripped(Call->getArg(0))))
        Fact.name = S->getString().str();
    Facts.creates.push_back(std::move(Fact));
  }

  const Names &N;
  const FunctionDecl *F;
  FileFacts &Facts;
  std::string Function;
};

} // namespace

void collectFlows(const Names &N, const Decl *D, FileFacts &Facts) {
  if (const auto *F = dyn_cast<FunctionDecl>(D))
    FlowVisitor(N, F, Facts).TraverseStmt(F->getBody());
  else
    FlowVisitor(N, nullptr, Facts).TraverseDecl(const_cast<Decl *>(D));
}

} // namespace krcu
