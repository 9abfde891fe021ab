// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/pages/pages.h"
#include "tool/report/steps.h"
#include "llvm/ADT/STLExtras.h"

namespace krcu::pages {
namespace {

const char *toneOf(Severity S) { return S == Severity::Error ? "bad" : S == Severity::Warning ? "warn" : "dim"; }

Event::Kind kindOf(FindingEvent::Kind K) {
  switch (K) {
  case FindingEvent::Exit: return Event::Exit;
  case FindingEvent::Queue: return Event::Queue;
  case FindingEvent::Stop: return Event::Stop;
  case FindingEvent::Wait: return Event::Wait;
  case FindingEvent::End: return Event::End;
  case FindingEvent::Unknown: break;
  }
  return Event::Unknown;
}

/// The counterexample of a finding: what the kernel does when the wait is not there.
const Timeline *exampleFor(const AuditFinding &F, const std::string &Era, const std::vector<Timeline> &All) {
  const std::string Text = "a callback is called in text that is gone", Cache = "the cache is destroyed with an object in it";
  if (F.kind == "missing_rcu_barrier" || F.kind == "early_rcu_barrier")
    return counterexample(All, Era, {"exit call_rcu, no barrier"}, Text);
  if (F.kind == "late_rcu_barrier")
    return counterexample(All, Era, {"exit call_rcu, no barrier"}, Cache);
  if (F.kind == "unsafe_kfree_rcu")
    return counterexample(All, Era, {"exit kfree_rcu, rcu_barrier", "exit kfree_rcu, no barrier", "destroy_waits_kfree_rcu"});
  return nullptr;
}

Item itemOf(const AuditFinding &F, const AuditReport &R, const std::vector<Timeline> &Timelines) {
  Item I;
  I.cls = severityName(F.severity);
  I.tone = toneOf(F.severity);
  I.where = F.where;
  I.title = F.function.empty() ? F.subject : F.function + "()";
  I.reason = F.reason;
  I.filters = {{"class", F.kind}, {"severity", I.cls}, {"confidence", confidenceName(F.confidence)}};
  I.facts = {{"severity", I.cls}, {"confidence", confidenceName(F.confidence)}};
  if (!F.confidence_why.empty())
    I.facts.push_back({"rests on", F.confidence_why});
  if (std::string Holds = holdsText(F); !Holds.empty())
    I.facts.push_back({"holds", Holds});
  I.facts.push_back({"about", F.subject});
  I.facts.push_back({"fingerprint", fingerprintOf(F)});
  if (!F.timeline.empty()) {
    Drawing D{"How the module ends", {}};
    for (const FindingEvent &E : F.timeline)
      D.events.push_back({kindOf(E.kind), E.where, E.function, E.text, E.always, true, E.decides});
    I.drawings.push_back(std::move(D));
  }
  Chain C{"What shows it", {}};
  for (const Evidence &E : F.evidence)
    C.steps.push_back({stepKind(F, R.semantics, E), {E.file, E.line, 0}, E.function, E.text});
  I.chains.push_back(std::move(C));
  if (R.semantics)
    if (const Timeline *T = exampleFor(F, R.semantics->era, Timelines))
      I.counterexamples.push_back(T);
  return I;
}

} // namespace

Page auditPage(const AuditReport &R, const std::vector<Timeline> &Timelines) {
  Page P;
  P.asked = R.asked;
  P.title = "krcu audit: Linux " + R.tree_version;
  describeTree(R.tree_version, *R.semantics, P);
  if (!R.config.empty())
    P.about.push_back({"configuration", R.config});
  P.groups = {{"error", "bad", "errors", "Something may run, or be freed, after what it needs is gone.", false},
              {"warning", "warn", "warnings", "To be looked at.", false},
              {"note", "dim", "notes", "Nothing is wrong; what looks superfluous is needed, and this is why.", false}};
  P.filters = {{"class", "kind"}, {"severity", "severity"}, {"confidence", "confidence"}, {"directory", "directory"}};
  for (const AuditFinding &F : R.findings)
    P.items.push_back(itemOf(F, R, Timelines));
  auto Note = [&](unsigned Count, const char *Words) {
    if (Count)
      P.notes.push_back(std::to_string(Count) + Words);
  };
  Note(R.hidden, R.hidden == 1 ? " finding of low confidence is not shown (--all shows it)." : " findings of low confidence are not shown (--all shows them).");
  Note(R.suppressed, " are suppressed.");
  Note(R.known, " are in the baseline.");
  P.lists.push_back({counted(R.not_looked_at.size(), "file") + " did not parse cleanly or could not be judged to the end; findings in them may be missing", R.not_looked_at});
  return P;
}

} // namespace krcu::pages
