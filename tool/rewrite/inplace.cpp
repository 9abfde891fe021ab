// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Two phases: stage every file, then rename them all. writeFileAtomically() does both at once for one file,
// which is what a report needs; for a tree the second file's failure must not find the first one already
// changed.
//
// Paths are walked one component at a time with O_NOFOLLOW from the root's descriptor. Checking a path first
// and opening it afterwards would leave a gap in which a component can become a symbolic link.
#include "tool/rewrite/inplace.h"

#include "tool/support/error.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace krcu {
namespace {

constexpr const char *NothingChanged = "nothing in the tree was changed";

class Descriptor {
public:
  Descriptor() = default;
  explicit Descriptor(int Fd) : Fd(Fd) {}
  Descriptor(Descriptor &&Other) noexcept : Fd(std::exchange(Other.Fd, -1)) {}
  Descriptor &operator=(Descriptor &&Other) noexcept {
    std::swap(Fd, Other.Fd);
    return *this;
  }
  ~Descriptor() {
    if (Fd >= 0)
      ::close(Fd);
  }
  int get() const { return Fd; }
  bool ok() const { return Fd >= 0; }
  int close() { return ::close(std::exchange(Fd, -1)); }

private:
  int Fd = -1;
};

bool isPlainRelative(llvm::StringRef Path) {
  if (Path.empty() || Path.contains('\0'))
    return false;
  llvm::SmallVector<llvm::StringRef, 16> Parts;
  Path.split(Parts, '/');
  for (llvm::StringRef Part : Parts)
    if (Part.empty() || Part == "." || Part == "..")
      return false;
  return true;
}

llvm::Error failStep(const std::string &Path, int Errno) {
  if (Errno == ELOOP || Errno == ENOTDIR)
    return failAt(Path, 0, 0, "a part of the path is a symbolic link or no directory",
                  std::string(NothingChanged) + "; name the tree that really holds the file");
  const char *Mend = Errno == ENOSPC || Errno == EDQUOT ? "free some space" : "check the permissions";
  return failErrno(Path, Errno, std::string(NothingChanged) + "; " + Mend);
}

/// The directory of `Path` below Root, opened without following a link; `Base` receives the last component.
llvm::Expected<Descriptor> openParent(const std::string &Root, const std::string &Path, std::string &Base) {
  if (!isPlainRelative(Path))
    return failAt(Path, 0, 0, "the path leaves the tree or is not a plain relative path", NothingChanged);
  Descriptor Dir(::open(Root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!Dir.ok())
    return failErrno(Root, errno, std::string(NothingChanged) + "; name a directory that can be read");
  llvm::StringRef Rest = Path;
  for (size_t Slash = Rest.find('/'); Slash != llvm::StringRef::npos; Slash = Rest.find('/')) {
    std::string Part = Rest.take_front(Slash).str();
    Rest = Rest.drop_front(Slash + 1);
    Descriptor Next(::openat(Dir.get(), Part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!Next.ok())
      return failStep(Path, errno);
    Dir = std::move(Next);
  }
  Base = Rest.str();
  return Dir;
}

/// True if the file holds exactly `Expected`. Sets errno and returns false on a read error, with errno 0
/// otherwise.
bool holds(int Fd, llvm::StringRef Expected) {
  char Buffer[1 << 16];
  while (true) {
    ssize_t N = ::read(Fd, Buffer, sizeof Buffer);
    if (N < 0 && errno == EINTR)
      continue;
    if (N < 0)
      return false;
    errno = 0;
    if (N == 0)
      return Expected.empty();
    if (!Expected.consume_front(llvm::StringRef(Buffer, static_cast<size_t>(N))))
      return false;
  }
}

int writeAll(int Fd, llvm::StringRef Content) {
  while (!Content.empty()) {
    ssize_t N = ::write(Fd, Content.data(), Content.size());
    if (N < 0 && errno != EINTR)
      return errno;
    if (N > 0)
      Content = Content.drop_front(static_cast<size_t>(N));
  }
  return 0;
}

/// New contents on disk, waiting beside the file they replace. Goes away with its temporary file.
class Staged {
public:
  Staged(const std::string &Root, const std::string &Path, unsigned Number)
      : Root(Root), Path(Path),
        Temporary(".krcu-" + std::to_string(::getpid()) + "-" + std::to_string(Number)) {}
  Staged(const Staged &) = delete;
  Staged &operator=(const Staged &) = delete;
  ~Staged() {
    if (!OnDisk)
      return;
    std::string Base;
    if (llvm::Expected<Descriptor> Dir = openParent(Root, Path, Base))
      ::unlinkat(Dir->get(), Temporary.c_str(), 0);
    else
      llvm::consumeError(Dir.takeError());
  }

  const std::string &path() const { return Path; }
  llvm::Error stage(llvm::StringRef Old, llvm::StringRef New);
  /// 0 or errno.
  int commit();

private:
  llvm::Error checkOld(int Dir, const std::string &Base, llvm::StringRef Old, struct stat &Status);

  std::string Root, Path, Temporary;
  bool OnDisk = false;
};

llvm::Error Staged::checkOld(int Dir, const std::string &Base, llvm::StringRef Old, struct stat &Status) {
  Descriptor File(::openat(Dir, Base.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!File.ok() || ::fstat(File.get(), &Status) != 0)
    return failStep(Path, errno);
  if (!S_ISREG(Status.st_mode))
    return failAt(Path, 0, 0, "this is not a regular file", NothingChanged);
  if (!holds(File.get(), Old)) {
    if (errno != 0)
      return failStep(Path, errno);
    return failAt(Path, 0, 0, "the file changed since it was scanned",
                  std::string(NothingChanged) + "; scan the tree again");
  }
  return llvm::Error::success();
}

llvm::Error Staged::stage(llvm::StringRef Old, llvm::StringRef New) {
  std::string Base;
  llvm::Expected<Descriptor> Dir = openParent(Root, Path, Base);
  if (!Dir)
    return Dir.takeError();
  struct stat Before{};
  if (llvm::Error E = checkOld(Dir->get(), Base, Old, Before))
    return E;
  // O_EXCL: a file of that name, or a link planted there, is never written to.
  Descriptor Out(
      ::openat(Dir->get(), Temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!Out.ok())
    return failStep(Path, errno);
  OnDisk = true;
  if (int E = writeAll(Out.get(), New))
    return failStep(Path, E);
  // The owner first: changing him takes away what fchmod() gives. Set-user-id is not for a text that somebody else has written; git apply
  // does not keep it either.
  struct stat Now{};
  if (::fstat(Out.get(), &Now) != 0)
    return failStep(Path, errno);
  if ((Now.st_uid != Before.st_uid || Now.st_gid != Before.st_gid) && ::fchown(Out.get(), Before.st_uid, Before.st_gid) != 0)
    return failAt(Path, 0, 0, "belongs to another user or group, and would not any more", std::string(NothingChanged) + "; run krcu as its owner, or apply the diff that krcu patch prints");
  if (::fchmod(Out.get(), Before.st_mode & 0777) != 0 || ::fsync(Out.get()) != 0 || Out.close() != 0)
    return failStep(Path, errno);
  return llvm::Error::success();
}

int Staged::commit() {
  std::string Base;
  llvm::Expected<Descriptor> Dir = openParent(Root, Path, Base);
  if (!Dir) {
    llvm::consumeError(Dir.takeError());
    return ENOENT;
  }
  if (::renameat(Dir->get(), Temporary.c_str(), Dir->get(), Base.c_str()) != 0)
    return errno;
  OnDisk = false;
  ::fsync(Dir->get()); // makes the rename durable; some file systems cannot, which is no error
  return 0;
}

} // namespace

llvm::Error applyInPlace(const std::string &Root,
                         const std::map<std::string, std::pair<std::string, std::string>> &OldAndNew) {
  std::vector<std::unique_ptr<Staged>> Files;
  for (const auto &[Path, Texts] : OldAndNew) {
    if (Texts.first == Texts.second)
      continue;
    Files.push_back(std::make_unique<Staged>(Root, Path, static_cast<unsigned>(Files.size())));
    if (llvm::Error E = Files.back()->stage(Texts.first, Texts.second))
      return E;
  }
  // From here on every new content is on disk; what is left is renames.
  std::string Replaced;
  for (const std::unique_ptr<Staged> &File : Files) {
    if (int E = File->commit())
      return failErrno(File->path(), E,
                       Replaced.empty() ? std::string(NothingChanged)
                                        : "already replaced, and whole:" + Replaced);
    Replaced += " " + File->path();
  }
  return llvm::Error::success();
}

} // namespace krcu
