// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What can happen to a cache while it is written and while it lies there: runs that are killed, many at once, no room on the disk, a bit that
// turns. It may cost time and nothing else: the bytes of a run are those of a run without a cache, then and afterwards.
#include "tool/driver/run_binary.h"
#include "tool/store/store.h"
#include "gtest/gtest.h"
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

using namespace krcu;
namespace fs = std::filesystem;

namespace {

/// A tree with a few candidates, and a cache of its own.
class CacheFaults : public testing::Test {
protected:
  CacheFaults() : Tree("waits"), Cache(Tree.root() + ".cache"), File(Cache + "/" + Store::FileName) {
    Tree.lay("trap-null-guard");
    Tree.write("drv/two.c", Tree.read("drv/drv.c") + "int two;\n");
    Tree.write("drv/Makefile", "obj-y += drv.o two.o\n");
    Plain = runKrcu(Tree, {"scan", "-j1", "--no-cache", "--format", "json", Tree.root()});
    EXPECT_LT(Plain.status, 2) << Plain;
    EXPECT_NE(Plain.out.find("drv/two.c"), std::string::npos) << Plain;
  }
  ~CacheFaults() override {
    std::error_code Ignored;
    fs::remove_all(Cache, Ignored);
  }
  std::vector<std::string> words(const char *Jobs = "-j1") const { return {"scan", Jobs, "--cache", Cache, "--format", "json", Tree.root()}; }
  Ran cached(const std::function<bool()> &Before = nullptr, const char *Jobs = "-j1") const { return runKrcu(Tree, words(Jobs), Before); }

  /// As cached(), ended by SIGKILL as soon as `Now` says so, which is asked again and again.
  void killed(const std::function<bool()> &Now) const {
    pid_t Child = ::fork();
    if (Child == 0) {
      int Null = ::open("/dev/null", O_WRONLY);
      ::dup2(Null, 1), ::dup2(Null, 2);
      std::vector<std::string> Words = words();
      std::vector<char *> Argv{const_cast<char *>(KRCU_BINARY)};
      for (std::string &W : Words)
        Argv.push_back(W.data());
      Argv.push_back(nullptr);
      ::execv(KRCU_BINARY, Argv.data());
      ::_exit(126);
    }
    int Status = 0;
    while (::waitpid(Child, &Status, WNOHANG) == 0) {
      if (Now()) {
        ::kill(Child, SIGKILL);
        ::waitpid(Child, &Status, 0);
        return;
      }
      ::usleep(100);
    }
  }

  ScratchTree Tree;
  std::string Cache, File;
  Ran Plain;
};

TEST_F(CacheFaults, ARunThatIsKilledAtAnyTimeLeavesNoHarm) {
  using Clock = std::chrono::steady_clock;
  auto Begin = Clock::now();
  EXPECT_EQ(cached(), Plain);
  const auto Whole = Clock::now() - Begin;
  constexpr int Points = 10;
  for (int N = 0; N <= Points; ++N) {
    fs::remove_all(Cache);
    auto Start = Clock::now();
    killed([&] { return Clock::now() - Start >= Whole * N / Points; });
    EXPECT_EQ(cached(), Plain) << "killed after " << N << " parts of " << Points;
  }
}

TEST_F(CacheFaults, ARunThatIsKilledWhileItWritesLeavesNoHarm) {
  unsigned Hot = 0;
  for (int N = 0; N < 8; ++N) {
    fs::remove_all(Cache);
    using Clock = std::chrono::steady_clock;
    std::optional<Clock::time_point> Seen;
    killed([&] { // SQLite's journal is there for as long as it writes
      if (!Seen && fs::exists(File + "-journal"))
        Seen = Clock::now();
      return Seen && Clock::now() - *Seen >= std::chrono::microseconds(300 * N);
    });
    Hot += fs::exists(File + "-journal");
    EXPECT_EQ(cached(), Plain) << N;
    EXPECT_EQ(cached(), Plain) << N;
  }
  RecordProperty("journals_left", static_cast<int>(Hot));
}

TEST_F(CacheFaults, TenRunsAtOnce) {
  for (int Round = 0; Round < 2; ++Round) { // on no cache, and on the one that they have made
    std::vector<Ran> Runs(10);
    std::vector<std::thread> Threads;
    for (size_t N = 0; N < Runs.size(); ++N)
      Threads.emplace_back([&, N] { Runs[N] = cached(nullptr, N % 2 ? "-j1" : "-j2"); });
    for (std::thread &T : Threads)
      T.join();
    for (const Ran &R : Runs)
      EXPECT_EQ(R, Plain);
    Tree.write("drv/other.h", "/* a change, so that the second round has something to write */\n");
    Plain = runKrcu(Tree, {"scan", "-j1", "--no-cache", "--format", "json", Tree.root()});
  }
}

TEST_F(CacheFaults, ABitThatTurnsIsNoHarm) {
  cached();
  const std::string Whole = readText(File);
  ASSERT_GT(Whole.size(), 10000u);
  uint64_t Random = 88172645463325252u;
  for (int N = 0; N < 12; ++N) {
    std::string Bad = Whole;
    Random ^= Random << 13, Random ^= Random >> 7, Random ^= Random << 17;
    size_t At = N < 4 ? static_cast<size_t>(N) * 29 : Random % Bad.size(); // some in SQLite's own header
    Bad[At] = static_cast<char>(Bad[At] ^ (1 << (Random >> 60 & 7)));
    std::ofstream(File, std::ios::binary | std::ios::trunc) << Bad;
    EXPECT_EQ(cached(), Plain) << "byte " << At;
  }
  EXPECT_EQ(cached(), Plain);
}

TEST_F(CacheFaults, NoFileMayGrowFurther) {
  for (rlim_t Bytes : {rlim_t(0), rlim_t(4096), rlim_t(40000), rlim_t(150000), rlim_t(600000)}) {
    fs::remove_all(Cache);
    Ran R = runKrcu(Tree, words(), [=] {
      rlimit Limit{Bytes, Bytes};
      return ::signal(SIGXFSZ, SIG_IGN) != SIG_ERR && ::setrlimit(RLIMIT_FSIZE, &Limit) == 0;
    }, "/dev/null");
    EXPECT_LT(R.status, 2) << Bytes << R;
    EXPECT_EQ(cached(), Plain) << Bytes;
  }
}

TEST_F(CacheFaults, TheDiskIsFull) {
  for (const char *Size : {"size=16k", "size=64k", "size=200k", "size=1m"}) {
    fs::remove_all(Cache);
    fs::create_directories(Cache);
    fs::permissions(Cache, fs::perms::owner_all);
    Ran R = cached([=, this] { // a disk that only this run sees
      if (::unshare(::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return false;
      const std::string Options = std::string(Size) + ",mode=0700";
      return ::mount("tmpfs", Cache.c_str(), "tmpfs", 0, Options.c_str()) == 0;
    });
    if (R.status == 125)
      GTEST_SKIP() << "a small file system cannot be mounted here";
    EXPECT_EQ(R, Plain) << Size;
  }
}

} // namespace
