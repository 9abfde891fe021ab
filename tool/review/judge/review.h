// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Other people's patches, held against a tree: each is applied in memory on what the ones before it left, the facts before and after are
// compared, and everything that matters to deferred frees is judged in the tree as the patch makes it.
#pragma once

#include "tool/driver/state.h"
#include "tool/review/apply.h"
#include "tool/review/verdict.h"

namespace krcu {

/// Reviews the patches in order. `S` must have been made by Scan::prepare().
llvm::Expected<review::Column> reviewPatches(Scan &S, const std::vector<review::ReviewPatch> &Patches);

/// A patch that touches more files than this is looked at only in the files that mention a word of the rules.
constexpr size_t ManyFiles = 200;

} // namespace krcu
