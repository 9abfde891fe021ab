// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What still runs, or is started again, behind the last wait: a work that a later producer starts once more, a timer that was only taken off, a work that the
// callbacks themselves start. What else may end it is a reason to doubt.
#include "tool/unload/timeline.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

bool startsWork(StringRef Name) {
  for (const char *Part : {"queue_work", "work_queue", "queue_delayed", "schedule", "mod_timer", "add_timer", "mod_delayed_work", "hrtimer_start"})
    if (Name.contains(Part))
      return true;
  return false;
}

/// Whether only conditions on what the function is handed stand around the call, as on a notifier's event: they say nothing of the module.
bool asksItsParameters(const Flow &G, unsigned Node) {
  for (unsigned N = 0; N < Node; ++N) {
    const FlowNode &Fork = G.nodes[N];
    if (Fork.kind != FlowNode::Join || Fork.loop || Fork.condition.empty() || !(Fork.leaves || Node < Fork.then_end))
      continue;
    for (const std::string &Word : wordsOf(Fork.condition))
      if (!llvm::is_contained(G.parameters, Word) && llvm::any_of(Word, [](char C) { return C >= 'a' && C <= 'z'; }))
        return false;
  }
  return true;
}

} // namespace

/// Whether the function, or one that it calls, starts the work. In a generous answer only if no state of the module decides it.
bool UnloadTimeline::starts(const TextFunction &F, const std::string &Work, unsigned Depth) const {
  const Flow &G = M.tree().flow(F);
  for (unsigned N = 0; N < G.nodes.size(); ++N) {
    const FlowCall &C = G.nodes[N].call;
    if (G.nodes[N].kind != FlowNode::Call || C.pointer || (O.generous && !G.always(N) && !asksItsParameters(G, N)))
      continue;
    if (startsWork(C.name) && llvm::any_of(C.arguments, [&](const std::string &A) { return lastName(A) == Work; }))
      return true;
    const TextFunction *Own = Depth ? M.own(C.name, F.file) : nullptr;
    if (Own && Own->symbol != F.symbol && starts(*Own, Work, Depth - 1))
      return true;
  }
  return false;
}

/// A work that has ended and that something which ends behind it, another work or a notifier, starts again; as a sentence, empty if there is none. Where
/// that is so on some way only, the reason is one of low confidence.
std::string UnloadTimeline::startedAgain() const {
  for (size_t N = 0; N < Ends.size(); ++N)
    for (size_t Later = N + 1; Later < Ends.size(); ++Later) {
      const EndOfWork &Was = Ends[N], &Is = Ends[Later];
      if (!Was.queues || Was.work.empty() || Is.by.empty() || Is.by == Was.by || Is.work == Was.work)
        continue;
      bool OverAnyway = false; // it, or the queue that it is on, ends once more
      for (size_t K = Later; K < Ends.size(); ++K)
        OverAnyway = OverAnyway || Ends[K].work == Was.work || Ends[K].by == Was.by || M.partnersOf(Ends[K].work).count(Was.work) != 0;
      for (auto [It, End] = M.functions().equal_range(Is.by); It != End && !OverAnyway; ++It)
        if (starts(It->second, Was.work, 2))
          return "nothing ends " + Was.work + " again, and until " + Is.call + " returns " + Is.by + "() may start it, so that " + Was.by + "() queues behind the wait";
    }
  return {};
}

/// timer_delete(&timer): what runs already goes on. synchronize_rcu(): a timer that ran has gone by then.
void UnloadTimeline::takeOff(const TextFunction &F, const FlowCall &C, const Arguments &A) {
  if (StringRef(C.name).starts_with("synchronize_"))
    for (auto &[Work, Each] : TakenOff)
      Each.settled = true;
  if (!U.find(C.name, UnloadRule::TakesOff) || C.arguments.empty() || !(O.stops || O.works))
    return;
  std::string Object = C.arguments[0], Word = lastName(Object);
  if (auto It = A.find(Word); It != A.end())
    Word = lastName(Object = It->second);
  const Flow &G = M.tree().flow(F);
  bool Own = StringRef(plainExpression(Object)).ltrim('&') == Word && !G.locals.count(Word) && !llvm::is_contained(G.parameters, Word);
  for (const std::string &Symbol : M.togetherWith(Word))
    if (Coming.count(plainName(Symbol)))
      TakenOff.try_emplace(Word, OnlyTakenOff{callText(C), Symbol, Own, false});
}

