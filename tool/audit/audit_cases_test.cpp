// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ends of modules, each a kind of real life: what is shown by default, what only with --all, and what not at all.
#include "tool/audit/audit.h"
#include "tool/audit/test_module.h"
#include "tool/driver/pipeline_trees.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"

using namespace krcu;
using namespace krcu::testing_module;

namespace {


class ModuleEnd : public testing::Test {
protected:
  ModuleEnd() : Tree("waits") {}
  AuditReport audit(bool All) {
    auto S = Scan::prepare(Tree.options());
    EXPECT_TRUE(bool(S)) << message(S.takeError());
    Held = std::move(*S);
    return auditTree(*Held, {{}, All});
  }
  /// "kind confidence" of each finding that is no note.
  std::string found(bool All = false) {
    std::string Text;
    for (const AuditFinding &F : audit(All).findings) {
      if (F.severity == Severity::Note || (F.where.file.rfind("drv/", 0) != 0 && F.where.file.rfind("core/", 0) != 0))
        continue;
      Text += (Text.empty() ? "" : "; ") + F.kind + " " + confidenceName(F.confidence);
      Reasons += F.reason + "\n";
    }
    return Text;
  }
  void module(const std::string &Text) { Tree.write("drv/drv.c", Head + Text); }
  void core(const std::string &Text, const std::string &Header = "") {
    Tree.write("core/Makefile", "obj-y += core.o\n");
    Tree.write("core/core.c", Text);
    Tree.write("core/core.h", Header);
    Tree.write("Kbuild", Tree.read("Kbuild") + "obj-y += core/\n");
  }

