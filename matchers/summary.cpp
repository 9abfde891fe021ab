// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The walk. Why it is right: the CFG is built with every subexpression as an element in evaluation order, so each side effect is met
// exactly once on each path, at the point where it happens; the value of an expression that spans
// blocks (a ternary, a statement expression) is remembered when its own element is met, on that path. A block met
// twice on a path is a loop, and a loop is never free-only. Paths are bounded; beyond the bound the function is opaque.
// What the walk does not understand becomes an effect, never nothing.
#include "matchers/summary.h"
#include "matchers/values.h"
#include "clang/AST/Attr.h"
#include "clang/Analysis/CFG.h"
#include "clang/Basic/Builtins.h"
#include <map>
#include <memory>

using namespace clang;

namespace krcu {
namespace {

constexpr unsigned MaxPaths = 256;
constexpr unsigned MaxDepth = 8;

struct Outcome {
  PathSummary path;
  Value result;
};

struct State {
  ValueStore values;
  PathSummary path;
  std::set<const CFGBlock *> seen;
  std::set<unsigned> checks; ///< expansion offsets of check macros already noted
  Value result;
};

class Walker {
public:
  Walker(const Names &N, std::set<std::string> &Missing) : N(N), Missing(Missing) {}

  /// All outcomes of F called with Arguments; empty and Why set if F is opaque.
  std::vector<Outcome> walk(const FunctionDecl *F, const std::vector<Value> &Arguments, unsigned Depth, std::string &Why);

private:
  struct Frame {
    const FunctionDecl *function;
    const CFG *cfg;
    unsigned depth;
    std::vector<Outcome> outcomes;
    std::string why; ///< set: opaque
  };

  const CFG *cfgOf(const FunctionDecl *Definition);
  void block(Frame &F, const CFGBlock *B, size_t Element, State S);
  void leave(Frame &F, const CFGBlock *B, State S);
  bool element(Frame &F, const CFGBlock *B, size_t Index, const Stmt *S, State &St);
  bool call(Frame &F, const CFGBlock *B, size_t Index, const CallExpr *C, State &St);
  std::string cacheInCaller(const std::string &Cache, const FunctionDecl *Callee, const CallExpr *C, const State &S) const;
  void assign(const BinaryOperator *B, State &S);
  void declare(const DeclStmt *D, State &S);
  bool insideCheck(const Stmt *S, State &St);
  void effect(State &S, Effect::Kind Kind, const Stmt *At, std::string Name, std::string Text);

