// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ways of user space to findings: one small module for each kind of door, and what is said where there is none.
#include "tool/audit/reproducer.h"
#include "tool/audit/test_module.h"
#include "tool/audit/user_ways.h"
#include "tool/driver/pipeline_trees.h"
#include "gtest/gtest.h"

using namespace krcu;
using namespace krcu::testing_module;

namespace {

/// A start and an end that make a structure known and take it back.
std::string known(const std::string &Call, const std::string &Back) {
  return "static int __init drv_init(void)\n{\n\treturn " + Call + ";\n}\nmodule_init(drv_init);\nstatic void __exit drv_exit(void)\n{\n\t" + Back + ";\n}\nmodule_exit(drv_exit);\n";
}

const std::string KeyType = "struct key_type {\n\tconst char *name;\n\tint (*instantiate)(struct item *item);\n\tint (*update)(struct item *item);\n};\n"
                            "int register_key_type(struct key_type *type);\nvoid unregister_key_type(struct key_type *type);\n";
const std::string Updated = "static int drv_update(struct item *item)\n{\n\titem_count(item);\n\treturn 0;\n}\n";

class Reproducers : public testing::Test {
protected:
  Reproducers() : Tree("waits") {}

  /// Of the first finding of an error in drv/.
  const Reproducer &of(const std::string &Text) {
    Tree.write("drv/drv.c", Head + Text);
    auto S = Scan::prepare(Tree.options());
    EXPECT_TRUE(bool(S)) << message(S.takeError());
    Held = std::move(*S);
    Report = auditTree(*Held, {{}, true});
    std::erase_if(Report.findings, [](const AuditFinding &F) { return F.severity != Severity::Error || F.where.file.rfind("drv/", 0) != 0; });
    Out.clear();
    if (Report.findings.empty())
      ADD_FAILURE() << "nothing was found";
    else
      Out = reproducersOf(*Held, {&Report.findings.front()});
    Out.resize(1);
    return Out.front();
  }
  /// The steps of a way: "modprobe drv; keyctl add ...; rmmod drv".
  static std::string steps(const Reproducer &R, size_t Way = 0) {
    std::string Text;
    for (const ReproducerStep &S : Way < R.ways.size() ? R.ways[Way].steps : std::vector<ReproducerStep>())
      Text += (Text.empty() ? "" : "; ") + S.text;
    return Text;
  }

