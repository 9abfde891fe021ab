// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/audit/audit.h"
#include "tool/audit/free_glance.h"
#include "tool/audit/parts.h"
#include "tool/lifetime/naming.h"
#include "tool/review/judge/judge.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

/// Every file that spells a deferred free.
std::set<std::string> filesWithDeferredFrees(TreeState &State, Demand &D) {
  D.words.insert(State.rules().replacements.begin(), State.rules().replacements.end());
  D.words.insert(State.rules().deferred_frees_no_head.begin(), State.rules().deferred_frees_no_head.end());
  std::set<std::string> Result;
  for (const std::string &W : D.words)
    for (uint32_t F : State.database().mentioning(W))
      if (const std::string &File = State.index().files()[F].path; State.scan().wantsPath(File))
        Result.insert(File);
  return Result;
}

/// Of these files those that a glance does not settle; of a header somebody who calls what is open there.
std::set<std::string> filesToParse(TreeState &State, const FreeGlance &Glance, const std::set<std::string> &Files) {
  std::set<std::string> Result;
  for (const std::string &File : Files)
    if (!StringRef(File).ends_with(".h") && !Glance.settles(File))
      Result.insert(File);
  if (!Glance.usable())
    return Result;
  for (const std::string &File : Files)
    for (const std::string &Name : StringRef(File).ends_with(".h") ? Glance.openFunctions(File) : std::vector<std::string>())
      for (uint32_t Id : State.database().mentioning(Name))
        if (const std::string &User = State.index().files()[Id].path; StringRef(User).ends_with(".c") && !StringRef(User).starts_with("tools/")) {
          Result.insert(User);
          break;
        }
  return Result;
}

bool freedOtherwise(TreeState &State, const std::string &Record) {
  for (const auto &[File, Facts] : State.database().files())
    for (const ObjectFact &O : Facts.objects)
      if (O.kind == ObjectFact::Freed && O.record == Record && O.caches.empty())
        return true;
  return false;
}

void auditShape(const DeferredFreeFact &D, std::vector<AuditFinding> &To) {
  AuditFinding F;
  F.severity = Severity::Error;
  F.confidence = Confidence::High;
  F.where = D.where;
  F.function = plainName(D.function);
  F.subject = D.object;
  std::string Call = D.name + "(" + D.object + (D.member.empty() ? "" : ", " + D.member) + ")";
  if (!D.not_a_start.empty()) {
    F.kind = "not_an_allocation";
    F.reason = Call + (D.never_a_start ? " frees" : " may free") + " what is not the start of an allocation: " + D.not_a_start;
    F.confidence = D.never_a_start ? Confidence::High : Confidence::Medium;
    F.confidence_why = D.never_a_start ? "the pointer was followed to where it comes from" : "which element, or which way to it, is not known";
    F.evidence = {{D.where.file, D.where.line, F.function, F.reason}};
    To.push_back(F);
    F.confidence = Confidence::High;
  }
  if (D.offset >= HeadReach || (D.offset >= 0 && !D.is_rcu_head)) {
    F.kind = "not_a_head";
    F.reason = D.offset >= HeadReach ? Call + ": the head is at offset " + std::to_string(D.offset) + ", and kfree_rcu() takes at most " + std::to_string(HeadReach - 1)
                                : Call + ": " + D.member + " of " + D.record_text + " is no struct rcu_head";
    F.confidence_why = "read off the record's layout";
    F.evidence = {{D.where.file, D.where.line, F.function, F.reason}};
    To.push_back(F);
  }
}

} // namespace

