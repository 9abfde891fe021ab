/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Before batching: kfree_rcu() is call_rcu() with a callback of the core that frees. */
#include "rcu.pml"

inline kfree_rcu(o) { atomic { call_rcu(CB_KFREE, o); says("kfree_rcu() queues a callback for object", o) } }
inline kvfree_rcu_barrier() { skip }
inline on_cache_barrier() { skip }
inline destroy_waits() { skip }
inline shutdown_waits() { skip }
#define at_rest true
#define collects(o) false
#define on_a_sheaf(o) false
#define era_begins skip

#include "module.pml"
