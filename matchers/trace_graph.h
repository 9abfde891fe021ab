// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function's graph as a walk over its paths needs it. Private to the room.
#pragma once

#include "matchers/names.h"
#include "clang/AST/Decl.h"
#include "clang/Analysis/CFG.h"
#include <map>
#include <memory>
#include <vector>

namespace krcu {

struct TraceGraph {
  std::unique_ptr<clang::CFG> cfg; ///< null: none could be made
  std::vector<unsigned> place;     ///< by block id: all ways into a block but those back in a loop come from lower places
  std::vector<std::pair<unsigned, unsigned>> back; ///< edges against the order, by block ids
  std::map<unsigned, std::vector<const clang::VarDecl *>> counters; ///< by the block that a loop begins with: locals that it counts up or down
};

TraceGraph traceGraphOf(const Names &N, const clang::FunctionDecl *F);

} // namespace krcu
