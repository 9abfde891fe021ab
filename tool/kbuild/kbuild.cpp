// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The public questions about Kbuild, answered from two graphs of listings: the concrete one (this
// configuration) for isBuilt and flags, the symbolic one (any configuration) for modules.
#include "tool/kbuild/kbuild.h"
#include "tool/kbuild/kbuild_flags.h"
#include "tool/kbuild/kbuild_graph.h"
#include "tool/kbuild/kbuild_mount.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <mutex>

namespace krcu {
namespace {

using namespace makefile;

using Chain = std::vector<Listing>;

/// The object of a source file; empty for files that are not compiled by themselves.
std::string objectOf(llvm::StringRef File) {
  for (llvm::StringRef Extension : {".c", ".S", ".rs"})
    if (File.ends_with(Extension))
      return normalPath(File.drop_back(Extension.size()).str() + ".o");
  return {};
}

std::string sourceOf(const Tree &T, llvm::StringRef Object) {
  for (const char *Extension : {".c", ".S", ".rs"})
    if (std::string Path = Object.drop_back(2).str() + Extension; T.has(Path))
      return Path;
  return {};
}

/// The listing of the object that becomes the .ko or is linked into the kernel: where the composites end.
const Listing &moduleListing(const Chain &C) {
  for (const Listing &L : C)
    if (L.composite().empty())
      return L;
  return C.back();
}

/// That object, as a path.
std::string moduleObject(const Chain &C, const std::string &Object) {
  std::string Path = Object;
  for (const Listing &L : C) {
    std::string Composite = L.composite();
    if (Composite.empty())
      break;
    Path = Composite;
  }
  return Path;
}

void addSymbols(const Listing &L, std::vector<std::string> &To) {
  for (const std::string &S : L.item->symbols)
    if (!llvm::is_contained(To, S))
      To.push_back(S);
}

class KbuildImpl : public Kbuild {
public:
  KbuildImpl(const Tree &T, std::map<std::string, std::string> V, std::string Arch)
      : T(T), Values(std::move(V)), SrcArch(std::move(Arch)), Concrete(options(&Values)),
        Symbolic(options(nullptr)) {}

  bool isBuilt(const std::string &File, std::string *Why) override {
    std::lock_guard<std::mutex> Lock(ConcreteLock);
    std::string Object = objectOf(File);
    if (Object.empty()) {
      if (Why)
        *Why = File + ": not a file that is compiled by itself";
      return false;
    }
    Chain C;
    std::string Reason;
    bool Built = Concrete.climb(Object, C, &Reason);
    if (Why)
      *Why = Reason.empty() && !Built ? Object + ": not reached from any obj- list" : Built ? "" : Reason;
    return Built;
  }

  std::vector<std::string> flags(const std::string &File) override {
    std::lock_guard<std::mutex> Lock(ConcreteLock);
    std::vector<std::string> Flags;
    for (const auto &[Of, Name] : flagVariables(File))
      appendParserFlags(Concrete.value(Of, Name), [&](llvm::StringRef Path) { return absolute(Path); }, Flags);
    return Flags;
  }

  std::vector<Flag> flagLines(const std::string &File) override {
    std::lock_guard<std::mutex> Lock(ConcreteLock);
    std::vector<std::string> Flags;
    std::vector<Flag> Lines;
    for (const auto &[Of, Name] : flagVariables(File)) {
      const std::vector<Traced> Words = Concrete.trace(Of, Name);
      for (size_t N = 0; N < Words.size(); ++N) {
        const Traced &First = Words[N];
        std::string Text = shellQuoted(First.word);
        if (takesNextWord(First.word) && N + 1 < Words.size())
          Text += " " + shellQuoted(Words[++N].word);
        appendParserFlags(Text, [&](llvm::StringRef Path) { return absolute(Path); }, Flags);
        while (Lines.size() < Flags.size())
          Lines.push_back({Flags[Lines.size()], First.file, First.line});
      }
    }
    return Lines;
  }

