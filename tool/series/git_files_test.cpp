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
    EXPECT_EQ(oddFileOfRepository(Root, false), Path);
    EXPECT_EQ(oddFileOfRepository(Root + "/drv", true), Path);
    GitLibrary Library;
    std::string Why;
    EXPECT_EQ(openRepository(Root, Why), nullptr);
    EXPECT_NE(Why.find("is no regular file"), std::string::npos) << Why;
    fs::remove(Path);
    if (std::string(Name) == ".git/config")
      write(Name, "");
  }
}

TEST_F(GitFiles, ALinkToADeviceIsOne) {
  fs::create_symlink("/dev/zero", Root + "/.git/packed-refs");
  EXPECT_EQ(oddFileOfRepository(Root, false), Root + "/.git/packed-refs");
}

TEST_F(GitFiles, WhatTheConfigurationNamesIsLookedAt) {
  const std::string Path = pipe("drv/pipe");
  for (const char *Text : {"[include]\n\tpath = ../drv/pipe\n", "[core] attributesfile = \"../drv/pipe\"\n", "[includeIf \"gitdir:x\"]\n\tPATH=../drv/pipe\n", "[include]\n\tpath = more\n"}) {
    write(".git/config", Text);
    write(".git/more", "[include] path = ../drv/pipe\n");
    EXPECT_NE(oddFileOfRepository(Root, false).find("drv/pipe"), std::string::npos) << Text;
  }
}

TEST_F(GitFiles, WorktreesAndAlternatesAreFollowed) {
  fs::create_directories(Root + "/other/pack");
  const std::string Path = pipe("other/pack/x.idx");
  write(".git/objects/info/alternates", Root + "/other\n");
  EXPECT_EQ(oddFileOfRepository(Root, false), Path);
  fs::create_directories(Root + "/work");
  write("work/.git", "gitdir: ../.git\n");
  EXPECT_EQ(oddFileOfRepository(Root + "/work", false).find("other/pack/x.idx") == std::string::npos, false);
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
  EXPECT_EQ(oddAttributesFor(Root + "/", "drv/a.c"), Path.substr(0, Root.size()) + "/" + "drv/.gitattributes");
  EXPECT_EQ(oddAttributesFor(Root, "Makefile"), "");
}

} // namespace
