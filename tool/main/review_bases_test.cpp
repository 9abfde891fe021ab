// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A series of seventeen conversions held against a tree that has moved on: some are in it already, one callback does more by now, one file is gone. With
// the history they are all judged on the commit that they were made from.
#include "tool/driver/pipeline_trees.h"
#include "tool/main/program_runs.h"
#include "gtest/gtest.h"
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace krcu;
using nlohmann::json;

namespace {

constexpr int Parts = 17;

std::string two(int N) { return (N < 10 ? "0" : "") + std::to_string(N); }
std::string fileOf(int N) { return "drv/part" + two(N) + ".c"; }

/// A module of its own with a cache and a callback. \p Free: how its objects go; \p Callback: with it; \p More: what it does besides.
std::string part(int N, bool Converted, const std::string &More = "") {
  const std::string P = "p" + two(N);
  return "// SPDX-License-Identifier: GPL-2.0\n#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\n\n"
         "struct " + P + " {\n\tint weight;\n\tvoid *name;\n\tstruct rcu_head rcu;\n};\n\nstatic struct kmem_cache *" + P + "_cache;\n\n" +
         (Converted ? "" : "static void " + P + "_free(struct rcu_head *head)\n{\n\tstruct " + P + " *p = container_of(head, struct " + P + ", rcu);\n\n" + More +
                               "\tkmem_cache_free(" + P + "_cache, p);\n}\n\n") +
         "void " + P + "_drop(struct " + P + " *p)\n{\n\t" + (Converted ? "kfree_rcu(p, rcu)" : "call_rcu(&p->rcu, " + P + "_free)") + ";\n}\n\n" +
         "static int __init " + P + "_init(void)\n{\n\t" + P + "_cache = KMEM_CACHE(" + P + ", 0);\n\treturn " + P + "_cache ? 0 : -1;\n}\nmodule_init(" + P + "_init);\n\n" +
         "static void __exit " + P + "_exit(void)\n{\n\trcu_barrier();\n\tkmem_cache_destroy(" + P + "_cache);\n}\nmodule_exit(" + P + "_exit);\n";
}

class Seventeen : public testing::Test {
protected:
  Seventeen() : Tree("waits") {}
  void SetUp() override {
    if (runShell("git --version").status != 0)
      GTEST_SKIP() << "git is not there";
    std::string Makefile;
    for (int N = 1; N <= Parts; ++N) {
      Tree.write(fileOf(N), part(N, false));
      Makefile += "obj-$(CONFIG_DRV) += part" + two(N) + ".o\n";
    }
    Tree.write("drv/Makefile", Makefile);
    git("init -q .");
    commit("older");
    for (int N = 1; N <= Parts; ++N) {
      Tree.write(fileOf(N), part(N, true));
      commit("part " + std::to_string(N));
    }
    Box = Tree.path("../" + std::filesystem::path(Tree.root()).filename().string() + ".mbox");
    EXPECT_EQ(runShell("cd " + Tree.root() + " && git format-patch -q --stdout --numbered HEAD~" + std::to_string(Parts) + " > " + Box).status, 0);
    // The tree as it is now: another history of the same files.
    git("reset -q --hard HEAD~" + std::to_string(Parts));
    for (int N : {1, 4, 9})
      Tree.write(fileOf(N), part(N, true));
    Tree.write(fileOf(12), part(12, false, "\tkfree(p->name);\n"));
    std::filesystem::remove(Tree.path(fileOf(16)));
    commit("newer");
  }
  void TearDown() override { std::filesystem::remove(Box); }
  void git(const std::string &Arguments) {
    EXPECT_EQ(runShell("cd " + Tree.root() + " && git -c user.name=T -c user.email=t@example.org " + Arguments + " 2>&1").status, 0) << Arguments;
  }
  void commit(const std::string &Message) {
    git("add -A");
    git("commit -q -m '" + Message + "'");
  }
  /// Verdicts in the order of the series, and the commits that they rest on.
  std::map<std::string, int> verdicts(const std::string &Options, int *OnBases = nullptr) {
    Ran R = runShell(std::string(KRCU_BINARY) + " review --no-cache -q -j2 --format json --tree " + Tree.root() + " " + Options + " " + Box);
    json J = json::parse(R.out, nullptr, false);
    EXPECT_FALSE(J.is_discarded()) << R.out;
    std::map<std::string, int> Count;
    if (J.is_discarded())
      return Count;
    EXPECT_EQ(J["patches"].size(), size_t(Parts));
    for (const json &P : J["patches"]) {
      ++Count[P["verdict"]];
      if (OnBases)
        *OnBases += P["base"].is_string();
    }
    return Count;
  }

  ScratchTree Tree;
  std::string Box;
};

TEST_F(Seventeen, WithoutHistoryWhatDoesNotApplyIsNotJudged) { EXPECT_EQ(verdicts(""), (std::map<std::string, int>{{"na", 5}, {"ok", 12}})); }

TEST_F(Seventeen, WithHistoryAllAreJudged) {
  int OnBases = 0;
  EXPECT_EQ(verdicts("--base auto", &OnBases), (std::map<std::string, int>{{"ok", Parts}}));
  EXPECT_EQ(OnBases, 5);
}

TEST_F(Seventeen, UnderOlderSemanticsAllMustWait) { EXPECT_EQ(verdicts("--base auto --assume batching"), (std::map<std::string, int>{{"wait", Parts}})); }

TEST_F(Seventeen, ACommitIsJudgedAsItsCheckoutIs) {
  const std::string Cache = Tree.path("../" + std::filesystem::path(Tree.root()).filename().string() + ".cache");
  auto Judged = [&](const std::string &Which, const std::string &Options) {
    Ran R = runShell(std::string(KRCU_BINARY) + " review -q -j2 --format json --tree " + Which + " " + Options + " " + Box);
    json J = json::parse(R.out, nullptr, false);
    EXPECT_FALSE(J.is_discarded()) << R.out;
    return J.is_discarded() ? json() : J["patches"];
  };
  const json Now = Judged(Tree.root(), "--no-cache"), Cached = Judged(Tree.root() + "@HEAD", "--cache " + Cache);
  EXPECT_EQ(Now, Judged(Tree.root() + "@HEAD", "--no-cache"));
  EXPECT_EQ(Now, Cached);
  EXPECT_EQ(Now, Judged(Tree.root() + "@HEAD", "--cache " + Cache)) << "again";
  // Another commit of the same repository, with what the cache knows of the first.
  const json Before = Judged(Tree.root() + "@HEAD~1", "--cache " + Cache);
  git("reset -q --hard HEAD~1");
  EXPECT_EQ(Before, Judged(Tree.root(), "--no-cache"));
  EXPECT_NE(Before, Now);
  EXPECT_EQ(runShell(std::string(KRCU_BINARY) + " review --no-cache -q --tree " + Tree.root() + "@none " + Box).status, 2);
  std::filesystem::remove_all(Cache);
}

} // namespace
