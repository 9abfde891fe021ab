// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The program as its user meets it: what it says of itself, its commands and their options. main(), the manual pages and the
// completions are made from this one description.
#pragma once

#include "tool/main/commands.h"
#include <CLI/CLI.hpp>

namespace krcu {

/// Gives `App`, new and empty, its description, commands and options; what is parsed goes into `O`, which must outlive it.
void describeProgram(CLI::App &App, Options &O);

} // namespace krcu
