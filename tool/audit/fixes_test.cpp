// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The mends of an audit, each written into the tree and audited again: nothing may be left then.
#include "tool/audit/fixes.h"
#include "tool/audit/places.h"
#include "tool/audit/test_module.h"
#include "tool/driver/pipeline_trees.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"

using namespace krcu;
using namespace krcu::testing_module;

namespace {

const char Cached[] = "static struct kmem_cache *cache;\nstatic int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n\tkmem_cache_free(cache, container_of(head, struct item, rcu));\n}\n"
                      "void item_count(struct item *item)\n{\n\tcall_rcu(&item->rcu, counted);\n}\n";

class Fixes : public testing::Test {
protected:
  Fixes() : Tree("waits") {}

  AuditReport audit() {
    auto S = Scan::prepare(Tree.options());
    EXPECT_TRUE(bool(S)) << message(S.takeError());
    Held = std::move(*S);
    AuditReport R = auditTree(*Held, {});
    std::erase_if(R.findings, [](const AuditFinding &F) { return F.severity == Severity::Note || F.where.file.rfind("drv/", 0) != 0; });
    return R;
  }
  /// The exit's body as the mend makes it; what was said of it in `Said`. Nothing more may be found then.
  std::string mended(const std::string &Text, const std::string &Body) {
    Tree.write("drv/drv.c", Head + Text + exitWith(Body));
    AuditReport R = audit();
    EXPECT_FALSE(R.findings.empty());
    AuditFixes F = fixFindings(*Held, R);
    EXPECT_EQ(F.fixes.size(), R.findings.size());
    Said.clear();
    for (const AuditFix &Each : F.fixes)
      Said += (Each.mended ? "" : "not mended: ") + Each.text + "\n";
    if (!F.files.count("drv/drv.c"))
      return "";
    std::string New = F.files["drv/drv.c"].second;
    EXPECT_EQ(F.files["drv/drv.c"].first, Tree.read("drv/drv.c"));
    Tree.write("drv/drv.c", New);
    for (const AuditFinding &Left : audit().findings)
      ADD_FAILURE() << Left.kind << ": " << Left.reason;
    size_t Begin = New.find("drv_exit(void)\n{\n") + 17;
    return New.substr(Begin, New.find("}\nmodule_exit") - Begin);
  }

