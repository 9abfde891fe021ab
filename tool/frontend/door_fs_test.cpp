// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/frontend/door_fs.h"
#include "tool/tree/temp_tree.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace krcu;
namespace fs = std::filesystem;

namespace {

class DoorTest : public testing::Test {
protected:
  TempTree In{{{"a.h", "inside"}, {"sub/b.h", "below"}}, /*Bare=*/true}, Out{{{"secret", "outside"}}, /*Bare=*/true};
  Door D;
  llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> Fs;

  void SetUp() override {
    D.allow(In.path());
    Fs = behindDoor(D);
  }
  /// The text, or "-" if there is nothing of that name.
  std::string read(const std::string &Path) {
    auto Text = Fs->getBufferForFile(Path);
    EXPECT_EQ(bool(Text), Fs->status(Path) && Fs->status(Path)->isRegularFile()) << Path;
    return Text ? (*Text)->getBuffer().str() : "-";
  }
};

TEST_F(DoorTest, ShowsWhatLiesBelow) {
  EXPECT_EQ(read(In.path() + "/a.h"), "inside");
  EXPECT_EQ(read(In.path() + "/sub/../a.h"), "inside");
  EXPECT_EQ(read(In.path() + "/./sub//b.h"), "below");
  EXPECT_TRUE(Fs->status(In.path() + "/sub")->isDirectory());
}

TEST_F(DoorTest, ShowsNothingElse) {
  const std::string Name = fs::path(Out.path()).filename().string();
  for (const std::string &Path : {Out.path() + "/secret", In.path() + "/../" + Name + "/secret", In.path() + "x/secret", std::string("/etc/passwd"), std::string("/dev/zero"), std::string("/"),
                                  In.path() + "/a.h" + std::string(1, '\0') + "x"})
    EXPECT_EQ(read(Path), "-") << Path;
  EXPECT_FALSE(Fs->exists(Out.path()));
}

TEST_F(DoorTest, FollowsLinksThatStayInside) {
  fs::create_symlink("a.h", In.path() + "/near.h");
  fs::create_symlink(Out.path() + "/secret", In.path() + "/far.h");
  fs::create_directory_symlink(Out.path(), In.path() + "/fardir");
  fs::create_directory_symlink("sub", In.path() + "/neardir");
  fs::create_symlink("loop.h", In.path() + "/loop.h");
  EXPECT_EQ(read(In.path() + "/near.h"), "inside");
  EXPECT_EQ(read(In.path() + "/neardir/b.h"), "below");
  EXPECT_EQ(read(In.path() + "/neardir/../a.h"), "inside");
  EXPECT_EQ(read(In.path() + "/far.h"), "-");
  EXPECT_EQ(read(In.path() + "/fardir/secret"), "-");
  EXPECT_EQ(read(In.path() + "/fardir/../" + fs::path(Out.path()).filename().string() + "/secret"), "-");
  EXPECT_EQ(read(In.path() + "/loop.h"), "-");
}

TEST_F(DoorTest, PipesAndLargeFilesAreNotThere) {
  ASSERT_EQ(::mkfifo((In.path() + "/pipe").c_str(), 0600), 0);
  fs::create_symlink("pipe", In.path() + "/pipelink");
  fs::create_symlink("/dev/zero", In.path() + "/zero");
  EXPECT_EQ(read(In.path() + "/pipe"), "-");
  EXPECT_EQ(read(In.path() + "/pipelink"), "-");
  EXPECT_EQ(read(In.path() + "/zero"), "-");
  ASSERT_EQ(::truncate((In.path() + "/a.h").c_str(), static_cast<off_t>(Door::MaxBytes) + 1), 0);
  EXPECT_EQ(read(In.path() + "/a.h"), "-");
}

TEST_F(DoorTest, ARepositorysOwnFilesAreNotThere) {
  In.write(".git/config", "password");
  In.write("sub/.git", "gitdir: elsewhere");
  fs::create_symlink(".git/config", In.path() + "/config.h");
  EXPECT_EQ(read(In.path() + "/.git/config"), "-");
  EXPECT_EQ(read(In.path() + "/sub/.git"), "-");
  EXPECT_EQ(read(In.path() + "/config.h"), "-");
}

TEST_F(DoorTest, TheRootDirectoryCannotBeAllowed) {
  D.allow("/");
  D.allow("//");
  D.allow("relative");
  EXPECT_EQ(read("/etc/passwd"), "-");
}

TEST_F(DoorTest, ANameThroughALinkToAnAllowedDirectoryWorks) {
  const std::string Link = Out.path() + "/to-tree";
  fs::create_directory_symlink(In.path(), Link);
  EXPECT_EQ(read(Link + "/a.h"), "-");
  D.allow(Link);
  EXPECT_EQ(read(Link + "/a.h"), "inside");
}

} // namespace