  ModuleInfo moduleOf(const std::string &File) override {
    std::lock_guard<std::mutex> Lock(SymbolicLock);
    ModuleInfo Info;
    std::string Object = objectOf(File);
    const std::vector<Chain> &Ways = waysOf(Object);
    if (Ways.empty())
      return Info;
    const Chain &Way = *preferred(Ways);
    const Listing &Named = moduleListing(Way);
    std::string Path = moduleObject(Way, Object);
    Info.name = Path.substr(Path.rfind('/') + 1);
    Info.name.resize(Info.name.size() - 2);
    Info.always_built_in =
        llvm::all_of(Ways, [](const Chain &C) { return moduleListing(C).item->how == Item::BuiltIn; });
    if (Named.item->how == Item::BySymbol)
      Info.module_symbol = Named.item->chooser;
    // Directories from the top, then what makes the file part of the composite, then the module's own line.
    size_t Own = size_t(&Named - Way.data());
    for (size_t I = Way.size(); I-- > Own + 1;)
      addSymbols(Way[I], Info.symbols);
    for (size_t I = 0; I <= Own; ++I)
      addSymbols(Way[I], Info.symbols);
    if (!Info.module_symbol.empty()) {
      llvm::erase(Info.symbols, Info.module_symbol);
      Info.symbols.push_back(Info.module_symbol);
    }
    for (const Listing &L : Way)
      Info.evidence.push_back({L.item->file, L.item->line, "", L.item->variable + " += " + L.item->word});
    return Info;
  }

  std::vector<std::string> filesOfModule(const std::string &File) override {
    std::set<std::string> Files = partsOf(File).files;
    Files.insert(File);
    return {Files.begin(), Files.end()};
  }

  std::vector<std::string> missingOfModule(const std::string &File) override {
    const std::set<std::string> Missing = partsOf(File).missing;
    return {Missing.begin(), Missing.end()};
  }

  std::vector<std::string> flawsOfModule(const std::string &File) override {
    const std::set<std::string> Flaws = partsOf(File).flaws;
    return {Flaws.begin(), Flaws.end()};
  }

  std::vector<std::string> flaws() override {
    std::lock_guard<std::mutex> Lock(SymbolicLock);
    return Symbolic.flaws();
  }

private:
  struct Parts {
    std::set<std::string> files, missing, flaws;
  };

  Parts partsOf(const std::string &File) {
    std::lock_guard<std::mutex> Lock(SymbolicLock);
    std::string Object = objectOf(File);
    const std::vector<Chain> &Ways = waysOf(Object);
    if (Ways.empty())
      return {};
    auto [It, New] = Modules.try_emplace(moduleObject(*preferred(Ways), Object));
    std::set<std::string> Seen;
    if (New)
      collect(It->first, It->second, Seen);
    return It->second;
  }

  /// The variables with the flags of a file: the directory that they are of, and their names.
  std::vector<std::pair<std::string, std::string>> flagVariables(const std::string &File) {
    std::string Object = objectOf(File);
    std::string Dir = buildingDirectory(File, Object);
    std::vector<std::pair<std::string, std::string>> Names;
    for (const char *Name : {"ccflags-y", "ccflags-m", "EXTRA_CFLAGS"})
      Names.emplace_back(Dir, Name);
    // subdir-ccflags-y holds for the directory and everything below it.
    for (size_t Slash = 0; Slash != std::string::npos && !Dir.empty();) {
      Slash = Dir.find('/', Slash + 1);
      std::string Ancestor = Dir.substr(0, Slash);
      Names.emplace_back(Ancestor, "subdir-ccflags-y");
      Names.emplace_back(Ancestor, "subdir-ccflags-m");
    }
    if (!Object.empty()) {
      llvm::StringRef Below = Object;
      if (!Dir.empty() && Below.consume_front(Dir))
        Below.consume_front("/");
      Names.emplace_back(Dir, "CFLAGS_" + Below.str());
      std::string Base = llvm::StringRef(Object).substr(Object.rfind('/') + 1).str();
      if (Base != Below)
        Names.emplace_back(Dir, "CFLAGS_" + Base);
    }
    return Names;
  }

