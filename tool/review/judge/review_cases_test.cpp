// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Small changes of one driver with what a person says of them: what is freed on which path, where an object comes from, how the module ends.
#include "tool/driver/pipeline_trees.h"
#include "tool/review/judge/review.h"
#include "tool/review/reply.h"
#include "tool/rewrite/rewrite.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"

using namespace krcu;
using review::PatchVerdict;

namespace {

using Texts = std::map<std::string, std::string>;
using Edits = std::vector<std::pair<std::string, std::string>>;

const std::string Head = "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\n";
const std::string Record = "struct parcel {\n\tint weight;\n\tstruct parcel *next;\n\tstruct rcu_head rcu;\n};\n";
const std::string Callback = "static void parcel_free(struct rcu_head *head)\n{\n\tkmem_cache_free(parcels, container_of(head, struct parcel, rcu));\n}\n\n";
const std::string Start = "static int __init post_init(void)\n{\n\tparcels = KMEM_CACHE(parcel, 0);\n\treturn parcels ? 0 : -1;\n}\nmodule_init(post_init);\n\n";
const std::string Exit = "static void __exit post_exit(void)\n{\n\trcu_barrier();\n\tkmem_cache_destroy(parcels);\n}\nmodule_exit(post_exit);\n";

std::string driver() {
  return Head + Record + "\nstatic struct kmem_cache *parcels;\n\n" + Callback +
         "struct parcel *parcel_second(struct parcel *first)\n{\n\tstruct parcel *node, *other = first->next;\n\n\tnode = other;\n\treturn node;\n}\n\n"
         "void parcel_drop(struct parcel *node, struct parcel *other)\n{\n\tcall_rcu(&node->rcu, parcel_free);\n\tcall_rcu(&other->rcu, parcel_free);\n}\n\n" + Start + Exit;
}

std::string edited(std::string Text, const Edits &All) {
  for (const auto &[From, To] : All) {
    size_t At = Text.find(From);
    EXPECT_NE(At, std::string::npos) << From;
    if (At != std::string::npos)
      Text.replace(At, From.size(), To);
  }
  return Text;
}

std::string good() { return edited(driver(), {{Callback, ""}, {"call_rcu(&node->rcu, parcel_free)", "kfree_rcu(node, rcu)"}, {"call_rcu(&other->rcu, parcel_free)", "kfree_rcu(other, rcu)"}}); }

class ReviewCase : public testing::Test {
protected:
  ReviewCase() : Tree("waits") {}

  review::PatchReview review(const Texts &Old, const Texts &New, std::vector<std::string> Assume = {}) {
    std::map<std::string, std::pair<std::string, std::string>> Files;
    for (const auto &[File, Text] : Old)
      Tree.write(File, Text);
    for (const auto &[File, Text] : New)
      Files[File] = {Old.at(File), Text};
    auto Diff = unifiedDiff(Files);
    EXPECT_TRUE(bool(Diff));
    Patches.assign(1, {});
    Patches[0].body = *Diff;
    Patches[0].diff = review::parseDiff(*Diff);
    ScanOptions O = Tree.options();
    O.assume = std::move(Assume);
    auto S = Scan::prepare(O);
    EXPECT_TRUE(bool(S)) << message(S.takeError());
    return llvm::cantFail(reviewPatches(**S, Patches)).patches.front();
  }
  /// Of drv/drv.c: the verdict must be this, and the reason must say that.
  void expect(const std::string &Old, const std::string &New, PatchVerdict Verdict, const std::string &Says) {
    review::PatchReview R = review({{"drv/drv.c", Old}}, {{"drv/drv.c", New}});
    EXPECT_EQ(R.verdict, Verdict) << review::verdictTitle(R.verdict) << ": " << R.reason;
    EXPECT_NE(R.reason.find(Says), std::string::npos) << R.reason;
  }
  static size_t open(const review::PatchReview &R) {
    size_t Count = 0;
    for (const review::FileReview &F : R.files)
      Count += F.not_judged.size();
    return Count;
  }

