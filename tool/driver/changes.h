// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a patch does to the facts of one file: calls of deferrals, deferred frees, frees and barriers that go or come. A line that only
// moves is no change.
#pragma once

#include "matchers/facts.h"
#include "tool/index/outline.h"
#include "tool/rules/rules.h"
#include <set>
#include <string>
#include <vector>

namespace krcu {

struct FactChanges {
  std::vector<const CallSiteFact *> sites_gone, sites_new;
  std::vector<const DeferredFreeFact *> deferred_gone, deferred_new;
  std::vector<const ObjectFact *> frees_gone, frees_new;
  struct Barrier {
    std::string name, function; ///< symbol of the function
    Location where;
  };
  std::vector<Barrier> barriers_gone, barriers_new;

  /// Leaves only what stands in one of the files. The two sides may have read different bodies of headers: one side's facts may come out of the cache.
  void keepOnly(const std::set<std::string> &Files);
};

FactChanges changesBetween(const FileFacts *Before, const FileFacts *After, const Rules &R);

/// Whether lines of the preprocessor differ. If they do not in any file of a patch, nothing has changed in the headers that it does not touch.
bool directivesDiffer(const std::string &Before, const std::string &After);

/// Names of the functions whose text differs, or that are only on one side.
std::set<std::string> changedFunctions(const std::string &Before, const std::string &After);

/// White space removed where it means nothing: "p -> a" and "p->a" are the same.
std::string folded(const std::string &Text);

} // namespace krcu
