// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The walk. States go through the graph in an order in which all ways into a block are known before it is left, and two states that have
// done the same are one from there on: what tells them apart no longer matters. So a function with a hundred tests that free nothing has one path.
// A loop's body is walked twice, which is enough to see that something is freed again. Helpers that free or wait are walked through.
#include "matchers/graph.h"
#include "matchers/trace_walk.h"
#include <utility>

using namespace clang;

namespace krcu {
namespace {

constexpr size_t MaxStates = 96;     ///< at one block
constexpr size_t MaxSteps = 30000;   ///< blocks that states go through, in all
constexpr unsigned MaxTurns = 2;     ///< ways back in loops on one path
constexpr size_t MaxAlike = 4;       ///< states that have done the same, and that another value of what is freed keeps apart

} // namespace

void TraceWalk::run(const FunctionDecl *F) {
  TraceState S;
  for (unsigned I = 0; I < F->getNumParams(); ++I)
    S.memory[Eval.addressOf(F->getParamDecl(I)).name()] = TraceValue::made("parameter " + std::to_string(I), false);
  std::vector<TraceState> Ends = through(F, std::move(S), 0);
  for (TraceState &E : Ends) {
    auto Same = llvm::find_if(To.paths, [&](const TracePath &P) { return P.events == E.events; });
    bool Joined = E.joined;
    if (Same == To.paths.end())
      To.paths.push_back({E.events, E.ways});
    else
      for (std::vector<TraceCondition> &Way : E.ways)
        Joined = !addWay(Same->ways, std::move(Way)) || Joined;
    if (Joined && To.complete)
      To.why = "it has more ways through it than are told apart";
  }
  for (const TraceOrder &O : Orders)
    To.orders.push_back(O);
}

const TraceGraph *TraceWalk::graphOf(const FunctionDecl *F) {
  auto [It, New] = Graphs.try_emplace(F);
  if (New)
    It->second = traceGraphOf(N, F);
  return It->second.cfg ? &It->second : nullptr;
}

std::vector<TraceState> TraceWalk::through(const FunctionDecl *F, TraceState S, unsigned Depth) {
  Frame Fr{F, N.symbolOf(F), graphOf(F), Depth, freedBy(F), {}, {}};
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

void TraceWalk::enter(Frame &F, const Key &K, TraceState S) {
  std::vector<TraceState> &There = F.open[K];
  // p is NULL where the allocation failed, and an object elsewhere: what is freed by such a name is told apart as long as that costs little.
  auto SameObjects = [&](const TraceState &Other) {
    return llvm::all_of(F.freed, [&](const std::string &Address) {
      const auto Mine = std::as_const(S.memory).find(Address), Its = Other.memory.find(Address);
      return Mine == S.memory.end() || Its == Other.memory.end() || Mine->second == Its->second;
    });
  };
  TraceState *Alike = nullptr;
  size_t Count = 0;
  for (TraceState &Other : There)
    if (Other.events == S.events) {
      if (SameObjects(Other))
        return merge(Other, S);
      Alike = &Other;
      ++Count;
    }
  if (Alike && (Count >= MaxAlike || There.size() >= MaxStates / 4))
    return merge(*Alike, S);
  if (There.size() >= MaxStates)
    return giveUp("it has too many ways through it");
  There.push_back(std::move(S));
}

/// Where a loop begins, what it counts is no constant any more: a[0] of the first turn is a[i] of all.
void TraceWalk::enterLoop(const TraceGraph &G, const CFGBlock *B, uint64_t Which, TraceState &S) {
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

void TraceWalk::elements(Frame &F, const CFGBlock *B, size_t From, const Key &K, TraceState S) {
  if (From == 0)
    enterLoop(*F.graph, B, std::get<2>(K), S);
  for (size_t I = From; I < B->size(); ++I)
    if (auto CS = (*B)[I].getAs<CFGStmt>())
      if (!element(F, B, I, K, CS->getStmt(), S))
        return;
  leave(F, B, K, std::move(S));
}

void TraceWalk::leave(Frame &F, const CFGBlock *B, const Key &K, TraceState S) {
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
        C.test += Case ? " is case " + Eval.valueOf(S, Case->getLHS()).name() : std::string(" is another case");
      }
      std::vector<std::vector<TraceCondition>> Ways;
      for (std::vector<TraceCondition> &Way : Next.ways) {
        auto Met = llvm::lower_bound(Way, C.test, [](const TraceCondition &O, const std::string &Test) { return O.test < Test; });
        if (Met == Way.end() || Met->test != C.test)
          Way.insert(Met, C);
        else if (Met->taken != C.taken)
          continue; // it was tested before
        Next.joined = !addWay(Ways, std::move(Way)) || Next.joined;
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

std::string TraceWalk::textAt(const Stmt *At) const {
  std::string Text = N.textOf(At->getSourceRange());
  if (Text.empty())
    Text = N.outermostMacro(At->getBeginLoc()) + "()";
  return Text;
}

bool TraceWalk::isUnlink(const Stmt *At) const {
  if (const auto *C = dyn_cast<CallExpr>(At))
    if (const FunctionDecl *Callee = calleeOf(C); Callee && Callee->getIdentifier() && contains(N.rules().unlinks, Callee->getName()))
      return true;
  for (const std::string &Macro : N.macrosOf(At->getBeginLoc()))
    if (contains(N.rules().unlinks, Macro))
      return true;
  return false;
}

void TraceWalk::event(TraceEvent E, TraceState &S) {
  // A macro may call more than one function with the object; it is one event.
  if (!S.events.empty()) {
    const TraceEvent &Last = To.events[S.events.back()];
    if (Last.kind == TraceEvent::Deferred && E.kind == Last.kind && Last.where == E.where && Last.called == Called && Last.value == E.value && Last.head >= E.head)
      return;
  }
  for (const auto &[Lock, Depth] : S.held)
    if (Depth > 0)
      E.held = Lock;
  E.called = Called;
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

void TraceWalk::effect(const Stmt *At, std::string Name, std::vector<std::string> Values, bool Unlink, TraceState &S, std::string Address) {
  Location Where = N.locationOf(At->getBeginLoc());
  auto [It, New] = EffectIds.emplace(std::make_pair(Address.empty() ? Name : Address, Where), static_cast<unsigned>(To.effects.size()));
  if (New) {
    To.effects.push_back({std::move(Name), textAt(At), Where, Unlink, std::move(Values)});
  } else if (TraceEffect &Known = To.effects[It->second]; Known.key != Name) { // a store of another value than on a path before
    Known.key = Address + " = " + SeveralValues;
    for (std::string &Value : Values)
      if (!llvm::is_contained(Known.values, Value))
        Known.values.push_back(std::move(Value));
  }
  S.always.insert(It->second);
  S.maybe.insert(It->second);
}

void TraceWalk::use(const TraceValue &V, const Stmt *At, const char *How, TraceState &S) {
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

void TraceWalk::store(const Expr *Left, const TraceValue &V, const Stmt *At, TraceState &S) {
  TraceValue Address = Eval.addressOf(S, Left), Old = Eval.load(S, Address);
  S.memory[Address.name()] = V;
  if (StringRef(Address.base).starts_with("&local "))
    return;
  use(Address, Left, "writes", S);
  bool Pointer = Left->getType()->isPointerType();
  effect(At, "store " + Address.name() + " = " + V.name(), {Address.base, V.base, Old.base}, Pointer || isUnlink(At), S, "store " + Address.name());
}

bool TraceWalk::element(Frame &F, const CFGBlock *B, size_t Index, const Key &K, const Stmt *Each, TraceState &S) {
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

FunctionTrace traceOf(const Names &N, const FunctionDecl *F) {
  FunctionTrace T;
  T.function = N.symbolOf(F);
  T.where = N.locationOf(F->getLocation());
  TraceWalk(N, T).run(F);
  return T;
}

} // namespace krcu