  ScratchTree Tree;
  std::unique_ptr<Scan> Held;
  std::string Reasons;
};

// Who queues

TEST_F(ModuleEnd, TheCallbackStandsInAnotherFile) {
  Tree.write("drv/Makefile", "obj-$(CONFIG_DRV) += both.o\nboth-y := drv.o other.o\n");
  Tree.write("drv/other.c", std::string(Head) + "int count;\nvoid counted(struct rcu_head *head)\n{\n\tcount++;\n}\n");
  module("extern int count;\nvoid counted(struct rcu_head *head);\nvoid item_count(struct item *item)\n{\n\tcall_rcu(&item->rcu, counted);\n}\n" + exitWith("\tcount = 0;\n"));
  EXPECT_EQ(found(), "missing_rcu_barrier high");
}

TEST_F(ModuleEnd, AnInlineOfTheModulesHeaderQueues) {
  Tree.write("drv/drv.h", "#include <linux/rcupdate.h>\nstruct item {\n\tint key;\n\tstruct rcu_head rcu;\n};\nvoid counted(struct rcu_head *head);\n"
                          "static inline void item_put(struct item *item)\n{\n\tcall_rcu(&item->rcu, counted);\n}\n");
  Tree.write("drv/drv.c", "#include <linux/kernel.h>\n#include <linux/module.h>\n#include \"drv.h\"\nint count;\nvoid counted(struct rcu_head *head)\n{\n\tcount++;\n}\n"
                          "void drv_put(struct item *item)\n{\n\titem_put(item);\n}\n" + exitWith("\tcount = 0;\n"));
  EXPECT_EQ(found(), "missing_rcu_barrier high");
}

TEST_F(ModuleEnd, TheCallbackComesFromATableOfFunctions) {
  module("struct item_ops {\n\tvoid (*release)(struct rcu_head *head);\n};\nstatic int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\n"
         "static const struct item_ops ops = {\n\t.release = counted,\n};\nvoid item_count(struct item *item, const struct item_ops *o)\n{\n\tcall_rcu(&item->rcu, o->release);\n}\n"
         "const struct item_ops *item_ops_get(void)\n{\n\treturn &ops;\n}\n" + exitWith("\tcount = 0;\n"));
  EXPECT_EQ(found(), "missing_rcu_barrier medium");
}

const char CoreConn[] = "#include <linux/kernel.h>\n#include <linux/rcupdate.h>\n#include <linux/module.h>\n#include \"core.h\"\n"
                        "static void core_late(struct rcu_head *head)\n{\n\tstruct conn *conn = container_of(head, struct conn, rcu);\n\n\tconn->release(conn);\n}\n"
                        "void conn_put(struct conn *conn)\n{\n\tcall_rcu(&conn->rcu, core_late);\n}\nEXPORT_SYMBOL_GPL(conn_put);\n";
const char ConnHeader[] = "#include <linux/types.h>\nstruct conn {\n\tint key;\n\tstruct rcu_head rcu;\n\tvoid (*release)(struct conn *conn);\n};\nvoid conn_put(struct conn *conn);\n";

TEST_F(ModuleEnd, TheCoreRunsAFunctionOfTheModuleFromItsCallback) {
  core(CoreConn, ConnHeader);
  Tree.write("drv/drv.c", "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/slab.h>\n#include \"../core/core.h\"\n"
                          "static void drv_conn_release(struct conn *conn)\n{\n\tkfree(conn);\n}\nvoid drv_open(struct conn *conn)\n{\n\tconn->release = drv_conn_release;\n}\n"
                          "void drv_close(struct conn *conn)\n{\n\tconn_put(conn);\n}\n" + exitWith("\t;\n"));
  EXPECT_EQ(found(), "missing_rcu_barrier medium");
}

TEST_F(ModuleEnd, AMemberOfThatNameInAnotherStructureIsNot) {
  core(CoreConn, ConnHeader);
  Tree.write("drv/drv.c", "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/slab.h>\n#include \"../core/core.h\"\n"
                          "struct other {\n\tvoid (*release)(struct other *o);\n};\nstatic void drv_release(struct other *o)\n{\n\tkfree(o);\n}\n"
                          "void drv_open(struct other *o)\n{\n\to->release = drv_release;\n}\n" + exitWith("\t;\n"));
  EXPECT_EQ(found(true), "");
}

const char FileSystem[] = "struct super_operations {\n\tvoid (*free_inode)(struct item *item);\n};\nstatic struct kmem_cache *inode_cache;\n"
                          "static void item_free_inode(struct item *item)\n{\n\tkmem_cache_free(inode_cache, item);\n}\n"
                          "const struct super_operations item_ops = {\n\t.free_inode = item_free_inode,\n};\n"
                          "void item_make(void)\n{\n\tinode_cache = kmem_cache_create(\"item\", sizeof(struct item), 0, 0, NULL);\n}\n";

TEST_F(ModuleEnd, TheCoreFreesInodesLater) {
  module(FileSystem + exitWith("\tkmem_cache_destroy(inode_cache);\n"));
  EXPECT_EQ(found(), "missing_rcu_barrier medium");
  module(FileSystem + exitWith("\tkmem_cache_destroy(inode_cache);\n\trcu_barrier();\n"));
  EXPECT_EQ(found(), "late_rcu_barrier medium");
  module(FileSystem + exitWith("\trcu_barrier();\n\tkmem_cache_destroy(inode_cache);\n"));
  EXPECT_EQ(found(true), "");
}

// When

TEST_F(ModuleEnd, AProducerIsStoppedBehindTheBarrier) {
  module(std::string(Counted) + Work + exitWith("\trcu_barrier();\n\tcancel_work_sync(&work);\n"));
  EXPECT_EQ(found(), "early_rcu_barrier medium");
  EXPECT_NE(Reasons.find("until cancel_work_sync(&work) returns drv_work() may run"), std::string::npos) << Reasons;
  module(std::string(Counted) + Work + exitWith("\tcancel_work_sync(&work);\n\trcu_barrier();\n"));
  EXPECT_EQ(found(true), "");
}

TEST_F(ModuleEnd, WhatHoldsTheModuleIsOverWhenTheExitBegins) {
  std::string Text = std::string(Counted) + "static struct item one;\nstruct mount_ops {\n\tvoid (*sync)(void);\n};\nstruct file_system_type {\n\tvoid (*mount)(void);\n};\n"
                     "int unregister_filesystem(struct file_system_type *type);\nstatic void drv_sync(void)\n{\n\titem_count(&one);\n}\n"
                     "static struct mount_ops drv_mount_ops = {\n\t.sync = drv_sync,\n};\nstruct mount_ops *drv_ops;\nstatic void drv_mount(void)\n{\n\tdrv_ops = &drv_mount_ops;\n}\n"
                     "static struct file_system_type drv_type = {\n\t.mount = drv_mount,\n};\n";
  module(Text + exitWith("\trcu_barrier();\n\tunregister_filesystem(&drv_type);\n"));
  EXPECT_EQ(found(true), "");
}

TEST_F(ModuleEnd, AMemberThatMayBeABarrier) {
  module(std::string(Counted) + "struct wait_ops {\n\tvoid (*wait)(void);\n};\nstatic struct wait_ops plain = {\n\t.wait = rcu_barrier,\n};\nstatic struct wait_ops *cur = &plain;\n" +
         exitWith("\tif (cur->wait)\n\t\tcur->wait();\n"));
  EXPECT_EQ(found(), "");
  EXPECT_EQ(found(true), "missing_rcu_barrier low");
}

const char Driver[] = "struct device;\nstruct driver {\n\tvoid (*remove)(struct device *dev);\n};\nvoid driver_unregister(struct driver *driver);\nstatic struct item one;\n"
                      "static void drv_remove(struct device *dev)\n{\n\titem_count(&one);\n}\nstatic struct driver drv = {\n\t.remove = drv_remove,\n};\n";

TEST_F(ModuleEnd, ADriverIsUnregisteredBehindTheBarrier) {
  module(std::string(Counted) + Driver + exitWith("\trcu_barrier();\n\tdriver_unregister(&drv);\n"));
  EXPECT_EQ(found(), "early_rcu_barrier medium");
  module(std::string(Counted) + Driver + exitWith("\tdriver_unregister(&drv);\n\trcu_barrier();\n"));
  EXPECT_EQ(found(true), "");
}

TEST_F(ModuleEnd, TheExitItselfQueuesBehindTheBarrier) {
  module(std::string(Counted) + "static struct item one;\n" + exitWith("\trcu_barrier();\n\titem_count(&one);\n"));
  EXPECT_EQ(found(), "early_rcu_barrier high");
}

const char CoreSettles[] = "#include <linux/rcupdate.h>\nvoid core_settle(void)\n{\n\trcu_barrier();\n}\n";

TEST_F(ModuleEnd, ABarrierOfTheCoreBeforeTheLastProducerStops) {
  core(CoreSettles);
  module(std::string(Counted) + Work + "void core_settle(void);\n" + exitWith("\tcore_settle();\n\tcancel_work_sync(&work);\n"));
  EXPECT_EQ(found().substr(0, 19), "missing_rcu_barrier");
  module(std::string(Counted) + Work + "void core_settle(void);\n" + exitWith("\tcore_settle();\n\tcancel_work_sync(&work);\n\trcu_barrier();\n"));
  EXPECT_EQ(found(true), "");
  module(std::string(Counted) + "void core_settle(void);\n" + exitWith("\tcore_settle();\n"));
  EXPECT_EQ(found(true), "");
}

TEST_F(ModuleEnd, AFlagThatIsSetWhereItQueues) {
  module("static int count;\nstatic bool queued;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\nvoid item_count(struct item *item)\n{\n\tqueued = true;\n"
         "\tcall_rcu(&item->rcu, counted);\n}\n" + exitWith("\tif (queued)\n\t\trcu_barrier();\n"));
  EXPECT_EQ(found(), "");
  EXPECT_EQ(found(true), "missing_rcu_barrier low");
}

TEST_F(ModuleEnd, AConditionThatHasNothingToDoWithIt) {
  module(std::string(Counted) + "bool verbose;\n" + exitWith("\tif (verbose)\n\t\trcu_barrier();\n"));
  EXPECT_EQ(found(), "missing_rcu_barrier high");
  EXPECT_NE(Reasons.find("only on some path"), std::string::npos) << Reasons;
}

TEST_F(ModuleEnd, AStartThatFails) {
  module(std::string(Counted) + "static struct item one;\nint more(void);\nstatic int __init drv_init(void)\n{\n\titem_count(&one);\n\tif (more())\n\t\treturn -1;\n\treturn 0;\n}\n"
                                "module_init(drv_init);\nstatic void __exit drv_exit(void)\n{\n\trcu_barrier();\n}\nmodule_exit(drv_exit);\n");
  EXPECT_EQ(found(), "missing_rcu_barrier medium");
  EXPECT_NE(Reasons.find("init path"), std::string::npos) << Reasons;
}

TEST_F(ModuleEnd, WithoutAnExitNothingEnds) {
  module(std::string(Counted) + Init);
  EXPECT_EQ(found(true), "");
}

// What looks like a wait

TEST_F(ModuleEnd, ABarrierWhereANamespaceEnds) {
  module(std::string(Counted) + "struct net;\nstruct pernet_operations {\n\tvoid (*exit)(struct net *net);\n};\nvoid unregister_pernet_subsys(struct pernet_operations *ops);\n"
                                "static void drv_net_exit(struct net *net)\n{\n\trcu_barrier();\n}\nstatic struct pernet_operations drv_net_ops = {\n\t.exit = drv_net_exit,\n};\n" +
         exitWith("\tunregister_pernet_subsys(&drv_net_ops);\n"));
  EXPECT_EQ(found(), "");
}

TEST_F(ModuleEnd, ANameIsNotAFunctionOfAnotherFile) {
  Tree.write("lib/other.c", "#include <linux/rcupdate.h>\nstatic void recheck(void)\n{\n\trcu_barrier();\n}\nvoid other(void)\n{\n\trecheck();\n}\n");
  Tree.write("lib/Makefile", "obj-y += pool.o other.o\n");
  module(std::string(Counted) + "static void halt(bool recheck)\n{\n\tif (recheck)\n\t\tcount = 0;\n}\n" + exitWith("\thalt(true);\n"));
  EXPECT_EQ(found(), "missing_rcu_barrier high");
}

TEST_F(ModuleEnd, AReferenceOfAnotherModuleIsDropped) {
  core("#include \"core.h\"\nvoid table_put(struct table *table)\n{\n\tmodule_put(table->owner);\n}\n",
       "struct module;\nstruct table {\n\tstruct module *owner;\n};\nvoid module_put(struct module *module);\nvoid table_put(struct table *table);\n");
  module("#include \"../core/core.h\"\nstruct holder {\n\tstruct table *table;\n\tstruct rcu_head rcu;\n};\nstatic void counted(struct rcu_head *head)\n{\n"
         "\tstruct holder *h = container_of(head, struct holder, rcu);\n\n\ttable_put(h->table);\n\tkfree(h);\n}\nvoid item_count(struct holder *item)\n{\n\tcall_rcu(&item->rcu, counted);\n}\n" +
         exitWith("\t;\n"));
  EXPECT_EQ(found(), "missing_rcu_barrier high");
}

TEST_F(ModuleEnd, ProbeIsNotRunByTheExit) {
  core(CoreSettles);
  module(std::string(Counted) + "struct device;\nstruct driver {\n\tint (*probe)(struct device *dev);\n};\nvoid driver_unregister(struct driver *driver);\nvoid core_settle(void);\n"
                                "static int drv_probe(struct device *dev)\n{\n\tcore_settle();\n\treturn 0;\n}\nstatic struct driver drv = {\n\t.probe = drv_probe,\n};\n" +
         exitWith("\tdriver_unregister(&drv);\n"));
  EXPECT_EQ(found(), "missing_rcu_barrier high");
}

TEST_F(ModuleEnd, ADriverMacroOfTheModulesOwn) {
  module(std::string(Counted) + "struct device;\nstruct platform_driver {\n\tvoid (*remove)(struct device *dev);\n};\nvoid platform_driver_unregister(struct platform_driver *driver);\n"
                                "int platform_driver_register(struct platform_driver *driver);\nstatic struct platform_driver drv = {\n\t.remove = NULL,\n};\n"
                                "#define module_platform_driver(d) static int __init d##_init(void) { return platform_driver_register(&(d)); } module_init(d##_init); "
                                "static void __exit d##_exit(void) { platform_driver_unregister(&(d)); } module_exit(d##_exit);\nmodule_platform_driver(drv);\n");
  EXPECT_EQ(found(), "missing_rcu_barrier medium");
}

// What is taken away

std::string pool(const std::string &Cache) {
  return "static int count;\nstatic void item_end(struct rcu_head *head)\n{\n\tcount++;\n\tkmem_cache_free(" + Cache + ", container_of(head, struct item, rcu));\n}\n"
         "void item_drop(struct item *item)\n{\n\tcall_rcu(&item->rcu, item_end);\n}\n";
}

TEST_F(ModuleEnd, ACacheGoesBeforeTheBarrier) {
  const char Late[] = "late_rcu_barrier medium";
  module("static struct kmem_cache *item_cache;\n" + pool("item_cache") + exitWith("\tkmem_cache_destroy(item_cache);\n\trcu_barrier();\n"));
  EXPECT_EQ(found(), Late) << "in a variable of the file";
  module("static struct { struct kmem_cache *cache; } g;\n" + pool("g.cache") + exitWith("\tkmem_cache_destroy(g.cache);\n\trcu_barrier();\n"));
  EXPECT_EQ(found(), Late) << "in a member of one";
  module("static struct kmem_cache *item_cache;\nstatic int count;\nstatic void item_free(struct item *item)\n{\n\tcount++;\n\tkmem_cache_free(item_cache, item);\n}\n"
         "static void item_end(struct rcu_head *head)\n{\n\titem_free(container_of(head, struct item, rcu));\n}\nvoid item_drop(struct item *item)\n{\n\tcall_rcu(&item->rcu, item_end);\n}\n" +
         exitWith("\tkmem_cache_destroy(item_cache);\n\trcu_barrier();\n"));
  EXPECT_EQ(found(), Late) << "freed by a helper";
  module("static struct kmem_cache *item_cache;\n" + pool("item_cache") + "static void gone(struct kmem_cache *cache)\n{\n\tkmem_cache_destroy(cache);\n}\n" +
         exitWith("\tgone(item_cache);\n\trcu_barrier();\n"));
  EXPECT_EQ(found(), Late) << "destroyed by a helper";
  std::string Table = "static void pool_exit(void)\n{\n\tkmem_cache_destroy(item_cache);\n\trcu_barrier();\n}\nstatic void (*const exits[])(void) = {\n\tpool_exit,\n};\n";
  module("static struct kmem_cache *item_cache;\n" + pool("item_cache") + Table + exitWith("\tunsigned int i;\n\n\tfor (i = 0; i < 1; i++)\n\t\texits[i]();\n"));
  EXPECT_NE(found().find(Late), std::string::npos) << "through a table of functions";
  const std::string Rows = "static struct kmem_cache *item_cache, *other_cache;\n" + pool("item_cache") +
                           "static struct row {\n\tstruct kmem_cache **cache;\n} rows[] = {\n\t{ .cache = &other_cache, },\n\t{ .cache = &item_cache, },\n};\n";
  const std::string Loop = "\tunsigned int i;\n\n\tfor (i = 0; i < 2; i++) {\n\t\tstruct row *row = &rows[i];\n\n\t\tkmem_cache_destroy(*(row->cache));\n\t}\n";
  module(Rows + exitWith(Loop + "\trcu_barrier();\n"));
  EXPECT_EQ(found(), Late) << "through a table of caches";
  module(Rows + "static void gone(void)\n{\n" + Loop + "}\n" + exitWith("\trcu_barrier();\n\tgone();\n"));
  EXPECT_EQ(found(true), "") << "through a table of caches, behind the barrier";
  module("static struct kmem_cache *item_cache, *other_cache;\n" + pool("item_cache") + "static struct kmem_cache **const all[] = { &other_cache, &item_cache };\n" +
         exitWith("\tunsigned int i;\n\n\tfor (i = 0; i < 2; i++)\n\t\tkmem_cache_destroy(*all[i]);\n\trcu_barrier();\n"));
  EXPECT_EQ(found(), Late) << "through an array of caches";
  module("static struct kmem_cache *item_cache, *other_cache, *third_cache;\n" + pool("item_cache") + "static struct kmem_cache **const some[] = { &other_cache, &third_cache };\n" +
         exitWith("\tunsigned int i;\n\n\tfor (i = 0; i < 2; i++)\n\t\tkmem_cache_destroy(*some[i]);\n\trcu_barrier();\n\tkmem_cache_destroy(item_cache);\n"));
  EXPECT_EQ(found(true), "") << "which is not in the table";
}

TEST_F(ModuleEnd, ACacheThatOnlyFreesGoesBeforeTheBarrier) {
  module("static struct kmem_cache *item_cache;\nstatic void item_end(struct rcu_head *head)\n{\n\tkmem_cache_free(item_cache, container_of(head, struct item, rcu));\n}\n"
         "void item_drop(struct item *item)\n{\n\tcall_rcu(&item->rcu, item_end);\n}\n" + exitWith("\tkmem_cache_destroy(item_cache);\n\trcu_barrier();\n"));
  EXPECT_EQ(found(), "late_rcu_barrier medium");
}

TEST_F(ModuleEnd, TheCacheIsDefinedInAnotherFile) {
  Tree.write("drv/Makefile", "obj-$(CONFIG_DRV) += both.o\nboth-y := drv.o other.o\n");
  Tree.write("drv/pool.h", "struct kmem_cache;\nextern struct kmem_cache *item_cache;\n");
  Tree.write("drv/other.c", std::string(Head) + "#include \"pool.h\"\nstruct kmem_cache *item_cache;\nvoid item_make(void)\n{\n\titem_cache = kmem_cache_create(\"item\", sizeof(struct item), 0, 0, NULL);\n}\n");
  std::string Exit = exitWith("\tkmem_cache_destroy(item_cache);\n\trcu_barrier();\n");
  module("extern struct kmem_cache *item_cache;\n" + pool("item_cache") + Exit);
  EXPECT_EQ(found(), "late_rcu_barrier medium");
  module("#include \"pool.h\"\n" + pool("item_cache") + Exit);
  EXPECT_EQ(found(), "late_rcu_barrier medium");
}

// Other callbacks

const char Srcu[] = "struct srcu_struct {\n\tint x;\n};\nvoid call_srcu(struct srcu_struct *s, struct rcu_head *head, rcu_callback_t func);\nvoid cleanup_srcu_struct(struct srcu_struct *s);\n"
                    "void srcu_barrier(struct srcu_struct *s);\nstatic struct srcu_struct drv_srcu, other_srcu;\nstatic struct item one;\nstatic int count;\n"
                    "static void counted(struct rcu_head *head)\n{\n\tcount++;\n}\nvoid item_count(struct item *item)\n{\n\tcall_srcu(&drv_srcu, &item->rcu, counted);\n}\n";

TEST_F(ModuleEnd, Srcu) {
  module(Srcu + exitWith("\tcleanup_srcu_struct(&drv_srcu);\n"));
  EXPECT_NE(found().find("missing_srcu_barrier high"), std::string::npos) << Reasons;
  module(Srcu + exitWith("\tcall_srcu(&drv_srcu, &one.rcu, counted);\n"));
  EXPECT_EQ(found(), "missing_srcu_barrier high");
  module(Srcu + exitWith("\tsrcu_barrier(&other_srcu);\n\trcu_barrier();\n\tcleanup_srcu_struct(&drv_srcu);\n"));
  EXPECT_NE(found().find("missing_srcu_barrier"), std::string::npos) << Reasons;
  module(Srcu + exitWith("\tsrcu_barrier(&drv_srcu);\n\tcleanup_srcu_struct(&drv_srcu);\n"));
  EXPECT_EQ(found(true), "");
}

TEST_F(ModuleEnd, RcuWork) {
  std::string Text = "struct work_struct {\n\tvoid (*func)(struct work_struct *work);\n};\nstruct rcu_work {\n\tstruct work_struct work;\n\tstruct rcu_head rcu;\n};\n"
                     "struct workqueue_struct;\n#define INIT_RCU_WORK(w, f) ((w)->work.func = (f))\nbool queue_rcu_work(struct workqueue_struct *wq, struct rcu_work *rwork);\n"
                     "void destroy_workqueue(struct workqueue_struct *wq);\nstatic struct workqueue_struct *drv_wq;\nstatic struct rcu_work rwork;\nstatic int count;\n"
                     "static void drv_work(struct work_struct *work)\n{\n\tcount++;\n}\nvoid item_drop(void)\n{\n\tINIT_RCU_WORK(&rwork, drv_work);\n\tqueue_rcu_work(drv_wq, &rwork);\n}\n";
  module(Text + exitWith("\tdestroy_workqueue(drv_wq);\n"));
  EXPECT_EQ(found(), "missing_rcu_barrier medium");
  module(Text + exitWith("\trcu_barrier();\n\tdestroy_workqueue(drv_wq);\n"));
  EXPECT_EQ(found(true), "");
}

// Ways to the wait

TEST_F(ModuleEnd, ATableOfExitsRunsInItsOrder) {
  std::string Text = std::string(Counted) + Work + "static void work_exit(void)\n{\n\tcancel_work_sync(&work);\n}\nstatic void wait_exit(void)\n{\n\trcu_barrier();\n}\n";
  std::string Table = "static void (*const exits[])(void) = {\n\twork_exit,\n\twait_exit,\n};\n";
  module(Text + Table + exitWith("\tunsigned int i;\n\n\tfor (i = 0; i < 2; i++)\n\t\texits[i]();\n"));
  EXPECT_EQ(found(true), "");
  module(Text + Table + exitWith("\tint i = 2;\n\n\twhile (i--)\n\t\texits[i]();\n"));
  EXPECT_EQ(found(), "early_rcu_barrier medium");
  module(Text + "struct step {\n\tvoid (*undo)(void);\n};\nstatic const struct step steps[] = {\n\t{\n\t\t.undo = wait_exit,\n\t}, {\n\t\t.undo = work_exit,\n\t},\n};\n" +
         exitWith("\tint i;\n\n\tfor (i = ARRAY_SIZE(steps) - 1; i >= 0; i--) {\n\t\tif (!count)\n\t\t\tcontinue;\n\t\tif (steps[i].undo)\n\t\t\tsteps[i].undo();\n\t}\n"));
  EXPECT_EQ(found(), "");
}

TEST_F(ModuleEnd, ATableWithTenThousandEntries) {
  std::string Table = "static void nothing(void)\n{\n}\nstatic void (*const exits[])(void) = {\n";
  for (int N = 0; N < 10000; ++N)
    Table += "\tnothing,\n";
  module(std::string(Counted) + Table + "};\n" + exitWith("\tint i;\n\n\tfor (i = 0; i < 10000; i++)\n\t\texits[i]();\n"));
  EXPECT_EQ(found(), "missing_rcu_barrier high");
}

TEST_F(ModuleEnd, FunctionsThatCallEachOther) {
  module(std::string(Counted) + "static void odd(int n);\nstatic void even(int n)\n{\n\tif (n)\n\t\todd(n - 1);\n\trcu_barrier();\n}\nstatic void odd(int n)\n{\n\teven(n - 1);\n}\n" + exitWith("\todd(3);\n"));
  EXPECT_EQ(found(true), "");
}

TEST_F(ModuleEnd, ALoopThatFindsWhatItLooksFor) {
  module(std::string(Counted) + "#define list_for_each_entry(p, h, m) for (p = 0; p; p = 0)\nstatic struct item *all, *own;\n"
                                "static void settle(void)\n{\n\tstruct item *p;\n\n\tlist_for_each_entry(p, &all, list) {\n\t\tif (p == own) {\n\t\t\trcu_barrier();\n\t\t\treturn;\n\t\t}\n\t}\n}\n" +
         exitWith("\tsettle();\n"));
  EXPECT_EQ(found(), "");
  EXPECT_EQ(found(true), "missing_rcu_barrier low");
}

TEST_F(ModuleEnd, AnExitThatLeavesAtOnce) {
  module(std::string(Counted) + "bool supported(void);\n" + exitWith("\tif (!supported())\n\t\treturn;\n\trcu_barrier();\n"));
  EXPECT_EQ(found(), "");
  EXPECT_EQ(found(true), "missing_rcu_barrier low");
}

TEST_F(ModuleEnd, ACacheThatMayNotBeThere) {
  module("static struct kmem_cache *item_cache;\n" + pool("item_cache") + exitWith("\tif (item_cache) {\n\t\trcu_barrier();\n\t\tkmem_cache_destroy(item_cache);\n\t}\n"));
  EXPECT_EQ(found(true), "");
}

TEST_F(ModuleEnd, ABarrierOfSomeConfigurations) {
  module(std::string(Counted) + exitWith("#ifdef CONFIG_OTHER\n\trcu_barrier();\n#endif\n"));
  EXPECT_EQ(found(true), "missing_rcu_barrier low");
  module(std::string(Counted) + exitWith("\tif (IS_ENABLED(CONFIG_OTHER))\n\t\trcu_barrier();\n"));
  EXPECT_EQ(found(true), "missing_rcu_barrier low");
  module("static int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\nvoid item_count(struct item *item)\n{\n#ifdef CONFIG_OTHER\n\tcall_rcu(&item->rcu, counted);\n#endif\n}\n" +
         exitWith("#ifdef CONFIG_OTHER\n\trcu_barrier();\n#endif\n"));
  EXPECT_EQ(found(true), "");
}

TEST_F(ModuleEnd, ObjectsThatHoldTheModule) {
  std::string Text = std::string(Counted) + "bool try_module_get(void *module);\n#ifndef THIS_MODULE\n#define THIS_MODULE ((void *)0)\n#endif\nstatic struct item one;\n"
                     "static void drop_all(void)\n{\n\titem_count(&one);\n}\n";
  module(Text + exitWith("\trcu_barrier();\n\tdrop_all();\n"));
  EXPECT_EQ(found(), "early_rcu_barrier high");
  module(Text + "bool item_make(void)\n{\n\treturn try_module_get(THIS_MODULE);\n}\n" + exitWith("\trcu_barrier();\n\tdrop_all();\n"));
  EXPECT_EQ(found(), "");
}

TEST_F(ModuleEnd, WhatWasFlushedBeforeTheBarrier) {
  std::string Text = std::string(Counted) + Work + "bool flush_work(struct work_struct *work);\n";
  module(Text + exitWith("\tflush_work(&work);\n\trcu_barrier();\n\tcancel_work_sync(&work);\n"));
  EXPECT_EQ(found(), "");
}

TEST_F(ModuleEnd, TheCallbackOfTheCoreDropsTheModule) {
  std::string Core = CoreConn;
  Core.replace(Core.find("\tconn->release(conn);\n"), 22, "\tconn->release(conn);\n\tmodule_put(conn->owner);\n");
  core(Core, "#include <linux/types.h>\nstruct module;\nvoid module_put(struct module *module);\nstruct conn {\n\tint key;\n\tstruct rcu_head rcu;\n\tstruct module *owner;\n"
             "\tvoid (*release)(struct conn *conn);\n};\nvoid conn_put(struct conn *conn);\n");
  Tree.write("drv/drv.c", "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/slab.h>\n#include \"../core/core.h\"\n"
                          "static void drv_conn_release(struct conn *conn)\n{\n\tkfree(conn);\n}\nvoid drv_open(struct conn *conn)\n{\n\tconn->release = drv_conn_release;\n}\n" + exitWith("\t;\n"));
  EXPECT_EQ(found(true), "");
}

TEST_F(ModuleEnd, AMemberWithAWaitOfItsOwn) {
  std::string Text = "struct mmu_notifier;\nstruct mmu_notifier_ops {\n\tvoid (*free_notifier)(struct mmu_notifier *mn);\n};\nvoid mmu_notifier_synchronize(void);\nstatic int count;\n"
                     "static void drv_free(struct mmu_notifier *mn)\n{\n\tcount--;\n}\nconst struct mmu_notifier_ops drv_ops = {\n\t.free_notifier = drv_free,\n};\n";
  module(Text + exitWith("\tmmu_notifier_synchronize();\n"));
  EXPECT_EQ(found(true), "");
  module(Text + exitWith("\trcu_barrier();\n"));
  EXPECT_EQ(found(), "missing_srcu_barrier medium");
  EXPECT_NE(Reasons.find("reaches no mmu_notifier_synchronize()"), std::string::npos) << Reasons;
}

TEST_F(ModuleEnd, ADriverMacroWithAFunctionOfItsOwn) {
  std::string Text = std::string(Counted) + "struct driver {\n\tint x;\n};\nstatic struct driver drv;\nint drv_register(struct driver *d);\n#define module_driver(d, r, u) static void __exit d##_end(void) { u(&d); }\n"
                     "static void drv_unregister(struct driver *d)\n{\n\trcu_barrier();\n}\nmodule_driver(drv, drv_register, drv_unregister);\n";
  module(Text);
  EXPECT_EQ(found(true), "");
}

TEST_F(ModuleEnd, ANamespaceTakesItsCacheAway) {
  auto Text = [](const char *Wait) {
    return "static struct kmem_cache *item_cache;\n" + pool("item_cache") + "struct net;\nstruct pernet_operations {\n\tvoid (*exit)(struct net *net);\n};\nvoid unregister_pernet_subsys(struct pernet_operations *ops);\n"
           "static void drv_net_exit(struct net *net)\n{\n" + Wait + "\tkmem_cache_destroy(item_cache);\n}\nstatic struct pernet_operations drv_net_ops = {\n\t.exit = drv_net_exit,\n};\n" +
           exitWith("\tunregister_pernet_subsys(&drv_net_ops);\n\trcu_barrier();\n");
  };
  module(Text(""));
  EXPECT_EQ(found(), "late_rcu_barrier medium");
  module(Text("\trcu_barrier();\n"));
  EXPECT_EQ(found(), "");
}

} // namespace
