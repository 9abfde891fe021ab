// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who calls a function, read off the text. Only what leaves no doubt counts: a plain call in a function, module_exit(f), ".exit = f" in a
// table. Where no verdict depends on the way to a destruction, and no barrier is named on it, that saves the parse of a file that has nothing
// else to say.
#pragma once

#include "tool/lifetime/database.h"
#include <memory>

namespace krcu {

/// Owned by the Database, as if a parse had shown them.
struct TextUses {
  std::vector<FunctionUse> callers; ///< each with this one call in `calls`
  std::vector<const FunctionRefFact *> references;
  std::vector<unsigned> hidden; ///< lines of uses that #if leaves out
};

/// The uses of the function (a symbol) in one .c file, remembered; null if one of them is not understood, stands in a macro or under an #if that
/// cannot be decided, or if a barrier is named before it in the function around it.
std::shared_ptr<const TextUses> usesByText(const Database &DB, const std::string &Function, const std::string &File);

} // namespace krcu
