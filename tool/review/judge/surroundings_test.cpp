// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Patches that leave a free as it is and change what stands around it: locks, read-side sections, what is stopped in front of it, what else is done for
// the object, where it comes from. Each kind with a change that looks like it and is right.
#include "tool/review/judge/review_of_text.h"

using namespace krcu;

namespace {

const std::string Head = R"(// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
struct list { struct list *next; };
struct mutex { int owner; };
struct timer_list { int left; };
struct work_struct { int state; };
struct rcu_work { struct work_struct work; struct rcu_head rcu; };
void mutex_lock(struct mutex *lock);
void mutex_unlock(struct mutex *lock);
void rcu_read_lock(void);
void rcu_read_unlock(void);
void list_del_rcu(struct list *entry);
void INIT_LIST_HEAD(struct list *entry);
int timer_delete_sync(struct timer_list *timer);
int timer_delete(struct timer_list *timer);
void queue_rcu_work(void *queue, struct rcu_work *work);
void queue_work(void *queue, struct work_struct *work);
void pr_debug(const char *text, ...);
void dev_put(void *dev);
int weigh(const void *object);
void *elsewhere(size_t size);
#define rcu_assign_pointer(p, v) ((p) = (v))
#define RCU_INIT_POINTER(p, v) ((p) = (v))
#define rcu_dereference_protected(p, c) (p)
#define guard(kind) guard_##kind
void guard_mutex(struct mutex *lock);
struct parcel {
	int weight;
	void *dev;
	struct list link;
	struct timer_list timer;
	struct rcu_work later;
	struct rcu_head rcu;
};
struct mutex shelf_lock, door_lock;
struct parcel *shelf;
void *queue;
int count;
)";
const std::string Busy = "static void parcel_gone(struct rcu_head *head)\n{\n\tstruct parcel *p = container_of(head, struct parcel, rcu);\n\n\tdev_put(p->dev);\n\tkfree(p);\n}\n";

class ReviewSurroundings : public ReviewOfText {
protected:
  /// Of a function body that becomes another one.
  std::string verdict(const std::string &Old, const std::string &New, const std::string &More = "", const std::string &NewMore = "") {
    auto File = [](const std::string &Before, const std::string &Body) { return Head + Before + "void parcel_drop(struct parcel *p, struct parcel *q)\n{\n" + Body + "}\n"; };
    return verdictOf(File(More, Old), File(NewMore.empty() ? More : NewMore, New));
  }
};

const std::string Lock = "\tmutex_lock(&shelf_lock);\n", Unlock = "\tmutex_unlock(&shelf_lock);\n", Unlink = "\tlist_del_rcu(&p->link);\n", Free = "\tkfree_rcu(p, rcu);\n";

TEST_F(ReviewSurroundings, TheLockAroundAnUnlink) {
  EXPECT_EQ(verdict(Lock + Unlink + Unlock + Free, Unlink + Free), "CANNOT TELL");
  EXPECT_TRUE(says("list_del_rcu(&p->link) in parcel_drop() no longer stands under shelf_lock")) << Reason;
  EXPECT_EQ(verdict(Lock + Unlink + Unlock + Free, Lock + Unlock + Unlink + Free), "CANNOT TELL") << Reason;
  EXPECT_EQ(verdict(Lock + Unlink + Unlock + Free, "\tmutex_lock(&door_lock);\n" + Unlink + "\tmutex_unlock(&door_lock);\n" + Free), "CANNOT TELL") << Reason;
  EXPECT_EQ(verdict(Lock + Unlink + Unlock + Free, "\trcu_read_lock();\n" + Unlink + "\trcu_read_unlock();\n" + Free), "CANNOT TELL") << Reason;
  const std::string Read = "\tp = rcu_dereference_protected(shelf, 1);\n", Swap = "\trcu_assign_pointer(shelf, q);\n";
  EXPECT_EQ(verdict(Lock + Read + Swap + Unlock + Free, Read + Lock + Swap + Unlock + Free), "CANNOT TELL") << Reason;
}

