// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Patches around synchronize_rcu(): what stood behind it must still wait, and what readers could find must be out of their reach when it begins.
#include "tool/review/judge/review_of_text.h"

using namespace krcu;

namespace {

const std::string Head = "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\n"
                         "struct list { struct list *next; };\nstruct srcu_struct { int ticket; };\nvoid list_del_rcu(struct list *entry);\nvoid list_add_rcu(struct list *entry, struct list *to);\nvoid synchronize_srcu(struct srcu_struct *of);\n"
                         "void dev_put(void *dev);\nvoid kfree(const void *object);\n#define kfree_rcu_mightsleep(object) do { typeof(object) ___m = (object); if (___m) kvfree_call_rcu(0, (void *)___m); } while (0)\n"
                         "struct parcel {\n\tint weight;\n\tvoid *dev;\n\tstruct list link;\n\tstruct rcu_head rcu;\n};\nstatic struct srcu_struct doors, gates;\nstatic int count;\n"
                         "struct parcel *parcel_new(void)\n{\n\treturn kmalloc(sizeof(struct parcel), GFP_KERNEL);\n}\n";
const std::string Busy = "static void parcel_gone(struct rcu_head *head)\n{\n\tcount++;\n\tkfree(container_of(head, struct parcel, rcu));\n}\n";

class ReviewWaits : public ReviewOfText {
protected:
  /// Of a function body that becomes another one.
  std::string verdict(const std::string &Old, const std::string &New, const std::string &More = "", const std::string &NewMore = "") {
    auto File = [](const std::string &Before, const std::string &Body) { return Head + Before + "void parcel_drop(struct parcel *p, struct parcel *q)\n{\n" + Body + "}\n"; };
    return verdictOf(File(More, Old), File(NewMore.empty() ? More : NewMore, New));
  }
};

const std::string Unlink = "\tlist_del_rcu(&p->link);\n", Wait = "\tsynchronize_rcu();\n", Free = "\tkfree(p);\n";

TEST_F(ReviewWaits, TheWaitGoesAndTheFreeStays) {
  EXPECT_EQ(verdict(Unlink + Wait + Free, Unlink + Free), "BROKEN") << Reason;
  EXPECT_NE(Reason.find("no longer waits for readers: before, synchronize_rcu() stood in front of it"), std::string::npos) << Reason;
  EXPECT_EQ(verdict(Unlink + Wait + Free, Unlink + Free + Wait), "BROKEN") << Reason;
  EXPECT_EQ(verdict(Unlink + Wait + Free, Unlink + "\tif (q)\n\t\tsynchronize_rcu();\n" + Free), "BROKEN") << Reason;
  EXPECT_EQ(verdict(Unlink + Wait + Free, Unlink + "\trcu_barrier();\n" + Free), "BROKEN") << Reason;
}

TEST_F(ReviewWaits, TheWaitStandsInFrontOfTheUnlink) {
  EXPECT_EQ(verdict(Unlink + Wait + Free, Wait + Unlink + Free), "BROKEN") << Reason;
  EXPECT_EQ(verdict(Unlink + "\tcount++;\n" + Wait + Free, Unlink + Wait + "\tcount++;\n" + Free), "OK") << Reason;
}

TEST_F(ReviewWaits, OthersReaders) {
  const std::string Srcu = "\tsynchronize_srcu(&doors);\n";
  EXPECT_EQ(verdict(Unlink + Srcu + Free, Unlink + "\tsynchronize_srcu(&gates);\n" + Free), "BROKEN") << Reason;
  EXPECT_EQ(verdict(Unlink + Srcu + Free, Unlink + Wait + Free), "BROKEN") << Reason;
  EXPECT_EQ(verdict(Unlink + Srcu + Free, Unlink + "\tkfree_rcu(p, rcu);\n"), "BROKEN") << Reason;
  EXPECT_NE(Reason.find("waits for other readers"), std::string::npos) << Reason;
}

TEST_F(ReviewWaits, WhatElseStoodBehindIt) {
  EXPECT_EQ(verdict(Unlink + Wait + "\tdev_put(p->dev);\n" + Free, Unlink + "\tdev_put(p->dev);\n\tkfree_rcu(p, rcu);\n"), "CANNOT TELL") << Reason;
  EXPECT_NE(Reason.find("dev_put() in parcel_drop() stood behind synchronize_rcu() and no longer waits"), std::string::npos) << Reason;
  EXPECT_EQ(verdict(Unlink + Wait, Unlink), "CANNOT TELL") << Reason;
  EXPECT_NE(Reason.find("what its callers do behind it was not followed"), std::string::npos) << Reason;
}

TEST_F(ReviewWaits, AConversionNeedsItNoMore) {
  EXPECT_EQ(verdict(Unlink + Wait + Free, Unlink + "\tkfree_rcu(p, rcu);\n"), "OK") << Reason;
  EXPECT_EQ(verdict(Unlink + Wait + Free, Unlink + "\tkfree_rcu_mightsleep(p);\n"), "OK") << Reason;
  EXPECT_EQ(verdict(Unlink + Wait + Free, Unlink + "\tsettle();\n" + Free, "static void settle(void)\n{\n\tsynchronize_rcu();\n}\n"), "OK") << Reason;
}

/// A callback that does more than free: it must still get the object that it got.
TEST_F(ReviewWaits, AnotherHeadForTheSameCallback) {
  const std::string Queue = "\tcall_rcu(&p->rcu, parcel_gone);\n", Other = "\tcall_rcu(&q->rcu, parcel_gone);\n";
  EXPECT_EQ(verdict(Unlink + Queue, Unlink + Other, Busy), "BROKEN") << Reason;
  EXPECT_NE(Reason.find("parcel_gone() was queued with &p->rcu there, and now with &q->rcu"), std::string::npos) << Reason;
  EXPECT_EQ(verdict("\tif (p)\n\t" + Queue, "\tif (q && p)\n\t" + Queue, Busy), "CANNOT TELL") << Reason;
  EXPECT_NE(Reason.find("is no longer made if !q, which was not asked before"), std::string::npos) << Reason;
  EXPECT_EQ(verdict("\tif (p)\n\t" + Queue, "\tif (!p)\n\t\treturn;\n" + Queue, Busy), "OK") << Reason;
}

/// What a macro expands to is judged by nobody.
TEST_F(ReviewWaits, AMacroThatFrees) {
  const std::string Old = "#define put(o) kfree_rcu(o, rcu)\n", New = "#define put(o) kfree(o)\n";
  EXPECT_NE(verdict("\tput(p);\n", "\tput(p);\n", Old, New), "OK") << Reason;
  const std::string Lines = "#define leave(o) \\\n\t";
  EXPECT_NE(verdict("", "", Lines + "kfree_rcu(o, rcu)\n", Lines + "kfree(o)\n"), "OK") << Reason;
}

} // namespace
