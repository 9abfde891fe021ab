// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the text of ccflags-y to the compiler arguments that change what the parser sees. Private to the room.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <functional>
#include <string>
#include <vector>

namespace krcu::makefile {

/// Splits as a shell would: quotes and backslashes are taken off.
std::vector<std::string> shellWords(llvm::StringRef Text);

/// A word as it would have to be written for shellWords().
std::string shellQuoted(llvm::StringRef Word);
/// Whether the option's value is the next word: "-I", "-include", ...
bool takesNextWord(llvm::StringRef Word);

/// Keeps -I and its kin, -include, -imacros, -D and -U of `Text` and appends them to `Flags`, each once.
/// `Absolute` makes a path of the makefile absolute; empty: it lies outside and is dropped.
void appendParserFlags(llvm::StringRef Text, const std::function<std::string(llvm::StringRef)> &Absolute,
                       std::vector<std::string> &Flags);

} // namespace krcu::makefile
