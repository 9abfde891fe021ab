// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The barriers of modules. One is superfluous if nothing that it waits for can be queued by the module, or if another barrier has run just
// before it and nothing, not even a callback, can have queued anything since. Most that look like that are not, and then the answer is whose
// callback needs them.
#include "tool/audit/parts.h"
#include "tool/support/stable_sort.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

struct BarrierCall {
  std::string name, file, function; ///< function: symbol
  unsigned line = 0, column = 0;
  bool destroys = false; ///< by its text, the function destroys a cache, too
};

/// Calls of barriers that wait for plain callbacks, in files that can be modules.
std::vector<BarrierCall> barrierCalls(TreeState &State) {
  std::vector<BarrierCall> Result;
  const Database &DB = State.database();
  for (const BarrierRule &Rule : State.rules().barriers) {
    if (Rule.cache_only || std::find(Rule.waits_for.begin(), Rule.waits_for.end(), "call_rcu") == Rule.waits_for.end())
      continue;
    for (uint32_t Id : DB.mentioning(Rule.name)) {
      const std::string &File = State.index().files()[Id].path;
      auto O = StringRef(File).ends_with(".c") && State.scan().tree().isSubject(File) ? DB.outline(Id) : nullptr;
      if (!O || !State.scan().moduleFact(File).mayGo())
        continue;
      for (const OutlineToken &T : DB.tokens(File, Rule.name)) {
        if (T.function < 0 || !T.before_paren || T.after_member_access || T.in_directive)
          continue;
        const OutlineFunction &F = O->functions[static_cast<size_t>(T.function)];
        bool Destroys = std::any_of(F.identifiers.begin(), F.identifiers.end(), [&](const std::string &Id) { return State.rules().cacheDestroy(Id) != nullptr; });
        Result.push_back({Rule.name, File, F.is_static ? F.name + "@" + File : F.name, T.line, T.column, Destroys});
      }
    }
  }
  std::sort(Result.begin(), Result.end(), [](const BarrierCall &A, const BarrierCall &B) { return std::tie(A.file, A.line) < std::tie(B.file, B.line); });
  return Result;
}

class BarrierAudit {
public:
  BarrierAudit(TreeState &State, const UnloadRules &U, const std::vector<UnloadModule> &Modules, std::vector<AuditFinding> &To) : State(State), U(U), Modules(Modules), DB(State.database()), Queues(DB, State.census()), To(To) {}

