// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whatever goes wrong, the tree is as it was: no file half written, no temporary file left.
#include "tool/rewrite/inplace.h"

#include "tool/support/error.h"
#include "tool/support/io.h"
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace krcu {
namespace {

namespace fs = std::filesystem;
using Changes = std::map<std::string, std::pair<std::string, std::string>>;

class InPlace : public testing::Test {
protected:
  void SetUp() override {
    std::string Pattern = testing::TempDir() + "/krcu-inplace-XXXXXX";
    ASSERT_NE(mkdtemp(Pattern.data()), nullptr);
    Root = Pattern;
    ASSERT_EQ(::chmod(Root.c_str(), 0755), 0);
    write("a.c", "old a\n");
    write("sub/b.c", "old b\n");
  }
  void TearDown() override { fs::remove_all(Root); }

  void write(const std::string &Path, const std::string &Text) {
    fs::create_directories((Root / Path).parent_path());
    ASSERT_EQ(message(writeFileAtomically((Root / Path).string(), Text)), "");
  }
  std::string read(const std::string &Path) {
    llvm::Expected<std::string> Text = readFile((Root / Path).string());
    return Text ? *Text : message(Text.takeError());
  }
  std::string apply(const Changes &C) { return message(applyInPlace(Root.string(), C)); }

  /// All regular files below the root, so that a forgotten temporary file shows.
  std::vector<std::string> files() {
    std::vector<std::string> Names;
    for (const auto &Entry : fs::recursive_directory_iterator(Root))
      if (Entry.is_regular_file())
        Names.push_back(fs::relative(Entry.path(), Root).string());
    std::sort(Names.begin(), Names.end());
    return Names;
  }
  void expectUntouched() {
    EXPECT_EQ(read("a.c"), "old a\n");
    EXPECT_EQ(read("sub/b.c"), "old b\n");
    EXPECT_EQ(files(), (std::vector<std::string>{"a.c", "sub/b.c"}));
  }

  fs::path Root;
};

const std::pair<std::string, std::string> ChangeA{"old a\n", "new a\n"};
const std::pair<std::string, std::string> ChangeB{"old b\n", "new b\n"};

/// Runs as an ordinary user while it lives, since root may write everywhere.
class AsNobody {
public:
  AsNobody() : WasRoot(::geteuid() == 0) { Ready = !WasRoot || ::seteuid(65534) == 0; }
  ~AsNobody() {
    if (WasRoot && ::seteuid(0) != 0)
      std::abort();
  }
  bool ready() const { return Ready; }

private:
  bool WasRoot;
  bool Ready = false;
};

TEST_F(InPlace, ReplacesFilesAndKeepsTheirMode) {
  ASSERT_EQ(::chmod((Root / "a.c").c_str(), 0640), 0);
  EXPECT_EQ(apply({{"a.c", ChangeA}, {"sub/b.c", ChangeB}}), "");
  EXPECT_EQ(read("a.c"), "new a\n");
  EXPECT_EQ(read("sub/b.c"), "new b\n");
  struct stat S;
  ASSERT_EQ(::stat((Root / "a.c").c_str(), &S), 0);
  EXPECT_EQ(S.st_mode & 07777, 0640u);
  EXPECT_EQ(files().size(), 2u);
}

TEST_F(InPlace, TheOwnerStaysAndSetUserIdGoes) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "only root can give a file away";
  ASSERT_EQ(::chown((Root / "a.c").c_str(), 65534, 65533), 0);
  ASSERT_EQ(::chmod((Root / "a.c").c_str(), 06755), 0);
  EXPECT_EQ(apply({{"a.c", {"old a\n", "new a\n"}}}), "");
  struct stat Status;
  ASSERT_EQ(::stat((Root / "a.c").c_str(), &Status), 0);
  EXPECT_EQ(Status.st_uid, 65534u);
  EXPECT_EQ(Status.st_gid, 65533u);
  EXPECT_EQ(Status.st_mode & 07777, 0755u);
}

TEST_F(InPlace, AnotherLinkKeepsTheOldText) {
  fs::create_hard_link(Root / "a.c", Root / "sub/other.c");
  EXPECT_EQ(apply({{"a.c", {"old a\n", "new a\n"}}}), "");
  EXPECT_EQ(read("a.c"), "new a\n");
  EXPECT_EQ(read("sub/other.c"), "old a\n");
}

TEST_F(InPlace, AnUnchangedFileIsNotWritten) {
  struct stat Before, After;
  ASSERT_EQ(::stat((Root / "a.c").c_str(), &Before), 0);
  EXPECT_EQ(apply({{"a.c", {"old a\n", "old a\n"}}}), "");
  ASSERT_EQ(::stat((Root / "a.c").c_str(), &After), 0);
  EXPECT_EQ(Before.st_ino, After.st_ino);
}

TEST_F(InPlace, AFileThatChangedStopsEverything) {
  EXPECT_EQ(
      apply({{"a.c", ChangeA}, {"sub/b.c", {"older b\n", "new b\n"}}}),
      "sub/b.c: the file changed since it was scanned; nothing in the tree was changed; scan the tree again");
  expectUntouched();
}

TEST_F(InPlace, AFileThatGrewOrShrankIsAChangedFile) {
  EXPECT_NE(apply({{"a.c", {"old a\nmore\n", "x"}}}).find("changed since"), std::string::npos);
  EXPECT_NE(apply({{"a.c", {"old", "x"}}}).find("changed since"), std::string::npos);
  EXPECT_NE(apply({{"a.c", {"", "x"}}}).find("changed since"), std::string::npos);
  expectUntouched();
}

TEST_F(InPlace, APathThatLeavesTheTreeIsRefused) {
  for (const char *Path :
       {"../x.c", "sub/../../x.c", "sub/..", "/etc/passwd", "", ".", "./a.c", "sub//b.c", "sub/"})
    EXPECT_EQ(
        apply({{"a.c", ChangeA}, {Path, ChangeB}}).find(std::string(Path) + ": the path leaves the tree"), 0u)
        << Path;
  expectUntouched();
}

TEST_F(InPlace, ASymbolicLinkIsNotFollowed) {
  fs::create_directory_symlink("sub", Root / "link");
  EXPECT_NE(apply({{"link/b.c", ChangeB}}).find("a part of the path is a symbolic link"), std::string::npos);
  fs::remove(Root / "link");
  fs::create_symlink("a.c", Root / "link.c");
  EXPECT_NE(apply({{"link.c", ChangeA}}).find("symbolic link"), std::string::npos);
  fs::remove(Root / "link.c");
  expectUntouched();
}

TEST_F(InPlace, AMissingFileIsOneClearError) {
  EXPECT_EQ(apply({{"a.c", ChangeA}, {"zz.c", ChangeB}}),
            "zz.c: No such file or directory; nothing in the tree was changed; check the permissions");
  expectUntouched();
}

TEST_F(InPlace, ADirectoryOrPipeIsNoFile) {
  EXPECT_NE(apply({{"sub", ChangeB}}).find("is not a regular file"), std::string::npos);
  ASSERT_EQ(::mkfifo((Root / "pipe").c_str(), 0600), 0);
  EXPECT_NE(apply({{"pipe", ChangeB}}).find("is not a regular file"), std::string::npos);
  fs::remove(Root / "pipe");
  expectUntouched();
}

TEST_F(InPlace, AReadOnlyDirectoryChangesNothing) {
  // The first file could be written, the second could not: neither is.
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(Root.c_str(), 65534, 65534), 0);
    for (const char *File : {"a.c", "sub/b.c"})
      ASSERT_EQ(::chown((Root / File).c_str(), 65534, ::getegid()), 0);
    ASSERT_EQ(::chmod((Root / "sub").c_str(), 0555), 0);
  }
  ASSERT_EQ(::chmod((Root / "sub").c_str(), 0555), 0);
  std::string Error;
  {
    AsNobody User;
    if (!User.ready())
      GTEST_SKIP() << "cannot become an ordinary user";
    Error = apply({{"a.c", ChangeA}, {"sub/b.c", ChangeB}});
  }
  ASSERT_EQ(::chmod((Root / "sub").c_str(), 0755), 0);
  EXPECT_EQ(Error, "sub/b.c: Permission denied; nothing in the tree was changed; check the permissions");
  expectUntouched();
}