  ScratchTree Tree;
  std::vector<review::ReviewPatch> Patches;
};

TEST_F(ReviewCase, AWrongMemberOrObjectHasAMend) {
  const std::string Two = edited(good(), {{"struct rcu_head rcu;\n", "struct rcu_head rcu;\n\tstruct rcu_head spare;\n"}});
  const std::string Old = edited(driver(), {{"struct rcu_head rcu;\n", "struct rcu_head rcu;\n\tstruct rcu_head spare;\n"}});
  review::PatchReview R = review({{"drv/drv.c", Old}}, {{"drv/drv.c", edited(Two, {{"kfree_rcu(node, rcu)", "kfree_rcu(node, spare)"}})}});
  EXPECT_EQ(R.verdict, PatchVerdict::Broken);
  std::vector<SiteEdit> Mends;
  for (const review::FileReview &F : R.files)
    for (const review::Finding &Each : F.findings)
      Mends.insert(Mends.end(), Each.mend.begin(), Each.mend.end());
  ASSERT_EQ(Mends.size(), 1u) << R.reason;
  EXPECT_EQ(Mends[0].before, std::vector<std::string>{"\tkfree_rcu(node, spare);"});
  EXPECT_EQ(Mends[0].after, std::vector<std::string>{"\tkfree_rcu(node, rcu);"});
  EXPECT_NE(R.reason.find("; it would be kfree_rcu(node, rcu)"), std::string::npos) << R.reason;
  // What the patch does right has none.
  R = review({{"drv/drv.c", Old}}, {{"drv/drv.c", Two}});
  for (const review::FileReview &F : R.files)
    for (const review::Finding &Each : F.findings)
      EXPECT_TRUE(Each.mend.empty()) << Each.reason;
}

TEST_F(ReviewCase, SeveralFindingsAreALineEachAndAreWrapped) {
  const std::string New = edited(good(), {{"kfree_rcu(node, rcu)", "kfree_rcu(node->next, rcu)"}, {"kfree_rcu(other, rcu)", "kfree_rcu(other->next, rcu)"}});
  review::ReviewReport Report;
  Report.columns.resize(1);
  Report.columns[0].patches.push_back(review({{"drv/drv.c", driver()}}, {{"drv/drv.c", New}}));
  Patches[0].subject = "two faults";
  Report.columns[0].patches[0].patch = &Patches[0];
  const std::string Plain = review::scorecard(Report), Narrow = review::scorecard(Report, 80), Coloured = review::scorecard(Report, 80, true);
  size_t Broken = 0;
  for (size_t At = Plain.find("\tBROKEN: "); At != std::string::npos; At = Plain.find("\tBROKEN: ", At + 1))
    ++Broken;
  EXPECT_EQ(Broken, 2u) << Plain;
  for (llvm::StringRef Line, Rest = Narrow; !Rest.empty();) {
    std::tie(Line, Rest) = Rest.split('\n');
    EXPECT_LE(Line.size(), 80u) << Line.str();
  }
  EXPECT_NE(Coloured.find("\033[31mBROKEN\033[0m: "), std::string::npos) << Coloured;
}

TEST_F(ReviewCase, AnAnswerReadsAsAPersonWritesIt) {
  auto Answer = [&](const std::string &New) {
    review::ReviewReport Report;
    Report.columns.resize(1);
    Report.columns[0].version = "6.12.1";
    Report.columns[0].patches.push_back(review({{"drv/drv.c", driver()}}, {{"drv/drv.c", New}}));
    Patches[0].from = "A <a@example.org>", Patches[0].date = "today";
    Report.columns[0].patches[0].patch = &Patches[0];
    return review::replyTo(Report, 0);
  };
  // The verdict, who wrote, the hunk, all uses in one sentence. A variable that begins a sentence keeps its small letter.
  std::string Text = Answer(edited(good(), {{"kfree_rcu(node, rcu);", "kfree_rcu(node, rcu);\n\tnode->weight = 0;\n\tnode->next = 0;"}}));
  EXPECT_NE(Text.find("This is wrong on Linux 6.12.1:\n\nOn today, A <a@example.org> wrote:\n> diff --git a/drv/drv.c b/drv/drv.c\n> @@"), std::string::npos) << Text;
  EXPECT_EQ(Text.find("Used behind its free"), Text.rfind("Used behind its free")) << Text;
  EXPECT_EQ(Text.find("> diff --git"), Text.rfind("> diff --git")) << Text;
  EXPECT_NE(Text.find("writes node->weight"), std::string::npos) << Text;
  EXPECT_NE(Text.find("writes node->next"), std::string::npos) << Text;
  Text = Answer(edited(good(), {{"kfree_rcu(node, rcu);", "kfree_rcu(node, rcu);\n\tkfree_rcu(node, rcu);"}}));
  EXPECT_NE(Text.find("\nnode is freed twice"), std::string::npos) << Text;
  // That all is well is a line or two, without a proof.
  Text = Answer(good());
  EXPECT_NE(Text.find("Looked at on Linux 6.12.1, and right as far as RCU goes."), std::string::npos) << Text;
  EXPECT_EQ(Text.find("before: call_rcu()"), std::string::npos) << Text;
}

TEST_F(ReviewCase, GoodConversionHasNoOpenLine) {
  review::PatchReview R = review({{"drv/drv.c", driver()}}, {{"drv/drv.c", good()}});
  EXPECT_EQ(R.verdict, PatchVerdict::Ok) << R.reason;
  EXPECT_EQ(open(R), 0u) << R.reason;
}

TEST_F(ReviewCase, AnotherPointerOfTheSameTypeIsWrongWhateverElseTheFileSays) {
  // parcel_second() has "node = other;", which says nothing of another function.
  expect(driver(), edited(good(), {{"kfree_rcu(other, rcu)", "kfree_rcu(node, rcu)"}}), PatchVerdict::Broken, "wrong object: other was freed there");
  const Edits NoAlias{{"\tnode = other;\n\treturn node;", "\treturn other;"}};
  expect(edited(driver(), NoAlias), edited(edited(good(), {{"kfree_rcu(other, rcu)", "kfree_rcu(node, rcu)"}}), NoAlias), PatchVerdict::Broken, "wrong object");
}

TEST_F(ReviewCase, AHeadThatAnotherConfigurationPutsOutOfReach) {
  auto Verdict = [&](const std::string &Trace) {
    const std::string Wide = "struct wide {\n\tint key;\n#ifdef CONFIG_POST_TRACE\n\tchar trace[" + Trace + "];\n#endif\n\tstruct rcu_head rcu;\n};\n", Drop = "void wide_drop(struct wide *wide)\n{\n\t";
    const std::string Old = Head + Wide + "static void wide_free(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct wide, rcu));\n}\n" + Drop + "call_rcu(&wide->rcu, wide_free);\n}\n";
    return review({{"drv/post.c", Old}}, {{"drv/post.c", Head + Wide + Drop + "kfree_rcu(wide, rcu);\n}\n"}});
  };
  EXPECT_EQ(Verdict("64").verdict, PatchVerdict::Ok);
  review::PatchReview P = Verdict("8192");
  EXPECT_EQ(P.verdict, PatchVerdict::CannotTell);
  EXPECT_NE(P.reason.find("ahead of it is char trace[8192] (hidden here by an #if) of struct wide"), std::string::npos) << P.reason;
}

TEST_F(ReviewCase, FreedTwice) {
  expect(driver(), edited(good(), {{"kfree_rcu(node, rcu);", "kfree_rcu(node, rcu);\n\tkmem_cache_free(parcels, node);"}}), PatchVerdict::Broken, "node is freed twice");
  expect(driver(), edited(good(), {{"kfree_rcu(node, rcu);", "kfree_rcu(node, rcu);\n\tkfree_rcu(node, rcu);"}}), PatchVerdict::Broken, "node is freed twice");
  expect(driver(), edited(driver(), {{"\tcall_rcu(&node", "\tkfree_rcu(node, rcu);\n\tcall_rcu(&node"}}), PatchVerdict::Broken, "node is freed twice");
}

TEST_F(ReviewCase, NoLongerFreedOnSomePath) {
  expect(driver(), edited(good(), {{"\tkfree_rcu(node, rcu);", "\tif (node->weight)\n\t\tkfree_rcu(node, rcu);"}}), PatchVerdict::Broken, "node is no longer freed if !node->weight");
  expect(driver(), edited(good(), {{"\tkfree_rcu(node, rcu);", "\tif (!other)\n\t\treturn;\n\tkfree_rcu(node, rcu);"}}), PatchVerdict::Broken, "node is no longer freed");
  expect(driver(), edited(good(), {{"\tkfree_rcu(node, rcu);\n", ""}}), PatchVerdict::Broken, "nothing frees node any more");
}

TEST_F(ReviewCase, FreedAtOnce) {
  expect(good(), edited(good(), {{"kfree_rcu(node, rcu);", "kmem_cache_free(parcels, node);"}}), PatchVerdict::Broken, "frees node at once");
}

TEST_F(ReviewCase, UsedBehindItsFree) {
  expect(driver(), edited(good(), {{"kfree_rcu(node, rcu);", "kfree_rcu(node, rcu);\n\tnode->weight = 0;"}}), PatchVerdict::Broken, "used behind its free");
  expect(driver(), edited(good(), {{"kfree_rcu(node, rcu);\n\tkfree_rcu(other, rcu);", "kfree_rcu(node, rcu);\n\tother = node->next;\n\tkfree_rcu(other, rcu);"}}), PatchVerdict::Broken, "");
}

TEST_F(ReviewCase, AssignedInBetween) {
  expect(driver(), edited(good(), {{"\tkfree_rcu(node, rcu);", "\tnode = other;\n\tkfree_rcu(node, rcu);"}}), PatchVerdict::Broken, "");
  // Another name of the same value is fine.
  review::PatchReview R = review({{"drv/drv.c", driver()}}, {{"drv/drv.c", edited(good(), {{"\tkfree_rcu(node, rcu);", "\tstruct parcel *old = node;\n\n\tkfree_rcu(old, rcu);"}})}});
  EXPECT_EQ(R.verdict, PatchVerdict::Ok) << R.reason;
}

TEST_F(ReviewCase, NoAllocationAtAll) {
  expect(good(), edited(good(), {{"void parcel_drop", "static struct parcel spare;\n\nvoid parcel_spare(void)\n{\n\tkfree_rcu(&spare, rcu);\n}\n\nvoid parcel_drop"}}), PatchVerdict::Broken, "no allocation: the variable spare");
  expect(good(), edited(good(), {{"void parcel_drop", "void parcel_tmp(void)\n{\n\tstruct parcel tmp;\n\n\tkfree_rcu(&tmp, rcu);\n}\n\nvoid parcel_drop"}}), PatchVerdict::Broken, "on the stack");
  expect(good(), edited(good(), {{"void parcel_drop", "void parcel_next(struct parcel *p)\n{\n\tkfree_rcu(p + 1, rcu);\n}\n\nvoid parcel_drop"}}), PatchVerdict::Broken, "not the start of an object");
}

TEST_F(ReviewCase, TheModuleLeavesTooEarly) {
  const std::string NoBarrier = edited(good(), {{"\trcu_barrier();\n", ""}});
  expect(NoBarrier, edited(driver(), {{"\trcu_barrier();\n", ""}}), PatchVerdict::Broken, "parcel_free() may run after the text of drv is gone");
  expect(driver(), edited(driver(), {{"\trcu_barrier();", "\tif (!parcels)\n\t\trcu_barrier();"}}), PatchVerdict::Broken, "");
  const std::string Queues = edited(driver(), {{"\trcu_barrier();\n", "\tparcel_drop(0, 0);\n\trcu_barrier();\n"}});
  expect(Queues, edited(driver(), {{"\trcu_barrier();\n", "\trcu_barrier();\n\tparcel_drop(0, 0);\n"}}), PatchVerdict::Broken, "where something did before the patch");
  const std::string Two = edited(driver(), {{"\trcu_barrier();\n", "\trcu_barrier();\n\tparcel_drop(0, 0);\n\trcu_barrier();\n"}});
  expect(Two, edited(Two, {{"\tparcel_drop(0, 0);\n\trcu_barrier();\n", "\tparcel_drop(0, 0);\n"}}), PatchVerdict::Broken, "");
}

TEST_F(ReviewCase, TheEndMayStandInAnotherFile) {
  const std::string Drv = edited(driver(), {{"static int __init post_init", "int __init parcels_init"}, {"module_init(post_init);\n", ""}, {Exit, "void parcels_gone(void)\n{\n\tkmem_cache_destroy(parcels);\n}\n"}});
  const std::string Main = Head + "int parcels_init(void);\nvoid parcels_gone(void);\n\nstatic int __init post_init(void)\n{\n\treturn parcels_init();\n}\nmodule_init(post_init);\n\n"
                                  "static void __exit post_exit(void)\n{\n\trcu_barrier();\n\tparcels_gone();\n}\nmodule_exit(post_exit);\n";
  const std::string Makefile = "obj-$(CONFIG_DRV) += post.o\npost-y := drv.o main.o\n";
  review::PatchReview R = review({{"drv/drv.c", Drv}, {"drv/main.c", Main}, {"drv/Makefile", Makefile}},
                                 {{"drv/main.c", edited(Main, {{"\trcu_barrier();\n\tparcels_gone();", "\tparcels_gone();\n\trcu_barrier();"}})}});
  EXPECT_EQ(R.verdict, PatchVerdict::Broken) << R.reason;
}

TEST_F(ReviewCase, AStartThatFailsNeedsItsBarrier) {
  const std::string Failing = edited(driver(), {{"\tparcels = KMEM_CACHE(parcel, 0);\n\treturn parcels ? 0 : -1;\n",
                                                 "\tparcels = KMEM_CACHE(parcel, 0);\n\tif (!parcels)\n\t\treturn -1;\n\tif (parcel_prepare()) {\n\t\trcu_barrier();\n\t\tkmem_cache_destroy(parcels);\n\t\treturn -1;\n\t}\n\treturn 0;\n"},
                                                {"static int __init post_init", "int parcel_prepare(void);\n\nstatic int __init post_init"}});
  expect(Failing, edited(Failing, {{"\t\trcu_barrier();\n", ""}}), PatchVerdict::Broken, "parcels is destroyed in post_init()");
}

TEST_F(ReviewCase, AHelperIsWalkedThrough) {
  review::PatchReview R = review({{"drv/drv.c", driver()}}, {{"drv/drv.c", edited(good(), {{"\tkfree_rcu(node, rcu);", "\tparcel_put(node);"}, {"void parcel_drop", "static void parcel_put(struct parcel *p)\n{\n\tkfree_rcu(p, rcu);\n}\n\nvoid parcel_drop"}})}});
  EXPECT_EQ(R.verdict, PatchVerdict::Ok) << R.reason;
  EXPECT_EQ(open(R), 0u) << R.reason;
}

TEST_F(ReviewCase, WhatWasNotJudgedIsListed) {
  review::PatchReview R = review({{"drv/drv.c", driver()}}, {{"drv/drv.c", edited(good(), {{"\treturn node;", "\tnode->weight = 7;\n\treturn node;"}})}});
  EXPECT_EQ(R.verdict, PatchVerdict::Ok) << R.reason;
  ASSERT_EQ(open(R), 1u) << R.reason;
  EXPECT_NE(R.reason.find("not judged: drv/drv.c:19: a store in parcel_second()"), std::string::npos) << R.reason;
}

TEST_F(ReviewCase, NothingMaySleepUnderALock) {
  const std::string Sleeping = "void rcu_read_lock(void);\nvoid rcu_read_unlock(void);\n#define kfree_rcu_mightsleep(ptr) do { typeof(ptr) ___p = (ptr); if (___p) kvfree_call_rcu(NULL, (void *)___p); } while (0)\n";
  const std::string Locked = edited(good(), {{Record, Sleeping + Record}, {"\tkfree_rcu(node, rcu);", "\trcu_read_lock();\n\tkfree_rcu(node, rcu);\n\trcu_read_unlock();"}});
  expect(Locked, edited(Locked, {{"kfree_rcu(node, rcu)", "kfree_rcu_mightsleep(node)"}}), PatchVerdict::Broken, "may sleep");
  // Without one it is the callers that decide, and they are not followed.
  const std::string Open = edited(good(), {{Record, Sleeping + Record}});
  expect(Open, edited(Open, {{"kfree_rcu(node, rcu)", "kfree_rcu_mightsleep(node)"}}), PatchVerdict::CannotTell, "whether all callers of parcel_drop() may was not looked at");
}

TEST_F(ReviewCase, AWaitForReadersInPlaceOfADeferralIsNoFreeAtOnce) {
  const Edits Declared{{Record, "void synchronize_rcu(void);\n" + Record}};
  expect(edited(driver(), Declared), edited(edited(good(), Declared), {{"\tkfree_rcu(node, rcu);", "\tsynchronize_rcu();\n\tkmem_cache_free(parcels, node);"}}), PatchVerdict::CannotTell, "is freed behind a wait for readers");
}

TEST_F(ReviewCase, ALineThatAFindingIsAboutIsNotListedAsNotJudged) {
  review::PatchReview R = review({{"drv/drv.c", driver()}}, {{"drv/drv.c", edited(good(), {{"kfree_rcu(node, rcu);", "kfree_rcu(node, rcu);\n\tnode->weight = 0;"}})}});
  EXPECT_EQ(R.verdict, PatchVerdict::Broken) << R.reason;
  EXPECT_EQ(open(R), 0u) << R.reason;
}

TEST_F(ReviewCase, AWrapperOfAllocationsIsFollowed) {
  const std::string Wrapper = Head + Record + "\nstatic struct kmem_cache *parcels;\n\nstatic void *grab(void)\n{\n\treturn kmem_cache_alloc(parcels, GFP_KERNEL);\n}\n\n"
                                              "struct parcel *parcel_new(void)\n{\n\tstruct parcel *p = grab();\n\n\treturn p;\n}\n\nvoid parcel_drop(struct parcel *node)\n{\n\tnode->weight = 0;\n}\n\n" +
                              Start + edited(Exit, {{"\trcu_barrier();\n", ""}});
  const Edits New{{"\tnode->weight = 0;\n", "\tkfree_rcu(node, rcu);\n"}};
  review::PatchReview R = review({{"drv/drv.c", Wrapper}}, {{"drv/drv.c", edited(Wrapper, New)}}, {"batching"});
  EXPECT_TRUE(R.verdict == PatchVerdict::Wait || R.verdict == PatchVerdict::CannotTell) << R.reason;
  const std::string Direct = edited(Wrapper, {{"static void *grab(void)\n{\n\treturn kmem_cache_alloc(parcels, GFP_KERNEL);\n}\n\n", ""}, {"= grab()", "= kmem_cache_alloc(parcels, GFP_KERNEL)"}});
  R = review({{"drv/drv.c", Direct}}, {{"drv/drv.c", edited(Direct, New)}}, {"batching"});
  EXPECT_EQ(R.verdict, PatchVerdict::Wait) << R.reason;
  const std::string General = edited(Direct, {{"kmem_cache_alloc(parcels, GFP_KERNEL)", "kmalloc(sizeof(*p), GFP_KERNEL)"}});
  R = review({{"drv/drv.c", General}}, {{"drv/drv.c", edited(General, New)}}, {"batching"});
  EXPECT_EQ(R.verdict, PatchVerdict::CannotTell) << "nobody knows who else frees it";
  EXPECT_EQ(R.reason, "kfree_rcu(node) is new: nothing in parcel_drop() freed the object there before, and whether others still free or use it was not followed");
}

// What a person would say of these was found with mutants of real conversions.

/// A function that drops a reference and frees what nobody holds any more.
std::string counted(const std::string &Free) {
  return edited(driver(), {{"void parcel_drop", "int parcel_last(struct parcel *p);\nint parcel_idle(struct parcel *p);\n\nvoid parcel_put(struct parcel *p)\n{\n\tif (parcel_last(p))\n\t\t" + Free + ";\n}\n\nvoid parcel_drop"}});
}

TEST_F(ReviewCase, AFreeThatLeavesItsCondition) {
  const std::string Old = counted("call_rcu(&p->rcu, parcel_free)"), New = counted("kfree_rcu(p, rcu)");
  review::PatchReview R = review({{"drv/drv.c", Old}}, {{"drv/drv.c", New}});
  EXPECT_EQ(R.verdict, PatchVerdict::Ok) << R.reason;
  // The macro's own test of NULL gives the new text a way on which nothing is freed; it is none of the old one's.
  expect(Old, edited(New, {{"\tif (parcel_last(p))\n\t\tkfree_rcu(p, rcu);", "\tparcel_last(p);\n\tkfree_rcu(p, rcu);"}}), PatchVerdict::CannotTell, "");
  expect(edited(driver(), {{"\tcall_rcu(&node->rcu", "\tif (node->weight)\n\t\tcall_rcu(&node->rcu"}}), good(), PatchVerdict::Broken, "");
}

TEST_F(ReviewCase, AFreeUnderAnotherTest) {
  expect(counted("call_rcu(&p->rcu, parcel_free)"), edited(counted("kfree_rcu(p, rcu)"), {{"if (parcel_last(p))", "if (parcel_idle(p))"}}), PatchVerdict::CannotTell, "depends on parcel_idle(p) now");
}

TEST_F(ReviewCase, AFreeUnderAnIfOfThePreprocessor) {
  expect(driver(), edited(good(), {{"\tkfree_rcu(node, rcu);", "#ifdef KRCU_NEVER\n\tkmem_cache_free(parcels, node);\n#else\n\tkfree_rcu(node, rcu);\n#endif"}}), PatchVerdict::CannotTell, "kmem_cache_free()");
  expect(driver(), edited(good(), {{"\tkfree_rcu(node, rcu);", "#ifndef KRCU_NEVER\n\tkfree_rcu(node, rcu);\n#endif"}}), PatchVerdict::CannotTell, "in one configuration only");
}

TEST_F(ReviewCase, AnotherElementThanTheLoopHasReached) {
  auto Loop = [](const std::string &Free) {
    return edited(driver(), {{"void parcel_drop", "void parcel_all(struct parcel **all, int count)\n{\n\tstruct parcel *p;\n\tint i;\n\n\tfor (i = 0; i < count; i++) {\n\t\tp = all[i];\n\t\tp->weight = i;\n\t\t" + Free + ";\n\t}\n}\n\nvoid parcel_drop"}});
  };
  const std::string Old = Loop("call_rcu(&p->rcu, parcel_free)");
  for (const char *Same : {"kfree_rcu(p, rcu)", "kfree_rcu(all[i], rcu)"}) {
    review::PatchReview R = review({{"drv/drv.c", Old}}, {{"drv/drv.c", Loop(Same)}});
    EXPECT_EQ(R.verdict, PatchVerdict::Ok) << Same << ": " << R.reason;
  }
  expect(Old, Loop("kfree_rcu(all[0], rcu)"), PatchVerdict::Broken, "wrong object");
  expect(Old, Loop("kfree_rcu(all[i + 1], rcu)"), PatchVerdict::Broken, "wrong object");
}

TEST_F(ReviewCase, ADestructionThatGoes) {
  expect(driver(), edited(driver(), {{"\tkmem_cache_destroy(parcels);\n", ""}}), PatchVerdict::CannotTell, "a line with kmem_cache_destroy() goes in post_exit()");
}

TEST_F(ReviewCase, WhatOnlyPrintsMayCome) {
  review::PatchReview R = review({{"drv/drv.c", driver()}}, {{"drv/drv.c", edited(good(), {{"\tkfree_rcu(node, rcu);", "\tprintk(\"going\\n\");\n\tkfree_rcu(node, rcu);"}})}});
  EXPECT_EQ(R.verdict, PatchVerdict::Ok) << R.reason;
  EXPECT_EQ(R.reason.find("not judged"), std::string::npos) << R.reason;
}

TEST_F(ReviewCase, ABarrierThatMovesIsNamed) {
  const std::string Stops = edited(driver(), {{"\trcu_barrier();\n", "\tparcel_quiet();\n\trcu_barrier();\n"}, {"void parcel_drop", "void parcel_quiet(void);\n\nvoid parcel_drop"}});
  review::PatchReview R = review({{"drv/drv.c", Stops}}, {{"drv/drv.c", edited(Stops, {{"\tparcel_quiet();\n\trcu_barrier();\n", "\trcu_barrier();\n\tparcel_quiet();\n"}})}});
  EXPECT_EQ(R.reason.find("no deferred free, barrier or cache was seen to change"), std::string::npos) << R.reason;
}

/// A comment at each line of functions whose ways are hard to tell apart.
TEST_F(ReviewCase, ACommentIsNoChange) {
  const std::string Queued = "static int count;\nstatic void parcel_count(struct rcu_head *head)\n{\n\tcount++;\n\tkfree(container_of(head, struct parcel, rcu));\n}\n";
  const std::string Lists = "#define list_del_rcu(p) do { (p)->next = NULL; } while (0)\nstruct parcel *first;\nvoid *kmalloc(unsigned long size, unsigned flags);\n";
  const std::string Shapes[] = {
      "void drop_all(struct parcel *p)\n{\n\tstruct parcel *next;\n\n\tfor (; p; p = next) {\n\t\tnext = p->next;\n\t\tif (next == first) {\n\t\t\tparcel_unlink(p);\n\t\t\tcall_rcu(&p->rcu, parcel_count);\n\t\t\tbreak;\n\t\t}\n\t}\n}\n",
      "static void one(struct parcel *p)\n{\n\tparcel_unlink(p);\n\tcall_rcu(&p->rcu, parcel_count);\n}\nvoid drop_all(struct parcel *p)\n{\n\tstruct parcel *next;\n\n\tfor (; p; p = next) {\n\t\tnext = p->next;\n\t\tone(p);\n\t}\n}\n",
      "int make(int n)\n{\n\tstruct parcel *p = kmalloc(sizeof(*p), 0);\n\n\tif (n < 0) {\n\t\tkfree(p);\n\t\treturn -1;\n\t}\n\tparcel_link(p);\n\tif (n > 5) {\n\t\tparcel_unlink(p);\n\t\tsynchronize_rcu();\n\t\tkfree(p);\n\t\treturn -2;\n\t}\n\treturn 0;\n}\n",
      "int set(int what, struct parcel *a, struct parcel *b)\n{\n\tint n = 0;\n\n\tswitch (what) {\n\tcase 1:\n\t\tkfree(a);\n\t\tbreak;\n\tcase 2:\n\t\tn = 1;\n\t\tbreak;\n\t}\n\tswitch (what) {\n\tcase 1:\n\t\tn = 2;\n\t\tbreak;\n\tcase 2:\n\t\tkfree(b);\n\t\tbreak;\n\tcase 3:\n\t\tkfree_rcu(a, rcu);\n\t\tkfree(b);\n\t\tbreak;\n\t}\n\treturn n;\n}\n",
  };
  for (const std::string &Shape : Shapes) {
    const std::string Old = Head + Record + "void parcel_unlink(struct parcel *p);\nvoid parcel_link(struct parcel *p);\n" + Lists + Queued + Shape;
    unsigned Lines = 0;
    for (size_t At = Old.find(Shape), End; (End = Old.find('\n', At)) != std::string::npos; At = End + 1) {
      if (Old[End - 1] != ';')
        continue;
      std::string New = Old;
      New.insert(End, " /* as before */");
      review::PatchReview P = review({{"drv/post.c", Old}}, {{"drv/post.c", New}});
      EXPECT_EQ(P.verdict, PatchVerdict::Ok) << Old.substr(At, End - At) << ": " << P.reason;
      ++Lines;
    }
    EXPECT_GT(Lines, 3u);
  }
}

} // namespace
