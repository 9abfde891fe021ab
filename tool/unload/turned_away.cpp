// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// if (stopping) return; in a work, a timer, a thread: what the end has set before it waited keeps it from queueing behind the wait. It may have asked
// just before that, so this is a reason to doubt a finding, none to call an end right.
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
