// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which CONFIG symbols to turn so that a line under #if is compiled. The conditions are read as text, three-valued: what is no CONFIG
// symbol (the size of a page, say) is not known, and another architecture may decide it.
#pragma once

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace krcu {

/// Symbol without CONFIG_ -> "y" or "n".
using Settings = std::map<std::string, std::string>;

/// Settings under which none of the conditions (as conditionsAround() gives them) is known to fail; those that change the fewest symbols
/// first. `Value`: what a symbol is now, "y", "m" or anything else for no. The first is empty if nothing needs to be changed.
std::vector<Settings> settingsFor(const std::vector<std::string> &Conditions, llvm::function_ref<std::string(const std::string &)> Value);

/// Whether all of the conditions hold with these values; nothing if that is not certain.
std::optional<bool> conditionsHold(const std::vector<std::string> &Conditions, llvm::function_ref<std::string(const std::string &)> Value);

} // namespace krcu
