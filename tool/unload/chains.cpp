// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Chains: a callback that queues another one does so while the wait for it is on, so a wait covers one callback of a chain, and a chain of n takes n
// waits behind the last that queues its first. A callback that drops the last reference of something is such a link, too: at the end of a module all
// references are dropped, so somebody's is the last. And if (!stopping) call_rcu(head, callback) in the callback itself: no wait is enough as long as
// that is not set.
#include "tool/unload/timeline.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

constexpr unsigned MaxHelpers = 6; ///< calls between a callback and the line that queues the next one

/// Whether the condition asks for nothing but whether something is there that the function has: x, !x, IS_ERR_OR_NULL(x), x == NULL.
bool asksForPresence(const Flow &G, StringRef Condition) {
  std::set<std::string> Words = wordsOf(Condition);
  for (const char *Asks : {"NULL", "IS_ERR", "IS_ERR_OR_NULL", "likely", "unlikely"})
    Words.erase(Asks);
  return Words.size() == 1 && G.records.count(*Words.begin()) && !Condition.contains("->") && !Condition.contains('.');
}

} // namespace

/// Whether the module itself queues the function, by its name: what the core runs from a callback of its own may run later than that.
bool UnloadTimeline::queuedByName(const TextFunction &Callback) const {
  for (const std::string &Name : Q.queueing)
    for (auto [It, End] = M.functions().equal_range(Name); It != End; ++It)
      for (const FlowNode &N : M.tree().flow(It->second).nodes)
        if (const DeferralRule *D = N.kind == FlowNode::Call ? R.deferral(N.call.name) : nullptr; D && D->callback < N.call.arguments.size() && namedCallback(N.call.arguments[D->callback]) == Callback.name)
          return true;
  return false;
}

/// The name of a function that drops a reference and says whether that was the last, where the expression calls one, or is a local that keeps its answer.
bool UnloadTimeline::asksForLast(const Flow &G, StringRef Expression) const {
  for (const std::string &Word : wordsOf(Expression)) {
    if (U.find(Word, UnloadRule::LastReference))
      return true;
    auto Value = G.values.find(Word);
    if (Value != G.values.end() && StringRef(Value->second).contains('(') && U.find(Value->second.substr(0, Value->second.find('(')), UnloadRule::LastReference))
      return true;
  }
  return false;
}

/// How sure it is that the call is made, once its function is called.
UnloadTimeline::Sureness UnloadTimeline::surenessOf(const Flow &G, unsigned Node) const {
  if (G.always(Node))
    return Always;
  for (unsigned N = 0; N < Node; ++N) {
    const FlowNode &Fork = G.nodes[N];
    bool Around = Fork.kind == FlowNode::Join && !Fork.loop && !Fork.condition.empty() && (Fork.leaves || Node < Fork.then_end);
    if (Around && !asksForLast(G, Fork.condition) && !asksForPresence(G, Fork.condition))
      return Perhaps;
  }
  return AtTheLast;
}

/// What the function queues, itself or by functions of the module that it calls, as links of `To`.
void UnloadTimeline::addLinks(const TextFunction &F, Sureness S, unsigned Depth, std::map<std::string, Sureness> &Seen, std::map<std::string, Sureness> &To) const {
  auto [It, New] = Seen.try_emplace(F.symbol, S);
  if (!New && It->second >= S)
    return;
  It->second = S;
  const Flow &G = M.tree().flow(F);
  for (unsigned N = 0; N < G.nodes.size(); ++N) {
    const FlowCall &C = G.nodes[N].call;
    if (G.nodes[N].kind != FlowNode::Call || C.pointer)
      continue;
    const DeferralRule *D = R.deferral(C.name);
    const TextFunction *Own = D || !Coming.count(C.name) || Depth == 0 ? nullptr : M.own(C.name, F.file);
    const std::string Next = D && D->callback < C.arguments.size() ? namedCallback(C.arguments[D->callback]) : std::string();
    if (!Own && Next.empty() && !U.find(C.name, UnloadRule::LastReference))
      continue;
    const Sureness Here = std::min(S, surenessOf(G, N));
    if (Here == Perhaps && (Own || Depth < MaxHelpers))
      continue; // nearly everything leads to nearly everything then
    if (Own) {
      addLinks(*Own, Here, Depth - 1, Seen, To);
    } else if (const TextFunction *Callback = Next.empty() ? nullptr : M.own(Next, F.file)) {
      if (Q.callbacks.count(Callback->symbol))
        To[Callback->symbol] = std::max(To[Callback->symbol], Here);
    } else if (!D && Depth) { // kref_put(&x->ref, x_release)
      for (const std::string &A : C.arguments)
        if (const TextFunction *Release = Coming.count(A) ? M.own(A, F.file) : nullptr)
          addLinks(*Release, std::min(Here, AtTheLast), Depth - 1, Seen, To);
    }
  }
}