TEST_F(ReviewSurroundings, ALockThatIsStillThere) {
  EXPECT_EQ(verdict(Lock + Unlink + Unlock + Free, Lock + Unlink + Free + Unlock), "OK") << Reason;
  EXPECT_EQ(verdict(Lock + Unlink + Unlock + Free, "\tguard(mutex)(&shelf_lock);\n" + Unlink + Free), "OK") << Reason;
  EXPECT_EQ(verdict(Lock + "\tif (!p) {\n\t" + Unlock + "\t\treturn;\n\t}\n" + Unlink + Unlock + Free, Lock + "\tif (p) {\n\t" + Unlink + "\t" + Unlock + "\t" + Free + "\t\treturn;\n\t}\n" + Unlock), "OK") << Reason;
}

/// What is read without the lock was before, too.
TEST_F(ReviewSurroundings, ALockThatIsTakenForTheStoreOnly) {
  const std::string Read = "\tp = rcu_dereference_protected(shelf, 1);\n", Swap = Lock + "\trcu_assign_pointer(shelf, q);\n" + Unlock;
  const std::string Only = "static void parcel_free(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct parcel, rcu));\n}\nvoid other(struct parcel *p)\n{\n\tcall_rcu(&p->rcu, parcel_free);\n}\n";
  EXPECT_EQ(verdict(Read + Swap + "\tcall_rcu(&p->rcu, parcel_free);\n", Read + Swap + Free, Only), "OK") << Reason;
}

TEST_F(ReviewSurroundings, WhatStoodInAReadSideSection) {
  const std::string Begin = "\trcu_read_lock();\n", Use = "\tcount += weigh(shelf);\n\tif (!count)\n\t\tcount = 1;\n\tcount++;\n", End = "\trcu_read_unlock();\n";
  EXPECT_EQ(verdict(Begin + Use + End, Begin + End + Use), "CANNOT TELL");
  EXPECT_TRUE(says("weigh(shelf) in parcel_drop() stood in a read-side section and no longer does")) << Reason;
  EXPECT_EQ(verdict(Begin + Use + End, Use), "CANNOT TELL") << Reason;
  EXPECT_EQ(verdict(Begin + Use + End, Lock + Use + Unlock), "OK") << Reason;
  EXPECT_EQ(verdict(Begin + Use + "\tpr_debug(\"d\");\n" + End, Begin + Use + End + "\tpr_debug(\"d\");\n"), "OK") << Reason;
}

TEST_F(ReviewSurroundings, WhatWasOnlyLookedIntoInAReadSideSection) {
  const std::string Begin = "\tstruct parcel *r;\n\n\trcu_read_lock();\n\tr = rcu_dereference(shelf);\n", Use = "\tif (r)\n\t\tcount += r->weight;\n", End = "\trcu_read_unlock();\n";
  const std::string Macro = "#define rcu_dereference(p) (p)\nbool parcel_get(struct parcel *p);\n";
  EXPECT_EQ(verdict(Begin + Use + End, Begin + End + Use, Macro), "CANNOT TELL");
  EXPECT_TRUE(says("r in parcel_drop() was looked into in a read-side section only, and now it is outside of one")) << Reason;
  EXPECT_EQ(verdict(Begin + Use + End, Begin + End + "\tcount += r ? r->weight : 0;\n", Macro), "CANNOT TELL") << Reason;
  EXPECT_EQ(verdict(Begin + Use + End, Begin + End + "\tif (r && count > r->weight)\n\t\tcount = 0;\n", Macro), "CANNOT TELL") << Reason;
  EXPECT_EQ(verdict(Begin + Use + End, Begin + Use + End + "\t/* r->weight was read above */\n", Macro), "OK") << Reason;
  EXPECT_EQ(verdict(Begin + Use + End, Begin + "\tif (!r) {\n\t\trcu_read_unlock();\n\t\treturn;\n\t}\n\tcount += r->weight;\n" + End, Macro), "OK") << Reason;
  EXPECT_EQ(verdict(Begin + Use + End, Begin + "\tif (r && !parcel_get(r))\n\t\tr = NULL;\n" + End + Use, Macro), "OK") << "it may hold a reference: " << Reason;
  EXPECT_EQ(verdict(Begin + Use + End + "\tp->weight = 1;\n", Begin + Use + "\tp->weight = 1;\n" + End, Macro), "OK") << Reason;
  EXPECT_EQ(verdict(Begin + "\tcount += p->weight;\n" + Use + End, Begin + Use + End + "\tcount += p->weight;\n", Macro), "OK") << "nothing of it was fetched there: " << Reason;
}

