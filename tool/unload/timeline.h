// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a module ends, as one rule. On the way from the start of an end (a module's exit, a failed start, the end of a device) each call is one of
// four events: something is queued, a producer of callbacks is stopped, everything queued so far has run, something is taken away. What was queued
// is in flight until the next wait; a producer may have queued something until the moment at which it is stopped. The rule: nothing that a callback
// uses is taken away while something may be in flight.
//
// "In flight" is a set of possibilities at each point of the flow graphs, joined where ways meet, so "on every path" needs no list of paths. A wait
// behind a condition leaves both possible; a call that queues behind a condition is enough.
#pragma once

#include "tool/rules/unload.h"
#include "tool/semantics/semantics.h"
#include "tool/unload/module_text.h"
#include <optional>

namespace krcu {

/// What must have run by when.
struct UnloadQuestion {
  enum Flavour { Rcu, Srcu, RcuWork, Tasks } flavour = Rcu;
  std::string object;               ///< the srcu_struct, empty: any; Tasks: "tasks", "tasks_trace"; or with `member` that: "mmu_notifier_ops.free_notifier"
  bool member = false;              ///< Srcu: the core calls this member, and a function of its own waits for it
  std::set<std::string> callbacks;  ///< symbols
  std::set<std::string> core;       ///< tags of the structures whose members the core calls for it
  std::set<std::string> queueing;   ///< plain names of the functions that queue them
  enum Until { Text, Destruction } until = Text;
  std::string taken;                ///< Destruction: the cache, pool, srcu_struct or workqueue, as written where it is used
  bool asks(Flavour F) const { return flavour == F; }
};

struct UnloadEvent {
  enum Kind { Queue, Stop, Wait, End, Unknown } kind = Queue;
  Location where;
  std::string function; ///< plain name
  std::string text;     ///< "cancel_work_sync(&work) stops drv_work(), which queues counted()"
  bool always = false;  ///< on every path
  bool own = true;      ///< in the module's text
};

struct UnloadAnswer {
  bool holds = true;
  bool reached = true;                 ///< false: control never comes to an end
  std::vector<UnloadEvent> broken;     ///< the ends that stand too early; for the text none
  std::vector<UnloadEvent> behind;     ///< what queues, or is stopped, only behind the first of them; empty if that was waited for too late
  std::vector<UnloadEvent> timeline;   ///< in order
  std::string late;                    ///< why the waits that are there do not do, as a sentence; empty if none is there, or none is known
  std::string shortfall;               ///< the same in few words, for a finding: "waits too early"
  std::vector<unsigned> failing;       ///< of a start: lines of the returns that leave something in flight
};

/// How the rule is asked.
struct UnloadOptions {
  bool generous = false;  ///< a wait that may run counts: the answer "broken" is then beyond doubt
  bool stops = true;      ///< false: a producer that is stopped is taken to have queued nothing since the end began
  bool works = false;     ///< without stops: but for the works, timers and threads of the module's own, which no object has
  bool queues = true;     ///< false: and nothing is queued on the way
  bool told = false;      ///< whom a callback tells that it has run has waited for it; so in a generous answer, too
  bool settled = false;   ///< nothing is in flight when the end begins
  std::set<std::pair<std::string, unsigned>> without; ///< waits that are not there, by file and line
};

class UnloadTimeline {
public:
  UnloadTimeline(const ModuleText &Module, const Rules &R, const UnloadRules &U, const Semantics &S, UnloadQuestion Question);

  /// Of an end that begins with this function of the module.
  UnloadAnswer endOf(const TextFunction &Start, const UnloadOptions &Options);
  /// Of an end that only takes this structure away: a driver macro.
  UnloadAnswer endOfObject(const std::string &Variable, const Location &Where, const UnloadOptions &Options);
  /// Of the ways out of a start that fails.
  UnloadAnswer failuresOf(const TextFunction &Init, const UnloadOptions &Options);

  /// Why a wait may make up for what `endOf` misses when it is not generous; empty if nothing does.
  const std::string &doubt() const { return Doubt; }
  const Evidence &doubtAt() const { return DoubtAt; }
  /// Of the last answer: why a wait does not count, though it is there; empty if all do. A wait outside of the module is looked at only if it was asked generously.
  const std::string &tooEarly() const { return TooEarly; }

  using Arguments = std::map<std::string, std::string>; ///< parameter -> what is passed, in words of the caller
  /// What the call passes to a function of this flow.
  static Arguments passed(const Flow &Callee, const FlowCall &C);
  /// An expression of the callee, in words of whoever began.
  static std::string substituted(const std::string &Text, const Arguments &A);

private:
  using State = unsigned; ///< a set of these
  static constexpr State Clean = 1, Dirty = 2;
  struct FlowPlace {
    std::string of; ///< the variable, where what is set is a member of one at file scope
    Location where;
  };

