// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The readers of what says how a tree is built and who looks after it. They read a tree on disk, which holds just these files.
#include "tool/fuzz/targets.h"
#include "tool/frontend/compile_commands.h"
#include "tool/rules/rules.h"
#include "tool/series/maintainers.h"
#include "tool/support/error.h"
#include "tool/kbuild/kbuild.h"
#include "tool/kbuild/kconfig.h"
#include "tool/kbuild/makefile.h"
#include "tool/kbuild/shell_text.h"
#include "tool/tree/tree.h"
#include <optional>

using llvm::StringRef;

namespace krcu {
namespace {

/// The least that is a kernel tree, with these files in place of its own.
std::optional<Tree> treeWith(const std::vector<std::pair<std::string, std::string>> &Files) {
  static const bool Laid = [] {
    inScratch("tree/Makefile", "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\nEXTRAVERSION = -rc1\n");
    inScratch("tree/include/linux/types.h", "");
    inScratch("tree/arch/x86/Kconfig", "config X86\n\tdef_bool y\n");
    inScratch("tree/drv/drv.c", "int drv;\n");
    return true;
  }();
  static_cast<void>(Laid);
  inScratch("tree/Kconfig", "");
  inScratch("tree/drv/Kconfig", "");
  for (const auto &[Name, Text] : Files)
    if (Name == "Kconfig" || Name == "drv/Kconfig" || Name == "Kbuild" || Name == "drv/Makefile" || Name == "MAINTAINERS" || Name == ".mailmap")
      inScratch("tree/" + Name, Text);
  auto T = Tree::open(fuzzScratch() + "/tree");
  if (!T) {
    llvm::consumeError(T.takeError());
    return std::nullopt;
  }
  return std::move(*T);
}

} // namespace

void fuzzRules(StringRef Bytes) {
  if (auto R = loadRules(inScratch("rules.yaml", Bytes), {}); !R)
    static_cast<void>(message(R.takeError()));
}

void fuzzKconfig(StringRef Bytes) {
  auto T = treeWith(filesIn(Bytes, "Kconfig"));
  if (!T)
    return;
  KconfigOptions O;
  O.src_arch = "x86";
  O.arch = "x86_64";
  for (bool Modules : {false, true}) {
    O.modules_preferred = Modules;
    auto K = Kconfig::load(*T, O);
    if (!K) {
      llvm::consumeError(K.takeError());
      return;
    }
    static_cast<void>((*K)->autoconf());
    unsigned Asked = 0;
    for (const auto &[Name, Value] : (*K)->values())
      if (++Asked < 20)
        (*K)->canBeModule(Name), (*K)->canBeSet(Name);
    (*K)->canBeSet("A");
  }
}

void fuzzMakefiles(StringRef Bytes) {
  auto Files = filesIn(Bytes, "drv/Makefile");
  for (bool Symbolic : {false, true}) {
    makefile::Options O;
    std::map<std::string, std::string> Values{{"DRV", "m"}, {"A", "y"}};
    if (!Symbolic)
      O.values = std::make_shared<const makefile::ValueTable>(Values);
    O.read = [](const std::string &) { return std::nullopt; };
    O.preset["src"] = "drv";
    O.preset["srctree"] = ".";
    O.shell = [](StringRef Command) { return makefile::printedBy(Command, {"/x", "6.12.0", "x86_64"}).value_or("?"); };
    O.glob = [](const std::string &) { return std::vector<std::string>{"drv.c", "other.c"}; };
    makefile::Makefile M(O);
    M.evaluate(Files.front().second, "drv/Makefile");
    M.items();
    for (const char *Name : {"obj-m", "ccflags-y", "A", "v"})
      M.value(Name);
    M.flagVariables();
    M.exported();
  }
  auto T = treeWith(Files);
  if (!T)
    return;
  auto K = Kbuild::create(*T, {{"DRV", "m"}}, "x86");
  std::string Why;
  K->isBuilt("drv/drv.c", &Why);
  K->flags("drv/drv.c");
  K->moduleOf("drv/drv.c");
  K->missingOfModule("drv/drv.c");
  inScratch("module/Makefile", Files.front().second);
  inScratch("module/drv.c", "int drv;\n");
  if (auto Modules = externalModules(*T, fuzzScratch() + "/module", {{"DRV", "m"}}); !Modules)
    llvm::consumeError(Modules.takeError());
}

void fuzzMaintainers(StringRef Bytes) {
  auto Files = filesIn(Bytes, "MAINTAINERS");
  auto T = treeWith(Files);
  auto M = T ? series::Maintainers::load(*T) : std::nullopt;
  if (!M)
    return;
  M->sectionsOf("drv/drv.c");
  std::string Mail = "Subject: drv: x\n\nText.\n---\n--- a/drv/drv.c\n+++ b/drv/drv.c\n@@ -1 +1 @@\n-int drv;\n+call_rcu(x);\n";
  for (const auto &[Name, Text] : Files)
    if (Name == "mail")
      Mail = Text;
  M->recipientsOf(Mail);
}

void fuzzCompileCommands(StringRef Bytes) {
  auto T = treeWith({});
  if (!T)
    return;
  // The database names the tree by its path, which is another one in each process.
  std::string Text = Bytes.str();
  for (size_t At = Text.find("@TREE@"); At != std::string::npos; At = Text.find("@TREE@", At))
    Text.replace(At, 6, T->root());
  if (auto C = CompileCommands::load(inScratch("cc.json", Text), *T); !C)
    static_cast<void>(message(C.takeError()));
  else
    (*C)->find("drv/drv.c");
}

} // namespace krcu
