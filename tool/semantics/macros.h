// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// kfree_rcu() is a macro; what it expands to says which function queues the object, whether the compiler checks the
// head's type and whether it refuses large offsets.
#pragma once

#include "tool/support/evidence.h"
#include "tool/semantics/corpus.h"

namespace krcu::semantics {

/// What one definition of kfree_rcu() does.
struct FreeMacro {
  const Definition *root = nullptr;
  std::vector<const Definition *> reached;     ///< root first, then the macros it uses
  std::set<std::string> queue_functions;       ///< functions it passes the object to: "kvfree_call_rcu"
  EvidenceList queue_calls;
  EvidenceList offset_check;  ///< empty: none found
  EvidenceList head_cast;     ///< where a cast hides the head's type; empty: none
};

/// One entry per definition of kfree_rcu(); empty if there is none.
std::vector<FreeMacro> freeMacros(Corpus &C);

} // namespace krcu::semantics
