// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// krcu audit as a user runs it: what is shown in which order, of which part of the tree, and what is an error.
#include "tool/driver/pipeline_trees.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <sys/wait.h>

namespace krcu {
namespace {

struct Ran {
  int status;
  std::string out;
};

class AuditCommand : public testing::Test {
protected:
  AuditCommand() : Tree("waits") {
    std::string Head = "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\nstruct item {\n\tint key;\n\tstruct rcu_head rcu;\n};\n"
                       "static int __init drv_init(void)\n{\n\treturn 0;\n}\nmodule_init(drv_init);\nstatic int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\n"
                       "void item_count(struct item *item)\n{\n\tcall_rcu(&item->rcu, counted);\n}\n";
    std::string Cache = "static struct kmem_cache *item_cache;\nvoid item_make(void)\n{\n\titem_cache = kmem_cache_create(\"item\", sizeof(struct item), 0, 0, NULL);\n}\n";
    Tree.write("drv/drv.c", Head + Cache + "static void __exit drv_exit(void)\n{\n\trcu_barrier();\n\tkmem_cache_destroy(item_cache);\n}\nmodule_exit(drv_exit);\n");
    Tree.write("zoo/zoo.c", Head + "static void __exit zoo_exit(void)\n{\n}\nmodule_exit(zoo_exit);\n");
    Tree.write("zoo/Makefile", "obj-$(CONFIG_DRV) += zoo.o\n");
    Tree.write("Kbuild", Tree.read("Kbuild") + "obj-y += zoo/\n");
  }
  Ran audit(const std::string &More, const char *Streams = "2>/dev/null") const {
    std::string Command = std::string(KRCU_BINARY) + " audit --no-cache " + Tree.root() + " " + More + " " + Streams, Out;
    FILE *Pipe = ::popen(Command.c_str(), "r");
    char Buffer[4096];
    for (size_t Got; Pipe && (Got = std::fread(Buffer, 1, sizeof Buffer, Pipe)) > 0;)
      Out.append(Buffer, Got);
    int Status = Pipe ? ::pclose(Pipe) : -1;
    return {WIFEXITED(Status) ? WEXITSTATUS(Status) : -1, Out};
  }
  ScratchTree Tree;
};

bool has(const Ran &R, const std::string &Part) { return R.out.find(Part) != std::string::npos; }

TEST_F(AuditCommand, NotesAreForThoseWhoAsk) {
  Ran R = audit("");
  EXPECT_EQ(R.status, 1);
  EXPECT_TRUE(has(R, "zoo/zoo.c") && has(R, "missing_rcu_barrier")) << R.out;
  EXPECT_FALSE(has(R, "needed_barrier")) << R.out;
  R = audit("--notes");
  EXPECT_TRUE(has(R, "needed_barrier")) << R.out;
  EXPECT_LT(R.out.find("missing_rcu_barrier"), R.out.find("needed_barrier")) << "errors come first";
  EXPECT_TRUE(has(audit("--kind needed_barrier"), "drv/drv.c")) << "a kind that is named is asked for";
}

TEST_F(AuditCommand, SeverityAndKinds) {
  EXPECT_FALSE(has(audit("--all --notes --severity error"), "needed_barrier"));
  Ran R = audit("--kind needed_barrier,missing_rcu_barrier");
  EXPECT_TRUE(has(R, "2 findings: 1 missing_rcu_barrier, 1 needed_barrier")) << R.out;
  EXPECT_EQ(audit("--kind missing").status, 2) << "no such kind";
}

TEST_F(AuditCommand, APartOfTheTree) {
  EXPECT_TRUE(has(audit("zoo"), "zoo/zoo.c"));
  Ran R = audit("--notes drv");
  EXPECT_TRUE(has(R, "needed_barrier") && !has(R, "zoo/")) << R.out;
  R = audit("elsewhere", "2>&1");
  EXPECT_EQ(R.status, 2);
  EXPECT_TRUE(has(R, "elsewhere: no such file or directory in ")) << R.out;
}

TEST_F(AuditCommand, AReproducerIsOfAFinding) {
  const size_t Line = 1 + static_cast<size_t>(std::ranges::count(Tree.read("zoo/zoo.c").substr(0, Tree.read("zoo/zoo.c").find("module_exit(")), '\n'));
  const std::string Place = "zoo/zoo.c:" + std::to_string(Line);
  Ran R = audit("--reproducer " + Place);
  EXPECT_EQ(R.status, 0) << "it was asked for, so it fails nothing";
  EXPECT_TRUE(has(R, "missing_rcu_barrier") && has(R, "no way: krcu knows no way of user space")) << R.out;
  EXPECT_EQ(R.out, audit("--reproducer " + Place + ":1").out) << "the column of a report may stay";
  R = audit("--format json --reproducer " + Place);
  EXPECT_TRUE(has(R, "\"module\": \"zoo\"") && has(R, "\"run\": false")) << R.out;
  R = audit("--reproducer zoo/zoo.c:1", "2>&1");
  EXPECT_EQ(R.status, 2);
  EXPECT_TRUE(has(R, "zoo/zoo.c:1: krcu audit has no finding there; those of this file are at line " + std::to_string(Line) + " (missing_rcu_barrier)")) << R.out;
  R = audit("--reproducer Makefile:1", "2>&1");
  EXPECT_TRUE(R.status == 2 && has(R, "it has none in this file")) << R.out;
  for (const char *Bad : {"zoo/zoo.c", "zoo/zoo.c:0", "zoo/zoo.c:x", "drv_exit", ":3"}) {
    R = audit("--reproducer " + std::string(Bad), "2>&1");
    EXPECT_TRUE(R.status == 2 && has(R, "is no place; write FILE:LINE, as krcu audit prints it")) << Bad << R.out;
  }
  R = audit("--reproducer zoo/zo.c:3", "2>&1");
  EXPECT_TRUE(R.status == 2 && has(R, "did you mean 'zoo/zoo.c'?")) << R.out;
  R = audit("drv --reproducer " + Place, "2>&1");
  EXPECT_TRUE(R.status == 2 && has(R, "the paths of the command leave this file out")) << R.out;
  EXPECT_EQ(audit("--reproducer " + Place + " --format sarif").status, 2);
  EXPECT_EQ(audit("--reproducer " + Place + " --fix").status, 2);
}

TEST_F(AuditCommand, ABaselineIsAReport) {
  Tree.write("base.json", "{\"findings\": []}");
  Ran R = audit("--baseline " + Tree.path("base.json"), "2>&1");
  EXPECT_EQ(R.status, 2);
  EXPECT_TRUE(has(R, "is no report of krcu audit")) << R.out;
  Tree.write("base.json", "{\"krcu\": \"0.1.0\", \"findings\": [{\"kind\": \"x\"}]}");
  EXPECT_EQ(audit("--baseline " + Tree.path("base.json")).status, 2);
  Tree.write("base.json", audit("--format json").out);
  R = audit("--baseline " + Tree.path("base.json"));
  EXPECT_EQ(R.status, 0) << R.out;
}

TEST_F(AuditCommand, WhatDoesNotParseIsNamed) {
  Tree.write("zoo/zoo.c", Tree.read("zoo/zoo.c") + "void item_drop(struct item *item)\n{\n\tkfree_rcu(item, absent);\n}\n");
  Ran R = audit("");
  EXPECT_TRUE(has(R, "did not parse cleanly") && has(R, "\n  zoo/zoo.c: ")) << R.out;
}

TEST_F(AuditCommand, AMendIsAMail) {
  Tree.write("MAINTAINERS", "ZOO\nM:\tZoe Keeper <zoe@example.org>\nL:\tzoo@example.org\nF:\tzoo/\n\nTHE REST\nL:\tall@example.org\nF:\t*\nF:\t*/\n");
  std::string Out = Tree.path("out");
  Ran R = audit("--fix --date 2026-11-27 --series " + Out);
  ASSERT_EQ(R.status, 0) << R.out;
  EXPECT_TRUE(has(R, "1 patch\n  0001-zoo-add-rcu_barrier-to-zoo_exit.patch")) << R.out;
  std::string Mail = readText(Out + "/0001-zoo-add-rcu_barrier-to-zoo_exit.patch"), Line = Mail;
  std::replace(Line.begin(), Line.end(), '\n', ' ');
  auto Holds = [&](const std::string &Part) { EXPECT_NE(Line.find(Part), std::string::npos) << Part << "\n" << Mail; };
  Holds("To: Zoe Keeper <zoe@example.org>");
  Holds("zoo@example.org");
  Holds("item_count() passes counted() to call_rcu(). zoo_exit() does not wait for it. If it is still pending when zoo is unloaded, counted() is called after its code is gone.");
  Holds("Call rcu_barrier() in zoo_exit(), where nothing can be queued any more");
  Holds("+\trcu_barrier();");
  Holds("there is no Fixes: tag, because there is no history at hand");
  EXPECT_LT(Mail.find("\n---\n"), Mail.find("no Fixes: tag")) << "what is for a person stands below the commit's text";
  EXPECT_EQ(Mail.find("\nFixes:"), std::string::npos);
  FILE *Pipe = ::popen((std::string(KRCU_BINARY) + " verify " + Out + " --tree " + Tree.root() + " 2>&1").c_str(), "r");
  std::string Said;
  char Buffer[4096];
  for (size_t Got; Pipe && (Got = std::fread(Buffer, 1, sizeof Buffer, Pipe)) > 0;)
    Said.append(Buffer, Got);
  EXPECT_EQ(Pipe ? ::pclose(Pipe) : -1, 0) << Said;
  EXPECT_NE(Said.find("ok   0001-zoo-add-rcu_barrier-to-zoo_exit.patch"), std::string::npos) << Said;
  EXPECT_EQ(audit("--series " + Tree.path("other")).status, 2) << "only with --fix";
}

TEST_F(AuditCommand, NothingToMendIsNoSeries) {
  Ran R = audit("--fix --series " + Tree.path("out") + " drv", "2>&1");
  EXPECT_EQ(R.status, 2);
  EXPECT_TRUE(has(R, "nothing that a barrier mends")) << R.out;
}

TEST_F(AuditCommand, NothingIsDrawnOnWhatIsNoTerminal) { EXPECT_FALSE(has(audit("", "2>&1 >/dev/null"), "reading the tree")); }

} // namespace
} // namespace krcu
