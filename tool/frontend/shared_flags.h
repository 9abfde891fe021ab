// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the commands of a build have in common. Files whose commands differ only in names that the build gives each of them (KBUILD_MODNAME and its
// kin) and in directories of their own can share a precompiled header, as krcu's own flags let them.
#pragma once

#include "tool/frontend/compile_commands.h"
#include <string>
#include <vector>

namespace krcu {

struct SharedFlags {
  std::vector<std::string> flags;
  size_t includes = 0; ///< how many -include of them
  std::string family;  ///< the same for commands that can share; a name for files
};

SharedFlags sharedFlags(const CompileCommands::Entry &E);

} // namespace krcu