  ScratchTree Tree;
  std::unique_ptr<Scan> Held;
  std::string Said;
};

/// One way only leaves the start with something in flight: it waits before it goes. Of several, or without a line of its own, it is left alone.
TEST_F(Fixes, AStartThatFails) {
  const std::string Making = "static struct item *one;\nstatic int parts;\nvoid *made(void);\n" + Counted;
  auto Started = [&](const std::string &Body) {
    Tree.write("drv/drv.c", Head + Making + "static int __init drv_init(void)\n{\n\tone = made();\n" + Body + "\treturn 0;\n}\nmodule_init(drv_init);\nstatic void __exit drv_exit(void)\n{\n\trcu_barrier();\n}\nmodule_exit(drv_exit);\n");
    AuditReport R = audit();
    EXPECT_EQ(R.findings.size(), 1u);
    AuditFixes F = fixFindings(*Held, R);
    EXPECT_EQ(F.fixes.size(), 1u);
    Said = F.fixes.empty() ? "" : F.fixes[0].text;
    if (!F.files.count("drv/drv.c"))
      return std::string("left");
    Tree.write("drv/drv.c", F.files["drv/drv.c"].second);
    for (const AuditFinding &Left : audit().findings)
      ADD_FAILURE() << Left.kind << ": " << Left.reason;
    std::string New = Tree.read("drv/drv.c");
    size_t Begin = New.find("\tone = made();\n") + 15;
    return New.substr(Begin, New.find("\treturn 0;") - Begin);
  };
  EXPECT_EQ(Started("\tif (parts < 1) {\n\t\titem_count(one);\n\t\treturn -1;\n\t}\n"), "\tif (parts < 1) {\n\t\titem_count(one);\n\t\trcu_barrier();\n\t\treturn -1;\n\t}\n") << Said;
  EXPECT_EQ(Started("\titem_count(one);\n\tif (parts < 1)\n\t\treturn -1;\n"), "left") << Said;
  EXPECT_NE(Said.find("left to a person"), std::string::npos) << Said;
  EXPECT_EQ(Started("\titem_count(one);\n\tif (parts < 1) {\n\t\treturn -1;\n\t}\n\tif (parts < 2) {\n\t\treturn -2;\n\t}\n"), "left") << Said;
}

TEST_F(Fixes, AMissingBarrierStandsAtTheEnd) {
  EXPECT_EQ(mended(Counted, "\tcount = 0;\n"), "\tcount = 0;\n\trcu_barrier();\n");
  EXPECT_EQ(Said, "rcu_barrier() is put at line 27, in drv_exit()\n");
}

TEST_F(Fixes, BehindTheStopAndBeforeTheDestruction) {
  EXPECT_EQ(mended(std::string(Cached) + Work, "\tcancel_work_sync(&work);\n\tkmem_cache_destroy(cache);\n\tcount = 0;\n"),
            "\tcancel_work_sync(&work);\n\trcu_barrier();\n\tkmem_cache_destroy(cache);\n\tcount = 0;\n");
}

TEST_F(Fixes, AnEarlyBarrierMoves) {
  EXPECT_EQ(mended(std::string(Counted) + Work, "\trcu_barrier();\n\tcancel_work_sync(&work);\n"), "\tcancel_work_sync(&work);\n\trcu_barrier();\n");
  EXPECT_NE(Said.find("rcu_barrier() moves to line "), std::string::npos) << Said;
}

TEST_F(Fixes, ALateBarrierMoves) {
  EXPECT_EQ(mended(Cached, "\tkmem_cache_destroy(cache);\n\trcu_barrier();\n"), "\trcu_barrier();\n\tkmem_cache_destroy(cache);\n");
}

TEST_F(Fixes, AConditionalBarrierStays) {
  EXPECT_EQ(mended(std::string(Counted) + "static int later;\n", "\tif (later)\n\t\trcu_barrier();\n\tcount = 0;\n"), "\tif (later)\n\t\trcu_barrier();\n\tcount = 0;\n\trcu_barrier();\n");
}

TEST_F(Fixes, InTheHelperThatBothStopsAndDestroys) {
  std::string Helper = "static void drv_stop(void)\n{\n\tcancel_work_sync(&work);\n\tkmem_cache_destroy(cache);\n}\n";
  EXPECT_EQ(mended(std::string(Cached) + Work + Helper, "\tdrv_stop();\n"), "\tdrv_stop();\n");
  EXPECT_NE(Tree.read("drv/drv.c").find("\tcancel_work_sync(&work);\n\trcu_barrier();\n\tkmem_cache_destroy(cache);\n"), std::string::npos);
}

TEST_F(Fixes, AnSrcuBarrierNamesItsStructure) {
  std::string Srcu = "struct srcu_struct {\n\tint x;\n};\nvoid call_srcu(struct srcu_struct *s, struct rcu_head *head, rcu_callback_t func);\nvoid cleanup_srcu_struct(struct srcu_struct *s);\n"
                     "void srcu_barrier(struct srcu_struct *s);\nstatic struct srcu_struct drv_srcu;\nstatic int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\n"
                     "void item_count(struct item *item)\n{\n\tcall_srcu(&drv_srcu, &item->rcu, counted);\n}\n";
  EXPECT_EQ(mended(Srcu, "\tcount = 0;\n\tcleanup_srcu_struct(&drv_srcu);\n"), "\tcount = 0;\n\tsrcu_barrier(&drv_srcu);\n\tcleanup_srcu_struct(&drv_srcu);\n");
}

/// A kernel shows that the exit without it queues on what is being emptied.
TEST_F(Fixes, AnRcuWorkWaitsBeforeItsQueueIsTakenAway) {
  const std::string Work = "struct work_struct {\n\tint data;\n};\nstruct workqueue_struct;\nstruct rcu_work {\n\tstruct work_struct work;\n\tstruct rcu_head rcu;\n};\n"
                           "int queue_rcu_work(struct workqueue_struct *wq, struct rcu_work *rwork);\nvoid destroy_workqueue(struct workqueue_struct *wq);\n"
                           "void INIT_RCU_WORK(struct rcu_work *rwork, void (*func)(struct work_struct *work));\n"
                           "static struct workqueue_struct *queue;\nstatic struct rcu_work one;\nstatic void item_end(struct work_struct *work)\n{\n\twork->data = 0;\n}\n"
                           "void item_start(void)\n{\n\tINIT_RCU_WORK(&one, item_end);\n\tqueue_rcu_work(queue, &one);\n}\n";
  EXPECT_EQ(mended(Work, "\tdestroy_workqueue(queue);\n"), "\trcu_barrier();\n\tdestroy_workqueue(queue);\n") << Said;
}

TEST_F(Fixes, WithoutAFunctionAtTheEndNothingIsWritten) {
  Tree.write("drv/drv.c", std::string(Head) + Counted + "struct platform_driver {\n\tint x;\n};\nstatic struct platform_driver drv_driver;\nmodule_platform_driver(drv_driver);\n");
  AuditReport R = audit();
  ASSERT_EQ(R.findings.size(), 1u);
  AuditFixes F = fixFindings(*Held, R);
  ASSERT_EQ(F.fixes.size(), 1u);
  EXPECT_FALSE(F.fixes[0].mended);
  EXPECT_EQ(F.fixes[0].text, "the module ends without a function of its own, so there is none to put a wait into");
  EXPECT_TRUE(F.files.empty());
}

/// The lines before which one may be put, with "|" before each.
std::string gaps(std::string Text) {
  Outline O = outlineOf(Text);
  std::vector<StatementGap> Gaps = gapsOf(Text, O.functions.at(0));
  for (auto It = Gaps.rbegin(); It != Gaps.rend(); ++It)
    Text.insert(It->offset, "|");
  return Text;
}

TEST(Gaps, StandBetweenStatementsOfTheOutermostBlock) {
  EXPECT_EQ(gaps("void f(void)\n{\n\tint x = 1;\n\tstruct y z;\n\n\ta();\n\tif (b) {\n\t\tc();\n\t} else {\n\t\td();\n\t}\n\tfor (;;)\n\t\te();\n\treturn;\n}\n"),
            "void f(void)\n{\n\tint x = 1;\n\tstruct y z;\n|\n\ta();\n|\tif (b) {\n\t\tc();\n\t} else {\n\t\td();\n\t}\n|\tfor (;;)\n\t\te();\n|\treturn;\n}\n");
  EXPECT_EQ(gaps("void f(void)\n{\n#ifdef A\n\ta();\n#endif\n\tb(); c();\n\td(); /* and\n\t      * more */\n\te();\n}\n"),
            "void f(void)\n{\n|#ifdef A\n\ta();\n#endif\n\tb(); c();\n|\td(); /* and\n\t      * more */\n\te();\n|}\n");
  EXPECT_EQ(gaps("void f(void)\n{\n\tdo {\n\t\ta();\n\t} while (b);\n\tint t[] = {\n\t\t1,\n\t};\n}"), "void f(void)\n{\n|\tdo {\n\t\ta();\n\t} while (b);\n\tint t[] = {\n\t\t1,\n\t};\n|}");
}

TEST(WholeLineCall, IsAStatementOfItsOwn) {
  std::string Text = "{\n\trcu_barrier();\n\tif (x)\n\t\trcu_barrier();\n\trcu_barrier(); y();\n}\n";
  EXPECT_EQ(wholeLineCall(Text, 2, "rcu_barrier"), std::pair(2u, 18u));
  EXPECT_FALSE(wholeLineCall(Text, 4, "rcu_barrier"));
  EXPECT_FALSE(wholeLineCall(Text, 5, "rcu_barrier"));
  EXPECT_FALSE(wholeLineCall(Text, 9, "rcu_barrier"));
}

} // namespace
