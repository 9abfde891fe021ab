// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How far from the start of its object a head can lie in a configuration other than the one that is parsed. kfree_rcu() takes heads at offsets
// below 4096 only and does not compile with others; what lies ahead of a head may be an array whose size another architecture or another .config
// changes ("char text[PAGE_SIZE / 2]"), or a member that an #if hides here.
#pragma once

#include "matchers/names.h"

namespace krcu {

struct Extent {
  int64_t farthest = 0; ///< bytes; Unbounded if no bound is known
  std::string moved_by; ///< source text of the member that moves the head most; empty if none does

  static constexpr int64_t Unbounded = INT64_MAX;
};

/// Of a member of `R` at `Offset` bytes here. `R` is complete.
Extent extentOf(const Names &N, const clang::RecordDecl *R, int64_t Offset);

} // namespace krcu