void auditDeferredFrees(TreeState &State, ConfiguredTree *Mine, std::vector<AuditFinding> &To) {
  Demand D;
  std::set<std::string> Files = filesWithDeferredFrees(State, D);
  const FreeGlance Glance(State);
  std::set<std::string> Own = filesToParse(State, Glance, Files);
  State.scan().frontend().preparePch({Own.begin(), Own.end()}, D.names);
  State.settle([&] {
    bool Ready = true;
    for (const std::string &File : Own)
      Ready = State.database().require(File, D) && Ready;
    return Ready;
  });
  std::vector<DeferredFreeFact> Frees;
  std::set<Location> Seen; // an inline function of a header is seen by each file that includes it
  std::set<std::string> Records;
  for (const auto &[File, Facts] : State.database().files())
    for (const DeferredFreeFact &Each : Facts.deferred_frees)
      if (State.scan().wantsPath(Each.where.file) && Seen.insert(Each.where).second) {
        Frees.push_back(Each);
        if (!Each.record.empty())
          Records.insert(Each.record);
      }
  for (const DeferredFreeFact &Each : Frees)
    auditShape(Each, To);
  // Where no destruction is too early for kfree_rcu(), and each allocator takes its objects, it does not matter which cache they are from.
  if (Glance.usable() && !Mine)
    return;
  std::map<std::string, RecordOrigin> Origins = originsOf(State, Records);
  std::vector<ObjectQuestion> Questions;
  std::vector<const DeferredFreeFact *> Asked;
  for (const DeferredFreeFact &Each : Frees) {
    auto It = Origins.find(Each.record);
    if (It == Origins.end() || It->second.caches.empty())
      continue;
    std::set<std::string> Queueing;
    for (const DeferredFreeFact &Other : Frees)
      if (Other.record == Each.record)
        Queueing.insert(plainName(Other.function));
    Questions.push_back(questionAt(Each.where, plainName(Each.function), It->second.caches, Queueing));
    Asked.push_back(&Each);
  }
  std::vector<ObjectQuestion> InConfig = Mine ? Questions : std::vector<ObjectQuestion>();
  if (Mine) // first: what this parses leaves no old pointer in the other answers
    judgeCachesIn(State, InConfig, Mine->semantics(), [&](const std::string &File) { return Mine->moduleFact(File); });
  judgeCachesIn(State, Questions);
  for (size_t N = 0; N < Questions.size(); ++N) {
    const SiteReport &R = Questions[N].report;
    const DeferredFreeFact &Each = *Asked[N];
    const RecordOrigin &Origin = Origins[Each.record];
    if (R.verdict != Verdict::Unsafe && R.verdict != Verdict::Review)
      continue;
    AuditFinding F;
    F.kind = "unsafe_kfree_rcu";
    F.where = Each.where;
    F.function = plainName(Each.function);
    F.subject = Each.record_text + " " + placeName(Origin.caches.front());
    bool Mixed = freedOtherwise(State, Each.record);
    bool Sure = R.verdict == Verdict::Unsafe;
    F.severity = !Sure ? Severity::Note : R.reason == Reason::Slob ? Severity::Warning : Severity::Error;
    F.confidence = !Sure ? Confidence::Low : Mixed ? Confidence::Medium : Confidence::High;
    F.confidence_why = !Sure    ? "the search for the cache's destruction is not complete"
                       : Mixed ? "objects of " + Each.record_text + " are also freed with kfree(), so this one may come from kmalloc()"
                               : "every allocation of " + Each.record_text + " that was found is from " + placeName(Origin.caches.front());
    std::string Call = Each.name + "(" + Each.object + (Each.member.empty() ? "" : ", " + Each.member) + ")";
    F.reason = Call + ": " + (R.reason == Reason::Slob ? "the object is from " + placeName(Origin.caches.front()) + ", and " + reasonText(R) : unsafeReason(R));
    F.evidence = {{Each.where.file, Each.where.line, F.function, Call + " frees an object of " + Each.record_text}};
    F.evidence.insert(F.evidence.end(), Origin.evidence.begin(), Origin.evidence.end());
    if (!R.evidence.empty())
      F.evidence.insert(F.evidence.end(), R.evidence.begin() + 1, R.evidence.end());
    F.only_if = exitCondition(State.scan(), R);
    if (Mine) {
      F.in_config = AuditFinding::InConfig{InConfig[N].report.verdict == R.verdict, "", {}};
      if (!F.in_config->holds && (F.in_config->why = whyItStays(*Mine, R, F.in_config->evidence)).empty())
        F.in_config->why = Mine->differs(F.in_config->evidence);
    }
    To.push_back(std::move(F));
  }
}

