// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// --commit and git history, against repositories made with git itself.
#include "tool/series/git.h"
#include "tool/series/series_test_util.h"

namespace krcu::series {
namespace {

class WithGit : public testing::Test {
protected:
  void SetUp() override {
    if (!haveProgram("git"))
      GTEST_SKIP() << "git is not installed";
  }
  static std::string git(const Converted &C, const std::string &Arguments) {
    Ran R = run(gitIn(C.T.path()) + Arguments);
    EXPECT_EQ(R.status, 0) << Arguments << ": " << R.text;
    return llvm::StringRef(R.text).trim().str();
  }
  /// The reason for a refusal, or empty.
  static std::string commit(Converted &C, const std::string &Branch) {
    SeriesInput In = C.input();
    In.needs_author = true;
    auto R = makeSeries(In);
    if (!R)
      return message(R.takeError());
    auto Commits = commitSeries(*R, In, Branch);
    return Commits ? "" : message(Commits.takeError());
  }
};

TEST_F(WithGit, BranchHasTheSeriesAndNothingElseChanges) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  C.add("fs/b/z.c", "z_free");
  C.commitAll();
  C.T.write("Kconfig", "# somebody is working here\n");
  git(C, "add Kconfig");
  std::string Head = git(C, "symbolic-ref HEAD") + git(C, "rev-parse HEAD"), Status = git(C, "status --porcelain"), Index = git(C, "ls-files -s");
  EXPECT_EQ(commit(C, "conversion"), "");
  EXPECT_EQ(git(C, "symbolic-ref HEAD") + git(C, "rev-parse HEAD"), Head);
  EXPECT_EQ(git(C, "status --porcelain"), Status);
  EXPECT_EQ(git(C, "ls-files -s"), Index);
  EXPECT_EQ(git(C, "rev-list --count HEAD..conversion"), "2");
  EXPECT_EQ(git(C, "log --reverse --format=%s HEAD..conversion"), "b: replace z_free() with kfree_rcu()\na: replace x_free() with kfree_rcu()");
  for (const auto &[File, Texts] : C.Files) {
    EXPECT_EQ(git(C, "show conversion:" + File) + "\n", Texts.second);
    EXPECT_EQ(contentOf(C.T.path() + "/" + File), Texts.first);
  }
  EXPECT_EQ(git(C, "diff --name-only HEAD conversion"), "fs/b/z.c\nnet/a/x.c");
}

TEST_F(WithGit, ExistingBranchIsRefused) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  C.commitAll();
  EXPECT_EQ(commit(C, "conversion"), "");
  EXPECT_NE(commit(C, "conversion").find("the branch conversion exists"), std::string::npos);
}

TEST_F(WithGit, LocalChangeOfATouchedFileIsRefused) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  C.commitAll();
  C.Files["net/a/x.c"].first += "int mine;\n";
  C.T.write("net/a/x.c", C.Files["net/a/x.c"].first);
  EXPECT_NE(commit(C, "conversion").find("net/a/x.c differs from HEAD"), std::string::npos);
  EXPECT_NE(run(gitIn(C.T.path()) + "rev-parse -q --verify conversion").status, 0);
}

TEST_F(WithGit, NoRepositoryNoCommitAndBadNamesAreRefused) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  EXPECT_NE(commit(C, "conversion"), "");
  C.commitAll();
  EXPECT_NE(commit(C, "a..b").find("cannot be the name of a branch"), std::string::npos);
}

TEST_F(WithGit, ShallowCloneIsGoodEnoughForCommits) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  C.commitAll();
  git(C, "commit -q --allow-empty -m two");
  Converted D;
  D.add("net/a/x.c", "x_free");
  std::string Clone = D.T.path();
  std::filesystem::remove_all(Clone);
  ASSERT_EQ(run(gitIn("/") + "clone -q --depth 1 'file://" + C.T.path() + "' '" + Clone + "'").status, 0);
  git(D, "config user.name 'Test Er'");
  git(D, "config user.email t@example.org");
  EXPECT_EQ(commit(D, "conversion"), "");
}

/// Sets a variable of the environment for as long as it lives.
class Environment {
public:
  Environment(const char *Name, const char *Value) : Name(Name) { ::setenv(Name, Value, 1); }
  ~Environment() { ::unsetenv(Name); }

private:
  const char *Name;
};

