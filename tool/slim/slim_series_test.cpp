// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The program: smaller heads as mails and as commits.
#include "tool/driver/run_binary.h"
#include "tool/slim/slim_trees.h"

namespace krcu::slim {
namespace {

const std::string Maintainers = "Maintainers List\n----------------\n\nDRIVER\nM:\tMay Tainer <may@example.org>\nL:\tdriver@example.org\nF:\tdrv/\n";

/// A tree with a driver, and the series of it.
class SlimSeries : public testing::Test {
protected:
  void SetUp() override { T.write("MAINTAINERS", Maintainers); }
  void TearDown() override { std::filesystem::remove_all(out()); }
  std::string out() const { return T.root() + ".out"; }
  Ran series(std::vector<std::string> More = {}) {
    std::filesystem::remove_all(out());
    std::vector<std::string> Arguments = {"patch", "--slim-heads", "--no-cache", "--series", out(), "--date", "2026-01-01", T.root()};
    Arguments.insert(Arguments.end(), More.begin(), More.end());
    return runKrcu(T, Arguments);
  }
  std::string only() const {
    std::string Text;
    for (const auto &Entry : std::filesystem::recursive_directory_iterator(out()))
      if (Entry.path().extension() == ".patch")
        Text += readText(Entry.path());
    return Text;
  }
  SlimTree T;
};

TEST_F(SlimSeries, SaysWhoUsesTheHeadAndWhatIsSaved) {
  T.driver(Item + Drop);
  Ran R = series();
  ASSERT_EQ(R.status, 0) << R.err;
  std::string Mail = only();
  EXPECT_NE(Mail.find("\nSubject: [PATCH] drv: use struct kvfree_rcu_head in struct item\n"), std::string::npos) << Mail;
  EXPECT_NE(Mail.find("Only kfree_rcu() uses the rcu_head of struct item."), std::string::npos) << Mail;
  EXPECT_NE(Mail.find(" Use struct\nkvfree_rcu_head, which is a pointer smaller"), std::string::npos) << Mail;
  EXPECT_NE(Mail.find("\n  struct item: 24 -> 16, kmalloc-32 -> kmalloc-16\n"), std::string::npos) << Mail;
  EXPECT_NE(Mail.find("\n+\tstruct kvfree_rcu_head rcu;\n"), std::string::npos) << Mail;
  EXPECT_NE(Mail.find("may@example.org"), std::string::npos) << Mail;
  EXPECT_NE(Mail.find("driver@example.org"), std::string::npos) << Mail;
  Ran V = runKrcu(T, {"verify", out(), "--tree", T.root()});
  EXPECT_EQ(V.status, 0) << V;
  EXPECT_NE(readText(out() + "/README").find("--slim-heads --reroll"), std::string::npos);
  EXPECT_NE(readText(out() + "/README").find("without the options of Kconfig.debug and its kin"), std::string::npos) << "the configuration is nobody's own";
}

TEST_F(SlimSeries, WhatUsesKvfreeRcuSaysSo) {
  T.driver(Item + "void f(struct item *i)\n{\n\tkvfree_rcu(i, rcu);\n}\n");
  ASSERT_EQ(series().status, 0);
  EXPECT_NE(only().find("Only kvfree_rcu() uses the rcu_head of struct item."), std::string::npos) << only();
}

TEST_F(SlimSeries, WhatSavesNoMemoryIsLeftOut) {
  T.driver(Item + Drop + "struct big {\n\tlong keys[5];\n\tstruct rcu_head rcu;\n};\nvoid f(struct big *b)\n{\n\tkfree_rcu(b, rcu);\n}\n"); // 56 and 48 bytes, both of kmalloc-64
  ASSERT_EQ(series().status, 0);
  EXPECT_EQ(only().find("struct big:"), std::string::npos) << only();
  EXPECT_NE(readText(out() + "/README").find("drv/drv.c: struct big: rcu: kmalloc() gives as much memory as before"), std::string::npos) << readText(out() + "/README");
  EXPECT_EQ(runKrcu(T, {"verify", out(), "--tree", T.root()}).status, 0);
  ASSERT_EQ(series({"--with-kept"}).status, 0);
  EXPECT_NE(only().find("struct big: 56 -> 48, still kmalloc-64"), std::string::npos) << only();
}

TEST_F(SlimSeries, QuietSaysNothingAndREADMEHasIt) {
  T.driver(Item + Drop + "struct big {\n\tlong keys[5];\n\tstruct rcu_head rcu;\n};\nvoid f(struct big *b)\n{\n\tkfree_rcu(b, rcu);\n}\n"); // which is left out, and told
  Ran Loud = series(), Quiet = series({"-q"});
  EXPECT_EQ(Quiet.status, 0);
  EXPECT_NE(Loud.err.find("warning: the tree is no git repository"), std::string::npos) << Loud.err;
  EXPECT_NE(Loud.err.find("note: 1 head left out that could be smaller; README"), std::string::npos) << Loud.err;
  EXPECT_EQ(Quiet.err, "");
  EXPECT_NE(readText(out() + "/README").find("! the tree is no git repository"), std::string::npos) << readText(out() + "/README");
  Ran Failing = series({"-q", "--exclude", "drv"});
  EXPECT_EQ(Failing.status, 2);
  EXPECT_NE(Failing.err.find("there is nothing to change"), std::string::npos) << "an error is said: " << Failing.err;
}

TEST_F(SlimSeries, AConversionComesFirst) {
  T.driver(Item + Drop + "struct other {\n\tlong key;\n\tstruct rcu_head rcu;\n};\nstatic void other_free(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct other, rcu));\n}\n"
                         "void f(struct other *o)\n{\n\tcall_rcu(&o->rcu, other_free);\n}\n");
  ASSERT_EQ(series().status, 0);
  EXPECT_EQ(only().find("\n+\tkfree_rcu(o, rcu);"), std::string::npos) << only();
  EXPECT_NE(readText(out() + "/README").find("must be converted first"), std::string::npos);
  Ran V = runKrcu(T, {"verify", out(), "--tree", T.root()});
  EXPECT_EQ(V.status, 0) << V;
}

TEST_F(SlimSeries, OnlyExcludeAndAnEmptySeries) {
  T.driver(Item + Drop);
  EXPECT_EQ(series({"--only", "drv"}).status, 0);
  Ran R = series({"--exclude", "drv"});
  EXPECT_EQ(R.status, 2) << R;
  EXPECT_NE(R.err.find("there is nothing to change"), std::string::npos) << R.err;
  EXPECT_EQ(series({"--only", "./drv//drv.c"}).status, 0);
  R = series({"--only", "drw"});
  EXPECT_EQ(R.status, 2) << R;
  EXPECT_NE(R.err.find("did you mean 'drv'?"), std::string::npos) << R.err;
}

TEST_F(SlimSeries, LeavesOutWhatANewerTreeHas) {
  T.driver(Item + Drop);
  SlimTree Newer;
  Newer.driver("struct item {\n\tlong key;\n\tstruct kvfree_rcu_head rcu;\n};\n\n" + Drop);
  Ran R = series({"--upstream", Newer.root()});
  EXPECT_EQ(R.status, 2) << R;
}

TEST_F(SlimSeries, ASecondVersionKeepsWhatAPersonWrote) {
  T.driver(Item + Drop);
  ASSERT_EQ(series().status, 0);
  std::string First = T.root() + ".v1";
  std::filesystem::remove_all(First);
  std::filesystem::rename(out(), First);
  for (const auto &Entry : std::filesystem::recursive_directory_iterator(First))
    if (Entry.path().extension() == ".patch") {
      std::string Mail = readText(Entry.path());
      size_t At = Mail.find("Only kfree_rcu()");
      ASSERT_NE(At, std::string::npos);
      Mail.insert(At, "There are many of these.\n\n");
      T.write("../" + std::filesystem::path(First).filename().string() + "/" + Entry.path().filename().string(), Mail);
    }
  Ran R = series({"--reroll", First});
  std::filesystem::remove_all(First);
  ASSERT_EQ(R.status, 0) << R.err;
  EXPECT_NE(only().find("[PATCH v2] drv: use"), std::string::npos) << only();
  EXPECT_NE(only().find("\nThere are many of these.\n"), std::string::npos) << only();
}

TEST_F(SlimSeries, AsACommit) {
  if (std::system("command -v git >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "git is not installed";
  T.driver(Item + Drop);
  const std::string Git = "cd '" + T.root() + "' && HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 git -c user.name=A -c user.email=a@example.org ";
  ASSERT_EQ(std::system((Git + "init -q && " + Git + "add -A && " + Git + "commit -qm base && " + Git + "config user.name A && " + Git + "config user.email a@example.org").c_str()), 0);
  Ran R = runKrcu(T, {"patch", "--slim-heads", "--no-cache", "--commit", "heads", T.root()});
  EXPECT_EQ(R.status, 0) << R;
  EXPECT_NE(R.out.find("branch heads: 1 commits"), std::string::npos) << R.out;
  EXPECT_EQ(std::system((Git + "show heads:drv/drv.c | grep -q 'struct kvfree_rcu_head rcu;'").c_str()), 0);
}

} // namespace
} // namespace krcu::slim
