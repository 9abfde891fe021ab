// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Manual pages and completions, made from the description of the commands that --help prints.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <string>

namespace krcu {

/// "krcu.1" and a "krcu-COMMAND.1" for each command, as man(7) text. `Version` stands at the foot.
std::map<std::string, std::string> manualPages(const CLI::App &App, const std::string &Version);

std::string bashCompletion(const CLI::App &App);
std::string zshCompletion(const CLI::App &App);
std::string fishCompletion(const CLI::App &App);

} // namespace krcu
