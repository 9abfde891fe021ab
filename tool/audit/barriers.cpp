// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The barriers of modules: the rule is asked with each of them and without it. One that changes no answer is superfluous. Most that look like that
// are not, and then the answer is whose callback needs them.
#include "tool/audit/parts.h"
#include "tool/driver/barrier_rule.h"
#include "tool/support/parallel.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>

using llvm::StringRef;

namespace krcu {

std::vector<BarrierCall> barrierCalls(TreeState &State, const std::set<std::string> &Flavours) {
  std::vector<BarrierCall> Result;
  const Database &DB = State.database();
  for (const BarrierRule &Rule : State.rules().barriers) {
    if (Rule.cache_only || llvm::none_of(Rule.waits_for, [&](const std::string &What) { return Flavours.count(What) != 0; }))
      continue;
    for (uint32_t Id : DB.mentioning(Rule.name)) {
      const std::string &File = State.index().files()[Id].path;
      auto O = StringRef(File).ends_with(".c") && State.scan().wantsPath(File) ? DB.outline(Id) : nullptr;
      if (!O || !State.scan().moduleFact(File).mayGo())
        continue;
      for (const OutlineToken &T : DB.tokens(File, Rule.name))
        if (T.function >= 0 && T.before_paren && !T.after_member_access && !T.in_directive)
          Result.push_back({Rule.name, {File, T.line, T.column}, O->functions[static_cast<size_t>(T.function)].name});
    }
  }
  std::sort(Result.begin(), Result.end(), [](const BarrierCall &A, const BarrierCall &B) { return A.where < B.where; });
  return Result;
}

namespace {

class BarrierAudit {
public:
  /// `Kbuild`: held while makefiles are asked.
  BarrierAudit(TreeState &State, const UnloadRules &U, const UnloadModule &M, const ModuleHooks &Hooks, std::mutex &Kbuild) : State(State), U(U), M(M), Kbuild(Kbuild) {
    Ends = moduleEnds(Hooks, M.scope.files);
    // Every wait at the ends of the module, whatever for.
    UnloadTimeline T(*M.text, State.rules(), U, State.semantics(), {});
    UnloadOptions O;
    O.stops = O.queues = false;
    for (const std::string &Symbol : Ends.exits)
      if (const TextFunction *F = M.text->bySymbol(Symbol))
        for (UnloadEvent &E : T.endOf(*F, O).timeline)
          if (E.kind == UnloadEvent::Wait)
            Waits.push_back(std::move(E));
  }

  void judge(const BarrierCall &B, std::vector<AuditFinding> &To);

private:
  AuditFinding needed(const BarrierCall &B, const UnloadNeed &Need, const std::string &Cache, const UnloadEvent *Earlier);
  void superfluous(const BarrierCall &B, const UnloadNeed &Need, const UnloadEvent *Earlier, std::vector<AuditFinding> &To);
  AuditFinding finding(const BarrierCall &B, const char *Kind) const;
  std::string destroyedBy(const TextFunction &F, const FlowCall &C) const;
  std::string destroyedBehind(const BarrierCall &B, bool &WorkEnds) const;
  bool queuesAgain() const;
  bool shared(const BarrierCall &B) const;
  bool hasUnseenFiles(const BarrierCall &B) const {
    std::lock_guard Guard(Kbuild);
    return !State.database().moduleOf(B.where.file).missing.empty();
  }

