// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/trace_graph.h"
#include "matchers/graph.h"
#include "clang/Analysis/Analyses/PostOrderCFGView.h"
#include "llvm/ADT/STLExtras.h"
#include <set>

using namespace clang;

namespace krcu {
namespace {

/// A local that the statement counts up or down.
const VarDecl *countedBy(const Stmt *Each) {
  const Expr *Counter = nullptr;
  if (const auto *U = dyn_cast<UnaryOperator>(Each); U && U->isIncrementDecrementOp())
    Counter = U->getSubExpr();
  else if (const auto *C = dyn_cast<CompoundAssignOperator>(Each); C && (C->getOpcode() == BO_AddAssign || C->getOpcode() == BO_SubAssign))
    Counter = C->getLHS();
  const auto *Ref = Counter ? dyn_cast<DeclRefExpr>(Counter->IgnoreParens()) : nullptr;
  const auto *V = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
  return V && V->hasLocalStorage() && V->getType()->isIntegerType() ? V : nullptr;
}

/// What the loop that this edge closes counts: in the blocks from which the edge is reached without passing the loop's beginning.
std::vector<const VarDecl *> countersOf(const CFGBlock *From, const CFGBlock *Begin) {
  std::vector<const VarDecl *> Result;
  std::set<const CFGBlock *> Seen{Begin};
  std::vector<const CFGBlock *> Work{From};
  if (From == Begin)
    Seen.clear();
  while (!Work.empty()) {
    const CFGBlock *B = Work.back();
    Work.pop_back();
    if (!B || !Seen.insert(B).second)
      continue;
    for (const CFGElement &E : *B)
      if (auto CS = E.getAs<CFGStmt>())
        if (const VarDecl *V = countedBy(CS->getStmt()); V && !llvm::is_contained(Result, V))
          Result.push_back(V);
    if (B != Begin)
      for (const CFGBlock *Before : B->preds())
        Work.push_back(Before);
  }
  return Result;
}

} // namespace

TraceGraph traceGraphOf(const Names &N, const FunctionDecl *F) {
  TraceGraph G;
  G.cfg = buildGraph(N, F, true);
  if (!G.cfg)
    return G;
  G.place.assign(G.cfg->getNumBlockIDs(), ~0u);
  PostOrderCFGView Order(G.cfg.get());
  unsigned Place = 0;
  for (const CFGBlock *B : Order)
    G.place[B->getBlockID()] = Place++;
  for (const CFGBlock *B : *G.cfg)
    for (const CFGBlock *Next : B->succs())
      if (Next && G.place[Next->getBlockID()] <= G.place[B->getBlockID()])
        G.back.emplace_back(B->getBlockID(), Next->getBlockID());
  for (const CFGBlock *B : *G.cfg)
    for (const CFGBlock *Next : B->succs())
      if (Next && llvm::is_contained(G.back, std::make_pair(B->getBlockID(), Next->getBlockID())))
        for (const VarDecl *V : countersOf(B, Next))
          G.counters[Next->getBlockID()].push_back(V);
  return G;
}

} // namespace krcu
