// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plain POSIX reads and writes. Every return value is looked at: the last chance to notice a full disk is
// the fsync() or the close() before the rename, and a closed pipe shows only in write().
#include "tool/support/io.h"

#include "tool/support/error.h"
#include "tool/support/sink.h"
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace krcu {
namespace {

/// A file descriptor that closes itself on early returns; close() must be called where its result counts.
class Descriptor {
public:
  explicit Descriptor(int Fd) : Fd(Fd) {}
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  ~Descriptor() {
    if (Fd >= 0)
      ::close(Fd);
  }
  int get() const { return Fd; }
  bool ok() const { return Fd >= 0; }
  int close() {
    int Result = ::close(Fd);
    Fd = -1;
    return Result;
  }

private:
  int Fd;
};

/// Removes the temporary file unless it has been renamed to its final place.
class TemporaryName {
public:
  explicit TemporaryName(std::string Path) : Path(std::move(Path)) {}
  TemporaryName(const TemporaryName &) = delete;
  TemporaryName &operator=(const TemporaryName &) = delete;
  ~TemporaryName() {
    if (!Path.empty())
      ::unlink(Path.c_str());
  }
  void keep() { Path.clear(); }

private:
  std::string Path;
};

/// Writes all bytes; returns 0 or errno.
int writeAll(int Fd, llvm::StringRef Content) {
  while (!Content.empty()) {
    ssize_t N = ::write(Fd, Content.data(), Content.size());
    if (N < 0) {
      if (errno == EINTR)
        continue;
      return errno;
    }
    Content = Content.drop_front(static_cast<size_t>(N));
  }
  return 0;
}

/// write() into a pipe nobody reads raises SIGPIPE, which kills the process before it can say why. Holds
/// the signal back for this thread and swallows the one we caused.
class PipeSignalGuard {
public:
  PipeSignalGuard() {
    sigemptyset(&Pipe);
    sigaddset(&Pipe, SIGPIPE);
    sigset_t Pending;
    sigemptyset(&Pending);
    sigpending(&Pending);
    WasPending = sigismember(&Pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &Pipe, &Old);
  }
  ~PipeSignalGuard() {
    if (!WasPending) {
      timespec Now = {0, 0};
      while (sigtimedwait(&Pipe, nullptr, &Now) < 0 && errno == EINTR) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &Old, nullptr);
  }

private:
  sigset_t Pipe, Old;
  bool WasPending = false;
};

std::string directoryOf(const std::string &Path) {
  size_t Slash = Path.rfind('/');
  if (Slash == std::string::npos)
    return ".";
  return Slash == 0 ? "/" : Path.substr(0, Slash);
}

mode_t currentUmask() {
  // There is no call that only reads the mask; krcu's threads create no files outside this one function
  // while a report is written, and the value is read once.
  static const mode_t Mask = [] {
    mode_t M = ::umask(022);
    ::umask(M);
    return M;
  }();
  return Mask;
}

/// Creates a file beside `Path` under a name nobody uses. O_EXCL, so a planted symlink is never followed.
int createBeside(const std::string &Path, std::string &Name) {
  static std::atomic<unsigned> Counter{0};
  for (unsigned Try = 0; Try < 100; ++Try) {
    Name = Path + ".krcu-" + std::to_string(::getpid()) + "-" + std::to_string(Counter++);
    int Fd = ::open(Name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (Fd >= 0 || errno != EEXIST)
      return Fd;
  }
  return -1;
}

/// Devices and pipes cannot be replaced; what is written to them goes straight in.
llvm::Error writeThrough(const std::string &Path, llvm::StringRef Content) {
  Descriptor Out(::open(Path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!Out.ok())
    return failErrno(Path, errno, "name a file that can be written");
  PipeSignalGuard Guard;
  if (int E = writeAll(Out.get(), Content))
    return failErrno(Path, E, "");
  return llvm::Error::success();
}

bool isStandardOutput(const struct stat &Existing) {
  struct stat Out;
  return ::fstat(STDOUT_FILENO, &Out) == 0 && Out.st_dev == Existing.st_dev && Out.st_ino == Existing.st_ino;
}

/// The rename is only durable once the directory is on disk. Some file systems cannot do that: not an error.
void syncDirectory(const std::string &Directory) {
  Descriptor Dir(::open(Directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (Dir.ok())
    ::fsync(Dir.get());
}

llvm::Expected<std::string> readWhole(const std::string &Path, uint64_t MaxBytes, int Flags) {
  Descriptor In(::open(Path.c_str(), O_RDONLY | O_CLOEXEC | Flags));
  struct stat Status;
  if (!In.ok() && errno == ELOOP)
    return failAt(Path, 0, 0, "this is a link", "put the file itself there, or name it");
  if (In.ok() && (Flags & O_NONBLOCK) && ::fstat(In.get(), &Status) == 0 && !S_ISREG(Status.st_mode) && !S_ISDIR(Status.st_mode))
    return failAt(Path, 0, 0, "this is no regular file", "put a file there");
  if (!In.ok() || ::fstat(In.get(), &Status) != 0)
    return failErrno(Path, errno, "check the path and its permissions");
  if (S_ISDIR(Status.st_mode))
    return failAt(Path, 0, 0, "this is a directory", "name a file");

  auto TooLarge = [&] {
    return failAt(Path, 0, 0, "this has more than " + std::to_string(MaxBytes) + " bytes",
                  "krcu reads no larger files");
  };
  // The size is only a hint (a pipe has none, a file may grow), so the limit is checked again while reading.
  uint64_t Hint = S_ISREG(Status.st_mode) ? static_cast<uint64_t>(Status.st_size) : 0;
  if (Hint > MaxBytes)
    return TooLarge();
  std::string Text;
  Text.resize(Hint + 1);
  size_t Used = 0;
  while (true) {
    if (Used == Text.size())
      Text.resize(Text.size() * 2 + 4096);
    ssize_t N = ::read(In.get(), Text.data() + Used, Text.size() - Used);
    if (N < 0) {
      if (errno == EINTR)
        continue;
      return failErrno(Path, errno, "check the path and its permissions");
    }
    if (N == 0)
      break;
    Used += static_cast<size_t>(N);
    if (Used > MaxBytes)
      return TooLarge();
  }
  Text.resize(Used);
  return Text;
}

} // namespace

llvm::Expected<std::string> readFile(const std::string &Path, uint64_t MaxBytes) { return readWhole(Path, MaxBytes, 0); }

llvm::Expected<std::string> readRegularFile(const std::string &Path, uint64_t MaxBytes) { return readWhole(Path, MaxBytes, O_NONBLOCK | O_NOFOLLOW); }

llvm::Error writeFileAtomically(const std::string &Path, llvm::StringRef Content) {
  struct stat Existing;
  bool Exists = ::stat(Path.c_str(), &Existing) == 0;
  if (Exists && isStandardOutput(Existing))
    return writeStdout(Content); // "-o /dev/stdout" must not replace the device node
  if (Exists && S_ISDIR(Existing.st_mode))
    return failAt(Path, 0, 0, "this is a directory", "name a file");
  if (Exists && !S_ISREG(Existing.st_mode))
    return writeThrough(Path, Content);
  // Whoever has put a link there must not choose what is overwritten, and whoever needs it must not lose it.
  if (struct stat Link; ::lstat(Path.c_str(), &Link) == 0 && S_ISLNK(Link.st_mode))
    return failAt(Path, 0, 0, "this is a symbolic link, so it is not replaced", "name the file that it leads to");

  const char *const Mend = "check the directory's permissions and the free space";
  std::string Name;
  Descriptor Out(createBeside(Path, Name));
  if (!Out.ok())
    return failErrno(Path, errno, "check that the directory exists and can be written");
  TemporaryName Temporary(Name);
  if (int E = writeAll(Out.get(), Content))
    return failErrno(Path, E, Mend);
  mode_t Mode = Exists ? (Existing.st_mode & 0777) : (0666 & ~currentUmask());
  if (::fchmod(Out.get(), Mode) != 0 || ::fsync(Out.get()) != 0 || Out.close() != 0)
    return failErrno(Path, errno, Mend);
  if (::rename(Name.c_str(), Path.c_str()) != 0)
    return failErrno(Path, errno, Mend);
  Temporary.keep();
  syncDirectory(directoryOf(Path));
  return llvm::Error::success();
}

llvm::Error writeStdout(llvm::StringRef Content) {
  // Anything printed through stdio before this must come first.
  if (std::fflush(stdout) != 0)
    return failErrno("standard output", errno, "nothing more was written");
  // A diff is what it is for whoever reads it by a program; a person's terminal must not do what it says.
  const std::string Shown = ::isatty(STDOUT_FILENO) ? withColours(Content) : std::string();
  if (!Shown.empty())
    Content = Shown;
  PipeSignalGuard Guard;
  if (int E = writeAll(STDOUT_FILENO, Content))
    return failErrno("standard output", E, "the report is incomplete");
  return llvm::Error::success();
}

} // namespace krcu
