// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The options that every command has which parses: flags that nobody but the user knows.
#pragma once

#include "tool/frontend/user_flags.h"
#include <CLI/CLI.hpp>

namespace krcu {

inline void addFlagOptions(CLI::App &C, UserFlags &F) {
  C.add_option("--cflags", F.cflags, "more compiler flags, in one word (\"-DX -std=gnu11\"): those that say how a text is read; what loads code or writes is refused")
      ->allow_extra_args(false); // or it would swallow what follows
  C.add_option("--include-dir", F.include_dirs, "another directory with headers (-I)")->allow_extra_args(false);
  C.add_option("--define", F.defines, "NAME or NAME=VALUE, a macro (-D)")->allow_extra_args(false);
  C.add_option("--include", F.includes, "a file to be read before each source (-include): a config.h that some configure script makes")->allow_extra_args(false);
}

} // namespace krcu