AuditReport auditTree(Scan &S, const AuditOptions &Options) {
  AuditReport Report;
  Report.tree_version = S.tree().version();
  Report.semantics = &S.semantics();
  TreeState State(S);
  std::unique_ptr<ConfiguredTree> Mine;
  if (Options.config) {
    auto Opened = ConfiguredTree::open(S, *Options.config);
    if (!Opened) {
      llvm::consumeError(Opened.takeError()); // cannot be: Scan::prepare() has read the same files
    } else {
      Mine = std::move(*Opened);
      Report.config = Options.config->name();
      Report.notes = Mine->notes();
    }
  }
  std::vector<AuditFinding> All;
  auto Wants = [&](std::initializer_list<const char *> Kinds) {
    return Options.kinds.empty() || std::any_of(Kinds.begin(), Kinds.end(), [&](const char *K) { return std::find(Options.kinds.begin(), Options.kinds.end(), K) != Options.kinds.end(); });
  };
  auto Tell = [&](const char *What) {
    if (Options.progress)
      Options.progress(What);
  };
  if (Wants({"unsafe_kfree_rcu", "not_an_allocation", "not_a_head"})) {
    Timing::Phase P(S.timing(), "deferred frees");
    Tell("deferred frees");
    auditDeferredFrees(State, Mine.get(), All);
  }
  auto U = loadUnloadRules(S.options().builtin_rules, S.options().rules);
  if (!U)
    llvm::consumeError(U.takeError()); // cannot be: Scan::prepare() has read the same files
  bool Ends = Wants({"missing_rcu_barrier", "late_rcu_barrier", "early_rcu_barrier", "missing_srcu_barrier"}), Barriers = Wants({"superfluous_barrier", "needed_barrier"});
  std::vector<std::string> NotJudged;
  if (U && (Ends || Barriers)) {
    std::vector<UnloadModule> Modules;
    std::vector<BarrierCall> Calls;
    ModuleHooks Hooks(State.database());
    {
      Timing::Phase P(S.timing(), "modules");
      Tell("what modules queue");
      if (Barriers)
        Calls = barrierCalls(State);
      Modules = unloadModules(State, *U, Calls);
    }
    {
      Timing::Phase P(S.timing(), "module exits");
      if (Ends)
        auditModuleExits(State, *U, Hooks, Modules, All, Options.progress);
    }
    if (Barriers) {
      Timing::Phase P(S.timing(), "barriers");
      Tell("barriers");
      NotJudged = auditBarriers(State, *U, Hooks, Calls, Modules, All);
    }
  }
  if (Wants({"costly_destroy", "costly_barrier"})) {
    Timing::Phase P(S.timing(), "costs");
    Tell("destructions");
    auditCosts(State, All);
  }
  sayWhereTheyHold(S, Mine.get(), All);
  std::sort(All.begin(), All.end(), [](const AuditFinding &A, const AuditFinding &B) { return std::tie(A.where, A.kind, A.subject) < std::tie(B.where, B.kind, B.subject); });
  for (AuditFinding &F : All) {
    if (!Wants({F.kind.c_str()}) || F.severity < Options.least)
      continue;
    if (F.confidence == Confidence::Low && !Options.all)
      ++Report.hidden;
    else
      Report.findings.push_back(std::move(F));
  }
  for (const IndexedFile &File : State.index().files())
    if (std::string P = State.database().problem(File.path); !P.empty())
      Report.not_looked_at.push_back(File.path + ": " + P);
  std::sort(Report.not_looked_at.begin(), Report.not_looked_at.end());
  const std::map<std::string, FileFacts> &Seen = State.database().files();
  Report.nothing_parsed = !Report.not_looked_at.empty() && std::none_of(Seen.begin(), Seen.end(), [&](const auto &Each) { return State.database().problem(Each.first).empty(); });
  std::move(NotJudged.begin(), NotJudged.end(), std::back_inserter(Report.not_looked_at)); // those parsed
  return Report;
}

} // namespace krcu
