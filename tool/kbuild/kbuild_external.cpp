// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Modules outside the tree. Their makefiles are read several times: symbolically for the names and files, and with the kernel's
// configuration for the flags, once for each way in which what nobody knows may come out.
#include "tool/support/error.h"
#include "tool/kbuild/kbuild.h"
#include "tool/kbuild/kbuild_flags.h"
#include "tool/kbuild/kbuild_graph.h"
#include "tool/kbuild/kbuild_outside.h"
#include "tool/kbuild/makefile_words.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <dirent.h>
#include <memory>

namespace krcu {
namespace {

using namespace makefile;

/// Whether Kbuild makes it: pond.mod.c.
bool isMade(llvm::StringRef Name) { return Name.ends_with(".mod.c"); }

class External {
public:
  External(const Tree &Kernel, std::string Root, const std::map<std::string, std::string> &Values)
      : Kernel(Kernel), Directory(Kernel, std::move(Root)), Values(Values), Symbolic(options(nullptr, Doubt::Both)) {}

  std::vector<ExternalModule> modules() {
    descend("", "");
    if (Found.empty())
      for (const std::string &Dir : Directory.directories())
        descend(Dir, Dir);
    std::vector<ExternalModule> Result;
    for (auto &[Object, M] : Found) {
      takeUnlisted(M.second, M.first);
      addFlags(M.second, M.first);
      Result.push_back(std::move(M.second));
    }
    if (Result.empty())
      guess(Result);
    return Result;
  }

private:
  GraphOptions options(const std::map<std::string, std::string> *Of, Doubt D) {
    GraphOptions G;
    G.base = G.src = Directory.root();
    G.srctree = Kernel.root();
    G.src_arch = "x86";
    G.release = Kernel.version();
    G.values = Of;
    G.read = [this](const std::string &Path) { return Directory.read(Path); };
    G.glob = [this](const std::string &Pattern) { return Directory.glob(Pattern); };
    G.shell = [this](llvm::StringRef Command, const std::string &Where) { return Directory.shell(Command, Where); };
    G.doubt = D;
    G.entry = [this](const std::string &Dir) { return entryOf(Dir); };
    G.environment = [this, D](const std::string &Entry) { return Directory.environment(Entry, D, Doubted); };
    return G;
  }

  /// The nearest directory above that make was started for.
  std::string entryOf(std::string Dir) const {
    while (!Dir.empty() && !Entries.count(Dir))
      Dir = parentOf(Dir);
    return Dir;
  }

  Graph &concrete(Doubt D) {
    std::unique_ptr<Graph> &G = Concrete[D];
    if (!G)
      G = std::make_unique<Graph>(options(&Values, D));
    return *G;
  }

  void descend(const std::string &Dir, const std::string &Entry) {
    if (Seen.count(Dir) || Seen.size() > 1000)
      return;
    Seen.insert(Dir);
    if (Dir == Entry)
      Entries.insert(Dir);
    const std::vector<Item> *Items = Symbolic.items(Dir);
    if (!Items)
      return;
    for (const Item &I : *Items) {
      if (I.list != "obj")
        continue;
      if (I.word == "*") { // which ones only a command would tell: each of the directory's files may be one
        add(Dir, Dir.empty() ? "*" : Dir + "/*", I);
        continue;
      }
      // $(src)-relative words are absolute here.
      llvm::StringRef Word = I.word;
      if (!Word.consume_front(Directory.root() + "/"))
        Word = I.word;
      bool Whole = Word.size() < I.word.size();
      std::string Target = normalPath(Dir.empty() || Whole ? Word.str() : Dir + "/" + Word.str());
      if (Target.empty() || Target == "/")
        continue;
      if (Target.back() == '/')
        descend(Target.substr(0, Target.size() - 1), Entry);
      else
        add(Dir, Target, I);
    }
  }