  TreeState &State;
  const UnloadRules &U;
  const UnloadModule &M;
  std::mutex &Kbuild;
  ModuleEnds Ends;
  std::vector<UnloadEvent> Waits;
};

AuditFinding BarrierAudit::finding(const BarrierCall &B, const char *Kind) const {
  AuditFinding F;
  F.kind = Kind;
  F.where = B.where;
  F.function = B.function;
  F.subject = B.name;
  F.severity = Severity::Note;
  F.evidence.push_back({B.where.file, B.where.line, F.function, B.name + "() stands here"});
  return F;
}

/// The cache that the call destroys, itself or in the function of the module that it calls; empty: none.
std::string BarrierAudit::destroyedBy(const TextFunction &F, const FlowCall &C) const {
  if (C.pointer)
    return {};
  if (const CacheRule *Rule = State.rules().cacheDestroy(C.name))
    return Rule->cache < C.arguments.size() ? plainExpression(C.arguments[Rule->cache]) : std::string();
  const TextFunction *Own = M.text->own(C.name, F.file);
  if (!Own)
    return {};
  for (const FlowNode &N : M.text->tree().flow(*Own).nodes) {
    const CacheRule *Rule = N.kind == FlowNode::Call && !N.call.pointer ? State.rules().cacheDestroy(N.call.name) : nullptr;
    if (!Rule || Rule->cache >= N.call.arguments.size())
      continue;
    return plainExpression(UnloadTimeline::substituted(N.call.arguments[Rule->cache], UnloadTimeline::passed(M.text->tree().flow(*Own), C)));
  }
  return {};
}

/// The cache that is destroyed behind the barrier in the same function, or behind the call of the function that it stands in. \p WorkEnds: something
/// ends there that may have queued until then.
std::string BarrierAudit::destroyedBehind(const BarrierCall &B, bool &WorkEnds) const {
  std::string Cache, ByHelper; // what is destroyed in sight comes first
  auto Look = [&](const TextFunction &F, auto IsBehind) {
    for (const FlowNode &N : M.text->tree().flow(F).nodes) {
      if (N.kind != FlowNode::Call || !IsBehind(N))
        continue;
      WorkEnds = WorkEnds || llvm::is_contained(State.rules().work_ends, N.call.name);
      if (std::string &To = State.rules().cacheDestroy(N.call.name) ? Cache : ByHelper; To.empty())
        To = destroyedBy(F, N.call);
    }
    if (Cache.empty())
      Cache = std::exchange(ByHelper, {});
  };
  const TextFunction *F = M.text->own(B.function, B.where.file);
  if (!F)
    return Cache;
  Look(*F, [&](const FlowNode &N) { return N.line > B.where.line; });
  for (const auto &[Name, Caller] : M.text->functions()) {
    if (!Cache.empty() || &Caller == F || !std::binary_search(Caller.text->identifiers.begin(), Caller.text->identifiers.end(), F->name) || M.text->own(F->name, Caller.file) != F)
      continue;
    unsigned Called = 0; // the line
    Look(Caller, [&](const FlowNode &N) {
      Called = !Called && N.call.name == F->name ? N.line : Called;
      return Called && N.line > Called;
    });
  }
  return Cache;
}

/// A callback that queues another one: one barrier does not wait for the second.
bool BarrierAudit::queuesAgain() const {
  for (const ModuleQuestion &Q : M.questions) {
    std::set<std::string> Coming = M.text->comingTo(Q.question.queueing);
    if (llvm::any_of(Q.question.callbacks, [&](const std::string &C) { return Coming.count(plainName(C)) != 0; }))
      return true;
  }
  return false;
}

/// Does it wait for somebody else's callbacks, too?
bool BarrierAudit::shared(const BarrierCall &B) const {
  const TextFunction *F = M.text->own(B.function, B.where.file);
  if (!F || F->text->is_static)
    return false;
  return llvm::any_of(State.database().mentioning(B.function), [&](uint32_t Id) {
    const std::string &File = State.index().files()[Id].path;
    return StringRef(File).ends_with(".c") && !M.text->owns(File);
  });
}

void BarrierAudit::judge(const BarrierCall &B, std::vector<AuditFinding> &To) {
  auto Here = llvm::find_if(Waits, [&](const UnloadEvent &E) { return E.where.file == B.where.file && E.where.line == B.where.line; });
  if (Here == Waits.end())
    return; // no end of the module comes to it: it is for something else
  const UnloadEvent *Earlier = nullptr;
  for (auto It = Waits.begin(); It != Here; ++It)
    if (It->always)
      Earlier = &*It;
  bool WorkEnds = false;
  std::string Cache = destroyedBehind(B, WorkEnds);
  UnloadNeed Need = needOf(M, Ends, B.where, State.rules(), U, State.semantics());
  if (Need.answer == UnloadNeed::Needed && (Earlier || !Cache.empty()))
    To.push_back(needed(B, Need, Cache, Earlier));
  bool ForDeferred = State.semantics().is("rcu_barrier_waits_kfree_rcu") && !State.semantics().is("destroy_waits_kfree_rcu");
  if (Need.answer == UnloadNeed::NotNeeded && Here->always && !WorkEnds && !ForDeferred && !queuesAgain() && !shared(B) && !hasUnseenFiles(B))
    superfluous(B, Need, Earlier, To);
}

AuditFinding BarrierAudit::needed(const BarrierCall &B, const UnloadNeed &Need, const std::string &Cache, const UnloadEvent *Earlier) {
  AuditFinding F = finding(B, "needed_barrier");
  const ModuleQuestion *For = Need.question;
  for (const ModuleQuestion &Q : M.questions) // what the barrier was most likely written for
    if (!Cache.empty() && !Q.sites.empty() && Q.question.until == UnloadQuestion::Destruction && lastName(Q.question.taken) == lastName(Cache))
      For = &Q;
  const UnloadSite &Site = For->sites.front();
  std::set<std::string> Others = M.text->naming({B.name});
  Others.erase(B.function);
  Evidence At;
  const bool Elsewhere = !Need.doubtful && !Earlier && !waitElsewhere(State.rules(), *M.text, Others, At).empty();
  F.confidence = Need.doubtful || Elsewhere ? Confidence::Low : Confidence::High;
  F.confidence_why = "the end of " + M.scope.name + " in " + Need.end + "() is right with it and not without it" +
                     (Need.doubtful ? ", unless what may wait does, or nothing is left that could queue behind the other wait"
                      : Elsewhere   ? ", unless what " + At.function + "() waits for is enough"
                                    : "");
  F.reason = B.function + "(): " + B.name + "() " + (Earlier ? "stands behind another barrier" : "stands before kmem_cache_destroy(" + Cache + ")") + " and is needed: " +
             placeText(Site.where.file, Site.where.line) + ", " + Site.text + (For->sites.size() > 1 ? " and " + std::to_string(For->sites.size() - 1) + " more" : "");
  if (Earlier && !Need.without.late.empty()) {
    F.reason += "; the earlier barrier does not do, because " + Need.without.late;
  } else if (Earlier) {
    const UnloadEvent *Between = nullptr;
    for (const UnloadEvent &E : Need.without.timeline)
      if (E.kind == UnloadEvent::Queue || E.kind == UnloadEvent::Stop)
        Between = &E;
    if (Between)
      F.reason += "; the earlier barrier does not do, because " + Between->text;
  }
  for (const UnloadSite &S : For->sites)
    F.evidence.push_back({S.where.file, S.where.line, S.function, S.text});
  addTimeline(F, Need.without);
  return F;
}

void BarrierAudit::superfluous(const BarrierCall &B, const UnloadNeed &Need, const UnloadEvent *Earlier, std::vector<AuditFinding> &To) {
  AuditFinding F = finding(B, "superfluous_barrier");
  F.severity = Severity::Warning;
  F.confidence = Confidence::Low;
  std::string Place = B.function + "(): " + B.name + "() ";
  if (M.questions.empty()) {
    F.confidence_why = std::to_string(M.text->files().size()) + " files of " + M.scope.name + " were searched for everything that queues; what another module queues for it is not known";
    F.reason = Place + "has nothing to wait for: no callback of " + M.scope.name + " can be queued";
  } else {
    const UnloadEvent *Other = Earlier;
    for (const UnloadEvent &E : Need.without.timeline)
      if (!Other && E.kind == UnloadEvent::Wait)
        Other = &E;
    if (!Other)
      return;
    F.confidence_why = "every end of " + M.scope.name + " is right without it; that nothing else queues is read off the text";
    F.reason = Place + (Earlier ? "has nothing left to wait for: " : "waits for what is waited for once more: ") + Other->text + ", in " + Other->function + "() (" +
               placeText(Other->where.file, Other->where.line) + ")" + (Earlier ? ", and nothing is queued in between" : "");
    addTimeline(F, Need.without);
  }
  To.push_back(std::move(F));
}

FindingEvent::Kind kindOf(UnloadEvent::Kind K) {
  switch (K) {
  case UnloadEvent::Queue: return FindingEvent::Queue;
  case UnloadEvent::Stop: return FindingEvent::Stop;
  case UnloadEvent::Wait: return FindingEvent::Wait;
  case UnloadEvent::End: return FindingEvent::End;
  case UnloadEvent::Unknown: break;
  }
  return FindingEvent::Unknown;
}

} // namespace

void addTimeline(AuditFinding &F, const UnloadAnswer &A) {
  unsigned Step = 0;
  for (const UnloadEvent &E : A.timeline) {
    F.evidence.push_back({E.where.file, E.where.line, E.function, "timeline " + std::to_string(++Step) + (E.always ? ": " : ", on some path: ") + E.text});
    bool Breaks = llvm::any_of(A.broken, [&](const UnloadEvent &B) { return B.kind == E.kind && B.where == E.where; });
    F.timeline.push_back({kindOf(E.kind), E.where, E.function, E.text, E.always, Breaks});
  }
}

/// Of one module. Each barrier is asked about with all others of the module in sight, so a module of nothing but barriers would cost the square of them.
static constexpr size_t MaxBarriers = 100;

std::vector<std::string> auditBarriers(TreeState &State, const UnloadRules &U, const ModuleHooks &Hooks, const std::vector<BarrierCall> &Calls,
                                       const std::vector<UnloadModule> &Modules, std::vector<AuditFinding> &To) {
  std::map<std::string, size_t> Owner;
  for (size_t N = 0; N < Modules.size(); ++N)
    for (const std::string &File : Modules[N].scope.files)
      Owner.emplace(File, N);
  std::map<size_t, std::vector<size_t>> OfModule; // module -> its barriers
  for (size_t N = 0; N < Calls.size(); ++N)
    if (auto It = Owner.find(Calls[N].where.file); It != Owner.end())
      OfModule[It->second].push_back(N);
  std::vector<std::string> NotJudged;
  for (auto &[Module, Mine] : OfModule)
    if (Mine.size() > MaxBarriers) {
      const BarrierCall &First = Calls[Mine[MaxBarriers]];
      NotJudged.push_back(First.where.file + ": " + Modules[Module].scope.name + " has " + std::to_string(Mine.size()) + " barriers; only the first " + std::to_string(MaxBarriers) +
                          " were judged, up to line " + std::to_string(First.where.line));
      Mine.resize(MaxBarriers);
    }
  std::vector<std::pair<size_t, std::vector<size_t>>> Work(OfModule.begin(), OfModule.end());
  std::vector<std::vector<AuditFinding>> Found(Calls.size());
  std::mutex Kbuild;
  parallelFor(State.scan().options().jobs, Work.size(), [&](size_t N, unsigned) {
    BarrierAudit Audit(State, U, Modules[Work[N].first], Hooks, Kbuild);
    for (size_t Call : Work[N].second)
      Audit.judge(Calls[Call], Found[Call]);
  });
  for (std::vector<AuditFinding> &Each : Found)
    std::move(Each.begin(), Each.end(), std::back_inserter(To));
  return NotJudged;
}

} // namespace krcu
