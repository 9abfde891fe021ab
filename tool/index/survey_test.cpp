// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An index put together from what earlier runs left must be the one that reading everything gives; and no change may go unseen.
#include "tool/index/survey.h"
#include "tool/index/part.h"
#include "tool/index/test_tree.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

using namespace krcu;

namespace {

class SurveyTest : public TestTree {
protected:
  void SetUp() override {
    TestTree::SetUp();
    write("fs/a.c", "#include <linux/a.h>\nint fs_a(void)\n{\n\treturn alpha();\n}\n");
    write("fs/b.c", "#include \"local.h\"\nint fs_b(void)\n{\n\tcall_rcu(x, y);\n}\n");
    write("fs/local.h", "#define LOCAL beta\n");
    write("include/linux/a.h", "static inline int alpha(void)\n{\n\treturn 0;\n}\n");
    write("fs/nul.c", std::string("int z\0ero;\n", 11));
    write("net/c.c", "#include <linux/a.h>\n#include \"../fs/local.h\"\nint kfree_it;\n");
  }
  Survey survey(const std::string &Known, int64_t Ahead = Later) {
    timespec T;
    ::clock_gettime(CLOCK_REALTIME, &T);
    Tree Open = llvm::cantFail(Tree::open(Root));
    return llvm::cantFail(Survey::take(Open, 2, Known, (T.tv_sec + Ahead) * 1000000000LL));
  }
  /// A run: builds with what the last one left, and keeps what this one leaves.
  std::unique_ptr<Index> next() {
    Survey S = survey(States);
    IndexMemory M;
    M.survey = &S;
    M.body = Body, M.delta = Delta;
    IndexOptions O;
    O.jobs = 2;
    O.memory = &M;
    Tree T = llvm::cantFail(Tree::open(Root));
    auto Result = llvm::cantFail(Index::build(T, R, O));
    States = S.states();
    if (!M.new_body.empty())
      Body = M.new_body;
    if (!M.new_delta.empty())
      Delta = M.new_delta;
    Read = Result->bytesRead();
    return Result;
  }
  void expectSame(const Index &I) {
    auto Fresh = build();
    EXPECT_EQ(listing(I), listing(*Fresh));
    EXPECT_EQ(I.deferralFiles(), Fresh->deferralFiles());
    EXPECT_EQ(I.ruleWordFiles(), Fresh->ruleWordFiles());
    for (const char *Word : {"alpha", "beta", "LOCAL", "call_rcu", "kfree_it", "fs_a", "gamma", "z", "ero"}) {
      EXPECT_EQ(I.mentioning(Word), Fresh->mentioning(Word)) << Word;
      auto A = I.definitionsOf(Word), B = Fresh->definitionsOf(Word);
      ASSERT_EQ(A.size(), B.size()) << Word;
      for (size_t N = 0; N < A.size(); ++N)
        EXPECT_EQ(std::pair(A[N].file, A[N].line), std::pair(B[N].file, B[N].line)) << Word;
    }
    for (const IndexedFile &F : Fresh->files()) {
      EXPECT_EQ(I.includersOf(F.path), Fresh->includersOf(F.path)) << F.path;
      EXPECT_EQ(I.files()[static_cast<size_t>(I.find(F.path))].size, F.size) << F.path;
    }
  }
  static constexpr int64_t Later = 100; ///< seconds: well after the files were written
  std::string States, Body, Delta;
  uint64_t Read = 0;
};

TEST_F(SurveyTest, AnUnchangedTreeIsNotReadAgain) {
  expectSame(*next());
  EXPECT_FALSE(Body.empty());
  std::string Before = Body;
  expectSame(*next());
  EXPECT_EQ(Read, 0u);
  EXPECT_EQ(Body, Before);
  EXPECT_TRUE(Delta.empty());
  EXPECT_FALSE(survey(States).isNews());
}

TEST_F(SurveyTest, ChangesAreSeenOneByOne) {
  next();
  write("fs/a.c", "int fs_a(void)\n{\n\treturn gamma();\n}\n");
  expectSame(*next());
  EXPECT_EQ(Read, std::filesystem::file_size(Root + "/fs/a.c"));
  write("aaa/first.c", "#include \"../fs/local.h\"\nint gamma(void)\n{\n}\n"); // every number changes
  expectSame(*next());
  std::filesystem::remove(Root + "/fs/local.h");
  expectSame(*next());
  std::filesystem::remove(Root + "/fs/nul.c");
  write("net/nul.c", std::string("int z\0ero;\n", 11));
  write("fs/a.c", "int fs_a(void)\n{\n\treturn alpha(beta);\n}\n");
  expectSame(*next());
  expectSame(*next());
  EXPECT_EQ(Read, 0u);
}

TEST_F(SurveyTest, ATouchedFileIsReadButItsScanIsUsedAgain) {
  next();
  write("fs/b.c", "#include \"local.h\"\nint fs_b(void)\n{\n\tcall_rcu(x, y);\n}\n");
  Survey S = survey(States);
  EXPECT_EQ(S.unknown, 1u);
  Tree T = llvm::cantFail(Tree::open(Root));
  S.digestUnknown(T, 1);
  EXPECT_TRUE(S.digest().known());
  next();
  EXPECT_EQ(S.digest(), survey(States).digest());
}

TEST_F(SurveyTest, SameSizeAndTimeButAnotherContentIsSeen) {
  next();
  struct stat Old;
  ASSERT_EQ(::stat((Root + "/fs/local.h").c_str(), &Old), 0);
  write("fs/local.h", "#define LOCAL zeta\n");
  timespec Times[2] = {Old.st_atim, Old.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, (Root + "/fs/local.h").c_str(), Times, 0), 0);
  EXPECT_EQ(survey(States).unknown, 1u) << "its ctime is another";
  expectSame(*next());
}