  GraphOptions options(const std::map<std::string, std::string> *Of) const {
    GraphOptions G;
    G.base = T.root();
    G.srctree = ".";
    G.src_arch = SrcArch;
    G.release = T.version();
    G.architectures = T.architectures();
    G.values = Of;
    G.read = [this](const std::string &Path) { return *T.readOnce(Path); };
    G.memory = Of ? &T.memory().concrete : &T.memory().symbolic;
    return G;
  }

  /// A way through another architecture says less about this configuration; then the way that can be a module
  /// comes first.
  const Chain *preferred(const std::vector<Chain> &Ways) const {
    auto Rank = [&](const Chain &C) {
      bool Foreign = llvm::any_of(C, [&](const Listing &L) {
        llvm::StringRef Dir = L.dir;
        return Dir.consume_front("arch/") && Dir.split('/').first != SrcArch;
      });
      return std::pair(Foreign, moduleListing(C).item->how == Item::BuiltIn);
    };
    const Chain *Best = &Ways.front();
    for (const Chain &C : Ways)
      if (Rank(C) < Rank(*Best))
        Best = &C;
    return Best;
  }

  const std::vector<Chain> &waysOf(const std::string &Object) {
    auto [It, New] = Ways.try_emplace(Object);
    if (New && !Object.empty())
      It->second = Symbolic.climbAll(Object);
    return It->second;
  }

  /// The source files linked into a module; a part may be a composite itself.
  void collect(const std::string &Object, Parts &To, std::set<std::string> &Seen) {
    if (!Seen.insert(Object).second)
      return;
    if (const std::string Dir = parentOf(Object); Seen.insert(Dir + "/").second)
      for (std::string &Flaw : Symbolic.flaws(Dir))
        To.flaws.insert(std::move(Flaw));
    std::vector<std::string> Parts = Symbolic.parts(Object);
    if (Parts.empty())
      Parts.push_back(Object);
    for (const std::string &Part : Parts) {
      if (std::string Source = sourceOf(T, Part); !Source.empty())
        To.files.insert(Source);
      else if (Part != Object)
        collect(Part, To, Seen);
      else
        To.missing.insert(Part);
    }
  }

  /// The directory whose makefile compiles the object; for fragments that others include, the nearest one
  /// with a makefile.
  std::string buildingDirectory(const std::string &File, const std::string &Object) {
    Chain C;
    if (!Object.empty() && Concrete.climb(Object, C, nullptr))
      return C.front().dir.str();
    if (!Object.empty())
      if (std::vector<Listing> Near = Concrete.nearest(Object); !Near.empty())
        return Near.front().dir.str();
    std::string Dir = parentOf(File);
    while (!Dir.empty() && !Concrete.items(Dir))
      Dir = parentOf(Dir);
    return Dir;
  }

  std::string absolute(llvm::StringRef Path) const {
    if (Path.starts_with("/")) {
      std::optional<std::string> Inside = T.relative(Path);
      return Inside ? T.absolute(*Inside) : std::string();
    }
    std::string Clean = normalPath(Path.rtrim('/').str());
    return Clean.empty() || Clean == "." ? std::string() : T.absolute(Clean);
  }

  const Tree &T;
  const std::map<std::string, std::string> Values;
  const std::string SrcArch;
  Graph Concrete, Symbolic;
  std::map<std::string, std::vector<Chain>> Ways;       ///< by object
  std::map<std::string, Parts> Modules; ///< by the module's object
  std::mutex ConcreteLock, SymbolicLock; ///< of the two graphs; the memories of ways and modules belong to the symbolic one
};

} // namespace

std::unique_ptr<Kbuild> Kbuild::create(const Tree &T, std::map<std::string, std::string> Values,
                                       std::string SrcArch) {
  if (T.mounted().empty())
    return std::make_unique<KbuildImpl>(T, std::move(Values), std::move(SrcArch));
  auto OfTree = std::make_unique<KbuildImpl>(T, Values, std::move(SrcArch));
  return withMount(T, Values, std::move(OfTree));
}

} // namespace krcu
