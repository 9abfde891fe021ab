// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A module that has callbacks in flight must not leave before they have run, and nothing that they use may go before them. The timeline of each
// end is asked for it: as it is written first, then with everything that may wait on some path taken for a wait. What breaks the rule even then
// is beyond doubt; what breaks it only as written is of low confidence, with what may make up for it.
#include "tool/audit/parts.h"
#include "tool/driver/hook_macros.h"
#include "tool/support/parallel.h"
#include "tool/support/stable_sort.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <iterator>
#include <mutex>
#include <numeric>

using llvm::StringRef;

namespace krcu {
namespace {

class EndAudit {
public:
  /// `Kbuild`: held while makefiles are asked.
  EndAudit(TreeState &State, const UnloadRules &U, const ModuleHooks &Hooks, const UnloadModule &M, std::mutex &Kbuild, std::vector<AuditFinding> &To)
      : State(State), U(U), Hooks(Hooks), M(M), Text(*M.text), Kbuild(Kbuild), To(To), Exits(Hooks.exitsOf(M.scope.files)) {}

  void run() {
    if (Exits.empty()) {
      askWithoutExit();
      return;
    }
    for (const ModuleQuestion &Q : M.questions)
      if (!Q.sites.empty())
        ask(Q);
  }

private:
  /// An end of the module and what the rule says of it.
  struct End {
    const ModuleExit *exit = nullptr;
    const TextFunction *function = nullptr; ///< null: only a structure is taken away
    std::string member = {}; ///< the function is this member of a structure: "pernet_operations.exit"
  };
  void ask(const ModuleQuestion &Q);
  void askText(const ModuleQuestion &Q);
  void askDestruction(const ModuleQuestion &Q);
  void askStart(const ModuleQuestion &Q);
  bool queuesWhatWasMade(const TextFunction &Init, const UnloadEvent &Queued) const;
  void askWithoutExit();
  void askWithoutHooks(const ModuleQuestion &Q);
  bool askPossible(const ModuleQuestion &Q, const std::vector<ModuleExit> &Possible);
  bool waitsAnywhere(const ModuleQuestion &Q, Evidence &At) const;
  UnloadAnswer answer(UnloadTimeline &T, const End &E, const UnloadOptions &O) const {
    return E.function ? T.endOf(*E.function, O) : T.endOfObject(E.exit->driver, E.exit->where, O);
  }
  std::vector<End> allEnds() const;
  bool mayDestroy(const TextFunction &F);
  End endAt(const ModuleExit &E) const { return {&E, E.function.empty() ? unregisteringIn(E) : Text.bySymbol(E.function)}; }
  const TextFunction *unregisteringIn(const ModuleExit &E) const;
  std::string exitName(const ModuleExit &E) const { return E.function.empty() ? E.macro + "(" + E.driver + ")" : plainName(E.function) + "()"; }
  ModuleFact factOf(const std::string &File) const {
    std::lock_guard Guard(Kbuild);
    return State.scan().moduleFact(File);
  }
  std::set<std::string> barriersFor(const ModuleQuestion &Q) const;
  /// Why something else may make up for the wait; empty if the text shows nothing.
  std::string elsewhere(const ModuleQuestion &Q, Evidence &At) const;
  AuditFinding finding(const ModuleQuestion &Q, const ModuleExit &E) const;
  std::string calledBarrier(const ModuleQuestion &Q) const {
    if (Q.question.member)
      return U.waitOf(Q.question.object)->name + "()";
    return barrierFor(State.rules(), Q.question) + (Q.question.asks(UnloadQuestion::Srcu) ? "(" + Q.question.object + ")" : "()");
  }

