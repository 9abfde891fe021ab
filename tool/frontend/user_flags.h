// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Flags that the user gives by hand, for what no makefile tells: --cflags, --include-dir, --define, --include.
#pragma once

#include "tool/tree/tree.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace krcu {

struct UserFlags {
  std::vector<std::string> cflags, include_dirs, defines, includes; ///< as given
};

/// The same as words of a command line: paths absolute, as the parser sees them in `T`. Only flags that say how a text is to be read are taken;
/// warnings and code generation are passed over. Fails, with the option and the mend, on a flag that loads code, writes, or reads further options,
/// on what Clang does not know, and on paths that do not exist.
llvm::Expected<std::vector<std::string>> checkedFlags(const UserFlags &Given, const Tree &T);

} // namespace krcu
