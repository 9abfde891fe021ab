// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which words of a function's text are its own: what it declares, and the words of the language. None of them is a macro, or the declaration
// would not compile.
#pragma once

#include "tool/index/lex.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

namespace krcu {

bool isKeyword(llvm::StringRef Word);

/// Parameters and locals of a function's whole text, as far as a declaration is plainly one.
llvm::StringSet<> declaredIn(const LexedText &L);

/// The same with the offset of the first declaration of each.
llvm::StringMap<uint32_t> declarationsIn(const LexedText &L);

} // namespace krcu
