// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An if that chooses between two callbacks chooses nothing once both are the same kfree_rcu(). It goes if looking at its condition has
// no effect. All calls of all its branches must have become the same text; a part of them is asked on its own.
#include "tool/lifetime/verdict.h"
#include <map>

namespace krcu {
namespace {

struct Branching {
  BranchFact fact;
  std::vector<SiteReport *> sites;
};

bool settled(const SiteReport &R) { return R.cls != SiteClass::Convert || R.merged; }

bool allTheSame(const Branching &B) {
  if (B.sites.size() != B.fact.calls)
    return false;
  for (const SiteReport *R : B.sites)
    if (settled(*R) || R->replacement != B.sites.front()->replacement)
      return false;
  return true;
}

} // namespace

void settleBranches(std::vector<SiteReport> &Reports, TextOracle Replaceable) {
  // By file and line, those with more calls first: an if comes before the ones in its branches.
  std::map<std::tuple<std::string, unsigned, unsigned, uint32_t>, Branching> All;
  for (SiteReport &R : Reports)
    if (R.cls == SiteClass::Convert)
      for (const BranchFact &F : R.site->branches) {
        Branching &B = All[{R.site->where.file, ~F.calls, F.line, F.begin}];
        B.fact = F;
        B.sites.push_back(&R);
      }
  for (auto &[Key, B] : All) {
    if (!allTheSame(B))
      continue;
    for (SiteReport *R : B.sites) {
      if (B.fact.pure && B.fact.end > B.fact.begin && Replaceable(R->site->where.file, B.fact.begin, B.fact.end)) {
        R->merged = B.fact;
        R->evidence.push_back({R->site->where.file, B.fact.line, plainName(R->site->function),
                               "all branches of this if become the same call, and its condition has no effect: the if goes"});
        continue;
      }
      R->cls = SiteClass::Review;
      R->verdict = Verdict::Review;
      R->reason = Reason::SameInBothBranches;
      R->detail = std::to_string(B.fact.line);
    }
  }
}

} // namespace krcu
