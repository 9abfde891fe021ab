// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Modules outside the tree. Their makefiles are read twice, like those of the tree: symbolically for the
// names and files, with the kernel's configuration for the flags.
#include "tool/support/error.h"
#include "tool/tree/kbuild.h"
#include "tool/tree/kbuild_flags.h"
#include "tool/tree/kbuild_graph.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <dirent.h>
#include <fnmatch.h>
#include <memory>

namespace krcu {
namespace {

using namespace makefile;

/// Names of the regular files in Root/Dir that match; sorted.
std::vector<std::string> matching(const std::string &Root, const std::string &Dir,
                                  const std::string &Pattern) {
  std::vector<std::string> Names;
  std::string Full = Dir.empty() ? Root : Root + "/" + Dir;
  std::unique_ptr<DIR, int (*)(DIR *)> Open(::opendir(Full.c_str()), ::closedir);
  while (const dirent *Entry = Open ? ::readdir(Open.get()) : nullptr)
    if (::fnmatch(Pattern.c_str(), Entry->d_name, FNM_PERIOD) == 0)
      Names.push_back(Entry->d_name);
  std::sort(Names.begin(), Names.end());
  return Names;
}

class External {
public:
  External(const Tree &Kernel, std::string Root, const std::map<std::string, std::string> &Values)
      : Kernel(Kernel), Root(std::move(Root)), Symbolic(options(nullptr)), Concrete(options(&Values)) {}

  std::vector<ExternalModule> modules() {
    descend("");
    if (Found.empty())
      for (const std::string &Dir : directories())
        descend(Dir);
    std::vector<ExternalModule> Result;
    for (auto &[Name, M] : Found)
      Result.push_back(std::move(M));
    if (Result.empty())
      guess(Result);
    return Result;
  }

private:
  GraphOptions options(const std::map<std::string, std::string> *Values) {
    GraphOptions G;
    G.base = G.src = Root;
    G.srctree = Kernel.root();
    G.src_arch = "x86";
    G.release = Kernel.version();
    G.values = Values;
    G.read = [this](const std::string &Path) { return read(Path); };
    G.glob = [this](const std::string &Pattern) { return glob(Pattern); };
    return G;
  }

  /// A makefile may include its own files by absolute path ($(src)/x.mk) and those of the kernel.
  std::optional<std::string> read(const std::string &Path) const {
    llvm::StringRef Below = Path;
    if (Below.consume_front(Root + "/"))
      return readInside(Root, Below);
    if (std::optional<std::string> InKernel = Kernel.relative(Path); InKernel && Below.starts_with("/"))
      return Kernel.read(*InKernel);
    return readInside(Root, Path);
  }

  std::vector<std::string> glob(const std::string &Pattern) const {
    llvm::StringRef Below = Pattern;
    bool Absolute = Below.consume_front(Root + "/");
    std::string Clean = normalPath(Below.str());
    if (Clean.empty())
      return {};
    std::string Dir = parentOf(Clean);
    std::vector<std::string> Names = matching(Root, Dir, Clean.substr(Dir.empty() ? 0 : Dir.size() + 1));
    for (std::string &Name : Names)
      Name = (Absolute ? Root + "/" : "") + (Dir.empty() ? "" : Dir + "/") + Name;
    return Names;
  }

  void descend(const std::string &Dir) {
    if (!Seen.insert(Dir).second || Seen.size() > 1000)
      return;
    const std::vector<Item> *Items = Symbolic.items(Dir);
    if (!Items)
      return;
    for (const Item &I : *Items) {
      if (I.list != "obj")
        continue;
      // $(src)-relative words are absolute here.
      llvm::StringRef Word = I.word;
      if (!Word.consume_front(Root + "/"))
        Word = I.word;
      std::string Target = normalPath(Dir.empty() ? Word.str() : Dir + "/" + Word.str());
      if (Target.empty() || Target == "/")
        continue;
      if (Target.back() == '/')
        descend(Target.substr(0, Target.size() - 1));
      else
        add(Dir, Target, I);
    }
  }

  void add(const std::string &Dir, const std::string &Object, const Item &I) {
    ExternalModule &M = Found[Object];
    if (M.evidence.empty())
      M.evidence.push_back({I.file, I.line, "", I.variable + " += " + I.word});
    M.name = llvm::StringRef(Object).substr(parentOf(Object).size()).ltrim('/').drop_back(2).str();
    std::set<std::string> Files;
    std::vector<std::string> Parts = Symbolic.parts(Object);
    if (Parts.empty())
      Parts.push_back(Object);
    for (const std::string &Part : Parts)
      for (const char *Extension : {".c", ".S"})
        if (std::string Path = Part.substr(0, Part.size() - 2) + Extension; readInside(Root, Path))
          Files.insert(Path);
    M.files.assign(Files.begin(), Files.end());
    Outside.clear();
    M.flags = flags(Dir, M.files);
    M.outside.assign(Outside.begin(), Outside.end());
  }

