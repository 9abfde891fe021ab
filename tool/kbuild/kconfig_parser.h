// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kconfig files -> Model. Private to the room.
#pragma once

#include "tool/kbuild/kconfig_macros.h"
#include "tool/kbuild/kconfig_model.h"
#include "tool/tree/tree.h"

namespace krcu::kconfig {

/// All that follows from the Kconfig files and the architecture alone, whatever values are forced.
struct Parsed {
  std::unique_ptr<const Model> model;
  std::vector<std::string> reads; ///< paths as asked for, whether there is such a file or not
};

/// Reads the file `Kconfig` at the tree's root and everything it sources. Broken parts are skipped with a warning.
Parsed parseKconfig(const Tree &T, Macros &Variables);

} // namespace krcu::kconfig
