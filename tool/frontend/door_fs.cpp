// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A name is looked at twice: as text before anything is opened, and, where a symlink stands on the way, as what the kernel has really opened.
#include "tool/frontend/door_fs.h"
#include "tool/tree/stored.h"
#include "clang/Config/config.h"
#include "clang/Driver/Driver.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <memory>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using llvm::StringRef;
namespace vfs = llvm::vfs;

namespace krcu {
namespace {

std::error_code nowhere() { return std::make_error_code(std::errc::no_such_file_or_directory); }

bool isBelow(StringRef Path, StringRef Root) { return Path.consume_front(Root) && (Path.empty() || Path.front() == '/'); }

/// A repository's own files may hold what is nobody else's business, a password in the address of a remote for one.
bool isOfGit(StringRef Path) { return Path.ends_with("/.git") || Path.contains("/.git/"); }

/// O_NONBLOCK: a FIFO must not hang.
constexpr int Careful = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

int openWithoutLinks(const char *Path, int Flags) {
  open_how How{};
  How.flags = static_cast<uint64_t>(Flags);
  How.resolve = RESOLVE_NO_SYMLINKS;
  return static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, Path, &How, sizeof How));
}

class OpenFile : public vfs::File {
public:
  OpenFile(int Fd, vfs::Status Known) : Fd(Fd), Known(std::move(Known)) {}
  OpenFile(const OpenFile &) = delete;
  OpenFile &operator=(const OpenFile &) = delete;
  ~OpenFile() override { OpenFile::close(); }
  llvm::ErrorOr<vfs::Status> status() override { return Known; }
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> getBuffer(const llvm::Twine &Name, int64_t Size, bool Terminated, bool Volatile) override {
    return llvm::MemoryBuffer::getOpenFile(Fd, Name, static_cast<uint64_t>(Size), Terminated, Volatile);
  }
  std::error_code close() override {
    if (Fd >= 0)
      ::close(Fd);
    Fd = -1;
    return {};
  }

private:
  int Fd;
  vfs::Status Known;
};

/// A file that is stored elsewhere than on the disk.
class StoredFile : public vfs::File {
public:
  StoredFile(StoredFiles::Text Content, vfs::Status Known) : Content(std::move(Content)), Known(std::move(Known)) {}
  llvm::ErrorOr<vfs::Status> status() override { return Known; }
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> getBuffer(const llvm::Twine &Name, int64_t, bool, bool) override {
    return llvm::MemoryBuffer::getMemBufferCopy(*Content, Name);
  }
  std::error_code close() override { return {}; }

private:
  StoredFiles::Text Content;
  vfs::Status Known;
};

class DoorFileSystem : public vfs::FileSystem {
public:
  explicit DoorFileSystem(const Door &D) : D(D) {}

  llvm::ErrorOr<vfs::Status> status(const llvm::Twine &Path) override {
    llvm::SmallString<256> Name;
    absolute(Path, Name);
    if (StoredPlace S(Name); S.files)
      return S.status(Path);
    int Fd = D.open(Name, O_PATH | O_CLOEXEC);
    if (Fd < 0)
      return std::error_code(errno, std::generic_category());
    llvm::sys::fs::file_status Found;
    std::error_code EC = llvm::sys::fs::status(Fd, Found);
    ::close(Fd);
    if (EC)
      return EC;
    if (!isShown(Found, Name))
      return nowhere();
    return vfs::Status::copyWithNewName(Found, Path);
  }

  llvm::ErrorOr<std::unique_ptr<vfs::File>> openFileForRead(const llvm::Twine &Path) override {
    llvm::SmallString<256> Name;
    absolute(Path, Name);
    if (StoredPlace S(Name); S.files) {
      llvm::ErrorOr<vfs::Status> Known = S.status(Path);
      if (!Known || !S.content)
        return Known ? nowhere() : Known.getError();
      return std::make_unique<StoredFile>(S.content, *Known);
    }
    int Fd = D.open(Name, O_RDONLY | Careful);
    if (Fd < 0)
      return std::error_code(errno, std::generic_category());
    llvm::sys::fs::file_status Found;
    std::error_code EC = llvm::sys::fs::status(Fd, Found);
    if (!EC && !isShown(Found, Name))
      EC = nowhere();
    if (EC) {
      ::close(Fd);
      return EC;
    }
    return std::make_unique<OpenFile>(Fd, vfs::Status::copyWithNewName(Found, Path));
  }

  /// Nothing of the parser lists a directory.
  vfs::directory_iterator dir_begin(const llvm::Twine &, std::error_code &EC) override {
    EC = nowhere();
    return {};
  }
  llvm::ErrorOr<std::string> getCurrentWorkingDirectory() const override { return Directory; }
  std::error_code setCurrentWorkingDirectory(const llvm::Twine &Path) override {
    Directory = Path.str();
    return {};
  }

