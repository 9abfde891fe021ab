// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Input that nobody would write on purpose, and some that somebody might: one clear message each, exit status 2 where there is nothing to
// do, and otherwise the run goes on: the good file beside the bad one still gets its row. Most of it runs the real binary.
#include "tool/driver/pipeline_trees.h"
#include "tool/driver/plan.h"
#include "tool/driver/run_binary.h"
#include "tool/index/census.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <atomic>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace krcu;
namespace fs = std::filesystem;

namespace {

constexpr unsigned Nobody = 65534;

Ran krcu(const ScratchTree &Scratch, std::vector<std::string> Arguments, bool AsNobody = false, const char *Stdout = nullptr) {
  return runKrcu(Scratch, std::move(Arguments), [=] { return !AsNobody || (::setgid(Nobody) == 0 && ::setuid(Nobody) == 0); }, Stdout);
}

size_t lines(const std::string &Text) { return static_cast<size_t>(std::count(Text.begin(), Text.end(), '\n')); }

/// The run stopped with one line that says what is wrong.
void expectOneMessage(const Ran &R, const std::string &Part) {
  EXPECT_EQ(R.status, 2) << R.err;
  EXPECT_EQ(R.out, "");
  EXPECT_EQ(lines(R.err), 1u) << R.err;
  EXPECT_NE(R.err.find(Part), std::string::npos) << R.err;
}

/// A tree whose good file is that of a case.
struct GoodTree : ScratchTree {
  GoodTree() : ScratchTree("waits") { lay("trap-null-guard"); }
  void expectTwoFiles(const std::string &Bad) const {
    write("drv/bad.c", Bad);
    Ran R = krcu(*this, {"scan", root()});
    EXPECT_EQ(R.status, 1) << R.err;
    EXPECT_NE(R.out.find("drv/drv.c:"), std::string::npos) << R.out << R.err;
    EXPECT_NE(R.out.find("1 to convert"), std::string::npos) << R.out << R.err;
  }
  std::string site() const { return read("drv/drv.c"); }
};

class AsNobody : public testing::Test {
protected:
  void SetUp() override {
    if (::geteuid() == 0 && ::access("/proc/self", R_OK) == 0) {
      pid_t Child = ::fork();
      if (Child == 0)
        ::_exit(::setgid(Nobody) == 0 && ::setuid(Nobody) == 0 && ::access(KRCU_BINARY, X_OK) == 0 &&
                        ::access((std::string(KRCU_SOURCE_DIR) + "/rules/frees.yaml").c_str(), R_OK) == 0
                    ? 0
                    : 1);
      int Status = 0;
      ::waitpid(Child, &Status, 0);
      if (Status != 0)
        GTEST_SKIP() << "another user cannot run the binary or read the rules here";
    }
  }
  bool Drop = ::geteuid() == 0;
};

TEST(BadInput, AnEmptyDirectoryIsNoKernelTree) {
  ScratchTree T("");
  expectOneMessage(krcu(T, {"scan", T.root()}), "not a Linux kernel source tree");
}

TEST(BadInput, ADirectoryWithOtherFilesIsNoKernelTree) {
  ScratchTree T("");
  T.write("Makefile", "all:\n\techo VERSION = 1\n");
  T.write("main.c", "int main(void) { return 0; }\n");
  expectOneMessage(krcu(T, {"scan", T.root()}), "not a Linux kernel source tree");
}

TEST(BadInput, AFileIsNoTree) {
  GoodTree T;
  expectOneMessage(krcu(T, {"scan", T.path("Makefile")}), "not a directory");
}

TEST(BadInput, APathThatDoesNotExistIsNamed) {
  GoodTree T;
  expectOneMessage(krcu(T, {"scan", T.path("nowhere")}), "nowhere");
  expectOneMessage(krcu(T, {"scan", T.root(), "drv/nothing.c"}), "drv/nothing.c");
  expectOneMessage(krcu(T, {"scan", T.root(), "../outside"}), "../outside");
}

TEST_F(AsNobody, AnUnreadableTreeIsOneMessage) {
  GoodTree T;
  ::chmod(T.root().c_str(), 0);
  Ran R = krcu(T, {"scan", T.root()}, Drop);
  ::chmod(T.root().c_str(), 0755);
  expectOneMessage(R, "ermission denied");
}

TEST_F(AsNobody, AnUnreadableDirectoryInsideIsAWarning) {
  GoodTree T;
  ::chmod(T.root().c_str(), 0755);
  T.write("secret/x.c", "int x;\n");
  ::chmod(T.path("secret").c_str(), 0);
  Ran R = krcu(T, {"scan", T.root()}, Drop);
  ::chmod(T.path("secret").c_str(), 0755);
  EXPECT_EQ(R.status, 1) << R.err;
  EXPECT_NE(R.err.find("secret"), std::string::npos) << R.err;
  EXPECT_NE(R.out.find("1 to convert"), std::string::npos) << R.out;
}

TEST_F(AsNobody, AReadOnlyTreeIsNotHalfWritten) {
  GoodTree T;
  ::chmod(T.root().c_str(), 0755); // owned by root: nobody may read, not write
  ::chmod(T.path("drv").c_str(), 0555);
  std::string Before = T.site();
  Ran R = krcu(T, {"patch", "--in-place", T.root()}, Drop);
  EXPECT_EQ(R.status, 2) << R.err;
  EXPECT_NE(R.err.find("drv/drv.c"), std::string::npos) << R.err;
  EXPECT_NE(R.err.find("nothing in the tree was changed"), std::string::npos) << R.err;
  EXPECT_EQ(T.site(), Before);
  EXPECT_EQ(std::distance(fs::directory_iterator(T.path("drv")), fs::directory_iterator()), 2); // no temporary file is left
  ::chmod(T.path("drv").c_str(), 0755);
}

TEST(BadInput, AFullDiskUnderStandardOutputIsOneMessage) {
  if (::access("/dev/full", W_OK) != 0)
    GTEST_SKIP() << "there is no /dev/full here";
  GoodTree T;
  for (const char *Command : {"scan", "patch", "semantics"}) {
    Ran R = krcu(T, {Command, T.root()}, false, "/dev/full");
    EXPECT_EQ(R.status, 2) << Command;
    EXPECT_EQ(lines(R.err), 1u) << R.err;
    EXPECT_NE(R.err.find("No space left"), std::string::npos) << R.err;
  }
}

TEST(BadInput, ZerosCostOnlyTheirOwnFile) { GoodTree().expectTwoFiles(std::string(100000, '\0')); }

TEST(BadInput, ZerosAroundACallCostOnlyTheirOwnFile) {
  GoodTree T;
  T.expectTwoFiles(std::string(100, '\0') + "void f(void)\n{\n\tcall_rcu(&x->rcu, g);\n}\n" + std::string(100, '\0'));
}

TEST(BadInput, FiftyMegabytesCostOnlyTheirOwnFile) {
  std::string Line = "int filler; /* a line of a very large file */\n", Text;
  while (Text.size() < (50u << 20))
    Text += Line;
  GoodTree().expectTwoFiles(Text);
}

TEST(BadInput, FiftyMegabytesOnOneLineCostOnlyTheirOwnFile) { GoodTree().expectTwoFiles(std::string(50u << 20, '(')); }

TEST(BadInput, AnUnterminatedCommentCostsOnlyItsOwnFile) {
  GoodTree().expectTwoFiles("void f(struct item *i)\n{\n\tcall_rcu(&i->rcu, g); /* and then\n}\n");
}

TEST(BadInput, AnUnterminatedStringOrConditionCostsOnlyItsOwnFile) {
  GoodTree().expectTwoFiles("#if 1\nconst char *s = \"call_rcu(\nvoid f(void)\n{\n\tcall_rcu(&x->rcu, \"\n");
}

TEST(BadInput, BytesThatAreNoTextCostOnlyTheirOwnFile) {
  std::string Bytes;
  for (int N = 0; N < 4096; ++N)
    Bytes += static_cast<char>(1 + (N * 37 + N / 7) % 255);
  GoodTree().expectTwoFiles(Bytes + "\nvoid f(void)\n{\n\tcall_rcu(&x\xff->rcu, g\xc0\xaf);\n}\n");
}

TEST(BadInput, DeepNestingCostsOnlyItsOwnFile) {
  GoodTree().expectTwoFiles("void f(void)\n{\n" + std::string(20000, '{') + "call_rcu(&x->rcu, g);" + std::string(20000, '}') + "\n}\n");
}

TEST(BadInput, SymlinksThatLoopOrLeadOutAreNotFollowed) {
  GoodTree T;
  fs::create_directory_symlink("..", T.path("drv/up"));
  fs::create_directory_symlink("loop-b", T.path("loop-a"));
  fs::create_directory_symlink("loop-a", T.path("loop-b"));
  fs::create_directory_symlink("/etc", T.path("drv/etc"));
  fs::create_symlink("self.c", T.path("drv/self.c"));
  fs::create_symlink("/etc/passwd", T.path("drv/out.c"));
  Ran R = krcu(T, {"scan", T.root()});
  EXPECT_EQ(R.status, 1) << R.err;
  EXPECT_NE(R.out.find("1 to convert"), std::string::npos) << R.out << R.err; // and not a second one behind drv/up
  EXPECT_NE(R.err.find("drv/self.c"), std::string::npos) << R.err;
  EXPECT_NE(R.err.find("drv/out.c: is a symlink out of the tree"), std::string::npos) << R.err;
}

TEST(BadInput, AFifoIsNotOpened) {
  GoodTree T;
  ASSERT_EQ(::mkfifo(T.path("drv/pipe.c").c_str(), 0600), 0);
  Ran R = krcu(T, {"scan", T.root()});
  EXPECT_EQ(R.status, 1) << R.err;
  EXPECT_NE(R.err.find("drv/pipe.c: is no regular file"), std::string::npos) << R.err;
}

TEST(BadInput, AFileThatVanishesBehindTheIndexHasNoFacts) {
  GoodTree T;
  auto R = loadRules(std::string(KRCU_SOURCE_DIR) + "/rules", {});
  ASSERT_TRUE(static_cast<bool>(R));
  auto Opened = Tree::open(T.root());
  ASSERT_TRUE(static_cast<bool>(Opened));
  auto I = Index::build(*Opened, *R, {});
  ASSERT_TRUE(static_cast<bool>(I));
  std::vector<CensusEntry> Census = takeCensus(**I, *R, 1);
  ASSERT_FALSE(Census.empty());
  fs::remove(T.path("drv/drv.c"));
  std::map<std::string, Demand> Plan = planFirstParse(**I, *R, Census, 1);
  auto F = Frontend::create(*Opened, **I, {});
  ASSERT_TRUE(static_cast<bool>(F));
  ParseRequest Request;
  Request.file = "drv/drv.c";
  bool Shown = false;
  ParseOutcome O = (*F)->parse(Request, 0, [&](clang::ASTContext &, const std::vector<clang::Decl *> &, const ParseOutcome &) { Shown = true; });
  EXPECT_GT(O.errors, 0u);
  auto Again = Index::build(*Opened, *R, {}); // the first one may still hold the text
  ASSERT_TRUE(static_cast<bool>(Again));
  EXPECT_LT(takeCensus(**Again, *R, 1).size(), Census.size());
}

TEST(BadInput, AFileThatComesAndGoesDoesNotStopTheScan) {
  GoodTree T;
  std::string Text = T.site();
  std::atomic<bool> Stop{false};
  std::thread Flicker([&] {
    while (!Stop) {
      T.write("drv/ghost.c", Text);
      fs::remove(T.path("drv/ghost.c"));
    }
  });
  for (int Round = 0; Round < 8; ++Round) {
    Outcome O = scanAndPatch(T.options());
    EXPECT_EQ(O.error, "");
    EXPECT_TRUE(std::any_of(O.sites.begin(), O.sites.end(), [](const SiteReport &S) {
      return S.census.where.file == "drv/drv.c" && S.cls == SiteClass::Convert;
    }));
  }
  Stop = true;
  Flicker.join();
}

TEST(BadInput, ARulesFileWithAnErrorNamesFileLineAndMend) {
  GoodTree T;
  T.write("mine.yaml", "frees:\n  - name: my_free\n    objekt: 0\n    family: mine\n");
  Ran R = krcu(T, {"scan", "--rules", T.path("mine.yaml"), T.root()});
  EXPECT_EQ(R.status, 2);
  EXPECT_EQ(R.out, "");
  EXPECT_NE(R.err.find("mine.yaml:3:"), std::string::npos) << R.err;
  EXPECT_NE(R.err.find("objekt"), std::string::npos) << R.err;
  EXPECT_NE(R.err.find("object"), std::string::npos) << R.err;
}

TEST(BadInput, BrokenYamlIsOneMessage) {
  GoodTree T;
  T.write("mine.yaml", "frees: [\n");
  expectOneMessage(krcu(T, {"scan", "--rules", T.path("mine.yaml"), T.root()}), "mine.yaml:");
}

TEST(BadInput, BrokenJsonAsCompileCommandsIsOneMessage) {
  GoodTree T;
  T.write("cc.json", "[ { \"file\": ");
  expectOneMessage(krcu(T, {"scan", "--compile-commands", T.path("cc.json"), T.root()}), "cc.json");
  T.write("cc.json", "{}");
  expectOneMessage(krcu(T, {"scan", "--compile-commands", T.path("cc.json"), T.root()}), "cc.json");
  T.write("cc.json", "[]");
  expectOneMessage(krcu(T, {"scan", "--compile-commands", T.path("cc.json"), T.root()}), "cc.json");
}

std::string command(const ScratchTree &T, const std::string &File, const std::string &Flags) {
  return "{ \"directory\": \"" + T.root() + "\", \"file\": \"" + File + "\", \"command\": \"gcc -nostdinc -I" + T.path("include") + " " + Flags +
         " -include " + T.path("include/linux/compiler_types.h") + " -D__KERNEL__ -c -o x.o " + File + "\" }";
}

TEST(BadInput, CompileCommandsMayNameMissingFilesAndFlagsOfGcc) {
  GoodTree T;
  T.write("cc.json", "[" + command(T, "drv/gone.c", "") + ",\n" + command(T, "drv/drv.c", "-fno-allow-store-data-races -mrecord-mcount") + "]\n");
  Ran R = krcu(T, {"scan", "--compile-commands", T.path("cc.json"), T.root()});
  EXPECT_EQ(R.status, 1) << R.err;
  EXPECT_NE(R.out.find("1 to convert"), std::string::npos) << R.out << R.err;
  EXPECT_NE(R.err.find("drv/gone.c"), std::string::npos) << R.err;
  EXPECT_NE(R.err.find("-fno-allow-store-data-races"), std::string::npos) << R.err;
}

TEST(BadInput, CompileCommandsOfAnotherTreeAreOneMessage) {
  GoodTree T;
  T.write("cc.json", "[" + command(T, "/elsewhere/x.c", "") + "]");
  expectOneMessage(krcu(T, {"scan", "--compile-commands", T.path("cc.json"), T.root()}), "cc.json");
}

TEST(BadInput, WrongArgumentsExitWithTwo) {
  GoodTree T;
  EXPECT_EQ(krcu(T, {"scan"}).status, 2);
  EXPECT_EQ(krcu(T, {"scam", T.root()}).status, 2);
  EXPECT_EQ(krcu(T, {"scan", "--jobs", "0", T.root()}).status, 2);
  expectOneMessage(krcu(T, {"scan", "--assume", "yesterday", T.root()}), "yesterday");
  expectOneMessage(krcu(T, {"explain", T.root(), "drv/drv.c:x"}), "FILE:LINE");
  expectOneMessage(krcu(T, {"explain", T.root(), "drv/drv.c:1"}), "drv/drv.c:1");
}

} // namespace
