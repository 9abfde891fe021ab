// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The walk. Why it is right: the CFG is built with every subexpression as an element in evaluation order, so each side effect is met
// exactly once on each path, at the point where it happens; the value of an expression that spans
// blocks (a ternary, a statement expression) is remembered when its own element is met, on that path. A block met
// twice on a path is a loop, and a loop is never free-only. Paths are bounded; beyond the bound the function is opaque.
// What the walk does not understand becomes an effect, never nothing.
#include "matchers/summary.h"
#include "matchers/freed.h"
#include "matchers/free_macros.h"
#include "matchers/graph.h"
#include "matchers/harmless.h"
#include "matchers/outward.h"
#include "matchers/stubs.h"
#include "matchers/values.h"
#include "clang/AST/Attr.h"
#include "clang/Basic/Builtins.h"
#include <algorithm>
#include <map>
#include <memory>

using namespace clang;

namespace krcu {
namespace {

constexpr unsigned MaxPaths = 256;
constexpr unsigned MaxDepth = 8;
constexpr size_t MaxBlocks = 1000; ///< on one path

struct Outcome {
  PathSummary path;
  Value result;
};

struct State {
  ValueStore values;
  PathSummary path;
  std::set<const CFGBlock *> seen;
  std::vector<AbstractValue> assumed_set; ///< pointers that are not NULL on this path
  std::set<SourceLocation> checks; ///< expansions of check macros already noted
  std::set<FileID> frees;          ///< and of macros that are frees
  Value result;
};

class Walker {
public:
  Walker(const Names &N, std::set<std::string> &Missing) : records(N), N(N), Missing(Missing) {}

  /// All outcomes of F called with Arguments; empty and Why set if F is opaque.
  std::vector<Outcome> walk(const FunctionDecl *F, const std::vector<Value> &Arguments, unsigned Depth, std::string &Why);

  /// What the frees were given, "struct foo"; empty if not a record, or not always the same.
  std::string freedRecord() const { return Freed.value_or(""); }
  /// The first error of the parse in a function that was walked through.
  const std::string &error() const { return Error; }
  /// Where the text stands that was walked through.
  std::vector<BodyPlace> bodies;
  FreedRecords records;

private:
  struct Frame {
    const FunctionDecl *function;
    const CFG *cfg;
    unsigned depth;
    std::vector<Outcome> outcomes;
    std::string why; ///< set: opaque
  };

  const CFG *cfgOf(const FunctionDecl *Definition);
  BodyPlace placeOf(const FunctionDecl *Definition) const;
  void block(Frame &F, const CFGBlock *B, size_t Element, State S);
  void leave(Frame &F, const CFGBlock *B, State S);
  void finish(Frame &F, State S, bool Ends);
  bool element(Frame &F, const CFGBlock *B, size_t Index, const Stmt *S, State &St);
  bool change(const Stmt *S, State &St);
  bool call(Frame &F, const CFGBlock *B, size_t Index, const CallExpr *C, State &St);
  bool inlineCall(Frame &F, const CFGBlock *B, size_t Index, const CallExpr *C, const std::vector<Value> &Arguments, State &St);
  bool knownCall(const CallExpr *C, const FunctionDecl *Callee, const std::vector<Value> &Arguments, State &St);
  std::string cacheInCaller(const std::string &Cache, const FunctionDecl *Callee, const CallExpr *C, const State &S) const;
  void assign(const BinaryOperator *B, State &S);
  void step(const UnaryOperator *U, State &S);
  void noteRecord(const Expr *Object);
  void noteStubs(const FunctionDecl *Definition, std::vector<Outcome> &Outcomes);
  void declare(const DeclStmt *D, State &S);
  bool insideCheck(const Stmt *S, State &St);
  bool insideFree(const FunctionDecl *F, const Stmt *S, State &St);
  void noteFree(const FreeRule &Rule, const Stmt *At, const Expr *Object, const Expr *Cache, State &St);
  const FreeMacros &macrosOf(const FunctionDecl *Definition);
  void keepValue(const Stmt *S, State &St, bool OfFree = false);
  void effect(State &S, Effect::Kind Kind, const Stmt *At, std::string Name, std::string Text);

