// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rows that only a review reads.
#pragma once

#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace krcu {

struct ReviewRules {
  std::vector<std::string> printing_calls; ///< calls that print and do nothing else: a patch may add or remove them
};

/// Reads the same files as loadRules(), and fails as it does.
llvm::Expected<ReviewRules> loadReviewRules(const std::string &Builtin, const std::vector<std::string> &Overrides);

} // namespace krcu