  /// Directories below the top, no hidden ones and none behind a symlink; sorted.
  std::vector<std::string> directories() const {
    std::vector<std::string> Result;
    std::error_code Error;
    llvm::sys::fs::recursive_directory_iterator It(Root, Error, /*follow_symlinks=*/false), End;
    for (; It != End && !Error && Result.size() < 1000; It.increment(Error)) {
      if (It->type() != llvm::sys::fs::file_type::directory_file)
        continue;
      if (llvm::sys::path::filename(It->path()).starts_with("."))
        It.no_push();
      else
        Result.push_back(It->path().substr(Root.size() + 1));
    }
    std::sort(Result.begin(), Result.end());
    return Result;
  }

  std::vector<std::string> flags(const std::string &Dir, const std::vector<std::string> &Files) {
    std::vector<std::string> Flags;
    auto Absolute = [&](llvm::StringRef Path) { return absolute(Path); };
    std::vector<std::pair<std::string, std::string>> Sources{
        {Dir, "ccflags-y"}, {Dir, "ccflags-m"}, {Dir, "EXTRA_CFLAGS"}, {"", "subdir-ccflags-y"}};
    if (!Dir.empty())
      Sources.emplace_back(Dir, "subdir-ccflags-y");
    for (const std::string &File : Files) {
      llvm::StringRef Object = File;
      if (!Dir.empty() && Object.consume_front(Dir))
        Object.consume_front("/");
      Sources.emplace_back(Dir, "CFLAGS_" + Object.drop_back(2).str() + ".o");
    }
    for (const auto &[Of, Name] : Sources)
      appendParserFlags(Concrete.value(Of, Name), Absolute, Flags);
    return Flags;
  }

  /// Kbuild compiles in the kernel's directory, so a plain relative -I counts from there; but many makefiles
  /// mean their own.
  std::string absolute(llvm::StringRef Path) {
    if (Path.starts_with("/")) {
      llvm::SmallString<256> Clean(Path.size() > 1 ? Path.rtrim('/') : Path);
      llvm::sys::path::remove_dots(Clean, /*remove_dot_dot=*/true);
      if (Clean == Root || Clean.str().starts_with(Root + "/") || Kernel.relative(Clean))
        return Clean.str().str();
    } else if (Kernel.has(Path)) {
      return Kernel.absolute(Path);
    } else if (std::string Clean = normalPath(Path.str()); !Clean.empty()) {
      return Root + "/" + Clean;
    }
    Outside.insert(Path.str());
    return {};
  }

  /// No makefile says anything: the directory is one module.
  void guess(std::vector<ExternalModule> &Result) {
    ExternalModule M;
    M.guessed = true;
    M.name = Root.substr(Root.rfind('/') + 1);
    std::vector<std::string> Dirs = directories();
    Dirs.insert(Dirs.begin(), "");
    for (const std::string &Dir : Dirs)
      for (const std::string &Name : matching(Root, Dir, "*.c"))
        if (!llvm::StringRef(Name).ends_with(".mod.c"))
          M.files.push_back(Dir.empty() ? Name : Dir + "/" + Name);
    std::sort(M.files.begin(), M.files.end());
    if (!M.files.empty())
      Result.push_back(std::move(M));
  }

  const Tree &Kernel;
  const std::string Root;
  Graph Symbolic, Concrete;
  std::set<std::string> Seen, Outside;
  std::map<std::string, ExternalModule> Found;
};

} // namespace

llvm::Expected<std::vector<ExternalModule>>
externalModules(const Tree &Kernel, const std::string &Dir,
                const std::map<std::string, std::string> &Values) {
  std::unique_ptr<char, void (*)(void *)> Real(::realpath(Dir.c_str(), nullptr), std::free);
  std::unique_ptr<DIR, int (*)(DIR *)> Open(Real ? ::opendir(Real.get()) : nullptr, ::closedir);
  if (!Open)
    return failErrno(Dir, errno, "give the directory of the module's sources");
  std::vector<ExternalModule> Modules = External(Kernel, Real.get(), Values).modules();
  if (Modules.empty())
    return fail(
        Dir +
        ": no Kbuild or Makefile with obj-m and no C file; give the directory that `make M=` would build");
  std::sort(Modules.begin(), Modules.end(), [](const ExternalModule &A, const ExternalModule &B) {
    return std::tie(A.name, A.files) < std::tie(B.name, B.files);
  });
  return Modules;
}

} // namespace krcu
