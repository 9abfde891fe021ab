// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The same question in other kernels: what waits for what is set as each era of rules/semantics/eras.yaml has it, and the answer is asked for again.
#include "tool/driver/records.h"
#include "tool/review/judge/judge.h"
#include "llvm/Support/Error.h"

namespace krcu {
namespace {

/// Mainline has no SLOB from 6.4 on, and the eras from that of 6.12 on are later than that.
constexpr const char *FirstEraWithoutSlob = "6.12";

bool isSafeIn(TreeState &State, const ObjectQuestion &Q, const EraRule &Era, bool Slob) {
  Semantics S = State.semantics();
  for (const std::string &Name : {Era.name, std::string(Slob ? "slob" : "no-slob")})
    if (llvm::Error E = assume(S, Name)) {
      llvm::consumeError(std::move(E));
      return false;
    }
  VerdictOptions Options = State.scan().options().verdict;
  Options.whole_life = false;
  std::vector<ObjectQuestion> Again(1);
  Again[0].caches = Q.caches;
  Again[0].queueing = Q.queueing;
  Again[0].report.site = Q.report.site;
  Again[0].report.census = Q.report.census;
  Judge J(State.database(), S, [&](const std::string &File) { return State.scan().moduleFact(File); }, Options);
  return State.settle([&] { return J.judgeObjects(Again); }) && Again[0].report.verdict == Verdict::Safe;
}

std::string named(const EraRule &E) { return E.see + ", where " + E.title; }

} // namespace

std::string safeFrom(TreeState &State, const ObjectQuestion &Q) {
  const std::vector<EraRule> &Eras = State.semantics().table.eras;
  const std::string &Here = State.semantics().era;
  bool Slob = State.semantics().is("slob"), Behind = !State.semantics().table.era(Here);
  std::string From, But;
  for (const EraRule &Era : Eras) {
    bool Own = Era.name == Here;
    if (Own && Slob && isSafeIn(State, Q, Era, false))
      From = "safe from 6.4 on, which has no SLOB any more";
    if (Era.name == FirstEraWithoutSlob)
      Slob = false;
    if (!Era.merged || !(Behind || Own)) // an earlier kernel helps nobody
      continue;
    if (Own) { // it has been judged
      Behind = true;
      continue;
    }
    bool Safe = isSafeIn(State, Q, Era, Slob);
    if (Safe && From.empty())
      From = "safe from " + named(Era);
    else if (!Safe && !From.empty())
      But += (But.empty() ? "; but not on " : "; and not on ") + named(Era);
  }
  return From.empty() ? std::string("safe in no later kernel that is known") : From + But;
}

} // namespace krcu
