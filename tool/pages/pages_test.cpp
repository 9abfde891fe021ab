// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What was found to the values of a page: which group, which drawing, which counterexample.
#include "tool/pages/pages.h"
#include "gtest/gtest.h"

namespace krcu::pages {
namespace {

const std::vector<Timeline> Timelines = {{"batching", "exit call_rcu, no barrier", "the cache is destroyed with an object in it", {"CPU 0  thread 1     a"}},
                                         {"batching", "exit call_rcu, no barrier", "a callback is called in text that is gone", {"CPU 0  thread 1     b"}},
                                         {"batching", "destroy_waits_kfree_rcu", "does not wait", {"CPU 0  thread 1     c"}}};

Semantics semantics(bool Assumed) {
  Semantics S;
  S.era = "batching";
  S.facts = {{"destroy_waits_kfree_rcu", "kmem_cache_destroy() waits for kfree_rcu()", false, true, Assumed, {{"mm/slab.c", 5, "kmem_cache_destroy", "no wait"}}},
             {"slob", "SLOB", false, false, false, {}}};
  return S;
}

AuditReport audit(const Semantics &S) {
  AuditReport R;
  R.asked = {"audit", {"tree"}, "/tree", "", "0123"};
  R.tree_version = "6.8.0";
  R.semantics = &S;
  AuditFinding F;
  F.kind = "missing_rcu_barrier";
  F.severity = Severity::Error;
  F.where = {"drv/x.c", 9, 1};
  F.function = "x_exit";
  F.subject = "x";
  F.reason = "x leaves too early";
  F.evidence = {{"drv/x.c", 3, "x_put", "call_rcu() queues x_free()"}, {"drv/x.c", 7, "x_exit", "timeline 1: x_stop() stops"}, {"drv/Makefile", 1, "", "obj-m += x.o"}};
  F.timeline = {{FindingEvent::Exit, {"drv/x.c", 12, 0}, "", "module_exit(x_exit)"}, {FindingEvent::Stop, {"drv/x.c", 7, 0}, "x_exit", "x_stop() stops"}, {FindingEvent::End, {}, "", "the text is gone", true, true}};
  R.findings = {F};
  R.hidden = 2;
  return R;
}

TEST(AuditPage, HasTheTimelineAndTheCounterexample) {
  Semantics S = semantics(false);
  Page P = auditPage(audit(S), Timelines);
  ASSERT_EQ(P.items.size(), 1u);
  const Item &I = P.items[0];
  EXPECT_EQ(I.cls, "error");
  ASSERT_EQ(I.drawings.size(), 1u);
  EXPECT_EQ(I.drawings[0].events.size(), 3u);
  EXPECT_EQ(I.drawings[0].events[0].kind, Event::Exit);
  EXPECT_TRUE(I.drawings[0].events[2].decides);
  ASSERT_EQ(I.counterexamples.size(), 1u);
  EXPECT_EQ(I.counterexamples[0]->shows, "a callback is called in text that is gone") << "this finding is about the text, not about a cache";
  ASSERT_EQ(I.chains.size(), 1u);
  EXPECT_EQ(I.chains[0].steps[0].kind, "code");
  EXPECT_EQ(I.chains[0].steps[1].kind, "stop");
  EXPECT_EQ(I.chains[0].steps[2].kind, "module");
  EXPECT_EQ(P.notes.size(), 1u) << "what is hidden is said";
}

TEST(AuditPage, SaysWhatIsAssumedAndWhatIsNotKnown) {
  Semantics S = semantics(true);
  Page P = auditPage(audit(S), Timelines);
  EXPECT_EQ(P.assumed, std::vector<std::string>{"kmem_cache_destroy() waits for kfree_rcu()? no"});
  ASSERT_EQ(P.facts.size(), 2u);
  EXPECT_EQ(P.facts[1].value, "not known");
  EXPECT_TRUE(auditPage(audit(S = semantics(false)), Timelines).assumed.empty());
}

TEST(Counterexample, OnlyOfTheSameEra) {
  EXPECT_EQ(counterexample(Timelines, "batching", {"no such row", "destroy_waits_kfree_rcu"}), &Timelines[2]);
  EXPECT_EQ(counterexample(Timelines, "6.12", {"destroy_waits_kfree_rcu"}), nullptr);
}

TEST(ReviewPage, APatchWithItsLinesAndWhatNobodyJudged) {
  review::ReviewPatch Patch;
  Patch.subject = "x: use kfree_rcu()";
  Patch.diff = review::parseDiff("--- a/drv/x.c\n+++ b/drv/x.c\n@@ -3,2 +3,2 @@\n \tlock();\n-\tcall_rcu(&x->rcu, f);\n+\tkfree_rcu(x, rcu);\n");
  review::ReviewReport R;
  review::Column C;
  C.name = "tree", C.version = "6.8.0", C.era = "batching", C.assumed = {"batching"};
  review::PatchReview Review;
  Review.patch = &Patch;
  Review.verdict = review::PatchVerdict::Wait;
  review::FileReview F;
  F.file = "drv/x.c";
  F.findings = {{review::PatchVerdict::Wait, "drv/x.c", 4, false, "not safe yet", {{"drv/x.c", 20, "x_exit", "is destroyed"}}}};
  review::NotJudged Open;
  Open.file = "drv/x.c", Open.from = 8, Open.to = 9, Open.function = "g", Open.what = "control flow";
  F.not_judged = {Open};
  Review.files = {F};
  C.patches = {Review};
  R.columns = {C};
  Page P = reviewPage(R, Timelines);
  ASSERT_EQ(P.items.size(), 1u);
  const Item &I = P.items[0];
  EXPECT_EQ(I.cls, "wait");
  EXPECT_EQ(I.where.line, 4u);
  ASSERT_EQ(I.changes.size(), 1u);
  ASSERT_EQ(I.changes[0].lines.size(), 3u);
  EXPECT_EQ(I.changes[0].lines[2].sign, '+');
  EXPECT_EQ(I.changes[0].lines[2].line, 4u);
  ASSERT_EQ(I.chains.size(), 2u);
  EXPECT_EQ(I.chains[1].steps[0].text, "control flow, to line 9");
  EXPECT_EQ(I.counterexamples.size(), 1u);
  EXPECT_EQ(P.assumed, std::vector<std::string>{"batching"});
}

} // namespace
} // namespace krcu::pages
