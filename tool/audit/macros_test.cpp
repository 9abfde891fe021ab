// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Waits that stand in a macro of the module or in a work item, modules that hold themselves, and structures that hold the module.
#include "tool/audit/audit.h"
#include "tool/audit/test_module.h"
#include "tool/driver/pipeline_trees.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"

using namespace krcu;
using namespace krcu::testing_module;

namespace {

class AuditMacros : public testing::Test {
protected:
  AuditMacros() : Tree("waits") {}
  std::string found(const std::string &Text, bool All = false) {
    Tree.write("drv/drv.c", Head + Text);
    return findingsIn(Tree.options(), All, Reasons);
  }
  ScratchTree Tree;
  std::string Reasons;
};

TEST_F(AuditMacros, AWaitInAMacro) {
  const std::string Exit = exitWith("\tsettle();\n");
  for (const char *Macro : {"#define settle() rcu_barrier()\n", "#define settle() do { synchronize_rcu(); rcu_barrier(); } while (0)\n", "#define settle() ({ rcu_barrier(); })\n", "#define settle() { synchronize_rcu(); rcu_barrier(); }\n",
                            "#define inner() rcu_barrier()\n#define settle() inner()\n", "#define settle() do { \\\n\tsynchronize_rcu(); \\\n\trcu_barrier(); \\\n} while (0)\n"})
    EXPECT_EQ(found(Counted + Macro + Exit), "") << Macro << Reasons;
  EXPECT_EQ(found(Counted + "#define settle() synchronize_rcu()\n" + Exit), "missing_rcu_barrier high") << Reasons;
  EXPECT_EQ(found(Counted + "#define settle() do { } while (0)\n" + Exit), "missing_rcu_barrier high") << Reasons;
  EXPECT_EQ(found(Counted + "static bool late;\n#define settle() do { if (late) rcu_barrier(); } while (0)\n" + Exit), "missing_rcu_barrier high") << Reasons;
}

TEST_F(AuditMacros, AStopInAMacroBehindTheWait) {
  const std::string Stop = "#define halt() do { cancel_work_sync(&work); } while (0)\n";
  EXPECT_NE(found(Counted + Work + Stop + exitWith("\trcu_barrier();\n\thalt();\n")).find("early_rcu_barrier"), std::string::npos) << Reasons;
  EXPECT_EQ(found(Counted + Work + Stop + exitWith("\thalt();\n\trcu_barrier();\n")), "") << Reasons;
}

/// What a callback queues comes behind the wait that is on.
TEST_F(AuditMacros, ACallbackThatQueuesAnotherOne) {
  auto Module = [](const std::string &First, const std::string &Exit) {
    return "static int count;\nstatic struct item one;\nstatic void last(struct rcu_head *head)\n{\n\tcount++;\n}\nstatic void first(struct rcu_head *head)\n{\n" + First + "}\nvoid item_count(struct item *item)\n{\n\tcall_rcu(&item->rcu, first);\n}\n" + exitWith(Exit);
  };
  const std::string Queue = "\tcall_rcu(head, last);\n", Wait = "\trcu_barrier();\n";
  EXPECT_EQ(found(Module(Queue, Wait)), "missing_rcu_barrier medium") << Reasons;
  EXPECT_NE(Reasons.find("first() queues last() while the wait for it is on"), std::string::npos) << Reasons;
  EXPECT_EQ(found(Module(Queue, Wait + Wait)), "") << Reasons;
  EXPECT_EQ(found(Module("\tif (count)\n\t" + Queue, Wait)), "") << Reasons;
  EXPECT_EQ(found(Module("\tif (count)\n\t" + Queue, Wait), true), "missing_rcu_barrier low") << Reasons;
  EXPECT_EQ(found(Module("\tcount++;\n", Wait)), "") << Reasons;
}

/// What ends first may be started again by what ends behind it.
TEST_F(AuditMacros, AWorkThatATimerStartsAgain) {
  const std::string Timer = "struct timer_list {\n\tvoid (*function)(struct timer_list *timer);\n};\nint del_timer_sync(struct timer_list *timer);\nbool schedule_work(struct work_struct *work);\nstatic bool often;\n"
                            "static void drv_timer(struct timer_list *t)\n{\n\tschedule_work(&work);\n}\nstatic struct timer_list timer = {\n\t.function = drv_timer,\n};\n";
  const std::string StopWork = "\tcancel_work_sync(&work);\n", StopTimer = "\tdel_timer_sync(&timer);\n", Wait = "\trcu_barrier();\n";
  EXPECT_EQ(found(Counted + Work + Timer + exitWith(StopWork + StopTimer + Wait)), "missing_rcu_barrier medium") << Reasons;
  EXPECT_NE(Reasons.find("until del_timer_sync(&timer) returns drv_timer() may start it"), std::string::npos) << Reasons;
  EXPECT_EQ(found(Counted + Work + Timer + exitWith(StopTimer + StopWork + Wait)), "") << Reasons;
  EXPECT_EQ(found(Counted + Work + Timer + exitWith(StopWork + StopTimer + StopWork + Wait)), "") << Reasons;
  std::string Sometimes = Timer;
  Sometimes.replace(Sometimes.find("\tschedule_work"), 1, "\tif (often)\n\t\t");
  EXPECT_EQ(found(Counted + Work + Sometimes + exitWith(StopWork + StopTimer + Wait)), "") << Reasons;
}

TEST_F(AuditMacros, AWorkThatWaits) {
  auto Module = [](const std::string &Body, const std::string &Exit) {
    return Counted + "struct work_struct {\n\tvoid (*func)(struct work_struct *work);\n};\nbool schedule_work(struct work_struct *work);\nbool flush_work(struct work_struct *work);\n"
                     "static void settle(struct work_struct *work)\n{\n" + Body + "}\nstatic struct work_struct waiter = {\n\t.func = settle,\n};\n" + exitWith(Exit);
  };
  EXPECT_EQ(found(Module("\trcu_barrier();\n", "\tschedule_work(&waiter);\n\tflush_work(&waiter);\n")), "") << Reasons;
  EXPECT_EQ(found(Module("\trcu_barrier();\n", "\tschedule_work(&waiter);\n\tflush_work(&waiter);\n"), true), "missing_rcu_barrier low") << Reasons;
  EXPECT_NE(Reasons.find("settle() waits, and flush_work() waits for it"), std::string::npos) << Reasons;
  EXPECT_EQ(found(Module("\tsynchronize_rcu();\n", "\tschedule_work(&waiter);\n\tflush_work(&waiter);\n")), "missing_rcu_barrier high") << Reasons;
  EXPECT_EQ(found(Module("\trcu_barrier();\n", "\tschedule_work(&waiter);\n")), "missing_rcu_barrier high") << Reasons;
}

TEST_F(AuditMacros, AModuleThatHoldsItself) {
  auto Module = [](const std::string &Start, const std::string &More = "") {
    return Counted + "struct module;\nextern struct module *drv_module;\n#define THIS_MODULE drv_module\nvoid __module_get(struct module *module);\nvoid module_put(struct module *module);\n" + More +
           "static int __init drv_init(void)\n{\n" + Start + "\treturn 0;\n}\nmodule_init(drv_init);\nstatic void __exit drv_exit(void)\n{\n}\nmodule_exit(drv_exit);\n";
  };
  EXPECT_EQ(found(Module("")), "missing_rcu_barrier high") << Reasons;
  EXPECT_EQ(found(Module("\t__module_get(THIS_MODULE);\n"), true), "missing_rcu_barrier low") << Reasons;
  EXPECT_NE(Reasons.find("may never be unloaded"), std::string::npos) << Reasons;
  EXPECT_EQ(found(Module("\t__module_get(THIS_MODULE);\n", "void drv_done(void)\n{\n\tmodule_put(THIS_MODULE);\n}\n")), "missing_rcu_barrier high") << Reasons;
}

/// A cipher in use holds the module that its structure names, so none is used when the module goes.
TEST_F(AuditMacros, AnAlgorithmHoldsItsModule) {
  auto Module = [](const std::string &Tag) {
    return "struct " + Tag + " {\n\tvoid (*exit_tfm)(struct item *item);\n};\nvoid algorithm_gone(struct " + Tag + " *alg);\n" + Counted + "static void drv_exit_tfm(struct item *item)\n{\n\titem_count(item);\n}\nstatic struct " + Tag +
           " alg = {\n\t.exit_tfm = drv_exit_tfm,\n};\n" + exitWith("\trcu_barrier();\n\talgorithm_gone(&alg);\n");
  };
  EXPECT_EQ(found(Module("shash_alg")), "") << Reasons;
  EXPECT_EQ(found(Module("tty_ldisc_ops")), "") << Reasons;
}

} // namespace
