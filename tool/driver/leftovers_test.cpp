// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What else changes: which barriers may go and for whose sake the others stay, what the patch removes, and which fields
// nobody reads any more. Each test is one small module over testdata/pipeline/base.
#include "tool/driver/pipeline_trees.h"
#include "tool/lifetime/leftovers.h"
#include "tool/rewrite/rewrite.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"

using namespace krcu;

namespace {

const char Head[] = "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n"
                    "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\n"
                    "struct item {\n\tint key;\n\tstruct rcu_head rcu;\n};\n";
const char Cache[] = "static struct kmem_cache *item_cache;\n"
                     "static void item_free(struct rcu_head *head)\n{\n"
                     "\tkmem_cache_free(item_cache, container_of(head, struct item, rcu));\n}\n"
                     "void item_drop(struct item *item)\n{\n\tcall_rcu(&item->rcu, item_free);\n}\n"
                     "static int __init drv_init(void)\n{\n"
                     "\titem_cache = kmem_cache_create(\"item\", sizeof(struct item), 0, 0, NULL);\n\treturn item_cache ? 0 : -1;\n}\n"
                     "module_init(drv_init);\n";
const char Exit[] = "static void __exit drv_exit(void)\n{\n\trcu_barrier();\n\tkmem_cache_destroy(item_cache);\n}\nmodule_exit(drv_exit);\n";

class Leftover : public testing::Test {
protected:
  explicit Leftover(const std::string &Era = "waits") : Tree(Era) {}

  void module(const std::string &Extra, const std::string &Tail = Exit) { Tree.write("drv/drv.c", std::string(Head) + Cache + Extra + Tail); }

  void scan(bool Drop = false) {
    ScanOptions O = Tree.options();
    O.leftovers = true;
    O.assume = Assume;
    auto S = Scan::run(O);
    ASSERT_TRUE(bool(S)) << message(S.takeError());
    Result = std::move(*S);
    Sites = Result->sites();
    auto P = makePatch(*Result, Sites, 1, {Drop});
    ASSERT_TRUE(bool(P)) << message(P.takeError());
    Patched = std::move(*P);
  }

  const Leftovers &leftovers() {
    static const Leftovers None;
    for (const SiteReport &R : Sites)
      if (R.cls == SiteClass::Convert && R.leftovers)
        return *R.leftovers;
    ADD_FAILURE() << "no site converts";
    return None;
  }

  /// "goes", or why the only barrier stays.
  std::string barrier() {
    scan();
    const Leftovers &L = leftovers();
    if (L.barriers.size() != 1)
      return std::to_string(L.barriers.size()) + " barriers";
    return L.barriers[0].may_go ? "goes" : L.barriers[0].why;
  }

  std::string textAfter(bool Drop) {
    scan(Drop);
    auto It = Patched.files.find("drv/drv.c");
    return It == Patched.files.end() ? std::string() : It->second.second;
  }

