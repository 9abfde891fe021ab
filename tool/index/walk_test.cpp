// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which files of a tree are listed, and what is said of those that cannot be read.
#include "tool/index/test_tree.h"

#include <sys/stat.h>
#include <unistd.h>

using namespace krcu;
namespace fs = std::filesystem;

namespace {

class WalkTest : public TestTree {};

TEST_F(WalkTest, ListsSourcesSortedAndLeavesOutTheFourTopDirectories) {
  for (const char *Path : {"b/x.c", "a/y.h", "a.c", "a/z.S", "tools/t.c", "Documentation/d.c", "samples/s.c",
                           "scripts/p.c", "drivers/tools/k.c", ".git/g.c", "a/.hidden.c"})
    write(Path, "int v;\n");
  EXPECT_EQ(listing(*build()), (Strings{"a.c", "a/y.h", "b/x.c", "drivers/tools/k.c"}));
}

TEST_F(WalkTest, ASymlinkLoopEnds) {
  write("a/x.c", "int v;\n");
  fs::create_directory_symlink(Root + "/a", Root + "/a/self");
  fs::create_directory_symlink(Root, Root + "/a/top");
  fs::create_symlink("loop.c", Root + "/a/loop.c");
  auto I = build();
  EXPECT_EQ(listing(*I), (Strings{"a/loop.c: Too many levels of symbolic links", "a/x.c"}));
}

TEST_F(WalkTest, ASymlinkOutOfTheTreeIsAProblemAndNotRead) {
  std::ofstream(Outside + "/secret.c") << "int secret_word;\n";
  fs::create_symlink(Outside + "/secret.c", Root + "/leak.c");
  fs::create_directory_symlink(Outside, Root + "/dir");
  auto I = build();
  EXPECT_EQ(listing(*I),
            (Strings{"dir: is a symlink out of the tree", "leak.c: is a symlink out of the tree"}));
  EXPECT_TRUE(I->mentioning("secret_word").empty());
}

TEST_F(WalkTest, ASymlinkToAListedFileIsNotListedTwice) {
  write("include/real.h", "int v;\n");
  fs::create_symlink("real.h", Root + "/include/alias.h");
  EXPECT_EQ(listing(*build()), (Strings{"include/real.h"}));
}

TEST_F(WalkTest, ASymlinkToAPlaceThatIsLeftOutIsFollowed) {
  write("tools/lib/shared.c", "int shared_word;\n");
  fs::create_symlink("../tools/lib/shared.c", Root + "/include/shared.c");
  fs::create_directory_symlink("../tools/lib", Root + "/include/lib");
  auto I = build();
  EXPECT_EQ(listing(*I), (Strings{"include/lib/shared.c", "include/shared.c"}));
  EXPECT_EQ(I->mentioning("shared_word").size(), 2u);
}

TEST_F(WalkTest, ADanglingSymlinkIsAProblem) {
  fs::create_symlink("nowhere.c", Root + "/x.c");
  EXPECT_EQ(listing(*build()), (Strings{"x.c: is a symlink to nothing"}));
}

TEST_F(WalkTest, APipeIsAProblemAndDoesNotBlock) {
  ASSERT_EQ(mkfifo((Root + "/pipe.c").c_str(), 0600), 0);
  EXPECT_EQ(listing(*build()), (Strings{"pipe.c: is no regular file"}));
}

TEST_F(WalkTest, WhatSaysHowToBuildAndCannotBeReadIsAProblem) {
  write("lib/real", "obj-y += a.o\n");
  fs::create_directories(Root + "/drv");
  fs::create_symlink("../lib/real", Root + "/drv/Makefile");
  EXPECT_EQ(listing(*build()), Strings());
  ASSERT_EQ(mkfifo((Root + "/drv/Kbuild").c_str(), 0600), 0);
  fs::create_symlink("/etc/passwd", Root + "/drv/Kconfig");
  fs::create_symlink("nowhere", Root + "/drv/Makefile.more");
  EXPECT_EQ(listing(*build()), (Strings{"drv/Kbuild: is no regular file", "drv/Kconfig: is a symlink out of the tree", "drv/Makefile.more: is a symlink to nothing"}));
}

TEST_F(WalkTest, AFileThatCannotBeReadIsAProblem) {
  if (geteuid() == 0)
    GTEST_SKIP() << "root may read everything";
  write("x.c", "int v;\n");
  ASSERT_EQ(chmod((Root + "/x.c").c_str(), 0), 0);
  EXPECT_EQ(listing(*build()), (Strings{"x.c: Permission denied"}));
}

} // namespace
