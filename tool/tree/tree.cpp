// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Opening a kernel tree and reading inside it. A path is checked twice: as text before the file is opened,
// and as what the kernel really opened afterwards, so that a symlink cannot lead out of the tree.
#include "tool/tree/tree.h"
#include "tool/support/error.h"
#include "tool/tree/stored.h"
#include "tool/tree/tree_memory.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <memory>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace krcu {
namespace {

namespace path = llvm::sys::path;

constexpr off_t MaxFileBytes = off_t(256) << 20;

/// A file descriptor that closes itself.
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

private:
  int Fd;
};

std::optional<std::string> resolve(const std::string &Path) {
  std::unique_ptr<char, void (*)(void *)> Real(::realpath(Path.c_str(), nullptr), std::free);
  if (!Real)
    return std::nullopt;
  return std::string(Real.get());
}

bool isBelow(llvm::StringRef Path, llvm::StringRef Root) {
  if (Root == "/")
    return Path.starts_with("/");
  return Path.consume_front(Root) && (Path.empty() || Path.front() == '/');
}

/// "a/./b//c" -> "a/b/c"; nothing for absolute paths and those that climb out.
std::optional<std::string> normalise(llvm::StringRef Relative) {
  if (Relative.empty() || path::is_absolute(Relative) || Relative.contains('\0'))
    return std::nullopt;
  // Most paths are clean already; this is called for every file of the tree.
  if (!Relative.contains("./") && !Relative.contains("//") && !Relative.ends_with("."))
    return Relative.str();
  llvm::SmallString<128> Clean(Relative);
  path::remove_dots(Clean, /*remove_dot_dot=*/true);
  llvm::StringRef Text = Clean;
  if (Text == ".." || Text.starts_with("../"))
    return std::nullopt;
  return Text.str();
}

// O_NONBLOCK: opening a FIFO must not hang; the test for a regular file then refuses it.
constexpr int OpenFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

/// Opens what no symlink stands on the way to, so that it lies where its name says. Negative if one does, or if the
/// system call is missing (before Linux 5.6) or forbidden; errno is ENOENT only if there is nothing of that name.
int openPlain(const std::string &Path, int Flags) {
  static std::atomic<bool> Missing = false;
  if (Missing.load(std::memory_order_relaxed)) {
    errno = ENOSYS;
    return -1;
  }
  open_how How{};
  How.flags = Flags;
  How.resolve = RESOLVE_NO_SYMLINKS;
  int Fd = int(::syscall(SYS_openat2, AT_FDCWD, Path.c_str(), &How, sizeof How));
  if (Fd < 0 && (errno == ENOSYS || errno == EPERM))
    Missing.store(true, std::memory_order_relaxed);
  return Fd;
}

/// Where an open file really is. /proc costs one system call, realpath one per component.
std::optional<std::string> pathOf(const Descriptor &File, const std::string &Opened) {
  char Buffer[4096];
  std::string Link = "/proc/self/fd/" + std::to_string(File.get());
  ssize_t Length = ::readlink(Link.c_str(), Buffer, sizeof Buffer);
  if (Length > 0 && size_t(Length) < sizeof Buffer && Buffer[0] == '/')
    return std::string(Buffer, Length);
  return resolve(Opened);
}

std::optional<std::string> readAll(const Descriptor &File, off_t Size) {
  std::string Text(Size, '\0');
  size_t Done = 0;
  while (Done < Text.size()) {
    ssize_t Got = ::read(File.get(), Text.data() + Done, Text.size() - Done);
    if (Got < 0 && errno == EINTR)
      continue;
    if (Got < 0)
      return std::nullopt;
    if (Got == 0)
      break;
    Done += Got;
  }
  Text.resize(Done);
  return Text;
}

/// The text after "NAME =" in the top Makefile.
std::optional<std::string> makefileValue(llvm::StringRef Makefile, llvm::StringRef Name) {
  llvm::SmallVector<llvm::StringRef, 0> Lines;
  Makefile.split(Lines, '\n', 4096);
  for (llvm::StringRef Line : Lines) {
    Line = Line.ltrim(' ');
    if (!Line.consume_front(Name))
      continue;
    Line = Line.ltrim();
    if (!Line.consume_front("=") && !Line.consume_front(":="))
      continue;
    return Line.split('#').first.trim().str();
  }
  return std::nullopt;
}

/// What a build has left, and what a package for building modules brings.
bool isMadeForModules(const std::string &Root) {
  for (const char *File : {"Module.symvers", "include/generated/autoconf.h", "include/generated/utsrelease.h", "include/config/kernel.release"})
    if (::access((Root + "/" + File).c_str(), F_OK) == 0)
      return true;
  return llvm::StringRef(Root).contains("/linux-headers-") || llvm::StringRef(Root).contains("/kernels/");
}