  const Names &N;
  std::set<std::string> &Missing;
  std::optional<std::string> Freed;
  std::string Error;
  std::map<const FunctionDecl *, std::unique_ptr<CFG>> Graphs;
  std::map<const FunctionDecl *, std::unique_ptr<FreeMacros>> Macros;
  std::set<const FunctionDecl *> Active;
  unsigned Paths = 0;
};

const CFG *Walker::cfgOf(const FunctionDecl *Definition) {
  auto It = Graphs.find(Definition);
  if (It == Graphs.end())
    It = Graphs.emplace(Definition, buildGraph(N, Definition, true)).first;
  return It->second.get();
}

BodyPlace Walker::placeOf(const FunctionDecl *Definition) const {
  const SourceManager &SM = N.sources();
  SourceLocation Begin = SM.getExpansionLoc(Definition->getBeginLoc());
  return {N.fileOf(Begin), SM.getFileOffset(Begin), SM.getFileOffset(SM.getExpansionRange(Definition->getEndLoc()).getEnd()) + 1};
}

std::vector<Outcome> Walker::walk(const FunctionDecl *F, const std::vector<Value> &Arguments, unsigned Depth,
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
    State S;
    for (unsigned P = 0; P < Definition->getNumParams(); ++P)
      S.values.setVariable(Definition->getParamDecl(P), P < Arguments.size() ? Arguments[P] : Value::unknown());
    block(Fr, &Fr.cfg->getEntry(), 0, std::move(S));
    Why = Fr.why;
  }
  Active.erase(Definition);
  noteStubs(Definition, Fr.outcomes);
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

/// What another configuration makes of these is not known here.
void Walker::noteStubs(const FunctionDecl *Definition, std::vector<Outcome> &Outcomes) {
  for (const EmptyMacro &M : emptyMacrosIn(N, Definition))
    for (Outcome &O : Outcomes) {
      Effect E;
      E.kind = Effect::Stub;
      E.where = N.locationOf(M.where);
      E.name = M.name;
      E.text = "uses " + M.name + ", which does nothing in this configuration";
      O.path.effects.push_back(std::move(E));
    }
}

/// A check such as WARN_ON expands to stores, assembly and branches; it counts once, as a check.
bool Walker::insideCheck(const Stmt *S, State &St) {
  if (!S->getBeginLoc().isMacroID())
    return false;
  std::string Macro = N.checkMacro(S->getBeginLoc());
  if (Macro.empty())
    return false;
  if (St.checks.insert(N.sources().getExpansionLoc(S->getBeginLoc())).second)
    effect(St, Effect::Check, S, Macro, "checks with " + Macro + "()");
  return true;
}

const FreeMacros &Walker::macrosOf(const FunctionDecl *Definition) {
  std::unique_ptr<FreeMacros> &M = Macros[Definition];
  if (!M)
    M = std::make_unique<FreeMacros>(N, Definition);
  return *M;
}

/// A macro that a row calls a free is one, once on each path, whatever it expands to.
bool Walker::insideFree(const FunctionDecl *F, const Stmt *S, State &St) {
  const FreeMacros &All = macrosOf(F);
  std::optional<FreeMacros::Use> Use = All.around(S);
  if (!Use)
    return false;
  if (St.frees.insert(Use->id).second)
    noteFree(*Use->rule, S, All.argument(*Use, Use->rule->object), Use->rule->cache ? All.argument(*Use, *Use->rule->cache) : nullptr, St);
  return true;
}

/// Whether the user wrote the token at `L`: it is no part of a macro's body.
bool isWrittenByUser(const Names &N, SourceLocation L) {
  while (L.isMacroID() && N.sources().isMacroArgExpansion(L))
    L = N.sources().getImmediateSpellingLoc(L);
  return L.isFileID();
}

void Walker::declare(const DeclStmt *D, State &S) {
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

void Walker::assign(const BinaryOperator *B, State &S) {
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
void Walker::step(const UnaryOperator *U, State &S) {
  const auto *Ref = dyn_cast<DeclRefExpr>(U->getSubExpr()->IgnoreParens());
  const auto *V = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
  if (V && V->hasLocalStorage())
    S.values.assign(V, Value::unknown());
  else
    effect(S, Effect::Other, U, "", "changes " + N.textOf(U->getSubExpr()->getSourceRange()));
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

/// Whether the body must stand in this translation unit, seen or skipped.
bool isLocal(const FunctionDecl *F) { return F->isInlined() || F->getStorageClass() == SC_Static; }

/// A function of the .c file itself that merely shares the name of a primitive is not that primitive.
bool isPrivateNamesake(const Names &N, const FunctionDecl *F) {
  return !F->isExternallyVisible() && N.sources().isInMainFile(N.sources().getExpansionLoc(F->getLocation()));
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

/// What kind of object a free is given.
void Walker::noteRecord(const Expr *Object) {
  const auto *Record = stripped(Object)->getType()->getPointeeType().isNull() ? nullptr : stripped(Object)->getType()->getPointeeType()->getAs<RecordType>();
  std::string Name = Record && Record->getDecl()->getIdentifier() ? Record->getDecl()->getKindName().str() + " " + Record->getDecl()->getNameAsString() : "";
  if (!Freed)
    Freed = Name;
  else if (*Freed != Name)
    Freed = "";
}

/// \p Object, \p Cache: the arguments; null if there is none.
void Walker::noteFree(const FreeRule &Rule, const Stmt *At, const Expr *Object, const Expr *Cache, State &St) {
  std::string Argument = Object ? N.textOf(Object->getSourceRange()) : std::string();
  effect(St, Effect::Free, At, Rule.name, "frees " + (Argument.empty() ? std::string("a pointer") : Argument) + " with " + Rule.name + "()");
  Effect &E = St.path.effects.back();
  if (Object) {
    E.object = evaluate(N, St.values, Object).abstract();
    noteRecord(Object);
    E.records = records.of(Object, St.values);
  }
  if (Cache)
    E.cache = cachePlace(N, St.values, Cache);
}

/// Calls whose meaning is known without looking into the callee.
bool Walker::knownCall(const CallExpr *C, const FunctionDecl *Callee, const std::vector<Value> &Arguments, State &St) {
  std::string Name = Callee->getNameAsString();
  if (const FreeRule *Rule = N.rules().free(Name); Rule && !isPrivateNamesake(N, Callee)) {
    auto Given = [&](unsigned Index) { return Index < C->getNumArgs() ? C->getArg(Index) : nullptr; };
    noteFree(*Rule, C, Given(Rule->object), Rule->cache ? Given(*Rule->cache) : nullptr, St);
    return true;
  }
  const std::vector<std::string> &Checks = N.rules().checks;
  if (std::find(Checks.begin(), Checks.end(), Name) != Checks.end()) {
    effect(St, Effect::Check, C, Name, "checks with " + Name + "()");
    return true;
  }
  if (Callee->getBuiltinID() && StringRef(Name).starts_with("__builtin_expect") && !Arguments.empty()) {
    St.values.remember(C, Arguments[0]);
    return true;
  }
  if (isPureCallee(Callee, N.context()) && !Callee->isDefined() && !isLocal(Callee)) {
    St.values.remember(C, evaluateConstant(N, C));
    return true;
  }
  return false;
}

/// Walks into the callee and, once per outcome of it, on from the call. False: there is no body to walk into.
bool Walker::inlineCall(Frame &F, const CFGBlock *B, size_t Index, const CallExpr *C, const std::vector<Value> &Arguments,
                        State &St) {
  const FunctionDecl *Callee = calleeOf(C);
  std::string Name = Callee->getNameAsString(), Why;
  std::vector<Outcome> Outcomes = walk(Callee, Arguments, F.depth + 1, Why);
  if (!Why.empty() || Outcomes.empty()) {
    effect(St, Effect::Other, C, N.symbolOf(Callee), "calls " + Name + "() (" + (Why.empty() ? "it never returns" : Why) + ")");
    return false;
  }
  // A void function that never does anything is the empty half of an #ifdef, and so is one that only says 0 or 1.
  bool Stub = Callee->getReturnType()->isVoidType() &&
              std::all_of(Outcomes.begin(), Outcomes.end(), [](const Outcome &O) { return O.path.effects.empty(); });
  if (Stub)
    effect(St, Effect::Stub, C, Name, "calls " + Name + "(), which does nothing in this configuration");
  for (Outcome &O : Outcomes) {
    State Next = St;
    for (Effect E : O.path.effects) {
      E.cache = cacheInCaller(E.cache, Callee, C, St);
      for (unsigned A = 0; E.kind == Effect::Free && E.records.empty() && A < C->getNumArgs(); ++A)
        if (Arguments[A].isPointer() && Arguments[A].abstract() == E.object) // the helper takes a void pointer
          E.records = records.of(C->getArg(A), St.values);
      if (E.kind == Effect::Other || E.kind == Effect::Call)
        E.text = "calls " + Name + "(), which " + E.text; // the reader follows it from what stands in the callback
      Next.path.effects.push_back(std::move(E));
    }
    Next.path.assumed_null.insert(Next.path.assumed_null.end(), O.path.assumed_null.begin(), O.path.assumed_null.end());
    bool Number = O.result.isConstant() && !Callee->getReturnType()->isPointerType();
    Next.values.remember(C, Number ? Value::unknown() : O.result);
    if (O.path.ends)
      finish(F, std::move(Next), true);
    else
      block(F, B, Index + 1, std::move(Next));
  }
  return true;
}

/// Returns false if it has continued the walk itself (once per outcome of the callee).
bool Walker::call(Frame &F, const CFGBlock *B, size_t Index, const CallExpr *C, State &St) {
  const FunctionDecl *Callee = calleeOf(C);
  if (!Callee) {
    std::string Through = N.textOf(C->getCallee()->getSourceRange());
    effect(St, Effect::Other, C, "", "calls through a pointer" + (Through.empty() ? "" : " " + Through));
    return true;
  }
  std::string Name = Callee->getNameAsString();
  std::vector<Value> Arguments;
  for (const Expr *A : C->arguments())
    Arguments.push_back(evaluate(N, St.values, A));
  if (knownCall(C, Callee, Arguments, St))
    return true;
  if (llvm::is_contained(N.rules().effect_calls, Name)) { // what is inside need not be known
    effect(St, Effect::Other, C, N.symbolOf(Callee), "calls " + Name + "()");
    return true;
  }
  if (N.seenDefinition(Callee))
    return !inlineCall(F, B, Index, C, Arguments, St);
  // A definition that was skipped has a body somewhere; only a definition in a header can be asked for by name.
  if (isLocal(Callee))
    Missing.insert(Name);
  if (isPureCallee(Callee, N.context()))
    return true; // no effect, and a value that is not known
  // A call that a macro makes is known to the reader by the macro's name.
  bool Spelled = !C->getBeginLoc().isMacroID() || N.sources().isMacroArgExpansion(C->getBeginLoc());
  std::string Written = Spelled ? std::string() : N.outermostMacro(C->getBeginLoc());
  effect(St, Effect::Call, C, N.symbolOf(Callee), "calls " + (Written.empty() ? Name : Written) + "()");
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

/// What a check computes is still a value: if (!WARN_ON(!p)) tests p. \p OfFree: a macro that is a free does it, so nothing else counts.
void Walker::keepValue(const Stmt *S, State &St, bool OfFree) {
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
bool Walker::change(const Stmt *S, State &St) {
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

bool Walker::element(Frame &F, const CFGBlock *B, size_t Index, const Stmt *S, State &St) {
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

void Walker::block(Frame &F, const CFGBlock *B, size_t Element, State S) {
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

void Walker::finish(Frame &F, State S, bool Ends) {
  if (++Paths > MaxPaths) {
    F.why = "it has too many paths";
    return;
  }
  S.path.ends = Ends;
  F.outcomes.push_back({std::move(S.path), S.result});
}

bool contains(const std::vector<AbstractValue> &All, const std::optional<AbstractValue> &One) {
  return One && std::find(All.begin(), All.end(), *One) != All.end();
}

/// Notes what it means for a pointer that `Cond` came out as `Taken`; false if that cannot be, after the earlier tests.
bool assume(const Value &Cond, bool Taken, State &S) {
  std::optional<AbstractValue> Null = Cond.nullWhen(Taken), Set = Cond.nullWhen(!Taken);
  if (contains(S.assumed_set, Null) || contains(S.path.assumed_null, Set))
    return false;
  if (Null && !contains(S.path.assumed_null, Null))
    S.path.assumed_null.push_back(*Null);
  if (Set)
    S.assumed_set.push_back(*Set);
  return true;
}

void Walker::leave(Frame &F, const CFGBlock *B, State S) {
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
    State Next = &E == &Edges.back() ? std::move(S) : S;
    if (E.taken && !assume(Cond, *E.taken, Next))
      continue;
    if (E.taken)
      Next.values.decide(Terminator, *E.taken);
    block(F, E.to, 0, std::move(Next));
  }
}

bool sameEffect(const Effect &A, const Effect &B) {
  return A.kind == B.kind && A.where == B.where && A.name == B.name && A.text == B.text && A.object == B.object &&
         A.cache == B.cache && A.records == B.records && A.arguments == B.arguments;
}

bool samePath(const PathSummary &A, const PathSummary &B) {
  return A.ends == B.ends && A.result == B.result && A.assumed_null == B.assumed_null &&
         std::equal(A.effects.begin(), A.effects.end(), B.effects.begin(), B.effects.end(), sameEffect);
}

/// How the function itself gets from what is inside the records that it frees to them.
void nameHelpers(const Names &N, const FunctionDecl *Definition, std::vector<FreedRecord> &Freed) {
  for (const OutwardHelper &H : outwardHelpersIn(N, Definition))
    for (FreedRecord &F : Freed)
      for (InnerObject &I : F.inside)
        if (I.helper.empty() && F.record == H.outer && I.record == H.inner && I.offset == H.offset)
          I.helper = H.name;
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
  Result.error = W.error();
  Result.parameter_record_note = W.freedRecord();
  Result.freed = W.records.describe(Result.paths);
  if (!Result.freed.empty() && N.seenDefinition(F))
    nameHelpers(N, Definition, Result.freed);
  Result.bodies = std::move(W.bodies);
  return Result;
}

} // namespace krcu
