// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// if (stopping) return; in a work, a timer, a thread: what the end has set before it waited keeps it from queueing behind the wait. It may have asked
// just before that, so this is a reason to doubt a finding, none to call an end right. And if (!stopping) call_rcu(head, callback) in the callback itself: no wait is
// enough as long as that is not set.
#include "tool/unload/timeline.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {

/// What is set to a constant in the lines before `Before`. Of locals and parameters only members count.
void UnloadTimeline::addStores(const Flow &G, const std::string &File, unsigned Before, std::map<std::string, FlowPlace> &To) const {
  for (const FlowStore &S : G.stores) {
    if (!S.constant || S.line >= Before)
      continue;
    std::string Last = lastName(S.to), First = firstName(S.to);
    bool Local = G.locals.count(First) || llvm::is_contained(G.parameters, First);
    if (Last.empty() || (Local && First == Last))
      continue;
    To.try_emplace(Last, FlowPlace{Local || First == Last ? std::string() : First, {File, S.line, 0}});
  }
}

/// Whether the module itself queues the function, by its name: what the core runs from a callback of its own may run later than that.
bool UnloadTimeline::queuedByName(const TextFunction &Callback) const {
  for (const std::string &Name : Q.queueing)
    for (auto [It, End] = M.functions().equal_range(Name); It != End; ++It)
      for (const FlowNode &N : M.tree().flow(It->second).nodes)
        if (const DeferralRule *D = N.kind == FlowNode::Call ? R.deferral(N.call.name) : nullptr; D && D->callback < N.call.arguments.size() && namedCallback(N.call.arguments[D->callback]) == Callback.name)
          return true;
  return false;
}

void UnloadTimeline::findChains() {
  for (const std::string &Symbol : Q.callbacks) {
    const TextFunction *F = M.bySymbol(Symbol);
    if (!F || !Q.queueing.count(F->name))
      continue;
    const Flow &G = M.tree().flow(*F);
    for (unsigned N = 0; N < G.nodes.size(); ++N) {
      const FlowCall &C = G.nodes[N].call;
      const DeferralRule *D = G.nodes[N].kind == FlowNode::Call ? R.deferral(C.name) : nullptr;
      const std::string Next = D && D->callback < C.arguments.size() ? namedCallback(C.arguments[D->callback]) : std::string();
      if (Next.empty())
        continue;
      if (Next != F->name) {
        const TextFunction *Own = M.own(Next, F->file);
        if (Own && Q.callbacks.count(Own->symbol) && queuedByName(*F))
          Follows[Symbol] = {Own->symbol, G.always(N)};
        continue;
      }
      for (unsigned X = 0; X < N; ++X)
        if (const FlowNode &Fork = G.nodes[X]; Fork.kind == FlowNode::Join && !Fork.loop && !Fork.condition.empty() && (Fork.leaves || N < Fork.then_end))
          Chains[Symbol].merge(wordsOf(Fork.condition));
    }
  }
}

