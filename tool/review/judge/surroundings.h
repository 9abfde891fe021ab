// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What stands around a free in one function that a patch changes: locks, read-side sections, stores that publish, what is stopped before, what else
// is done for the object. Private to the room.
#pragma once

#include "tool/index/outline.h"
#include "tool/review/verdict.h"
#include "tool/rules/review_rules.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace krcu {

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

/// Adds what the patch takes away or puts in between. `Was` and `Now`: the function in the texts before and after. Text only: nothing is called right.
void judgeSurroundings(const SurroundingsQuestion &Q, const std::string &OldText, const OutlineFunction &Was, const std::string &NewText, const OutlineFunction &Now,
                       std::vector<review::Finding> &To);

} // namespace krcu
