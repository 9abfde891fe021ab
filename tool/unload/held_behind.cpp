// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A wait of the core's that comes before it waits for references. Who holds one may still queue: what is decrypted for a device, and puts its keys and
// then the device when it is done, runs behind the barrier that the end of the device runs.
#include "tool/unload/timeline.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

namespace krcu {

const TextFunction *conditionalWaitAt(TreeText &Tree, const UnloadRule &Rule, const std::string &From, const Location &Wait) {
  for (const TextFunction &P : Tree.visible(Rule.name, From))
    if (P.file == Wait.file && llvm::any_of(Tree.flow(P).nodes, [&](const FlowNode &N) { return N.kind == FlowNode::Call && N.line == Wait.line; }))
      return &P;
  return nullptr;
}

/// Names of own functions that a function of the kernel keeps for later: a cipher's, when it is done. A function that calls what it is handed keeps nothing;
/// and what the module ends somewhere, as works and timers are, does not run for as long as somebody holds a reference.
std::set<std::string> UnloadTimeline::handedOver() const {
  std::set<std::string> Result, Ended;
  auto EachCall = [&](auto Visit) {
    for (const auto &[Name, F] : M.functions())
      for (const FlowNode &N : M.tree().flow(F).nodes)
        if (N.kind == FlowNode::Call && !N.call.pointer)
          Visit(F, N.call);
  };
  EachCall([&](const TextFunction &, const FlowCall &C) {
    if (llvm::is_contained(R.work_ends, C.name) && !C.arguments.empty())
      Ended.insert(lastName(C.arguments[0]));
  });
  EachCall([&](const TextFunction &F, const FlowCall &C) {
    if (R.deferral(C.name) || M.own(C.name, F.file) || llvm::any_of(C.arguments, [&](const std::string &A) { return Ended.count(lastName(A)) != 0; }))
      return;
    llvm::ArrayRef<TextFunction> Keepers = M.tree().visible(C.name, F.file);
    for (size_t I = 0; I < C.arguments.size() && !Keepers.empty(); ++I) {
      const TextFunction *Own = M.own(C.arguments[I], F.file);
      auto CallsIt = [&](const TextFunction &P) {
        const Flow &G = M.tree().flow(P);
        return I >= G.parameters.size() || llvm::any_of(G.nodes, [&](const FlowNode &N) { return N.kind == FlowNode::Call && N.call.object.empty() && N.call.name == G.parameters[I]; });
      };
      if (Own && Coming.count(Own->name) && llvm::none_of(Keepers, CallsIt))
        Result.insert(Own->name);
    }
  });
  return Result;
}

/// Who runs at a time of its own, queues, and gives a reference back behind that: "drv_done() may run, which queues and then gives back its reference (dev_put())".
std::string UnloadTimeline::holderOf(const std::vector<std::string> &Drops) const {
  std::map<std::string, std::string> Holding; // function -> what gives back
  for (const auto &[Name, F] : M.functions()) {
    if (!Coming.count(Name) || llvm::none_of(Drops, [&Ids = F.text->identifiers](const std::string &D) { return std::binary_search(Ids.begin(), Ids.end(), D); }))
      continue;
    bool Queued = false;
    for (const FlowNode &N : M.tree().flow(F).nodes) {
      if (N.kind != FlowNode::Call || N.call.pointer)
        continue;
      if (Queued && llvm::is_contained(Drops, N.call.name))
        Holding.try_emplace(Name, N.call.name);
      Queued = Queued || Coming.count(N.call.name) || R.deferral(N.call.name);
    }
  }
  if (Holding.empty())
    return {};
  const std::set<std::string> Later = handedOver();
  for (const auto &[Name, Drop] : Holding) {
    const std::set<std::string> Leading = M.comingTo({Name});
    for (const std::string &Runs : Later)
      if (Leading.count(Runs))
        return Runs + "() may run, which " + (Runs == Name ? "" : "comes to " + Name + "() and ") + "queues before it gives back its reference (" + Drop + "())";
  }
  return {};
}

/// Empty if the wait is none of the rules', or nobody holds a reference that is waited for behind it.
const std::string &UnloadTimeline::heldBehind(const TextFunction &From, const Location &Wait) {
  static const std::string None;
  for (const UnloadRule &Rule : U.events) {
    if (Rule.event != UnloadRule::ConditionalWait || Rule.drops.empty())
      continue;
    const TextFunction *P = conditionalWaitAt(M.tree(), Rule, From.file, Wait);
    if (!P || llvm::none_of(M.tree().flow(*P).nodes, [&](const FlowNode &N) { return N.kind == FlowNode::Call && N.line > Wait.line && llvm::is_contained(Rule.then, N.call.name); }))
      continue;
    auto [It, New] = Holders.try_emplace(&Rule);
    if (New)
      It->second = holderOf(Rule.drops);
    return It->second;
  }
  return None;
}

/// flush_work(&wait_work): the work itself waits, if it was started before. A doubt, for that is not followed.
bool UnloadTimeline::workWaits(const TextFunction &F, const FlowCall &C) {
  if (!llvm::is_contained(R.work_ends, C.name) || C.arguments.empty())
    return false;
  for (const std::string &Symbol : M.togetherWith(lastName(C.arguments.front()))) {
    const TextFunction *Work = M.bySymbol(Symbol);
    if (!Work)
      continue;
    const Flow &G = M.tree().flow(*Work);
    for (unsigned N = 0; N < G.nodes.size(); ++N)
      if (G.nodes[N].kind == FlowNode::Call && G.always(N) && surelyWaits(*Work, G.nodes[N].call)) {
        ++MayWait;
        doubts(Work->name + "() waits, and " + C.name + "() waits for it", F, C);
        return true;
      }
  }
  return false;
}

} // namespace krcu
