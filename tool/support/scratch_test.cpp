// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What stays of temporary directories, and what does not.
#include "tool/support/scratch.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

namespace krcu {
namespace {

namespace fs = std::filesystem;

/// A process of its own for each case: the sweep is once a process, and signals end one.
class Scratch : public testing::Test {
protected:
  Scratch() {
    std::string Name = (fs::temp_directory_path() / "krcu-scratch-test-XXXXXX").string();
    Root = ::mkdtemp(Name.data());
  }
  ~Scratch() override { fs::remove_all(Root); }

  /// Runs `Body` in a child whose temporary files go here; how it ended, as of waitpid().
  template <typename F> int inChild(F Body) {
    pid_t Child = ::fork();
    if (Child == 0) {
      ::setenv("TMPDIR", Root.c_str(), 1);
      Body();
      ::_exit(0);
    }
    int Status = 0;
    ::waitpid(Child, &Status, 0);
    return Status;
  }
  fs::path directory(const std::string &Name, bool Lock) {
    fs::create_directories(Root / Name / "deep" / "er");
    std::ofstream(Root / Name / "deep" / "er" / "file") << "x";
    if (Lock)
      std::ofstream(Root / Name / ".lock") << "";
    return Root / Name;
  }
  size_t left() const { return static_cast<size_t>(std::distance(fs::directory_iterator(Root), fs::directory_iterator())); }
  fs::path Root;
};

TEST_F(Scratch, ARemovedOneIsGone) {
  EXPECT_EQ(inChild([] {
    auto D = makeScratchDirectory();
    if (!D || !fs::is_directory(*D) || (fs::status(*D).permissions() & fs::perms(077)) != fs::perms::none)
      ::_exit(1);
    std::ofstream(*D + "/file") << "x";
    removeScratchDirectory(*D);
  }), 0);
  EXPECT_EQ(left(), 0u);
}

TEST_F(Scratch, SignalsRemoveThemAndEndTheProcess) {
  for (int Number : {SIGINT, SIGTERM, SIGHUP}) {
    int Status = inChild([Number] {
      removeScratchOnSignals();
      for (int N = 0; N < 3; ++N) {
        auto D = makeScratchDirectory();
        if (!D)
          ::_exit(1);
        fs::create_directories(*D + "/a/b");
        std::ofstream(*D + "/a/b/file") << "x";
      }
      ::kill(::getpid(), Number);
      for (;;)
        ::pause();
    });
    EXPECT_TRUE(WIFSIGNALED(Status) && WTERMSIG(Status) == Number) << Status;
    EXPECT_EQ(left(), 0u) << Number;
  }
}

TEST_F(Scratch, WhoStartsUsWithASignalIgnoredIsObeyed) {
  EXPECT_EQ(inChild([] {
    ::signal(SIGHUP, SIG_IGN);
    removeScratchOnSignals();
    ::kill(::getpid(), SIGHUP);
  }), 0);
}

TEST_F(Scratch, WhatAKilledRunLeftIsRemovedByTheNext) {
  int Status = inChild([] {
    auto D = makeScratchDirectory();
    if (!D)
      ::_exit(1);
    std::ofstream(*D + "/file") << "x";
    ::kill(::getpid(), SIGKILL);
  });
  ASSERT_TRUE(WIFSIGNALED(Status));
  ASSERT_EQ(left(), 1u);
  EXPECT_EQ(inChild([] {
    auto D = makeScratchDirectory();
    if (!D)
      ::_exit(1);
    removeScratchDirectory(*D);
  }), 0);
  EXPECT_EQ(left(), 0u);
}

TEST_F(Scratch, NothingElseIsTouched) {
  fs::path Alive = directory("krcu-run-alive1", true), NoLock = directory("krcu-run-nolock", false), Other = directory("other", true), Target = directory("target", true);
  fs::create_directory_symlink(Target, Root / "krcu-run-linked");
  fs::path Dead = directory("krcu-run-dead01", true);
  fs::create_directory_symlink(Target, Dead / "out");
  std::ofstream(Root / "krcu-run-file") << "x";
  int Fd = ::open((Alive / ".lock").c_str(), O_RDWR);
  ASSERT_EQ(::flock(Fd, LOCK_EX), 0);
  EXPECT_EQ(inChild([] {
    auto D = makeScratchDirectory();
    if (!D)
      ::_exit(1);
    removeScratchDirectory(*D);
  }), 0);
  ::close(Fd);
  for (const fs::path &P : {Alive, NoLock, Other, Target})
    EXPECT_TRUE(fs::exists(P / "deep" / "er" / "file")) << P;
  EXPECT_TRUE(fs::is_symlink(Root / "krcu-run-linked"));
  EXPECT_TRUE(fs::exists(Root / "krcu-run-file"));
  EXPECT_FALSE(fs::exists(Dead));
}

TEST_F(Scratch, APlaceThatCannotBeWrittenIsAnError) {
  EXPECT_EQ(inChild([this] {
    ::setenv("TMPDIR", (Root / "nowhere").c_str(), 1);
    auto D = makeScratchDirectory();
    if (D)
      ::_exit(1);
    std::string Text = llvm::toString(D.takeError());
    ::_exit(Text.find("TMPDIR") == std::string::npos ? 2 : 0);
  }), 0);
}

} // namespace
} // namespace krcu
