// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Walking a tree that may come from anybody: symlinks are resolved and compared with the root before they are
// followed, directories reached twice are entered once, and what is no regular file is never opened for
// reading.
#include "tool/index/walk.h"
#include "tool/support/sink.h"
#include "tool/tree/stored.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace krcu {

bool isSourceName(llvm::StringRef Name) {
  for (llvm::StringRef Ending : {".c", ".h", ".inc", ".inl", ".def"})
    if (Name.ends_with(Ending))
      return true;
  return false;
}

bool isNoKernelCode(llvm::StringRef Relative) {
  llvm::StringRef Top = Relative.split('/').first;
  return Top == "tools" || Top == "Documentation" || Top == "samples" || Top == "scripts";
}

namespace {

std::string reason(int Errno) { return std::generic_category().message(Errno); }

bool isConfiguration(llvm::StringRef Name) {
  return Name.starts_with("Kconfig") || Name.starts_with("Makefile") || Name.starts_with("Kbuild");
}

bool saysHowToBuild(llvm::StringRef Name) {
  for (llvm::StringRef Never : {".dts", ".dtsi", ".dtso", ".S", ".rst", ".txt", ".rs", ".cocci", ".o", ".ko", ".cmd"})
    if (Name.ends_with(Never))
      return false;
  return true;
}

/// Whether such a file is one of those that say how the kernel is built.
bool isBuildFile(llvm::StringRef Path, llvm::StringRef Name, bool LeftOut) {
  return LeftOut ? isConfiguration(Name) || Path.starts_with("scripts/") : saysHowToBuild(Name);
}

bool hasControlCharacter(llvm::StringRef Name) {
  return std::any_of(Name.begin(), Name.end(), [](unsigned char C) { return C < 0x20 || C == 0x7F; });
}

bool isHidden(llvm::StringRef Relative) { return Relative.starts_with(".") || Relative.contains("/."); }

class TreeWalk {
public:
  TreeWalk(const std::string &Root, bool LeaveOut, std::vector<std::string> *BuildFiles)
      : Root(Root), LeaveOut(LeaveOut), BuildFiles(BuildFiles) {}

  std::vector<IndexedFile> walk() {
    enter("");
    while (!Pending.empty()) {
      std::string Directory = std::move(Pending.back());
      Pending.pop_back();
      list(Directory);
    }
    std::sort(Files.begin(), Files.end(),
              [](const IndexedFile &A, const IndexedFile &B) { return A.path < B.path; });
    return std::move(Files);
  }

private:
  std::string absolute(const std::string &Relative) const {
    return Relative.empty() ? Root : Root + "/" + Relative;
  }

  bool isLeftOut(llvm::StringRef Relative) const { return LeaveOut && isNoKernelCode(Relative); }

  void problem(const std::string &Path, std::string What) { Files.push_back({Path, 0, std::move(What), {}}); }

  /// Directories without kernel code may hold files of the configuration all the same.
  void enter(const std::string &Directory) {
    if (BuildFiles || !isLeftOut(Directory))
      Pending.push_back(Directory);
  }

  void other(const std::string &Path, llvm::StringRef Name) {
    if (BuildFiles && isBuildFile(Path, Name, isLeftOut(Path)))
      BuildFiles->push_back(Path);
  }

  void list(const std::string &Directory) {
    DIR *Handle = ::opendir(absolute(Directory).c_str());
    if (!Handle)
      return problem(Directory, reason(errno));
    struct stat Status;
    // Only directories behind symlinks can be met twice; the set stays small but must know all of them.
    if (::fstat(::dirfd(Handle), &Status) == 0 && Seen.insert({Status.st_dev, Status.st_ino}).second)
      while (dirent *Entry = ::readdir(Handle))
        visit(::dirfd(Handle), Directory, *Entry);
    ::closedir(Handle);
  }

  void visit(int DirectoryFd, const std::string &Directory, const dirent &Entry) {
    llvm::StringRef Name = Entry.d_name;
    if (Name.starts_with("."))
      return;
    std::string Path = Directory.empty() ? Name.str() : Directory + "/" + Name.str();
    // Such a name could not stand in a report or a diff. It is named as it can be shown, and its file counts as one that cannot be read.
    if (hasControlCharacter(Name)) {
      if (Entry.d_type == DT_DIR || isSourceName(Name))
        problem(onOneLine(Path), "has a control character in its name");
      return;
    }
    unsigned char Type = Entry.d_type;
    if (Type == DT_UNKNOWN) { // some file systems do not say
      struct stat Status;
      if (::fstatat(DirectoryFd, Entry.d_name, &Status, AT_SYMLINK_NOFOLLOW) != 0)
        return problem(Path, reason(errno));
      Type = IFTODT(Status.st_mode);
    }
    if (Type == DT_DIR)
      enter(Path);
    else if (Type == DT_LNK)
      follow(Path), other(Path, Name);
    else if ((isSourceName(Name) || (Type != DT_REG && isConfiguration(Name))) && !isLeftOut(Path))
      problem(Path, Type == DT_REG ? "" : "is no regular file");
    else if (Type == DT_REG)
      other(Path, Name);
  }

