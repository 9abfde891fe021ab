// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Macros at file scope that are handed a function of the file and are no row of module_hooks: a wrapper of module_exit() of the module's own, or a
// macro that nobody defines.
#pragma once

#include "tool/driver/records.h"

namespace krcu {

struct HookMacros {
  std::vector<ModuleExit> exits;   ///< the macro's definition hands the function on to an exit
  std::vector<ModuleExit> unknown; ///< no file of the tree defines the macro; a function that is known to be a start is left out
};

/// In order of file and line. Reads the files whole: to be asked only of files without an exit by a known name.
HookMacros hookMacros(const Database &DB, const std::vector<std::string> &Files, HookMemory &Memory);

} // namespace krcu
