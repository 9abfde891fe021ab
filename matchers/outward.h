// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a driver itself gets from a member to the object around it: its to_foo(), a function or macro that does container_of() and nothing else.
// Who reads the driver knows it, so what is written anew uses it, too.
#pragma once

#include "matchers/names.h"

namespace krcu {

struct OutwardHelper {
  std::string name;
  std::string inner, outer; ///< symbols of the records that it leads from and to
  int64_t offset = 0;       ///< of the inner one in the outer one
};

/// Those that the function's body calls, in the order of the text. Whatever has another effect, a second way through it, a second argument, or
/// needs a name from where it is used, is none.
std::vector<OutwardHelper> outwardHelpersIn(const Names &N, const clang::FunctionDecl *Definition);

} // namespace krcu
