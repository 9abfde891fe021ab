// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The questions that a review asks about one patch. Each gives findings; what is not asked for gives none.
#pragma once

#include "tool/driver/changes.h"
#include "tool/driver/state.h"
#include "tool/review/apply.h"
#include "tool/review/verdict.h"

namespace krcu {

/// A file that the patch changes, with its facts on both sides.
struct ReviewedFile {
  const review::AppliedFile *applied = nullptr;
  std::string before_path, after_path; ///< empty: there is none on that side
  FileFacts old_facts, new_facts;      ///< copies: a later parse replaces what the states hold
  FactChanges changes;                 ///< points into them
  std::string unparsed;                ///< why the facts are not to be relied on
};

class PatchJudge {
public:
  PatchJudge(TreeState &Before, TreeState &After, std::vector<ReviewedFile> &Files) : Before(Before), After(After), Files(Files) {}

  std::vector<review::Finding> run();

private:
  struct Conversion {
    const CallSiteFact *site;
    const DeferredFreeFact *free;
  };
  void pairUp(ReviewedFile &F);
  bool reportQueued(const CallSiteFact &S, CallbackReport &To);
  void judgeConversion(ReviewedFile &F, const Conversion &C);
  bool sameObject(ReviewedFile &F, const Conversion &C, const CallbackReport &Callback);
  void judgeNewFree(ReviewedFile &F, const DeferredFreeFact &D);
  void judgeLostSite(ReviewedFile &F, const CallSiteFact &S);
  void judgeLifetime(const DeferredFreeFact &D, const std::vector<std::string> &Caches, const std::string &Family, EvidenceList Evidence);
  void answerLifetimes();
  void learnCallbacks();
  void judgeCallbacks();
  void judgeBarriers(ReviewedFile &F);
  void judgeDestructions(ReviewedFile &F);
  std::set<std::string> functionsThatFree(const std::vector<std::string> &Caches);
  void add(review::PatchVerdict V, const Location &Where, std::string Reason, EvidenceList Evidence = {}, bool OldLine = false);

  TreeState &Before, &After;
  std::vector<ReviewedFile> &Files;
  std::vector<review::Finding> Findings;
  std::set<std::string> GoneCallbacks;                              ///< symbols, of sites that went
  struct Lifetime {
    const DeferredFreeFact *free;
    std::vector<std::string> caches;
    EvidenceList shown;
  };
  std::vector<Lifetime> Lifetimes;                                  ///< questions that are answered together
  std::map<std::string, std::vector<std::string>> CachesOfRecord;   ///< of conversions: what their callbacks freed to
};

/// "until when": the change of mainline from which on an unsafe conversion is safe.
std::string safeFrom(Reason R);
/// Why a lifetime is unsafe, naming the destruction, how it is reached and what waits there.
std::string unsafeReason(const SiteReport &R);

} // namespace krcu
