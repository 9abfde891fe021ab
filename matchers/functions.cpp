// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// "Runs before on every path" is a forward must-analysis over the CFG: the set of calls that have been made on every path
// to a point is the intersection over the predecessors. "On some path" is the union. Both are taken per block and then within it.
#include "matchers/functions.h"
#include "matchers/graph.h"
#include "matchers/limits.h"
#include "clang/AST/Attr.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <map>
#include <optional>
#include <set>

using namespace clang;

namespace krcu {
namespace {

/// The relations grow with the square of the calls. Builtins are no calls; and beyond this many the calls of one function count as one
/// (it runs before if any of them does, and what runs before it runs before all of them).
constexpr unsigned MaxCalls = 300;

struct Numbered {
  std::map<const CFGBlock *, std::vector<unsigned>> of; ///< calls of a block in order
  std::vector<const CallExpr *> calls;
};

bool isBuiltin(const CallExpr *C) {
  const FunctionDecl *Callee = calleeOf(C);
  return Callee && Callee->getBuiltinID() != 0;
}

/// Calls of the primitives that the proof is about always stay apart.
bool isPrimitive(const Names &N, const FunctionDecl *Callee) {
  if (!Callee || !Callee->getIdentifier())
    return false;
  std::string Name = Callee->getName().str();
  return N.rules().cacheCreate(Name) || N.rules().cacheDestroy(Name) || N.rules().barrier(Name) || N.rules().deferral(Name);
}

/// Calls of the same function become one. \p Numbers: the new number of each call.
Numbered merged(const Numbered &In, llvm::function_ref<bool(const FunctionDecl *)> StayApart, std::vector<unsigned> &NewNumber) {
  Numbered Result;
  std::map<const FunctionDecl *, unsigned> Known;
  NewNumber.clear();
  for (const CallExpr *C : In.calls) {
    const FunctionDecl *Callee = calleeOf(C) ? calleeOf(C)->getCanonicalDecl() : nullptr;
    auto It = Callee && !StayApart(Callee) ? Known.find(Callee) : Known.end();
    if (It != Known.end()) {
      NewNumber.push_back(It->second);
      continue;
    }
    unsigned Number = static_cast<unsigned>(Result.calls.size());
    if (Callee)
      Known.emplace(Callee, Number);
    NewNumber.push_back(Number);
    Result.calls.push_back(C);
  }
  for (const auto &[Block, Own] : In.of)
    for (unsigned C : Own)
      Result.of[Block].push_back(NewNumber[C]);
  return Result;
}

Numbered numberCalls(const Names &N, const CFG &Graph) {
  Numbered Result;
  for (const CFGBlock *B : Graph) {
    for (const CFGElement &E : *B)
      if (auto S = E.getAs<CFGStmt>())
        if (const auto *C = dyn_cast<CallExpr>(S->getStmt()); C && !isBuiltin(C)) {
          Result.of[B].push_back(static_cast<unsigned>(Result.calls.size()));
          Result.calls.push_back(C);
        }
  }
  std::vector<unsigned> Numbers;
  return Result.calls.size() > MaxCalls ? merged(Result, [&](const FunctionDecl *F) { return isPrimitive(N, F); }, Numbers) : Result;
}

/// What can be reached from the entry, with the edges that lead there.
struct Reachable {
  std::set<const CFGBlock *> blocks;
  std::map<const CFGBlock *, std::vector<const CFGBlock *>> into;
};

Reachable reachable(const Names &N, const CFG &Graph) {
  Reachable Result;
  std::vector<const CFGBlock *> Work{&Graph.getEntry()};
  Result.blocks.insert(Work.front());
  while (!Work.empty()) {
    const CFGBlock *B = Work.back();
    Work.pop_back();
    const Expr *Condition = conditionOf(B);
    for (const GraphEdge &E : edgesFrom(N, B, Condition ? constantOf(N, Condition) : std::nullopt)) {
      Result.into[E.to].push_back(B);
      if (Result.blocks.insert(E.to).second)
        Work.push_back(E.to);
    }
  }
  return Result;
}

/// Sets at the entry of each block that can be reached. Must: intersection; may: union.
std::map<const CFGBlock *, llvm::BitVector> solve(const CFG &Graph, const Reachable &Blocks, const Numbered &Calls, bool Must) {
  unsigned Count = static_cast<unsigned>(Calls.calls.size());
  std::map<const CFGBlock *, llvm::BitVector> In, Out;
  for (const CFGBlock *B : Blocks.blocks)
    In[B] = Out[B] = llvm::BitVector(Count, Must);
  for (bool Changed = true; Changed;) {
    Changed = false;
    for (auto It = Graph.rbegin(); It != Graph.rend(); ++It) { // blocks are numbered from the exit
      const CFGBlock *B = *It;
      if (!Blocks.blocks.count(B))
        continue;
      llvm::BitVector Set(Count, Must && B != &Graph.getEntry());
      if (auto Into = Blocks.into.find(B); Into != Blocks.into.end())
        for (const CFGBlock *Pred : Into->second) {
          if (Must)
            Set &= Out[Pred];
          else
            Set |= Out[Pred];
        }
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

/// Whether a cache is an argument, and the callee is none of the allocator's own: it may destroy the cache.
bool handsCacheOn(const Names &N, const CallExpr *C, const FunctionDecl *Callee) {
  std::string Name = Callee->getName().str();
  bool Handed = llvm::any_of(C->arguments(), [&](const Expr *A) { return N.cachePointerDepth(stripped(A)->getType()) == 1; });
  return Handed && !N.rules().free(Name) && !StringRef(N.fileOf(Callee->getCanonicalDecl()->getLocation())).starts_with("include/linux/slab");
}

void describeCall(const Names &N, const CallExpr *C, CallFact &Fact) {
  Fact.where = N.locationOf(C->getBeginLoc());
  Fact.macro = N.outermostMacro(C->getBeginLoc());
  if (const FunctionDecl *Callee = calleeOf(C)) {
    Fact.callee = N.symbolOf(Callee);
    if (Callee->getIdentifier() && (N.rules().cacheDestroy(Callee->getName().str()) || handsCacheOn(N, C, Callee)))
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

/// if (x) { wait(); } else { wait(); }: neither call runs on every path, and yet the function has waited.
void describeTogether(const CFG &Graph, const Reachable &Blocks, const Numbered &Calls, FunctionFact &Fact) {
  std::vector<unsigned> One;
  Numbered ByCallee = merged(Calls, [](const FunctionDecl *) { return false; }, One);
  if (ByCallee.calls.size() == Calls.calls.size())
    return;
  auto Must = solve(Graph, Blocks, ByCallee, true);
  std::vector<unsigned> Times(ByCallee.calls.size());
  for (unsigned Number : One)
    ++Times[Number];
  auto Contains = [](const std::vector<unsigned> &List, unsigned Value) { return llvm::is_contained(List, Value); };
  // The calls of the callees in `Set`, of which `Apart` has none.
  auto Together = [&](const llvm::BitVector &Set, const std::vector<unsigned> &Apart, std::optional<unsigned> At) {
    std::set<unsigned> Named;
    for (unsigned C : Apart)
      Named.insert(One[C]);
    std::vector<unsigned> Result;
    for (unsigned C = 0; C < One.size(); ++C)
      if (Set.test(One[C]) && Times[One[C]] > 1 && !Named.count(One[C]) && !(At && (C == *At || Contains(Fact.calls[C].before, *At))))
        Result.push_back(C);
    return Result;
  };
  std::vector<bool> Seen(Calls.calls.size());
  for (const auto &[Block, Own] : Calls.of) {
    if (!Blocks.blocks.count(Block))
      continue;
    llvm::BitVector Set = Must[Block];
    for (unsigned C : Own) {
      std::vector<unsigned> Here = Together(Set, Fact.calls[C].before, C);
      std::vector<unsigned> &Known = Fact.calls[C].together_before;
      if (!Seen[C])
        Known = std::move(Here);
      else // the calls of one function as one
        std::erase_if(Known, [&](unsigned X) { return !Contains(Here, X); });
      Seen[C] = true;
      Set.set(One[C]);
    }
  }
  std::vector<unsigned> Always;
  for (unsigned C = 0; C < Fact.calls.size(); ++C)
    if (Fact.calls[C].always)
      Always.push_back(C);
  Fact.together_always = Together(Must[&Graph.getExit()], Always, std::nullopt);
}

} // namespace

FunctionFact describeFunction(const Names &N, const FunctionDecl *F) {
  FunctionFact Fact;
  Fact.function = N.symbolOf(F);
  Fact.where = N.locationOf(F->getLocation());
  Fact.is_static = !F->isExternallyVisible();
  Fact.init_section = inSection(F, ".init.text");
  Fact.exit_section = inSection(F, ".exit.text");
  Fact.error = N.errorIn(F);
  std::unique_ptr<CFG> Graph = buildGraph(N, F, false);
  if (!Graph)
    return Fact;
  Numbered Calls = numberCalls(N, *Graph);
  Fact.calls.resize(Calls.calls.size());
  for (size_t I = 0; I < Calls.calls.size(); ++I)
    describeCall(N, Calls.calls[I], Fact.calls[I]);
  if (Fact.calls.size() > MaxOrderedCalls)
    return Fact;
  Reachable Blocks = reachable(N, *Graph);
  auto Must = solve(*Graph, Blocks, Calls, true);
  bool NeedsMay = false;
  for (const CallFact &C : Fact.calls)
    NeedsMay = NeedsMay || !C.arguments.empty();
  std::map<const CFGBlock *, llvm::BitVector> May;
  if (NeedsMay)
    May = solve(*Graph, Blocks, Calls, false);
  std::vector<llvm::BitVector> Before(Fact.calls.size());
  for (const auto &[Block, Own] : Calls.of) {
    if (!Blocks.blocks.count(Block))
      continue; // dead code: nothing runs before it
    llvm::BitVector Set = Must[Block];
    llvm::BitVector Some = NeedsMay ? May[Block] : llvm::BitVector();
    for (unsigned C : Own) {
      if (Before[C].empty())
        Before[C] = Set;
      else
        Before[C] &= Set; // a merged call: before all of them
      Set.set(C);
      if (NeedsMay) {
        if (!Fact.calls[C].arguments.empty())
          Fact.calls[C].maybe_before = members(Some);
        Some.set(C);
      }
    }
  }
  for (size_t C = 0; C < Before.size(); ++C)
    Fact.calls[C].before = members(Before[C]);
  for (unsigned C : members(Must[&Graph->getExit()]))
    Fact.calls[C].always = true;
  describeTogether(*Graph, Blocks, Calls, Fact);
  // What an error has swallowed may be the way around a call.
  for (CallFact &C : Fact.calls)
    if (!Fact.error.empty())
      C.always = false, C.before.clear(), C.together_before.clear();
  if (!Fact.error.empty())
    Fact.together_always.clear();
  return Fact;
}

} // namespace krcu
