// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Words that a user types and that must be among known ones: checked before the tree is read, with the nearest as the mend.
#pragma once

#include "llvm/Support/Error.h"
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace krcu {

/// For an option's check(): the word must be one of `Names`, which are `Plural` ("kinds").
CLI::Validator oneOf(std::vector<std::string> Names, std::string Plural);

/// Fails for an assumption or a family that no rule knows. `Builtin`, `Overrides`: as of loadRules(). Nothing is read if none is named.
llvm::Error checkRuleNames(const std::string &Builtin, const std::vector<std::string> &Overrides, const std::vector<std::string> &Assume,
                           const std::vector<std::string> &Families);

/// What is wrong with the first word of a command line that is no command, or with the first option that its command does not have, and the nearest
/// that there is. Empty: nothing of that kind.
std::string unknownWord(const CLI::App &App, const std::vector<std::string> &Words);

} // namespace krcu
