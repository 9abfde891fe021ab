// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A module's makefile is read by make twice: first by the user's own make, which hands over to the kernel's with M=, and then by Kbuild. Both
// readings are made here; the first one's exported variables, and those on the command line that hands over, are what the second one begins with.
#include "tool/kbuild/kbuild_outside.h"
#include "tool/kbuild/kbuild_flags.h"
#include "tool/kbuild/kbuild_graph.h"
#include "tool/kbuild/makefile_words.h"
#include "tool/kbuild/shell_text.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <cstdlib>
#include <dirent.h>
#include <fnmatch.h>
#include <memory>

namespace krcu::makefile {
namespace {

using llvm::StringRef;

constexpr size_t MaxMatches = 10'000;

/// Whether something of that name is there, and no link leads out of `Base`.
bool isInside(const std::string &Base, const std::string &Path) {
  std::unique_ptr<char, void (*)(void *)> Real(::realpath(Path.c_str(), nullptr), std::free);
  return Real && (Path == Base || StringRef(Real.get()) == Base || StringRef(Real.get()).starts_with(Base + "/"));
}

std::vector<std::string> namesIn(const std::string &Base, const std::string &Dir, const std::string &Pattern) {
  std::vector<std::string> Names;
  std::unique_ptr<DIR, int (*)(DIR *)> Open(isInside(Base, Dir) ? ::opendir(Dir.c_str()) : nullptr, ::closedir);
  while (const dirent *Entry = Open ? ::readdir(Open.get()) : nullptr)
    if (::fnmatch(Pattern.c_str(), Entry->d_name, FNM_PERIOD) == 0)
      Names.push_back(Entry->d_name);
  std::sort(Names.begin(), Names.end());
  return Names;
}

/// What matches the pattern below `Base`, as paths relative to it.
std::vector<std::string> matchesBelow(const std::string &Base, const std::string &Pattern) {
  std::vector<std::string> Found{""};
  llvm::SmallVector<StringRef, 8> Parts;
  StringRef(Pattern).split(Parts, '/', -1, false);
  for (StringRef Part : Parts) {
    std::vector<std::string> Next;
    for (const std::string &Dir : Found) {
      const std::string Before = Dir.empty() ? "" : Dir + "/";
      if (Part.find_first_of("*?[") == StringRef::npos)
        Next.push_back(Before + Part.str());
      else
        for (const std::string &Name : namesIn(Base, Base + "/" + Dir, Part.str()))
          if (Next.size() < MaxMatches)
            Next.push_back(Before + Name);
    }
    Found = std::move(Next);
  }
  llvm::erase_if(Found, [&](const std::string &Path) { return !isInside(Base, Base + "/" + Path); });
  return Found;
}

/// Variables on a command line that hands over to Kbuild: make -C KERNEL M=DIR A=1 modules. Those that say where things are, or how the
/// compiler is called, are not the module's.
void addCommandLine(StringRef Recipe, Presets &To) {
  std::vector<std::string> Words = shellWords(Recipe.ltrim("@-+\t "));
  auto Names = [&](StringRef Start) { return llvm::any_of(Words, [&](const std::string &W) { return StringRef(W).starts_with(Start); }); };
  if (!Names("M=") && !Names("SUBDIRS=") && !Names("KBUILD_EXTMOD="))
    return;
  if (StringRef Goal = Words.back(); Goal.contains("clean") || Goal.contains("install") || Goal == "help")
    return;
  static const StringRef Others[] = {"M", "SUBDIRS", "KBUILD_EXTMOD", "MO", "V", "W", "C", "CF", "O", "CC", "LD", "ARCH", "CROSS_COMPILE", "LLVM",
                                     "KBUILD_OUTPUT", "KBUILD_VERBOSE", "srctree", "src", "obj", "PWD", "KERNELRELEASE"};
  for (const std::string &Word : Words) {
    auto [Name, Value] = StringRef(Word).split('=');
    bool Plain = !Name.empty() && Name.size() < Word.size() && llvm::all_of(Name, [](char C) { return llvm::isAlnum(C) || C == '_' || C == '-'; });
    if (Plain && !Name.starts_with("-") && !llvm::is_contained(Others, Name))
      To[Name] = Value.str();
  }
}

} // namespace

/// /lib/modules/VERSION/build is the kernel that the module is built for, whichever that is here.
std::optional<std::string> ModuleDirectory::inKernel(StringRef Path) const {
  StringRef Rest = Path;
  if (Rest.consume_front("/lib/modules/")) {
    Rest = Rest.substr(std::min(Rest.find('/'), Rest.size()));
    if ((Rest.consume_front("/build") || Rest.consume_front("/source")) && (Rest.empty() || Rest.starts_with("/")))
      return Rest.ltrim('/').str();
  }
  return Path.starts_with("/") ? Kernel.relative(Path) : std::nullopt;
}

std::optional<std::string> ModuleDirectory::read(const std::string &Path) const {
  StringRef Below = Path;
  if (Below.consume_front(Root + "/"))
    return readInside(Root, Below);
  if (std::optional<std::string> Relative = inKernel(Path))
    return Kernel.read(*Relative);
  return readInside(Root, Path);
}

std::vector<std::string> ModuleDirectory::glob(const std::string &Pattern) const {
  if (isUnknown(Pattern))
    return {std::string(1, UnknownMark)};
  StringRef Below = Pattern;
  std::string Before, Base = Root;
  if (Below == Root)
    return {Pattern};
  if (Below.consume_front(Root + "/")) {
    Before = Root + "/";
  } else if (std::optional<std::string> Relative = inKernel(Pattern)) {
    Base = Kernel.root(), Before = Base + "/";
    return matchesBelow(Base, *Relative).empty() ? std::vector<std::string>() : std::vector<std::string>{Pattern};
  }
  const std::string Clean = normalPath(Below.str());
  if (Clean.empty() && Below != ".")
    return {std::string(1, UnknownMark)}; // it leads out
  std::vector<std::string> Paths = matchesBelow(Base, Clean);
  for (std::string &Path : Paths)
    Path = Before + Path;
  return Paths;
}

std::string ModuleDirectory::shell(StringRef Command, const std::string &Where) const {
  return printedBy(Command, {Where, Kernel.version(), "x86_64"}).value_or(std::string(1, UnknownMark));
}

std::string ModuleDirectory::absolute(StringRef Path, const std::string &Dir) const {
  auto IsOurs = [&](StringRef P) { return P == Root || P.starts_with(Root + "/"); };
  if (Path.starts_with("/")) {
    llvm::SmallString<256> Clean(Path.size() > 1 ? Path.rtrim('/') : Path);
    llvm::sys::path::remove_dots(Clean, /*remove_dot_dot=*/true);
    if (IsOurs(Clean))
      return Clean.str().str();
    std::optional<std::string> Relative = inKernel(Clean);
    return Relative ? Kernel.absolute(*Relative) : std::string();
  }
  for (const std::string &From : {std::string(), Dir})
    if (std::string Clean = normalPath(From.empty() ? Path.str() : From + "/" + Path.str());
        !Clean.empty() && isInside(Root, Root + "/" + Clean))
      return Root + "/" + StringRef(Clean).rtrim('/').str();
  if (Kernel.has(Path))
    return Kernel.absolute(StringRef(Path).rtrim('/'));
  std::string Clean = normalPath(Path.str());
  return Clean.empty() ? std::string() : Root + "/" + Clean;
}

Presets ModuleDirectory::environment(const std::string &Entry, Doubt D, bool &Doubted) const {
  Presets Env, CommandLine;
  std::vector<std::string> Way{""}; // the makefiles from the top down to the entry: each may start make in the next
  for (size_t Slash = 0; !Entry.empty() && Slash != std::string::npos;) {
    Slash = Entry.find('/', Slash + 1);
    Way.push_back(Entry.substr(0, Slash));
  }
  for (const std::string &Dir : Way) {
    auto O = std::make_shared<Options>();
    O->base = Root;
    O->where = Root + (Dir.empty() ? "" : "/" + Dir);
    O->read = [this](const std::string &Path) { return read(Path); };
    O->glob = [this](const std::string &Pattern) { return glob(Pattern); };
    O->shell = [this, Where = O->where](StringRef Command) { return shell(Command, Where); };
    static const std::map<std::string, std::string> NoValues;
    O->values = std::make_shared<const ValueTable>(NoValues);
    O->doubt = D;
    Env["PWD"] = Root; // the user's shell sets it, make does not
    Env["CURDIR"] = O->where;
    O->environment = std::make_shared<const Presets>(Env);
    for (const char *Name : {"GNUmakefile", "makefile", "Makefile"}) {
      std::string Path = (Dir.empty() ? "" : Dir + "/") + Name;
      std::optional<std::string> Text = read(Path);
      if (!Text)
        continue;
      Makefile M(O);
      M.evaluate(*Text, Path);
      Env = M.exported();
      for (const std::string &Recipe : M.recipes())
        addCommandLine(Recipe, CommandLine);
      Doubted = Doubted || M.inDoubt();
      break;
    }
  }
  // The kernel's own makefile comes between; it sets and exports these.
  for (unsigned Part = 0; Part != 3; ++Part)
    Env[Part == 0 ? "VERSION" : Part == 1 ? "PATCHLEVEL" : "SUBLEVEL"] = std::to_string(Kernel.versionCode(Part));
  Env["KERNELVERSION"] = Kernel.version();
  for (const char *Name : {"NOSTDINC_FLAGS", "KBUILD_CPPFLAGS", "KBUILD_CFLAGS"})
    Env[Name] = "";
  Env["LINUXINCLUDE"] = KernelIncludes;
  for (const auto &Each : CommandLine)
    Env[Each.getKey()] = Each.getValue();
  Env["PWD"] = Env["CURDIR"] = Root + (Entry.empty() ? "" : "/" + Entry);
  return Env;
}

std::vector<std::string> ModuleDirectory::directories() const {
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

std::vector<std::string> ModuleDirectory::matching(const std::string &Dir, const std::string &Pattern) const {
  return namesIn(Root, Dir.empty() ? Root : Root + "/" + Dir, Pattern);
}

} // namespace krcu::makefile
