// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The commands on an external module, as a user runs them: --kernel everywhere, flags by hand, paths that can be told apart, trees that are none.
#include "tool/driver/external_pair.h"
#include "gtest/gtest.h"
#include <fstream>
#include <sys/wait.h>

namespace krcu {
namespace {

namespace fs = std::filesystem;

struct Ran {
  int status;
  std::string out; ///< both streams
};

Ran krcu(const std::string &Arguments) {
  std::string Command = std::string(KRCU_BINARY) + " " + Arguments + " 2>&1", Out;
  FILE *Pipe = ::popen(Command.c_str(), "r");
  char Buffer[4096];
  for (size_t Got; Pipe && (Got = std::fread(Buffer, 1, sizeof Buffer, Pipe)) > 0;)
    Out.append(Buffer, Got);
  int Status = Pipe ? ::pclose(Pipe) : -1;
  return {WIFEXITED(Status) ? WEXITSTATUS(Status) : -1, Out};
}

#define EXPECT_HAS(R, Part) EXPECT_NE((R).out.find(Part), std::string::npos) << (R).out
#define EXPECT_HAS_NOT(R, Part) EXPECT_EQ((R).out.find(Part), std::string::npos) << (R).out

struct ExternalCommands : testing::Test {
  ExternalCommands() : P("waits", "cards") {}
  Ran on(const std::string &Command, const std::string &More = "") const {
    return krcu(Command + " --no-cache --kernel " + P.kernel.root() + " " + P.module.root() + " " + More);
  }
  Pair P;
};

TEST_F(ExternalCommands, ExplainTellsTheTwoTreesApart) {
  Ran R = on("explain", "deck_main.c:18");
  EXPECT_HAS(R, "\n  deck_main.c:18 deck_discard(): call_rcu() queues card_free()");
  EXPECT_HAS(R, "\n  linux-6.12.0/mm/slab_common.c:");
  EXPECT_HAS_NOT(R, "\n  mm/");
  EXPECT_HAS_NOT(R, "M=");
  EXPECT_HAS(on("explain", "--flags deck_main.c"), "-I" + fs::canonical(P.module.root()).string() + "/inc");
}

TEST_F(ExternalCommands, AuditTakesTheKernel) {
  P.module.write("deck_main.c", P.module.read("deck_main.c") + "static int shown;\nstatic void card_show(struct rcu_head *head)\n{\n\tshown++;\n}\n"
                                                                "void deck_show(int at)\n{\n\tcall_rcu(&deck[at]->common.rcu, card_show);\n}\n");
  std::string Cache = P.module.read("deck_cache.c");
  P.module.write("deck_cache.c", Cache.erase(Cache.find("\trcu_barrier();\n"), 16));
  Ran R = on("audit");
  EXPECT_EQ(R.status, 1);
  EXPECT_HAS(R, "deck_main.c:");
  EXPECT_HAS(R, "reaches no rcu_barrier()");
  EXPECT_HAS_NOT(R, "M=/");
}

TEST_F(ExternalCommands, TheMendNamesFilesAsTheModuleDoes) {
  std::string Cache = P.module.read("deck_cache.c");
  P.module.write("deck_main.c", P.module.read("deck_main.c") + "static int shown;\nstatic void card_show(struct rcu_head *head)\n{\n\tshown++;\n}\n"
                                                                "void deck_show(int at)\n{\n\tcall_rcu(&deck[at]->common.rcu, card_show);\n}\n");
  P.module.write("deck_cache.c", Cache.erase(Cache.find("\trcu_barrier();\n"), 16));
  Ran R = on("audit", "--quiet --fix");
  EXPECT_HAS(R, "\n+++ b/deck_");
  EXPECT_HAS(R, "\n+\trcu_barrier();\n");
  EXPECT_HAS_NOT(R, "M=/");
}

TEST_F(ExternalCommands, ASeriesIsVerifiedAndReviewed) {
  std::string Out = P.module.path("") + "../" + fs::path(P.module.root()).filename().string() + ".series";
  Ran Made = krcu("patch --no-cache --date 2026-01-01 --series " + Out + " --kernel " + P.kernel.root() + " " + P.module.root());
  ASSERT_EQ(Made.status, 0) << Made.out;
  for (const auto &Entry : fs::recursive_directory_iterator(Out))
    if (Entry.is_regular_file()) {
      std::ifstream In(Entry.path(), std::ios::binary);
      std::string Text((std::istreambuf_iterator<char>(In)), std::istreambuf_iterator<char>());
      EXPECT_EQ(Text.find("M=/"), std::string::npos) << Entry.path() << " names the place that krcu gives the module";
      EXPECT_TRUE(Entry.path().filename() != "README" || Text.find("krcu verify DIR --tree MODULE --kernel TREE") != std::string::npos) << Text;
    }
  Ran Good = krcu("verify " + Out + " --tree " + P.module.root() + " --kernel " + P.kernel.root());
  EXPECT_EQ(Good.status, 0) << Good.out;
  Ran Reviewed = krcu("review --no-cache --tree " + P.module.root() + " --kernel " + P.kernel.root() + " " + Out);
  EXPECT_EQ(Reviewed.status, 0) << Reviewed.out;
  EXPECT_HAS(Reviewed, "OK");
  EXPECT_HAS_NOT(Reviewed, "M=/");
  // Another text than that of the patches.
  std::string Text = P.module.read("deck_main.c");
  P.module.write("deck_main.c", Text.replace(Text.find("call_rcu("), 8, "call_RCU"));
  Ran Bad = krcu("verify " + Out + " --tree " + P.module.root() + " --kernel " + P.kernel.root());
  EXPECT_EQ(Bad.status, 1) << Bad.out;
  EXPECT_HAS(Bad, "does not apply");
  EXPECT_EQ(krcu("review --no-cache --tree " + P.module.root() + " --kernel " + P.kernel.root() + " " + Out).status, 1);
  fs::remove_all(Out);
}

TEST_F(ExternalCommands, EveryCommandTakesFlags) {
  P.module.write("Kbuild", "obj-m := stack.o\nobj-m += deck.o\ndeck-y := deck_main.o deck_cache.o\n"); // says nothing of inc/
  EXPECT_HAS(on("scan"), "not found: deck.h");
  const std::string Flags = "--include-dir " + P.module.path("inc") + " --define DECK_SIZE=4 ";
  for (const char *Command : {"scan", "patch", "audit"})
    EXPECT_HAS_NOT(on(Command, Flags), "not found");
  EXPECT_HAS(on("scan", Flags), "deck_main.c:18:2: convert: kfree_rcu(");
  EXPECT_HAS(on("explain", Flags + "deck_main.c:18"), "class:   convert");
  Ran Refused = on("scan", "--cflags -fplugin=x.so");
  EXPECT_EQ(Refused.status, 2);
  EXPECT_HAS(Refused, "krcu: --cflags: -fplugin=x.so is not taken: it loads code");
}

TEST_F(ExternalCommands, ThePatchSaysThatItIsForThisKernel) {
  P.module.write("inc/compat.h", "#if LINUX_VERSION_CODE < 3\n#endif\n");
  EXPECT_HAS(on("patch"), "krcu: note: the conversions hold for Linux 6.12.0 only: the module is compiled for other kernels, too (inc/compat.h:1)");
}

/// What a distribution installs for building modules.
struct Headers : testing::Test {
  Headers() : T("waits"), Module("") {
    Module.write("x.c", "int x;\n");
    fs::remove_all(T.path("mm"));
    fs::remove_all(T.path("kernel"));
    T.write("Module.symvers", "");
  }
  void expectRefused() {
    for (const std::string &Command : {"scan --kernel " + T.root() + " " + Module.root(), "scan " + T.root(), "semantics " + T.root(), "audit " + T.root()}) {
      Ran R = krcu(Command);
      EXPECT_EQ(R.status, 2);
      EXPECT_HAS(R, "these are the headers of a kernel for building modules, without its sources; krcu reads mm/ and kernel/rcu/");
      EXPECT_HAS(R, "apt install linux-source-6.12");
    }
  }
  ScratchTree T, Module;
};

TEST_F(Headers, AreRefusedWithTheReasonAndTheMend) { expectRefused(); }

TEST_F(Headers, WithoutAnythingBuiltToo) {
  fs::remove(T.path("Module.symvers"));
  expectRefused();
}

TEST_F(Headers, ThatIncludeAnothersMakefile) {
  std::string Name = T.root() + "/linux-headers-6.12.9-1-amd64";
  fs::create_directories(Name + "/include");
  std::ofstream(Name + "/Makefile") << "include /usr/src/linux-headers-6.12.9-1-common/Makefile\n";
  Ran R = krcu("scan --kernel " + Name + " " + Module.root());
  EXPECT_EQ(R.status, 2);
  EXPECT_HAS(R, "apt install linux-source-6.12");
  EXPECT_HAS(R, "linux-6.12.9 of kernel.org");
}

} // namespace
} // namespace krcu
