// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What this program's Clang says of compiler flags: which of them change the meaning of a text, whether it takes them, and
// where its own headers are. Answered by Clang's option table and driver in this process; no compiler is run.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Option/ArgList.h"
#include <functional>
#include <string>
#include <vector>

namespace krcu {

/// What to do with a flag of somebody's command.
enum class FlagUse {
  Keep,    ///< says how the text is to be read
  Path,    ///< so does it, and its value is a path
  Codegen, ///< of the language, the machine or the optimiser, but without a meaning for declarations and types
  Drop,    ///< names an output, asks for warnings, ...
  Name     ///< Clang does not know it, or it loads code or reads further options
};

/// Calls `Take` for each flag of a command line without the compiler's name.
void forEachFlag(const std::vector<std::string> &Words,
                 llvm::function_ref<void(const llvm::opt::Arg &, const llvm::opt::InputArgList &)> Take);

FlagUse useOf(const llvm::opt::Arg &A);
/// Whether the flag speaks of the machine: -march=, -mabi=, -m32, ...
bool isOfMachine(const llvm::opt::Arg &A);

/// Whether every word is a flag that Clang has, for whatever machine.
bool clangKnows(llvm::StringRef Flags);
/// Whether Clang takes the flags for that machine without an error or a warning, as cc-option asks. Thread-safe.
bool clangAccepts(llvm::StringRef Triple, llvm::StringRef Flags);

/// The directory of stddef.h and its kin that come with Clang; what `clang -print-file-name=include` prints.
const std::string &clangHeaders();

} // namespace krcu