  void run() {
    std::vector<BarrierCall> Calls = barrierCalls(State);
    // By their text, before anything is parsed: those that no exit of the module can come to are for something else, unless a destruction
    // of a cache follows.
    std::erase_if(Calls, [&](const BarrierCall &B) { return !B.destroys && !leadsFromExit(B); });
    std::vector<std::string> Files;
    for (const BarrierCall &B : Calls)
      Files.push_back(B.file);
    State.scan().frontend().preparePch(Files, {});
    // Everything that all of them need, in common rounds.
    State.settle([&] {
      bool Ready = true;
      Queues.refresh();
      for (const BarrierCall &B : Calls) {
        if (Settled.count(B.function))
          continue;
        Demand D;
        D.words.insert(B.name);
        bool Known = DB.require(B.file, D) && !reachOf(DB, B.function).pending;
        Ready = Ready && Known;
        if (Known)
          Settled.insert(B.function);
      }
      return Ready;
    });
    // Only the barriers of a module's end and of a cache's are asked about; for these, what the module queues.
    std::erase_if(Calls, [&](const BarrierCall &B) {
      std::string Cache;
      return !runsAtTheEnd(reachOf(DB, B.function)) && !destroysBehind(B, Cache);
    });
    for (const BarrierCall &B : Calls) {
      const ModuleScope &Scope = scopeOf(B.file);
      auto [It, New] = Known.try_emplace(Scope.files.front());
      if (!New)
        continue;
      It->second = Queues.of(Scope, false);
      if (It->second.callbacks.empty())
        addPossibleFields(Scope, It->second);
    }
    for (const BarrierCall &B : Calls)
      judge(B);
  }

private:
  const ModuleScope &scopeOf(const std::string &File) {
    auto It = Scopes.find(File);
    if (It == Scopes.end())
      It = Scopes.emplace(File, State.scan().moduleScope(File)).first;
    return It->second;
  }
  void judge(const BarrierCall &B);
  bool destroysBehind(const BarrierCall &B, std::string &Cache) const;
  Evidence workEndsBehind(const BarrierCall &B) const;
  bool mentions(const std::string &Function, const std::string &File, StringRef Word) const;
  void explain(const BarrierCall &B, const std::string &Cache, const ModuleScope &Scope, ModuleQueue &Q) const;
  /// Whether an exit of the module names the function, or what it calls in the module does.
  bool leadsFromExit(const BarrierCall &B) {
    const ModuleScope &Scope = scopeOf(B.file);
    if (Scope.files.empty())
      return false;
    auto [It, New] = FromExit.try_emplace(Scope.files.front());
    if (New)
      It->second = closureOfExits(Scope);
    return It->second.count(plainName(B.function)) != 0;
  }
  std::set<std::string> closureOfExits(const ModuleScope &Scope) {
    std::map<std::string, std::set<std::string>> Names;
    for (const std::string &File : Scope.files)
      if (int Id = DB.index().find(File); Id >= 0)
        if (auto O = DB.outline(static_cast<uint32_t>(Id)))
          for (const OutlineFunction &F : O->functions)
            Names[F.name].insert(F.identifiers.begin(), F.identifiers.end());
    std::set<std::string> Result;
    std::vector<std::string> Work;
    for (const ModuleExit &E : exitsOf(State, Scope.files))
      if (!E.function.empty())
        Work.push_back(plainName(E.function));
    while (!Work.empty()) {
      std::string Name = std::move(Work.back());
      Work.pop_back();
      auto It = Names.find(Name);
      if (It == Names.end() || !Result.insert(Name).second)
        continue;
      Work.insert(Work.end(), It->second.begin(), It->second.end());
    }
    return Result;
  }
  /// Members of the names that the core calls from an RCU callback. Of which record they are only a parse would tell, and hundreds of files have
  /// one; that there may be one is enough to leave the barrier alone.
  void addPossibleFields(const ModuleScope &Scope, ModuleQueue &Q) const {
    forEachPossibleField(Scope, [&](const RcuCalledFieldRule &Rule, const Location &Where, const std::string &) {
      Q.unknown.push_back({Where.file, Where.line, "", "sets ." + Rule.field + ", which the core calls from an RCU callback if it is that of struct " + Rule.record});
    });
  }
  using FieldVisitor = llvm::function_ref<void(const RcuCalledFieldRule &Rule, const Location &Where, const std::string &Value)>;
  void forEachPossibleField(const ModuleScope &Scope, FieldVisitor Visit) const;
  static bool runsAtTheEnd(const ReachReport &R) {
    return !R.paths.empty() && std::all_of(R.paths.begin(), R.paths.end(), [](const ReachPath &P) { return P.kind == ReachKind::ModuleExit || P.kind == ReachKind::Init; });
  }
  const BarrierUse *earlier(const BarrierCall &B, const std::set<std::string> &Queueing, std::vector<BarrierUse> &Keep);
  Evidence queuesMore(const std::vector<QueuedCallback> &Callbacks) const;
  AuditFinding finding(const BarrierCall &B, const char *Kind) const;

  bool ruleNeeds(const BarrierCall &B) const;

  TreeState &State;
  const UnloadRules &U;
  const std::vector<UnloadModule> &Modules;
  Database &DB;
  QueueSurvey Queues;
  std::vector<AuditFinding> &To;
  std::map<std::string, ModuleScope> Scopes;
  std::map<std::string, std::set<std::string>> FromExit; ///< by the module's first file
  std::set<std::string> Settled;            ///< functions whose callers are all known
  std::map<std::string, ModuleQueue> Known; ///< by the module's first file
};

AuditFinding BarrierAudit::finding(const BarrierCall &B, const char *Kind) const {
  AuditFinding F;
  F.kind = Kind;
  F.where = {B.file, B.line, B.column};
  F.function = plainName(B.function);
  F.subject = B.name;
  F.severity = Severity::Note;
  F.evidence.push_back({B.file, B.line, F.function, B.name + "() stands here"});
  return F;
}

