// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Opening trees, and the promise that no path leaves one.
#include "tool/tree/temp_tree.h"
#include <sys/stat.h>

namespace krcu {
namespace {

std::string whyNot(const std::string &Path) {
  llvm::Expected<Tree> T = Tree::open(Path);
  return T ? std::string("opened") : message(T.takeError());
}

TEST(Tree, VersionIsReadFromTheTopMakefile) {
  TempTree Files(FileMap{});
  Tree T = Files.open();
  EXPECT_EQ(T.version(), "6.12.3-rc1");
  EXPECT_EQ(T.versionCode(0), 6u);
  EXPECT_EQ(T.versionCode(1), 12u);
  EXPECT_EQ(T.versionCode(2), 3u);
}

TEST(Tree, RefusalsNameThePathAndTheReason) {
  TempTree Empty(FileMap{}, /*Bare=*/true);
  EXPECT_NE(whyNot(Empty.path()).find("no readable Makefile"), std::string::npos);
  EXPECT_NE(whyNot(Empty.path() + "/absent").find(Empty.path() + "/absent"), std::string::npos);
  Empty.write("file", "x");
  EXPECT_NE(whyNot(Empty.path() + "/file").find("not a directory"), std::string::npos);
  Empty.write("Makefile", "all:\n\techo hello\n");
  EXPECT_NE(whyNot(Empty.path()).find("does not set VERSION"), std::string::npos);
  Empty.write("Makefile", "VERSION = 6\nPATCHLEVEL = 1\n");
  EXPECT_NE(whyNot(Empty.path()).find("neither Kbuild nor Kconfig"), std::string::npos);
  Empty.write("Kconfig", "");
  EXPECT_NE(whyNot(Empty.path()).find("no include/linux"), std::string::npos);
}

TEST(Tree, AVersionThatIsNoNumberIsRefused) {
  TempTree Files(FileMap{{"Makefile", "VERSION = six\nPATCHLEVEL = 1\n"}});
  EXPECT_NE(whyNot(Files.path()).find("'six'"), std::string::npos);
}

TEST(Tree, ReadsInsideOnly) {
  TempTree Files(FileMap{{"mm/a.c", "int a;\n"}});
  Tree T = Files.open();
  EXPECT_EQ(T.read("mm/a.c"), "int a;\n");
  EXPECT_EQ(T.read("mm/../mm/./a.c"), "int a;\n");
  EXPECT_FALSE(T.read("mm"));
  EXPECT_FALSE(T.read("../etc/passwd"));
  EXPECT_FALSE(T.read("mm/../../etc/passwd"));
  EXPECT_FALSE(T.read("/etc/passwd"));
  EXPECT_FALSE(T.read(""));
}

TEST(Tree, ASymlinkOutOfTheTreeIsNotFollowed) {
  TempTree Files(FileMap{{"mm/a.c", "int a;\n"}});
  std::filesystem::create_symlink("/etc/passwd", Files.path() + "/mm/out.c");
  std::filesystem::create_symlink("/etc", Files.path() + "/mm/etc");
  std::filesystem::create_symlink("a.c", Files.path() + "/mm/in.c");
  std::filesystem::create_symlink("loop.c", Files.path() + "/mm/loop.c");
  Tree T = Files.open();
  EXPECT_FALSE(T.read("mm/out.c"));
  EXPECT_FALSE(T.has("mm/out.c"));
  EXPECT_FALSE(T.read("mm/etc/passwd"));
  EXPECT_FALSE(T.has("mm/etc"));
  EXPECT_FALSE(T.read("mm/loop.c"));
  EXPECT_EQ(T.read("mm/in.c"), "int a;\n");
}

TEST(Tree, WhatWasReadOnceIsRememberedUntilThereIsAnOverlay) {
  TempTree Files(FileMap{{"mm/a.c", "old"}});
  Tree T = Files.open();
  ReadLog Log;
  EXPECT_EQ(*T.readOnce("mm/a.c"), "old");
  EXPECT_EQ(*T.readOnce("mm/a.c"), "old");
  EXPECT_FALSE(*T.readOnce("mm/b.c"));
  EXPECT_EQ(Log.paths, (std::vector<std::string>{"mm/a.c", "mm/a.c", "mm/b.c"}));
  Tree Patched = T;
  Patched.overlay({{"mm/a.c", "new"}});
  EXPECT_EQ(*Patched.readOnce("mm/a.c"), "new");
  EXPECT_EQ(*T.readOnce("mm/a.c"), "old");
}

TEST(Tree, AFifoDoesNotHang) {
  TempTree Files(FileMap{});
  ASSERT_EQ(::mkfifo((Files.path() + "/pipe").c_str(), 0600), 0);
  EXPECT_FALSE(Files.open().read("pipe"));
}

TEST(Tree, RelativeAndAbsoluteAreInverse) {
  TempTree Files(FileMap{{"mm/a.c", ""}});
  Tree T = Files.open();
  EXPECT_EQ(T.relative(T.absolute("mm/a.c")), "mm/a.c");
  EXPECT_EQ(T.relative(T.root()), "");
  EXPECT_EQ(T.relative(T.root() + "/mm/../mm/a.c"), "mm/a.c");
  EXPECT_FALSE(T.relative(T.root() + "-other/a.c"));
  EXPECT_FALSE(T.relative(T.root() + "/../x"));
}

TEST(Tree, ArchitecturesAreSortedDirectories) {
  TempTree Files(FileMap{{"arch/arm/Makefile", ""}, {"arch/Kconfig", ""}});
  EXPECT_EQ(Files.open().architectures(), (std::vector<std::string>{"arm", "x86"}));
}

TEST(Tree, PartsOfTheVersionMayBeEmpty) {
  TempTree Empty(FileMap{{"Makefile", "VERSION = 5 \nPATCHLEVEL  =  17  # of many\nSUBLEVEL =\nEXTRAVERSION =  -lab \n"}});
  EXPECT_EQ(Empty.open().version(), "5.17-lab");
  EXPECT_EQ(Empty.open().versionCode(2), 0u);
  TempTree Word(FileMap{{"Makefile", "VERSION =\nPATCHLEVEL = 17\n"}});
  llvm::Expected<Tree> T = Tree::open(Word.path());
  ASSERT_FALSE(bool(T));
  EXPECT_NE(message(T.takeError()).find("sets VERSION to ''"), std::string::npos);
}

} // namespace
} // namespace krcu
