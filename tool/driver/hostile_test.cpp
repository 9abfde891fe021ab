// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Trees and patches by somebody who wants krcu to read, run or print what it must not, or to come to no end. Each costs its own file: the good
// file beside it still gets its row (docs/security.md).
#include "tool/driver/pipeline_trees.h"
#include "tool/driver/run_binary.h"
#include "gtest/gtest.h"
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>

#if defined(__SANITIZE_ADDRESS__)
#define KRCU_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KRCU_SANITIZED
#endif
#endif

using namespace krcu;
namespace fs = std::filesystem;

namespace {

const std::string Headers = "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\n";
const std::string Secret = "TOKEN_abc123 hunter2;\n";

std::string site(const std::string &Name = "item2") {
  return "struct " + Name + " { int key; struct rcu_head rcu; };\nstatic void " + Name + "_free(struct rcu_head *head) { struct " + Name +
         " *i = container_of(head, struct " + Name + ", rcu); kfree(i); }\nvoid " + Name + "_drop(struct " + Name + " *i)\n{\n\tcall_rcu(&i->rcu, " + Name + "_free);\n}\n";
}

std::string repeated(const std::string &Text, size_t Times) {
  std::string Out;
  for (size_t N = 0; N < Times; ++N)
    Out += Text;
  return Out;
}

class Hostile : public testing::Test {
protected:
  ScratchTree T{"waits"};
  std::string Outside = T.root() + ".outside";

  void SetUp() override {
    T.lay("trap-null-guard");
    T.write("drv/Makefile", "obj-y += drv.o bad.o\n");
    std::ofstream(Outside) << Secret;
  }
  void TearDown() override { fs::remove_all(Outside); }

  Ran scan(std::vector<std::string> More = {}, const std::function<bool()> &Before = nullptr) {
    More.insert(More.begin(), {"scan", "-j1", "--no-cache"});
    More.push_back(T.root());
    return runKrcu(T, More, Before);
  }

  /// The good file has its row, and nothing shows what stands in the file outside.
  static void expectGoodFile(const Ran &R) {
    EXPECT_EQ(R.status, 1) << R.err;
    EXPECT_NE(R.out.find("drv/drv.c:"), std::string::npos) << R.out << R.err;
    EXPECT_NE(R.out.find("convert"), std::string::npos) << R.out;
    for (const std::string *Text : {&R.out, &R.err})
      for (const char *Word : {"TOKEN", "hunter2"})
        EXPECT_EQ(Text->find(Word), std::string::npos) << *Text;
  }

