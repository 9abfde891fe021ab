// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Control-flow graphs for a tree whose configuration is not known. Clang would prune the branch of if (IS_ENABLED(CONFIG_X)) that
// this parse happens not to take; somebody else's kernel takes it. So nothing is pruned when the graph is made. Branches
// whose condition is a constant in every configuration are dropped here, by one rule for all users.
#pragma once

#include "matchers/names.h"
#include "clang/Analysis/CFG.h"
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace krcu {

/// The graph of `F`, which must have a body; null if there is none. `Everything`: each subexpression is an element, in
/// evaluation order; otherwise calls are.
std::unique_ptr<clang::CFG> buildGraph(const Names &N, const clang::FunctionDecl *F, bool Everything);

/// The value of an integral constant expression, unless the kernel's configuration decided it.
std::optional<int64_t> constantOf(const Names &N, const clang::Expr *E);

/// One way out of a block. `taken` is set where the block ends in a two-way test: was it true?
struct GraphEdge {
  const clang::CFGBlock *to = nullptr;
  std::optional<bool> taken;
};

/// The expression whose value decides how control leaves `B`, or null if that cannot be said.
const clang::Expr *conditionOf(const clang::CFGBlock *B);

/// The edges that control may take from `B`, if its condition has the value `Value` in this configuration.
std::vector<GraphEdge> edgesFrom(const Names &N, const clang::CFGBlock *B, std::optional<int64_t> Value);

} // namespace krcu
