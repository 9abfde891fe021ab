// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The same patches as commits on a new branch. Only objects and one reference are added to the repository: work tree, index, HEAD and
// the current branch stay as they are.
#pragma once

#include "tool/series/series.h"

namespace krcu::series {

struct MadeCommit {
  std::string id;
  std::string subject;
};

/// Fails with the reason, and adds no branch, where it cannot be done right.
/// `Warnings`, if not null, gets what git itself would have done besides: hooks, signatures.
llvm::Expected<std::vector<MadeCommit>> commitSeries(const SeriesResult &R, const SeriesInput &In, const std::string &Branch,
                                                     std::vector<std::string> *Warnings = nullptr);

} // namespace krcu::series
