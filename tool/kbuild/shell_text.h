// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a command would print, where its text alone says it. Nothing is run. Private to the room.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>

namespace krcu::makefile {

/// "A -ge B" of test(1); nothing if it is no comparison of two numbers.
std::optional<bool> compares(llvm::StringRef Text);

/// The "y" of `test A -ge B && echo y` and `[ A -ge B ] && echo y`, or "" where it does not hold; nothing if it is no such command.
std::optional<std::string> comparison(llvm::StringRef Command);

/// What is known of the machine.
struct ShellFacts {
  std::string where;   ///< working directory
  std::string release; ///< uname -r
  std::string machine; ///< uname -m
};

/// Paths (pwd, dirname, basename, realpath, readlink -f, behind cd too), uname, plain echo, comparisons. Nothing: who knows.
std::optional<std::string> printedBy(llvm::StringRef Command, ShellFacts Facts);

} // namespace krcu::makefile
