// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What one wait does not cover: chains of callbacks, works that callbacks start, timers that are only taken off, what a notifier starts again, other
// flavours; producers in files of sysfs and debugfs and in states of CPUs; and what macros and the ends of scopes hide.
#include "tool/audit/audit.h"
#include "tool/audit/test_module.h"
#include "tool/driver/pipeline_trees.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"

using namespace krcu;
using namespace krcu::testing_module;

namespace {

class AuditLeft : public testing::Test {
protected:
  AuditLeft() : Tree("waits") {}
  std::string found(const std::string &Text, bool All = false) {
    Tree.write("drv/drv.c", Head + Text);
    return findingsIn(Tree.options(), All, Reasons);
  }
  ScratchTree Tree;
  std::string Reasons;
};

const std::string Wait = "\trcu_barrier();\n";
const std::string Timer = "struct timer_list {\n\tvoid (*function)(struct timer_list *timer);\n};\nint timer_delete(struct timer_list *timer);\nint timer_delete_sync(struct timer_list *timer);\nvoid synchronize_rcu(void);\n"
                          "static struct item one;\nstatic bool dying;\nstatic void drv_timer(struct timer_list *t)\n{\n\tif (dying)\n\t\treturn;\n\titem_count(&one);\n}\nstatic struct timer_list timer = {\n\t.function = drv_timer,\n};\n";

/// A node gives back its list, a list its names: each the last reference of the next.
std::string chainOf(unsigned Length, const std::string &Drop) {
  std::string Text = "struct refs {\n\tint n;\n};\nbool refcount_dec_and_test(struct refs *r);\nint kref_put(struct refs *r, void (*f)(struct refs *r));\nvoid complete(int *done);\nstatic bool often;\nstatic int count, done;\n";
  for (unsigned N = Length; N-- > 0;) {
    const std::string I = std::to_string(N), Next = std::to_string(N + 1);
    Text += "struct node" + I + " {\n\tstruct refs refs;\n\tvoid *next;\n\tstruct rcu_head rcu;\n};\nstatic void free" + I + "(struct rcu_head *head)\n{\n\tstruct node" + I + " *n = container_of(head, struct node" + I +
            ", rcu);\n\n\tcount++;\n" + (N + 1 < Length ? "\tput" + Next + "(n->next);\n" : "") + "}\nvoid put" + I + "(struct node" + I + " *n)\n{\n\tif (" + (N ? Drop : "n && refcount_dec_and_test(&n->refs)") + ")\n\t\tcall_rcu(&n->rcu, free" + I +
            ");\n}\n";
  }
  return Text;
}

TEST_F(AuditLeft, AChainTakesAsManyWaitsAsItHasCallbacks) {
  const std::string Last = "n && refcount_dec_and_test(&n->refs)";
  EXPECT_EQ(found(chainOf(1, Last) + exitWith(Wait), true), "") << Reasons;
  EXPECT_EQ(found(chainOf(2, Last) + exitWith(Wait)), "missing_rcu_barrier medium") << Reasons;
  EXPECT_NE(Reasons.find("nothing waits a second time, and free0() queues free1()"), std::string::npos) << Reasons;
  EXPECT_EQ(found(chainOf(2, Last) + exitWith(Wait + Wait), true), "") << Reasons;
  EXPECT_EQ(found(chainOf(3, Last) + exitWith(Wait)), "missing_rcu_barrier medium") << Reasons;
  EXPECT_NE(Reasons.find("1 wait stands behind the last that queues, and free0() queues free1(), which queues free2(), so that it takes 3"), std::string::npos) << Reasons;
  EXPECT_EQ(found(chainOf(3, Last) + exitWith(Wait + Wait), true), "missing_rcu_barrier low") << "two waits were meant\n" << Reasons;
  EXPECT_EQ(found(chainOf(3, Last) + exitWith(Wait + Wait + Wait), true), "") << Reasons;
  EXPECT_EQ(found(chainOf(2, Last) + exitWith(Wait + "\tif (often)\n\t" + Wait)), "missing_rcu_barrier medium") << Reasons;
  EXPECT_EQ(found(chainOf(2, "often") + exitWith(Wait)), "") << "whether it does so hangs on something else\n" << Reasons;
}

TEST_F(AuditLeft, AChainWhoseLastReferenceIsKeptInALocal) {
  std::string Text = chainOf(2, "dead");
  Text.insert(Text.find("\tif (dead)"), "\tbool dead;\n\n\tdead = refcount_dec_and_test(&n->refs);\n");
  EXPECT_EQ(found(Text + exitWith(Wait)), "missing_rcu_barrier medium") << Reasons;
  EXPECT_EQ(found(Text + exitWith(Wait + Wait), true), "") << Reasons;
}

/// Who is told that the first has run may have waited for it.
TEST_F(AuditLeft, AChainWhoseFirstTells) {
  std::string Text = chainOf(2, "n && refcount_dec_and_test(&n->refs)");
  Text.insert(Text.find("\tput1(n->next);"), "\tcomplete(&done);\n");
  EXPECT_EQ(found(Text + exitWith(Wait)), "") << Reasons;
  EXPECT_EQ(found(Text + exitWith(Wait), true), "missing_rcu_barrier low") << Reasons;
}

TEST_F(AuditLeft, ATimerThatIsOnlyTakenOff) {
  EXPECT_EQ(found(Counted + Timer + exitWith("\ttimer_delete(&timer);\n" + Wait)), "missing_rcu_barrier medium") << Reasons;
  EXPECT_NE(Reasons.find("timer_delete(&timer) does not wait for drv_timer()"), std::string::npos) << Reasons;
  EXPECT_EQ(found(Counted + Timer + exitWith("\ttimer_delete_sync(&timer);\n" + Wait), true), "") << Reasons;
  EXPECT_EQ(found(Counted + Timer + exitWith("\ttimer_delete(&timer);\n\ttimer_delete_sync(&timer);\n" + Wait), true), "") << Reasons;
  EXPECT_EQ(found(Counted + Timer + exitWith("\ttimer_delete(&timer);\n\tsynchronize_rcu();\n" + Wait)), "") << "a timer's function is a reader\n" << Reasons;
  EXPECT_EQ(found(Counted + Timer + exitWith("\tdying = true;\n\ttimer_delete(&timer);\n" + Wait)), "") << "it is turned away\n" << Reasons;
}

const std::string Notifier = "struct notifier_block {\n\tint (*call)(struct notifier_block *n, unsigned long event);\n};\nint unregister_pm_notifier(struct notifier_block *n);\nbool schedule_work(struct work_struct *w);\nstatic bool lately;\n";
std::string notifierWith(const std::string &Body) {
  return Counted + Work + Notifier + "static int drv_event(struct notifier_block *n, unsigned long event)\n{\n" + Body + "\treturn 0;\n}\nstatic struct notifier_block nb = {\n\t.call = drv_event,\n};\n";
}

TEST_F(AuditLeft, AWorkThatANotifierStartsAgain) {
  const std::string Stop = "\tcancel_work_sync(&work);\n", Unregister = "\tunregister_pm_notifier(&nb);\n";
  for (const char *Starts : {"\tschedule_work(&work);\n", "\tif (event == 3)\n\t\tschedule_work(&work);\n", "\tswitch (event) {\n\tcase 3:\n\t\tschedule_work(&work);\n\t}\n"}) {
    EXPECT_EQ(found(notifierWith(Starts) + exitWith(Stop + Unregister + Wait)), "missing_rcu_barrier medium") << Starts << Reasons;
    EXPECT_NE(Reasons.find("until unregister_pm_notifier(&nb) returns drv_event() may start it"), std::string::npos) << Reasons;
    EXPECT_EQ(found(notifierWith(Starts) + exitWith(Unregister + Stop + Wait), true), "") << Starts << Reasons;
    EXPECT_EQ(found(notifierWith(Starts) + exitWith(Stop + Unregister + Stop + Wait), true), "") << Starts << Reasons;
  }
  EXPECT_EQ(found(notifierWith("\tif (lately)\n\t\tschedule_work(&work);\n") + exitWith(Stop + Unregister + Wait)), "") << "its own state decides\n" << Reasons;
  EXPECT_EQ(found(notifierWith("\tlately = true;\n") + exitWith(Stop + Unregister + Wait), true), "") << Reasons;
}

std::string startsWorkWith(const std::string &Body, const std::string &Exit) {
  return "struct work_struct {\n\tvoid (*func)(struct work_struct *work);\n};\nbool cancel_work_sync(struct work_struct *work);\nbool flush_scheduled_work(void);\nbool schedule_work(struct work_struct *w);\nstatic bool often;\nstatic int count;\n"
         "static void drv_work(struct work_struct *work)\n{\n\tcount++;\n}\nstatic struct work_struct work = {\n\t.func = drv_work,\n};\nstatic void kick(void)\n{\n\tschedule_work(&work);\n}\n"
         "static void drv_free(struct rcu_head *head)\n{\n" + Body + "}\nvoid item_put(struct item *item)\n{\n\tcall_rcu(&item->rcu, drv_free);\n}\n" + exitWith(Exit);
}

TEST_F(AuditLeft, ACallbackThatStartsAWork) {
  for (const char *Body : {"\tschedule_work(&work);\n", "\tkick();\n"}) {
    EXPECT_EQ(found(startsWorkWith(Body, Wait)), "missing_rcu_barrier medium") << Reasons;
    EXPECT_NE(Reasons.find("leaves something running: drv_work(), which drv_free() starts, is ended nowhere behind its wait"), std::string::npos) << Reasons;
    EXPECT_EQ(found(startsWorkWith(Body, "\tcancel_work_sync(&work);\n" + Wait)), "missing_rcu_barrier medium") << Reasons;
    EXPECT_NE(Reasons.find("is ended only before it waits"), std::string::npos) << Reasons;
    EXPECT_EQ(found(startsWorkWith(Body, Wait + "\tcancel_work_sync(&work);\n"), true), "") << Reasons;
    EXPECT_EQ(found(startsWorkWith(Body, Wait + "\tflush_scheduled_work();\n"), true), "") << Reasons;
  }
  EXPECT_EQ(found(startsWorkWith("\tif (often)\n\t\tschedule_work(&work);\n", Wait)), "") << Reasons;
  EXPECT_EQ(found(startsWorkWith("\tcount++;\n", Wait), true), "") << Reasons;
}

TEST_F(AuditLeft, CallbacksOfTasks) {
  const std::string Tasks = "void call_rcu_tasks(struct rcu_head *head, rcu_callback_t func);\nvoid rcu_barrier_tasks(void);\nstatic int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\n"
                            "void item_count(struct item *item)\n{\n\tcall_rcu_tasks(&item->rcu, counted);\n}\n";
  EXPECT_EQ(found(Tasks + exitWith("\tcount = 0;\n")), "missing_rcu_barrier high") << Reasons;
  EXPECT_NE(Reasons.find("reaches no rcu_barrier_tasks()"), std::string::npos) << Reasons;
  EXPECT_EQ(found(Tasks + exitWith(Wait)), "missing_rcu_barrier high") << "of another kind\n" << Reasons;
  EXPECT_EQ(found(Tasks + exitWith("\trcu_barrier_tasks();\n"), true), "") << Reasons;
  EXPECT_EQ(found(Tasks + Work + exitWith("\trcu_barrier_tasks();\n\tcancel_work_sync(&work);\n")), "early_rcu_barrier medium") << Reasons;
}

TEST_F(AuditLeft, StatesOfCpus) {
  auto Module = [](const std::string &Setup, const std::string &Body) {
    return Counted + "int cpuhp_setup_state(int state, const char *name, int (*up)(unsigned int cpu), int (*down)(unsigned int cpu));\nvoid cpuhp_remove_state(int state);\n#define CPUHP_ONLINE 7\nstatic struct item one;\nstatic int hp_state;\n"
                     "static int drv_offline(unsigned int cpu)\n{\n\titem_count(&one);\n\treturn 0;\n}\nstatic int drv_quiet(unsigned int cpu)\n{\n\treturn 0;\n}\nint drv_setup(void)\n{\n\tint ret;\n\n" + Setup + "\treturn 0;\n}\n" + exitWith(Body);
  };
  const std::string Direct = "\thp_state = cpuhp_setup_state(1, \"drv\", NULL, drv_offline);\n", Copied = "\tret = cpuhp_setup_state(1, \"drv\", NULL, drv_offline);\n\thp_state = ret;\n", Remove = "\tcpuhp_remove_state(hp_state);\n";
  for (const std::string &Setup : {Direct, Copied}) {
    EXPECT_EQ(found(Module(Setup, Wait + Remove)), "early_rcu_barrier medium") << Setup << Reasons;
    EXPECT_EQ(found(Module(Setup, Remove + Wait), true), "") << Setup << Reasons;
  }
  EXPECT_EQ(found(Module("\tcpuhp_setup_state(CPUHP_ONLINE, \"drv\", NULL, drv_offline);\n", Wait + "\tcpuhp_remove_state(CPUHP_ONLINE);\n")), "early_rcu_barrier medium") << Reasons;
  EXPECT_EQ(found(Module("\thp_state = cpuhp_setup_state(1, \"drv\", NULL, drv_quiet);\n", Wait + Remove), true), "") << Reasons;
}

const std::string Files = "struct dentry;\nstruct file_operations {\n\tvoid *owner;\n\tlong (*write)(struct item *item);\n};\nstruct dentry *debugfs_create_file(const char *name, int mode, struct dentry *dir, void *data, const struct file_operations *f);\n"
                          "void debugfs_remove(struct dentry *d);\nstatic struct dentry *dir;\nstatic long drv_write(struct item *item)\n{\n\titem_count(item);\n\treturn 0;\n}\n";

TEST_F(AuditLeft, AFileOfDebugfs) {
  auto Module = [](const std::string &Owner, const std::string &Body) {
    return Counted + Files + "static const struct file_operations drv_fops = {\n" + Owner + "\t.write = drv_write,\n};\nvoid drv_files(void)\n{\n\tdebugfs_create_file(\"put\", 0600, dir, NULL, &drv_fops);\n}\n" + exitWith(Body);
  };
  EXPECT_EQ(found(Module("", Wait + "\tdebugfs_remove(dir);\n")), "early_rcu_barrier medium") << Reasons;
  EXPECT_NE(Reasons.find("until debugfs_remove(dir) returns drv_write() may run"), std::string::npos) << Reasons;
  EXPECT_EQ(found(Module("", "\tdebugfs_remove(dir);\n" + Wait), true), "") << Reasons;
  EXPECT_EQ(found(Module("\t.owner = THIS_MODULE,\n", Wait + "\tdebugfs_remove(dir);\n")), "") << "an open file holds the module\n" << Reasons;
}

TEST_F(AuditLeft, AFileOfSysfs) {
  auto Module = [](const std::string &Attribute, const std::string &Of, const std::string &Body) {
    return Counted + "struct kobject;\nstruct attribute {\n\tint mode;\n};\nstruct kobj_attribute {\n\tstruct attribute attr;\n\tlong (*show)(struct item *item);\n\tlong (*store)(struct item *item);\n};\nstruct attribute_group {\n\tstruct attribute **attrs;\n};\n"
                     "#define __ATTR(n, m, s, t) { .attr = { m }, .show = s, .store = t }\n#define __ATTR_RW(n) __ATTR(n, 0644, n##_show, n##_store)\n#define DEVICE_ATTR_RW(n) struct kobj_attribute dev_attr_##n = __ATTR_RW(n)\n"
                     "int sysfs_create_group(struct kobject *k, const struct attribute_group *g);\nvoid sysfs_remove_group(struct kobject *k, const struct attribute_group *g);\nvoid kobject_put(struct kobject *k);\nstatic struct kobject *kobj;\n"
                     "static long speed_show(struct item *item)\n{\n\treturn 0;\n}\nstatic long speed_store(struct item *item)\n{\n\titem_count(item);\n\treturn 0;\n}\n" + Attribute +
           "static struct attribute *attrs[] = {\n\t&" + Of + ".attr,\n\tNULL,\n};\nstatic const struct attribute_group group = {\n\t.attrs = attrs,\n};\nint drv_files(void)\n{\n\treturn sysfs_create_group(kobj, &group);\n}\n" + exitWith(Body);
  };
  const std::string Remove = "\tsysfs_remove_group(kobj, &group);\n", Spelt = "static struct kobj_attribute speed_attr = __ATTR(speed, 0644, speed_show, speed_store);\n",
                    Pasted = "static struct kobj_attribute speed_attr = __ATTR_RW(speed);\n", Made = "static DEVICE_ATTR_RW(speed);\n";
  for (const auto &[Attribute, Of] : {std::pair(Spelt, "speed_attr"), std::pair(Pasted, "speed_attr"), std::pair(Made, "dev_attr_speed")}) {
    EXPECT_EQ(found(Module(Attribute, Of, Wait + Remove)), "early_rcu_barrier medium") << Attribute << Reasons;
    EXPECT_EQ(found(Module(Attribute, Of, Remove + Wait), true), "") << Attribute << Reasons;
  }
  EXPECT_EQ(found(Module(Spelt, "speed_attr", Wait + "\tkobject_put(kobj);\n"), true), "early_rcu_barrier medium") << Reasons;
}

/// OBJECT(NAME, f, ...) at file scope, and NAME in a row of a table.
TEST_F(AuditLeft, AnObjectThatAMacroMakes) {
  auto Module = [](const std::string &Row, const std::string &Body) {
    return Counted + "struct part {\n\tint id;\n\tvoid (*gone)(struct item *item);\n};\nstruct driver {\n\tint (*probe)(const struct part **parts);\n};\nvoid unregister_driver(struct driver *drv);\n"
                     "#define PART(n, g) static const struct part part_##n = { .id = n, .gone = g }\n#define ROW(n) &part_##n\nenum { PART_ONE, PART_TWO };\nstatic void one_gone(struct item *item)\n{\n\titem_count(item);\n}\nstatic void two_gone(struct item *item)\n{\n}\n"
                     "PART(PART_ONE, one_gone);\nPART(PART_TWO, two_gone);\nstatic const struct part *parts[] = {\n\tROW(" + Row + "),\n};\nstatic int drv_probe(const struct part **to)\n{\n\t*to = parts[0];\n\treturn 0;\n}\n"
                     "static struct driver drv = {\n\t.probe = drv_probe,\n};\n" + exitWith(Body);
  };
  const std::string Gone = "\tunregister_driver(&drv);\n";
  EXPECT_EQ(found(Module("PART_ONE", Wait + Gone)), "early_rcu_barrier medium") << Reasons;
  EXPECT_EQ(found(Module("PART_ONE", Gone + Wait), true), "") << Reasons;
  EXPECT_EQ(found(Module("PART_TWO", Wait + Gone), true), "") << Reasons;
}

TEST_F(AuditLeft, MacrosWithoutParenthesesAndWaitsThatAreHandedOver) {
  for (const char *Macro : {"#define SETTLE rcu_barrier()\n", "#define SETTLE do { rcu_barrier(); } while (0)\n"})
    EXPECT_EQ(found(Counted + Macro + exitWith("\tSETTLE;\n"), true), "") << Macro << Reasons;
  EXPECT_EQ(found(Counted + "#define SETTLE synchronize_rcu()\n" + exitWith("\tSETTLE;\n")), "missing_rcu_barrier high") << Reasons;
  EXPECT_EQ(found(Counted + "#define settle rcu_barrier\n" + exitWith("\tsettle();\n"), true), "") << Reasons;
  EXPECT_EQ(found(Counted + "#define RUN(f) f()\n" + exitWith("\tRUN(rcu_barrier);\n"), true), "") << Reasons;
  EXPECT_EQ(found(Counted + "#define RUN(f) f()\n" + exitWith("\tRUN(synchronize_rcu);\n")), "missing_rcu_barrier high") << Reasons;
}

TEST_F(AuditLeft, ACallInAMacro) {
  auto Module = [](const std::string &Macro, const std::string &Use, const std::string &Body) {
    return "static int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\n" + Macro + "void item_count(struct item *item)\n{\n\t" + Use + ";\n}\n" + Work + exitWith(Body);
  };
  for (const auto &[Macro, Use] : {std::pair("#define LATER(i) call_rcu(&(i)->rcu, counted)\n", "LATER(item)"), std::pair("#define LATER(i) do { \\\n\tcall_rcu(&(i)->rcu, counted); \\\n} while (0)\n", "LATER(item)"),
                                   std::pair("#define LATER(i, f) call_rcu(&(i)->rcu, f)\n", "LATER(item, counted)")}) {
    EXPECT_EQ(found(Module(Macro, Use, "\tcount = 0;\n")), "missing_rcu_barrier high") << Macro << Reasons;
    EXPECT_EQ(found(Module(Macro, Use, Wait + "\tcancel_work_sync(&work);\n")), "early_rcu_barrier medium") << Macro << Reasons;
    EXPECT_EQ(found(Module(Macro, Use, "\tcancel_work_sync(&work);\n" + Wait), true), "") << Macro << Reasons;
    EXPECT_EQ(found(Module(Macro, Use, Wait + "\t" + std::string(Use).replace(std::string(Use).find("item"), 4, "&one") + ";\n")), "early_rcu_barrier high") << "the end queues itself\n" << Macro << Reasons;
  }
}

TEST_F(AuditLeft, WhatIsCalledWhereAScopeEnds) {
  auto Module = [](const std::string &Cleanup, const std::string &Body) {
    return Counted + "#define __free(n) __attribute__((cleanup(__free_##n)))\n#define DEFINE_FREE(n, t, f) static inline void __free_##n(void *p) { t _T = *(t *)p; f; }\nstruct item *find(void);\n" + Cleanup + exitWith(Body);
  };
  const std::string Drop = "DEFINE_FREE(drop, struct item *, if (_T) item_count(_T));\n", Settle = "DEFINE_FREE(settle, struct item *, if (_T) rcu_barrier());\n";
  EXPECT_EQ(found(Module(Drop, "\tstruct item *i __free(drop) = find();\n\n" + Wait)), "early_rcu_barrier high") << Reasons;
  EXPECT_EQ(found(Module(Drop, "\t{\n\t\tstruct item *i __free(drop) = find();\n\n\t\ti->key = 1;\n\t}\n" + Wait), true), "") << Reasons;
  EXPECT_EQ(found(Module(Settle, "\tstruct item *i __free(settle) = find();\n\n\titem_count(i);\n")), "") << Reasons;
  EXPECT_EQ(found(Module(Settle, "\tstruct item *i __free(settle) = find();\n\n\titem_count(i);\n"), true), "missing_rcu_barrier low") << "find() may have found nothing\n" << Reasons;
  EXPECT_EQ(found(Module(Settle, "\t{\n\t\tstruct item *i __free(settle) = find();\n\n\t\ti->key = 1;\n\t}\n\titem_count(find());\n")), "missing_rcu_barrier high") << Reasons;
}

TEST_F(AuditLeft, StartsThatFail) {
  auto Start = [](const std::string &Body) {
    return Counted + "static struct item one;\nint set_up(void);\nvoid *make(void);\n#define PTR_ERR(p) ((long)(p))\nstatic int __init drv_init(void)\n{\n\tvoid *p;\n\tint err;\n\n\titem_count(&one);\n" + Body + "}\nmodule_init(drv_init);\n"
           "static void __exit drv_exit(void)\n{\n\trcu_barrier();\n}\nmodule_exit(drv_exit);\n";
  };
  for (const char *Fails : {"\terr = set_up();\n\tif (err)\n\t\treturn err;\n\treturn 0;\n", "\terr = set_up();\n\tif (err < 0)\n\t\treturn err;\n\treturn 0;\n", "\treturn set_up();\n", "\tp = make();\n\tif (!p)\n\t\treturn PTR_ERR(p);\n\treturn 0;\n"})
    EXPECT_EQ(found(Start(Fails)), "missing_rcu_barrier medium") << Fails << Reasons;
  for (const char *Right : {"\terr = set_up();\n\tif (err) {\n\t\trcu_barrier();\n\t\treturn err;\n\t}\n\treturn 0;\n", "\trcu_barrier();\n\treturn set_up();\n", "\treturn 0;\n"})
    EXPECT_EQ(found(Start(Right), true), "") << Right << Reasons;
}

/// The core waits before it gives back the reference that who uses the module has.
TEST_F(AuditLeft, AReferenceThatTheCoreGivesBackBehindAWait) {
  auto Module = [](const std::string &Features, const std::string &Body) {
    return Counted + "struct ip_set_type {\n\tint features;\n\tvoid (*del)(struct item *item);\n};\nvoid ip_set_type_unregister(struct ip_set_type *t);\n#define IPSET_TYPE_NAME 1\n#define IPSET_TYPE_IP 2\nstatic void drv_del(struct item *item)\n{\n\titem_count(item);\n}\n"
                     "static struct ip_set_type type = {\n\t.features = " + Features + ",\n\t.del = drv_del,\n};\n" + exitWith(Body);
  };
  const std::string Gone = "\tip_set_type_unregister(&type);\n";
  EXPECT_EQ(found(Module("IPSET_TYPE_NAME", Gone)), "") << Reasons;
  EXPECT_EQ(found(Module("IPSET_TYPE_NAME", Gone), true), "missing_rcu_barrier low") << "that is no proof\n" << Reasons;
  EXPECT_EQ(found(Module("IPSET_TYPE_IP", Gone)), "missing_rcu_barrier high") << Reasons;
  EXPECT_EQ(found(Counted + Work + Module("IPSET_TYPE_NAME", Gone + "\tcancel_work_sync(&work);\n").substr(Counted.size())), "missing_rcu_barrier high") << "a work that no user has\n" << Reasons;
}

} // namespace
