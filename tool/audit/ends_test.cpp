// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ends of a kind of their own: what is stopped behind a destruction, a mount of the kernel's own, a module without a start and an exit.
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
  /// "kind confidence" of each finding in drv/ but notes.
  std::string found(const std::string &Text, bool All = false) {
    Tree.write("drv/drv.c", Head + Text);
    auto S = Scan::prepare(Tree.options());
    EXPECT_TRUE(bool(S)) << message(S.takeError());
    std::string Result;
    Reasons.clear();
    for (const AuditFinding &F : auditTree(**S, {{}, All}).findings)
      if (F.where.file.rfind("drv/", 0) == 0 && F.severity != Severity::Note) {
        Result += (Result.empty() ? "" : "; ") + F.kind + " " + confidenceName(F.confidence);
        Reasons += F.reason + "\n";
      }
    return Result;
  }
  ScratchTree Tree;
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

TEST_F(AuditEnds, WithoutAStartAndAnExit) {
  EXPECT_EQ(found(Counted), "missing_rcu_barrier medium");
  EXPECT_NE(Reasons.find("has neither a start nor an exit, so that it can be unloaded"), std::string::npos) << Reasons;
  EXPECT_EQ(found(Counted + Init, true), "") << "with a start and no exit it cannot be unloaded";
  EXPECT_EQ(found(Counted + "void item_wait(void)\n{\n\trcu_barrier();\n}\n", true).find("medium"), std::string::npos) << Reasons;
}

} // namespace
