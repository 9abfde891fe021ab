// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/git_files.h"
#include "tool/series/git.h"
#include "gtest/gtest.h"
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace krcu::series;
namespace fs = std::filesystem;

namespace {

class GitFiles : public testing::Test {
protected:
  std::string Root;
  void SetUp() override {
    std::string Name = (fs::temp_directory_path() / "krcu-git-XXXXXX").string();
    ASSERT_TRUE(::mkdtemp(Name.data()));
    Root = Name;
    for (const char *Directory : {".git/objects/info", ".git/objects/pack", ".git/refs/heads", ".git/info", "drv"})
      fs::create_directories(Root + "/" + Directory);
    write(".git/HEAD", "ref: refs/heads/master\n");
    write(".git/config", "[core]\n\trepositoryformatversion = 0\n");
  }
  void TearDown() override { fs::remove_all(Root); }
  void write(const std::string &Path, const std::string &Text) { std::ofstream(Root + "/" + Path) << Text; }
  static std::string odd(const std::string &Path) { return Path + " is no regular file"; }
  std::string pipe(const std::string &Path) {
    fs::remove(Root + "/" + Path);
    EXPECT_EQ(::mkfifo((Root + "/" + Path).c_str(), 0600), 0);
    return Root + "/" + Path;
  }
};

TEST_F(GitFiles, APlainRepositoryHasNothingOdd) {
  EXPECT_EQ(oddFileOfRepository(Root, false), "");
  EXPECT_EQ(oddFileOfRepository(Root + "/drv", false), "");
  EXPECT_EQ(oddFileOfRepository("/nowhere/at/all", true), "");
}

TEST_F(GitFiles, APipeIsFoundWhereverLibgit2WouldOpenIt) {
  for (const char *Name : {".git/config", ".git/index", ".git/packed-refs", ".git/objects/info/alternates", ".git/info/attributes", ".git/HEAD", ".git/refs/heads/master"}) {
    const std::string Path = pipe(Name);
    EXPECT_EQ(oddFileOfRepository(Root, false), odd(Path));
    EXPECT_EQ(oddFileOfRepository(Root + "/drv", true), odd(Path));
    krcu::GitLibrary Library;
    std::string Why;
    EXPECT_EQ(openRepository(Root, Why), nullptr);
    EXPECT_NE(Why.find("is no regular file"), std::string::npos) << Why;
    fs::remove(Path);
    if (std::string(Name) == ".git/config")
      write(Name, "");
  }
}

// A container's root and a tree that is mounted there, as a gate has it.
TEST_F(GitFiles, AnotherUsersSaysHowToPermitIt) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can give a file away";
  krcu::GitLibrary Library;
  for (int Level : {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL})
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, Level, Root.c_str());
  for (const char *Name : {"", "/.git", "/.git/config"})
    ASSERT_EQ(::chown((Root + Name).c_str(), 12345, 12345), 0);
  std::string Why;
  EXPECT_EQ(openRepository(Root, Why), nullptr);
  EXPECT_NE(Why.find("belongs to another user; permit it with git config --global --add safe.directory " + Root), std::string::npos) << Why;
  write(".gitconfig", "[safe]\n\tdirectory = " + Root + "\n");
  Why.clear();
  EXPECT_NE(openRepository(Root, Why), nullptr) << Why;
}

TEST_F(GitFiles, ALinkToADeviceIsOne) {
  fs::create_symlink("/dev/zero", Root + "/.git/packed-refs");
  EXPECT_EQ(oddFileOfRepository(Root, false), odd(Root + "/.git/packed-refs"));
}

TEST_F(GitFiles, WhatTheConfigurationNamesIsLookedAt) {
  const std::string Path = pipe("drv/pipe");
  for (const char *Text : {"[include]\n\tpath = ../drv/pipe\n", "[core] attributesfile = \"../drv/pipe\"\n", "[includeIf \"gitdir:x\"]\n\tPATH=../drv/pipe\n", "[include]\n\tpath = more\n"}) {
    write(".git/config", Text);
    write(".git/more", "[include] path = ../drv/pipe\n");
    EXPECT_NE(oddFileOfRepository(Root, false).find("drv/pipe"), std::string::npos) << Text;
  }
}

// libgit2 joins lines, takes quotes away and ends a value at a comment; so must whoever looks before it.
TEST_F(GitFiles, AValueIsReadAsLibgit2ReadsIt) {
  const std::string Path = pipe("drv/pipe"), Rest = Path.substr(Path.size() - 2), Most = Path.substr(0, Path.size() - 2);
  for (const std::string &Value : {Path + " ; comment", Path + "#comment", "\"" + Path + "\"", "\"" + Most + "\"" + Rest, Most + "\\\n" + Rest, Most + "\\\r\n" + Rest + "\r", Path + "  \t"}) {
    write(".git/config", "# a comment \\\n[include]\n\tpath = " + Value + "\n");
    EXPECT_EQ(oddFileOfRepository(Root, false), odd(Path)) << Value;
    krcu::GitLibrary Library;
    std::string Why;
    EXPECT_EQ(openRepository(Root, Why), nullptr);
  }
  write(".git/config", "[include]\n\tpath = \"" + Path + ";x\"\n; path = " + Path + "\n[a \"b]\\\"c\"] path = x\n");
  EXPECT_EQ(oddFileOfRepository(Root, false), "");
}

