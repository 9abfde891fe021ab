// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Errors, files and parallel loops, with the ways in which each can go wrong.
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "tool/support/parallel.h"

#include "gtest/gtest.h"
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <pthread.h>
#include <set>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace krcu;
namespace fs = std::filesystem;

namespace {

/// A directory of its own for each test.
class Io : public testing::Test {
protected:
  void SetUp() override {
    std::string Template = (fs::temp_directory_path() / "krcu-support-XXXXXX").string();
    ASSERT_NE(mkdtemp(Template.data()), nullptr);
    Dir = Template;
  }
  void TearDown() override { fs::remove_all(Dir); }
  std::string path(const std::string &Name) const { return Dir + "/" + Name; }
  size_t entries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(Dir), fs::directory_iterator()));
  }
  std::string Dir;
};

TEST(Error, FailKeepsTheMessage) { EXPECT_EQ(message(fail("a % b")), "a % b"); }

TEST(Error, FailAtLeavesOutWhatIsZeroOrEmpty) {
  EXPECT_EQ(message(failAt("a.yaml", 3, 5, "unknown key 'heed'", "did you mean 'head'?")),
            "a.yaml:3:5: unknown key 'heed'; did you mean 'head'?");
  EXPECT_EQ(message(failAt("a.yaml", 3, 0, "bad", "")), "a.yaml:3: bad");
  EXPECT_EQ(message(failAt("a.yaml", 0, 7, "bad", "")), "a.yaml: bad");
}

TEST(Error, FailErrnoSaysWhatTheSystemSays) {
  EXPECT_EQ(message(failErrno("x", ENOENT, "create it")), "x: No such file or directory; create it");
}

TEST_F(Io, WritesAndReadsBack) {
  std::string Content("a\0b\xff\n", 5);
  ASSERT_EQ(message(writeFileAtomically(path("f"), Content)), "");
  auto Text = readFile(path("f"));
  ASSERT_TRUE(bool(Text));
  EXPECT_EQ(*Text, Content);
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Io, ReadingNamesTheMissingFile) {
  auto Text = readFile(path("none"));
  ASSERT_FALSE(bool(Text));
  EXPECT_EQ(message(Text.takeError()),
            path("none") + ": No such file or directory; check the path and its permissions");
}

TEST_F(Io, ReadingADirectoryIsAnError) {
  auto Text = readFile(Dir);
  ASSERT_FALSE(bool(Text));
  EXPECT_EQ(message(Text.takeError()), Dir + ": this is a directory; name a file");
}

TEST_F(Io, ReadingStopsAtTheLimit) {
  ASSERT_EQ(message(writeFileAtomically(path("f"), "12345")), "");
  EXPECT_TRUE(bool(readFile(path("f"), 5)));
  auto Text = readFile(path("f"), 4);
  ASSERT_FALSE(bool(Text));
  EXPECT_EQ(message(Text.takeError()), path("f") + ": this has more than 4 bytes; krcu reads no larger files");
}

TEST_F(Io, ReadingAnEndlessDeviceStopsAtTheLimit) {
  auto Text = readFile("/dev/zero", 100000);
  ASSERT_FALSE(bool(Text));
  EXPECT_NE(message(Text.takeError()).find("has more than 100000 bytes"), std::string::npos);
}

TEST_F(Io, ReplacingKeepsThePermissionBits) {
  ASSERT_EQ(message(writeFileAtomically(path("f"), "old")), "");
  ASSERT_EQ(chmod(path("f").c_str(), 0640), 0);
  ASSERT_EQ(message(writeFileAtomically(path("f"), "new")), "");
  struct stat Status;
  ASSERT_EQ(stat(path("f").c_str(), &Status), 0);
  EXPECT_EQ(Status.st_mode & 07777, 0640u);
  EXPECT_EQ(cantFail(readFile(path("f"))), "new");
}

TEST_F(Io, ASymlinkIsNotReplacedAndItsTargetLeftAlone) {
  ASSERT_EQ(message(writeFileAtomically(path("target"), "old")), "");
  fs::create_symlink(path("target"), path("link"));
  EXPECT_NE(message(writeFileAtomically(path("link"), "new")).find("is a symbolic link"), std::string::npos);
  EXPECT_EQ(cantFail(readFile(path("target"))), "old");
  EXPECT_TRUE(fs::is_symlink(path("link")));
}

TEST_F(Io, WritingIntoAMissingDirectoryLeavesNothing) {
  std::string Message = message(writeFileAtomically(path("no/f"), "x"));
  EXPECT_EQ(Message,
            path("no/f") + ": No such file or directory; check that the directory exists and can be written");
  EXPECT_EQ(entries(), 0u);
}

