// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The exit status, and what a baseline takes out.
#include "tool/main/gates.h"
#include "tool/driver/pipeline_trees.h"
#include "tool/main/program_runs.h"
#include "gtest/gtest.h"

namespace krcu {
namespace {

class Gates : public testing::Test {
protected:
  Gates() : Tree("waits") {}
  /// A driver; `Free` is what its callback does.
  static std::string driver(const std::string &Free, const std::string &Name, const std::string &Call = "call_rcu(&item->rcu, ") {
    return "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\nstruct item {\n\tint key;\n\tstruct rcu_head rcu;\n};\n"
           "static void " + Name + "(struct rcu_head *head)\n{\n\t" + Free + "(container_of(head, struct item, rcu));\n}\nvoid drop_" + Name +
           "(struct item *item)\n{\n\t" + Call + Name + ");\n}\n";
  }
  Ran krcu(const std::string &Arguments) const { return runShell(std::string(KRCU_BINARY) + " " + Arguments + " 2>" + Tree.path("stderr")); }
  Ran scan(const std::string &More = "") const { return krcu("scan --no-cache " + More + " " + Tree.root()); }
  ScratchTree Tree;
};

TEST_F(Gates, NothingToDoIsZeroAndSomethingIsOne) {
  Tree.write("drv/drv.c", driver("kfree", "to_convert"));
  EXPECT_EQ(scan().status, 1);
  EXPECT_EQ(scan("--fail-on unsafe,review").status, 0);
  EXPECT_EQ(scan("--fail-on none").status, 0);
  EXPECT_EQ(scan("--fail-on convert").status, 1);
  Tree.write("drv/drv.c", "int nothing;\n");
  EXPECT_EQ(scan().status, 0);
  EXPECT_EQ(krcu("scan " + Tree.path("nowhere")).status, 2);
}

TEST_F(Gates, ARefusalFailsNobodyUnlessItIsNamed) {
  Tree.write("drv/drv.c", "void kfree_sensitive(const void *p);\n" + driver("kfree_sensitive", "secret"));
  Ran R = scan();
  EXPECT_TRUE(R.has("refuse")) << R.out;
  EXPECT_EQ(R.status, 0);
  EXPECT_EQ(scan("--fail-on refuse").status, 1);
}

TEST_F(Gates, TheCacheKeepsTheStatusOfTheQuestion) {
  Tree.write("drv/drv.c", driver("kfree", "to_convert"));
  const std::string Cached = "scan --cache " + Tree.path("cache") + " ";
  for (int Round = 0; Round < 2; ++Round) {
    EXPECT_EQ(krcu(Cached + Tree.root()).status, 1);
    EXPECT_EQ(krcu(Cached + "--fail-on none " + Tree.root()).status, 0);
  }
}

TEST_F(Gates, ABaselineShowsWhatIsNew) {
  Tree.write("drv/drv.c", driver("kfree", "old_one"));
  Tree.write("base.json", scan("--format json").out);
  const std::string Baseline = "--baseline " + Tree.path("base.json");
  Ran R = scan(Baseline);
  EXPECT_EQ(R.status, 0);
  EXPECT_FALSE(R.has("old_one")) << R.out;
  // The known one has moved, and a second has come.
  Tree.write("drv/drv.c", "\n\n\n" + driver("kfree", "old_one"));
  Tree.write("lib/drv2.c", driver("kfree", "new_one"));
  R = scan(Baseline);
  EXPECT_EQ(R.status, 1);
  EXPECT_TRUE(R.has("new_one")) << R.out;
  EXPECT_FALSE(R.has("old_one")) << R.out;
  EXPECT_TRUE(Tree.read("stderr").find("left out") != std::string::npos) << Tree.read("stderr");
  // Another class is news.
  Tree.write("drv/drv.c", driver("kfree", "old_one", "if (item->key) call_rcu(&item->rcu, (rcu_callback_t)"));
  R = scan(Baseline + " --all --fail-on refuse,review,unsafe,unknown_callback,convert");
  EXPECT_TRUE(R.has("drv/drv.c") || R.has("new_one")) << R.out;
}

TEST_F(Gates, ABaselineOfSomethingElseIsAnError) {
  Tree.write("drv/drv.c", driver("kfree", "old_one"));
  for (const char *Text : {"", "[1]", "{}", "{\"krcu\": \"1\", \"patches\": []}", "{\"krcu\": \"1\", \"findings\": []}"}) {
    Tree.write("base.json", Text);
    EXPECT_EQ(scan("--baseline " + Tree.path("base.json")).status, 2) << Text;
  }
  EXPECT_EQ(scan("--baseline " + Tree.path("none.json")).status, 2);
}

TEST_F(Gates, AReviewHasThemToo) {
  Tree.write("drv/drv.c", driver("kfree", "gone"));
  Tree.write("p.patch", "--- a/drv/drv.c\n+++ b/drv/drv.c\n@@ -13,5 +13,5 @@\n void drop_gone(struct item *item)\n {\n-\tcall_rcu(&item->rcu, gone);\n+\tkfree_rcu(item, key);\n }\n");
  const std::string Review = "review --no-cache --tree " + Tree.root() + " " + Tree.path("p.patch");
  Ran R = krcu(Review + " --format json");
  EXPECT_EQ(R.status, 1) << R.out;
  Tree.write("base.json", R.out);
  EXPECT_EQ(krcu(Review + " --fail-on none").status, 0);
  EXPECT_EQ(krcu(Review + " --baseline " + Tree.path("base.json")).status, 0);
  EXPECT_EQ(krcu(Review + " --fail-on brokn").status, 2);
}

TEST_F(Gates, AnAuditFailsOnSeverities) {
  std::string Text = driver("kfree", "gone", "call_rcu(&item->rcu, ") + "static int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\nvoid item_count(struct item *item)\n{\n\tcall_rcu(&item->rcu, counted);\n}\n"
                     "static int __init drv_init(void)\n{\n\treturn 0;\n}\nmodule_init(drv_init);\nstatic void __exit drv_exit(void)\n{\n}\nmodule_exit(drv_exit);\n";
  Tree.write("drv/drv.c", Text);
  EXPECT_EQ(krcu("audit --no-cache " + Tree.root()).status, 1);
  EXPECT_EQ(krcu("audit --no-cache --fail-on none " + Tree.root()).status, 0);
}

// scripts/krcucheck, by hand and as make calls it.
TEST_F(Gates, ACheckerLikeTheKernelsOwn) {
  Tree.write("drv/drv.c", driver("kfree", "to_convert"));
  Tree.write("lib/other.c", driver("kfree", "another"));
  auto check = [&](const std::string &Words) {
    return runShell("cd " + Tree.root() + " && env -u M -u MODE -u srctree XDG_CACHE_HOME=" + Tree.path("cache") + " KRCU=" + KRCU_BINARY + " " + KRCU_SOURCE_DIR + "/scripts/krcucheck " + Words + " 2>&1");
  };
  Ran R = check("");
  EXPECT_EQ(R.status, 1);
  EXPECT_TRUE(R.has("to_convert") && R.has("another")) << R.out;
  R = check("MODE=report M=drv");
  EXPECT_TRUE(R.has("to_convert") && !R.has("another")) << R.out;
  EXPECT_TRUE(check("MODE=patch M=lib").has("+\tkfree_rcu(item, rcu);"));
  EXPECT_EQ(check("MODE=pach").status, 2);
  EXPECT_EQ(check("M=nowhere").status, 2);
  EXPECT_EQ(check("drv").status, 2) << "a directory is M=";
  R = check("--family kfree,kvfree -q M=drv");
  EXPECT_TRUE(R.status == 1 && R.has("to_convert") && !R.has("another")) << R.out;
  // make C=1: flags, then the file; the build goes on.
  R = check("-nostdinc -I./include -D__KERNEL__ drv/drv.c");
  EXPECT_EQ(R.status, 0);
  EXPECT_TRUE(R.has("to_convert") && !R.has("another") && !R.has("calls:")) << R.out;
  Tree.write("lib/plain.c", "int plain;\n");
  R = check("-nostdinc lib/plain.c");
  EXPECT_EQ(R.out, "");
}

// Of several alike as many are known as there were.
TEST(KnownEntries, AreCounted) {
  auto report = [](int Count) {
    std::string Sites;
    for (int N = 0; N < Count; ++N)
      Sites += std::string(N ? "," : "") + "{\"file\":\"a.c\",\"line\":" + std::to_string(N) + ",\"function\":\"f\",\"class\":\"convert\"}";
    return "{\"krcu\":\"0\",\"sites\":[" + Sites + "]}";
  };
  ScratchTree Files("");
  Files.write("old.json", report(2));
  auto Known = knownEntries(report(3), Files.path("old.json"));
  ASSERT_TRUE(bool(Known));
  EXPECT_EQ(*Known, (std::vector<bool>{true, true, false}));
}

} // namespace
} // namespace krcu
