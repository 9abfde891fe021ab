/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the semantics probe: the shape of this era, none of its text. */
#ifndef MM_SLAB_H
#define MM_SLAB_H

int __kmem_cache_shutdown(struct kmem_cache *cache);
bool __kfree_rcu_sheaf(struct kmem_cache *cache, void *object);
void flush_rcu_sheaves_on_cache(struct kmem_cache *cache);
void flush_all_rcu_sheaves(void);
void kvfree_rcu_cb(struct rcu_head *head);
void deferred_work_barrier(void);

#endif
