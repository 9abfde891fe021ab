// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Can a pointer be the start of an allocation? It cannot if it is known to lie behind the start of something, or in a variable.
#pragma once

#include "matchers/deferred_value.h"
#include <string>

namespace krcu {

struct NotAStart {
  std::string why;     ///< "it is the member f of struct holder, 8 bytes behind its start"; empty: nothing speaks against it
  bool always = true;  ///< false: only on some path, or for some element
};

/// \p E: a pointer as a function spells it. \p Locals: those of that function.
NotAStart whyNotAStart(const Names &N, const LocalDefinitions &Locals, const clang::Expr *E);

} // namespace krcu
