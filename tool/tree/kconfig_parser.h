// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kconfig files -> Model. Private to the room.
#pragma once

#include "tool/tree/kconfig_macros.h"
#include "tool/tree/kconfig_model.h"
#include "tool/tree/tree.h"

namespace krcu::kconfig {

/// Reads the file `Kconfig` at the tree's root and everything it sources into `M`. Broken parts are skipped
/// with a warning.
void parseKconfig(const Tree &T, Macros &Variables, Model &M);

} // namespace krcu::kconfig