/// A callback that queues another one does so while the wait for it is on: the other one needs a wait of its own. As a sentence; empty if there is
/// nothing like it. Where it does so on some way only, that is a reason of low confidence.
std::string UnloadTimeline::chainCut(const std::vector<UnloadEvent> &Timeline) const {
  for (const auto &[First, Next] : Follows) {
    if (O.generous && !Next.always)
      continue;
    unsigned Waits = 0;
    for (auto E = Timeline.rbegin(); E != Timeline.rend() && (E->kind == UnloadEvent::Wait || E->kind == UnloadEvent::End || E->kind == UnloadEvent::Unknown); ++E)
      Waits += E->kind == UnloadEvent::Wait && (E->always || O.generous);
    if (Waits < 2)
      return "nothing waits a second time, and " + plainName(First) + "() queues " + plainName(Next.callback) + "() while the wait for it is on";
  }
  return {};
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

/// A work that has ended and that another one, which ends behind it, starts again; as a sentence, empty if there is none. Where that is so on some
/// way only, the reason is one of low confidence.
std::string UnloadTimeline::startedAgain() const {
  auto Starts = [](StringRef Name) {
    return Name.contains("queue_") || Name.contains("schedule") || Name.starts_with("mod_timer") || Name.starts_with("add_timer") || Name.starts_with("mod_delayed_work") || Name.starts_with("hrtimer_start");
  };
  for (size_t N = 0; N < Ends.size(); ++N)
    for (size_t Later = N + 1; Later < Ends.size(); ++Later) {
      const EndOfWork &Was = Ends[N], &Is = Ends[Later];
      if (!Was.queues || Is.by.empty() || Is.by == Was.by || Is.work == Was.work)
        continue;
      bool OverAnyway = false; // it, or the queue that it is on, ends once more
      for (size_t K = Later; K < Ends.size(); ++K)
        OverAnyway = OverAnyway || Ends[K].work == Was.work || Ends[K].by == Was.by || M.partnersOf(Ends[K].work).count(Was.work) != 0;
      for (auto [It, End] = M.functions().equal_range(Is.by); It != End && !OverAnyway; ++It) {
        const Flow &G = M.tree().flow(It->second);
        for (unsigned Node = 0; Node < G.nodes.size(); ++Node) {
          const FlowCall &C = G.nodes[Node].call;
          if (G.nodes[Node].kind != FlowNode::Call || !Starts(C.name) || (O.generous && !G.always(Node)))
            continue;
          if (llvm::any_of(C.arguments, [&](const std::string &Argument) { return lastName(Argument) == Was.work; }))
            return "nothing ends " + Was.work + " again, and until " + Is.call + " returns " + Is.by + "() may start it, so that " + Was.by + "() queues behind the wait";
        }
      }
    }
  return {};
}

/// Called where something is waited for.
void UnloadTimeline::rememberStores() {
  SetBefore.insert(Set.begin(), Set.end());
  for (const CallAround &C : Calls)
    if (C.flow)
      addStores(*C.flow, C.in->file, C.flow->nodes[C.node].line, SetBefore);
}

/// What the condition asks for, by itself or by a function of the module, of all that was set before the wait; null if nothing.
const std::pair<const std::string, UnloadTimeline::FlowPlace> *UnloadTimeline::setBefore(const std::string &Condition, const std::string &File) const {
  const std::set<std::string> Words = wordsOf(Condition);
  auto Asks = [](const auto &Each, const auto &Has) { return Has(Each.first) && (Each.second.of.empty() || Has(Each.second.of)); };
  for (const auto &Each : SetBefore) {
    if (Asks(Each, [&](const std::string &W) { return Words.count(W) != 0; }))
      return &Each;
    for (const std::string &Word : Words)
      if (const TextFunction *Own = M.own(Word, File); Own && M.tree().flow(*Own).stores.empty())
        if (Asks(Each, [&](const std::string &W) { return std::binary_search(Own->text->identifiers.begin(), Own->text->identifiers.end(), W); }))
          return &Each;
  }
  return nullptr;
}

/// Why the function does not queue any more, as a sentence; empty if it may.
std::string UnloadTimeline::turnedAway(const TextFunction &F) const {
  if (SetBefore.empty())
    return {};
  const Flow &G = M.tree().flow(F);
  auto Queues = [&](const FlowNode &N) { return N.kind == FlowNode::Call && (N.call.pointer || R.deferral(N.call.name) || Coming.count(N.call.name)); };
  for (unsigned N = 0; N < G.nodes.size(); ++N) {
    const FlowNode &Node = G.nodes[N];
    if (Queues(Node))
      return {};
    if (Node.kind != FlowNode::Join || Node.loop || Node.condition.empty() || !G.always(N))
      continue;
    const auto *Flag = setBefore(Node.condition, F.file);
    bool Under = false, Behind = false; // what queues stands under the condition, or behind
    for (unsigned X = N + 1; X < G.nodes.size(); ++X)
      (X < Node.then_end ? Under : Behind) |= Queues(G.nodes[X]);
    if (Flag && (Node.leaves ? !Under : !Behind))
      return F.name + "() asks for " + (Flag->second.of.empty() ? "" : Flag->second.of + ".") + Flag->first + " before it queues, which the end has set by then, at " + Flag->second.where.file + ":" +
             std::to_string(Flag->second.where.line);
  }
  return {};
}

} // namespace krcu
