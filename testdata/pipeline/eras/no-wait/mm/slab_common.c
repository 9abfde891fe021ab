/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the whole pipeline: the shape of this era, none of its text. */
#include "slab.h"

void kmem_cache_destroy(struct kmem_cache *cache)
{
	int busy;

	if (unlikely(!cache) || !kasan_check_byte(cache))
		return;

	if (IS_ENABLED(CONFIG_SLUB_RCU_DEBUG) && (cache->flags & SLAB_TYPESAFE_BY_RCU))
		rcu_barrier();

	mutex_lock(&slab_mutex);
	if (--cache->refcount) {
		mutex_unlock(&slab_mutex);
		return;
	}
	busy = __kmem_cache_shutdown(cache);
	mutex_unlock(&slab_mutex);
	if (busy)
		return;
	if (cache->flags & SLAB_TYPESAFE_BY_RCU)
		rcu_barrier();
}
EXPORT_SYMBOL(kmem_cache_destroy);