/// A callback of the module whose own text queues another one of a module: one barrier does not wait for the second. What always built-in code
/// queues on the way (the allocator's debugging, the last reference to a device) needs no barrier for the sake of any text.
Evidence BarrierAudit::queuesMore(const std::vector<QueuedCallback> &Callbacks) const {
  std::set<std::string> Stop;
  for (const BarrierRule &R : State.rules().barriers)
    Stop.insert(R.name);
  for (const FreeRule &R : State.rules().frees)
    Stop.insert(R.name);
  TextReach Reach(DB, Stop);
  auto CanGo = [&](const std::string &File) { return State.scan().moduleFact(File).mayGo(); };
  for (const QueuedCallback &C : Callbacks) {
    if (C.callback.empty() || DB.definitionsOf(C.callback).empty() || DB.definitionsOf(C.callback).size() > 4)
      continue;
    std::string Symbol = C.callback;
    for (const FunctionPlace &P : DB.definitionsOf(C.callback)) {
      auto O = DB.outline(P.file);
      const OutlineFunction *F = O ? O->function(C.callback) : nullptr;
      if (F && F->is_static && State.index().files()[P.file].path == C.where.file)
        Symbol = C.callback + "@" + C.where.file;
    }
    TextWay W = Reach.find({Symbol}, [&](const std::string &Id) { const DeferralRule *D = State.rules().deferral(Id); return D && D->flavour == "rcu"; }, 3, {}, CanGo);
    if (W.found)
      return {W.file, W.line, W.chain.back(), C.callback + "() may itself queue a callback, in " + W.chain.back() + "()"};
  }
  return {};
}

/// Another barrier on every way to this one behind which nothing can have been queued.
const BarrierUse *BarrierAudit::earlier(const BarrierCall &B, const std::set<std::string> &Queueing, std::vector<BarrierUse> &Keep) {
  bool Every = true, AnyExit = false;
  State.settle([&] {
    // A parse replaces facts, so everything that points into them is asked for again.
    Keep.clear();
    Every = true, AnyExit = false;
    bool Pending = false;
    const FunctionFact *F = DB.function(B.function);
    ReachReport Reach = reachOf(DB, B.function);
    if (!F || !Reach.complete)
      return true;
    BarrierSearch Search(DB, State.semantics(), Queueing);
    for (unsigned C = 0; C < F->calls.size(); ++C) {
      if (F->calls[C].where.line != B.line || plainName(F->calls[C].callee) != B.name)
        continue;
      for (const ReachPath &P : Reach.paths) {
        if (P.kind == ReachKind::Init)
          continue; // a failed start has queued nothing yet, or the way out is the same
        AnyExit = true;
        BarrierReport Report = Search.before(*F, C, &P);
        Pending = Pending || Report.pending;
        auto It = std::find_if(Report.always.begin(), Report.always.end(), [](const BarrierUse &U) { return U.waits_call_rcu && U.overtaken.text.empty(); });
        if (It == Report.always.end())
          Every = false;
        else
          Keep.push_back(*It);
      }
    }
    return !Pending;
  });
  return Every && AnyExit && !Keep.empty() ? &Keep.front() : nullptr;
}

/// A destruction in the same function, behind the barrier.
bool BarrierAudit::destroysBehind(const BarrierCall &B, std::string &Cache) const {
  const FunctionFact *F = DB.function(B.function);
  for (size_t C = 0; F && C < F->calls.size(); ++C) {
    const CacheRule *Rule = State.rules().cacheDestroy(plainName(F->calls[C].callee));
    if (!Rule || Rule->cache >= F->calls[C].arguments.size())
      continue;
    for (unsigned Other : F->calls[C].before)
      if (F->calls[Other].where.line == B.line && plainName(F->calls[Other].callee) == B.name) {
        Cache = placeName(F->calls[C].arguments[Rule->cache]);
        return true;
      }
  }
  return false;
}

