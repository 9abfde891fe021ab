// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ends of a kind of their own: what is stopped behind a destruction, a mount of the kernel's own, a module without a start and an exit, rows of tables,
// devices that are gone; and modules that are not as they should be.
#include "tool/audit/audit.h"
#include "tool/audit/test_module.h"
#include "tool/driver/pipeline_trees.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"

using namespace krcu;
using namespace krcu::testing_module;

namespace {

const std::string Cached = "static struct kmem_cache *cache;\nstatic int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n\tkmem_cache_free(cache, container_of(head, struct item, rcu));\n}\n"
                           "void item_count(struct item *item)\n{\n\tcall_rcu(&item->rcu, counted);\n}\n";
const std::string Mounted = "struct vfsmount;\nvoid kern_unmount(struct vfsmount *mnt);\nstruct super_operations {\n\tvoid (*free_inode)(struct item *item);\n};\nstatic struct vfsmount *mnt;\n"
                            "static struct kmem_cache *inode_cache;\nstatic void item_free_inode(struct item *item)\n{\n\tkmem_cache_free(inode_cache, item);\n}\n"
                            "const struct super_operations item_ops = {\n\t.free_inode = item_free_inode,\n};\n";

class AuditEnds : public testing::Test {
protected:
  AuditEnds() : Tree("waits") {}
  std::string found(const std::string &Text, bool All = false) {
    Tree.write("drv/drv.c", Head + Text);
    ScanOptions O = Tree.options();
    O.assume = Assume;
    return findingsIn(O, All, Reasons);
  }
  ScratchTree Tree;
  std::vector<std::string> Assume;
  std::string Reasons;
};

TEST_F(AuditEnds, AProducerThatIsStoppedBehindTheDestruction) {
  std::string Late = Cached + Work + exitWith("\trcu_barrier();\n\tkmem_cache_destroy(cache);\n\tcancel_work_sync(&work);\n\trcu_barrier();\n");
  EXPECT_EQ(found(Late), "") << "whether it ever queues so late is not known";
  EXPECT_NE(found(Late, true).find("early_rcu_barrier low"), std::string::npos) << Reasons;
  EXPECT_NE(Reasons.find("before the last that queues is stopped: until cancel_work_sync(&work) returns"), std::string::npos) << Reasons;
  EXPECT_EQ(found(Cached + Work + exitWith("\tcancel_work_sync(&work);\n\trcu_barrier();\n\tkmem_cache_destroy(cache);\n"), true).find("early"), std::string::npos) << Reasons;
}

TEST_F(AuditEnds, AMountOfTheKernelsOwn) {
  EXPECT_NE(found(Mounted + exitWith("\trcu_barrier();\n\tkern_unmount(mnt);\n\tkmem_cache_destroy(inode_cache);\n")).find("early_rcu_barrier medium"), std::string::npos) << Reasons;
  EXPECT_NE(Reasons.find("until kern_unmount(mnt) returns the core may queue item_free_inode()"), std::string::npos) << Reasons;
  EXPECT_EQ(found(Mounted + exitWith("\tkern_unmount(mnt);\n\trcu_barrier();\n\tkmem_cache_destroy(inode_cache);\n")), "") << Reasons;
}

TEST_F(AuditEnds, AFileOfProc) {
  const std::string File = "struct proc_dir_entry;\nvoid proc_remove(struct proc_dir_entry *entry);\nstruct proc_ops {\n\tlong (*proc_write)(struct item *item);\n};\n"
                           "static struct proc_dir_entry *entry;\nstatic int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n\tkfree(container_of(head, struct item, rcu));\n}\n"
                           "static long item_write(struct item *item)\n{\n\tcall_rcu(&item->rcu, counted);\n\treturn 0;\n}\n"
                           "const struct proc_ops item_ops = {\n\t.proc_write = item_write,\n};\n";
  EXPECT_EQ(found(File + exitWith("\trcu_barrier();\n\tproc_remove(entry);\n")), "early_rcu_barrier medium") << Reasons;
  EXPECT_NE(Reasons.find("until proc_remove(entry) returns item_write() may run"), std::string::npos) << Reasons;
  EXPECT_EQ(found(File + exitWith("\tproc_remove(entry);\n\trcu_barrier();\n")), "") << Reasons;
}

TEST_F(AuditEnds, ATableOfSysctl) {
  const std::string Table = "struct ctl_table_header;\nvoid unregister_sysctl_table(struct ctl_table_header *header);\nstruct ctl_table {\n\tint (*proc_handler)(struct item *item);\n};\n"
                            "static struct ctl_table_header *header;\n" + Counted +
                            "static int item_handler(struct item *item)\n{\n\titem_count(item);\n\treturn 0;\n}\nstatic struct ctl_table items[] = {\n\t{ .proc_handler = item_handler },\n};\n";
  EXPECT_EQ(found(Table + exitWith("\trcu_barrier();\n\tunregister_sysctl_table(header);\n")), "early_rcu_barrier medium") << Reasons;
  EXPECT_EQ(found(Table + exitWith("\tunregister_sysctl_table(header);\n\trcu_barrier();\n")), "") << Reasons;
}

TEST_F(AuditEnds, WithoutAStartAndAnExit) {
  EXPECT_EQ(found(Counted), "missing_rcu_barrier medium");
  EXPECT_NE(Reasons.find("has neither a start nor an exit, so that it can be unloaded"), std::string::npos) << Reasons;
  EXPECT_EQ(found(Counted + Init, true), "") << "with a start and no exit it cannot be unloaded";
  EXPECT_EQ(found(Counted + "void item_wait(void)\n{\n\trcu_barrier();\n}\n", true).find("medium"), std::string::npos) << Reasons;
}

TEST_F(AuditEnds, AConditionWithinTheRightOne) {
  const std::string Flagged = "static int count;\nstatic bool queued, verbose;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\n"
                              "void item_count(struct item *item)\n{\n\tqueued = true;\n\tcall_rcu(&item->rcu, counted);\n}\n";
  EXPECT_EQ(found(Flagged + exitWith("\tif (queued)\n\t\trcu_barrier();\n")), "") << Reasons;
  EXPECT_EQ(found(Flagged + exitWith("\tif (queued)\n\t\tif (verbose)\n\t\t\trcu_barrier();\n")), "missing_rcu_barrier high") << Reasons;
}

TEST_F(AuditEnds, AFunctionThatRunsARowOfATable) {
  auto Module = [](const std::string &Loop) {
    return Counted + Work +
           "#define WARN_ON(x) (x)\nstruct part {\n\tvoid (*start)(void);\n\tvoid (*leave)(void);\n};\nstatic void settle(void)\n{\n\trcu_barrier();\n}\n"
           "static void end_work(void)\n{\n\tcancel_work_sync(&work);\n}\nstatic const struct part parts[] = {\n\t{ .start = end_work },\n\t{ .leave = settle },\n\t{ .leave = end_work },\n};\n"
           "static void part_exit(unsigned int i)\n{\n\tif (WARN_ON(i > 2))\n\t\treturn;\n\tif (!parts[i].leave)\n\t\treturn;\n\tparts[i].leave();\n}\n" +
           exitWith("\tint i;\n\n\tfor (" + Loop + ")\n\t\tpart_exit(i);\n");
  };
  EXPECT_EQ(found(Module("i = 2; i >= 0; i--"), true), "") << Reasons;
  EXPECT_EQ(found(Module("i = 0; i < 3; i++")), "early_rcu_barrier medium") << Reasons;
  std::string Handed = Module("i = 2; i >= 0; i--");
  Handed.replace(Handed.find("static void part_exit"), Handed.find("static int __init") - Handed.find("static void part_exit"), "static void part_exit(const struct part *p)\n{\n\tif (p->leave)\n\t\tp->leave();\n}\n");
  Handed.replace(Handed.find("part_exit(i);"), 13, "part_exit(parts + i);");
  EXPECT_EQ(found(Handed, true), "") << "the row is handed over\n" << Reasons;
  Handed.replace(Handed.find("i = 2; i >= 0; i--"), 18, "i = 0; i < 3; i++");
  EXPECT_EQ(found(Handed), "early_rcu_barrier medium") << Reasons;
  std::string Tested = Module("i = 2; i >= 0; i--");
  Tested.replace(Tested.find("part_exit(i);"), 13, "if (parts[i].leave)\n\t\t\tparts[i].leave();");
  EXPECT_EQ(found(Tested, true), "") << "the rows without it do nothing\n" << Reasons;
}

/// A work of each device, on a queue that is destroyed behind the driver.
TEST_F(AuditEnds, TheWorkOfDevicesThatAreGone) {
  auto Module = [](const std::string &Member) {
    return Counted +
           "struct device;\nstruct pci_driver {\n\tvoid (*remove)(struct device *dev);\n\tint (*probe)(struct device *dev);\n};\nvoid pci_unregister_driver(struct pci_driver *drv);\n"
           "struct work_struct {\n\tvoid (*func)(struct work_struct *work);\n};\nstruct port {\n\tstruct work_struct task;\n};\nstruct workqueue_struct;\nstatic struct workqueue_struct *queue;\nstatic struct item one;\n"
           "void destroy_workqueue(struct workqueue_struct *q);\nvoid queue_work(struct workqueue_struct *q, struct work_struct *w);\nvoid INIT_WORK(struct work_struct *w, void (*f)(struct work_struct *));\n"
           "static struct work_struct task;\nstatic void port_task(struct work_struct *work)\n{\n\titem_count(&one);\n}\nstatic int port_probe(struct device *dev)\n{\n\treturn 0;\n}\n"
           "void port_start(struct port *port)\n{\n\tINIT_WORK(&" + Member + ", port_task);\n\tqueue_work(queue, &" + Member + ");\n}\n"
           "void core_gone(void);\nstatic void port_remove(struct device *dev)\n{\n\tcore_gone();\n}\nstatic struct pci_driver drv = {\n\t.probe = port_probe,\n\t.remove = port_remove,\n};\n" +
           exitWith("\tpci_unregister_driver(&drv);\n\tdestroy_workqueue(queue);\n");
  };
  Tree.write("core/Makefile", "obj-y += core.o\n");
  Tree.write("core/core.c", "#include <linux/rcupdate.h>\nbool any;\nvoid core_gone(void)\n{\n\tif (any)\n\t\trcu_barrier();\n}\n");
  Tree.write("Kbuild", Tree.read("Kbuild") + "obj-y += core/\n");
  EXPECT_EQ(found(Module("port->task")), "") << Reasons;
  EXPECT_EQ(found(Module("port->task"), true), "missing_rcu_barrier low") << Reasons;
  EXPECT_EQ(found(Module("task")), "missing_rcu_barrier high") << "a work of the module's own" << Reasons;
}

/// What a work asks for before it queues, and the end sets before it waits.
TEST_F(AuditEnds, AWorkThatTheEndTurnsAway) {
  auto Module = [](const std::string &Asks, const std::string &Body) {
    return "static int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\nvoid item_count(struct item *item)\n{\n\tcall_rcu(&item->rcu, counted);\n}\n"
           "#define WRITE_ONCE(x, v) ((x) = (v))\nenum state { STATE_UP, STATE_DOWN };\nstruct conf {\n\tenum state state;\n\tint others;\n};\nstatic struct conf conf;\n"
           "static inline bool is_up(void)\n{\n\treturn conf.state == STATE_UP;\n}\n"
           "struct work_struct {\n\tvoid (*func)(struct work_struct *work);\n};\nbool cancel_work_sync(struct work_struct *work);\nstatic struct item one;\nvoid rearm(void);\n"
           "static void drv_work(struct work_struct *work)\n{\n" +
           Asks + "again:\n\trearm();\n}\nstatic struct work_struct work = {\n\t.func = drv_work,\n};\nstatic void shut(void)\n{\n\tWRITE_ONCE(conf.state, STATE_DOWN);\n}\n" + exitWith(Body);
  };
  const std::string Guarded = "\tif (!is_up())\n\t\tgoto again;\n\titem_count(&one);\n", Inside = "\tif (conf.state == STATE_UP)\n\t\titem_count(&one);\n";
  for (const std::string &Asks : {Guarded, Inside}) {
    EXPECT_EQ(found(Module(Asks, "\tshut();\n\trcu_barrier();\n\tcancel_work_sync(&work);\n")), "") << Reasons;
    EXPECT_EQ(found(Module(Asks, "\tconf.state = STATE_DOWN;\n\trcu_barrier();\n\tcancel_work_sync(&work);\n"), true), "early_rcu_barrier low") << "it may have asked just before\n" << Reasons;
    EXPECT_EQ(found(Module(Asks, "\trcu_barrier();\n\tshut();\n\tcancel_work_sync(&work);\n")), "early_rcu_barrier medium") << "set behind the wait\n" << Reasons;
    EXPECT_EQ(found(Module(Asks, "\tconf.others = 0;\n\trcu_barrier();\n\tcancel_work_sync(&work);\n")), "early_rcu_barrier medium") << "another member\n" << Reasons;
  }
  EXPECT_EQ(found(Module("\titem_count(&one);\n\tif (!is_up())\n\t\tgoto again;\n", "\tshut();\n\trcu_barrier();\n\tcancel_work_sync(&work);\n")), "early_rcu_barrier medium") << "it has queued by then\n" << Reasons;
}

/// A call outside that is handed a function which queues.
TEST_F(AuditEnds, AFunctionThatIsHandedOver) {
  const std::string Handed = Counted + "static struct item one;\nstatic int drv_thread(void *p)\n{\n\titem_count(&one);\n\treturn 0;\n}\nstatic int quiet(void *p)\n{\n\treturn 0;\n}\nvoid stop_all(int (*f)(void *));\n";
  EXPECT_EQ(found(Handed + exitWith("\trcu_barrier();\n\tstop_all(drv_thread);\n")), "early_rcu_barrier medium") << Reasons;
  EXPECT_EQ(found(Handed + exitWith("\tstop_all(drv_thread);\n\trcu_barrier();\n"), true), "") << Reasons;
  EXPECT_EQ(found(Handed + exitWith("\trcu_barrier();\n\tstop_all(quiet);\n"), true), "") << Reasons;
}

/// The lock is taken and given back where nothing is unregistered, so the barrier of the one that gives it back does not run.
TEST_F(AuditEnds, ALockThatIsGivenBackForNothing) {
  auto Core = [](const std::string &Under) {
    return "#include <linux/rcupdate.h>\nstruct notifier;\nbool any;\nvoid rtnl_lock(void)\n{\n}\nvoid unregister_netdevice(struct notifier *n)\n{\n}\nvoid look(void)\n{\n}\nvoid netdev_run_todo(void)\n{\n\tif (any)\n\t\trcu_barrier();\n}\n"
           "void rtnl_unlock(void)\n{\n\tnetdev_run_todo();\n}\nint notifier_gone(struct notifier *n)\n{\n\trtnl_lock();\n\t" + Under + "\n\trtnl_unlock();\n\treturn 0;\n}\n";
  };
  Tree.write("core/Makefile", "obj-y += core.o\n");
  Tree.write("Kbuild", Tree.read("Kbuild") + "obj-y += core/\n");
  const std::string Driver = Counted + "struct notifier;\nint notifier_gone(struct notifier *n);\nvoid unregister_netdevice(struct notifier *n);\nvoid drv_dellink(struct notifier *n)\n{\n\tunregister_netdevice(n);\n}\n" + exitWith("\tnotifier_gone(NULL);\n");
  Tree.write("core/core.c", Core("look();"));
  EXPECT_EQ(found(Driver), "missing_rcu_barrier high") << Reasons;
  Tree.write("core/core.c", Core("unregister_netdevice(n);"));
  EXPECT_EQ(found(Driver, true), "missing_rcu_barrier low") << Reasons;
}

/// What a file of the core calls is its own static function, however many others have the name.
TEST_F(AuditEnds, AHelperWhoseNameManyFilesHave) {
  std::string Objects;
  for (unsigned N = 0; N < 12; ++N) {
    Tree.write("core/other" + std::to_string(N) + ".c", "static void settle(void)\n{\n}\nvoid other" + std::to_string(N) + "(void)\n{\n\tsettle();\n}\n");
    Objects += " other" + std::to_string(N) + ".o";
  }
  Tree.write("core/Makefile", "obj-y += core.o" + Objects + "\n");
  Tree.write("Kbuild", Tree.read("Kbuild") + "obj-y += core/\n");
  const std::string Driver = "void core_gone(void);\n" + Counted + exitWith("\tcore_gone();\n");
  Tree.write("core/core.c", "#include <linux/rcupdate.h>\nstatic void settle(void)\n{\n\trcu_barrier();\n}\nvoid core_gone(void)\n{\n\tsettle();\n}\n");
  EXPECT_EQ(found(Driver), "") << Reasons;
  Tree.write("core/core.c", "static void settle(void)\n{\n}\nvoid core_gone(void)\n{\n\tsettle();\n}\n");
  EXPECT_EQ(found(Driver), "missing_rcu_barrier high") << Reasons;
}

/// A notifier is told of devices that are going. Those of the module are gone already behind the call that takes them away and waits.
TEST_F(AuditEnds, ANotifierBehindTheDevicesThatItLooksFor) {
  Tree.write("core/Makefile", "obj-y += core.o\n");
  Tree.write("Kbuild", Tree.read("Kbuild") + "obj-y += core/\n");
  Tree.write("core/core.c", "#include <linux/rcupdate.h>\nstruct links;\nstruct notifier_block;\nbool any;\nvoid rtnl_lock(void)\n{\n}\nvoid unregister_netdevice_many(struct links *l)\n{\n}\n"
                            "void netdev_run_todo(void)\n{\n\tif (any)\n\t\trcu_barrier();\n}\nvoid rtnl_unlock(void)\n{\n\tnetdev_run_todo();\n}\n"
                            "void rtnl_link_unregister(struct links *l)\n{\n\trtnl_lock();\n\tunregister_netdevice_many(l);\n\trtnl_unlock();\n}\n"
                            "static void told(struct notifier_block *n)\n{\n}\nstatic void tell(struct notifier_block *n)\n{\n\ttold(n);\n}\n"
                            "int unregister_netdevice_notifier(struct notifier_block *n)\n{\n\trtnl_lock();\n\ttell(n);\n\trtnl_unlock();\n\treturn 0;\n}\nint unregister_reboot_notifier(struct notifier_block *n)\n{\n\treturn 0;\n}\n");
  auto Module = [](const std::string &Body) {
    return Counted + "struct links;\nstruct notifier_block {\n\tint (*call)(struct notifier_block *n);\n};\nvoid rtnl_link_unregister(struct links *l);\n"
                     "int unregister_netdevice_notifier(struct notifier_block *n);\nint unregister_reboot_notifier(struct notifier_block *n);\nstatic struct item one;\n"
                     "static int drv_event(struct notifier_block *n)\n{\n\titem_count(&one);\n\treturn 0;\n}\nstatic struct notifier_block nb = {\n\t.call = drv_event,\n};\n" +
           exitWith(Body);
  };
  const std::string Links = "\trtnl_link_unregister(NULL);\n", Notifier = "\tunregister_netdevice_notifier(&nb);\n", Reboot = "\tunregister_reboot_notifier(&nb);\n", Wait = "\trcu_barrier();\n";
  EXPECT_EQ(found(Module(Links + Notifier)), "") << Reasons;
  EXPECT_EQ(found(Module(Links + Notifier), true), "missing_rcu_barrier low") << Reasons;
  EXPECT_EQ(found(Module(Notifier)), "missing_rcu_barrier high") << "its own call takes the lock and comes to no device that goes\n" << Reasons;
  EXPECT_EQ(found(Module(Links + Reboot)), "missing_rcu_barrier high") << "not told of devices\n" << Reasons;
  EXPECT_EQ(found(Module(Links + Notifier + Wait), true), "") << Reasons;
}

/// The core waits for callbacks, and only then for who holds the device. What runs when a cipher is done, queues and then gives its reference back, is too late for that wait.
TEST_F(AuditEnds, AReferenceThatIsWaitedForBehindTheBarrier) {
  Tree.write("core/Makefile", "obj-y += core.o\n");
  Tree.write("Kbuild", Tree.read("Kbuild") + "obj-y += core/\n");
  auto Core = [](const std::string &Keep, const std::string &Then) {
    return "#include <linux/rcupdate.h>\nstruct links;\nstruct device;\nstruct request {\n\tvoid (*done)(void *data);\n};\nbool any;\nvoid rtnl_lock(void)\n{\n}\nvoid unregister_netdevice_many(struct links *l)\n{\n}\n"
           "static void netdev_wait_allrefs_any(void)\n{\n}\nvoid netdev_run_todo(void)\n{\n\tif (any)\n\t\trcu_barrier();\n" + Then + "}\nvoid rtnl_unlock(void)\n{\n\tnetdev_run_todo();\n}\n"
           "void rtnl_link_unregister(struct links *l)\n{\n\trtnl_lock();\n\tunregister_netdevice_many(l);\n\trtnl_unlock();\n}\nvoid dev_put(struct device *d)\n{\n}\n"
           "void cipher_done(struct request *r, void (*f)(void *data))\n{\n\t" + Keep + "\n}\nvoid cipher_end(struct request *r)\n{\n}\n";
  };
  auto Module = [](const std::string &Done, const std::string &Exit, const std::string &More = "") {
    return "struct links;\nstruct device;\nstruct request;\nvoid rtnl_link_unregister(struct links *l);\nvoid dev_put(struct device *d);\nvoid cipher_done(struct request *r, void (*f)(void *data));\nbool cancel_work_sync(struct request *r);\n"
           "" + Counted + "static void drv_done(void *data)\n{\n" + Done + "}\nvoid drv_start(struct request *r)\n{\n\tcipher_done(r, drv_done);\n}\n" + More + exitWith("\trtnl_link_unregister(NULL);\n" + Exit);
  };
  const std::string Keeps = Core("r->done = f;", "\tnetdev_wait_allrefs_any();\n"), Behind = "\titem_count(&one);\n\tdev_put(data);\n", Before = "\tdev_put(data);\n\titem_count(&one);\n";
  Tree.write("core/core.c", Keeps);
  EXPECT_EQ(found(Module(Behind, "")), "missing_rcu_barrier medium") << Reasons;
  EXPECT_EQ(found(Module(Behind, "\trcu_barrier();\n"), true), "") << Reasons;
  EXPECT_EQ(found(Module(Before, "")), "") << "it holds nothing while it queues\n" << Reasons;
  EXPECT_EQ(found(Module(Before, ""), true), "missing_rcu_barrier low") << Reasons;
  EXPECT_EQ(found(Module(Behind, "", "void drv_end(struct request *r)\n{\n\tcancel_work_sync(r);\n}\n")), "") << "the module ends it somewhere\n" << Reasons;
  Tree.write("core/core.c", Core("f(r);", "\tnetdev_wait_allrefs_any();\n"));
  EXPECT_EQ(found(Module(Behind, "")), "") << "it is called at once\n" << Reasons;
  Tree.write("core/core.c", Core("r->done = f;", ""));
  EXPECT_EQ(found(Module(Behind, "")), "") << "nothing waits for references behind the barrier\n" << Reasons;
}

/// if (!stop) call_rcu(head, self): a barrier before the end has set that waits for one turn.
TEST_F(AuditEnds, ACallbackThatQueuesItselfAgain) {
  const std::string Chain = "static struct item one;\nstatic bool stop, other;\nstatic int count;\nstatic void again(struct rcu_head *head)\n{\n\tcount++;\n\tif (!READ_ONCE(stop))\n\t\tcall_rcu(head, again);\n}\nvoid item_start(void)\n{\n\tcall_rcu(&one.rcu, again);\n}\n"
                            "static void drv_stop(void)\n{\n\tWRITE_ONCE(stop, true);\n}\n";
  EXPECT_EQ(found(Chain + exitWith("\trcu_barrier();\n\tdrv_stop();\n")), "missing_rcu_barrier medium") << Reasons;
  EXPECT_NE(Reasons.find("waits too early"), std::string::npos) << Reasons;
  EXPECT_EQ(found(Chain + exitWith("\tdrv_stop();\n\trcu_barrier();\n"), true), "") << Reasons;
  EXPECT_EQ(found(Chain + exitWith("\trcu_barrier();\n\tstop = true;\n")), "missing_rcu_barrier medium") << Reasons;
  EXPECT_EQ(found(Chain + exitWith("\tstop = true;\n\trcu_barrier();\n"), true), "") << Reasons;
  EXPECT_EQ(found(Chain + exitWith("\trcu_barrier();\n\tother = true;\n"), true), "") << "what stops it is set elsewhere\n" << Reasons;
}

/// A start that fails and drops in a loop what it had made itself. A loop over what only users fill goes over nothing by then.
TEST_F(AuditEnds, AStartThatDropsWhatItHasMade) {
  auto Start = [](const std::string &Made, const std::string &Wait) {
    return "static struct item *items[8];\nstatic int parts, count;\nvoid *made(void);\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\nstatic void drop(void)\n{\n\tint i;\n\n\tfor (i = 0; i < 8; i++) {\n"
           "\t\tif (!items[i])\n\t\t\tcontinue;\n\t\tcall_rcu(&items[i]->rcu, counted);\n\t}\n}\nvoid use(int i)\n{\n\titems[i] = made();\n}\nstatic int __init drv_init(void)\n{\n\tint i;\n\n" + Made + "\tif (parts < 1) {\n\t\tdrop();\n" + Wait +
           "\t\treturn -1;\n\t}\n\treturn 0;\n}\nmodule_init(drv_init);\nstatic void __exit drv_exit(void)\n{\n\tdrop();\n\trcu_barrier();\n}\nmodule_exit(drv_exit);\n";
  };
  const std::string Fills = "\tfor (i = 0; i < 8; i++)\n\t\titems[i] = made();\n", Nothing = "\ti = 0;\n", Waits = "\t\trcu_barrier();\n";
  EXPECT_EQ(found(Start(Fills, "")), "missing_rcu_barrier medium") << Reasons;
  EXPECT_EQ(found(Start(Fills, Waits), true), "") << Reasons;
  EXPECT_EQ(found(Start(Nothing, "")), "") << Reasons;
  EXPECT_EQ(found(Start(Nothing, ""), true), "missing_rcu_barrier low") << Reasons;
}

/// What is tested is whether something else was made.
TEST_F(AuditEnds, AnEndThatLeavesBeforeAnotherCacheGoes) {
  auto Module = [](const std::string &Text, const std::string &Body) {
    return "static struct kmem_cache *other;\nstatic bool made;\n" + Text + "void item_make(void)\n{\n\tmade = true;\n\tother = kmem_cache_create(\"item\", sizeof(struct item), 0, 0, NULL);\n}\n" + exitWith("\tif (!made)\n\t\treturn;\n" + Body);
  };
  const std::string Freeing = "static int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n\tkmem_cache_free(other, container_of(head, struct item, rcu));\n}\nvoid item_count(struct item *item)\n{\n\tcall_rcu(&item->rcu, counted);\n}\n";
  Assume = {"destroy_waits_call_rcu"};
  EXPECT_EQ(found(Module(Counted, "\tkmem_cache_destroy(other);\n")), "missing_rcu_barrier high") << Reasons;
  EXPECT_EQ(found(Module(Freeing, "\tkmem_cache_destroy(other);\n")), "") << "without it nothing is queued\n" << Reasons;
  EXPECT_EQ(found(Module(Counted, "\trcu_barrier();\n")), "") << Reasons;
}

// Input that nobody expects

TEST_F(AuditEnds, AMakefileThatNamesFilesThatAreNotThere) {
  Tree.write("drv/Makefile", "obj-$(CONFIG_DRV) += drvmod.o\ndrvmod-y := drv.o gone.o lost/also.o\n");
  EXPECT_EQ(found(Counted + exitWith("\tif (count)\n\t\treturn;\n")), "missing_rcu_barrier high") << Reasons;
  EXPECT_EQ(found(exitWith("\trcu_barrier();\n"), true), "") << "what the missing files queue is not known, so the barrier is not called superfluous\n" << Reasons;
}

TEST_F(AuditEnds, AnExitByAMacroThatNobodyKnows) {
  const std::string Exit = "static void __exit drv_exit(void)\n{\n}\n", Waiting = "static void __exit drv_exit(void)\n{\n\trcu_barrier();\n}\n";
  EXPECT_EQ(found(Counted + Init + Exit + "unheard_of_exit(drv_exit);\n"), "missing_rcu_barrier medium") << Reasons;
  EXPECT_NE(Reasons.find("if unheard_of_exit(drv_exit) makes it end with drv_exit(), that reaches no rcu_barrier()"), std::string::npos) << Reasons;
  EXPECT_EQ(found(Counted + Init + Waiting + "unheard_of_exit(drv_exit);\n", true), "") << Reasons;
  EXPECT_EQ(found(Counted + Exit + "UNHEARD(drv_exit);\n"), "missing_rcu_barrier medium") << Reasons;
  EXPECT_EQ(found(Counted + Init + Exit + "UNHEARD(drv_init);\n", true), "") << "it is handed the start only\n" << Reasons;
  EXPECT_EQ(found(Counted + Init + Exit + "#define KNOWN(f) struct item of_##f\nKNOWN(drv_exit);\n", true), "") << "its definition makes no exit\n" << Reasons;
  EXPECT_EQ(found(Counted + Init + Exit + "UNHEARD(drv_init, drv_exit, unbalanced(\n", true).find("high"), std::string::npos) << Reasons;
}

TEST_F(AuditEnds, AnExitByAMacroOfTheModulesOwn) {
  Tree.write("drv/own.h", "#define own_leave(f) module_exit(f)\n#define OWN_MODULE(name, leave, enter) \\\n\tmodule_init(enter); \\\n\town_leave(leave)\n");
  const std::string Start = "#include \"own.h\"\nstatic int __init drv_init(void)\n{\n\treturn 0;\n}\n", Exit = "static void __exit drv_exit(void)\n{\n}\n";
  EXPECT_EQ(found(Counted + Start + Exit + "OWN_MODULE(drv, drv_exit, drv_init)\n"), "missing_rcu_barrier high") << Reasons;
  EXPECT_EQ(found(Counted + Start + "static void __exit drv_exit(void)\n{\n\trcu_barrier();\n}\nOWN_MODULE(drv, drv_exit, drv_init)\n", true), "") << Reasons;
  EXPECT_EQ(found(Counted + Init + "#include \"own.h\"\n" + Exit + "own_leave(drv_exit);\n"), "missing_rcu_barrier high") << Reasons;
}

/// Nobody is asked about the symbol, and what selects it is yes or no.
TEST_F(AuditEnds, ATristateThatIsNeverAModule) {
  std::string Kconfig = Tree.read("Kconfig");
  Kconfig.insert(Kconfig.find("config MODULES") + 15, "\tmodules\n");
  Tree.write("drv/Makefile", "obj-$(CONFIG_POOL) += drv.o\n");
  Tree.write("Kconfig", Kconfig + "config POOL\n\ttristate\n\nconfig USER\n\tbool \"user\"\n\tselect POOL\n");
  EXPECT_EQ(found(Counted, true), "") << Reasons;
  Tree.write("Kconfig", Kconfig + "config POOL\n\ttristate\n\nconfig USER\n\ttristate \"user\"\n\tselect POOL\n");
  EXPECT_EQ(found(Counted), "missing_rcu_barrier medium") << Reasons;
}

} // namespace
