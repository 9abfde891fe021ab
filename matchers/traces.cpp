// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The walk. States go through the graph in an order in which all ways into a block are known before it is left, and two states that have
// done the same are one from there on: what tells them apart no longer matters. So a function with a hundred tests that free nothing has one path.
// A loop's body is walked twice, which is enough to see that something is freed again. Helpers that free or wait are walked through.
#include "matchers/traces.h"
#include "matchers/graph.h"
#include "matchers/trace_values.h"
#include "clang/Analysis/Analyses/PostOrderCFGView.h"
#include "clang/Lex/Lexer.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include <tuple>

using namespace clang;

namespace krcu {
namespace {

constexpr size_t MaxStates = 96;     ///< at one block
constexpr size_t MaxSteps = 30000;   ///< blocks that states go through, in all
constexpr unsigned MaxDepth = 3;     ///< of helpers
constexpr unsigned MaxTurns = 2;     ///< ways back in loops on one path

bool contains(const std::vector<std::string> &List, StringRef Name) { return llvm::is_contained(List, Name); }

/// The macro that a call is the work of, if that is kfree_rcu() or one of its kin, and where it is spelled.
struct DeferredUse {
  std::string name;
  SourceLocation at;
};

std::optional<DeferredUse> deferredUseOf(const Names &N, SourceLocation L) {
  const SourceManager &SM = N.sources();
  std::optional<DeferredUse> Found;
  while (L.isMacroID()) {
    SourceLocation Caller = SM.getImmediateMacroCallerLoc(L);
    if (!SM.isMacroArgExpansion(L)) {
      std::string Macro = Lexer::getImmediateMacroName(L, SM, N.context().getLangOpts()).str();
      if (contains(N.rules().replacements, Macro) || contains(N.rules().deferred_frees_no_head, Macro))
        Found = DeferredUse{Macro, Caller};
    }
    L = Caller;
  }
  return Found;
}

const RecordDecl *recordBehind(QualType T) { return T.isNull() || !T->isPointerType() ? nullptr : T->getPointeeType()->getAsRecordDecl(); }

class Walk {
public:
  Walk(const Names &N, FunctionTrace &To) : N(N), Eval(N), To(To) {}

  void run(const FunctionDecl *F) {
    TraceState S;
    for (unsigned I = 0; I < F->getNumParams(); ++I)
      S.memory[Eval.addressOf(F->getParamDecl(I)).name()] = TraceValue::made("parameter " + std::to_string(I), false);
    std::vector<TraceState> Ends = through(F, std::move(S), 0);
    for (TraceState &E : Ends) {
      auto Same = llvm::find_if(To.paths, [&](const TracePath &P) { return P.events == E.events; });
      if (Same == To.paths.end()) {
        To.paths.push_back({E.events, E.ways});
        continue;
      }
      for (std::vector<TraceCondition> &Way : E.ways)
        addWay(Same->ways, std::move(Way));
    }
    for (const TraceOrder &O : Orders)
      To.orders.push_back(O);
  }

private:
  using Key = std::tuple<unsigned, unsigned, uint64_t>; ///< turns, place in the order, which turns
  struct Graph {
    std::unique_ptr<CFG> cfg;
    std::vector<unsigned> place; ///< by block id
    std::vector<std::pair<unsigned, unsigned>> back; ///< edges against the order, by block ids
    std::map<unsigned, std::vector<const VarDecl *>> counters; ///< by the block that a loop begins with: locals that it counts up or down
  };