TEST_F(GitFiles, ALinkToADirectoryIsLookedInto) {
  for (const char *To : {"drv", "drv/.."}) { // a circle ends
    fs::remove_all(Root + "/.git/refs/heads");
    fs::create_directory_symlink(Root + "/" + To, Root + "/.git/refs/heads");
    EXPECT_EQ(oddFileOfRepository(Root, false), "");
  }
  pipe("drv/master");
  EXPECT_NE(oddFileOfRepository(Root, false).find("/drv/master is no regular file"), std::string::npos);
}

TEST_F(GitFiles, TheConfigurationIncludesOnlyItsOwn) {
  write("drv/gitconfig", "[user]\n\tname = A\n");
  write(".git/config", "[include]\n\tpath = ../drv/gitconfig\n[mergetool \"x\"]\n\tpath = /bin/sh\n[submodule \"y\"]\n\tpath = drv\n");
  EXPECT_EQ(oddFileOfRepository(Root, false), "");
  const std::string Outside = Root + ".outside";
  std::ofstream(Outside) << "secret";
  fs::create_symlink(Outside, Root + "/.git/link");
  for (const std::string &Named : {Outside, std::string("link"), std::string("../../") + fs::path(Outside).filename().string()}) {
    write(".git/config", "[includeIf \"gitdir:/x\"]\n\tpath = " + Named + "\n");
    EXPECT_NE(oddFileOfRepository(Root, false).find("which is no part of the repository"), std::string::npos) << Named;
  }
  fs::remove(Outside);
}

TEST_F(GitFiles, WhatIsTooLargeToBeLookedAtIsNotOpened) {
  write(".git/config", std::string(1 << 21, '\n') + "[include]\n\tpath = x\n");
  EXPECT_NE(oddFileOfRepository(Root, false).find("bytes"), std::string::npos);
}

TEST_F(GitFiles, WorktreesAndAlternatesAreFollowed) {
  fs::create_directories(Root + "/other/pack");
  const std::string Path = pipe("other/pack/x.idx");
  write(".git/objects/info/alternates", Root + "/other\n");
  EXPECT_EQ(oddFileOfRepository(Root, false), odd(Path));
  fs::create_directories(Root + "/linked");
  write("linked/.git", "gitdir: ../.git\n");
  EXPECT_EQ(oddFileOfRepository(Root + "/linked", false).find("other/pack/x.idx") == std::string::npos, false);
}

TEST_F(GitFiles, CirclesEnd) {
  write(".git/config", "[include]\n\tpath = config\n");
  write(".git/commondir", ".\n");
  write(".git/objects/info/alternates", ".\n..\n");
  EXPECT_EQ(oddFileOfRepository(Root, false), "");
}

TEST_F(GitFiles, AttributesOfTheWorkTreeAreLookedAt) {
  EXPECT_EQ(oddAttributesFor(Root, "drv/a.c"), "");
  const std::string Path = pipe("drv/.gitattributes");
  EXPECT_EQ(oddAttributesFor(Root + "/", "drv/a.c"), odd(Path.substr(0, Root.size()) + "/" + "drv/.gitattributes"));
  EXPECT_EQ(oddAttributesFor(Root, "Makefile"), "");
}

// What is written there would stand elsewhere.
TEST_F(GitFiles, LinksAreNotWrittenThrough) {
  auto Way = [&] { return linkInTheWay(Root, Root + "/.git/", Root + "/.git/", "topic/one"); };
  EXPECT_EQ(Way(), "");
  fs::create_directories(Root + "/elsewhere");
  for (const char *Name : {"objects/0a", "refs/heads/topic", "logs/refs/heads/topic/one", "logs"}) {
    fs::remove_all(Root + "/.git/logs");
    const fs::path Link = Root + "/.git/" + Name;
    fs::create_directories(Link.parent_path());
    fs::create_directory_symlink(Root + "/elsewhere", Link);
    EXPECT_EQ(Way(), Link.string() + " is a link, and what is written there would stand elsewhere");
    fs::remove(Link);
  }
}

TEST_F(GitFiles, ARepositoryThatDoesNotKnowTheWorkTreeIsNotWrittenTo) {
  fs::create_directories(Root + "/linked");
  write("linked/.git", "gitdir: ../.git\n");
  auto Way = [&] { return linkInTheWay(Root + "/linked", Root + "/.git", Root + "/.git", "one"); };
  EXPECT_EQ(Way(), Root + "/linked/.git leads to " + Root + "/.git, which says nothing of this work tree");
  write(".git/gitdir", "../linked/.git\n"); // a linked worktree
  EXPECT_EQ(Way(), "");
  fs::remove(Root + "/.git/gitdir");
  write(".git/config", "[core]\n\tworktree = ../linked\n"); // a submodule
  EXPECT_EQ(Way(), "");
}

} // namespace