  ScratchTree Tree;
  std::unique_ptr<Scan> Held;
  AuditReport Report;
  std::vector<Reproducer> Out;
};

TEST_F(Reproducers, AKeyType) {
  const Reproducer &R = of(KeyType + Counted + Updated + "static struct key_type drv_keys = {\n\t.name = \"drv-key\",\n\t.update = drv_update,\n};\n" + known("register_key_type(&drv_keys)", "unregister_key_type(&drv_keys)"));
  ASSERT_EQ(R.ways.size(), 1u) << R.no_way;
  EXPECT_EQ(R.module, "drv");
  EXPECT_EQ(R.files, std::vector<std::string>{"drv/drv.c"});
  EXPECT_EQ(R.ways[0].kind, "keys");
  EXPECT_EQ(R.ways[0].name, "drv-key");
  EXPECT_EQ(steps(R), "modprobe drv; keyctl add drv-key DESCRIPTION PAYLOAD @u; keyctl update KEY PAYLOAD; keyctl unlink KEY @u; rmmod drv");
  EXPECT_EQ(R.ways[0].steps[2].why, "key_type.update is drv_update()");
  ASSERT_EQ(R.ways[0].way.size(), 3u);
  EXPECT_EQ(R.ways[0].way[0].text, "register_key_type(&drv_keys) makes drv_keys known");
  EXPECT_EQ(R.ways[0].way[1].text, "key_type.update of drv_keys is drv_update()");
  EXPECT_EQ(R.ways[0].way[2].text, "names item_count()");
  EXPECT_TRUE(R.ways[0].every_step);
  EXPECT_NE(R.sign.find("counted() is called after the text of drv is gone"), std::string::npos) << R.sign;
}

TEST_F(Reproducers, ANameThatIsAMacroAndOneThatIsNot) {
  auto Named = [&](const std::string &Name) {
    return of("#define DRV_NAME \"drv\" \"_key\"\nextern const char *drv_name;\n" + KeyType + Counted + Updated + "static struct key_type drv_keys = {\n\t.name = " + Name + ",\n\t.update = drv_update,\n};\n" + known("register_key_type(&drv_keys)", "unregister_key_type(&drv_keys)")).ways.at(0);
  };
  EXPECT_EQ(Named("DRV_NAME").name, "drv_key");
  EXPECT_EQ(Named("KBUILD_MODNAME").name, "drv");
  ReproducerWay Unknown = Named("drv_name");
  EXPECT_EQ(Unknown.name, "");
  EXPECT_EQ(Unknown.steps.at(1).text, "keyctl add NAME DESCRIPTION PAYLOAD @u") << "what cannot be read is for the reader to fill in";
  EXPECT_EQ(Named("\"x; reboot\"").steps.at(1).text, "keyctl add 'x; reboot' DESCRIPTION PAYLOAD @u") << "a name of the tree is one word of a shell";
}

TEST_F(Reproducers, WhatTheLastTableDoesBesides) {
  const Reproducer &R = of("struct Qdisc_ops {\n\tconst char *id;\n\tint (*init)(struct item *item);\n\tint (*change)(struct item *item);\n\tint (*destroy)(struct item *item);\n};\n"
                           "int register_qdisc(struct Qdisc_ops *ops);\nvoid unregister_qdisc(struct Qdisc_ops *ops);\n" + Counted +
                           "static int drv_change(struct item *item)\n{\n\titem_count(item);\n\treturn 0;\n}\nstatic int drv_start(struct item *item)\n{\n\treturn drv_change(item);\n}\n"
                           "static int drv_destroy(struct item *item)\n{\n\titem_count(item);\n\treturn 0;\n}\n"
                           "static struct Qdisc_ops drv_ops = {\n\t.id = \"drv\",\n\t.init = drv_start,\n\t.change = drv_change,\n\t.destroy = drv_destroy,\n};\n" + known("register_qdisc(&drv_ops)", "unregister_qdisc(&drv_ops)"));
  ASSERT_EQ(R.ways.size(), 1u) << R.no_way;
  EXPECT_EQ(steps(R), "modprobe drv; tc qdisc add dev DEVICE root handle 1: drv OPTIONS; tc qdisc change dev DEVICE root handle 1: drv OTHER-OPTIONS; tc qdisc del dev DEVICE root; rmmod drv");
  EXPECT_EQ(R.ways[0].steps[3].why, "Qdisc_ops.destroy is drv_destroy()");
}

TEST_F(Reproducers, AFileSystemWhoseInodesTheCoreFrees) {
  const Reproducer &R = of("struct super_operations {\n\tvoid (*free_inode)(struct item *item);\n};\nstruct file_system_type {\n\tconst char *name;\n\tint (*init_fs_context)(struct item *item);\n};\n"
                           "struct super_block {\n\tconst struct super_operations *s_op;\n};\nint register_filesystem(struct file_system_type *type);\nint unregister_filesystem(struct file_system_type *type);\n"
                           "static int count;\nstatic void drv_free_inode(struct item *item)\n{\n\tcount++;\n}\nstatic const struct super_operations drv_super = {\n\t.free_inode = drv_free_inode,\n};\n"
                           "static struct super_block *block;\nstatic int drv_context(struct item *item)\n{\n\tblock->s_op = &drv_super;\n\treturn 0;\n}\n"
                           "static struct file_system_type drv_type = {\n\t.name = \"drvfs\",\n\t.init_fs_context = drv_context,\n};\n" + known("register_filesystem(&drv_type)", "unregister_filesystem(&drv_type)"));
  ASSERT_EQ(R.ways.size(), 1u) << R.no_way;
  EXPECT_EQ(R.ways[0].kind, "filesystem");
  EXPECT_EQ(steps(R), "modprobe drv; mount -t drvfs SOURCE /mnt; umount /mnt; rmmod drv");
  EXPECT_EQ(R.ways[0].steps[2].why, "super_operations.free_inode is drv_free_inode()");
}

TEST_F(Reproducers, ATableInATable) {
  const Reproducer &R = of("struct file_operations {\n\tlong (*unlocked_ioctl)(struct item *item);\n};\nstruct miscdevice {\n\tconst char *name;\n\tconst char *nodename;\n\tconst struct file_operations *fops;\n};\n"
                           "int misc_register(struct miscdevice *device);\nvoid misc_deregister(struct miscdevice *device);\n" + Counted +
                           "static long drv_ioctl(struct item *item)\n{\n\titem_count(item);\n\treturn 0;\n}\nstatic const struct file_operations drv_fops = {\n\t.unlocked_ioctl = drv_ioctl,\n};\n"
                           "static struct miscdevice drv_device = {\n\t.name = \"drv\",\n\t.nodename = \"net/drv\",\n\t.fops = &drv_fops,\n};\n" + known("misc_register(&drv_device)", "misc_deregister(&drv_device)"));
  ASSERT_EQ(R.ways.size(), 1u) << R.no_way;
  EXPECT_EQ(steps(R), "modprobe drv; open /dev/net/drv; an ioctl() of /dev/net/drv; close /dev/net/drv; rmmod drv");
}

TEST_F(Reproducers, ANameThatIsAnArgument) {
  const Reproducer &R = of("struct file_operations {\n\tlong (*write)(struct item *item);\n};\nvoid *debugfs_create_file(const char *name, int mode, void *parent, void *data, const struct file_operations *fops);\n" + Counted +
                           "static long drv_write(struct item *item)\n{\n\titem_count(item);\n\treturn 0;\n}\nstatic const struct file_operations drv_fops = {\n\t.write = drv_write,\n};\n"
                           "void drv_add(void)\n{\n\tdebugfs_create_file(\"error\", 0600, NULL, NULL, &drv_fops);\n}\n" + Init + "static void __exit drv_exit(void)\n{\n}\nmodule_exit(drv_exit);\n");
  ASSERT_EQ(R.ways.size(), 1u) << R.no_way;
  EXPECT_EQ(R.ways[0].name, "error");
  EXPECT_EQ(R.ways[0].steps.at(2).text, "write to /sys/kernel/debug/.../error");
}

/// The link's set-up is named by the notifier, too; that is no other way to it.
TEST_F(Reproducers, AWayThroughAnotherDoor) {
  const Reproducer &R = of("struct rtnl_link_ops {\n\tconst char *kind;\n\tint (*setup)(struct item *item);\n};\nstruct notifier_block {\n\tint (*notifier_call)(struct item *item);\n};\n"
                           "int rtnl_link_register(struct rtnl_link_ops *ops);\nvoid rtnl_link_unregister(struct rtnl_link_ops *ops);\nint register_netdevice_notifier(struct notifier_block *block);\nextern void *links;\n" + Counted + Updated +
                           "static struct rtnl_link_ops drv_links = {\n\t.kind = \"drv\",\n\t.setup = drv_update,\n};\nstatic int drv_event(struct item *item)\n{\n\treturn links == &drv_links;\n}\n"
                           "static struct notifier_block drv_block = {\n\t.notifier_call = drv_event,\n};\nint drv_listen(void)\n{\n\treturn register_netdevice_notifier(&drv_block);\n}\n" + known("rtnl_link_register(&drv_links)", "rtnl_link_unregister(&drv_links)"));
  ASSERT_EQ(R.ways.size(), 1u) << R.no_way;
  EXPECT_EQ(steps(R), "modprobe drv; ip link add DEVICE type drv OPTIONS; ip link del DEVICE; rmmod drv");
}

TEST_F(Reproducers, TheSameCallTwiceAndTheSameStepTwice) {
  const Reproducer &R = of("struct file_operations {\n\tlong (*unlocked_ioctl)(struct item *item);\n\tlong (*compat_ioctl)(struct item *item);\n};\nvoid *debugfs_create_file(const char *name, int mode, void *parent, void *data, const struct file_operations *fops);\n" + Counted +
                           "static long drv_ioctl(struct item *item)\n{\n\titem_count(item);\n\treturn 0;\n}\nstatic long drv_compat(struct item *item)\n{\n\titem_count(item);\n\treturn 0;\n}\n"
                           "static const struct file_operations drv_fops = {\n\t.unlocked_ioctl = drv_ioctl,\n\t.compat_ioctl = drv_compat,\n};\n"
                           "void drv_add(void)\n{\n\tdebugfs_create_file(\"x\", 0600, NULL, NULL, &drv_fops);\n}\nvoid drv_more(void)\n{\n\tdebugfs_create_file(\"x\", 0600, NULL, NULL, &drv_fops);\n}\n" + Init +
                           "static void __exit drv_exit(void)\n{\n}\nmodule_exit(drv_exit);\n");
  ASSERT_EQ(R.ways.size(), 1u) << R.no_way;
  EXPECT_EQ(steps(R), "modprobe drv; open /sys/kernel/debug/.../x; an ioctl() of /sys/kernel/debug/.../x; close /sys/kernel/debug/.../x; rmmod drv");
  EXPECT_NE(R.ways[0].way[0].text.find("; the same call stands 1 more time"), std::string::npos) << R.ways[0].way[0].text;
}

TEST_F(Reproducers, AMemberWithoutARow) {
  const Reproducer &R = of("struct key_type {\n\tconst char *name;\n\tint (*polish)(struct item *item);\n};\nint register_key_type(struct key_type *type);\nvoid unregister_key_type(struct key_type *type);\n" + Counted + Updated +
                           "static struct key_type drv_keys = {\n\t.name = \"drv\",\n\t.polish = drv_update,\n};\n" + known("register_key_type(&drv_keys)", "unregister_key_type(&drv_keys)"));
  ASSERT_EQ(R.ways.size(), 1u) << R.no_way;
  EXPECT_FALSE(R.ways[0].every_step);
  EXPECT_EQ(R.ways[0].steps.at(2).text, "have key_type.polish called");
}

TEST_F(Reproducers, LoadingIsAllItTakes) {
  const Reproducer &R = of("#define module_param(name, type, mode)\nstatic bool count_it;\nmodule_param(count_it, bool, 0444);\nstatic struct item one;\n" + Counted +
                           "static int __init drv_init(void)\n{\n\tif (count_it)\n\t\titem_count(&one);\n\treturn 0;\n}\nmodule_init(drv_init);\nstatic void __exit drv_exit(void)\n{\n}\nmodule_exit(drv_exit);\n");
  ASSERT_EQ(R.ways.size(), 1u) << R.no_way;
  EXPECT_EQ(R.ways[0].kind, "load");
  EXPECT_EQ(R.ways[0].parameters, std::vector<std::string>{"count_it"});
  EXPECT_EQ(steps(R), "modprobe drv; rmmod drv");
}

TEST_F(Reproducers, RemovingQueuesItself) {
  const Reproducer &R = of("static struct item *all;\n" + Counted + exitWith("\tif (all)\n\t\titem_count(all);\n"));
  ASSERT_EQ(R.ways.size(), 1u) << R.no_way;
  EXPECT_EQ(R.ways[0].kind, "remove");
  EXPECT_EQ(R.ways[0].way.front().text, "runs when the module is removed");
  EXPECT_EQ(steps(R), "modprobe drv; rmmod drv");
}

TEST_F(Reproducers, RemovingQueuesBesides) {
  const Reproducer &R = of("static struct item *all;\n" + KeyType + Counted + Updated + "static struct key_type drv_keys = {\n\t.name = \"drv\",\n\t.update = drv_update,\n};\n" + known("register_key_type(&drv_keys)", "unregister_key_type(&drv_keys);\n\titem_count(all)"));
  ASSERT_EQ(R.ways.size(), 1u) << R.no_way;
  EXPECT_EQ(R.ways[0].kind, "keys");
  ASSERT_FALSE(R.notes.empty());
  EXPECT_EQ(R.notes.front().text, "runs when the module is removed");
}

TEST_F(Reproducers, NoRowLeadsThere) {
  const Reproducer &R = of("struct odd_ops {\n\tint (*turn)(struct item *item);\n};\nint register_odd(struct odd_ops *ops);\nvoid unregister_odd(struct odd_ops *ops);\n" + Counted + Updated +
                           "static struct odd_ops odd = {\n\t.turn = drv_update,\n};\nint item_turn(struct item *item)\n{\n\treturn drv_update(item);\n}\n" + known("register_odd(&odd)", "unregister_odd(&odd)"));
  EXPECT_TRUE(R.ways.empty()) << "to make a table known is not to have it called";
  EXPECT_NE(R.no_way.find("krcu knows no way of user space to what queues counted()"), std::string::npos) << R.no_way;
  std::string Looked;
  for (const Evidence &E : R.looked_at)
    Looked += E.text + "\n";
  EXPECT_NE(Looked.find("register_odd() is handed odd, a struct odd_ops, and has no row"), std::string::npos) << Looked;
  EXPECT_NE(Looked.find("nothing of the module names it; nor does any other source"), std::string::npos) << Looked;
}

TEST_F(Reproducers, AsText) {
  std::string Text = reproducerText({of(KeyType + Counted + Updated + "static struct key_type drv_keys = {\n\t.name = \"drv\",\n\t.update = drv_update,\n};\n" + known("register_key_type(&drv_keys)", "unregister_key_type(&drv_keys)"))});
  for (const char *Part : {"missing_rcu_barrier: drv queues counted()", "module: drv (drv.ko), a module only if CONFIG_DRV=m", "way: keys drv\n", "1. modprobe drv\n", "3. keyctl update KEY PAYLOAD   # key_type.update is drv_update()\n",
                           "5. rmmod drv\n", "krcu has not run this"})
    EXPECT_NE(Text.find(Part), std::string::npos) << Part << "\n" << Text;
  EXPECT_EQ(Text, reproducerText(Out)) << "the same twice";
}

TEST(ReproducerTexts, FilledIn) {
  EXPECT_EQ(filledIn("mount -t {name} X {place}", "a", "/mnt"), "mount -t a X /mnt");
  EXPECT_EQ(filledIn("{name}", "{place}", "/mnt"), "'{place}'") << "a name is never read as a mark";
  EXPECT_EQ(shellWord("it's"), "'it'\\''s'");
  EXPECT_EQ(shellWord("-rf"), "'-rf'");
  EXPECT_EQ(shellWord(""), "''");
}

} // namespace