TEST_F(InPlace, AFullDiskChangesNothing) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "mounting a small file system needs root";
  fs::path Small = Root / "small";
  fs::create_directory(Small);
  if (::mount("tmpfs", Small.c_str(), "tmpfs", 0, "size=64k") != 0) {
    fs::remove(Small);
    GTEST_SKIP() << "cannot mount a tmpfs here";
  }
  write("small/a.c", "old\n");
  std::string Error = apply({{"a.c", ChangeA}, {"small/a.c", {"old\n", std::string(1 << 20, 'x')}}});
  std::string Kept = read("small/a.c");
  size_t Entries = std::distance(fs::directory_iterator(Small), fs::directory_iterator());
  ASSERT_EQ(::umount(Small.c_str()), 0);
  fs::remove(Small);
  EXPECT_EQ(Error, "small/a.c: No space left on device; nothing in the tree was changed; free some space");
  EXPECT_EQ(Kept, "old\n");
  EXPECT_EQ(Entries, 1u);
  expectUntouched();
}

TEST_F(InPlace, AFailedRenameNamesWhatIsAlreadyReplaced) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "a file that can be read but not renamed over needs a mount, and that root";
  std::string B = (Root / "sub/b.c").string();
  if (::mount(B.c_str(), B.c_str(), nullptr, MS_BIND, nullptr) != 0)
    GTEST_SKIP() << "cannot bind mount here";
  std::string Error = apply({{"a.c", ChangeA}, {"sub/b.c", ChangeB}});
  ASSERT_EQ(::umount(B.c_str()), 0);
  EXPECT_EQ(Error, "sub/b.c: Device or resource busy; already replaced, and whole: a.c");
  EXPECT_EQ(read("a.c"), "new a\n");
  EXPECT_EQ(read("sub/b.c"), "old b\n");
  EXPECT_EQ(files().size(), 2u);
}

} // namespace
} // namespace krcu