  const Names &N;
  std::set<std::string> &Missing;
  std::map<const FunctionDecl *, std::unique_ptr<CFG>> Graphs;
  std::set<const FunctionDecl *> Active;
  unsigned Paths = 0;
};

const CFG *Walker::cfgOf(const FunctionDecl *Definition) {
  auto It = Graphs.find(Definition);
  if (It == Graphs.end()) {
    CFG::BuildOptions Options;
    Options.setAllAlwaysAdd();
    Options.PruneTriviallyFalseEdges = true;
    It = Graphs.emplace(Definition, CFG::buildCFG(Definition, Definition->getBody(), &N.context(), Options)).first;
  }
  return It->second.get();
}

std::vector<Outcome> Walker::walk(const FunctionDecl *F, const std::vector<Value> &Arguments, unsigned Depth,
                                  std::string &Why) {
  const FunctionDecl *Definition = nullptr;
  if (!F->hasBody(Definition) || Definition->hasSkippedBody()) {
    Why = "its body was not seen";
    return {};
  }
  if (Depth > MaxDepth || !Active.insert(Definition).second) {
    Why = "it is recursive or nested too deeply";
    return {};
  }
  Frame Fr{Definition, cfgOf(Definition), Depth, {}, {}};
  if (!Fr.cfg) {
    Why = "no control-flow graph could be made of it";
  } else {
    State S;
    for (unsigned P = 0; P < Definition->getNumParams(); ++P)
      S.values.setVariable(Definition->getParamDecl(P), P < Arguments.size() ? Arguments[P] : Value::unknown());
    block(Fr, &Fr.cfg->getEntry(), 0, std::move(S));
    Why = Fr.why;
  }
  Active.erase(Definition);
  return Why.empty() ? std::move(Fr.outcomes) : std::vector<Outcome>();
}

void Walker::effect(State &S, Effect::Kind Kind, const Stmt *At, std::string Name, std::string Text) {
  Effect E;
  E.kind = Kind;
  E.where = N.locationOf(At->getBeginLoc());
  E.name = std::move(Name);
  E.text = std::move(Text);
  S.path.effects.push_back(std::move(E));
}

/// A check such as WARN_ON expands to stores, assembly and branches; it counts once, as a check.
bool Walker::insideCheck(const Stmt *S, State &St) {
  if (!S->getBeginLoc().isMacroID())
    return false;
  std::string Macro = N.checkMacro(S->getBeginLoc());
  if (Macro.empty())
    return false;
  unsigned Where = N.sources().getFileOffset(N.sources().getExpansionLoc(S->getBeginLoc()));
  if (St.checks.insert(Where).second)
    effect(St, Effect::Check, S, Macro, "checks with " + Macro + "()");
  return true;
}

void Walker::declare(const DeclStmt *D, State &S) {
  for (const Decl *Each : D->decls()) {
    const auto *V = dyn_cast<VarDecl>(Each);
    if (!V)
      continue;
    if (V->hasAttr<CleanupAttr>())
      effect(S, Effect::Other, D, "", "runs a cleanup function at the end of the scope");
    S.values.setVariable(V, V->hasInit() && !V->isStaticLocal() ? evaluate(N, S.values, V->getInit()) : Value::unknown());
  }
}

void Walker::assign(const BinaryOperator *B, State &S) {
  const Expr *Left = B->getLHS()->IgnoreParens();
  if (const auto *Ref = dyn_cast<DeclRefExpr>(Left))
    if (const auto *V = dyn_cast<VarDecl>(Ref->getDecl()); V && V->hasLocalStorage()) {
      S.values.setVariable(V, B->getOpcode() == BO_Assign ? evaluate(N, S.values, B->getRHS()) : Value::unknown());
      return;
    }
  std::string Target = N.textOf(Left->getSourceRange());
  effect(S, Effect::Other, B, "", "stores to " + (Target.empty() ? std::string("memory") : Target));
}

bool isPureCallee(const FunctionDecl *F, ASTContext &Context) {
  if (F->hasAttr<ConstAttr>() || F->hasAttr<PureAttr>())
    return true;
  unsigned Id = F->getBuiltinID();
  if (!Id)
    return false;
  if (Context.BuiltinInfo.isConst(Id) || Context.BuiltinInfo.isPure(Id))
    return true;
  StringRef Name = F->getName();
  return Name == "__builtin_object_size" || Name == "__builtin_dynamic_object_size" || Name == "__builtin_unreachable";
}

/// A cache that the callee got as an argument is the one the caller passed.
std::string Walker::cacheInCaller(const std::string &Cache, const FunctionDecl *Callee, const CallExpr *C,
                                  const State &S) const {
  StringRef Place = Cache;
  unsigned Index = 0;
  if (!Place.consume_front("P:" + N.symbolOf(Callee) + "#") || Place.getAsInteger(10, Index) || Index >= C->getNumArgs())
    return Cache;
  return cachePlace(N, S.values, C->getArg(Index));
}

/// Returns false if it has continued the walk itself (once per outcome of the callee).
bool Walker::call(Frame &F, const CFGBlock *B, size_t Index, const CallExpr *C, State &St) {
  const FunctionDecl *Callee = calleeOf(C);
  if (!Callee) {
    effect(St, Effect::Other, C, "", "calls through a pointer" +
           (N.textOf(C->getCallee()->getSourceRange()).empty() ? std::string() : " " + N.textOf(C->getCallee()->getSourceRange())));
    return true;
  }
  std::string Name = Callee->getNameAsString();
  std::vector<Value> Arguments;
  for (const Expr *A : C->arguments())
    Arguments.push_back(evaluate(N, St.values, A));
  if (const FreeRule *Rule = N.rules().free(Name)) {
    effect(St, Effect::Free, C, Name, "frees with " + Name + "()");
    Effect &E = St.path.effects.back();
    if (Rule->object < Arguments.size())
      E.object = Arguments[Rule->object].abstract();
    if (Rule->cache && *Rule->cache < C->getNumArgs())
      E.cache = cachePlace(N, St.values, C->getArg(*Rule->cache));
    return true;
  }
  if (Callee->getBuiltinID() && Name == "__builtin_expect" && !Arguments.empty()) {
    St.values.remember(C, Arguments[0]);
    return true;
  }
  if (isPureCallee(Callee, N.context())) {
    St.values.remember(C, evaluateConstant(N, C));
    return true;
  }
  const FunctionDecl *Definition = nullptr;
  bool HasBody = Callee->hasBody(Definition) && !Definition->hasSkippedBody();
  std::string Why;
  if (HasBody) {
    std::vector<Outcome> Outcomes = walk(Callee, Arguments, F.depth + 1, Why);
    if (Why.empty()) {
      for (Outcome &O : Outcomes) {
        State Next = St;
        for (Effect E : O.path.effects) {
          E.cache = cacheInCaller(E.cache, Callee, C, St);
          Next.path.effects.push_back(std::move(E));
        }
        Next.path.assumed_null.insert(Next.path.assumed_null.end(), O.path.assumed_null.begin(), O.path.assumed_null.end());
        Next.values.remember(C, O.result);
        block(F, B, Index + 1, std::move(Next));
      }
      return false;
    }
    effect(St, Effect::Other, C, N.symbolOf(Callee), "calls " + Name + "() (" + Why + ")");
    return true;
  }
  // A definition that was skipped has a body somewhere; only a definition in a header can be asked for by name.
  if (Callee->isInlined() || Callee->getStorageClass() == SC_Static)
    Missing.insert(Name);
  effect(St, Effect::Call, C, N.symbolOf(Callee), "calls " + Name + "()");
  for (unsigned A = 0; A < Arguments.size(); ++A) {
    AbstractValue V = Arguments[A].abstract();
    if (N.cachePointerDepth(stripped(C->getArg(A))->getType())) {
      V.kind = AbstractValue::CachePlace;
      V.place = cachePlace(N, St.values, C->getArg(A));
    }
    St.path.effects.back().arguments.push_back(std::move(V));
  }
  return true;
}

bool Walker::element(Frame &F, const CFGBlock *B, size_t Index, const Stmt *S, State &St) {
  if (insideCheck(S, St))
    return true;
  if (const auto *C = dyn_cast<CallExpr>(S))
    return call(F, B, Index, C, St);
  if (const auto *D = dyn_cast<DeclStmt>(S)) {
    declare(D, St);
  } else if (const auto *O = dyn_cast<BinaryOperator>(S)) {
    if (O->isAssignmentOp())
      assign(O, St);
  } else if (const auto *U = dyn_cast<UnaryOperator>(S)) {
    if (U->isIncrementDecrementOp()) {
      const auto *Ref = dyn_cast<DeclRefExpr>(U->getSubExpr()->IgnoreParens());
      const auto *V = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
      if (V && V->hasLocalStorage())
        St.values.setVariable(V, Value::unknown());
      else
        effect(St, Effect::Other, S, "", "changes " + N.textOf(U->getSubExpr()->getSourceRange()));
    }
  } else if (const auto *Load = dyn_cast<CastExpr>(S);
             Load && Load->getCastKind() == CK_LValueToRValue && Load->getSubExpr()->getType().isVolatileQualified()) {
    effect(St, Effect::Other, S, "", "reads volatile memory");
  } else if (isa<AsmStmt>(S)) {
    effect(St, Effect::Other, S, "", "has inline assembly");
  } else if (isa<AtomicExpr>(S)) {
    effect(St, Effect::Other, S, "", "has an atomic operation");
  } else if (const auto *R = dyn_cast<ReturnStmt>(S)) {
    if (R->getRetValue())
      St.result = evaluate(N, St.values, R->getRetValue());
  } else if (const auto *E = dyn_cast<Expr>(S); E && isa<StmtExpr, ConditionalOperator, BinaryConditionalOperator>(E)) {
    St.values.remember(E, evaluateAfterPath(N, St.values, E));
  }
  return true;
}

void Walker::block(Frame &F, const CFGBlock *B, size_t Element, State S) {
  if (!F.why.empty())
    return;
  if (Element == 0 && !S.seen.insert(B).second) {
    const Stmt *At = B->getTerminatorStmt();
    effect(S, Effect::Other, At ? At : F.function->getBody(), "", "has a loop");
    if (++Paths > MaxPaths)
      F.why = "it has too many paths";
    else
      F.outcomes.push_back({std::move(S.path), Value::unknown()});
    return;
  }
  for (size_t I = Element; I < B->size(); ++I)
    if (auto CS = (*B)[I].getAs<CFGStmt>())
      if (!element(F, B, I, CS->getStmt(), S))
        return;
  leave(F, B, std::move(S));
}

void Walker::leave(Frame &F, const CFGBlock *B, State S) {
  if (B == &F.cfg->getExit()) {
    if (++Paths > MaxPaths) {
      F.why = "it has too many paths";
      return;
    }
    F.outcomes.push_back({std::move(S.path), S.result});
    return;
  }
  const Expr *Condition = B->succ_size() == 2 ? B->getLastCondition() : nullptr;
  Value Cond = Condition ? evaluate(N, S.values, Condition) : Value::unknown();
  unsigned Edge = 0;
  for (auto It = B->succ_begin(); It != B->succ_end(); ++It, ++Edge) {
    const CFGBlock *Next = It->getReachableBlock();
    if (!Next)
      continue;
    bool Taken = Edge == 0;
    State Copy = S;
    if (B->succ_size() == 2 && Condition) {
      std::optional<bool> Truth = Cond.truth();
      if (Truth && *Truth != Taken)
        continue;
      if (auto Null = Cond.nullWhen(Taken))
        Copy.path.assumed_null.push_back(*Null);
      if (const Stmt *T = B->getTerminatorStmt())
        Copy.values.decide(T, Taken);
    }
    block(F, Next, 0, std::move(Copy));
  }
}

bool samePath(const PathSummary &A, const PathSummary &B) {
  if (A.effects.size() != B.effects.size() || A.assumed_null.size() != B.assumed_null.size())
    return false;
  for (size_t I = 0; I < A.effects.size(); ++I)
    if (!(A.effects[I].where == B.effects[I].where) || A.effects[I].text != B.effects[I].text ||
        A.effects[I].object.offset != B.effects[I].object.offset || A.effects[I].object.kind != B.effects[I].object.kind)
      return false;
  return true;
}

} // namespace

FunctionSummary summarise(const Names &N, const FunctionDecl *F, std::set<std::string> &MissingBodies) {
  FunctionSummary Result;
  Result.function = N.symbolOf(F);
  Result.where = N.locationOf(F->getLocation());
  Result.parameters = F->getNumParams();
  Result.is_static = !F->isExternallyVisible();
  const FunctionDecl *Definition = nullptr;
  if (!F->hasBody(Definition)) {
    Result.opaque = true;
    Result.why = "its definition is not in this file";
    return Result;
  }
  Result.where = N.locationOf(Definition->getLocation());
  SourceRange Range = Definition->getSourceRange();
  Result.in_macro = Range.getBegin().isMacroID() || Range.getEnd().isMacroID() || Definition->getLocation().isMacroID();
  const SourceManager &SM = N.sources();
  Result.begin = SM.getFileOffset(SM.getExpansionLoc(Range.getBegin()));
  Result.end = SM.getFileOffset(SM.getExpansionRange(Range.getEnd()).getEnd()) + 1;

  std::vector<Value> Arguments;
  for (unsigned P = 0; P < Definition->getNumParams(); ++P)
    Arguments.push_back(Value::parameter(P, Definition->getParamDecl(P)->getType()->isPointerType()));
  Walker W(N, MissingBodies);
  std::string Why;
  for (Outcome &O : W.walk(Definition, Arguments, 0, Why)) {
    O.path.result = O.result.abstract();
    bool Known = false;
    for (const PathSummary &P : Result.paths)
      Known = Known || samePath(P, O.path);
    if (!Known)
      Result.paths.push_back(std::move(O.path));
  }
  Result.opaque = !Why.empty();
  Result.why = Why;
  return Result;
}

} // namespace krcu