bool BarrierAudit::mentions(const std::string &Function, const std::string &File, StringRef Word) const {
  for (const FunctionPlace &P : DB.definitionsOf(Function)) {
    auto O = DB.outline(P.file);
    const OutlineFunction *F = O ? O->function(Function) : nullptr;
    if (F && (!F->is_static || State.index().files()[P.file].path == File) &&
        std::find(F->identifiers.begin(), F->identifiers.end(), Word) != F->identifiers.end())
      return true;
  }
  return false;
}

/// Where the module sets such a member, and the first name in what it is set to.
void BarrierAudit::forEachPossibleField(const ModuleScope &Scope, FieldVisitor Visit) const {
  for (const RcuCalledFieldRule &Rule : State.rules().rcu_called_fields)
    for (const std::string &File : Scope.files) {
      int Id = DB.index().find(File);
      const std::vector<OutlineToken> &Tokens = DB.tokens(File, Rule.field);
      auto Text = Id < 0 || Tokens.empty() ? nullptr : DB.index().text(static_cast<uint32_t>(Id));
      for (const OutlineToken &T : Tokens) {
        StringRef Rest = Text ? StringRef(*Text).substr(T.offset + Rule.field.size()).ltrim() : StringRef();
        if (T.after_member_access && Rest.consume_front("=") && !Rest.starts_with("="))
          Visit(Rule, {File, T.line, 0}, Rest.ltrim().take_while([](char C) { return isalnum(static_cast<unsigned char>(C)) || C == '_'; }).str());
      }
    }
}

/// Puts first what the barrier was most likely written for: a callback, queued by the module or by the core for it, that spells the cache which
/// is destroyed behind it; then what is queued in the same file.
void BarrierAudit::explain(const BarrierCall &B, const std::string &Cache, const ModuleScope &Scope, ModuleQueue &Q) const {
  StringRef Word = StringRef(Cache).rsplit('.').second.empty() ? StringRef(Cache) : StringRef(Cache).rsplit('.').second;
  if (!Word.empty())
    forEachPossibleField(Scope, [&](const RcuCalledFieldRule &Rule, const Location &Where, const std::string &Name) {
      bool Known = std::any_of(Q.callbacks.begin(), Q.callbacks.end(), [&](const QueuedCallback &C) { return C.callback == Name; });
      if (!Known && mentions(Name, Where.file, Word))
        Q.callbacks.push_back({Where, "", "." + Rule.field + " is " + Name + "(), which the core calls from an RCU callback", Name, false});
    });
  auto Rank = [&](const QueuedCallback &C) { return (!Word.empty() && mentions(C.callback, C.where.file, Word) ? 2 : 0) + (C.where.file == B.file ? 1 : 0); };
  stableSort(Q.callbacks, [&](const QueuedCallback &X, const QueuedCallback &Y) { return Rank(X) > Rank(Y); });
}

/// What ends work only behind the barrier: until then it may have queued callbacks, also behind an earlier barrier.
Evidence BarrierAudit::workEndsBehind(const BarrierCall &B) const {
  const FunctionFact *F = DB.function(B.function);
  for (size_t C = 0; F && C < F->calls.size(); ++C) {
    std::string Name = plainName(F->calls[C].callee);
    if (!llvm::is_contained(State.rules().work_ends, Name))
      continue;
    for (unsigned Other : F->calls[C].before)
      if (F->calls[Other].where.line == B.line && plainName(F->calls[Other].callee) == B.name)
        return {F->calls[C].where.file, F->calls[C].where.line, plainName(F->function), "what " + Name + "() ends may queue a callback until then"};
  }
  return {};
}

/// Whether the end of the module, or of something in it, is right with this barrier and wrong without it.
bool BarrierAudit::ruleNeeds(const BarrierCall &B) const {
  for (const UnloadModule &M : Modules) {
    if (!M.text->owns(B.file))
      continue;
    for (const ModuleExit &E : exitsOf(State, M.scope.files)) {
      const TextFunction *Exit = E.function.empty() ? nullptr : M.text->bySymbol(E.function);
      for (const ModuleQuestion &Q : M.questions) {
        if (!Exit || Q.sites.empty())
          continue;
        UnloadTimeline T(*M.text, State.rules(), U, State.semantics(), Q.question);
        UnloadOptions Without;
        Without.without.insert({B.file, B.line});
        if (T.endOf(*Exit, {}).holds && !T.endOf(*Exit, Without).holds)
          return true;
      }
    }
  }
  return false;
}