  TreeState &State;
  const UnloadRules &U;
  const ModuleHooks &Hooks;
  const UnloadModule &M;
  const ModuleText &Text;
  std::mutex &Kbuild;
  std::vector<AuditFinding> &To;
  std::vector<ModuleExit> Exits;
  std::set<std::string> Destroying; ///< names of functions that may come to a destruction
  bool TextBroken = false; ///< said already: nothing waits at all
};

void EndAudit::ask(const ModuleQuestion &Q) {
  if (Q.question.until == UnloadQuestion::Text) {
    askText(Q);
    askStart(Q);
  } else {
    askDestruction(Q);
  }
}

AuditFinding EndAudit::finding(const ModuleQuestion &Q, const ModuleExit &E) const {
  AuditFinding F;
  F.where = E.where;
  F.function = plainName(E.function.empty() ? E.driver : E.function);
  F.subject = subjectOf(M, Q);
  F.severity = Severity::Error;
  F.module_file = E.where.file;
  for (const UnloadSite &S : Q.sites)
    F.evidence.push_back({S.where.file, S.where.line, S.function, S.text});
  ModuleFact Fact = factOf(Q.sites.front().where.file);
  F.evidence.insert(F.evidence.end(), Fact.evidence.begin(), Fact.evidence.end());
  F.evidence.push_back({E.where.file, E.where.line, "", E.macro + "(" + plainName(E.function.empty() ? E.driver : E.function) + ") ends the module"});
  F.timeline.push_back({FindingEvent::Exit, E.where, "", F.evidence.back().text});
  return F;
}

/// The names of the barriers that wait for what the question is about.
std::set<std::string> EndAudit::barriersFor(const ModuleQuestion &Q) const {
  std::set<std::string> Result;
  for (const BarrierRule &B : State.rules().barriers)
    if (!B.cache_only && llvm::is_contained(B.waits_for, Q.question.asks(UnloadQuestion::Srcu) ? "srcu" : Q.question.asks(UnloadQuestion::Tasks) ? Q.question.object : "call_rcu"))
      Result.insert(B.name);
  return Result;
}

/// A wait that is not on the way of the exit itself but may have run by then: where a device, a mount or a file of the module goes.
std::string EndAudit::elsewhere(const ModuleQuestion &Q, Evidence &At) const {
  if (std::string Why = waitElsewhere(State.rules(), Text, Text.naming(barriersFor(Q)), At); !Why.empty())
    return Why;
  // The callbacks tell somebody, who may wait for it.
  const std::vector<std::string> &Signals = State.rules().signals;
  bool All = !Q.question.callbacks.empty();
  for (const std::string &Symbol : Q.question.callbacks) {
    const TextFunction *F = Text.bySymbol(Symbol);
    bool Tells = false;
    std::vector<const TextFunction *> Bodies{F};
    if (F)
      for (const std::string &Id : F->text->identifiers)
        if (const TextFunction *Helper = Text.own(Id, F->file))
          Bodies.push_back(Helper);
    for (const TextFunction *Body : Bodies)
      for (const std::string &Id : Body ? Body->text->identifiers : std::vector<std::string>())
        if (llvm::is_contained(Signals, Id)) {
          Tells = true;
          At = {Body->file, Body->text->line, Body->name, "names " + Id + "()"};
        }
    All = All && Tells;
  }
  return All ? plainName(*Q.question.callbacks.begin()) + "() tells that it has run, and somebody may wait for that instead" : std::string();
}

void EndAudit::askText(const ModuleQuestion &Q) {
  UnloadTimeline T(Text, State.rules(), U, State.semantics(), Q.question);
  for (const ModuleExit &Exit : Exits) {
    End E = endAt(Exit);
    UnloadAnswer Written = answer(T, E, {});
    if (Written.holds)
      continue;
    TextBroken = true;
    UnloadOptions Generous;
    Generous.generous = true;
    UnloadAnswer Sure = answer(T, E, Generous);
    std::string Doubt = Sure.holds ? T.doubt() : std::string();
    Evidence DoubtAt = T.doubtAt();
    std::string TooEarly = T.tooEarly();
    const std::string Shortfall = !Sure.late.empty() ? Sure.shortfall : Written.late.empty() ? "" : Written.shortfall; // "waits too early"
    UnloadOptions Quiet;
    Quiet.stops = Quiet.queues = false;
    UnloadAnswer Waits = answer(T, E, Quiet);
    const UnloadEvent *Barrier = nullptr, *Behind = nullptr;
    if (Waits.holds)
      for (const UnloadEvent &Each : Written.timeline) {
        if (Each.kind == UnloadEvent::Wait && Each.own && !Behind)
          Barrier = &Each;
        else if (Barrier && Each.kind != UnloadEvent::Wait && Each.kind != UnloadEvent::End)
          Behind = Behind ? Behind : &Each;
      }
    bool Pinned = llvm::any_of(Hooks.of(M.scope.files, "init"), [&](const ModuleExit &S) {
      const TextFunction *Start = Text.bySymbol(S.function);
      return Start && pinsItself(Text, *Start, U);
    });
    const std::string Settled = Sure.holds ? std::string() : settledByCore(Text, U);
    UnloadOptions NoObjects = withoutObjects();
    NoObjects.settled = !Settled.empty();
    const bool Held = !Sure.holds && (!Settled.empty() || holdsItself(Text, U)) && answer(T, E, NoObjects).holds; // a reference says nothing of a work that no object has
    AuditFinding F = finding(Q, Exit);
    const UnloadSite &First = Q.sites.front();
    std::string Callback = plainName(First.callback), More = Q.question.callbacks.size() > 1 ? " and " + std::to_string(Q.question.callbacks.size() - 1) + " more" : "";
    std::string Name = exitName(Exit), Queues = M.scope.name + (First.core ? " has " : " queues ") + Callback + "()" + More + (First.core ? " run by RCU" : "");
    bool Early = Barrier && Behind && (Shortfall.empty() || Shortfall == "waits too early");
    if (Early) {
      F.kind = Q.question.asks(UnloadQuestion::Srcu) ? "missing_srcu_barrier" : "early_rcu_barrier";
      F.where = Barrier->where;
      F.function = Barrier->function;
      F.reason = "the barrier in " + Barrier->function + "() comes too early: " + Behind->text + " (" + placeText(Behind->where.file, Behind->where.line) + "), and then nothing waits any more; " + Callback + "()" + More +
                 " may run after the text of " + M.scope.name + " is gone";
    } else {
      F.kind = Q.question.asks(UnloadQuestion::Srcu) ? "missing_srcu_barrier" : "missing_rcu_barrier";
      bool Conditional = llvm::any_of(Written.timeline, [](const UnloadEvent &Each) { return Each.kind == UnloadEvent::Wait && !Each.always; });
      const UnloadEvent *Last = nullptr;
      for (const UnloadEvent &Each : Written.timeline)
        if (Each.kind != UnloadEvent::Wait && Each.kind != UnloadEvent::End)
          Last = &Each;
      F.reason = Queues + " and can be unloaded, but " + Name +
                 (!Shortfall.empty() ? " " + Shortfall
                  : Waits.holds && Last ? " waits only before the last of it: " + Last->text + " (" + placeText(Last->where.file, Last->where.line) + ")"
                  : Conditional       ? " reaches " + calledBarrier(Q) + " only on some path"
                                      : " reaches no " + calledBarrier(Q)) +
                 (StringRef(Shortfall).starts_with("leaves") ? "; it may run after its text is gone" : "; the callback may run after its text is gone");
    }
    addTimeline(F, Written);
    F.timeline.push_back({FindingEvent::End, {}, "", "the text of " + M.scope.name + " is gone, and " + Callback + "()" + More + " may still be queued", true, true});
    Evidence ElseAt;
    std::string Else = elsewhere(Q, ElseAt);
    bool Named = llvm::any_of(Q.sites, [](const UnloadSite &S) { return S.named; });
    if (Exits.size() > 1) { // no module has two; the makefile makes it of other objects in each configuration
      F.confidence = Confidence::Low;
      F.confidence_why = "the files of " + M.scope.name + " have " + std::to_string(Exits.size()) + " exits, so they are never all of it; which of them goes with the callback is not known";
    } else if (Sure.holds) {
      F.confidence = Confidence::Low;
      F.confidence_why = Doubt.empty() ? "a call through a pointer may wait" : Doubt;
      if (DoubtAt.line)
        F.evidence.push_back(DoubtAt);
    } else if (Pinned) {
      F.confidence = Confidence::Low;
      F.confidence_why = "the start takes a reference of " + M.scope.name + " that nothing in it gives back, so it may never be unloaded";
    } else if (Held) {
      F.confidence = Confidence::Low;
      F.confidence_why = !Settled.empty() ? Settled : "objects of " + M.scope.name + " hold a reference of it, so there may be none left to queue anything behind the wait";
    } else if (!Else.empty()) {
      F.confidence = Confidence::Low;
      F.confidence_why = Else;
      F.evidence.push_back(ElseAt);
    } else if (!TooEarly.empty()) {
      F.confidence = Confidence::Medium;
      F.confidence_why = TooEarly;
    } else if (E.function && Named && (!Early || Behind->kind == UnloadEvent::Queue)) {
      F.confidence = Confidence::High;
      F.confidence_why = "the exit was followed through the module and what it calls outside; nothing on the way waits" + std::string(Early ? " behind that" : "");
    } else {
      F.confidence = Confidence::Medium;
      F.confidence_why = !E.function ? "the exit is made by a macro; what is called when " + Exit.driver + " goes away was followed, and nothing of it waits"
                         : Early     ? "the order of the calls is known; that something is still queued then is not"
                                     : "that the callback may be queued rests on where its name is stored";
    }
    To.push_back(std::move(F));
  }
}

/// Whether any function of the module names a wait.
bool EndAudit::waitsAnywhere(const ModuleQuestion &Q, Evidence &At) const {
  std::set<std::string> Barriers = barriersFor(Q);
  for (const auto &[Name, F] : Text.functions())
    for (const std::string &Id : Barriers)
      if (std::binary_search(F.text->identifiers.begin(), F.text->identifiers.end(), Id)) {
        At = {F.file, F.text->line, F.name, "names " + Id + "()"};
        return true;
      }
  return false;
}

/// With a start and no exit it cannot be unloaded; unless a macro that nobody knows makes one.
void EndAudit::askWithoutExit() {
  std::vector<ModuleExit> Starts = Hooks.of(M.scope.files, "init"), Possible = hookMacros(State.database(), M.scope.files, Hooks.memory()).unknown;
  std::erase_if(Possible, [&](const ModuleExit &E) { return llvm::any_of(Starts, [&](const ModuleExit &S) { return S.function == E.function; }); });
  for (const ModuleQuestion &Q : M.questions)
    if (!Q.sites.empty() && Q.question.until == UnloadQuestion::Text && !askPossible(Q, Possible) && Starts.empty())
      askWithoutHooks(Q);
}

/// Of functions that may be the exit for all anybody knows. False if one of them is right, or there is none.
bool EndAudit::askPossible(const ModuleQuestion &Q, const std::vector<ModuleExit> &Possible) {
  UnloadTimeline T(Text, State.rules(), U, State.semantics(), Q.question);
  const ModuleExit *Last = nullptr;
  UnloadAnswer Written;
  bool Sure = false;
  for (const ModuleExit &E : Possible) {
    const TextFunction *F = Text.bySymbol(E.function);
    UnloadAnswer A = F ? T.endOf(*F, {}) : UnloadAnswer();
    if (!F || A.holds)
      return false;
    UnloadOptions Generous;
    Generous.generous = true;
    Last = &E, Written = std::move(A), Sure = !T.endOf(*F, Generous).holds;
  }
  if (!Last)
    return false;
  AuditFinding F = finding(Q, *Last);
  F.kind = Q.question.asks(UnloadQuestion::Srcu) ? "missing_srcu_barrier" : "missing_rcu_barrier";
  const UnloadSite &First = Q.sites.front();
  std::string More = Q.question.callbacks.size() > 1 ? " and " + std::to_string(Q.question.callbacks.size() - 1) + " more" : "", Name = plainName(Last->function);
  F.reason = M.scope.name + (First.core ? " has " : " queues ") + plainName(First.callback) + "()" + More + (First.core ? " run by RCU" : "") + ", and if " + Last->macro + "(" + Name + ") makes it end with " + Name + "(), " +
             (Sure ? "that reaches no " : "that may reach no ") + calledBarrier(Q) + "; the callback may run after its text is gone";
  F.evidence.back().text = Last->macro + "(" + Name + ") is a macro that no file defines and no rule names";
  F.timeline.front().text = F.evidence.back().text;
  addTimeline(F, Written);
  F.timeline.push_back({FindingEvent::End, {}, "", "the text of " + M.scope.name + " is gone, and " + plainName(First.callback) + "()" + More + " may still be queued", true, true});
  F.confidence = Sure ? Confidence::Medium : Confidence::Low;
  F.confidence_why = "no file of " + M.scope.name + " names an exit by a name that the rules know; a row of module_hooks says what " + Last->macro + "() is";
  To.push_back(std::move(F));
  return true;
}

/// Neither a start nor an exit: a library, which the kernel unloads as soon as nobody needs it, and asks nothing of it.
void EndAudit::askWithoutHooks(const ModuleQuestion &Q) {
  const UnloadSite &First = Q.sites.front();
  AuditFinding F;
  F.kind = Q.question.asks(UnloadQuestion::Srcu) ? "missing_srcu_barrier" : "missing_rcu_barrier";
  F.severity = Severity::Error;
  F.where = First.where;
  F.function = First.function;
  F.subject = subjectOf(M, Q);
  std::string More = Q.question.callbacks.size() > 1 ? " and " + std::to_string(Q.question.callbacks.size() - 1) + " more" : "";
  F.reason = M.scope.name + (First.core ? " has " : " queues ") + plainName(First.callback) + "()" + More + (First.core ? " run by RCU" : "") +
             " and has neither a start nor an exit, so that it can be unloaded and nothing waits then; the callback may run after its text is gone";
  for (const UnloadSite &S : Q.sites)
    F.evidence.push_back({S.where.file, S.where.line, S.function, S.text});
  ModuleFact Fact = factOf(First.where.file);
  F.evidence.insert(F.evidence.end(), Fact.evidence.begin(), Fact.evidence.end());
  F.timeline.push_back({FindingEvent::End, {}, "", "the text of " + M.scope.name + " is gone, and " + plainName(First.callback) + "()" + More + " may still be queued", true, true});
  Evidence At;
  bool Waits = waitsAnywhere(Q, At);
  F.confidence = Waits || First.core ? Confidence::Low : Confidence::Medium;
  F.confidence_why = Waits        ? At.function + "() waits, and whether its users call it before they go is not known"
                     : First.core ? "that the callback may be queued rests on where its name is stored"
                                  : "no file of " + M.scope.name + " names a start or an exit by a name that the rules know";
  if (Waits)
    F.evidence.push_back(At);
  To.push_back(std::move(F));
}

/// Whether what is queued there hangs on a variable that the start has filled itself: then a loop over it does not go over nothing.
bool EndAudit::queuesWhatWasMade(const TextFunction &Init, const UnloadEvent &Queued) const {
  for (auto [It, End] = Text.functions().equal_range(Queued.function); It != End; ++It) {
    const Flow &G = Text.tree().flow(It->second);
    for (const FlowNode &N : G.nodes) {
      if (It->second.file != Queued.where.file || N.kind != FlowNode::Call || N.line != Queued.where.line || N.call.arguments.empty())
        continue;
      const std::string Name = firstName(N.call.arguments[0]);
      bool Own = !Name.empty() && !G.locals.count(Name) && !llvm::is_contained(G.parameters, Name);
      if (Own && llvm::any_of(Text.tree().flow(Init).nodes, [&](const FlowNode &M) { return M.kind == FlowNode::Call && firstName(M.call.assigned) == Name; }))
        return true;
    }
  }
  return false;
}

/// A start that fails: what it has queued itself must have run, too.
void EndAudit::askStart(const ModuleQuestion &Q) {
  for (const ModuleExit &Init : Hooks.of(M.scope.files, "init")) {
    const TextFunction *F = Text.bySymbol(Init.function);
    if (!F)
      continue;
    UnloadTimeline T(Text, State.rules(), U, State.semantics(), Q.question);
    UnloadOptions O;
    O.stops = false;
    UnloadAnswer A = T.failuresOf(*F, O);
    if (A.holds)
      continue;
    UnloadOptions Generous = O;
    Generous.generous = true;
    bool Sure = !T.failuresOf(*F, Generous).holds;
    const UnloadEvent *Queued = nullptr;
    for (const UnloadEvent &E : A.timeline)
      if (E.kind == UnloadEvent::Queue)
        Queued = &E;
    AuditFinding Found = finding(Q, Init);
    Found.kind = Q.question.asks(UnloadQuestion::Srcu) ? "missing_srcu_barrier" : "missing_rcu_barrier";
    Found.function = F->name;
    Found.evidence.pop_back();
    Found.timeline = {{FindingEvent::Exit, Init.where, "", F->name + "() fails"}};
    Found.reason = F->name + "() can fail after " + (Queued ? Queued->text + " in " + Queued->function + "() (" + placeText(Queued->where.file, Queued->where.line) + ")" : std::string("something was queued")) +
                   ", and this init path has no " + calledBarrier(Q) + "; the callback may run after the text of " + M.scope.name + " is gone";
    Found.severity = Severity::Warning;
    Found.confidence = !Sure || (Queued && !Queued->always && !queuesWhatWasMade(*F, *Queued)) ? Confidence::Low : Confidence::Medium;
    Found.confidence_why = Sure ? "the way out of the failed start was followed; whether it is ever taken is not known" : "something on the way may wait";
    addTimeline(Found, A);
    Found.timeline.push_back({FindingEvent::End, {}, "", "the text of " + M.scope.name + " is gone", true, true});
    To.push_back(std::move(Found));
  }
}

/// module_driver(drv, drv_register, drv_unregister): what the macro is told to run at exit, if that is a function of the module.
const TextFunction *EndAudit::unregisteringIn(const ModuleExit &E) const {
  int Id = State.index().find(E.where.file);
  auto File = Id < 0 ? nullptr : State.index().text(static_cast<uint32_t>(Id));
  if (!File)
    return nullptr;
  for (const OutlineToken &T : State.database().tokens(E.where.file, E.macro)) {
    if (T.line != E.where.line)
      continue;
    llvm::SmallVector<StringRef, 4> Arguments;
    StringRef(*File).substr(T.offset + E.macro.size()).ltrim().drop_front().split(')').first.split(Arguments, ',');
    if (Arguments.size() > 2)
      return Text.own(Arguments[2].trim().str(), E.where.file);
  }
  return nullptr;
}

/// The exits of the module, and what the core calls when a device, a namespace or a mount goes.
std::vector<EndAudit::End> EndAudit::allEnds() const {
  std::vector<End> Result;
  std::set<std::string> Seen;
  for (const ModuleExit &Exit : Exits)
    if (End E = endAt(Exit); E.function && Seen.insert(E.function->symbol).second)
      Result.push_back(E);
  for (TeardownFunction &F : teardownFunctions(Text, State.rules()))
    if (Seen.insert(F.function->symbol).second)
      Result.push_back({&Exits.front(), F.function, std::move(F.member)});
  return Result;
}

/// By the names in the text, may the function come to a destruction?
bool EndAudit::mayDestroy(const TextFunction &F) {
  if (Destroying.empty()) {
    std::set<std::string> Ends(State.rules().pool_destroy.begin(), State.rules().pool_destroy.end());
    for (const CacheRule &C : State.rules().cache_destroy)
      Ends.insert(C.name);
    for (const UnloadRule &R : U.events)
      if (R.event == UnloadRule::End)
        Ends.insert(R.name);
    Destroying = Text.comingTo(Text.naming(Ends));
    Destroying.insert(""); // asked
  }
  return Destroying.count(F.name) != 0;
}

void EndAudit::askDestruction(const ModuleQuestion &Q) {
  UnloadTimeline T(Text, State.rules(), U, State.semantics(), Q.question);
  std::set<Location> Seen;
  for (const End &E : allEnds()) {
    if (!E.member.empty() && !mayDestroy(*E.function))
      continue;
    UnloadAnswer Written = T.endOf(*E.function, {});
    if (Written.broken.empty())
      continue;
    UnloadOptions Generous;
    Generous.generous = true;
    UnloadAnswer Sure = T.endOf(*E.function, Generous);
    std::string TooEarly = T.tooEarly();
    const UnloadEvent &At = Written.broken.front();
    if (!Seen.insert(At.where).second)
      continue;
    bool Behind = false, Passed = false; // a wait behind the destruction
    for (const UnloadEvent &Each : Written.timeline) {
      Passed = Passed || Each.where == At.where;
      Behind = Behind || (Passed && Each.kind == UnloadEvent::Wait);
    }
    bool Plain = Q.question.asks(UnloadQuestion::Rcu);
    if (Plain && TextBroken && !Behind)
      continue; // nothing waits at all: said once
    AuditFinding F = finding(Q, *E.exit);
    if (!E.member.empty()) {
      F.module_file.clear(); // it ends while the code stays, too
      F.evidence.pop_back();
      F.evidence.push_back({E.function->file, E.function->text->line, E.function->name, "is " + E.member});
      F.timeline = {{FindingEvent::Exit, {E.function->file, E.function->text->line, 0}, E.function->name, F.evidence.back().text}};
    }
    const UnloadEvent *Later = Written.behind.empty() ? nullptr : &Written.behind.front();
    F.kind = Plain ? (Later ? "early_rcu_barrier" : "late_rcu_barrier") : Q.question.asks(UnloadQuestion::Srcu) ? "missing_srcu_barrier" : "missing_rcu_barrier";
    F.where = At.where;
    F.function = At.function;
    F.subject = Q.question.taken;
    std::string Callback = plainName(Q.sites.front().callback);
    F.reason = At.text.substr(0, At.text.find(" takes it away")) + " runs " + (E.member.empty() ? "at module exit" : "when the core calls " + E.member) + (Later ? " before the last that queues is stopped: " + Later->text + " (" + placeText(Later->where.file, Later->where.line) + "), and " : " before anything has waited for callbacks, and ") + Callback + "() still uses " + Q.question.taken;
    // A device's or namespace's own objects may all be gone by the time at which what it shares with others still queues.
    UnloadOptions Quiet;
    Quiet.stops = false, Quiet.works = true;
    bool Certain = !Sure.broken.empty() && (E.member.empty() || !T.endOf(*E.function, Quiet).broken.empty());
    F.confidence = Certain ? Confidence::Medium : Confidence::Low;
    F.confidence_why = Certain && !TooEarly.empty() ? TooEarly : Certain ? "the order of the calls is known; whether a callback can still be queued then is not" : T.doubt().empty() ? "a call through a pointer may wait" : T.doubt();
    addTimeline(F, Written);
    To.push_back(std::move(F));
  }
}

} // namespace

void auditModuleExits(TreeState &State, const UnloadRules &U, const ModuleHooks &Hooks, const std::vector<UnloadModule> &Modules, std::vector<AuditFinding> &To,
                       const std::function<void(const std::string &)> &Progress) {
  // The largest first, so that none of them is left to one thread at the end.
  std::vector<size_t> Order(Modules.size());
  std::iota(Order.begin(), Order.end(), 0);
  stableSort(Order, [&](size_t A, size_t B) { return Modules[A].text->functions().size() > Modules[B].text->functions().size(); });
  std::mutex Kbuild, Told;
  size_t Done = 0;
  std::vector<std::vector<AuditFinding>> Found(Modules.size());
  parallelFor(State.scan().options().jobs, Modules.size(), [&](size_t N, unsigned) {
    if (Progress) {
      std::lock_guard Guard(Told);
      Progress("ends of modules " + std::to_string(++Done) + "/" + std::to_string(Modules.size()));
    }
    EndAudit(State, U, Hooks, Modules[Order[N]], Kbuild, Found[Order[N]]).run();
  });
  for (std::vector<AuditFinding> &Each : Found)
    std::move(Each.begin(), Each.end(), std::back_inserter(To));
}

} // namespace krcu
