// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What manual pages and completions need to know of an option.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace krcu {

struct OptionWords {
  std::vector<std::string> names;   ///< "-j", "--jobs"; empty: an argument
  std::string argument;             ///< its name if it is given without a dash: "TREE"
  std::string value;                ///< what follows the name: "N", or empty for a flag
  std::vector<std::string> choices; ///< the only values, if they are listed
  std::string text;
  bool required = false, many = false;
};

/// Those of a command that are for its users, in the order of --help.
std::vector<OptionWords> optionsOf(const CLI::App &Command);

} // namespace krcu
