// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The configurations that matter: one per definition of the function behind kfree_rcu(). In each of them the object
// waits in one of three places, and "waits for kfree_rcu()" means something else.
#pragma once

#include "tool/semantics/effects.h"
#include "tool/semantics/macros.h"

namespace krcu::semantics {

struct World {
  const Definition *queue = nullptr; ///< kvfree_call_rcu(), kfree_call_rcu(), ...
  Condition condition;
  EvidenceList plain;   ///< passes the head straight to call_rcu()
  EvidenceList batched; ///< collects objects and queues work
  EvidenceList sheaf;   ///< gives some objects to the slab allocator first, which passes them to call_rcu() by the sheaf

  bool isPlain() const { return !plain.empty() && batched.empty() && sheaf.empty(); }
};

std::vector<World> findWorlds(Corpus &C, const std::vector<FreeMacro> &Macros);

/// Whether freeing in this world can cope with vmalloc() memory, with the line that shows it.
std::optional<Evidence> freesVmalloc(Corpus &C, const World &W);

} // namespace krcu::semantics