void UnloadTimeline::findChains() {
  for (const std::string &Symbol : Q.callbacks) {
    const TextFunction *F = M.bySymbol(Symbol);
    if (!F || !Coming.count(F->name))
      continue;
    std::map<std::string, Sureness> Seen, To;
    addLinks(*F, Always, MaxHelpers, Seen, To);
    To.erase(Symbol);
    if (!To.empty() && queuedByName(*F))
      Follows[Symbol] = std::move(To);
    const Flow &G = M.tree().flow(*F);
    for (unsigned N = 0; N < G.nodes.size(); ++N) {
      const FlowCall &C = G.nodes[N].call;
      const DeferralRule *D = G.nodes[N].kind == FlowNode::Call ? R.deferral(C.name) : nullptr;
      if (!D || D->callback >= C.arguments.size() || namedCallback(C.arguments[D->callback]) != F->name)
        continue;
      for (unsigned X = 0; X < N; ++X)
        if (const FlowNode &Fork = G.nodes[X]; Fork.kind == FlowNode::Join && !Fork.loop && !Fork.condition.empty() && (Fork.leaves || N < Fork.then_end))
          Chains[Symbol].merge(wordsOf(Fork.condition));
    }
  }
}

/// Names of functions that may tell somebody who waits for them. As written, nobody waits for that.
std::set<std::string> UnloadTimeline::tellingSomebody() const { return O.generous || O.told ? M.comingTo(M.naming({R.signals.begin(), R.signals.end()})) : std::set<std::string>(); }

/// The longest chain that begins with the callback, by links that are at least so sure. One that tells somebody that it has run is waited for by them, and is no
/// first link then: by names, so that is only a reason to doubt.
std::vector<std::string> UnloadTimeline::chainFrom(const std::string &Callback, Sureness Least, const std::set<std::string> &Telling, std::set<std::string> &On) const {
  std::vector<std::string> Longest;
  auto Links = Follows.find(Callback);
  if (Links != Follows.end() && !Telling.count(plainName(Callback)) && On.insert(Callback).second) {
    for (const auto &[Next, Sure] : Links->second)
      if (Sure >= Least)
        if (std::vector<std::string> Rest = chainFrom(Next, Least, Telling, On); Rest.size() > Longest.size())
          Longest = std::move(Rest);
    On.erase(Callback);
  }
  Longest.insert(Longest.begin(), Callback);
  return Longest;
}

/// The chain that is longer than the waits behind the last that queues, as a sentence; empty if there is none. Where a link hangs on something else than a
/// last reference, that is a reason of low confidence; and where two waits stand, only links that hang on nothing are beyond doubt.
std::string UnloadTimeline::chainCut(const std::vector<UnloadEvent> &Timeline) const {
  if (Follows.empty())
    return {};
  unsigned Waits = MayWait;
  for (auto E = Timeline.rbegin(); E != Timeline.rend() && (E->kind == UnloadEvent::Wait || E->kind == UnloadEvent::End || E->kind == UnloadEvent::Unknown); ++E)
    Waits += E->kind == UnloadEvent::Wait && E->always;
  const std::set<std::string> Telling = tellingSomebody();
  const Sureness Least = !O.generous ? Perhaps : Waits > 1 ? Always : AtTheLast;
  std::vector<std::string> Longest;
  for (const auto &Each : Follows) {
    std::set<std::string> On;
    if (std::vector<std::string> Chain = chainFrom(Each.first, Least, Telling, On); Chain.size() > Longest.size())
      Longest = std::move(Chain);
  }
  if (Longest.size() < 2 || Longest.size() <= Waits)
    return {};
  if (Longest.size() == 2)
    return "nothing waits a second time, and " + plainName(Longest[0]) + "() queues " + plainName(Longest[1]) + "() while the wait for it is on";
  std::string Text = std::to_string(Waits) + (Waits == 1 ? " wait stands" : " waits stand") + " behind the last that queues, and " + plainName(Longest[0]) + "() queues ";
  for (size_t N = 1; N < Longest.size(); ++N)
    Text += (N > 1 ? ", which queues " : "") + plainName(Longest[N]) + "()";
  return Text + ", so that it takes " + std::to_string(Longest.size());
}

/// A chain that this end stops, but behind all its waits, as a sentence; empty if there is none.
std::string UnloadTimeline::chainStoppedLate() const {
  for (const auto &[Callback, Words] : Chains) {
    if (llvm::any_of(SetBefore, [&, &Asked = Words](const auto &Each) { return Asked.count(Each.first) != 0; }))
      continue;
    for (const auto &[Name, Place] : Set)
      if (Words.count(Name))
        return "nothing waits behind the line that sets " + Name + " (" + Place.where.file + ":" + std::to_string(Place.where.line) + "), and until then " + plainName(Callback) + "() queues itself again";
  }
  return {};
}

} // namespace krcu