  State through(const TextFunction &F, const Arguments &A, State In, unsigned Depth);
  State walk(const TextFunction &F, const Flow &G, const Arguments &A, State In, unsigned Depth, std::vector<State> *At);
  bool taken(const TextFunction &F, const Flow &G, unsigned From, unsigned To);
  bool endsWhatItTests(const Flow &G, const FlowNode &Fork, unsigned First) const;
  bool surelyWaits(const TextFunction &F, const FlowCall &C, unsigned Depth = 2) const;
  bool workWaits(const TextFunction &F, const FlowCall &C);
  bool waitsIn(const TextFunction &F, const Flow &G, unsigned Begin, unsigned End) const;
  std::vector<const TextFunction *> rowsOf(const FlowCall &C) const;
  State table(const FlowCall &C, State In, unsigned Depth, bool &Known);
  std::optional<FlowCall> tableLoop(const TextFunction &F, const Flow &G, unsigned Head) const;
  bool testsItsRow(const Flow &G, const FlowNode &Fork, unsigned First) const;
  bool waitsUnder(const Flow &G, unsigned Fork, unsigned Node) const;
  bool configured(const FlowCall &C) const;
  State waited(const TextFunction &F, const FlowCall &C, State In);
  void doubts(std::string Text, const TextFunction &F, const FlowCall &C);
  State step(const TextFunction &F, const Flow &G, unsigned Node, const Arguments &A, State In, unsigned Depth);
  State callOf(const TextFunction &F, const FlowCall &C, const Arguments &A, State In, unsigned Depth);
  State primitive(const TextFunction &F, const FlowCall &C, const Arguments &A, State In, bool &Known);
  State atEnd(const TextFunction &F, const FlowCall &C, const std::string &What, State In);
  State outside(const TextFunction &F, const FlowCall &C, const Arguments &A, State In);
  State pointer(const TextFunction &F, const FlowCall &C, const Arguments &A, State In, unsigned Depth);

  bool waits(const std::string &Name, const std::vector<std::string> &Arguments) const;
  bool isWithout(const TextFunction &F, const FlowCall &C) const;
  using Outside = OutsideWait;
  const Outside &outsideOf(const TextFunction &F, unsigned Depth);
  bool mayName(const TextFunction &F, unsigned Depth);
  bool handsOn(const std::string &Function) const;
  const std::string &heldBehind(const TextFunction &From, const Location &Wait);
  std::string holderOf(const std::vector<std::string> &Drops) const;
  std::set<std::string> handedOver() const;
  void rememberStores();
  void addStores(const Flow &G, const std::string &File, unsigned Before, std::map<std::string, FlowPlace> &To) const;
  std::string turnedAway(const TextFunction &F) const;
  /// AtTheLast: it hangs only on whether something is there, or a reference was the last.
  enum Sureness { Perhaps, AtTheLast, Always };
  Sureness surenessOf(const Flow &G, unsigned Node) const;
  bool asksForLast(const Flow &G, llvm::StringRef Expression) const;
  void addLinks(const TextFunction &F, Sureness S, unsigned Depth, std::map<std::string, Sureness> &Seen, std::map<std::string, Sureness> &To) const;
  std::vector<std::string> chainFrom(const std::string &Callback, Sureness Least, const std::set<std::string> &Telling, std::set<std::string> &On) const;
  std::set<std::string> tellingSomebody() const;
  void findChains();
  bool queuedByName(const TextFunction &Callback) const;
  std::string chainCut(const std::vector<UnloadEvent> &Timeline) const;
  std::string chainStoppedLate() const;
  bool starts(const TextFunction &F, const std::string &Work, unsigned Depth) const;
  std::string startedAgain() const;
  void takeOff(const TextFunction &F, const FlowCall &C, const Arguments &A);
  std::string stillRunning() const;
  void addStarted(const TextFunction &F, unsigned Depth, std::set<std::string> &To) const;
  bool endedSomewhere(const std::string &Work) const;
  std::string leftByCallbacks(std::string &Shortfall) const;
  const std::pair<const std::string, FlowPlace> *setBefore(const std::string &Condition, const std::string &File) const;
  bool flagged(const std::string &Condition) const;
  bool mayWait(const TextFunction &F, unsigned Depth, std::set<std::string> &Seen, Evidence &At);
  using Held = HeldFunctions;
  const Held &heldBy(const std::string &Variable);
  bool runsAtTeardown(const std::string &Record, const std::string &Field) const;
  std::string stoppedBy(const TextFunction &F, const FlowCall &C, const Arguments &A, bool &Waits);
  std::string stoppedByRow(const FlowCall &C);
  std::set<std::string> startedBy(const UnloadRule &Rule, const FlowCall &C);
  std::string stoppedWork(const TextFunction &F, const FlowCall &C, const Arguments &A);
  void note(UnloadEvent::Kind Kind, const TextFunction &F, const FlowCall &C, std::string Text, bool Always = true);
  bool certain() const;
  static bool isFailure(const Flow &G, unsigned Node);
  static bool leadsToFailure(const Flow &G, unsigned Node);
  bool namesWait(const TextFunction &F) const;
  UnloadAnswer finish(State Out);
  void findLateProducers(UnloadAnswer &A);
  void begin(const UnloadOptions &O);