/// What was only taken off and may run on, as a sentence; empty if there is none.
std::string UnloadTimeline::stillRunning() const {
  for (const auto &[Work, Each] : TakenOff) {
    const TextFunction *F = M.bySymbol(Each.by);
    bool Over = llvm::any_of(Ends, [&, &Name = Work](const EndOfWork &E) { return E.work == Name || M.partnersOf(E.work).count(Name) != 0; });
    if (Over || !F || (O.generous && (!Each.own || Each.settled || !turnedAway(*F).empty())))
      continue;
    return Each.call + " does not wait for " + F->name + "(), which may be running then and queue behind the wait";
  }
  return {};
}

/// Works that the callback starts, itself or by functions of the module that it calls.
void UnloadTimeline::addStarted(const TextFunction &F, unsigned Depth, std::set<std::string> &To) const {
  const Flow &G = M.tree().flow(F);
  for (unsigned N = 0; N < G.nodes.size(); ++N) {
    const FlowCall &C = G.nodes[N].call;
    if (G.nodes[N].kind != FlowNode::Call || C.pointer || surenessOf(G, N) == Perhaps)
      continue;
    if (startsWork(C.name) && !C.arguments.empty())
      for (const std::string &A : C.arguments)
        if (StringRef(A).starts_with("&") && !M.togetherWith(lastName(A)).empty())
          To.insert(lastName(A));
    const TextFunction *Own = Depth ? M.own(C.name, F.file) : nullptr;
    if (Own && Own->symbol != F.symbol)
      addStarted(*Own, Depth - 1, To);
  }
}

/// A work of the module that a callback starts and nothing ends behind the last wait, as a sentence; empty if there is none. \p Shortfall: what is not done, for a finding.
std::string UnloadTimeline::leftByCallbacks(std::string &Shortfall) const {
  for (const std::string &Symbol : Q.callbacks) {
    const TextFunction *F = M.bySymbol(Symbol);
    std::set<std::string> Works;
    if (F && queuedByName(*F))
      addStarted(*F, 2, Works);
    if (Works.empty())
      continue;
    const std::set<std::string> Telling = tellingSomebody();
    if (Telling.count(F->name))
      continue;
    for (const std::string &Work : Works) {
      const std::set<std::string> &Runs = M.togetherWith(Work);
      auto EndsIt = [&](const EndOfWork &E) { return E.work == Work || (E.work.empty() && E.by.empty()) || Runs.count(E.by) || M.partnersOf(E.work).count(Work) != 0; };
      if (Runs.count(Symbol) || llvm::any_of(Ends, [&](const EndOfWork &E) { return FirstWait && E.step > FirstWait && EndsIt(E); }))
        continue;
      const bool Before = llvm::any_of(Ends, EndsIt);
      auto Tells = [&](const std::string &Each) { return Telling.count(plainName(Each)) != 0; };
      if (O.generous && (llvm::any_of(Runs, Tells) || (!Before && (Runs.size() > 1 || endedSomewhere(Work)))))
        continue; // whether that is so late is not known
      const std::string Run = plainName(*Runs.begin());
      Shortfall = "leaves something running: " + Run + "(), which " + F->name + "() starts, is ended " + (Before ? "only before it waits" : "nowhere behind its wait");
      return F->name + "() starts " + Run + "() while the wait for it is on, and nothing ends that behind the wait";
    }
  }
  return {};
}

/// Whether some function of the module ends the work, or a queue.
bool UnloadTimeline::endedSomewhere(const std::string &Work) const {
  return llvm::any_of(M.functions(), [&](const auto &Each) {
    return llvm::any_of(M.tree().flow(Each.second).nodes, [&](const FlowNode &N) {
      return N.kind == FlowNode::Call && llvm::is_contained(R.work_ends, N.call.name) && !N.call.arguments.empty() &&
             (lastName(N.call.arguments[0]) == Work || M.partnersOf(lastName(N.call.arguments[0])).count(Work) != 0);
    });
  });
}

} // namespace krcu
