/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef DRV_ITEM_H
#define DRV_ITEM_H
#include <linux/slab.h>

struct item {
	int key;
	struct rcu_head rcu;
};

extern struct kmem_cache *item_cache;

static inline void items_gone(void)
{
	kmem_cache_destroy(item_cache);
}

#endif