bool hasSources(const std::string &Directory) {
  llvm::StringRef Below;
  if (auto Stored = storedAround(Directory, Below))
    return llvm::any_of(Stored->below(Below, /*Recursive=*/false), [](const std::string &File) { return llvm::StringRef(File).ends_with(".c"); });
  std::unique_ptr<DIR, int (*)(DIR *)> Open(::opendir(Directory.c_str()), ::closedir);
  while (const dirent *Entry = Open ? ::readdir(Open.get()) : nullptr)
    if (llvm::StringRef(Entry->d_name).ends_with(".c"))
      return true;
  return false;
}

bool looksLikeHeadersOnly(const std::string &Root) { return isMadeForModules(Root) && !hasSources(Root + "/mm") && !hasSources(Root + "/kernel/rcu"); }

llvm::Error notAKernel(const std::string &Path, const std::string &Missing) {
  return fail(Path + ": not a Linux kernel source tree (" + Missing +
              "); give the directory that holds the top-level Makefile, Kconfig and include/linux");
}

} // namespace

std::optional<std::string> readInside(const std::string &Root, llvm::StringRef Relative) {
  std::optional<std::string> Clean = normalise(Relative);
  if (!Clean)
    return std::nullopt;
  if (auto Stored = storedAt(Root)) {
    const StoredFiles::File *Found = Stored->find(*Clean);
    StoredFiles::Text Text = Found ? Stored->read(*Found) : nullptr;
    return Text ? std::optional(*Text) : std::nullopt;
  }
  std::string Full = Root + "/" + *Clean;
  int Plain = openPlain(Full, OpenFlags);
  if (Plain < 0 && errno == ENOENT)
    return std::nullopt;
  Descriptor File(Plain >= 0 ? Plain : ::open(Full.c_str(), OpenFlags));
  struct stat Status;
  if (File.get() < 0 || ::fstat(File.get(), &Status) != 0 || !S_ISREG(Status.st_mode) ||
      Status.st_size > MaxFileBytes)
    return std::nullopt;
  if (Plain < 0) {
    std::optional<std::string> Real = pathOf(File, Full);
    if (!Real || !isBelow(*Real, Root))
      return std::nullopt;
  }
  return readAll(File, Status.st_size);
}

/// \p Version: as far as it is known.
llvm::Error Tree::onlyHeaders(const std::string &Path, const std::string &Root, std::string Version) {
  llvm::SmallVector<llvm::StringRef, 8> Parts;
  llvm::StringRef(Root).split(Parts, '/');
  for (llvm::StringRef Part : Parts) { // linux-headers-6.1.0-18-amd64, /lib/modules/6.1.0-18-amd64/build
    Part.consume_front("linux-headers-");
    if (Version.empty() && !Part.empty() && llvm::isDigit(Part.front()))
      Version = Part.take_while([](char C) { return llvm::isDigit(C) || C == '.'; }).rtrim('.').str();
  }
  Parts.clear();
  llvm::StringRef(Version).split(Parts, '.');
  std::string Short = Parts.size() > 1 ? (Parts[0] + "." + Parts[1]).str() : "VERSION";
  return fail(Path + ": these are the headers of a kernel for building modules, without its sources; krcu reads mm/ and kernel/rcu/ to see who waits for whom. "
         "Install the sources (Debian, Ubuntu: apt install linux-source-" + Short + ", then unpack /usr/src/linux-source-" + Short +
         ".tar.*; others: the source package of that kernel, or linux-" + (Version.empty() ? Short : Version) + " of kernel.org) and give their directory");
}

Tree::Tree() : Memory(std::make_shared<TreeMemory>()) {}

