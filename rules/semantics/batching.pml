/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Batching, up to 6.11: nobody waits for a batch. */
#include "rcu.pml"
#include "batches.pml"

inline kfree_rcu(o) { batch_add(o) }
inline kvfree_rcu_barrier() { skip }
inline on_cache_barrier() { skip }
inline destroy_waits() { skip }
inline shutdown_waits() { skip }
#define at_rest batches_at_rest
#define collects(o) in_a_batch(o)
#define on_a_sheaf(o) false
#define era_begins run_batches

#include "module.pml"