  ScratchTree Tree;
  std::vector<std::string> Assume;
  std::unique_ptr<Scan> Result;
  std::vector<SiteReport> Sites;
  Patch Patched;
};

bool contains(const std::string &Text, const std::string &Part) { return Text.find(Part) != std::string::npos; }

TEST_F(Leftover, BarrierGoesIfNothingElseIsQueued) {
  module("");
  EXPECT_EQ(barrier(), "goes");
  ASSERT_EQ(leftovers().barriers[0].looked_at.size(), 1u);
  EXPECT_EQ(leftovers().barriers[0].looked_at[0].text, "call_rcu() queues item_free()");
}

TEST_F(Leftover, ByDefaultTheBarrierStays) {
  module("");
  EXPECT_TRUE(contains(textAfter(false), "rcu_barrier();"));
  ASSERT_EQ(Patched.notes.size(), 1u);
  EXPECT_TRUE(contains(Patched.notes[0], "rcu_barrier() may go: no other callback of drv can be queued")) << Patched.notes[0];
}

TEST_F(Leftover, DropBarriersRemovesItAndSaysWhatWasLookedAt) {
  module("", "static void __exit drv_exit(void)\n{\n\t/* Let the callbacks finish. */\n\trcu_barrier();\n\tkmem_cache_destroy(item_cache);\n}\n"
             "module_exit(drv_exit);\n");
  EXPECT_TRUE(contains(textAfter(true), "drv_exit(void)\n{\n\tkmem_cache_destroy(item_cache);\n}\n")) << Patched.files["drv/drv.c"].second;
  ASSERT_EQ(Patched.notes.size(), 1u);
  EXPECT_TRUE(contains(Patched.notes[0], "rcu_barrier() is removed")) << Patched.notes[0];
  EXPECT_TRUE(contains(Patched.notes[0], "converted: drv/drv.c:17 call_rcu() queues item_free()")) << Patched.notes[0];
}

TEST_F(Leftover, BarrierStaysForAnotherCallback) {
  module("static int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\n"
         "void later(struct item *item)\n{\n\tcall_rcu(&item->rcu, counted);\n}\n");
  EXPECT_TRUE(contains(barrier(), "call_rcu() queues counted()"));
  EXPECT_TRUE(contains(textAfter(true), "rcu_barrier();"));
}

TEST_F(Leftover, BarrierStaysForACallbackThatTheConfigurationHides) {
  module("#ifdef CONFIG_ABSENT\nvoid later(struct item *item)\n{\n\tcall_rcu(&item->rcu, hidden);\n}\n#endif\n");
  EXPECT_TRUE(contains(barrier(), "call_rcu() queues hidden()"));
}

TEST_F(Leftover, BarrierStaysForAnotherFileOfTheModule) {
  module("");
  Tree.write("drv/Makefile", "obj-$(CONFIG_DRV) += both.o\nboth-y := drv.o\nboth-$(CONFIG_ABSENT) += second.o\n");
  Tree.write("drv/second.c", std::string(Head) + "static int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\n"
                                                 "void later(struct item *item)\n{\n\tcall_rcu(&item->rcu, counted);\n}\n");
  EXPECT_TRUE(contains(barrier(), "drv/second.c:17, call_rcu() queues counted()"));
}

TEST_F(Leftover, BarrierStaysForAFileThatNobodyHasSeen) {
  module("");
  Tree.write("drv/Makefile", "obj-$(CONFIG_DRV) += both.o\nboth-y := drv.o second.o\n");
  EXPECT_TRUE(contains(barrier(), "1 file of both may queue a callback and cannot be looked at: drv/second.o")) << leftovers().barriers[0].why;
  EXPECT_TRUE(contains(textAfter(true), "rcu_barrier();"));
  ASSERT_EQ(Patched.notes.size(), 1u);
  EXPECT_TRUE(contains(Patched.notes[0], "rcu_barrier() stays: 1 file of both may queue a callback and cannot be looked at: drv/second.o")) << Patched.notes[0];
  EXPECT_TRUE(contains(textAfter(false), "rcu_barrier();") && Patched.notes.empty()) << "nobody asked for it";
  Tree.write("drv/second.rs", "// Rust\n");
  EXPECT_TRUE(contains(barrier(), "1 file of both may queue a callback and cannot be looked at: drv/second.rs is no C")) << leftovers().barriers[0].why;
}

TEST_F(Leftover, BarrierStaysForWhatACallbackOfTheCoreCalls) {
  Tree.write("core/Makefile", "obj-y += core.o\n");
  Tree.write("core/core.h", "#include <linux/types.h>\nstruct conn {\n\tint key;\n\tstruct rcu_head rcu;\n\tvoid (*release)(struct conn *conn);\n};\nvoid conn_put(struct conn *conn);\n");
  Tree.write("core/core.c", "#include <linux/kernel.h>\n#include <linux/rcupdate.h>\n#include \"core.h\"\nstatic void core_late(struct rcu_head *head)\n{\n"
                            "\tstruct conn *conn = container_of(head, struct conn, rcu);\n\n\tconn->release(conn);\n}\nvoid conn_put(struct conn *conn)\n{\n\tcall_rcu(&conn->rcu, core_late);\n}\n");
  Tree.write("Kbuild", Tree.read("Kbuild") + "obj-y += core/\n");
  module("#include \"../core/core.h\"\nstatic void drv_conn_release(struct conn *conn)\n{\n\tconn->key = 0;\n}\nvoid drv_open(struct conn *conn)\n{\n\tconn->release = drv_conn_release;\n}\n");
  EXPECT_TRUE(contains(barrier(), "the end of drv in drv_exit() is not right without it")) << leftovers().barriers[0].why;
  EXPECT_TRUE(contains(textAfter(true), "rcu_barrier();"));
}

TEST_F(Leftover, BarrierStaysForAMemberThatTheCoreCallsFromAnRcuCallback) {
  module("struct inode;\nstruct super_operations {\n\tvoid (*free_inode)(struct inode *);\n};\n"
         "static void drv_free_inode(struct inode *inode)\n{\n}\n"
         "const struct super_operations drv_ops = {\n\t.free_inode = drv_free_inode,\n};\n");
  EXPECT_TRUE(contains(barrier(), "super_operations.free_inode = drv_free_inode"));
}

TEST_F(Leftover, AMemberOfTheSameNameInAnotherRecordDoesNotCount) {
  module("struct inode;\nstruct my_operations {\n\tvoid (*free_inode)(struct inode *);\n};\n"
         "static void drv_free_inode(struct inode *inode)\n{\n}\n"
         "const struct my_operations drv_ops = {\n\t.free_inode = drv_free_inode,\n};\n");
  EXPECT_EQ(barrier(), "goes");
}

TEST_F(Leftover, AMemberThatNoParseShowsKeepsTheBarrier) {
  module("#ifdef CONFIG_ABSENT\nconst struct super_operations drv_ops = {\n\t.free_inode = drv_free_inode,\n};\n#endif\n");
  EXPECT_TRUE(contains(barrier(), "cannot tell whether a callback may be queued"));
  EXPECT_FALSE(leftovers().barriers[0].known);
}

TEST_F(Leftover, BarrierStaysForRcuWork) {
  Tree.write("include/linux/workqueue.h", "#define INIT_RCU_WORK(work, function) do { *(work) = (function); } while (0)\n");
  module("#include <linux/workqueue.h>\nstatic void worked(void)\n{\n}\nvoid later(void (**work)(void))\n{\n\tINIT_RCU_WORK(work, worked);\n}\n");
  EXPECT_TRUE(contains(barrier(), "RCU runs worked() later"));
}

TEST_F(Leftover, BarrierStaysForAWrapperInAnotherFile) {
  Tree.write("lib/defer.c", std::string(Head) + "void defer(struct rcu_head *head, rcu_callback_t func)\n{\n\tcall_rcu(head, func);\n}\n");
  module("void defer(struct rcu_head *head, rcu_callback_t func);\nstatic int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\n"
         "void later(struct item *item)\n{\n\tdefer(&item->rcu, counted);\n}\n");
  EXPECT_TRUE(contains(barrier(), "defer() queues a callback of its caller's at lib/defer.c:12"));
}

TEST_F(Leftover, KfreeRcuIsNoCallback) {
  module("void later(struct item *item)\n{\n\tkfree_rcu(item, rcu);\n}\n");
  EXPECT_EQ(barrier(), "goes");
}

TEST_F(Leftover, BarrierThatAlsoRunsAtRunTimeStays) {
  module("void reset(void)\n{\n\trcu_barrier();\n\tkmem_cache_destroy(item_cache);\n}\nstruct ops {\n\tvoid (*reset)(void);\n};\n"
         "struct ops drv_ops = { .reset = reset };\n",
         "");
  EXPECT_TRUE(contains(barrier(), "reset() runs not only when the module leaves"));
}

TEST_F(Leftover, BarrierOfAnotherModuleStaysForThatModulesUsers) {
  Tree.write("drv/Makefile", "obj-$(CONFIG_DRV) += drv.o\nobj-$(CONFIG_OTHER) += other.o\n");
  module("void drv_end(void);\n", "void drv_end(void)\n{\n\trcu_barrier();\n\tkmem_cache_destroy(item_cache);\n}\n");
  Tree.write("drv/other.c", std::string(Head) + "void drv_end(void);\nstatic int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\n"
                                                "void later(struct item *item)\n{\n\tcall_rcu(&item->rcu, counted);\n}\n"
                                                "static void __exit other_exit(void)\n{\n\tdrv_end();\n}\nmodule_exit(other_exit);\n");
  EXPECT_TRUE(contains(barrier(), "drv/other.c:18, call_rcu() queues counted()"));
  EXPECT_EQ(leftovers().barriers[0].modules, (std::vector<std::string>{"drv", "other"}));
}

TEST_F(Leftover, BarrierThatCannotBeCutOutStaysAndTheConversionDoesNot) {
  module("extern int gone;\n", "static void __exit drv_exit(void)\n{\n\tif (!gone)\n\t\tgone = 1;\n\telse\n\t\tgone = 2;\nout:\n\trcu_barrier();\n"
                               "\tif (gone == 3)\n\t\tgoto out;\n\tkmem_cache_destroy(item_cache);\n}\nmodule_exit(drv_exit);\n");
  std::string Text = textAfter(true);
  EXPECT_TRUE(contains(Text, "kfree_rcu(item, rcu);"));
  EXPECT_TRUE(contains(Text, "rcu_barrier();"));
  ASSERT_EQ(Patched.refused.size(), 1u);
  EXPECT_TRUE(contains(Patched.refused[0], "the barrier was not removed")) << Patched.refused[0];
}

TEST_F(Leftover, TextOfTheCallbackWasAllThatTheBarrierWaitedFor) {
  Tree.write("drv/drv.c", std::string(Head) + "static void item_free(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct item, rcu));\n}\n"
                                              "void item_drop(struct item *item)\n{\n\tcall_rcu(&item->rcu, item_free);\n}\n"
                                              "static void __exit drv_exit(void)\n{\n\trcu_barrier();\n}\nmodule_exit(drv_exit);\n");
  EXPECT_EQ(barrier(), "goes");
}

TEST_F(Leftover, WhereTheBarrierWaitsForTheObjectsItStays) {
  Assume = {"no-batching"};
  module("");
  EXPECT_TRUE(contains(barrier(), "is what waits for the converted objects too"));
}

const char Copy[] = "struct node {\n\tstruct kmem_cache *from;\n\tstruct rcu_head rcu;\n};\n"
                    "static struct kmem_cache *node_cache;\n"
                    "static void node_free(struct rcu_head *head)\n{\n\tstruct node *node = container_of(head, struct node, rcu);\n\n"
                    "\tkmem_cache_free(node->from, node);\n}\n"
                    "void node_drop(struct node *node)\n{\n\tnode->from = node_cache;\n\tcall_rcu(&node->rcu, node_free);\n}\n"
                    "static int __init drv_init(void)\n{\n\tnode_cache = kmem_cache_create(\"node\", sizeof(struct node), 0, 0, NULL);\n"
                    "\treturn node_cache ? 0 : -1;\n}\nmodule_init(drv_init);\n";

TEST_F(Leftover, AFieldThatOnlyTheCallbackReadIsReported) {
  Tree.write("drv/drv.c", std::string(Head) + Copy);
  scan();
  ASSERT_EQ(leftovers().fields.size(), 1u);
  EXPECT_EQ(leftovers().fields[0].field, "node.from");
  ASSERT_EQ(leftovers().fields[0].stores.size(), 1u);
  EXPECT_EQ(leftovers().fields[0].stores[0].line, 23u);
  EXPECT_EQ(leftovers().fields[0].stores[0].function, "node_drop");
}

TEST_F(Leftover, AFieldThatSomebodyElseReadsIsNot) {
  Tree.write("drv/drv.c", std::string(Head) + Copy + "void *peek(struct node *node)\n{\n\treturn node->from;\n}\n");
  scan();
  EXPECT_TRUE(leftovers().fields.empty());
}

} // namespace
