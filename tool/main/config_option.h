// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// --config: the configuration that verdicts are given for, besides those for any.
#pragma once

#include "tool/kbuild/config_file.h"
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

namespace krcu {

void addConfigOption(CLI::App &Command, std::string &To);

/// What the option names: a file, a directory with a .config, or "auto": that beside `Commands` (the file of --compile-commands), else that of
/// `Tree`. Null if it was not given.
llvm::Expected<std::shared_ptr<const ConfigFile>> readConfig(const std::string &Option, const std::string &Commands, const std::string &Tree);

} // namespace krcu