void BarrierAudit::judge(const BarrierCall &B) {
  const ModuleScope &Scope = scopeOf(B.file);
  if (Scope.name.empty() || Scope.files.empty())
    return;
  ModuleQueue Q = Known[Scope.files.front()];
  std::erase_if(Q.callbacks, [](const QueuedCallback &C) { return C.other_flavour; });
  std::string Cache;
  bool BeforeDestroy = destroysBehind(B, Cache);
  explain(B, Cache, Scope, Q);
  std::set<std::string> Queueing;
  for (const QueuedCallback &C : Q.callbacks)
    if (!C.function.empty())
      Queueing.insert(C.function);
  std::string Place = plainName(B.function) + "(): " + B.name + "() ";
  std::vector<BarrierUse> Keep;
  ReachReport Reach = reachOf(DB, B.function);
  bool AtTheEnd = runsAtTheEnd(Reach); // otherwise what is queued before it is not known
  const BarrierUse *Other = AtTheEnd ? earlier(B, Queueing, Keep) : nullptr;
  Evidence More = queuesMore(Q.callbacks);
  if (More.text.empty() && !Q.callbacks.empty())
    More = workEndsBehind(B);
  bool Shared = false; // does this barrier wait for somebody else's callbacks too?
  for (const ReachPath &P : Reach.paths)
    for (const ReachStep &Step : P.steps)
      Shared = Shared || (Step.caller && std::find(Scope.files.begin(), Scope.files.end(), Step.caller->where.file) == Scope.files.end());
  bool ForDeferred = State.semantics().is("rcu_barrier_waits_kfree_rcu") && !State.semantics().is("destroy_waits_kfree_rcu");
  if (Other && More.text.empty() && !Shared && Q.unknown.empty() && !ruleNeeds(B)) {
    AuditFinding F = finding(B, "superfluous_barrier");
    F.severity = Severity::Warning;
    F.confidence = Confidence::Low;
    F.confidence_why = "another barrier runs just before on every way out of the module; that nothing is queued in between is read off the text";
    F.reason = Place + "has nothing left to wait for: " + Other->barrier + "() in " + plainName(Other->function) + "() (" + placeText(Other->where.file, Other->where.line) + ") has run before, and nothing is queued in between";
    F.evidence.insert(F.evidence.end(), Other->through.begin(), Other->through.end());
    F.evidence.push_back({Other->where.file, Other->where.line, plainName(Other->function), Other->barrier + "() has waited for all callbacks"});
    To.push_back(std::move(F));
    return;
  }
  if (AtTheEnd && Q.callbacks.empty() && Q.unknown.empty() && !Shared && !ForDeferred && !ruleNeeds(B)) {
    AuditFinding F = finding(B, "superfluous_barrier");
    F.severity = Severity::Warning;
    F.confidence = Confidence::Low;
    F.confidence_why = std::to_string(Q.files.size()) + " files of " + Scope.name + " were searched for everything that queues; what another module queues for it is not known";
    F.reason = Place + "has nothing to wait for: no callback of " + Scope.name + " can be queued";
    To.push_back(std::move(F));
    return;
  }
  if (!BeforeDestroy && !Other)
    return; // nobody would take it for superfluous
  AuditFinding F = finding(B, "needed_barrier");
  F.confidence = Q.callbacks.empty() ? Confidence::Low : Confidence::High;
  F.confidence_why = Q.callbacks.empty() ? "what it waits for could not be found" : "the callback's call is in the module's text";
  std::string Why = Q.callbacks.empty() ? (Q.unknown.empty() ? std::string("another module's callbacks may be meant") : Q.unknown.front().text)
                                        : placeText(Q.callbacks.front().where.file, Q.callbacks.front().where.line) + ", " + Q.callbacks.front().text +
                                              (Q.callbacks.size() > 1 ? " and " + std::to_string(Q.callbacks.size() - 1) + " more" : "");
  F.reason = Place + (BeforeDestroy ? "stands before kmem_cache_destroy(" + Cache + ")" : "stands behind another barrier") + " and is needed: " + Why;
  if (!More.text.empty() && Other)
    F.reason += "; the earlier barrier does not do, because " + More.text;
  for (const QueuedCallback &C : Q.callbacks)
    F.evidence.push_back({C.where.file, C.where.line, C.function, C.text});
  if (!More.text.empty())
    F.evidence.push_back(More);
  To.push_back(std::move(F));
}

} // namespace

