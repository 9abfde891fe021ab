// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Why it is right. Two variables hold the same base only if the same execution of one statement gave it to both. A statement that is
// executed again gives a new value under the same number, so whoever still has the old one loses it first. Where ways with
// different values meet, a variable gets a number of its own for that place, and keeps it. A variable whose address is
// taken, or that assembly writes to, is not followed at all. Whatever is not understood is a new base, tied to nothing.
#include "matchers/ties.h"
#include "matchers/summary.h"
#include "clang/AST/RecursiveASTVisitor.h"

using namespace clang;

namespace krcu {
namespace {

constexpr unsigned MaxRounds = 50;
constexpr unsigned MaxBlocks = 2000;

/// Variables that something else than an assignment may change.
class EscapeVisitor : public RecursiveASTVisitor<EscapeVisitor> {
public:
  explicit EscapeVisitor(std::set<const VarDecl *> &To) : To(To) {}
  bool VisitUnaryOperator(UnaryOperator *U) {
    if (U->getOpcode() == UO_AddrOf)
      add(U->getSubExpr());
    return true;
  }
  bool VisitGCCAsmStmt(GCCAsmStmt *S) {
    for (unsigned I = 0; I < S->getNumOutputs(); ++I)
      add(S->getOutputExpr(I));
    for (unsigned I = 0; I < S->getNumInputs(); ++I)
      if (S->getInputExpr(I)->isGLValue())
        add(S->getInputExpr(I));
    return true;
  }

private:
  void add(const Expr *E) {
    if (const auto *Ref = dyn_cast<DeclRefExpr>(E->IgnoreParenCasts()))
      if (const auto *V = dyn_cast<VarDecl>(Ref->getDecl()))
        To.insert(V);
  }
  std::set<const VarDecl *> &To;
};

const VarDecl *variableIn(const Expr *E) {
  const auto *Ref = dyn_cast<DeclRefExpr>(E->IgnoreParens());
  return Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
}

} // namespace

bool Ties::follows(const VarDecl *V) const {
  return V && V->hasLocalStorage() && V->getType()->isPointerType() && !V->getType().isVolatileQualified() && !Escaped.count(V);
}

Value Ties::fresh(const void *At, const VarDecl *V) {
  auto It = Bases.emplace(std::pair(At, V), static_cast<unsigned>(Bases.size())).first;
  return Value::parameter(It->second, true);
}

Value Ties::valueOf(const Expr *E, const State &At, const ValueStore &Calls) const {
  ValueStore Store = Calls;
  for (const auto &[V, Val] : At)
    Store.setVariable(V, Val);
  return evaluate(N, Store, E);
}

void Ties::set(const VarDecl *V, const Expr *From, const void *At, State &To, const ValueStore &Calls) {
  Value New = From ? valueOf(From, To, Calls) : Value();
  if (!New.isPointer()) {
    New = fresh(At, V);
    for (auto &[Other, Held] : To)
      if (Held.isPointer() && Held.parameterIndex() == New.parameterIndex())
        Held = Value::unknown();
  }
  To[V] = New;
}

/// to_foo(base): a function whose result is always the same distance from one of its arguments.
Value Ties::resultOf(const CallExpr *C, const State &At, const ValueStore &Calls) {
  const FunctionDecl *Callee = calleeOf(C);
  if (!Callee || !C->getType()->isPointerType() || !N.seenDefinition(Callee))
    return Value::unknown();
  auto [It, New] = Results.emplace(Callee->getCanonicalDecl(), std::nullopt);
  if (New) {
    std::set<std::string> Missing;
    FunctionSummary S = summarise(N, Callee, Missing);
    bool Same = !S.opaque && !S.paths.empty() && S.paths.front().result.kind == AbstractValue::ParameterPlus;
    for (const PathSummary &P : S.paths)
      Same = Same && P.result == S.paths.front().result;
    if (Same)
      It->second = S.paths.front().result;
  }
  if (!It->second || It->second->parameter >= C->getNumArgs())
    return Value::unknown();
  Value Argument = valueOf(C->getArg(It->second->parameter), At, Calls);
  return Argument.isPointer() ? Argument.plus(It->second->offset) : Value::unknown();
}

void Ties::step(const Stmt *S, State &To, ValueStore &Calls) {
  if (const auto *D = dyn_cast<DeclStmt>(S)) {
    for (const Decl *Each : D->decls())
      if (const auto *V = dyn_cast<VarDecl>(Each); follows(V))
        set(V, V->getInit(), S, To, Calls);
  } else if (const auto *B = dyn_cast<BinaryOperator>(S); B && B->isAssignmentOp()) {
    if (const VarDecl *V = variableIn(B->getLHS()); follows(V))
      set(V, B->getOpcode() == BO_Assign ? B->getRHS() : nullptr, S, To, Calls);
  } else if (const auto *U = dyn_cast<UnaryOperator>(S); U && U->isIncrementDecrementOp()) {
    if (const VarDecl *V = variableIn(U->getSubExpr()); follows(V))
      set(V, nullptr, S, To, Calls);
  } else if (const auto *C = dyn_cast<CallExpr>(S)) {
    if (Value Result = resultOf(C, To, Calls); Result.isPointer())
      Calls.remember(C, Result);
  }
}

Ties::State Ties::entry(const CFGBlock *B) {
  State Result;
  if (B == &Graph->getEntry()) {
    for (const ParmVarDecl *P : F->parameters())
      if (follows(P))
        Result[P] = fresh(P, P);
    return Result;
  }
  std::vector<const State *> Before;
  for (auto It = B->pred_begin(); It != B->pred_end(); ++It) {
    const CFGBlock *Pred = It->getReachableBlock() ? It->getReachableBlock() : It->getPossiblyUnreachableBlock();
    if (auto Known = Pred ? Out.find(Pred) : Out.end(); Known != Out.end())
      Before.push_back(&Known->second);
  }
  if (Before.empty())
    return Result;
  std::set<unsigned> Own; // numbers that this block itself has given
  for (const auto &[Place, Number] : Bases)
    if (Place.first == B)
      Own.insert(Number);
  for (const auto &[V, First] : *Before.front()) {
    bool Everywhere = true, Same = !(First.isPointer() && Own.count(First.parameterIndex()));
    for (const State *S : Before) {
      auto It = S->find(V);
      Everywhere = Everywhere && It != S->end();
      Same = Same && It != S->end() && It->second == First;
    }
    if (!Everywhere) // declared on one way only
      continue;
    if (!Same)
      Merged.insert({B, V});
    Result[V] = Merged.count({B, V}) ? fresh(B, V) : First;
  }
  return Result;
}

bool Ties::solveOnce() {
  bool Changed = false;
  for (auto It = Graph->rbegin(); It != Graph->rend(); ++It) { // blocks are numbered from the exit
    const CFGBlock *B = *It;
    bool Reached = B == &Graph->getEntry();
    for (auto P = B->pred_begin(); P != B->pred_end(); ++P) {
      const CFGBlock *Pred = P->getReachableBlock() ? P->getReachableBlock() : P->getPossiblyUnreachableBlock();
      Reached = Reached || (Pred && Out.count(Pred));
    }
    if (!Reached)
      continue;
    State S = entry(B);
    ValueStore Calls;
    for (const CFGElement &E : *B)
      if (auto St = E.getAs<CFGStmt>())
        step(St->getStmt(), S, Calls);
    auto Known = Out.find(B);
    if (Known == Out.end() || Known->second != S) {
      Out[B] = std::move(S);
      Changed = true;
    }
  }
  return Changed;
}

void Ties::solve() {
  Solved = true;
  EscapeVisitor(Escaped).TraverseStmt(F->getBody());
  Graph = buildGraph(N, F, true);
  Failed = !Graph || Graph->size() > MaxBlocks;
  for (unsigned Round = 0; !Failed && solveOnce(); ++Round)
    Failed = Round >= MaxRounds;
}

std::optional<int64_t> Ties::distance(const CallExpr *Call, const VarDecl *V, const Expr *Pointer) {
  if (!Solved)
    solve();
  if (Failed || !follows(V))
    return std::nullopt;
  for (const CFGBlock *B : *Graph) {
    if (!Out.count(B))
      continue;
    bool Here = false;
    for (const CFGElement &E : *B)
      if (auto St = E.getAs<CFGStmt>(); St && St->getStmt() == Call)
        Here = true;
    if (!Here)
      continue;
    State S = entry(B);
    ValueStore Calls;
    for (const CFGElement &E : *B) {
      auto St = E.getAs<CFGStmt>();
      if (!St)
        continue;
      if (St->getStmt() == Call)
        break;
      step(St->getStmt(), S, Calls);
    }
    auto Held = S.find(V);
    Value P = valueOf(Pointer, S, Calls);
    if (Held == S.end() || !Held->second.isPointer() || !P.isPointer() || Held->second.parameterIndex() != P.parameterIndex())
      return std::nullopt;
    return P.number() - Held->second.number();
  }
  return std::nullopt;
}

} // namespace krcu
