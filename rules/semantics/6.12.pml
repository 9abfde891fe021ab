/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* 6.12: kvfree_rcu_barrier() sends all batches off and waits for them, and kmem_cache_destroy() calls it. */
#include "rcu.pml"
#include "batches.pml"

inline kfree_rcu(o) { batch_add(o) }
inline kvfree_rcu_barrier() { drain_batches() }
inline on_cache_barrier() { skip }
inline destroy_waits() { kvfree_rcu_barrier() }
inline shutdown_waits() { skip }
#define at_rest batches_at_rest
#define collects(o) in_a_batch(o)
#define on_a_sheaf(o) false
#define era_begins run_batches

#include "module.pml"
