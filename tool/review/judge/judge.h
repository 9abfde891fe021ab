// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The questions that a review asks about one patch. Each gives findings; what is not asked for gives none.
#pragma once

#include "tool/driver/changes.h"
#include "tool/driver/records.h"
#include "tool/review/judge/paths.h"
#include "tool/driver/state.h"
#include "tool/review/apply.h"
#include "tool/review/verdict.h"
#include "tool/rules/review_rules.h"
#include "tool/rules/unload.h"

namespace krcu {

/// A file that the patch changes, with its facts on both sides.
struct ReviewedFile {
  const review::AppliedFile *applied = nullptr;
  std::string before_path, after_path; ///< empty: there is none on that side
  FileFacts old_facts, new_facts;      ///< copies: a later parse replaces what the states hold
  FactChanges changes;                 ///< points into them
  std::vector<review::NotJudged> not_judged; ///< changed lines that nothing below has looked at
  std::string unparsed;                ///< why the facts are not to be relied on
};

struct WaitingText; // waits.cpp

/// Rows that only some questions need; read once for all patches.
struct JudgeRules {
  ReviewRules review;
  UnloadRules unload;
};

class PatchJudge {
public:
  PatchJudge(TreeState &Before, TreeState &After, std::vector<ReviewedFile> &Files, const JudgeRules &Rows) : Before(Before), After(After), Files(Files), Rows(Rows) {}

  std::vector<review::Finding> run();

private:
  struct Conversion {
    const CallSiteFact *site;
    const DeferredFreeFact *free;
    bool by_value = false; ///< the values of both are known to be the same
  };
  void comparePathsOf(ReviewedFile &F);
  bool onlyCallsReplaced(const ReviewedFile &F, const std::string &Function) const;
  void pairUp(ReviewedFile &F);
  const CallbackReport &reportOf(TreeState &State, std::map<std::string, CallbackReport> &Known, const std::string &Symbol);
  std::optional<int64_t> freedBy(TreeState &State, std::map<std::string, CallbackReport> &Known, const TraceEvent &E);
  bool reportQueued(const CallSiteFact &S, CallbackReport &To);
  void judgeConversion(ReviewedFile &F, const Conversion &C);
  bool sameObject(ReviewedFile &F, const Conversion &C, const CallbackReport &Callback);
  void judgeNewFree(ReviewedFile &F, const DeferredFreeFact &D);
  bool isAdded(const ReviewedFile &F, const DeferredFreeFact &D) const;
  void judgeLostSite(ReviewedFile &F, const CallSiteFact &S);
  void judgeLifetime(const DeferredFreeFact &D, const std::vector<std::string> &Caches, const std::string &Family, EvidenceList Evidence);
  void answerLifetimes();
  void learnCallbacks();
  void judgeCallbacks();
  void judgeNewCallbacks(const ReviewedFile &F);
  bool judgeOtherCallback(const CallSiteFact &Was, const CallSiteFact &Is);
  RecordOrigin originBesides(const std::string &Record);
  std::map<std::string, ModuleScope> touchedModules();
  bool leavesModule(const std::string &File, const std::set<std::string> &Functions);
  void judgeEnds();
  void explainLines(ReviewedFile &F);
  bool staysDestroyed(const ReviewedFile &F, const TraceEvent &E);
  void judgeWaits(const ReviewedFile &F);
  void judgeAround(const ReviewedFile &F);
  void judgeFlags(const ReviewedFile &F);
  void judgeHeadPlaces(const ReviewedFile &F);
  void judgeMembers(const ReviewedFile &F);
  void judgeMoved(const ReviewedFile &F);
  void judgeWait(const ReviewedFile &F, const std::string &Function, const std::string &Readers, const WaitingText &Was, const WaitingText &Is);
  void judgeMovedBarriers(ReviewedFile &F);
  std::string queuesBehind(const std::string &Text, const std::vector<std::string> &Old, const std::vector<std::string> &New, const std::string &Barrier) const;
  void judgeBarriers(ReviewedFile &F);
  void judgeDestructions(ReviewedFile &F);
  std::set<std::string> functionsThatFree(const std::vector<std::string> &Caches);
  bool canBeHead(const DeferredFreeFact &D, const EvidenceList &Shown);
  bool isInReach(const CallSiteFact &S, int64_t Wanted, const DeferredFreeFact &D, const EvidenceList &Shown);
  bool judgeHead(const Conversion &C, int64_t Wanted, const EvidenceList &Shown);
  void addMend(const Conversion &C, int64_t Wanted);
  void add(review::PatchVerdict V, const Location &Where, std::string Reason, EvidenceList Evidence = {}, bool OldLine = false);

  TreeState &Before, &After;
  std::vector<ReviewedFile> &Files;
  const JudgeRules &Rows;
  std::vector<review::Finding> Findings;
  struct EndState {
    bool asked = false, holds = true, said = false;
    EvidenceList queued; ///< what may queue a plain callback, with the patch
  };
  std::map<std::string, EndState> EndsOf;                           ///< by name of the module
  std::map<std::string, CallbackReport> OldCallbacks, NewCallbacks;
  struct Paths {
    bool compared = false, wrong = false;
    std::vector<std::pair<Location, Location>> same;
  };
  std::map<std::string, Paths> PathsOf;                             ///< by symbol of the function: what comparing its paths came to
  std::set<std::string> GoneCallbacks;                              ///< symbols, of sites that went
  struct Lifetime {
    const DeferredFreeFact *free;
    std::vector<std::string> caches;
    EvidenceList shown;
  };
  std::vector<Lifetime> Lifetimes;                                  ///< questions that are answered together
  std::map<std::string, std::vector<std::string>> CachesOfRecord;   ///< of conversions: what their callbacks freed to
};

/// The naming of the object whose head sits `Offset` bytes behind its start; null: there is none.
const HeadLevel *levelAt(const CallSiteFact &S, int64_t Offset);
/// From which change of mainline on an unsafe answer would be a safe one: the question is judged again under each later era of the table. "safe from
/// X on, where ...; not on Y, where ...".
std::string safeFrom(TreeState &State, const ObjectQuestion &Q);
/// Why a lifetime is unsafe, naming the destruction, how it is reached and what waits there.
std::string unsafeReason(const SiteReport &R);

} // namespace krcu
