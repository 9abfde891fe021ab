// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Histories of a few commits, made with git itself, and the commits that patches of theirs are found to be made from.
#include "tool/review/bases.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace krcu::review {
namespace {

class Bases : public testing::Test {
protected:
  void SetUp() override {
    if (std::system("git --version > /dev/null 2>&1") != 0)
      GTEST_SKIP() << "git is not there";
    std::string Pattern = (std::filesystem::temp_directory_path() / "krcu-bases-XXXXXX").string();
    ASSERT_TRUE(::mkdtemp(Pattern.data()));
    Root = Pattern;
    ASSERT_EQ(git("init -q ."), "");
  }
  void TearDown() override {
    if (!Root.empty())
      std::filesystem::remove_all(Root);
  }
  std::string git(const std::string &Arguments) {
    std::string Out = Root + "/../" + std::filesystem::path(Root).filename().string() + ".out";
    EXPECT_EQ(std::system(("cd " + Root + " && git -c user.name=T -c user.email=t@example.org " + Arguments + " > " + Out + " 2>&1").c_str()), 0) << Arguments;
    std::ifstream In(Out);
    std::ostringstream Text;
    Text << In.rdbuf();
    std::filesystem::remove(Out);
    return Text.str();
  }
  void write(const std::string &File, const std::string &Text) {
    std::filesystem::create_directories(std::filesystem::path(Root + "/" + File).parent_path());
    std::ofstream(Root + "/" + File) << Text;
  }
  std::string commit(const std::string &Message) {
    git("add -A");
    Clock += 60;
    ::setenv("GIT_COMMITTER_DATE", (std::to_string(Clock) + " +0000").c_str(), 1);
    git("commit -q -m " + Message);
    ::unsetenv("GIT_COMMITTER_DATE");
    return git("rev-parse HEAD").substr(0, 40);
  }
  /// The patch of HEAD.
  ReviewPatch patch() {
    ReviewPatch P;
    P.body = git("show --format=");
    P.diff = parseDiff(P.body);
    EXPECT_EQ(P.diff.problem, "");
    return P;
  }
  std::vector<std::string> found(const std::vector<ReviewPatch> &Patches) {
    std::vector<const ReviewPatch *> List;
    for (const ReviewPatch &P : Patches)
      List.push_back(&P);
    auto R = findBases(Root, "", List);
    EXPECT_TRUE(bool(R)) << message(R.takeError());
    std::vector<std::string> Result;
    for (const auto &Each : *R)
      Result.push_back(Each ? Each->commit : "");
    return Result;
  }

  std::string Root;
  long Clock = 1700000000;
};

TEST_F(Bases, ByTheBlobsOfTheIndexLines) {
  write("a/x.c", "one\n");
  write("b/y.c", "one\n");
  std::string First = commit("first");
  write("a/x.c", "two\n");
  commit("patch");
  ReviewPatch X = patch();
  git("reset -q --hard HEAD~");
  write("b/y.c", "two\n");
  std::string Second = commit("second");
  write("b/y.c", "three\n");
  commit("third");
  ReviewPatch Y = patch();
  write("a/x.c", "far\n");
  commit("fourth");
  EXPECT_EQ(X.diff.files.at(0).old_blob.size(), 7u);
  // x.c is that of "first" up to "third", y.c that of "second" only: both share the one commit that serves both.
  EXPECT_EQ(found({X, Y}), (std::vector{Second, Second}));
  EXPECT_NE(First, Second);
}

TEST_F(Bases, ByTheBaseCommitLine) {
  write("x.c", "one\n");
  std::string First = commit("first");
  write("x.c", "two\n");
  commit("second");
  ReviewPatch P = patch();
  P.base_commit = std::string(40, 'f'); // of another repository: the blobs decide
  ReviewPatch Q = P;
  Q.base_commit = git("rev-parse HEAD").substr(0, 40);
  EXPECT_EQ(found({P, Q}), (std::vector{First, Q.base_commit}));
}

TEST_F(Bases, WhatTheHistoryDoesNotHaveIsNotFound) {
  write("x.c", "one\n");
  commit("first");
  write("x.c", "two\n");
  commit("second");
  ReviewPatch P = patch();
  P.diff.files.at(0).old_blob = "0123456";
  ReviewPatch Plain = patch();
  Plain.diff.files.at(0).old_blob.clear();
  ReviewPatch Outside = patch();
  Outside.diff.files.at(0).old_path = "../x.c";
  EXPECT_EQ(found({P, Plain, Outside}), (std::vector<std::string>{"", "", ""}));
  EXPECT_FALSE(bool(findBases(Root + "/none", "", {&P})));
}

TEST_F(Bases, ALaterPartOfASeriesHasTheBaseOfTheFirst) {
  write("x.c", "one\n");
  std::string First = commit("first");
  write("x.c", "two\n");
  commit("second");
  ReviewPatch A = patch();
  write("x.c", "three\n");
  commit("third");
  ReviewPatch B = patch();
  git("reset -q --hard HEAD~2");
  write("x.c", "far\n");
  commit("other");
  A.numbered = B.numbered = true;
  A.total = B.total = 2, A.number = 1, B.number = 2;
  EXPECT_EQ(found({A, B}), (std::vector{First, First}));
  B.total = 3;
  EXPECT_EQ(found({A, B}), (std::vector<std::string>{First, ""}));
}

TEST(IndexLines, NameTheBlobs) {
  Diff D = parseDiff("diff --git a/x.c b/x.c\nindex 0123abc..DEF4567 100644\n--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n+b\n"
                     "diff --git a/y.c b/y.c\nnew file mode 100644\nindex 0000000..89abcde\n--- /dev/null\n+++ b/y.c\n@@ -0,0 +1 @@\n+b\n"
                     "diff --git a/z.c b/z.c\nindex ../../x..1 100644\n--- a/z.c\n+++ b/z.c\n@@ -1 +1 @@\n-a\n+b\n");
  ASSERT_EQ(D.files.size(), 3u);
  EXPECT_EQ(D.files[0].old_blob + " " + D.files[0].new_blob, "0123abc def4567");
  EXPECT_EQ(D.files[1].old_blob + " " + D.files[1].new_blob, " 89abcde");
  EXPECT_EQ(D.files[2].old_blob + " " + D.files[2].new_blob, " ");
}

} // namespace
} // namespace krcu::review
