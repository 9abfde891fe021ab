/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the semantics probe: the shape of this era, none of its text. */
#ifndef LINUX_SLAB_H
#define LINUX_SLAB_H

void kmem_cache_destroy(struct kmem_cache *cache);
void kvfree_rcu_barrier(void);
void kvfree_rcu_barrier_on_cache(struct kmem_cache *cache);

#endif
