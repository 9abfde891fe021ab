// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An external module in the place where it is mounted: what externalModules() says, with the names and paths
// that the rest of the program uses for its files.
#include "tool/tree/kbuild_mount.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

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
    std::vector<std::string> Flags;
    if (const ExternalModule *M = moduleWith(File))
      Flags = M->flags;
    else // listed nowhere, a fragment perhaps: the flags of its neighbours do
      for (const ExternalModule &Each : Modules)
        Flags.insert(Flags.end(), Each.flags.begin(), Each.flags.end());
    Flags.push_back("-I" + T.visible(Tree::MountPoint));
    return Flags;
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

private:
  static std::string inMount(const std::string &Path) { return (Tree::MountPoint + "/" + Path).str(); }

  void adopt(ExternalModule &M) {
    for (std::string &File : M.files)
      File = inMount(File);
    for (Evidence &E : M.evidence)
      E.file = inMount(E.file);
    for (std::string &Flag : M.flags) {
      size_t Slash = Flag.find('/');
      llvm::StringRef Path = Slash == std::string::npos ? llvm::StringRef() : llvm::StringRef(Flag).substr(Slash);
      bool IsPath = Slash == 0 || llvm::StringRef(Flag).starts_with("-I");
      if (IsPath && (Path == T.mounted() || Path.starts_with(T.mounted() + "/")))
        Flag = Flag.substr(0, Slash) + T.visible(Tree::MountPoint) + Path.substr(T.mounted().size()).str();
    }
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
