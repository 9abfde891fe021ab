/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Sheaves as first posted. -DFLAWS=N puts only some of its flaws into what was merged; sheaves.pml (the building blocks)
 * lists them. 8, the CPU that is not visited, was part of the first posted version and of the first idea for its repair.
 */
#ifndef FLAWS
#define FLAWS 15
#endif
#include "rcu.pml"
#include "batches.pml"
#include "sheaf.pml"

inline kfree_rcu(o) { sheaf_or_batch(o) }
inline kvfree_rcu_barrier() { flush_every_cache(); drain_batches() }
inline on_cache_barrier() { skip }
inline destroy_waits() { kvfree_rcu_barrier() }
inline shutdown_waits() { shutdown_with_sheaves() }
#define at_rest (batches_at_rest && sheaves_sent)
#define collects(o) (in_a_batch(o) || on_a_sheaf(o))
#define era_begins run_batches; run_sheaves

#include "module.pml"
