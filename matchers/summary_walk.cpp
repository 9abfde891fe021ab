// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/summary_walk.h"
#include "matchers/graph.h"
#include "matchers/harmless.h"
#include "matchers/stubs.h"
#include "clang/AST/Attr.h"
#include <algorithm>

using namespace clang;

namespace krcu {
namespace {

constexpr unsigned MaxPaths = 256;
constexpr unsigned MaxDepth = 8;
constexpr size_t MaxBlocks = 1000; ///< on one path

/// Whether the user wrote the token at `L`: it is no part of a macro's body.
bool isWrittenByUser(const Names &N, SourceLocation L) {
  while (L.isMacroID() && N.sources().isMacroArgExpansion(L))
    L = N.sources().getImmediateSpellingLoc(L);
  return L.isFileID();
}

bool contains(const std::vector<AbstractValue> &All, const std::optional<AbstractValue> &One) {
  return One && std::find(All.begin(), All.end(), *One) != All.end();
}

/// Notes what it means for a pointer that `Cond` came out as `Taken`; false if that cannot be, after the earlier tests.
bool assume(const Value &Cond, bool Taken, SummaryState &S) {
  std::optional<AbstractValue> Null = Cond.nullWhen(Taken), Set = Cond.nullWhen(!Taken);
  if (contains(S.assumed_set, Null) || contains(S.path.assumed_null, Set))
    return false;
  if (Null && !contains(S.path.assumed_null, Null))
    S.path.assumed_null.push_back(*Null);
  if (Set)
    S.assumed_set.push_back(*Set);
  return true;
}

} // namespace

const CFG *SummaryWalk::cfgOf(const FunctionDecl *Definition) {
  auto It = Graphs.find(Definition);
  if (It == Graphs.end())
    It = Graphs.emplace(Definition, buildGraph(N, Definition, true)).first;
  return It->second.get();
}

BodyPlace SummaryWalk::placeOf(const FunctionDecl *Definition) const {
  const SourceManager &SM = N.sources();
  SourceLocation Begin = SM.getExpansionLoc(Definition->getBeginLoc());
  return {N.fileOf(Begin), SM.getFileOffset(Begin), SM.getFileOffset(SM.getExpansionRange(Definition->getEndLoc()).getEnd()) + 1};
}

std::vector<SummaryOutcome> SummaryWalk::walk(const FunctionDecl *F, const std::vector<Value> &Arguments, unsigned Depth,
                                  std::string &Why) {
  const FunctionDecl *Definition = N.seenDefinition(F);
  if (!Definition) {
    Why = "its body was not seen";
    return {};
  }
  if (Definition->isWeak()) {
    Why = "it is weak: another definition may stand in for it";
    return {};
  }
  if (Depth > MaxDepth || !Active.insert(Definition).second) {
    Why = "it is recursive or nested too deeply";
    return {};
  }
  if (Error.empty())
    Error = N.errorIn(Definition);
  if (BodyPlace Place = placeOf(Definition); !llvm::is_contained(bodies, Place))
    bodies.push_back(std::move(Place));
  Frame Fr{Definition, cfgOf(Definition), Depth, {}, {}};
  if (!Fr.cfg) {
    Why = "no control-flow graph could be made of it";
  } else {
    SummaryState S;
    for (unsigned P = 0; P < Definition->getNumParams(); ++P)
      S.values.setVariable(Definition->getParamDecl(P), P < Arguments.size() ? Arguments[P] : Value::unknown());
    block(Fr, &Fr.cfg->getEntry(), 0, std::move(S));
    Why = Fr.why;
  }
  Active.erase(Definition);
  noteStubs(Definition, Fr.outcomes);
  return Why.empty() ? std::move(Fr.outcomes) : std::vector<SummaryOutcome>();
}

void SummaryWalk::effect(SummaryState &S, Effect::Kind Kind, const Stmt *At, std::string Name, std::string Text) {
  Effect E;
  E.kind = Kind;
  E.where = N.locationOf(At->getBeginLoc());
  E.name = std::move(Name);
  E.text = std::move(Text);
  S.path.effects.push_back(std::move(E));
}

/// What another configuration makes of these is not known here.
void SummaryWalk::noteStubs(const FunctionDecl *Definition, std::vector<SummaryOutcome> &Outcomes) {
  for (const EmptyMacro &M : emptyMacrosIn(N, Definition))
    for (SummaryOutcome &O : Outcomes) {
      Effect E;
      E.kind = Effect::Stub;
      E.where = N.locationOf(M.where);
      E.name = M.name;
      E.text = "uses " + M.name + ", which does nothing in this configuration";
      O.path.effects.push_back(std::move(E));
    }
}

void SummaryWalk::declare(const DeclStmt *D, SummaryState &S) {
  for (const Decl *Each : D->decls()) {
    const auto *V = dyn_cast<VarDecl>(Each);
    if (!V)
      continue;
    if (V->getType()->isVariablyModifiedType())
      effect(S, Effect::Other, D, "", "has a type of variable length");
    if (V->hasAttr<CleanupAttr>())
      effect(S, Effect::Other, D, "", "runs a cleanup function at the end of the scope");
    S.values.setVariable(V, V->hasInit() && !V->isStaticLocal() ? evaluate(N, S.values, V->getInit()) : Value::unknown());
  }
}

void SummaryWalk::assign(const BinaryOperator *B, SummaryState &S) {
  const Expr *Left = B->getLHS()->IgnoreParens();
  if (const auto *Ref = dyn_cast<DeclRefExpr>(Left))
    if (const auto *V = dyn_cast<VarDecl>(Ref->getDecl()); V && V->hasLocalStorage()) {
      S.values.assign(V, B->getOpcode() == BO_Assign ? evaluate(N, S.values, B->getRHS()) : Value::unknown());
      return;
    }
  std::string Target = N.textOf(Left->getSourceRange());
  effect(S, Effect::Other, B, "", "stores to " + (Target.empty() ? std::string("memory") : Target));
}

/// ++ and --
void SummaryWalk::step(const UnaryOperator *U, SummaryState &S) {
  const auto *Ref = dyn_cast<DeclRefExpr>(U->getSubExpr()->IgnoreParens());
  const auto *V = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
  if (V && V->hasLocalStorage())
    S.values.assign(V, Value::unknown());
  else
    effect(S, Effect::Other, U, "", "changes " + N.textOf(U->getSubExpr()->getSourceRange()));
}

/// What a check computes is still a value: if (!WARN_ON(!p)) tests p. \p OfFree: a macro that is a free does it, so nothing else counts.
void SummaryWalk::keepValue(const Stmt *S, SummaryState &St, bool OfFree) {
  if (const auto *D = dyn_cast<DeclStmt>(S)) {
    declare(D, St);
  } else if (const auto *B = dyn_cast<BinaryOperator>(S); B && B->isAssignmentOp()) {
    const auto *Ref = dyn_cast<DeclRefExpr>(B->getLHS()->IgnoreParens());
    const auto *V = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
    if ((V && V->hasLocalStorage()) || (!OfFree && isWrittenByUser(N, B->getOperatorLoc())))
      assign(B, St);
  } else if (const auto *U = dyn_cast<UnaryOperator>(S); U && U->isIncrementDecrementOp()) {
    if (!OfFree && isWrittenByUser(N, U->getOperatorLoc()))
      step(U, St);
  } else if (const auto *C = dyn_cast<CallExpr>(S)) {
    const FunctionDecl *Callee = calleeOf(C);
    std::vector<Value> Arguments;
    for (const Expr *A : C->arguments())
      Arguments.push_back(evaluate(N, St.values, A));
    if (Callee && (Callee->getBuiltinID() || (!OfFree && isWrittenByUser(N, C->getBeginLoc()))))
      knownCall(C, Callee, Arguments, St);
  } else if (const auto *E = dyn_cast<Expr>(S); E && isa<StmtExpr, AbstractConditionalOperator>(E)) {
    St.values.remember(E, evaluateAfterPath(N, St.values, E));
  }
}

/// Declarations, assignments and loads; false if `S` is none of them.
bool SummaryWalk::change(const Stmt *S, SummaryState &St) {
  if (const auto *D = dyn_cast<DeclStmt>(S)) {
    declare(D, St);
  } else if (const auto *O = dyn_cast<BinaryOperator>(S); O && O->isAssignmentOp()) {
    assign(O, St);
  } else if (const auto *U = dyn_cast<UnaryOperator>(S); U && U->isIncrementDecrementOp()) {
    step(U, St);
  } else if (const auto *Load = dyn_cast<CastExpr>(S); Load && Load->getCastKind() == CK_LValueToRValue) {
    if (Load->getSubExpr()->getType().isVolatileQualified() && !readsPlainObject(Load->getSubExpr()))
      effect(St, Effect::Other, S, "", "reads volatile memory");
    // The value is that of this moment, not of the moment it is used.
    if (isa<DeclRefExpr>(Load->getSubExpr()->IgnoreParens()))
      St.values.remember(Load, evaluate(N, St.values, Load->getSubExpr()));
  } else {
    return false;
  }
  return true;
}

bool SummaryWalk::element(Frame &F, const CFGBlock *B, size_t Index, const Stmt *S, SummaryState &St) {
  if (insideFree(F.function, S, St)) {
    keepValue(S, St, /*OfFree=*/true);
    return true;
  }
  if (insideCheck(S, St)) {
    keepValue(S, St);
    return true;
  }
  if (const auto *C = dyn_cast<CallExpr>(S))
    return call(F, B, Index, C, St);
  if (const auto *E = dyn_cast<ExplicitCastExpr>(S); E && E->getTypeAsWritten()->isVariablyModifiedType())
    effect(St, Effect::Other, S, "", "has a type of variable length");
  if (change(S, St))
    return true;
  if (const auto *A = dyn_cast<GCCAsmStmt>(S); A && onlyComputes(A)) {
    for (unsigned I = 0; I < A->getNumOutputs(); ++I)
      St.values.assign(localOf(A->getOutputExpr(I)), Value::unknown());
  } else if (isa<AsmStmt>(S)) {
    effect(St, Effect::Other, S, "", "has inline assembly");
  } else if (isa<AtomicExpr>(S)) {
    effect(St, Effect::Other, S, "", "has an atomic operation");
  } else if (const auto *R = dyn_cast<ReturnStmt>(S)) {
    if (R->getRetValue())
      St.result = evaluate(N, St.values, R->getRetValue());
  } else if (const auto *E = dyn_cast<Expr>(S); E && isa<StmtExpr, AbstractConditionalOperator>(E)) {
    St.values.remember(E, evaluateAfterPath(N, St.values, E));
  }
  return true;
}

void SummaryWalk::block(Frame &F, const CFGBlock *B, size_t Element, SummaryState S) {
  if (!F.why.empty())
    return;
  if (S.seen.size() > MaxBlocks) {
    F.why = "it is too long";
    return;
  }
  if (Element == 0 && !S.seen.insert(B).second) {
    const Stmt *At = B->getTerminatorStmt();
    effect(S, Effect::Other, At ? At : F.function->getBody(), "", "has a loop");
    S.result = Value::unknown();
    finish(F, std::move(S), false);
    return;
  }
  for (size_t I = Element; I < B->size(); ++I)
    if (auto CS = (*B)[I].getAs<CFGStmt>())
      if (!element(F, B, I, CS->getStmt(), S))
        return;
  leave(F, B, std::move(S));
}

void SummaryWalk::finish(Frame &F, SummaryState S, bool Ends) {
  if (++Paths > MaxPaths) {
    F.why = "it has too many paths";
    return;
  }
  S.path.ends = Ends;
  F.outcomes.push_back({std::move(S.path), S.result});
}

void SummaryWalk::leave(Frame &F, const CFGBlock *B, SummaryState S) {
  if (B == &F.cfg->getExit())
    return finish(F, std::move(S), false);
  if (B->hasNoReturnElement())
    return finish(F, std::move(S), true);
  const Stmt *Terminator = B->getTerminatorStmt();
  if (isa_and_nonnull<AsmStmt>(Terminator) && !insideFree(F.function, Terminator, S) && !insideCheck(Terminator, S))
    effect(S, Effect::Other, Terminator, "", "has inline assembly"); // asm goto ends a block and is no element of it
  const Expr *Condition = conditionOf(B);
  Value Cond = Condition ? evaluate(N, S.values, Condition) : Value::unknown();
  std::vector<GraphEdge> Edges = edgesFrom(N, B, Cond.isConstant() ? std::optional<int64_t>(Cond.number()) : std::nullopt);
  if (Edges.empty()) {
    effect(S, Effect::Other, Terminator ? Terminator : F.function->getBody(), "", "goes on where it cannot be followed");
    return finish(F, std::move(S), false);
  }
  for (const GraphEdge &E : Edges) {
    SummaryState Next = &E == &Edges.back() ? std::move(S) : S;
    if (E.taken && !assume(Cond, *E.taken, Next))
      continue;
    if (E.taken)
      Next.values.decide(Terminator, *E.taken);
    block(F, E.to, 0, std::move(Next));
  }
}

} // namespace krcu
