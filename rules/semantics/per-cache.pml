/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* 6.19: kmem_cache_destroy() flushes the sheaves of its own cache, but nobody waits for their callbacks. */
#include "rcu.pml"
#include "batches.pml"
#include "sheaf.pml"

inline kfree_rcu(o) { sheaf_or_batch(o) }
inline kvfree_rcu_barrier() { flush_every_cache(); drain_batches() }
inline on_cache_barrier() { if :: has_sheaves -> flush_one_cache() :: else fi; drain_batches() }
inline destroy_waits() { on_cache_barrier() }
inline shutdown_waits() { shutdown_with_sheaves() }
#define at_rest (batches_at_rest && sheaves_sent)
#define collects(o) (in_a_batch(o) || on_a_sheaf(o))
#define era_begins run_batches; run_sheaves

#include "module.pml"
