/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef DRV_ITEM_H
#define DRV_ITEM_H
#include <linux/types.h>

struct item {
	int key;
	struct rcu_head rcu;
};

extern struct kmem_cache *item_cache;

#define DROP_ITEMS() kmem_cache_destroy(item_cache)

#endif