TEST_F(SurveyTest, AFileThatChangedWhenItWasReadIsReadAgain) {
  Survey S = survey("", 0); // now: the files were written this very moment
  Tree T = llvm::cantFail(Tree::open(Root));
  S.digestUnknown(T, 1);
  Survey Again = survey(S.states(), 0);
  EXPECT_EQ(Again.unknown, Again.files.size());
}

TEST_F(SurveyTest, BuildFilesCount) {
  write("fs/Makefile", "obj-y += a.o\n");
  write("Documentation/Kconfig", "config X\n");
  write("Documentation/text.rst", "x\n");
  Survey One = survey("");
  std::vector<std::string> Paths;
  for (const BuildFile &F : One.build_files)
    Paths.push_back(F.path);
  EXPECT_EQ(Paths, (std::vector<std::string>{"Documentation/Kconfig", "Kbuild", "Kconfig", "Makefile", "fs/Makefile"}));
  Digest Before = One.buildDigest();
  EXPECT_EQ(survey(One.states()).buildDigest(), Before);
  write("fs/Makefile", "obj-y += b.o\n");
  EXPECT_NE(survey(One.states()).buildDigest(), Before);
  write("fs/Makefile", "obj-y += a.o\n");
  EXPECT_EQ(survey(One.states()).buildDigest(), Before) << "contents count, not times";
  write("fs/a.c", "other\n");
  EXPECT_EQ(survey(One.states()).buildDigest(), Before);
}

TEST_F(SurveyTest, BadBytesAreWorthNothing) {
  next();
  std::string GoodStates = States, GoodBody = Body;
  auto Try = [&](std::string BadStates, std::string BadBody) {
    States = std::move(BadStates), Body = std::move(BadBody), Delta.clear();
    expectSame(*next());
  };
  for (size_t Percent : {0, 1, 10, 50, 90, 99})
    Try(GoodStates.substr(0, GoodStates.size() * Percent / 100), GoodBody.substr(0, GoodBody.size() * Percent / 100));
  Try(std::string(GoodStates.size(), '\0'), std::string(GoodBody.size(), '\0'));
  Try(std::string(GoodStates.size(), '\xff'), std::string(GoodBody.size(), '\xff'));
  // What passes the checksum but not the bounds must not be followed: lengths and row numbers that lead out.
  IndexPart Part;
  for (size_t At = 0; At + 8 <= GoodBody.size(); At += 8) {
    std::string Bad = GoodBody;
    std::fill_n(Bad.begin() + static_cast<long>(At), 8, '\xff');
    (void)Part.load(Bad); // must come back
  }
}

} // namespace