  Ran scanBad(const std::string &Text) {
    T.write("drv/bad.c", Text);
    Ran R = scan();
    expectGoodFile(R);
    return R;
  }
};

TEST_F(Hostile, AFileOutsideIsNotIncluded) {
  Ran R = scanBad(Headers + "#include \"" + Outside + "\"\n" + site());
  EXPECT_NE(R.out.find("file not found"), std::string::npos) << R.out;
}

TEST_F(Hostile, AFileOutsideIsNotIncludedByItsRelativeName) {
  Ran R = scanBad(Headers + "#include \"../../" + fs::path(Outside).filename().string() + "\"\n" + site());
  EXPECT_NE(R.out.find("file not found"), std::string::npos) << R.out;
}

TEST_F(Hostile, ALinkThatLeavesTheTreeIsNotIncluded) {
  fs::create_symlink(Outside, T.path("drv/link.h"));
  fs::create_directory_symlink("/etc", T.path("drv/etc"));
  Ran R = scanBad(Headers + "#include \"link.h\"\n#include \"etc/passwd\"\n" + site());
  EXPECT_NE(R.out.find("file not found"), std::string::npos) << R.out;
  EXPECT_EQ(R.out.find("root:"), std::string::npos) << R.out;
}

TEST_F(Hostile, ALinkInsideTheTreeIsFollowed) {
  T.write("drv/real.h", "#define REAL 1\n");
  fs::create_symlink("real.h", T.path("drv/link.h"));
  Ran R = scanBad(Headers + "#include \"link.h\"\n#if !REAL\n#error not followed\n#endif\n" + site());
  EXPECT_NE(R.out.find("2 to convert"), std::string::npos) << R.out;
}

TEST_F(Hostile, WhatGitKeepsIsNotIncluded) {
  T.write(".git/config", "[remote \"x\"]\n\turl = https://" + Secret);
  scanBad(Headers + "#include \"../.git/config\"\n" + site());
}

TEST_F(Hostile, NothingOutsideIsEmbedded) {
  std::string Text = Headers + site();
  for (int N = 0; N < 4; ++N)
    Text += "enum { K" + std::to_string(N) + " =\n#embed \"" + Outside + "\" limit(1) clang::offset(" + std::to_string(N) + ")\n};\n";
  Ran R = scanBad(Text + "void (*leak)(char (*)[K0], char (*)[K1], char (*)[K2], char (*)[K3]) = 1.5;\n");
  for (size_t N = 0; N < 4; ++N)
    EXPECT_EQ(R.out.find("[" + std::to_string(int{Secret[N]}) + "]"), std::string::npos) << R.out;
}

TEST_F(Hostile, APipeOrDeviceIsNotIncluded) {
  ASSERT_EQ(::mkfifo(T.path("drv/pipe.h").c_str(), 0600), 0);
  scanBad(Headers + "#include \"pipe.h\"\n" + site());
  scanBad(Headers + "#include \"/dev/zero\"\n" + site());
  scanBad(Headers + "#if __has_include(\"pipe.h\")\n#include \"pipe.h\"\n#endif\n" + site());
}

TEST_F(Hostile, PragmasForClangAreReadOver) {
  for (const char *Pragma : {"__debug overflow_stack", "__debug crash", "__debug llvm_fatal_error", "__debug parser_crash", "diagnostic fatal \"-Wall\"", "poison kfree"}) {
    Ran R = scanBad(Headers + "#pragma clang " + Pragma + "\n" + site() + "#pragma clang " + Pragma + "\n");
    EXPECT_NE(R.out.find("2 to convert"), std::string::npos) << Pragma << R.out << R.err;
  }
}

TEST_F(Hostile, APragmaInAPrecompiledHeaderDoesNothing) {
  T.write("include/linux/extra.h", "#ifndef EXTRA_H\n#define EXTRA_H\nstruct extra { int a; };\n#pragma clang __debug crash\n#endif\n");
  std::string Objects = "obj-y += drv.o";
  for (int N = 0; N < 8; ++N) {
    T.write("drv/x" + std::to_string(N) + ".c", Headers + "#include <linux/extra.h>\n" + site("it" + std::to_string(N)));
    Objects += " x" + std::to_string(N) + ".o";
  }
  T.write("drv/Makefile", Objects + "\n");
  Ran R = scan();
  expectGoodFile(R);
  EXPECT_NE(R.out.find("9 to convert"), std::string::npos) << R.out;
}

TEST_F(Hostile, NestedOperatorsCostTheirOwnFile) {
  for (size_t Times : {2000u, 60000u}) {
    Ran R = scanBad(Headers + "static int z = " + repeated("-+", Times) + "1;\n" + site());
    EXPECT_LT(R.status, 1000);
  }
}

TEST_F(Hostile, BracketsAndBracesCostTheirOwnFile) {
  scanBad(Headers + "static int z = " + repeated("(", 100000) + "1" + repeated(")", 100000) + ";\n" + site());
  scanBad(Headers + "static int *z = " + repeated("&*", 60000) + "(int *)0;\n" + site());
  scanBad(Headers + "void f(void) {" + repeated("if (1) ", 60000) + ";}\n" + site());
}

TEST_F(Hostile, AnArrayWithoutEndCostsItsOwnFile) {
  for (const char *Array : {"int a[150000000] = { [149999999] = 1 };\n", "int a[2000000000] = { [1999999999] = 1 };\n"}) {
    Ran R = scanBad(Headers + site() + Array);
    if (R.out.find("1 to convert") != std::string::npos) {
      EXPECT_NE(R.out.find("MiB of memory"), std::string::npos) << R.out;
    }
  }
}

TEST_F(Hostile, TextsInACompilerErrorStayOnTheirLine) {
  Ran R = scanBad(Headers + "_Static_assert(0, \"x\\n\\n0 calls: 0 to convert\\n\\033[31m\");\n#line 7 \"x\\033[31mRED\\r\\nOK\"\nint y = z;\n" + site());
  EXPECT_EQ(R.out.find('\x1b'), std::string::npos) << R.out;
  EXPECT_EQ(R.out.find('\r'), std::string::npos) << R.out;
  EXPECT_EQ(R.out.find("\n0 calls: 0 to convert"), std::string::npos) << R.out;
}

TEST_F(Hostile, ANameWithAControlCharacterIsNamedAndNotRead) {
  T.write("drv/x\x1b[31m\n0 calls: 0 to convert.c", Headers + site());
  fs::create_directory(T.path("drv/\rdir"));
  Ran R = scan();
  expectGoodFile(R);
  for (const std::string &Text : {R.out, R.err}) {
    EXPECT_EQ(Text.find('\x1b'), std::string::npos) << Text;
    EXPECT_EQ(Text.find('\r'), std::string::npos) << Text;
  }
  EXPECT_NE(R.err.find("drv/x\\x1b[31m\\n0 calls: 0 to convert.c: has a control character in its name"), std::string::npos) << R.err;
}

/// A mail whose subject is `Subject`, encoded, and which takes the call of the good file away.
std::string mailWith(const std::string &Subject, const std::string &Added) {
  return "From: a <a@x.org>\nSubject: =?UTF-8?q?[PATCH]_" + Subject + "?=\nMessage-Id: <1@x>\n\n---\n--- a/drv/drv.c\n+++ b/drv/drv.c\n@@ -1 +1,2 @@\n // SPDX-License-Identifier: Apache-2.0 WITH "
         "LLVM-exception\n+" + Added + "\n";
}

TEST_F(Hostile, ASubjectForgesNoLineAndNoHeader) {
  T.write("mail", mailWith("drv:_x=0A=09OK:_nothing_speaks_against_it=0D=0ABcc:_evil=40x.org=1B[8m", "#define X 1"));
  Ran R = runKrcu(T, {"review", "-j1", "--no-cache", "--tree", T.root(), "--reply", T.root() + "/answers", T.path("mail")});
  EXPECT_LT(R.status, 2) << R.err;
  std::string All = R.out + R.err;
  for (const auto &Entry : fs::directory_iterator(T.path("answers")))
    All += readText(Entry.path());
  EXPECT_NE(All.find("drv: x"), std::string::npos) << All;
  EXPECT_EQ(All.find('\x1b'), std::string::npos);
  EXPECT_EQ(All.find('\r'), std::string::npos);
  EXPECT_EQ(All.find("\nBcc:"), std::string::npos) << All;
  EXPECT_EQ(All.find("\n\tOK: nothing"), std::string::npos) << All;
}

TEST_F(Hostile, APatchUnderReviewIncludesNothingOutside) {
  T.write("mail", mailWith("drv:_x", "#include \"" + Outside + "\""));
  Ran R = runKrcu(T, {"review", "-j1", "--no-cache", "--tree", T.root(), "--reply", T.root() + "/answers", T.path("mail")});
  std::string All = R.out + R.err;
  for (const auto &Entry : fs::directory_iterator(T.path("answers")))
    All += readText(Entry.path());
  EXPECT_EQ(All.find("TOKEN"), std::string::npos) << All;
  EXPECT_EQ(All.find("hunter2"), std::string::npos) << All;
}

TEST_F(Hostile, AnAddressForgesNoHeader) {
  T.write("MAINTAINERS", "DRV\nM:\tA\x1b[31m <a@x.org>\nL:\tl@x.org\rBcc:evil@x.org\nF:\tdrv/\n");
  Ran R = runKrcu(T, {"patch", "-j1", "--no-cache", "--series", T.root() + "/out", T.root()});
  EXPECT_LT(R.status, 2) << R.err;
  for (const auto &Entry : fs::directory_iterator(T.path("out"))) {
    EXPECT_EQ(readText(Entry.path()).find('\r'), std::string::npos) << Entry.path();
    EXPECT_EQ(readText(Entry.path()).find('\x1b'), std::string::npos) << Entry.path();
  }
}

TEST_F(Hostile, ARepositoryWithAPipeIsNotOpened) {
  fs::create_directories(T.path(".git/objects"));
  fs::create_directories(T.path(".git/refs/heads"));
  T.write(".git/HEAD", "ref: refs/heads/master\n");
  ASSERT_EQ(::mkfifo(T.path(".git/config").c_str(), 0600), 0);
  Ran R = runKrcu(T, {"patch", "-j1", "--no-cache", "--series", T.root() + "/out", T.root()});
  EXPECT_LE(R.status, 2) << R.err;
  R = runKrcu(T, {"review", "-j1", "--no-cache", "--tree", T.root(), "--range", "a..b"});
  EXPECT_EQ(R.status, 2);
}

TEST_F(Hostile, ADatabaseOfBracketsIsOneMessage) {
  for (const char *Piece : {"[", "{\"a\":"}) {
    T.write("cc.json", repeated(Piece, 200000));
    Ran R = scan({"--compile-commands", T.path("cc.json")});
    EXPECT_EQ(R.status, 2);
    EXPECT_NE(R.err.find("cc.json: this is nested too deeply"), std::string::npos) << R.err;
  }
}

TEST_F(Hostile, ADatabaseCannotOpenTheDisk) {
  T.write("drv/bad.c", Headers + "#include \"" + Outside + "\"\n" + site());
  T.write("cc.json", "[{\"directory\": \"/\", \"file\": \"" + T.path("drv/bad.c") + "\", \"command\": \"gcc -nostdinc -I" + T.path("include") + " -include " + Outside + " -I" +
                         fs::path(Outside).parent_path().string() + " -c " + T.path("drv/bad.c") + "\"}]");
  Ran R = scan({"--compile-commands", T.path("cc.json")});
  expectGoodFile(R);
  EXPECT_NE(R.err.find("neither in the tree nor in a directory where a kernel was built"), std::string::npos) << R.err;
}

TEST_F(Hostile, AFullTemporaryDirectoryLosesNothing) {
  std::string Objects = "obj-y += drv.o";
  for (int N = 0; N < 8; ++N) {
    T.write("drv/x" + std::to_string(N) + ".c", Headers + site("it" + std::to_string(N)));
    Objects += " x" + std::to_string(N) + ".o";
  }
  T.write("drv/Makefile", Objects + "\n");
  Ran R = scan({}, [] { // no file may be longer than this: what a full disk says, too
    rlimit Limit{16384, 16384};
    return ::signal(SIGXFSZ, SIG_IGN) != SIG_ERR && ::setrlimit(RLIMIT_FSIZE, &Limit) == 0;
  });
  expectGoodFile(R);
  EXPECT_NE(R.out.find("9 to convert"), std::string::npos) << R.out << R.err;
}

TEST_F(Hostile, WithoutThreadsItGoesOnAlone) {
#ifdef KRCU_SANITIZED
  GTEST_SKIP() << "a sanitizer needs address space";
#endif
  T.write("drv/bad.c", Headers + site());
  unsigned Whole = 0;
  for (unsigned MiB : {310u, 340u, 370u, 400u, 900u}) {
    Ran R = scan({}, [=] {
      rlimit Limit{rlim_t(MiB) << 20, rlim_t(MiB) << 20};
      return ::setrlimit(RLIMIT_AS, &Limit) == 0;
    });
    if (R.status == 127)
      continue; // not even its libraries could be loaded
    EXPECT_TRUE(R.status == 1 || R.status == 2) << R.status << R.err;
    EXPECT_TRUE(R.status == 2 ? R.err.find("krcu: ") != std::string::npos : R.out.find("2 to convert") != std::string::npos) << R.out << R.err;
    Whole += R.status == 1;
  }
  EXPECT_GT(Whole, 0u);
}

TEST_F(Hostile, NothingParsedIsNoCleanBill) {
  T.write("drv/drv.c", "#include <linux/rcupdate.h>\n#error no\nvoid f(struct rcu_head *h)\n{\n\tcall_rcu(h, g);\n}\n");
  T.write("include/linux/rcupdate.h", "}}}}\n");
  for (const char *Command : {"scan", "patch"}) {
    Ran R = runKrcu(T, {Command, "-j1", "--no-cache", T.root()});
    EXPECT_EQ(R.status, 2) << Command << R.out << R.err;
    EXPECT_NE(R.err.find("nothing could be parsed"), std::string::npos) << R.err;
  }
  T.write("drv/drv.c", T.read("drv/drv.c") + "void k(struct item *i)\n{\n\tkfree_rcu(i, rcu);\n}\n");
  T.write("mail", "From: a <a@x.org>\nSubject: [PATCH] drv: x\nMessage-Id: <1@x>\n\n---\n--- a/drv/drv.c\n+++ b/drv/drv.c\n@@ -5,1 +5,1 @@\n-\tcall_rcu(h, g);\n+\tcall_rcu(h, k);\n");
  for (const std::vector<std::string> &Words : {std::vector<std::string>{"review", "--tree", T.root(), T.path("mail")}, {"review", "--tree", T.root(), "--format", "json", T.path("mail")}, {"audit", T.root()}, {"audit", "--fix", T.root()}}) {
    std::vector<std::string> All = Words;
    All.insert(All.begin() + 1, {"-j1", "--no-cache", "--fail-on", "none"});
    Ran R = runKrcu(T, All);
    EXPECT_EQ(R.status, 2) << Words[0] << R;
    EXPECT_NE(R.err.find("krcu: nothing could be parsed, so nothing is known: "), std::string::npos) << R.err;
  }
}

TEST_F(Hostile, AnOutputReplacesOnlyARegularFile) {
  ASSERT_EQ(::mkfifo(T.path("pipe").c_str(), 0600), 0);
  T.write("target", "x");
  fs::create_symlink("target", T.path("link"));
  for (const char *Name : {"pipe", "link"}) {
    Ran R = runKrcu(T, {"extract", "-j1", "--no-cache", "-o", T.path(Name), T.root()});
    EXPECT_EQ(R.status, 2);
    EXPECT_NE(R.err.find("no regular file"), std::string::npos) << R.err;
  }
  EXPECT_TRUE(fs::is_fifo(T.path("pipe")));
  EXPECT_TRUE(fs::is_symlink(T.path("link")));
}

TEST_F(Hostile, ACacheThatOthersMayWriteIsNotUsed) {
  const std::string Cache = T.root() + ".cache";
  Ran First = runKrcu(T, {"scan", "-j1", "--cache", Cache, T.root()});
  EXPECT_EQ(First.err.find("others may write"), std::string::npos) << First.err;
  ASSERT_EQ(::chmod(Cache.c_str(), 0777), 0);
  Ran R = runKrcu(T, {"scan", "-j1", "--cache", Cache, T.root()});
  EXPECT_NE(R.err.find("others may write to it"), std::string::npos) << R.err;
  EXPECT_EQ(R.out, First.out);
  fs::remove_all(Cache);
}

TEST_F(Hostile, TheMakefilesAndKconfigDoNotGrowWithoutEnd) {
  T.write("Kconfig", T.read("Kconfig") + "f = $(1)$(1)\nconfig A\n\tdef_bool \"" + repeated("$(f,", 28) + "a" + repeated(")", 28) + "\"\n");
  std::string List;
  for (int N = 1000; N < 2000; ++N)
    List += " " + std::to_string(N);
  T.write("drv/Makefile", "obj-y += drv.o\nl := " + List + "\nobj-y += $(foreach i,$(l),$(filter $(l),$(l)))\n");
  expectGoodFile(scan());
}

} // namespace