TEST_F(Io, AFailedWriteLeavesTheOldFileAndNoTemporary) {
  ASSERT_EQ(message(writeFileAtomically(path("f"), "old")), "");
  // A limit on the file size stands in for a full disk.
  rlimit Old;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &Old), 0);
  auto OldHandler = signal(SIGXFSZ, SIG_IGN);
  rlimit Small = Old;
  Small.rlim_cur = 10;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &Small), 0);
  std::string Message = message(writeFileAtomically(path("f"), std::string(1000, 'x')));
  setrlimit(RLIMIT_FSIZE, &Old);
  signal(SIGXFSZ, OldHandler);
  EXPECT_NE(Message.find("File too large"), std::string::npos) << Message;
  EXPECT_EQ(cantFail(readFile(path("f"))), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Io, ADeviceIsWrittenToAndNotReplaced) {
  ASSERT_EQ(message(writeFileAtomically("/dev/null", "x")), "");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

/// Runs `Body` with standard output redirected to `Fd`.
template <typename Function> void withStdout(int Fd, Function Body) {
  fflush(stdout);
  int Saved = dup(STDOUT_FILENO);
  dup2(Fd, STDOUT_FILENO);
  Body();
  dup2(Saved, STDOUT_FILENO);
  close(Saved);
}

TEST(Stdout, AClosedPipeIsAnErrorAndNotDeath) {
  int Ends[2];
  ASSERT_EQ(pipe(Ends), 0);
  close(Ends[0]);
  std::string Message;
  withStdout(Ends[1], [&] { Message = message(writeStdout("text")); });
  close(Ends[1]);
  EXPECT_EQ(Message, "standard output: Broken pipe; the report is incomplete");
}

TEST(Stdout, AFullDeviceIsAnError) {
  int Full = open("/dev/full", O_WRONLY);
  if (Full < 0)
    GTEST_SKIP() << "no /dev/full here";
  std::string Message;
  withStdout(Full, [&] { Message = message(writeStdout("text")); });
  close(Full);
  EXPECT_EQ(Message, "standard output: No space left on device; the report is incomplete");
}

TEST_F(Io, NamingStandardOutputWritesToIt) {
  int Fd = open(path("out").c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_GE(Fd, 0);
  std::string Message;
  withStdout(Fd, [&] { Message = message(writeFileAtomically("/dev/stdout", "text")); });
  close(Fd);
  EXPECT_EQ(Message, "");
  EXPECT_EQ(cantFail(readFile(path("out"))), "text");
}

TEST(Parallel, EveryIndexOnceAndWorkersInRange) {
  for (unsigned Jobs : {0u, 1u, 2u, 7u}) {
    std::vector<std::atomic<int>> Seen(1000);
    std::atomic<bool> InRange{true};
    parallelFor(Jobs, Seen.size(), [&](size_t I, unsigned Worker) {
      ++Seen[I];
      if (Worker >= std::max(Jobs, 1u))
        InRange = false;
    });
    for (auto &Count : Seen)
      EXPECT_EQ(Count, 1);
    EXPECT_TRUE(InRange);
  }
}

TEST(Parallel, NothingToDo) {
  parallelFor(4, 0, [](size_t, unsigned) { FAIL(); });
}

TEST(Parallel, OneWorkerGetsTheIndicesInOrder) {
  std::vector<size_t> Order;
  parallelFor(1, 50, [&](size_t I, unsigned) { Order.push_back(I); });
  ASSERT_EQ(Order.size(), 50u);
  for (size_t I = 0; I < Order.size(); ++I)
    EXPECT_EQ(Order[I], I);
}

TEST(Parallel, StacksAreLarge) {
  size_t Size = 0;
  parallelFor(1, 1, [&](size_t, unsigned) {
    pthread_attr_t Attributes;
    pthread_getattr_np(pthread_self(), &Attributes);
    pthread_attr_getstacksize(&Attributes, &Size);
    pthread_attr_destroy(&Attributes);
  });
  EXPECT_GE(Size, size_t(16) << 20);
}

TEST(Parallel, NestedLoopsWork) {
  std::atomic<int> Sum{0};
  parallelFor(2, 4, [&](size_t, unsigned) { parallelFor(2, 4, [&](size_t, unsigned) { ++Sum; }); });
  EXPECT_EQ(Sum, 16);
}

TEST(Parallel, ThereIsAlwaysAJob) { EXPECT_GE(defaultJobs(), 1u); }

} // namespace
