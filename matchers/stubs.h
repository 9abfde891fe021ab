// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Statements that are nothing in the configuration this parse happens to use: DEBUG_COUNT(p); where the macro is empty, or do { } while (0),
// or ((void)0). In somebody else's kernel they count or trace, so a callback that has one is not known to be a lone free.
#pragma once

#include "matchers/names.h"
#include "clang/AST/Decl.h"
#include <string>
#include <vector>

namespace krcu {

struct EmptyMacro {
  clang::SourceLocation where;
  std::string name;
};

/// The uses of such macros as statements in the body of `F`, in the order of the text. Checks that leave something are not among them.
std::vector<EmptyMacro> emptyMacrosIn(const Names &N, const clang::FunctionDecl *F);

} // namespace krcu