llvm::Expected<Tree> Tree::open(const std::string &Path) {
  const bool Stored = storedAt(Path) != nullptr;
  std::optional<std::string> Root = Stored ? Path : resolve(Path);
  if (!Root)
    return failErrno(Path, errno, "give the path of a kernel source tree");
  struct stat Status;
  if (!Stored && ::stat(Root->c_str(), &Status) != 0)
    return failErrno(Path, errno, "give the path of a kernel source tree");
  if (!Stored && !S_ISDIR(Status.st_mode))
    return fail(Path + ": not a directory; give the directory of a kernel source tree");
  if (!Stored && ::access(Root->c_str(), R_OK | X_OK) != 0)
    return failErrno(Path, errno, "make the directory readable for this user");

  Tree T;
  T.Root = *Root;
  std::optional<std::string> Makefile = T.read("Makefile");
  if (!Makefile)
    return notAKernel(Path, "no readable Makefile");
  if (!makefileValue(*Makefile, "VERSION")) // that of such a package includes another one
    if (looksLikeHeadersOnly(*Root))
      return onlyHeaders(Path, *Root, "");
  static const char *const Names[] = {"VERSION", "PATCHLEVEL", "SUBLEVEL"};
  for (unsigned I = 0; I != 3; ++I) {
    std::optional<std::string> Text = makefileValue(*Makefile, Names[I]);
    // Very old trees may lack SUBLEVEL; the first two make it a kernel.
    if (!Text && I < 2)
      return notAKernel(Path, std::string("its Makefile does not set ") + Names[I]);
    // Nothing behind the = is legal but for the first: Kbuild leaves the part out.
    if (!Text || (I && Text->empty()))
      continue;
    if (llvm::StringRef(*Text).getAsInteger(10, T.Parts[I]))
      return notAKernel(Path, std::string("its Makefile sets ") + Names[I] + " to '" + *Text + "'");
    T.Version += (I ? "." : "") + std::to_string(T.Parts[I]);
  }
  T.Version += makefileValue(*Makefile, "EXTRAVERSION").value_or("");
  if (looksLikeHeadersOnly(*Root))
    return onlyHeaders(Path, *Root, T.Version);
  if (!T.has("Kbuild") && !T.has("Kconfig"))
    return notAKernel(Path, "neither Kbuild nor Kconfig");
  if (!T.has("include/linux"))
    return notAKernel(Path, "no include/linux");
  return T;
}

namespace {
thread_local ReadLog *CurrentLog = nullptr;
} // namespace

ReadLog::ReadLog() : Outer(CurrentLog) { CurrentLog = this; }
ReadLog::~ReadLog() { CurrentLog = Outer; }

void ReadLog::note(llvm::StringRef Path) {
  if (CurrentLog)
    CurrentLog->paths.push_back(Path.str());
}

void Tree::overlay(std::map<std::string, std::optional<std::string>> Texts) {
  Overlay = std::move(Texts);
  Memory = std::make_shared<TreeMemory>();
}

std::shared_ptr<const std::optional<std::string>> Tree::readOnce(llvm::StringRef Relative) const {
  if (auto Known = Memory->texts.find(Relative)) {
    ReadLog::note(Relative);
    return Known;
  }
  return Memory->texts.put(Relative, read(Relative));
}

std::optional<std::string> Tree::read(llvm::StringRef Relative) const {
  ReadLog::note(Relative);
  if (!Overlay.empty())
    if (auto It = Overlay.find(Relative.str()); It != Overlay.end())
      return It->second;
  llvm::StringRef Below = mountedPath(Relative);
  return Below.empty() ? readInside(Root, Relative) : readInside(Mounted, Below);
}

bool Tree::has(llvm::StringRef Relative) const {
  if (!Overlay.empty())
    if (auto It = Overlay.find(Relative.str()); It != Overlay.end())
      return It->second.has_value();
  llvm::StringRef Below = mountedPath(Relative);
  const std::string &Base = Below.empty() ? Root : Mounted;
  std::optional<std::string> Clean = normalise(Below.empty() ? Relative : Below);
  if (!Clean)
    return false;
  if (auto Stored = storedAt(Base))
    return Stored->find(*Clean) || Stored->isDirectory(*Clean);
  const std::string Full = Base + "/" + *Clean;
  Descriptor Plain(openPlain(Full, O_PATH | O_CLOEXEC));
  if (Plain.get() >= 0 || errno == ENOENT)
    return Plain.get() >= 0;
  std::optional<std::string> Real = resolve(Full);
  return Real && isBelow(*Real, Base);
}

std::string Tree::absolute(llvm::StringRef Relative) const {
  llvm::StringRef Below = mountedPath(Relative);
  if (!Below.empty())
    return Below == "." ? Mounted : Mounted + "/" + Below.str();
  return Relative.empty() || Relative == "." ? Root : Root + "/" + Relative.str();
}

std::optional<std::string> Tree::relative(llvm::StringRef Absolute) const {
  llvm::SmallString<256> Clean(Absolute);
  path::remove_dots(Clean, /*remove_dot_dot=*/true);
  auto Inside = [&](llvm::StringRef Text) -> std::optional<std::string> {
    bool Mount = !Mounted.empty() && isBelow(Text, Mounted);
    if (!Mount && !isBelow(Text, Root))
      return std::nullopt;
    Text.consume_front(Mount ? Mounted : Root);
    Text.consume_front("/");
    if (!Mount)
      return Text.str();
    return Text.empty() ? MountPoint.str() : (MountPoint + "/" + Text).str();
  };
  if (std::optional<std::string> Found = Inside(Clean))
    return Found;
  // The user may name a file through a symlink to the tree.
  std::optional<std::string> Real = resolve(Absolute.str());
  return Real ? Inside(*Real) : std::nullopt;
}

