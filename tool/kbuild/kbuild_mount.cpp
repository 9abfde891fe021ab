// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An external module in the place where it is mounted: what externalModules() says, with the names and paths
// that the rest of the program uses for its files.
#include "tool/kbuild/kbuild_mount.h"
#include "tool/kbuild/kbuild_flags.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

namespace krcu {
namespace {

class MountedKbuild final : public Kbuild {
public:
  MountedKbuild(const Tree &T, const std::map<std::string, std::string> &Values, std::unique_ptr<Kbuild> OfTree)
      : T(T), OfTree(std::move(OfTree)) {
    // A directory without modules is reported by whoever mounts it; its files are then part of none.
    if (auto Found = externalModules(T, T.mounted(), Values))
      Modules = std::move(*Found);
    else
      llvm::consumeError(Found.takeError());
    for (ExternalModule &M : Modules)
      adopt(M);
  }

  bool isBuilt(const std::string &File, std::string *Why) override {
    if (!T.isMounted(File))
      return OfTree->isBuilt(File, Why);
    bool Built = moduleWith(File) != nullptr;
    if (Why)
      *Why = Built ? "" : File + ": no makefile of the module lists it";
    return Built;
  }

  std::vector<std::string> flags(const std::string &File) override {
    if (!T.isMounted(File))
      return OfTree->flags(File);
    FlagSet F = flagsOf(File, 0);
    F.front.insert(F.front.end(), F.back.begin(), F.back.end());
    return F.front;
  }

  FlagSet flagsOf(const std::string &File, unsigned Way) override {
    if (!T.isMounted(File))
      return OfTree->flagsOf(File, Way);
    FlagSet Flags;
    if (const ExternalModule::FlagSets *Sets = setsOf(File))
      Flags = (*Sets)[std::min<size_t>(Way, Sets->size() - 1)];
    else // listed nowhere, a fragment perhaps: the flags of its neighbours do
      for (const ExternalModule &Each : Modules)
        for (const auto &[Neighbour, Of] : Each.flags) {
          addNew(Of.front().front, Flags.front);
          addNew(Of.front().back, Flags.back);
        }
    Flags.back.push_back("-I" + T.visible(Tree::MountPoint));
    return Flags;
  }

  unsigned ways(const std::string &File) override {
    const ExternalModule::FlagSets *Sets = setsOf(File);
    return Sets ? static_cast<unsigned>(Sets->size()) : 1;
  }

  std::vector<Flag> flagLines(const std::string &File) override {
    if (!T.isMounted(File))
      return OfTree->flagLines(File);
    const ExternalModule *M = moduleWith(File);
    std::vector<Flag> Lines; // the flags of a module are collected from all its makefiles: the one that lists it stands for them
    for (const std::string &F : flags(File))
      Lines.push_back({F, M && !M->evidence.empty() ? M->evidence.front().file : Tree::MountPoint.str(), 0});
    return Lines;
  }

  ModuleInfo moduleOf(const std::string &File) override {
    if (!T.isMounted(File))
      return OfTree->moduleOf(File);
    ModuleInfo Info; // no symbol, not built in: what stands outside the tree is always a module
    if (const ExternalModule *M = moduleWith(File)) {
      Info.name = M->name;
      Info.evidence = M->evidence;
    }
    return Info;
  }

  std::vector<std::string> filesOfModule(const std::string &File) override {
    if (!T.isMounted(File))
      return OfTree->filesOfModule(File);
    const ExternalModule *M = moduleWith(File);
    return M ? M->files : std::vector<std::string>{File};
  }

  std::vector<std::string> missingOfModule(const std::string &File) override {
    if (!T.isMounted(File))
      return OfTree->missingOfModule(File);
    const ExternalModule *M = moduleWith(File);
    return M ? M->missing : std::vector<std::string>();
  }

  std::vector<std::string> flawsOfModule(const std::string &File) override {
    if (!T.isMounted(File))
      return OfTree->flawsOfModule(File);
    const ExternalModule *M = moduleWith(File);
    return M ? M->flaws : std::vector<std::string>();
  }

  std::vector<std::string> flaws() override { return OfTree->flaws(); }

private:
  static std::string inMount(const std::string &Path) { return (Tree::MountPoint + "/" + Path).str(); }

  void adopt(ExternalModule &M) {
    for (std::string &File : M.files)
      File = inMount(File);
    for (std::string &Object : M.missing)
      Object = inMount(Object);
    for (Evidence &E : M.evidence)
      E.file = inMount(E.file);
    std::map<std::string, ExternalModule::FlagSets> Flags;
    for (auto &[File, Sets] : M.flags) {
      for (FlagSet &Each : Sets)
        for (std::vector<std::string> *Words : {&Each.front, &Each.back})
          for (std::string &Flag : *Words)
            moveIn(Flag);
      Flags.emplace(inMount(File), std::move(Sets));
    }
    M.flags = std::move(Flags);
  }

  /// A path of the module gets the name under which the parser sees it.
  void moveIn(std::string &Flag) const {
    size_t Slash = Flag.find('/');
    llvm::StringRef Path = Slash == std::string::npos ? llvm::StringRef() : llvm::StringRef(Flag).substr(Slash);
    bool IsPath = Slash == 0 || llvm::StringRef(Flag).starts_with("-I");
    if (IsPath && (Path == T.mounted() || Path.starts_with(T.mounted() + "/")))
      Flag = Flag.substr(0, Slash) + T.visible(Tree::MountPoint) + Path.substr(T.mounted().size()).str();
  }

  static void addNew(const std::vector<std::string> &Flags, std::vector<std::string> &To) {
    for (size_t N = 0; N < Flags.size(); ++N) {
      bool Pair = N + 1 < Flags.size() && makefile::takesNextWord(Flags[N]);
      auto At = std::search(To.begin(), To.end(), Flags.begin() + static_cast<long>(N), Flags.begin() + static_cast<long>(N + 1 + Pair));
      if (At == To.end())
        To.insert(To.end(), Flags.begin() + static_cast<long>(N), Flags.begin() + static_cast<long>(N + 1 + Pair));
      N += Pair;
    }
  }

  const ExternalModule::FlagSets *setsOf(const std::string &File) const {
    const ExternalModule *M = moduleWith(File);
    return M && M->flags.count(File) ? &M->flags.at(File) : nullptr;
  }

  const ExternalModule *moduleWith(const std::string &File) const {
    for (const ExternalModule &M : Modules)
      if (llvm::is_contained(M.files, File))
        return &M;
    return nullptr;
  }

  const Tree &T;
  std::unique_ptr<Kbuild> OfTree;
  std::vector<ExternalModule> Modules;
};

} // namespace

std::unique_ptr<Kbuild> withMount(const Tree &T, const std::map<std::string, std::string> &Values,
                                  std::unique_ptr<Kbuild> OfTree) {
  return std::make_unique<MountedKbuild>(T, Values, std::move(OfTree));
}

} // namespace krcu