  void add(const std::string &Dir, const std::string &Object, const Item &I) {
    auto [It, New] = Found.try_emplace(Object, std::pair(Dir, ExternalModule()));
    ExternalModule &M = It->second.second;
    if (!New)
      return;
    M.evidence.push_back({I.file, I.line, "", I.variable + " += " + I.word});
    M.name = llvm::StringRef(Object).substr(parentOf(Object).size()).ltrim('/').str();
    if (I.word == "*") {
      M.name = llvm::StringRef(Directory.root() + (Dir.empty() ? "" : "/" + Dir)).rsplit('/').second.str();
      M.guessed = true;
      return;
    }
    M.name.resize(M.name.size() - 2);
    std::set<std::string> Files, Missing, Visited;
    collect(Object, Files, Missing, Visited, M.guessed);
    M.missing.assign(Missing.begin(), Missing.end());
    M.flaws = Symbolic.flaws(Dir);
    M.guessed = M.guessed || !M.flaws.empty();
    M.files.assign(Files.begin(), Files.end());
    Listed.insert(Files.begin(), Files.end());
  }

  /// The source files linked into an object; a part may be a composite itself. \p Open: a part is known to no one but a command.
  void collect(const std::string &Object, std::set<std::string> &Files, std::set<std::string> &Missing, std::set<std::string> &Visited, bool &Open) {
    if (!Visited.insert(Object).second)
      return;
    Open = Open || Symbolic.isOpen(Object);
    std::vector<std::string> Parts = Symbolic.parts(Object);
    if (Parts.empty())
      Parts.push_back(Object);
    for (const std::string &Part : Parts) {
      bool Any = false;
      for (const char *Extension : {".c", ".S"})
        if (std::string Path = Part.substr(0, Part.size() - 2) + Extension; readInside(Directory.root(), Path)) {
          Files.insert(Path);
          Any = true;
        }
      if (!Any && Part != Object)
        collect(Part, Files, Missing, Visited, Open);
      else if (!Any)
        Missing.insert(Part);
    }
  }

  /// A module whose parts only a command would tell may have every file below its directory that no other one has.
  void takeUnlisted(ExternalModule &M, const std::string &Dir) {
    if (!M.guessed)
      return;
    std::set<std::string> Files(M.files.begin(), M.files.end());
    for (const std::string &File : sourcesBelow(Dir))
      if (!Listed.count(File))
        Files.insert(File);
    M.files.assign(Files.begin(), Files.end());
  }

  std::vector<std::string> sourcesBelow(const std::string &Dir) const {
    std::vector<std::string> Files, Dirs{Dir};
    for (const std::string &Below : Directory.directories())
      if (Dir.empty() || llvm::StringRef(Below).starts_with(Dir + "/"))
        Dirs.push_back(Below);
    for (const std::string &Each : Dirs)
      for (const std::string &Name : Directory.matching(Each, "*.c"))
        if (!isMade(Name))
          Files.push_back(Each.empty() ? Name : Each + "/" + Name);
    return Files;
  }

  void addFlags(ExternalModule &M, const std::string &Dir) {
    Outside.clear(), Unknown.clear();
    for (const std::string &File : M.files) {
      ExternalModule::FlagSets &Sets = M.flags[File];
      Sets.push_back(flagsUnder(Doubt::Likely, Dir, File));
      if (!inDoubt(Dir))
        continue;
      for (Doubt D : {Doubt::Unlikely, Doubt::Both})
        if (Kbuild::FlagSet F = flagsUnder(D, Dir, File); !llvm::is_contained(Sets, F))
          Sets.push_back(std::move(F));
    }
    M.outside.assign(Outside.begin(), Outside.end());
    M.unknown.assign(Unknown.begin(), Unknown.end());
  }

  bool inDoubt(std::string Dir) {
    Graph &G = concrete(Doubt::Likely);
    for (const std::string Entry = entryOf(Dir);; Dir = parentOf(Dir)) {
      if (Doubted || G.inDoubt(Dir))
        return true;
      if (Dir.empty() || Dir == Entry)
        return false;
    }
  }

