// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who waits for whom in this very tree: read from its mm/, kernel/rcu/ and include/ code, never from its version
// number, because vendors backport and forks lag. Each fact carries the lines that show it.
#pragma once

#include "tool/rules/rules.h"
#include "tool/support/evidence.h"
#include "tool/tree/tree.h"
#include "llvm/Support/Error.h"
#include <set>
#include <string>
#include <vector>

namespace krcu {

struct SemanticFact {
  std::string name;      ///< "destroy_waits_kfree_rcu"
  std::string title;     ///< "kmem_cache_destroy() waits for kfree_rcu()"
  bool value = false;
  bool known = true;     ///< false: the code that decides it was not found; then value is the unsafe one
  bool assumed = false;  ///< set by --assume
  EvidenceList evidence;
};

struct Semantics {
  std::vector<SemanticFact> facts; ///< in the order of the table
  EraTable table;                  ///< the rows that name an era and answer assume()
  std::set<std::string> queues;    ///< functions that the macros of deferred frees hand the object to: kvfree_call_rcu()
  std::string era;                 ///< name of the row of the table that the facts amount to: "batching", "6.12", ...

  const SemanticFact &fact(const std::string &Name) const; ///< asserts that it exists
  bool is(const std::string &Name) const { return fact(Name).value && fact(Name).known; }
};

/// A fact is true only if every configuration that the tree can build shows it; a function that is not found makes it
/// unknown, and then it has the value that is safe to rely on: false, except for kfree_rcu_batches and sheaves. `slob` is
/// always known. kfree_rcu_takes_slab_objects leaves SLOB aside, which has a fact of its own.
/// Names of facts: destroy_waits_kfree_rcu, rcu_barrier_waits_kfree_rcu, destroy_waits_call_rcu, slob, kfree_rcu_batches,
/// kfree_rcu_takes_slab_objects, kvfree_rcu_barrier, kvfree_rcu_barrier_exported, sheaves, destroy_flushes_all_sheaves,
/// per_cache_barrier, per_cache_barrier_complete, head_type_checked, kvfree_rcu_frees_vmalloc, offset_limit_checked.
llvm::Expected<Semantics> probeSemantics(const Tree &T, const Rules &R);
/// Fails, with the mend, if the tree has no source at all where these facts stand: it is then one of headers only.
llvm::Error checkSources(const Tree &T);

/// Applies --assume NAME: an era ("batching", "6.12", ...; rules/semantics/eras.yaml lists them) sets every value of it,
/// "FACT" and "no-FACT" set one fact ("slob", "no-slob"). Fails with the list of names on an unknown one.
llvm::Error assume(Semantics &S, const std::string &Name);
std::vector<std::string> assumptionNames(const EraTable &T);

/// Names of the facts, in their order.
std::vector<std::string> factNames(const EraTable &T);

/// The text of `krcu semantics TREE`: the era, then one paragraph per fact.
std::string printSemantics(const Semantics &S);

} // namespace krcu
