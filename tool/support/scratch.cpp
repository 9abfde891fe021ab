// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A signal handler may do next to nothing, so ours writes a byte into a pipe, and a thread that reads it tidies up. Signals are not blocked:
// programs that we start would inherit that.
#include "tool/support/scratch.h"
#include "tool/support/error.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace fs = llvm::sys::fs;

namespace krcu {
namespace {

constexpr llvm::StringLiteral Prefix = "krcu-run-", LockName = ".lock";

/// What is there now, with the descriptor that holds the lock. Never destroyed: the thread of signals may outlive main().
struct Registry {
  std::mutex lock;
  std::map<std::string, int> directories;
  bool swept = false;
};

Registry &registry() {
  static Registry *R = new Registry;
  return *R;
}

/// Creates the lock file and holds it. It gets its name only when it is locked, so nobody sees it free.
int lockDirectory(const std::string &Directory) {
  const std::string New = Directory + "/.lock-new", Final = Directory + "/" + LockName.str();
  int Fd = ::open(New.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (Fd >= 0 && (::flock(Fd, LOCK_EX | LOCK_NB) != 0 || ::rename(New.c_str(), Final.c_str()) != 0)) {
    int Why = errno;
    ::close(Fd);
    errno = Why;
    return -1;
  }
  return Fd;
}

/// Removes the directory if it is ours, and the process that made it is gone.
void removeIfAbandoned(const std::string &Directory) {
  struct stat Info {};
  if (::lstat(Directory.c_str(), &Info) != 0 || !S_ISDIR(Info.st_mode) || Info.st_uid != ::geteuid())
    return;
  int Fd = ::open((Directory + "/" + LockName.str()).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (Fd < 0)
    return;
  if (::flock(Fd, LOCK_EX | LOCK_NB) == 0)
    fs::remove_directories(Directory);
  ::close(Fd);
}

void sweep(llvm::StringRef Where) {
  std::error_code EC;
  for (fs::directory_iterator It(Where, EC, /*follow_symlinks=*/false), End; It != End && !EC; It.increment(EC))
    if (llvm::sys::path::filename(It->path()).starts_with(Prefix))
      removeIfAbandoned(It->path());
}

int Pipe[2] = {-1, -1};

void onSignal(int Number) {
  int Before = errno;
  const char Byte = static_cast<char>(Number);
  [[maybe_unused]] ssize_t Written = ::write(Pipe[1], &Byte, 1); // a full pipe is full of the same
  errno = Before;
}

void awaitSignal() {
  char Byte = 0;
  while (::read(Pipe[0], &Byte, 1) != 1)
    if (errno != EINTR)
      return;
  Registry &R = registry();
  // Kept locked, so that nobody makes another. Who still writes into one may need a second go.
  R.lock.lock();
  for (int Round = 0; Round < 5; ++Round)
    for (const auto &[Directory, Fd] : R.directories)
      if (fs::exists(Directory))
        fs::remove_directories(Directory);
  ::signal(Byte, SIG_DFL);
  ::kill(::getpid(), Byte);
  // The first process of a container is not killed by what it does not handle.
  ::_exit(128 + Byte);
}

} // namespace

llvm::Expected<std::string> makeScratchDirectory() {
  Registry &R = registry();
  std::lock_guard<std::mutex> Guard(R.lock);
  llvm::SmallString<128> Where;
  llvm::sys::path::system_temp_directory(/*ErasedOnReboot=*/true, Where);
  if (!std::exchange(R.swept, true))
    sweep(Where);
  llvm::sys::path::append(Where, (Prefix + "XXXXXX").str());
  std::string Directory = Where.str().str();
  int Fd = -1;
  if (!::mkdtemp(Directory.data()))
    return failErrno(Where.str().str(), errno, "set TMPDIR to a directory that can be written");
  if (Fd = lockDirectory(Directory); Fd < 0) {
    int Why = errno;
    fs::remove_directories(Directory);
    return failErrno(Directory, Why, "set TMPDIR to a directory that can be written");
  }
  R.directories.emplace(Directory, Fd);
  return Directory;
}

void removeScratchDirectory(const std::string &Path) {
  if (Path.empty())
    return;
  Registry &R = registry();
  std::lock_guard<std::mutex> Guard(R.lock);
  fs::remove_directories(Path);
  if (auto It = R.directories.find(Path); It != R.directories.end()) {
    ::close(It->second);
    R.directories.erase(It);
  }
}

void removeScratchOnSignals() {
  if (::pipe2(Pipe, O_CLOEXEC) != 0)
    return; // then they stay until the next run
  ::fcntl(Pipe[1], F_SETFL, O_NONBLOCK);
  std::thread(awaitSignal).detach();
  for (int Number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction Action {};
    // Who starts us with a signal ignored (nohup) wants it ignored.
    if (::sigaction(Number, nullptr, &Action) != 0 || Action.sa_handler == SIG_IGN)
      continue;
    Action = {};
    Action.sa_handler = onSignal;
    Action.sa_flags = SA_RESTART;
    sigemptyset(&Action.sa_mask);
    ::sigaction(Number, &Action, nullptr);
  }
}

} // namespace krcu
