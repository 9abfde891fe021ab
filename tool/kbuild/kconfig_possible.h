// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which values can a symbol have in *some* configuration? Private to the room.
#pragma once

#include "tool/kbuild/kconfig_model.h"

namespace krcu::kconfig {

/// A set of tristate values, bit 1 << Tri.
using TriSet = unsigned char;

/// The values `S` may take when the user answers the prompts in any way: never too few, sometimes too many
/// (the conditions are taken as independent of each other). Ignores forced values. `Known`: a place per symbol of
/// the model, 0 for what has not been asked for yet.
TriSet possibleValues(const Model &M, const ConfigSymbol &S, std::vector<TriSet> &Known);

} // namespace krcu::kconfig
