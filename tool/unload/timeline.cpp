// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/unload/timeline.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <iterator>

using llvm::StringRef;

namespace krcu {
namespace {

constexpr unsigned MaxDepth = 12; ///< calls within the module

} // namespace

UnloadTimeline::Arguments UnloadTimeline::passed(const Flow &Callee, const FlowCall &C) {
  Arguments A;
  for (size_t I = 0; I < std::min(C.arguments.size(), Callee.parameters.size()); ++I)
    A[Callee.parameters[I]] = C.arguments[I];
  return A;
}

std::string UnloadTimeline::substituted(const std::string &Text, const Arguments &A) {
  StringRef T = Text;
  bool Address = T.consume_front("&");
  std::string Name = firstName(T);
  auto It = A.find(Name);
  if (It == A.end() || !T.starts_with(Name))
    return Text;
  StringRef Rest = T.drop_front(Name.size());
  StringRef Value = It->second;
  if (Address && Rest.empty())
    return Text;
  if (Rest.starts_with("->") && Value.starts_with("&"))
    return (Address ? "&" : "") + Value.drop_front().str() + "." + Rest.drop_front(2).str();
  return (Address ? "&" : "") + Value.str() + Rest.str();
}

/// Whether a function of that name queues the callback that it is handed.
bool UnloadTimeline::handsOn(const std::string &Function) const {
  for (auto [It, End] = M.functions().equal_range(Function); It != End; ++It) {
    const Flow &G = M.tree().flow(It->second);
    for (const FlowNode &N : G.nodes)
      if (const DeferralRule *D = N.kind == FlowNode::Call ? R.deferral(N.call.name) : nullptr; D && D->callback < N.call.arguments.size() && llvm::is_contained(G.parameters, N.call.arguments[D->callback]))
        return true;
  }
  return false;
}

UnloadTimeline::UnloadTimeline(const ModuleText &Module, const Rules &R, const UnloadRules &U, const Semantics &S, UnloadQuestion Question)
    : M(Module), R(R), U(U), S(S), Q(std::move(Question)) {
  Coming = M.comingTo(Q.queueing);
  for (const std::string &Name : Q.queueing)
    for (auto [It, End] = M.functions().equal_range(Name); It != End; ++It)
      for (const FlowNode &N : M.tree().flow(It->second).nodes)
        if (N.kind == FlowNode::Call && R.deferral(N.call.name))
          Configs.insert(N.call.config);
  M.forEachVariable([&](const TextVariable &V) { Mounts = Mounts || U.find(V.record, UnloadRule::Pinned); });
  std::set<std::string> Writers = Q.queueing;
  for (const std::string &C : Q.callbacks)
    Writers.insert(plainName(C));
  std::set<std::string> HandOn; // later(head, callback): who calls it queues
  llvm::copy_if(Q.queueing, std::inserter(HandOn, HandOn.end()), [&](const std::string &Name) { return handsOn(Name); });
  Writers.merge(M.naming(HandOn));
  for (const std::string &Name : Writers)
    for (auto [It, End] = M.functions().equal_range(Name); It != End; ++It)
      for (const FlowStore &Store : M.tree().flow(It->second).stores)
        Flags.insert(lastName(Store.to));
  Flags.erase("");
  findChains();
  for (const UnloadRule &Rule : U.events)
    if (Rule.event == UnloadRule::ConditionalWait) {
      if (llvm::none_of(Rule.needs, [&](const std::string &N) { return M.anyNames(N); }))
        NotCounted.insert(Rule.name);
    }
  for (const LateFieldRule &Rule : R.late_fields) // what the core calls behind its own barrier
    for (const std::string &Symbol : M.storedIn(Rule.field))
      if (Coming.count(plainName(Symbol)))
        NotCounted.insert(Rule.barrier);
  Unfollowed = NotCounted;
  for (const FreeRule &F : R.frees)
    Unfollowed.insert(F.name);
  for (const CacheRule &C : R.cache_destroy)
    Unfollowed.insert(C.name);
  std::set<std::string> May;
  for (const BarrierRule &B : R.barriers)
    May.insert(B.name);
  for (const CacheRule &C : R.cache_destroy)
    May.insert(C.name);
  for (const UnloadRule &Rule : U.events)
    if (Rule.event == UnloadRule::Wait)
      May.insert(Rule.name);
  llvm::copy_if(May, std::inserter(WaitNames, WaitNames.end()), [&](const std::string &Name) { return waits(Name, {}); });
  std::string Kind = std::to_string(Q.flavour), Passed;
  for (const std::string &Name : NotCounted)
    Passed += " " + Name;
  Memory = &M.tree().memory(Kind + Q.object + Passed);
  Names = &M.tree().names(Kind + (Q.member || Q.asks(UnloadQuestion::Tasks) ? Q.object : "") + Passed);
}

void UnloadTimeline::begin(const UnloadOptions &Options) {
  if (O.without != Options.without)
    Teardowns.clear();
  O = Options;
  Memo.clear(), Noted.clear(), Order.clear(), Broken.clear(), Active.clear(), Stopped.clear(), Ends.clear();
  Calls.clear(), Set.clear(), SetBefore.clear();
  DevicesGone = false;
  LinksGone.clear();
  Doubt.clear();
  DoubtAt = {};
  TooEarly.clear(), TakenOff.clear();
  Steps = FirstWait = 0;
  MayWait = 0;
}

UnloadAnswer UnloadTimeline::finish(State Out) {
  UnloadAnswer A;
  A.reached = Out != 0;
  for (const auto &Key : Order)
    A.timeline.push_back(Noted[Key]);
  if (Q.until == UnloadQuestion::Text && Out == Clean) {
    std::string Late = chainStoppedLate();
    A.shortfall = "waits too early";
    if (Late.empty() && !(Late = chainCut(A.timeline)).empty())
      A.shortfall = "waits too few times";
    if (Late.empty())
      Late = startedAgain();
    if (Late.empty())
      Late = stillRunning();
    if (Late.empty())
      Late = leftByCallbacks(A.shortfall);
    if (!Late.empty())
      Out = Dirty, TooEarly = std::move(Late);
  }
  A.late = TooEarly;
  A.broken = Broken;
  if (Broken.empty() && Q.until == UnloadQuestion::Destruction)
    findLateProducers(A);
  A.holds = Q.until == UnloadQuestion::Text ? !(Out & Dirty) : A.broken.empty();
  return A;
}

/// What is stopped behind a destruction may queue until then, whatever was waited for before. Whether it ever does so late is not known.
void UnloadTimeline::findLateProducers(UnloadAnswer &A) {
  auto End = llvm::find_if(A.timeline, [](const UnloadEvent &E) { return E.kind == UnloadEvent::End; });
  for (auto It = End; It != A.timeline.end(); ++It)
    if (It->kind == UnloadEvent::Stop || It->kind == UnloadEvent::Queue)
      A.behind.push_back(*It);
  if (A.behind.empty())
    return;
  if (!O.generous)
    A.broken.push_back(*End);
  else if (Doubt.empty())
    Doubt = "whether anything is still queued by then is not known: " + A.behind.front().text;
}

UnloadAnswer UnloadTimeline::endOf(const TextFunction &Start, const UnloadOptions &Options) {
  begin(Options);
  return finish(through(Start, {}, O.settled ? Clean : Dirty, 0));
}

UnloadAnswer UnloadTimeline::endOfObject(const std::string &Variable, const Location &Where, const UnloadOptions &Options) {
  begin(Options);
  const Held &H = heldBy(Variable);
  State Out = Dirty;
  if (O.generous)
    for (const std::string &Symbol : H.teardown) {
      std::set<std::string> Seen;
      const TextFunction *F = M.bySymbol(Symbol);
      Evidence At;
      if (F && mayWait(*F, 6, Seen, At)) {
        Doubt = At.text + " when " + Variable + " is taken away, in " + F->name + "()";
        DoubtAt = At;
        Out = Clean;
        break;
      }
    }
  (void)Where;
  return finish(Out);
}

UnloadTimeline::State UnloadTimeline::through(const TextFunction &F, const Arguments &A, State In, unsigned Depth) {
  if (Depth > MaxDepth || In == 0)
    return In;
  std::string Key = F.symbol + "(";
  for (const auto &[Name, Value] : A)
    Key += Name + "=" + Value + ";";
  if (!Active.insert(F.symbol).second)
    return In; // recursion adds no new way
  State Out = 0;
  for (State Bit : {Clean, Dirty}) {
    if (!(In & Bit))
      continue;
    auto [It, New] = Memo.try_emplace(Key + (Bit == Clean ? ")c" : ")d"), 0);
    if (New) {
      State Result = walk(F, M.tree().flow(F), A, Bit, Depth, nullptr);
      addStores(M.tree().flow(F), F.file, ~0u, Set);
      Memo[Key + (Bit == Clean ? ")c" : ")d")] = Result;
      Out |= Result;
    } else {
      Out |= It->second;
    }
  }
  Active.erase(F.symbol);
  return Out;
}

UnloadTimeline::State UnloadTimeline::walk(const TextFunction &F, const Flow &G, const Arguments &A, State In, unsigned Depth, std::vector<State> *At) {
  std::vector<State> Into(G.nodes.size());
  std::set<unsigned> Work{Flow::Entry};
  Into[Flow::Entry] = In;
  while (!Work.empty()) {
    // The exit has number 1 but comes last.
    auto First = *Work.begin() == Flow::Exit && Work.size() > 1 ? std::next(Work.begin()) : Work.begin();
    unsigned N = *First;
    Work.erase(First);
    State Out = step(F, G, N, A, Into[N], Depth);
    for (unsigned X : G.nodes[N].next)
      if ((Into[X] | Out) != Into[X] && taken(F, G, N, X)) {
        Into[X] |= Out;
        Work.insert(X);
      }
  }
  if (At)
    *At = Into;
  return Into[Flow::Exit];
}

/// Whether the call waits for certain: by itself, or it is of a function of the module that does. Not by a wait that is taken not to be there.
bool UnloadTimeline::surelyWaits(const TextFunction &F, const FlowCall &C, unsigned Depth) const {
  if (C.pointer)
    return false;
  if (waits(C.name, C.arguments))
    return !isWithout(F, C);
  const TextFunction *Own = Depth ? M.own(C.name, F.file) : nullptr;
  if (!Own || Own->symbol == F.symbol)
    return false;
  const Flow &G = M.tree().flow(*Own);
  for (unsigned N = 0; N < G.nodes.size(); ++N)
    if (G.nodes[N].kind == FlowNode::Call && G.always(N) && surelyWaits(*Own, G.nodes[N].call, Depth - 1))
      return true;
  return false;
}

bool UnloadTimeline::waitsIn(const TextFunction &F, const Flow &G, unsigned Begin, unsigned End) const {
  for (unsigned N = Begin; N < End && N < G.nodes.size(); ++N)
    if (G.nodes[N].kind == FlowNode::Call && surelyWaits(F, G.nodes[N].call))
      return true;
  return false;
}

/// if (cache) { rcu_barrier(); kmem_cache_destroy(cache); }: without it nothing was set up.
bool UnloadTimeline::endsWhatItTests(const Flow &G, const FlowNode &Fork, unsigned First) const {
  StringRef Tested = Fork.condition;
  Tested.consume_back("!=NULL");
  if (lastName(Tested).empty() || Tested.find_first_of("!&|<>=+(") != StringRef::npos)
    return false;
  for (unsigned N = First; N < Fork.then_end && N < G.nodes.size(); ++N) {
    const FlowCall &C = G.nodes[N].call;
    if (G.nodes[N].kind != FlowNode::Call || C.pointer || C.arguments.empty())
      continue;
    bool Ends = R.cacheDestroy(C.name) || R.free(C.name) || U.find(C.name, UnloadRule::End) || llvm::is_contained(R.pool_destroy, C.name) || llvm::is_contained(R.work_ends, C.name);
    if (Ends && llvm::any_of(C.arguments, [&](const std::string &A) { return StringRef(A).ltrim("&") == Tested; }))
      return true;
  }
  return false;
}

/// Whether control can go this way, for the question at hand.
bool UnloadTimeline::taken(const TextFunction &F, const Flow &G, unsigned From, unsigned To) {
  const FlowNode &Node = G.nodes[From];
  if (Node.kind != FlowNode::Join || !Node.then_end)
    return true;
  bool Into = To > From && To < Node.then_end;
  if (Node.leaves && Node.then_end == From + 1) // "continue;" is no node of its own
    Into = To != Node.then_end;
  if (Node.loop) {
    if (Into && tableLoop(F, G, From))
      return false; // its rows are run in the place of the loop
    // for each of them: if it is the one, wait and return. It is among them.
    bool Searches = O.generous && !Into && To != From && waitsIn(F, G, From + 1, Node.then_end);
    for (unsigned N = From + 1; Searches && N < Node.then_end; ++N)
      for (unsigned X : G.nodes[N].next)
        if (X < From || X >= Node.then_end || X == Flow::Exit) {
          doubts("the loop finds what it looks for, and waits", F, Node.call);
          return false;
        }
    return true;
  }
  if (Node.condition.empty())
    return true;
  if (O.generous && !Into && !Node.leaves && wordsOf(Node.condition).count("_T") && waitsIn(F, G, From + 1, Node.then_end)) {
    FlowCall At; // DEFINE_FREE(settle, struct item *, if (_T) rcu_barrier())
    At.line = Node.line;
    doubts(F.name + "() waits only if something is given back to it", F, At);
    return false;
  }
  if (!Into && !Node.leaves && (endsWhatItTests(G, Node, From + 1) || testsItsRow(G, Node, From + 1)))
    return false;
  if (O.generous && Into && Node.leaves && &G != Failing && !waitsIn(F, G, From + 1, Node.then_end)) {
    // if (!made) return; kmem_cache_destroy(cache): whether that was made says nothing of callbacks that have nothing to do with it.
    std::set<std::string> Names = Q.queueing;
    for (const std::string &C : Q.callbacks)
      Names.insert(plainName(C));
    bool Any = false, Strange = true;
    for (unsigned N = Node.then_end; N < G.nodes.size(); ++N) {
      const FlowCall &C = G.nodes[N].call;
      if (G.nodes[N].kind != FlowNode::Call || C.pointer || !waits(C.name, C.arguments))
        continue;
      Any = true;
      const CacheRule *Cache = R.cacheDestroy(C.name);
      std::string Object = Cache && Cache->cache < C.arguments.size() ? lastName(C.arguments[Cache->cache]) : std::string();
      Strange = Strange && !Object.empty() && llvm::none_of(Names, [&](const std::string &Name) {
        auto [It, End] = M.functions().equal_range(Name);
        return std::any_of(It, End, [&](const auto &Each) { return std::binary_search(Each.second.text->identifiers.begin(), Each.second.text->identifiers.end(), Object); });
      });
    }
    if (Any && Strange)
      return true;
    FlowCall At;
    At.line = Node.line;
    doubts(F.name + "() leaves before it waits only if " + Node.condition, F, At);
    return false;
  }
  return true;
}

void UnloadTimeline::doubts(std::string Text, const TextFunction &F, const FlowCall &C) {
  if (!Doubt.empty())
    return;
  Doubt = std::move(Text);
  DoubtAt = {F.file, C.line, F.name, Doubt};
}

UnloadTimeline::State UnloadTimeline::step(const TextFunction &F, const Flow &G, unsigned N, const Arguments &A, State In, unsigned Depth) {
  const FlowNode &Node = G.nodes[N];
  if (Node.kind == FlowNode::Join && O.generous && !Node.condition.empty() && flagged(Node.condition)) {
    // if (queued) rcu_barrier();
    for (unsigned X = N + 1; X < Node.then_end; ++X) {
      const FlowCall &C = G.nodes[X].call;
      if (G.nodes[X].kind != FlowNode::Call || !surelyWaits(F, C) || !waitsUnder(G, N, X))
        continue;
      Doubt = C.name + "() runs only if " + Node.condition + ", which the functions that queue may set";
      DoubtAt = {F.file, C.line, F.name, "calls " + C.name + "() under a condition"};
      ++MayWait;
      return In ? Clean : 0;
    }
  }
  if (Node.kind == FlowNode::Join && O.generous)
    for (unsigned X = N + 1; X < Node.then_end; ++X) { // if (ops->wait) ops->wait();
      const FlowCall &C = G.nodes[X].call;
      if (G.nodes[X].kind == FlowNode::Call && C.pointer && !C.object.empty() && StringRef(Node.condition).contains(C.name))
        if (State Out = pointer(F, C, A, In, Depth); Out == Clean)
          return Out;
    }
  if (Node.loop && In)
    if (std::optional<FlowCall> Row = tableLoop(F, G, N)) {
      bool Known = false;
      return table(*Row, In, Depth + 1, Known);
    }
  if (Node.kind != FlowNode::Call || In == 0)
    return In;
  if (G.nodes[N - 1].kind == FlowNode::Join && !G.nodes[N - 1].loop) // of a loop that has a turn for certain
    if (std::optional<FlowCall> Row = tableLoop(F, G, N - 1)) {
      bool Known = false;
      return table(*Row, In, Depth + 1, Known);
    }
  Calls.push_back({&G, N, &F});
  State Out = callOf(F, Node.call, A, In, Depth);
  Calls.pop_back();
  return Out;
}

UnloadTimeline::State UnloadTimeline::callOf(const TextFunction &F, const FlowCall &C, const Arguments &A, State In, unsigned Depth) {
  if (C.pointer)
    return pointer(F, C, A, In, Depth);
  bool Done = false;
  State Out = primitive(F, C, A, In, Done);
  if (Done)
    return Out;
  if (In && O.generous && workWaits(F, C))
    return Clean;
  if (const TextFunction *Own = M.own(C.name, F.file)) {
    Arguments Inner = passed(M.tree().flow(*Own), C);
    for (auto &[Name, Value] : Inner)
      Value = substituted(Value, A);
    return through(*Own, Inner, In, Depth + 1);
  }
  return outside(F, C, A, In);
}

/// Whether the call is made wherever the condition of the fork holds, or only something else is asked that the functions that queue set.
bool UnloadTimeline::waitsUnder(const Flow &G, unsigned Fork, unsigned Node) const {
  for (unsigned N = Fork + 1; N < Node; ++N)
    if (const FlowNode &Other = G.nodes[N]; Other.kind == FlowNode::Join && !Other.condition.empty() && Node < Other.then_end && !flagged(Other.condition))
      return false;
  return true;
}

UnloadTimeline::State UnloadTimeline::pointer(const TextFunction &F, const FlowCall &C, const Arguments &A, State In, unsigned Depth) {
  bool Known = false;
  if (State Out = table(C, In, Depth, Known); Known)
    return Out;
  if (auto It = A.find(C.name); C.object.empty() && It != A.end() && waits(It->second, C.arguments)) // RUN(rcu_barrier), where that calls what it is handed
    return isWithout(F, C) ? In : waited(F, C, In);
  std::set<std::string> Targets;
  if (C.object.empty()) {
    for (const TextVariable *V : M.variables(C.name))
      for (const TextVariable::Entry &E : V->entries)
        if (const TextFunction *Own = M.own(E.word, V->file))
          Targets.insert(Own->symbol);
    if (auto It = A.find(C.name); It != A.end())
      if (const TextFunction *Own = M.own(It->second, F.file))
        Targets.insert(Own->symbol);
  } else {
    Targets = M.storedIn(C.name);
    for (const std::string &Word : M.wordsIn(C.name)) // ops->wait = rcu_barrier
      if (O.generous && waits(Word, C.arguments)) {
        Doubt = C.object + C.name + " may be " + Word + "()";
        DoubtAt = {F.file, C.line, F.name, "calls " + C.object + C.name + "()"};
        ++MayWait;
        return In ? Clean : 0;
      }
  }
  if (Targets.size() > 40)
    return In;
  State Out = In;
  bool Waited = false;
  Calls.push_back({});
  for (const std::string &Symbol : Targets)
    if (const TextFunction *Own = M.bySymbol(Symbol)) {
      State Each = through(*Own, {}, In, Depth + 1);
      Out |= Each;
      Waited = Waited || Each == Clean;
    }
  Calls.pop_back();
  if (O.generous && Waited) {
    Doubt = "one of the functions that " + C.object + C.name + " may be waits";
    DoubtAt = {F.file, C.line, F.name, "calls " + C.object + C.name + "()"};
    ++MayWait;
    return Clean;
  }
  return Out;
}

} // namespace krcu