  const Graph *graphOf(const FunctionDecl *F);
  std::vector<TraceState> through(const FunctionDecl *F, TraceState S, unsigned Depth);
  struct Frame {
    const FunctionDecl *function;
    std::string symbol;
    const Graph *graph;
    unsigned depth;
    std::map<Key, std::vector<TraceState>> open;
    std::vector<TraceState> ends;
  };
  void enter(Frame &F, const Key &K, TraceState S);
  void elements(Frame &F, const CFGBlock *B, size_t From, const Key &K, TraceState S);
  void enterLoop(const Graph &G, const CFGBlock *B, uint64_t Which, TraceState &S);
  void leave(Frame &F, const CFGBlock *B, const Key &K, TraceState S);
  bool element(Frame &F, const CFGBlock *B, size_t Index, const Key &K, const Stmt *Each, TraceState &S);
  bool call(Frame &F, const CFGBlock *B, size_t Index, const Key &K, const CallExpr *C, TraceState &S);
  bool deferred(Frame &F, const CallExpr *C, const FunctionDecl *Callee, TraceState &S);
  bool known(Frame &F, const CallExpr *C, const FunctionDecl *Callee, TraceState &S);
  bool section(const CallExpr *C, const std::string &Name, TraceState &S);
  void plainCall(const CallExpr *C, const FunctionDecl *Callee, TraceState &S);
  void store(const Expr *To, const TraceValue &V, const Stmt *At, TraceState &S);
  void event(TraceEvent E, TraceState &S);
  void effect(const Stmt *At, std::string Key, std::vector<std::string> Values, bool Unlink, TraceState &S);
  void use(const TraceValue &V, const Stmt *At, const char *How, TraceState &S);
  bool frees(const FunctionDecl *F, unsigned Depth);
  bool ruleNames(StringRef Name) const;
  bool isUnlink(const Stmt *At) const;
  std::string textAt(const Stmt *At) const;
  void giveUp(const std::string &Why) {
    if (To.complete)
      To.why = Why;
    To.complete = false;
  }