TEST_F(ReviewSurroundings, AStoreThatPublishes) {
  EXPECT_EQ(verdict("\trcu_assign_pointer(shelf, q);\n" + Free, "\tRCU_INIT_POINTER(shelf, q);\n" + Free), "CANNOT TELL");
  EXPECT_TRUE(says("RCU_INIT_POINTER(shelf, q) in parcel_drop() takes the place of a store")) << Reason;
  EXPECT_EQ(verdict("\trcu_assign_pointer(shelf, NULL);\n" + Free, "\tRCU_INIT_POINTER(shelf, NULL);\n" + Free), "OK") << Reason;
}

TEST_F(ReviewSurroundings, WhatWasStoppedInFrontOfTheFree) {
  const std::string Stop = "\ttimer_delete_sync(&p->timer);\n";
  EXPECT_EQ(verdict(Stop + Unlink + Free, "\ttimer_delete(&p->timer);\n" + Unlink + Free), "CANNOT TELL");
  EXPECT_TRUE(says("timer_delete_sync(&p->timer) stood in front of kfree_rcu() in parcel_drop() and no longer does")) << Reason;
  EXPECT_EQ(verdict(Stop + Unlink + Free, Unlink + Free + Stop), "BROKEN") << Reason;
  EXPECT_EQ(verdict("\ttimer_delete_sync(&q->timer);\n\trcu_barrier();\n", "\trcu_barrier();\n\ttimer_delete_sync(&q->timer);\n"), "CANNOT TELL") << Reason;
  EXPECT_EQ(verdict(Stop + Unlink + Free, Unlink + Stop + Free), "OK") << Reason;
}

/// Another name for the same, and a function that is only large, are no change.
TEST_F(ReviewSurroundings, NothingIsStoppedLess) {
  const std::string Old = "void drv_exit(struct parcel *drv)\n{\n\ttimer_delete_sync(&drv->timer);\n\trcu_barrier();\n}\n", New = "void drv_exit(struct parcel *d)\n{\n\ttimer_delete_sync(&d->timer);\n\trcu_barrier();\n}\n";
  EXPECT_EQ(verdict("", "", Old, New), "OK") << Reason;
  std::string Large;
  for (int N = 0; N < 1100; ++N)
    Large += "\tcount += weigh(q);\n";
  EXPECT_EQ(verdict(Large + "\tdev_put(q);\n", Large, "void other(struct parcel *p)\n{\n" + Free + "}\n"), "OK") << Reason;
  EXPECT_EQ(verdict(Large + Free + "\tdev_put(q);\n", Large + Free), "CANNOT TELL");
  EXPECT_TRUE(says("parcel_drop() is too large for what stands around its frees and waits to be followed")) << Reason;
}

TEST_F(ReviewSurroundings, AWorkItemThatWaitedForReaders) {
  EXPECT_EQ(verdict(Unlink + "\tqueue_rcu_work(queue, &p->later);\n", Unlink + "\tqueue_work(queue, &p->later.work);\n"), "BROKEN");
  EXPECT_TRUE(says("queue_work(queue, &p->later.work) in parcel_drop() does not wait for a grace period")) << Reason;
  EXPECT_EQ(verdict(Unlink + "\tqueue_rcu_work(queue, &p->later);\n", Unlink), "CANNOT TELL") << Reason;
}

TEST_F(ReviewSurroundings, ACallbackMayNotSleep) {
  const std::string Sleeps = "static void parcel_gone(struct rcu_head *head)\n{\n\tstruct parcel *p = container_of(head, struct parcel, rcu);\n\n\tmutex_lock(&shelf_lock);\n\tdev_put(p->dev);\n\tmutex_unlock(&shelf_lock);\n\tkfree(p);\n}\n";
  EXPECT_EQ(verdict(Unlink + "\tcall_rcu(&p->rcu, parcel_gone);\n", Unlink + "\tcall_rcu(&p->rcu, parcel_gone);\n", Busy, Sleeps), "BROKEN");
  EXPECT_TRUE(says("mutex_lock() may sleep, and parcel_gone() is an RCU callback")) << Reason;
}