// Twelve objects that are more files than there is memory; and a blob whose text is another one than its id says.
TEST_F(WithGit, TreesWithoutEndAndForgedBlobsAreNotRead) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  C.commitAll();
  C.T.write("small", "x\n");
  std::string Tree, Blob = git(C, "hash-object -w small");
  for (int Depth = 0; Depth < 8; ++Depth) {
    std::string Lines;
    for (int N = 0; N < 10; ++N)
      Lines += Depth ? "040000 tree " + Tree + "\td" + std::to_string(N) + "\n" : "100644 blob " + Blob + "\tf" + std::to_string(N) + ".c\n";
    C.T.write("lines", Lines);
    Tree = llvm::StringRef(run("cd " + C.T.path() + " && git mktree < lines").text).trim().str();
  }
  GitLibrary Library;
  std::string Why;
  GitRepository R = openRepository(C.T.path(), Why);
  ASSERT_NE(R, nullptr) << Why;
  git_oid Head, Bomb, Id;
  ASSERT_EQ(git_oid_fromstr(&Head, git(C, "rev-parse HEAD^{tree}").c_str()), 0);
  ASSERT_EQ(git_oid_fromstr(&Bomb, Tree.c_str()), 0);
  EXPECT_FALSE(bool(checkTrees(R.get(), nullptr, &Head)));
  EXPECT_FALSE(bool(checkTrees(R.get(), &Bomb, &Bomb))) << "nothing differs";
  EXPECT_NE(message(checkTrees(R.get(), &Head, &Bomb)).find("more than 1000000 files"), std::string::npos);
  git_odb *Raw = nullptr;
  ASSERT_EQ(git_repository_odb(&Raw, R.get()), 0);
  std::unique_ptr<git_odb, GitFree<git_odb_free>> Objects(Raw);
  ASSERT_EQ(git_oid_fromstr(&Id, Blob.c_str()), 0);
  ASSERT_NE(readBlob(Raw, Id), nullptr);
  EXPECT_EQ(*readBlob(Raw, Id), "x\n");
  C.T.write("small", "y\n");
  const std::string Other = git(C, "hash-object -w small"), Objects1 = C.T.path() + "/.git/objects/";
  auto File = [&](const std::string &Hex) { return Objects1 + Hex.substr(0, 2) + "/" + Hex.substr(2); };
  EXPECT_EQ(run("cp -f " + File(Other) + " " + File(Blob)).status, 0);
  EXPECT_EQ(readBlob(Raw, Id), nullptr);
}

TEST_F(WithGit, EnvironmentNamesAuthorAndCommitterAsForGit) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  C.commitAll();
  {
    Environment A("GIT_AUTHOR_NAME", "An Author"), B("GIT_AUTHOR_EMAIL", "a@example.org"), D("GIT_AUTHOR_DATE", "1500000000 +0200"), E("GIT_COMMITTER_NAME", "A Committer");
    EXPECT_EQ(commit(C, "conversion"), "");
  }
  EXPECT_EQ(git(C, "log -1 --format='%an|%ae|%ad|%cn|%ce' --date=raw conversion"), "An Author|a@example.org|1500000000 +0200|A Committer|t@example.org");
  {
    Environment D("GIT_COMMITTER_DATE", "Fri, 14 Jul 2017 04:40:00 +0200");
    EXPECT_EQ(commit(C, "mailed"), "");
  }
  EXPECT_EQ(git(C, "log -1 --format=%cd --date=raw mailed"), "1500000000 +0200");
  Environment D("GIT_COMMITTER_DATE", "next week");
  EXPECT_NE(commit(C, "another").find("GIT_COMMITTER_DATE 'next week' is no date"), std::string::npos);
}

TEST_F(WithGit, WhatGitWouldDoBesidesIsSaid) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  C.commitAll();
  auto Warnings = [&](const std::string &Branch) {
    SeriesInput In = C.input();
    In.needs_author = true;
    auto R = makeSeries(In);
    std::vector<std::string> Out;
    EXPECT_TRUE(R && commitSeries(*R, In, Branch, &Out));
    return Out;
  };
  EXPECT_TRUE(Warnings("one").empty());
  git(C, "config commit.gpgsign true");
  std::string Hook = C.T.path() + "/.git/hooks/commit-msg";
  std::filesystem::create_directories(C.T.path() + "/.git/hooks");
  std::ofstream(Hook) << "#!/bin/sh\nexit 1\n";
  std::filesystem::permissions(Hook, std::filesystem::perms::owner_all);
  std::vector<std::string> Said = Warnings("two");
  ASSERT_EQ(Said.size(), 2u);
  EXPECT_NE(Said[0].find("commit.gpgsign"), std::string::npos);
  EXPECT_NE(Said[1].find("not run: commit-msg"), std::string::npos);
}

TEST_F(WithGit, PrefixComesFromHistory) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  C.commitAll();
  for (const char *Subject : {"widgets: Add one", "widgets: Drop two", "treewide: spelling", "widgets: core: Fix three"}) {
    C.T.write("net/a/x.c", std::string("/* ") + Subject + " */\n" + C.Files["net/a/x.c"].first);
    git(C, std::string("commit -q -a -m '") + Subject + "'");
  }
  EXPECT_EQ(C.make().series[0].patches[0].message.subject, "widgets: Replace x_free() with kfree_rcu()");
}

TEST(Style, WhatMostSubjectsBeginWith) {
  EXPECT_EQ(styleOfSubjects({"net: bridge: add a", "net: bridge: fix b", "net: c"}).prefix, "net: bridge");
  EXPECT_EQ(styleOfSubjects({"Revert \"x: y\"", "Merge tag", "no colon"}).prefix, "");
  EXPECT_FALSE(styleOfSubjects({"a: lower", "a: Upper", "a: lower"}).capital);
}

TEST(Style, DirectoriesSpeakForThemselvesWithoutHistory) {
  std::vector<PrefixRow> Rows = {{"drivers/gpu/drm/*", "drm/{4}"}, {"lib", "{stem}"}};
  EXPECT_EQ(prefixOfPath("drivers/gpu/drm/foo/sub/x.c", Rows), "drm/foo");
  EXPECT_EQ(prefixOfPath("lib/some_tree.c", Rows), "some_tree");
  EXPECT_EQ(prefixOfPath("virt/kvm/x.c", Rows), "kvm");
}

} // namespace
} // namespace krcu::series