  const Names &N;
  TraceEvaluator Eval;
  FunctionTrace &To;
  std::vector<TraceOrder> Orders;
  std::vector<bool> Met; ///< events whose order has been set once
  std::map<const FunctionDecl *, Graph> Graphs;
  std::map<const FunctionDecl *, bool> Freeing;
  std::set<const FunctionDecl *> Active;
  std::map<std::pair<std::string, Location>, unsigned> EffectIds;
  std::set<std::pair<unsigned, std::string>> UsesSeen;
  std::map<std::string, SourceLocation> Sections;
  size_t Steps = 0;
};

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

const Walk::Graph *Walk::graphOf(const FunctionDecl *F) {
  auto [It, New] = Graphs.try_emplace(F);
  Graph &G = It->second;
  if (New && (G.cfg = buildGraph(N, F, true))) {
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
  }
  return G.cfg ? &G : nullptr;
}

std::vector<TraceState> Walk::through(const FunctionDecl *F, TraceState S, unsigned Depth) {
  Frame Fr{F, N.symbolOf(F), graphOf(F), Depth, {}, {}};
  if (!Fr.graph) {
    giveUp("no control-flow graph could be made of " + F->getNameAsString() + "()");
    return {};
  }
  if (std::string Error = N.errorIn(F); !Error.empty())
    giveUp(Error);
  Active.insert(F);
  enter(Fr, {0, Fr.graph->place[Fr.graph->cfg->getEntry().getBlockID()], 0}, std::move(S));
  std::map<unsigned, const CFGBlock *> At;
  for (const CFGBlock *B : *Fr.graph->cfg)
    At[Fr.graph->place[B->getBlockID()]] = B;
  while (!Fr.open.empty() && To.complete) {
    auto Node = Fr.open.extract(Fr.open.begin());
    const CFGBlock *B = At[std::get<1>(Node.key())];
    for (TraceState &Each : Node.mapped()) {
      if (++Steps > MaxSteps)
        giveUp("it has too many ways through it");
      elements(Fr, B, 0, Node.key(), std::move(Each));
    }
  }
  Active.erase(F);
  return std::move(Fr.ends);
}

void Walk::enter(Frame &F, const Key &K, TraceState S) {
  std::vector<TraceState> &There = F.open[K];
  for (TraceState &Other : There)
    if (Other.events == S.events)
      return merge(Other, S);
  if (There.size() >= MaxStates)
    return giveUp("it has too many ways through it");
  There.push_back(std::move(S));
}

/// Where a loop begins, what it counts is no constant any more: a[0] of the first turn is a[i] of all.
void Walk::enterLoop(const Graph &G, const CFGBlock *B, uint64_t Which, TraceState &S) {
  auto Counters = G.counters.find(B->getBlockID());
  if (Counters == G.counters.end())
    return;
  for (size_t I = 0; I < G.back.size(); ++I)
    if (G.back[I].second == B->getBlockID() && (Which & (uint64_t(1) << std::min<size_t>(63, I))))
      return; // not the first turn
  for (const VarDecl *V : Counters->second) {
    TraceValue Address = Eval.addressOf(V);
    auto Known = S.memory.find(Address.name());
    if (Known != S.memory.end() && Known->second.constant())
      Known->second = TraceValue::made("count of " + Address.base + " from " + Known->second.name(), false);
  }
}

void Walk::elements(Frame &F, const CFGBlock *B, size_t From, const Key &K, TraceState S) {
  if (From == 0)
    enterLoop(*F.graph, B, std::get<2>(K), S);
  for (size_t I = From; I < B->size(); ++I)
    if (auto CS = (*B)[I].getAs<CFGStmt>())
      if (!element(F, B, I, K, CS->getStmt(), S))
        return;
  leave(F, B, K, std::move(S));
}

void Walk::leave(Frame &F, const CFGBlock *B, const Key &K, TraceState S) {
  if (B == &F.graph->cfg->getExit()) {
    for (TraceState &E : F.ends)
      if (E.events == S.events)
        return merge(E, S);
    F.ends.push_back(std::move(S));
    return;
  }
  if (B->hasNoReturnElement())
    return;
  const Expr *Condition = conditionOf(B);
  TraceValue Cond = Condition ? Eval.valueOf(S, Condition) : TraceValue();
  std::optional<int64_t> Constant = Condition && Cond.constant() ? std::optional<int64_t>(Cond.offset) : std::nullopt;
  const bool Switch = isa_and_nonnull<SwitchStmt>(B->getTerminatorStmt());
  for (const GraphEdge &E : edgesFrom(N, B, Constant)) {
    TraceState Next = S;
    if (Condition && !Cond.constant() && (E.taken || Switch)) {
      TraceCondition C{Cond.name(), E.taken.value_or(true), Cond.calls, N.locationOf(Condition->getBeginLoc()), N.textOf(Condition->getSourceRange())};
      normalise(C.test, C.taken);
      if (Switch) {
        const Stmt *Label = E.to->getLabel();
        const auto *Case = dyn_cast_or_null<CaseStmt>(Label);
        C.test += Case ? " is " + Eval.valueOf(S, Case->getLHS()).name() : std::string(" is another");
      }
      std::vector<std::vector<TraceCondition>> Ways;
      for (std::vector<TraceCondition> &Way : Next.ways) {
        auto Met = llvm::lower_bound(Way, C.test, [](const TraceCondition &O, const std::string &Test) { return O.test < Test; });
        if (Met == Way.end() || Met->test != C.test)
          Way.insert(Met, C);
        else if (Met->taken != C.taken)
          continue; // it was tested before
        addWay(Ways, std::move(Way));
      }
      if (Ways.empty())
        continue;
      Next.ways = std::move(Ways);
    }
    if (E.taken)
      Next.decisions[B->getTerminatorStmt()] = *E.taken;
    auto [Turns, Place, Which] = K;
    unsigned To = F.graph->place[E.to->getBlockID()];
    auto Edge = std::make_pair(B->getBlockID(), E.to->getBlockID());
    if (auto Back = llvm::find(F.graph->back, Edge); Back != F.graph->back.end()) {
      uint64_t Bit = uint64_t(1) << std::min<size_t>(63, static_cast<size_t>(Back - F.graph->back.begin()));
      if ((Which & Bit) || Turns >= MaxTurns)
        continue;
      Which |= Bit, ++Turns;
    }
    enter(F, {Turns, To, Which}, std::move(Next));
  }
}

std::string Walk::textAt(const Stmt *At) const {
  std::string Text = N.textOf(At->getSourceRange());
  if (Text.empty())
    Text = N.outermostMacro(At->getBeginLoc()) + "()";
  return Text;
}

bool Walk::isUnlink(const Stmt *At) const {
  if (const auto *C = dyn_cast<CallExpr>(At))
    if (const FunctionDecl *Callee = calleeOf(C); Callee && Callee->getIdentifier() && contains(N.rules().unlinks, Callee->getName()))
      return true;
  for (const std::string &Macro : N.macrosOf(At->getBeginLoc()))
    if (contains(N.rules().unlinks, Macro))
      return true;
  return false;
}

void Walk::event(TraceEvent E, TraceState &S) {
  // A macro may call more than one function with the object; it is one event.
  if (!S.events.empty()) {
    const TraceEvent &Last = To.events[S.events.back()];
    if (Last.kind == TraceEvent::Deferred && E.kind == Last.kind && Last.where == E.where && Last.value == E.value && Last.head >= E.head)
      return;
  }
  for (const auto &[Lock, Depth] : S.held)
    if (Depth > 0)
      E.held = Lock;
  auto It = llvm::find(To.events, E);
  unsigned Id = static_cast<unsigned>(It - To.events.begin());
  std::vector<unsigned> Always(S.always.begin(), S.always.end());
  if (It == To.events.end()) {
    To.events.push_back(E);
    Orders.push_back({Always, {S.maybe.begin(), S.maybe.end()}});
  } else {
    TraceOrder &O = Orders[Id];
    std::erase_if(O.always, [&](unsigned Effect) { return !S.always.count(Effect); });
    std::set<unsigned> Maybe(O.maybe.begin(), O.maybe.end());
    Maybe.insert(S.maybe.begin(), S.maybe.end());
    O.maybe.assign(Maybe.begin(), Maybe.end());
  }
  S.events.push_back(Id);
  if (!E.value.empty() && E.kind <= TraceEvent::Free)
    S.freed[E.value].push_back(Id);
}

void Walk::effect(const Stmt *At, std::string Name, std::vector<std::string> Values, bool Unlink, TraceState &S) {
  Location Where = N.locationOf(At->getBeginLoc());
  auto [It, New] = EffectIds.emplace(std::make_pair(Name, Where), static_cast<unsigned>(To.effects.size()));
  if (New)
    To.effects.push_back({std::move(Name), textAt(At), Where, Unlink, std::move(Values)});
  S.always.insert(It->second);
  S.maybe.insert(It->second);
}

void Walk::use(const TraceValue &V, const Stmt *At, const char *How, TraceState &S) {
  auto It = S.freed.find(V.base);
  if (V.constant() || It == S.freed.end())
    return;
  Location Where = N.locationOf(At->getBeginLoc());
  for (unsigned Id : It->second) {
    const TraceEvent &E = To.events[Id];
    if (E.kind != TraceEvent::Queue && V.offset < E.offset)
      continue; // before what is freed
    if (Where.file == E.where.file && Where.line == E.where.line && Where.column == E.where.column)
      continue; // the same macro
    std::string Name = std::string(How) + " " + V.name();
    if (UsesSeen.insert({Id, Name}).second)
      To.uses.push_back({Id, Name, std::string(How) + " " + textAt(At), Where, S.readers > 0});
  }
}

void Walk::store(const Expr *Left, const TraceValue &V, const Stmt *At, TraceState &S) {
  TraceValue Address = Eval.addressOf(S, Left), Old = Eval.load(S, Address);
  S.memory[Address.name()] = V;
  if (StringRef(Address.base).starts_with("&local "))
    return;
  use(Address, Left, "writes", S);
  bool Pointer = Left->getType()->isPointerType();
  effect(At, "store " + Address.name() + " = " + V.name(), {Address.base, V.base, Old.base}, Pointer || isUnlink(At), S);
}

bool Walk::element(Frame &F, const CFGBlock *B, size_t Index, const Key &K, const Stmt *Each, TraceState &S) {
  if (const auto *C = dyn_cast<CallExpr>(Each))
    return call(F, B, Index, K, C, S);
  if (const auto *D = dyn_cast<DeclStmt>(Each)) {
    for (const Decl *Decl : D->decls())
      if (const auto *V = dyn_cast<VarDecl>(Decl); V && V->hasLocalStorage()) {
        TraceValue Address = Eval.addressOf(V);
        if (V->hasInit() && !V->getType()->isRecordType())
          S.memory[Address.name()] = Eval.valueOf(S, V->getInit());
        else
          S.memory.erase(Address.name());
      }
  } else if (const auto *O = dyn_cast<BinaryOperator>(Each); O && O->isAssignmentOp()) {
    TraceValue V = Eval.valueOf(S, O->getRHS());
    if (const auto *Compound = dyn_cast<CompoundAssignOperator>(O)) {
      TraceValue Old = Eval.load(S, Eval.addressOf(S, O->getLHS()));
      bool Minus = O->getOpcode() == BO_SubAssign;
      V = Minus || O->getOpcode() == BO_AddAssign ? Eval.moved(Old, Compound->getLHS()->getType(), V, Minus)
                                                   : TraceValue::made("(" + Old.name() + " " + O->getOpcodeStr().str() + " " + V.name() + ")", Old.calls || V.calls);
    }
    store(O->getLHS(), V, O, S);
    S.known[O] = V;
  } else if (const auto *U = dyn_cast<UnaryOperator>(Each); U && U->isIncrementDecrementOp()) {
    TraceValue Old = Eval.load(S, Eval.addressOf(S, U->getSubExpr())), One;
    One.offset = 1;
    TraceValue New = Eval.moved(Old, U->getType(), One, U->isDecrementOp());
    store(U->getSubExpr(), New, U, S);
    S.known[U] = U->isPostfix() ? Old : New;
  } else if (const auto *L = dyn_cast<CastExpr>(Each); L && L->getCastKind() == CK_LValueToRValue) {
    if (!S.freed.empty())
      use(Eval.addressOf(S, L->getSubExpr()), L, "reads", S);
  } else if (const auto *R = dyn_cast<ReturnStmt>(Each)) {
    S.result = R->getRetValue() ? Eval.valueOf(S, R->getRetValue()) : TraceValue();
  } else if (isa<StmtExpr, AbstractConditionalOperator>(Each)) {
    S.known[cast<Expr>(Each)] = Eval.valueOf(S, cast<Expr>(Each));
  } else if (const auto *A = dyn_cast<GCCAsmStmt>(Each)) {
    for (unsigned I = 0; I < A->getNumOutputs(); ++I)
      S.memory[Eval.addressOf(S, A->getOutputExpr(I)).name()] = TraceValue::made("asm{" + A->getAsmString()->getString().str() + "}", true);
  }
  return true;
}

bool Walk::section(const CallExpr *C, const std::string &Name, TraceState &S) {
  const Rules &R = N.rules();
  std::string Found;
  auto Is = [&](StringRef Each) { return contains(R.atomic_begins, Each) || contains(R.atomic_ends, Each) || contains(R.reader_begins, Each) || contains(R.reader_ends, Each); };
  if (Is(Name))
    Found = Name;
  else
    for (const std::string &Macro : N.macrosOf(C->getBeginLoc()))
      if (Is(Macro))
        Found = Macro;
  if (Found.empty())
    return false;
  // Of the calls of one macro the first counts.
  SourceLocation At = N.sources().getExpansionLoc(C->getBeginLoc());
  if (C->getBeginLoc().isMacroID()) {
    SourceLocation &Last = Sections["last"];
    if (Last == At)
      return true;
    Last = At;
  }
  const bool Reader = contains(R.reader_begins, Found) || contains(R.reader_ends, Found);
  const bool Begins = contains(R.atomic_begins, Found) || contains(R.reader_begins, Found);
  if (Reader)
    S.readers = std::max(0, S.readers + (Begins ? 1 : -1));
  if (Begins) {
    ++S.held[Found + "()"];
    return true;
  }
  // Locks and unlocks go by the same beginning of their names, so the longest common one is meant.
  std::string *Best = nullptr;
  size_t Length = 0;
  std::vector<std::string> Locks;
  for (const auto &[Lock, Depth] : S.held)
    if (Depth > 0)
      Locks.push_back(Lock);
  for (std::string &Lock : Locks) {
    size_t Same = 0;
    while (Same < Lock.size() && Same < Found.size() && Lock[Same] == Found[Same])
      ++Same;
    if (!Best || Same > Length)
      Best = &Lock, Length = Same;
  }
  if (Best)
    --S.held[*Best];
  return true;
}

bool Walk::deferred(Frame &F, const CallExpr *C, const FunctionDecl *Callee, TraceState &S) {
  if (!C->getBeginLoc().isMacroID())
    return false;
  std::optional<DeferredUse> Use = deferredUseOf(N, C->getBeginLoc());
  if (!Use)
    return false;
  int Head = -1, Object = -1;
  std::vector<TraceValue> Values;
  for (const Expr *A : C->arguments())
    Values.push_back(Eval.valueOf(S, A));
  int Count = static_cast<int>(std::min<size_t>(Values.size(), Callee->getNumParams()));
  for (int I = 0; I < Count && Head < 0; ++I)
    if (recordBehind(Callee->getParamDecl(static_cast<unsigned>(I))->getType()))
      Head = I;
  for (int I = 0; I < Count && Object < 0; ++I)
    if (I != Head && Callee->getParamDecl(static_cast<unsigned>(I))->getType()->isPointerType())
      Object = I;
  if (Object < 0 && Head < 0)
    return true; // an assertion of the macro's
  TraceValue What = Object >= 0 ? Values[static_cast<size_t>(Object)] : Values[static_cast<size_t>(Head)];
  const TraceValue *At = Object >= 0 && Head >= 0 ? &Values[static_cast<size_t>(Head)] : nullptr;
  TraceEvent E;
  if (What.constant()) {
    if (!At || At->constant())
      return true; // NULL
    int64_t Distance = What.offset;
    What = *At;
    What.offset -= Distance;
  }
  E.kind = TraceEvent::Deferred;
  E.where = N.locationOf(N.sources().getExpansionLoc(Use->at));
  E.name = Use->name;
  E.function = F.symbol;
  E.value = What.base;
  E.offset = What.offset;
  if (At && !At->constant() && At->base == What.base)
    E.head = At->offset - What.offset;
  event(std::move(E), S);
  return true;
}

/// Calls that rules name.
bool Walk::known(Frame &F, const CallExpr *C, const FunctionDecl *Callee, TraceState &S) {
  const Rules &R = N.rules();
  std::string Name = Callee->getNameAsString();
  if (!Callee->isExternallyVisible() && N.sources().isInMainFile(N.sources().getExpansionLoc(Callee->getLocation())))
    return false; // a namesake of the file's own
  TraceEvent E;
  E.where = N.locationOf(C->getBeginLoc());
  E.name = Name;
  E.function = F.symbol;
  auto Argument = [&](unsigned I) { return I < C->getNumArgs() ? C->getArg(I) : nullptr; };
  auto Take = [&](const Expr *Object) {
    TraceValue V = Object ? Eval.valueOf(S, Object) : TraceValue();
    E.value = V.base, E.offset = V.offset;
    E.text = Object ? N.textOf(Object->getSourceRange()) : std::string();
    return !V.constant();
  };
  if (const DeferralRule *D = R.deferral(Name)) {
    E.kind = TraceEvent::Queue;
    Take(Argument(D->head));
    if (const Expr *Callback = Argument(D->callback)) {
      const auto *Ref = dyn_cast<DeclRefExpr>(stripped(Callback));
      const auto *Function = Ref ? dyn_cast<FunctionDecl>(Ref->getDecl()) : nullptr;
      E.callback = Function ? N.symbolOf(Function) : Eval.valueOf(S, Callback).name();
    }
  } else if (const FreeRule *Rule = R.free(Name)) {
    E.kind = TraceEvent::Free;
    if (!Take(Argument(Rule->object)))
      return true; // NULL
    if (Rule->cache && Argument(*Rule->cache))
      E.caches = N.valuesOf(Argument(*Rule->cache));
  } else if (const CacheRule *Rule = R.cacheDestroy(Name)) {
    E.kind = TraceEvent::Destroy;
    if (Argument(Rule->cache))
      E.caches = N.valuesOf(Argument(Rule->cache));
  } else if (R.barrier(Name) || contains(R.sleeping_waits, Name)) {
    E.kind = TraceEvent::Barrier;
  } else {
    return false;
  }
  event(std::move(E), S);
  return true;
}

bool Walk::ruleNames(StringRef Name) const {
  const Rules &R = N.rules();
  return R.deferral(Name.str()) || R.free(Name.str()) || R.cacheDestroy(Name.str()) || R.barrier(Name.str()) || contains(R.sleeping_waits, Name);
}

/// Whether a helper frees, defers or waits, itself or in what it calls.
bool Walk::frees(const FunctionDecl *F, unsigned Depth) {
  auto [It, New] = Freeing.try_emplace(F, false);
  if (!New || Depth > MaxDepth)
    return It->second;
  std::vector<const Stmt *> Work{F->getBody()};
  bool Found = false;
  while (!Work.empty() && !Found) {
    const Stmt *Each = Work.back();
    Work.pop_back();
    if (!Each)
      continue;
    if (const auto *C = dyn_cast<CallExpr>(Each)) {
      const FunctionDecl *Callee = calleeOf(C);
      if (Callee && Callee->getIdentifier()) {
        const FunctionDecl *Body = N.seenDefinition(Callee);
        Found = ruleNames(Callee->getName()) || deferredUseOf(N, C->getBeginLoc()) || (Body && frees(Body, Depth + 1));
      }
    }
    for (const Stmt *Child : Each->children())
      Work.push_back(Child);
  }
  return Freeing[F] = Found;
}

/// Whether the function can write to what it is given: memset() can, printk() cannot.
bool mayWrite(const FunctionDecl *Callee) {
  return llvm::any_of(Callee->parameters(), [](const ParmVarDecl *P) {
    QualType Pointee = P->getType()->isPointerType() ? P->getType()->getPointeeType() : QualType();
    return !Pointee.isNull() && !Pointee.isConstQualified() && !Pointee->isFunctionType();
  });
}

void Walk::plainCall(const CallExpr *C, const FunctionDecl *Callee, TraceState &S) {
  std::string Name = Callee ? Callee->getNameAsString() : "through " + Eval.valueOf(S, C->getCallee()).name();
  if (Callee && (Name == "__builtin_expect" || Name == "__builtin_expect_with_probability") && C->getNumArgs()) {
    S.known[C] = Eval.valueOf(S, C->getArg(0));
    return;
  }
  const bool Writes = Callee && mayWrite(Callee);
  bool Computes = Callee && ((Callee->getBuiltinID() && !Writes && StringRef(Name).starts_with("__builtin_")) || Callee->hasAttr<ConstAttr>());
  bool Quiet = Computes || (Callee && !Writes && contains(N.rules().quiet_calls, Name));
  std::string Text = Name + "(";
  std::vector<std::string> Values;
  bool Unlink = isUnlink(C);
  for (const Expr *A : C->arguments()) {
    TraceValue V = Eval.valueOf(S, A);
    Text += (Text.back() == '(' ? "" : ", ") + V.name();
    Values.push_back(V.base);
    if (Quiet)
      continue;
    if (A->getType()->isPointerType())
      use(V, C, "passes", S);
    if (StringRef(V.base).starts_with("&local ") && A->getType()->isPointerType())
      S.memory[V.name()] = TraceValue::made("set by " + Name + "() at " + V.base, true);
  }
  Text += ")";
  TraceValue Result = TraceValue::made(Text, !Computes);
  if (!Quiet)
    effect(C, Text, std::move(Values), Unlink, S);
  if (!Computes)
    if (unsigned Again = S.counts[Text]++) // an allocation, say: another value each time
      Result = TraceValue::made(Text + " again " + std::to_string(Again), true);
  S.known[C] = Result;
}

bool Walk::call(Frame &F, const CFGBlock *B, size_t Index, const Key &K, const CallExpr *C, TraceState &S) {
  const FunctionDecl *Callee = calleeOf(C);
  if (!Callee || !Callee->getIdentifier()) {
    plainCall(C, nullptr, S);
    return true;
  }
  if (deferred(F, C, Callee, S) || known(F, C, Callee, S) || section(C, Callee->getName().str(), S))
    return true;
  const FunctionDecl *Body = N.seenDefinition(Callee);
  if (!Body && Callee->isDefined() && !Callee->isExternallyVisible() && !llvm::is_contained(To.asked, Callee->getNameAsString()))
    To.asked.push_back(Callee->getNameAsString());
  if (!Body || Active.count(Body) || F.depth >= MaxDepth || Body->isVariadic() || Body->isWeak() || !frees(Body, 0)) {
    plainCall(C, Callee, S);
    return true;
  }
  if (std::string Symbol = N.symbolOf(Body); !llvm::is_contained(To.inlined, Symbol))
    To.inlined.push_back(Symbol);
  TraceState In = S;
  for (unsigned I = 0; I < Body->getNumParams() && I < C->getNumArgs(); ++I)
    In.memory[Eval.addressOf(Body->getParamDecl(I)).name()] = Eval.valueOf(S, C->getArg(I));
  for (TraceState &Out : through(Body, std::move(In), F.depth + 1)) {
    Out.known[C] = Out.result;
    elements(F, B, Index + 1, K, std::move(Out));
  }
  return false;
}

} // namespace

FunctionTrace traceOf(const Names &N, const FunctionDecl *F) {
  FunctionTrace T;
  T.function = N.symbolOf(F);
  T.where = N.locationOf(F->getLocation());
  Walk(N, T).run(F);
  return T;
}

} // namespace krcu