TEST_F(ReviewSurroundings, BetweenTheUnlinkAndTheFree) {
  EXPECT_EQ(verdict(Unlink + Free, Unlink + "\tINIT_LIST_HEAD(&p->link);\n" + Free), "CANNOT TELL");
  EXPECT_TRUE(says("INIT_LIST_HEAD(&p->link) comes in parcel_drop() behind the unlinking of p and in front of its free")) << Reason;
  EXPECT_EQ(verdict(Unlink + Free, "\tINIT_LIST_HEAD(&q->link);\n" + Unlink + Free), "OK") << Reason;
}

TEST_F(ReviewSurroundings, WhatElseWasDoneForTheObject) {
  const std::string Queue = "\tcall_rcu(&p->rcu, parcel_gone);\n", Put = "\tdev_put(p->dev);\n";
  EXPECT_EQ(verdict(Put + Unlink + Free, Unlink + Free), "CANNOT TELL");
  EXPECT_TRUE(says("dev_put(p->dev) goes in parcel_drop(); who does its work now was not found")) << Reason;
  const std::string Less = "static void parcel_gone(struct rcu_head *head)\n{\n\tstruct parcel *p = container_of(head, struct parcel, rcu);\n\n\tkfree(p);\n}\n";
  EXPECT_EQ(verdict(Unlink + Queue, Unlink + Queue, Busy, Less), "CANNOT TELL") << Reason;
  EXPECT_EQ(verdict(Unlink + Queue, Put + Unlink + Queue, Busy, Less), "CANNOT TELL");
  EXPECT_TRUE(says("another function calls it now, and whether it may at that time was not followed")) << Reason;
}

/// Another name, a helper: nothing has gone.
TEST_F(ReviewSurroundings, TheSameInOtherWords) {
  const std::string Queue = "\tcall_rcu(&p->rcu, parcel_gone);\n";
  std::string Renamed = Busy;
  for (size_t At; (At = Renamed.find(" *p ")) != std::string::npos;)
    Renamed.replace(At, 4, " *it ");
  for (size_t At; (At = Renamed.find("(p)")) != std::string::npos;)
    Renamed.replace(At, 3, "(it)");
  for (size_t At; (At = Renamed.find("(p->")) != std::string::npos;)
    Renamed.replace(At, 4, "(it->");
  EXPECT_EQ(verdict(Unlink + Queue, Unlink + Queue, Busy, Renamed), "OK") << Reason;
  const std::string Helper = "static void parcel_end(struct parcel *p)\n{\n\tdev_put(p->dev);\n\tkfree(p);\n}\nstatic void parcel_gone(struct rcu_head *head)\n{\n\tparcel_end(container_of(head, struct parcel, rcu));\n}\n";
  EXPECT_EQ(verdict(Unlink + Queue, Unlink + Queue, Busy, Helper), "OK") << Reason;
}

TEST_F(ReviewSurroundings, WhereTheObjectComesFrom) {
  const std::string Old = "struct parcel *parcel_new(void)\n{\n\tstruct parcel *p = kmalloc(sizeof(*p), GFP_KERNEL);\n\n\treturn p;\n}\n";
  std::string New = Old;
  New.replace(New.find("kmalloc(sizeof(*p), GFP_KERNEL)"), 31, "elsewhere(sizeof(*p))");
  EXPECT_EQ(verdict(Free, Free, Old, New), "CANNOT TELL");
  EXPECT_TRUE(says("struct parcel comes from elsewhere() now")) << Reason;
}

TEST_F(ReviewSurroundings, AFlagOnWhichReadersRely) {
  const std::string Old = "static struct kmem_cache *cache;\nvoid begin(void)\n{\n\tcache = KMEM_CACHE(parcel, SLAB_TYPESAFE_BY_RCU);\n}\n";
  std::string New = Old;
  New.replace(New.find("SLAB_TYPESAFE_BY_RCU"), 20, "SLAB_ACCOUNT");
  EXPECT_EQ(verdict("", "", Old, New), "CANNOT TELL");
  EXPECT_TRUE(says("SLAB_TYPESAFE_BY_RCU goes")) << Reason;
}

