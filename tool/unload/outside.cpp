// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What functions outside of the module wait for, and what the module's own may wait for where it is not known whether they run.
#include "tool/unload/timeline.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <utility>

namespace krcu {
namespace {

constexpr unsigned OutsideDepth = 4; ///< calls outside the module

/// Does the function, or one that it names within a few steps, name any of these?
bool names(TreeText &Tree, const TextFunction &F, const std::vector<std::string> &Words, unsigned Steps) {
  const std::vector<std::string> &Ids = F.text->identifiers;
  if (llvm::any_of(Words, [&](const std::string &W) { return std::binary_search(Ids.begin(), Ids.end(), W); }))
    return true;
  if (Steps)
    for (const std::string &Id : Ids)
      for (const TextFunction &P : Tree.visible(Id, F.file))
        if (P.symbol != F.symbol && names(Tree, P, Words, Steps - 1))
          return true;
  return false;
}

/// The wait is one that runs only if something was called since a lock was taken, and the function takes that lock itself and comes to no such call.
bool isIdle(TreeText &Tree, const UnloadRules &U, const TextFunction &F, const Location &Wait) {
  for (const UnloadRule &Rule : U.events)
    if (Rule.event == UnloadRule::ConditionalWait && !Rule.of.empty() && std::binary_search(F.text->identifiers.begin(), F.text->identifiers.end(), Rule.of) && conditionalWaitAt(Tree, Rule, F.file, Wait))
      return !names(Tree, F, Rule.needs, 1); // two steps on, nearly everything names one of them
  return false;
}

} // namespace

bool UnloadTimeline::mayWait(const TextFunction &F, unsigned Depth, std::set<std::string> &Seen, Evidence &At) {
  if (!Seen.insert(F.symbol).second)
    return false;
  for (const FlowNode &N : M.tree().flow(F).nodes) {
    if (N.kind != FlowNode::Call)
      continue;
    const FlowCall &C = N.call;
    if (C.pointer) {
      if (Depth && !C.object.empty())
        for (const std::string &Symbol : M.storedIn(C.name))
          if (const TextFunction *Own = M.bySymbol(Symbol); Own && mayWait(*Own, Depth - 1, Seen, At))
            return true;
      continue;
    }
    if (waits(C.name, C.arguments)) {
      if (isWithout(F, C))
        continue;
      At = {F.file, C.line, F.name, C.name + "() may run"};
      return true;
    }
    if (const TextFunction *Own = M.own(C.name, F.file)) {
      if (Depth && mayWait(*Own, Depth - 1, Seen, At))
        return true;
      continue;
    }
    for (const TextFunction &P : M.tree().visible(C.name, F.file))
      if (const Outside &Far = outsideOf(P, OutsideDepth); Far.sometimes) {
        At = {F.file, C.line, F.name, Far.way + " may wait"};
        return true;
      }
  }
  return false;
}

bool UnloadTimeline::namesWait(const TextFunction &F) const {
  const std::vector<std::string> &Ids = F.text->identifiers;
  return llvm::any_of(WaitNames, [&](const std::string &Name) { return std::binary_search(Ids.begin(), Ids.end(), Name); });
}

/// Text only: does the function, or one that it names within a few steps, name a wait?
bool UnloadTimeline::mayName(const TextFunction &F, unsigned Depth) {
  if (std::optional<bool> Known = Names->within(F, Depth))
    return *Known;
  if (Depth == 0)
    return Names->keep(F, 0, namesWait(F));
  if (mayName(F, Depth - 1))
    return true;
  for (const std::string &Id : F.text->identifiers) {
    if (Id == F.name || Unfollowed.count(Id))
      continue;
    for (const TextFunction &P : M.tree().visible(Id, F.file))
      if (mayName(P, Depth - 1))
        return Names->keep(F, Depth, true);
  }
  return Names->keep(F, Depth, false);
}

const UnloadTimeline::Outside &UnloadTimeline::outsideOf(const TextFunction &F, unsigned Depth) {
  if (const Outside *Known = Memory->known(F, Depth))
    return *Known;
  if (Unfollowed.count(F.name) || !mayName(F, Depth))
    return Memory->keep(F, Depth, {});
  Outside Result;
  const Flow &G = M.tree().flow(F);
  std::vector<char> Waiting(G.nodes.size());
  for (unsigned N = 0; N < G.nodes.size(); ++N) {
    const FlowCall &C = G.nodes[N].call;
    if (G.nodes[N].kind != FlowNode::Call || C.pointer || R.free(C.name))
      continue;
    if (waits(C.name, C.arguments)) {
      Waiting[N] = 1;
      if (!Result.sometimes)
        Result.way = F.name + "() -> " + C.name + "()", Result.where = {F.file, C.line, 0};
      Result.sometimes = true;
      continue;
    }
    if (Depth == 0 || R.cacheDestroy(C.name))
      continue;
    bool All = true, Any = false;
    for (const TextFunction &P : M.tree().visible(C.name, F.file)) {
      Outside Inner = P.symbol == F.symbol ? Outside() : outsideOf(P, Depth - 1);
      if (Inner.sometimes && isIdle(M.tree(), U, F, Inner.where))
        Inner = {};
      All = All && Inner.always, Any = true;
      if (Inner.sometimes && !Result.sometimes)
        Result.way = F.name + "() -> " + Inner.way, Result.where = Inner.where;
      Result.sometimes = Result.sometimes || Inner.sometimes;
    }
    Waiting[N] = Any && All;
  }
  // On every way: cut the waiting nodes out, and see whether the end can still be reached.
  Result.always = Result.sometimes && !reachedWithout(G, [&](unsigned N) { return Waiting[N] != 0; })[Flow::Exit];
  return Memory->keep(F, Depth, std::move(Result));
}

UnloadTimeline::State UnloadTimeline::outside(const TextFunction &F, const FlowCall &C, const Arguments &A, State In) {
  bool TeardownWaits = false;
  OwnWork = false;
  takeOff(F, C, A);
  std::string Stops = stoppedBy(F, C, A, TeardownWaits);
  State Out = In;
  if (!Stops.empty() && (O.stops || (O.works && OwnWork))) {
    note(UnloadEvent::Stop, F, C, Stops);
    Out = Dirty;
  }
  if (O.generous && TeardownWaits) {
    Out = Clean;
    DevicesGone = true;
    ++MayWait;
  }
  llvm::ArrayRef<TextFunction> Places = M.tree().visible(C.name, F.file);
  if (O.generous && Places.empty() && !isWithout(F, C) && llvm::any_of(C.arguments, [&](const std::string &Each) { return waits(Each, {}); })) {
    doubts(C.name + "() is handed a wait, and may call it", F, C);
    ++MayWait;
    return Clean;
  }
  bool All = !Places.empty(), Any = false;
  const Outside *Shown = nullptr;
  for (const TextFunction &P : Places) {
    const Outside &Each = outsideOf(P, OutsideDepth);
    All = All && Each.always;
    Any = Any || Each.sometimes;
    if (Each.sometimes && !Shown)
      Shown = &Each;
  }
  if (isWithout(F, C) || !Shown)
    return Out;
  if (llvm::any_of(U.events, [&](const UnloadRule &Rule) { return Rule.event == UnloadRule::ConditionalWait && llvm::is_contained(Rule.needs, C.name); }))
    LinksGone = C.name + "()";
  if (All) {
    note(UnloadEvent::Wait, F, C, Shown->way + " waits for what was queued so far");
    Noted[{{F.file, C.line, 0}, UnloadEvent::Wait}].own = false;
    return Clean;
  }
  if (O.generous && Any) {
    if (const std::string &Holder = heldBehind(F, Shown->where); !Holder.empty()) {
      TooEarly = Shown->way + " waits, but until " + C.name + "() returns " + Holder;
      return Dirty;
    }
    Doubt = Shown->way + " may wait";
    DoubtAt = {F.file, C.line, F.name, "calls " + C.name + "()"};
    ++MayWait;
    return Clean;
  }
  return Out;
}

} // namespace krcu