  const ModuleText &M;
  const Rules &R;
  const UnloadRules &U;
  const Semantics &S;
  UnloadQuestion Q;
  UnloadOptions O;
  std::set<std::string> Coming; ///< own functions that may come to a queueing one
  std::set<std::string> Flags;  ///< variables and members that the queueing functions and callbacks set
  std::map<std::string, std::map<std::string, Sureness>> Follows; ///< callbacks that queue others; symbols
  std::map<std::string, std::set<std::string>> Chains; ///< callbacks that queue themselves again -> words of the conditions under which they do
  std::set<std::string> Configs; ///< conditions of #if under which something is queued; "" if under none
  struct EndOfWork {
    std::string work; ///< last name of the work item, timer or queue
    std::string by;   ///< what it runs, a plain name; may be empty
    std::string call; ///< that ends it
    bool queues = false;
    size_t step = 0;  ///< of the end
  };
  std::vector<EndOfWork> Ends; ///< in their order
  size_t Steps = 0, FirstWait = 0; ///< waits and ends of works are counted; the number of the first wait
  unsigned MayWait = 0;            ///< what may wait behind the last that queues, in a generous answer
  struct OnlyTakenOff {
    std::string call, by; ///< by: what it runs, a symbol
    bool own = false;     ///< a variable of the module
    bool settled = false; ///< readers were waited for since
  };
  std::map<std::string, OnlyTakenOff> TakenOff; ///< by last name of the work or timer
  std::map<std::string, std::pair<std::string, unsigned>> Stopped; ///< what has been stopped so far, and where
  std::map<std::string, FlowPlace> Set;       ///< variables and members that functions of the end that are done have set to a constant
  std::map<std::string, FlowPlace> SetBefore; ///< what had been set when something was waited for
  const Flow *Failing = nullptr; ///< the start whose failures are asked about
  bool OwnWork = false;         ///< what stoppedBy() has just found is a work of the module's own
  bool DevicesGone = false;     ///< a driver was taken away whose devices wait when they go
  std::string LinksGone;        ///< the call that has taken the module's network devices away and waited; empty before it
  bool Mounts = false;          ///< the module registers what only holders of a reference use
  std::set<std::string> NotCounted; ///< functions whose barrier does not count here
  WaitMemory *Memory = nullptr; ///< shared by all questions of the kind
  NameMemory *Names = nullptr;
  std::set<std::string> WaitNames; ///< names of functions that wait, whatever they are handed
  std::set<std::string> Unfollowed; ///< names of functions that are not looked into for waits
  std::map<std::string, State> Memo; ///< of one question
  std::map<std::string, std::pair<bool, Evidence>> Teardowns; ///< by symbol: may it wait, and where
  std::map<const UnloadRule *, std::string> Holders; ///< by conditional_wait: who queues behind it, as a sentence; empty if nobody does
  std::set<std::string> Active;
  std::map<std::pair<Location, int>, UnloadEvent> Noted;
  std::vector<std::pair<Location, int>> Order;
  std::vector<UnloadEvent> Broken;
  struct CallAround {
    const Flow *flow = nullptr; ///< null: one of several
    unsigned node = 0;
    const TextFunction *in = nullptr;
  };
  std::vector<CallAround> Calls; ///< those around
  std::string Doubt;
  Evidence DoubtAt;
  std::string TooEarly;
};

/// The function of a conditional_wait, as seen from `From`, if it is the one that waits there; else null.
const TextFunction *conditionalWaitAt(TreeText &Tree, const UnloadRule &Rule, const std::string &From, const Location &Wait);

/// As it is written: "cancel_work_sync(&work)".
std::string callText(const FlowCall &C);

/// An expression without blanks, casts and parentheses around it.
std::string plainExpression(llvm::StringRef Expression);

} // namespace krcu