llvm::Error Tree::mount(const std::string &Dir) {
  const char *const Mend = "give the directory of the module's sources";
  std::optional<std::string> Real = resolve(Dir);
  struct stat Status;
  if (!Real || ::stat(Real->c_str(), &Status) != 0)
    return failErrno(Dir, errno, Mend);
  if (!S_ISDIR(Status.st_mode))
    return failAt(Dir, 0, 0, "not a directory", Mend);
  if (::access(Real->c_str(), R_OK | X_OK) != 0)
    return failErrno(Dir, errno, "make the directory readable for this user");
  if (isBelow(*Real, Root))
    return failAt(Dir, 0, 0, "this is part of the kernel tree " + Root,
                  "leave --kernel out and name the tree, then the path in it");
  if (isBelow(Root, *Real))
    return failAt(Dir, 0, 0, "holds the kernel tree " + Root, Mend);
  if (has(MountPoint))
    return failAt(absolute(MountPoint), 0, 0, "stands where the module would be seen", "rename it");
  Mounted = *Real;
  Memory = std::make_shared<TreeMemory>();
  return llvm::Error::success();
}

llvm::StringRef Tree::mountedPath(llvm::StringRef Relative) const {
  if (Mounted.empty() || !Relative.consume_front(MountPoint))
    return {};
  if (Relative.empty() || Relative == "/")
    return ".";
  return Relative.consume_front("/") ? Relative : llvm::StringRef();
}

namespace {

bool isPathChar(char C) { return llvm::isAlnum(C) || llvm::StringRef("_/.-+=").contains(C); }

/// Whether a name without a directory is meant as a file: "Makefile:12", or "file": "Makefile" of a report.
bool standsAsFile(llvm::StringRef Before, llvm::StringRef Behind) {
  bool Line = Behind.consume_front(":") && !Behind.empty() && llvm::isDigit(Behind.front());
  return Line || Before.ends_with("\"file\": \"") || Before.ends_with("\"uri\": \"");
}

} // namespace

std::string Tree::shown(llvm::StringRef Text) const {
  if (Mounted.empty())
    return Text.str();
  const std::string Prefix = (MountPoint + "/").str();
  std::map<std::string, bool> Known; // file of the kernel
  auto OfKernel = [&](llvm::StringRef Path) {
    auto [It, New] = Known.try_emplace(Path.str(), false);
    struct stat Status;
    if (New)
      It->second = has(Path) && ::stat(absolute(Path).c_str(), &Status) == 0 && S_ISREG(Status.st_mode);
    return It->second;
  };
  std::string Out;
  for (size_t At = 0; At < Text.size();) {
    size_t End = At;
    while (End < Text.size() && isPathChar(Text[End]))
      ++End;
    llvm::StringRef Run = Text.slice(At, End);
    if (Run.consume_front("-I"))
      Out += "-I";
    llvm::StringRef Path = Run.rtrim('.');
    if (Path.consume_front(Prefix))
      Run = Run.drop_front(Prefix.size());
    else if (!Path.starts_with("/") && (Path.contains('/') || standsAsFile(Text.take_front(At), Text.drop_front(End))) && OfKernel(Path))
      Out += kernelName() + "/";
    Out += Run;
    if (End < Text.size())
      Out += Text[End++];
    At = End;
  }
  return Out;
}

std::string Tree::shownFile(llvm::StringRef File) const {
  llvm::StringRef Below = mountedPath(File);
  return !Below.empty() ? Below.str() : Mounted.empty() || File.empty() || llvm::sys::path::is_absolute(File) ? File.str() : kernelName() + "/" + File.str();
}

bool Tree::hasSourcesIn(llvm::StringRef Directory) const { return hasSources(absolute(Directory)); }

std::vector<std::string> Tree::architectures() const {
  if (auto Stored = storedAt(Root))
    return Stored->directoriesIn("arch");
  std::vector<std::string> Result;
  std::unique_ptr<DIR, int (*)(DIR *)> Dir(::opendir(absolute("arch").c_str()), ::closedir);
  if (!Dir)
    return Result;
  while (const dirent *Entry = ::readdir(Dir.get())) {
    std::string Name = Entry->d_name;
    struct stat Status;
    if (Name.front() != '.' && ::stat(absolute("arch/" + Name).c_str(), &Status) == 0 &&
        S_ISDIR(Status.st_mode) && has("arch/" + Name))
      Result.push_back(Name);
  }
  std::sort(Result.begin(), Result.end());
  return Result;
}

} // namespace krcu
