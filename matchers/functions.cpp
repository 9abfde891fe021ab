// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// "Runs before on every path" is a forward must-analysis over the CFG: the set of calls that have been made on every path
// to a point is the intersection over the predecessors. "On some path" is the union. Both are taken per block and then within it.
#include "matchers/functions.h"
#include "clang/AST/Attr.h"
#include "clang/Analysis/CFG.h"
#include "llvm/ADT/BitVector.h"
#include <map>

using namespace clang;

namespace krcu {
namespace {

struct Numbered {
  std::map<const CFGBlock *, std::vector<unsigned>> of; ///< calls of a block in order
  std::vector<const CallExpr *> calls;
};

Numbered numberCalls(const CFG &Graph) {
  Numbered Result;
  for (const CFGBlock *B : Graph) {
    for (const CFGElement &E : *B)
      if (auto S = E.getAs<CFGStmt>())
        if (const auto *C = dyn_cast<CallExpr>(S->getStmt())) {
          Result.of[B].push_back(static_cast<unsigned>(Result.calls.size()));
          Result.calls.push_back(C);
        }
  }
  return Result;
}

/// Sets at the entry of each block. Must: intersection; may: union.
std::map<const CFGBlock *, llvm::BitVector> solve(const CFG &Graph, const Numbered &Calls, bool Must) {
  unsigned Count = static_cast<unsigned>(Calls.calls.size());
  std::map<const CFGBlock *, llvm::BitVector> In, Out;
  for (const CFGBlock *B : Graph)
    In[B] = Out[B] = llvm::BitVector(Count, Must);
  In[&Graph.getEntry()].reset();
  for (bool Changed = true; Changed;) {
    Changed = false;
    for (auto It = Graph.rbegin(); It != Graph.rend(); ++It) { // blocks are numbered from the exit
      const CFGBlock *B = *It;
      llvm::BitVector Set(Count, Must);
      bool Any = false;
      for (auto P = B->pred_begin(); P != B->pred_end(); ++P)
        if (const CFGBlock *Pred = P->getReachableBlock()) {
          Any = true;
          if (Must)
            Set &= Out[Pred];
          else
            Set |= Out[Pred];
        }
      if (B == &Graph.getEntry() || (!Any && !Must))
        Set.reset();
      In[B] = Set;
      auto Own = Calls.of.find(B);
      if (Own != Calls.of.end())
        for (unsigned C : Own->second)
          Set.set(C);
      if (Set != Out[B]) {
        Out[B] = Set;
        Changed = true;
      }
    }
  }
  return In;
}

std::vector<unsigned> members(const llvm::BitVector &Set) {
  std::vector<unsigned> Result;
  for (int I = Set.find_first(); I >= 0; I = Set.find_next(static_cast<unsigned>(I)))
    Result.push_back(static_cast<unsigned>(I));
  return Result;
}

bool inSection(const FunctionDecl *F, StringRef Part) {
  for (const FunctionDecl *R : F->redecls())
    if (const auto *S = R->getAttr<SectionAttr>(); S && S->getName().contains(Part))
      return true;
  return false;
}

void describeCall(const Names &N, const CallExpr *C, CallFact &Fact) {
  Fact.where = N.locationOf(C->getBeginLoc());
  Fact.macro = N.outermostMacro(C->getBeginLoc());
  if (const FunctionDecl *Callee = calleeOf(C)) {
    Fact.callee = N.symbolOf(Callee);
    if (Callee->getIdentifier() && N.rules().cacheDestroy(Callee->getName().str()))
      for (const Expr *A : C->arguments()) {
        std::vector<std::string> Values = N.valuesOf(A);
        std::string Joined;
        for (const std::string &V : Values)
          Joined += (Joined.empty() ? "" : "|") + V;
        Fact.arguments.push_back(Joined);
      }
    return;
  }
  Fact.indirect = true;
  const Expr *E = stripped(C->getCallee());
  if (const auto *U = dyn_cast<UnaryOperator>(E); U && U->getOpcode() == UO_Deref)
    E = stripped(U->getSubExpr());
  if (const auto *M = dyn_cast<MemberExpr>(E)) {
    if (const auto *Field = dyn_cast<FieldDecl>(M->getMemberDecl()))
      Fact.callee = N.fieldPlace(Field);
  } else if (const auto *Ref = dyn_cast<DeclRefExpr>(E)) {
    if (const auto *V = dyn_cast<VarDecl>(Ref->getDecl()))
      Fact.callee = N.variablePlace(V);
  }
}

} // namespace

FunctionFact describeFunction(const Names &N, const FunctionDecl *F) {
  FunctionFact Fact;
  Fact.function = N.symbolOf(F);
  Fact.where = N.locationOf(F->getLocation());
  Fact.is_static = !F->isExternallyVisible();
  Fact.init_section = inSection(F, ".init.text");
  Fact.exit_section = inSection(F, ".exit.text");
  CFG::BuildOptions Options;
  Options.setAlwaysAdd(Stmt::CallExprClass);
  std::unique_ptr<CFG> Graph = CFG::buildCFG(F, F->getBody(), &N.context(), Options);
  if (!Graph)
    return Fact;
  Numbered Calls = numberCalls(*Graph);
  Fact.calls.resize(Calls.calls.size());
  for (size_t I = 0; I < Calls.calls.size(); ++I)
    describeCall(N, Calls.calls[I], Fact.calls[I]);
  auto Must = solve(*Graph, Calls, true);
  bool NeedsMay = false;
  for (const CallFact &C : Fact.calls)
    NeedsMay = NeedsMay || !C.arguments.empty();
  std::map<const CFGBlock *, llvm::BitVector> May;
  if (NeedsMay)
    May = solve(*Graph, Calls, false);
  for (const auto &[Block, Own] : Calls.of) {
    llvm::BitVector Set = Must[Block];
    llvm::BitVector Some = NeedsMay ? May[Block] : llvm::BitVector();
    for (unsigned C : Own) {
      Fact.calls[C].before = members(Set);
      Set.set(C);
      if (NeedsMay) {
        if (!Fact.calls[C].arguments.empty())
          Fact.calls[C].maybe_before = members(Some);
        Some.set(C);
      }
    }
  }
  for (unsigned C : members(Must[&Graph->getExit()]))
    Fact.calls[C].always = true;
  return Fact;
}

} // namespace krcu