  void follow(const std::string &Path) {
    if (isLeftOut(Path))
      return;
    char Target[PATH_MAX];
    // What says how the tree is built is no source, but if it cannot be read something is lost all the same.
    const bool Config = isConfiguration(llvm::StringRef(Path).substr(Path.rfind('/') + 1));
    bool Source = isSourceName(Path);
    if (!::realpath(absolute(Path).c_str(), Target)) {
      if (Source || Config)
        problem(Path, errno == ENOENT ? "is a symlink to nothing" : reason(errno));
      return;
    }
    struct stat Status;
    bool Directory = ::stat(Target, &Status) == 0 && S_ISDIR(Status.st_mode);
    if (!Directory && !Source && !Config)
      return;
    llvm::StringRef Inside = Target;
    if (Inside == Root)
      return; // a link to the tree itself
    if (!Inside.consume_front(Root) || !Inside.consume_front("/"))
      return problem(Path, "is a symlink out of the tree");
    if (Config && S_ISREG(Status.st_mode))
      return; // other() lists it
    bool WalkedAnyway = !isLeftOut(Inside) && !isHidden(Inside) && (Directory || isSourceName(Inside));
    if (WalkedAnyway)
      return;
    if (Directory)
      enter(Path);
    else
      problem(Path, S_ISREG(Status.st_mode) ? "" : "is no regular file");
  }

  const std::string &Root;
  const bool LeaveOut;
  std::vector<std::string> *BuildFiles;
  std::vector<std::string> Pending;
  std::vector<IndexedFile> Files;
  llvm::DenseSet<std::pair<uint64_t, uint64_t>> Seen;
};

/// A stored tree has neither links nor anything that is no file.
std::vector<IndexedFile> walkStored(const StoredFiles &Stored, bool LeaveOut, std::vector<std::string> *BuildFiles) {
  std::vector<IndexedFile> Files;
  for (const StoredFiles::File &F : Stored.files()) {
    llvm::StringRef Path = F.path, Name = Path.substr(Path.rfind('/') + 1);
    const bool LeftOut = LeaveOut && isNoKernelCode(Path);
    if (isHidden(Path))
      continue;
    if (isSourceName(Name) && !LeftOut)
      Files.push_back({hasControlCharacter(Path) ? onOneLine(Path) : F.path, 0, hasControlCharacter(Path) ? "has a control character in its name" : "", {}});
    else if (BuildFiles && !hasControlCharacter(Path) && isBuildFile(Path, Name, LeftOut))
      BuildFiles->push_back(F.path);
  }
  std::sort(Files.begin(), Files.end(), [](const IndexedFile &A, const IndexedFile &B) { return A.path < B.path; });
  return Files;
}

} // namespace

std::vector<IndexedFile> walkTree(const std::string &Root, bool LeaveOut, std::vector<std::string> *BuildFiles) {
  if (auto Stored = storedAt(Root))
    return walkStored(*Stored, LeaveOut, BuildFiles);
  return TreeWalk(Root, LeaveOut, BuildFiles).walk();
}

std::vector<IndexedFile> walkTree(const Tree &T, std::vector<std::string> *BuildFiles) {
  std::vector<IndexedFile> Files = walkTree(T.root(), /*LeaveOut=*/true, BuildFiles);
  if (T.mounted().empty())
    return Files;
  std::vector<std::string> Own;
  for (IndexedFile &F : walkTree(T.mounted(), /*LeaveOut=*/false, BuildFiles ? &Own : nullptr)) {
    F.path = Tree::MountPoint.str() + (F.path.empty() ? "" : "/") + F.path;
    Files.push_back(std::move(F));
  }
  for (const std::string &Path : Own)
    BuildFiles->push_back(Tree::MountPoint.str() + "/" + Path);
  std::sort(Files.begin(), Files.end(), [](const IndexedFile &A, const IndexedFile &B) { return A.path < B.path; });
  return Files;
}

void ReadBuffer::reserve(size_t Bytes) {
  if (Bytes + Padding <= capacity)
    return;
  capacity = std::max(Bytes + Padding, capacity * 2);
  std::unique_ptr<char[], Free> Larger(static_cast<char *>(::operator new[](capacity, std::align_val_t(Alignment))));
  if (size)
    std::memcpy(Larger.get(), data.get(), size);
  data = std::move(Larger);
}

std::string readSource(int RootFd, const std::string &Path, uint64_t MaxBytes, ReadBuffer &Buffer,
                       uint64_t &Size) {
  Buffer.size = 0;
  // O_NONBLOCK: should the file have become a pipe since the walk, open() must not wait for a writer.
  int Fd = ::openat(RootFd, Path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (Fd < 0)
    return reason(errno);
  std::string Problem;
  struct stat Status;
  if (::fstat(Fd, &Status) != 0)
    Problem = reason(errno);
  else if (!S_ISREG(Status.st_mode))
    Problem = "is no regular file";
  else if ((Size = static_cast<uint64_t>(Status.st_size)) > MaxBytes)
    Problem = "has more than " + std::to_string(MaxBytes) + " bytes";
  // One byte more than fstat() promised, so that one read() that comes short shows the end of the file.
  while (Problem.empty()) {
    Buffer.reserve(std::max<uint64_t>(Buffer.size, Size) + 1);
    size_t Want = Buffer.capacity - ReadBuffer::Padding - Buffer.size;
    ssize_t Got = ::read(Fd, Buffer.data.get() + Buffer.size, Want);
    if (Got < 0 && errno == EINTR)
      continue;
    if (Got < 0)
      Problem = reason(errno);
    if (Got <= 0)
      break;
    Buffer.size += static_cast<size_t>(Got);
    if (Buffer.size > MaxBytes)
      Problem = "has more than " + std::to_string(MaxBytes) + " bytes";
    if (Buffer.size >= Size && static_cast<size_t>(Got) < Want)
      break;
  }
  ::close(Fd);
  if (!Problem.empty())
    Buffer.size = 0;
  return Problem;
}

} // namespace krcu