  /// As Kbuild puts them together; what stands before the kernel's own include paths wins over them.
  Kbuild::FlagSet flagsUnder(Doubt D, const std::string &Dir, const std::string &File) {
    Graph &G = concrete(D);
    Kbuild::FlagSet Result;
    auto Absolute = [&](llvm::StringRef Path) { return absolute(Path, Dir); };
    auto Add = [&](const std::string &Text, std::vector<std::string> &To) { appendParserFlags(known(Text), Absolute, To); };
    const std::string Includes = G.value(Dir, "LINUXINCLUDE");
    auto [First, Last] = llvm::StringRef(Includes).split(KernelIncludes);
    Add(G.value(Dir, "NOSTDINC_FLAGS"), Result.front);
    Add(First.str(), Result.front);
    Add(Last.str(), Result.back);
    Add(G.value(Dir, "KBUILD_CPPFLAGS"), Result.back);
    Add(G.value(Dir, "KBUILD_CFLAGS"), Result.back);
    for (const std::string &Above : wayTo(Dir))
      for (const char *Name : {"subdir-ccflags-y", "subdir-ccflags-m"})
        Add(G.value(Above, Name), Result.back);
    for (const char *Name : {"ccflags-y", "ccflags-m", "EXTRA_CFLAGS", "CFLAGS_MODULE", "KBUILD_CFLAGS_MODULE"})
      Add(G.value(Dir, Name), Result.back);
    llvm::StringRef Object = llvm::StringRef(File).drop_back(2);
    if (!Dir.empty() && Object.consume_front(Dir))
      Object.consume_front("/");
    llvm::StringRef Base = Object.substr(Object.rfind('/') + 1);
    Add(G.value(Dir, "CFLAGS_" + Object.str() + ".o"), Result.back);
    if (Base != Object)
      Add(G.value(Dir, "CFLAGS_" + Base.str() + ".o"), Result.back);
    Add(G.value(Dir, "KCFLAGS"), Result.back);
    return Result;
  }

  /// The directories from the entry down to `Dir`.
  std::vector<std::string> wayTo(std::string Dir) const {
    std::vector<std::string> Way{Dir};
    for (const std::string Entry = entryOf(Dir); Dir != Entry && !Dir.empty();)
      Way.push_back(Dir = parentOf(Dir));
    std::reverse(Way.begin(), Way.end());
    return Way;
  }

  /// The words that are known; a macro is defined whatever it stands for.
  std::string known(llvm::StringRef Text) {
    if (!isUnknown(Text))
      return Text.str();
    std::string Out;
    for (const std::string &Word : shellWords(Text)) {
      std::string Rest = Word;
      llvm::erase(Rest, UnknownMark);
      bool Whole = Rest.size() == Word.size();
      if (!Whole && !llvm::StringRef(Word).starts_with("-D")) {
        std::string Shown = Word;
        std::replace(Shown.begin(), Shown.end(), UnknownMark, '?');
        Unknown.insert(Shown);
        continue;
      }
      Out += (Out.empty() ? "" : " ") + shellQuoted(Rest);
    }
    return Out;
  }

  std::string absolute(llvm::StringRef Path, const std::string &Dir) {
    std::string Full = Directory.absolute(Path, Dir);
    if (Full.empty())
      Outside.insert(Path.str());
    return Full;
  }

  /// No makefile says anything: the directory is one module.
  void guess(std::vector<ExternalModule> &Result) {
    ExternalModule M;
    M.guessed = true;
    M.name = Directory.root().substr(Directory.root().rfind('/') + 1);
    M.files = sourcesBelow("");
    std::sort(M.files.begin(), M.files.end());
    for (const std::string &File : M.files)
      M.flags[File].emplace_back();
    if (!M.files.empty())
      Result.push_back(std::move(M));
  }

  const Tree &Kernel;
  const ModuleDirectory Directory;
  const std::map<std::string, std::string> &Values;
  bool Doubted = false; ///< what the user's own make would hand down rests on what nobody knows
  std::set<std::string> Seen, Entries, Listed, Outside, Unknown;
  std::map<std::string, std::pair<std::string, ExternalModule>> Found; ///< by object, with the directory of its makefile
  Graph Symbolic;
  std::map<Doubt, std::unique_ptr<Graph>> Concrete;
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
