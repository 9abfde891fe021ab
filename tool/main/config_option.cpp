// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/config_option.h"
#include "tool/support/error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

namespace krcu {

void addConfigOption(CLI::App &Command, std::string &To) {
  Command.add_option("--config", To, "a kernel's .config, or the build directory that has one: verdicts for it stand beside those for any configuration; auto: that of --compile-commands, else of TREE")
      ->allow_extra_args(false);
}

llvm::Expected<std::shared_ptr<const ConfigFile>> readConfig(const std::string &Option, const std::string &Commands, const std::string &Tree) {
  if (Option.empty())
    return std::shared_ptr<const ConfigFile>();
  std::string Path = Option;
  if (Option == "auto") {
    Path.clear();
    std::string Beside = llvm::sys::path::parent_path(Commands).str();
    Beside = Beside.empty() ? "." : Beside;
    std::vector<std::string> Tried;
    if (!Commands.empty())
      Tried.push_back(Beside + "/.config");
    Tried.push_back(llvm::StringRef(Tree).rtrim('/').str() + "/.config");
    std::string Names;
    for (const std::string &Each : Tried) {
      if (Path.empty() && llvm::sys::fs::exists(Each))
        Path = Each;
      Names += (Names.empty() ? "" : " nor ") + Each;
    }
    if (Path.empty())
      return fail("--config auto: there is no " + Names + "; give the file, or configure the kernel first");
  }
  auto C = ConfigFile::load(Path, /*Found=*/Option == "auto");
  if (!C)
    return C.takeError();
  return std::make_shared<const ConfigFile>(std::move(*C));
}

} // namespace krcu