  std::error_code getRealPath(const llvm::Twine &Path, llvm::SmallVectorImpl<char> &Output) override {
    llvm::SmallString<256> Name;
    absolute(Path, Name);
    if (StoredPlace S(Name); S.files) {
      Output.assign(S.path.begin(), S.path.end());
      return {};
    }
    int Fd = D.open(Name, O_PATH | O_CLOEXEC);
    if (Fd < 0)
      return std::error_code(errno, std::generic_category());
    ::close(Fd);
    return llvm::sys::fs::real_path(Name, Output);
  }

private:
  /// A path below the root of a stored tree, if it is one.
  struct StoredPlace {
    explicit StoredPlace(StringRef Name) : path(Name) {
      llvm::sys::path::remove_dots(path, /*remove_dot_dot=*/true);
      files = storedAround(path, below);
    }
    /// Reads what there is, for its size.
    llvm::ErrorOr<vfs::Status> status(const llvm::Twine &As) {
      auto Made = [&](uint64_t Number, uint64_t Size, llvm::sys::fs::file_type Type) {
        // A device that no file system has, so that nothing of the disk is taken for the same file.
        return vfs::Status(As, llvm::sys::fs::UniqueID(llvm::xxh3_64bits(path.str().drop_back(below.size())) | 1, Number), llvm::sys::TimePoint<>(), 0, 0, Size, Type, llvm::sys::fs::all_read);
      };
      if (const StoredFiles::File *F = files->find(below)) {
        content = files->read(*F);
        if (!content || content->size() > Door::MaxBytes)
          return nowhere();
        return Made(static_cast<uint64_t>(F - files->files().data()) + 1, content->size(), llvm::sys::fs::file_type::regular_file);
      }
      if (files->isDirectory(below))
        return Made(llvm::xxh3_64bits(below) | uint64_t(1) << 63, 0, llvm::sys::fs::file_type::directory_file);
      return nowhere();
    }
    llvm::SmallString<256> path;
    StringRef below;
    std::shared_ptr<const StoredFiles> files;
    StoredFiles::Text content;
  };

  StringRef absolute(const llvm::Twine &Path, llvm::SmallString<256> &Buffer) const {
    Path.toVector(Buffer);
    if (!llvm::sys::path::is_absolute(Buffer)) {
      llvm::SmallString<256> Full(Directory);
      llvm::sys::path::append(Full, Buffer);
      Buffer = Full;
    }
    return Buffer;
  }

  bool isShown(const llvm::sys::fs::file_status &S, StringRef Name) const {
    return S.type() == llvm::sys::fs::file_type::directory_file ||
           (S.type() == llvm::sys::fs::file_type::regular_file && S.getSize() <= D.limitFor(Name));
  }

  const Door &D;
  std::string Directory = "/";
};

} // namespace

void Door::allow(const std::string &Path) {
  if (StringRef(Path).trim('/').empty() || !llvm::sys::path::is_absolute(Path))
    return; // the root directory is not what anybody means
  llvm::SmallString<256> Real, Clean(Path);
  if (llvm::sys::fs::real_path(Path, Real) || Real == "/")
    return;
  llvm::sys::path::remove_dots(Clean, /*remove_dot_dot=*/true);
  for (StringRef Name : {StringRef(Clean).rtrim('/'), StringRef(Real)})
    if (std::find(Roots.begin(), Roots.end(), Name) == Roots.end())
      Roots.push_back(Name.str());
}

void Door::allowOwn(const std::string &Path) {
  allow(Path);
  llvm::SmallString<256> Real;
  Own = llvm::sys::fs::real_path(Path, Real) ? Path : std::string(Real);
}

void Door::allowCompilers() {
  // Where the headers of the library are that parses: beside it.
  Dl_info Library;
  if (::dladdr(reinterpret_cast<void *>(&clang::driver::Driver::GetResourcesPath), &Library) && Library.dli_fname)
    allow(clang::driver::Driver::GetResourcesPath(Library.dli_fname, CLANG_RESOURCE_DIR));
  for (const char *Of : {"/usr/lib/gcc", "/usr/lib64/gcc", "/usr/lib/gcc-cross", "/usr/lib/clang", "/usr/lib64/clang", "/usr/lib/llvm-19/lib/clang"})
    allow(Of);
}

uint64_t Door::limitFor(StringRef Path) const { return !Own.empty() && isBelow(Path, Own) ? UINT64_C(1) << 30 : MaxBytes; }

bool Door::isInside(StringRef Path) const {
  return !isOfGit(Path) && llvm::any_of(Roots, [&](const std::string &Root) { return isBelow(Path, Root); });
}

int Door::open(StringRef Path, int Flags) const {
  llvm::SmallString<256> Clean(Path);
  if (Path.contains("./") || Path.contains("//") || Path.ends_with("."))
    llvm::sys::path::remove_dots(Clean, /*remove_dot_dot=*/true);
  if (Path.contains('\0') || !isInside(Clean)) {
    errno = ENOENT;
    return -1;
  }
  // As it was given: ".." behind a symlink is not what it looks like.
  const std::string Given = Path.str();
  int Fd = openWithoutLinks(Given.c_str(), Flags);
  if (Fd >= 0 || errno == ENOENT || errno == ENOTDIR)
    return Fd;
  // A symlink on the way, or a system without openat2(). What is named is held, looked at, and only then opened.
  int Held = ::open(Given.c_str(), O_PATH | O_CLOEXEC);
  if (Held < 0)
    return -1;
  const std::string Link = "/proc/self/fd/" + std::to_string(Held);
  char Real[4096];
  ssize_t Length = ::readlink(Link.c_str(), Real, sizeof Real);
  struct stat Status;
  bool Fine = Length > 0 && static_cast<size_t>(Length) < sizeof Real && isInside(StringRef(Real, static_cast<size_t>(Length))) && ::fstat(Held, &Status) == 0 &&
              (S_ISREG(Status.st_mode) || S_ISDIR(Status.st_mode));
  Fd = Fine ? ::open(Link.c_str(), Flags) : -1;
  int Why = Fine ? errno : ENOENT;
  ::close(Held);
  errno = Why;
  return Fd;
}

llvm::IntrusiveRefCntPtr<vfs::FileSystem> behindDoor(const Door &D) { return llvm::makeIntrusiveRefCnt<DoorFileSystem>(D); }

} // namespace krcu
