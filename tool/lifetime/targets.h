// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which functions a pointer may point to: what is assigned to a variable or a field of function-pointer type anywhere in the tree, and what
// callers pass for a parameter. One target is as good as a name if every assignment has been seen.
#pragma once

#include "tool/lifetime/database.h"

namespace krcu {

struct TargetReport {
  bool pending = false;               ///< more files must be parsed first (a demand was made)
  std::vector<FunctionRefFact> found; ///< the first place at which each function is assigned or passed, by symbol
  std::vector<std::string> missing;   ///< why there may be others; empty: these are all
};

/// `Place`: "V:..." or "F:...", as CallSiteFact::callback has it.
TargetReport targetsOf(Database &DB, const std::string &Place);

/// Functions passed to `Function` (a symbol), in whatever argument. Never complete.
TargetReport passedTo(Database &DB, const std::string &Function);

} // namespace krcu
