/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the semantics probe: the shape of this era, none of its text. */
#ifndef LINUX_SLAB_H
#define LINUX_SLAB_H

void kmem_cache_destroy(struct kmem_cache *cache);

#ifndef CONFIG_KVFREE_RCU_BATCHED
static inline void kvfree_rcu_barrier(void)
{
	rcu_barrier();
}

static inline void kvfree_rcu_barrier_on_cache(struct kmem_cache *cache)
{
	rcu_barrier();
}
#else
void kvfree_rcu_barrier(void);
void kvfree_rcu_barrier_on_cache(struct kmem_cache *cache);
#endif

#endif