TEST_F(ReviewSurroundings, AHeadThatSharesItsBytes) {
  std::string New = Head;
  New.replace(New.find("\tstruct rcu_head rcu;\n};\nstruct mutex shelf"), 25, "\tunion {\n\t\tstruct list other;\n\t\t/* written when it is queued */\n\t\tstruct rcu_head rcu;\n\t};\n};\n");
  const std::string Body = "void parcel_drop(struct parcel *p)\n{\n" + Unlink + Free + "}\n";
  EXPECT_EQ(verdictOf(Head + Body, New + Body), "CANNOT TELL");
  EXPECT_TRUE(says("the head rcu shares its bytes with other members of a union now")) << Reason;
}

TEST_F(ReviewSurroundings, WhatTheCoreCallsBehindAGracePeriod) {
  const std::string Old = "struct inode;\nstruct super_operations { void (*free_inode)(struct inode *inode); void (*destroy_inode)(struct inode *inode); };\nvoid inode_end(struct inode *inode)\n{\n\tkfree(inode);\n}\n"
                          "const struct super_operations drv_ops = {\n\t.free_inode = inode_end,\n};\n";
  std::string New = Old, Moved = Old;
  New.replace(New.find("\t.free_inode"), 13, "\t.destroy_inode");
  Moved.replace(Moved.find("\t.free_inode = inode_end,\n"), 26, "\t/* at the end */\n\t.free_inode\t= inode_end,\n");
  EXPECT_EQ(verdict("", "", Old, New), "CANNOT TELL");
  EXPECT_TRUE(says("inode_end() is no longer the free_inode of a struct super_operations")) << Reason;
  EXPECT_EQ(verdict("", "", Old, Moved), "OK") << Reason;
}

TEST_F(ReviewSurroundings, AFileThatMoves) {
  const std::string Old = Head + "struct parcel *parcel_new(void)\n{\n\treturn kmalloc(sizeof(struct parcel), GFP_KERNEL);\n}\nvoid parcel_drop(struct parcel *p)\n{\n" + Unlink + Free + "}\n";
  std::string New = Old;
  New.replace(New.find(Free), Free.size(), "\tkfree(p);\n");
  auto Lines = [](llvm::StringRef Text, const std::string &Sign) {
    std::string Result;
    for (; !Text.empty(); Text = Text.split('\n').second)
      Result += Sign + Text.split('\n').first.str() + "\n";
    return Result;
  };
  auto Moved = [&](const std::string &To) {
    Tree.write("drv/drv.c", Old);
    auto Count = [](llvm::StringRef Text) { return std::to_string(Text.count('\n')); };
    return verdictOfDiff("diff --git a/drv/drv.c b/drv/drv.c\ndeleted file mode 100644\n--- a/drv/drv.c\n+++ /dev/null\n@@ -1," + Count(Old) + " +0,0 @@\n" + Lines(Old, "-") +
                         "diff --git a/drv/other.c b/drv/other.c\nnew file mode 100644\n--- /dev/null\n+++ b/drv/other.c\n@@ -0,0 +1," + Count(To) + " @@\n" + Lines(To, "+"));
  };
  EXPECT_EQ(Moved(New), "CANNOT TELL");
  EXPECT_TRUE(says("parcel_drop() moves to drv/other.c, and kfree_rcu(p) does not")) << Reason;
  EXPECT_EQ(Moved(Old), "OK") << Reason;
}

/// Two calls of one helper are two frees, each with its own past.
TEST_F(ReviewSurroundings, AHelperThatIsCalledTwice) {
  const std::string Free = "static void parcel_free(struct rcu_head *head)\n{\n\tstruct parcel *p = container_of(head, struct parcel, rcu);\n\n\tkfree(p);\n}\n",
                    Helper = "static void parcel_free(struct parcel *p)\n{\n\tkfree_rcu(p, rcu);\n}\n";
  auto Body = [](const std::string &Call) {
    return "\tfor (p = shelf; p; p = q) {\n\t\tif (p->weight) {\n\t\t\tlist_del_rcu(&p->link);\n\t\t\t" + Call + "\n\t\t}\n\t\tq = p + 1;\n\t}\n\tif (count == 1) {\n\t\tp = shelf;\n\t\tlist_del_rcu(&p->link);\n\t\t" + Call + "\n\t}\n";
  };
  EXPECT_EQ(verdict(Body("call_rcu(&p->rcu, parcel_free);"), Body("parcel_free(p);"), Free, Helper), "OK") << Reason;
}

} // namespace