void auditBarriers(TreeState &State, const UnloadRules &U, const std::vector<UnloadModule> &Modules, std::vector<AuditFinding> &To) {
  BarrierAudit(State, U, Modules, To).run();
}

namespace {

/// The first way to a function that is taken while the system runs; null if there is none.
const ReachPath *oftenTaken(const ReachReport &R) {
  for (const ReachPath &P : R.paths)
    if (P.kind == ReachKind::Teardown || P.kind == ReachKind::Runtime)
      return &P;
  return nullptr;
}

} // namespace

void auditCosts(TreeState &State, std::vector<AuditFinding> &To) {
  const Semantics &S = State.semantics();
  bool Destroys = S.is("sheaves") && S.is("destroy_flushes_all_sheaves");
  if (!Destroys)
    return;
  Database &DB = State.database();
  struct Call {
    std::string name, file, function;
    unsigned line;
    bool destroy;
  };
  std::vector<Call> Calls;
  auto Collect = [&](const std::string &Name, bool Destroy) {
    for (uint32_t Id : DB.mentioning(Name)) {
      const std::string &File = State.index().files()[Id].path;
      if (!StringRef(File).ends_with(".c") || StringRef(File).starts_with("mm/") || StringRef(File).starts_with("kernel/rcu/") ||
          !State.scan().tree().isSubject(File))
        continue;
      auto O = DB.outline(Id);
      for (const OutlineToken &T : DB.tokens(File, Name))
        if (O && T.function >= 0 && T.before_paren && !T.after_member_access && !T.in_directive) {
          const OutlineFunction &F = O->functions[static_cast<size_t>(T.function)];
          Calls.push_back({Name, File, F.is_static ? F.name + "@" + File : F.name, T.line, Destroy});
        }
    }
  };
  for (const CacheRule &C : State.rules().cache_destroy)
    Collect(C.name, true);
  for (const BarrierRule &B : State.rules().barriers)
    if (!B.cache_only && std::find(B.waits_for.begin(), B.waits_for.end(), "kfree_rcu") != B.waits_for.end())
      Collect(B.name, false);
  State.settle([&] {
    bool Ready = true;
    for (const Call &C : Calls) {
      Demand D;
      D.words.insert(C.name);
      Ready = DB.require(C.file, D) && Ready;
      Ready = !reachOf(DB, C.function).pending && Ready;
    }
    return Ready;
  });
  for (const Call &C : Calls) {
    ReachReport Reach = reachOf(DB, C.function);
    const ReachPath *Often = oftenTaken(Reach);
    if (!Often)
      continue;
    AuditFinding F;
    F.kind = C.destroy ? "costly_destroy" : "costly_barrier";
    F.where = {C.file, C.line, 0};
    F.function = plainName(C.function);
    F.subject = C.name;
    F.severity = Severity::Warning;
    bool Teardown = Often->kind == ReachKind::Teardown;
    F.confidence = Reach.complete ? (Teardown ? Confidence::Medium : Confidence::Low) : Confidence::Low;
    F.confidence_why = Teardown ? "the way is known; how often it is taken depends on the machine" : "the function is reached through a pointer, and how often is not known";
    F.reason = plainName(C.function) + "() calls " + C.name + "(), which " + (C.destroy ? "flushes the sheaves of every cache and waits on all CPUs" : "waits on all CPUs") + " in this tree, and is " + describeReach(*Often);
    F.evidence.push_back({C.file, C.line, F.function, "calls " + C.name + "()"});
    F.evidence.push_back({Often->where.file, Often->where.line, "", describeReach(*Often)});
    for (const Evidence &E : S.fact("destroy_flushes_all_sheaves").evidence)
      F.evidence.push_back(E);
    To.push_back(std::move(F));
  }
}

} // namespace krcu
