// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What stands around a free in one function that a patch changes: locks, read-side sections, stores that publish, what is stopped before, what else
// is done for the object. Private to the room.
#pragma once

#include "tool/review/verdict.h"
#include "tool/rules/review_rules.h"
#include "tool/unload/flow.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace krcu {

/// A call as it is written: "ops->put(p, 1)".
std::string textOf(const FlowCall &C);

/// Whether the name is that of a deferral or of a deferred free.
bool defers(const Rules &R, const std::string &Name);

/// A function on one side of the patch.
struct FunctionText {
  llvm::StringRef text; ///< from its declaration to its last brace
  Flow flow;
  uint32_t begin = 0; ///< of the text in its file, in bytes
  unsigned line = 1;  ///< the same as a line
};

struct SurroundingsQuestion {
  const Rules &rules;
  const ReviewRules &more;
  std::string function;                                       ///< plain name
  std::string before_path, after_path;                        ///< of its file
  llvm::function_ref<bool(const std::string &)> frees_inside; ///< a function whose own frees are on its callers' paths, and judged there
  llvm::function_ref<bool(const std::string &)> comes_elsewhere; ///< whether another changed function calls it more often than before
  llvm::function_ref<bool(const std::string &Helper, const std::string &)> calls_in; ///< whether the new text of a helper calls it
  llvm::function_ref<bool(const std::string &)> defers_record;   ///< whether the file frees such a record behind a grace period
};

/// Adds what the patch takes away or puts in between. Text only: nothing is called right.
void judgeSurroundings(const SurroundingsQuestion &Q, const FunctionText &Was, const FunctionText &Now, std::vector<review::Finding> &To);

} // namespace krcu
