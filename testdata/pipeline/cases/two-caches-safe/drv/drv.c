// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct item {
	int key;
	struct rcu_head rcu;
};

static struct kmem_cache *small_cache;
static struct kmem_cache *large_cache;
bool large;

static void item_free(struct rcu_head *head)
{
	if (large)
		kmem_cache_free(large_cache, container_of(head, struct item, rcu));
	else
		kmem_cache_free(small_cache, container_of(head, struct item, rcu));
}

void item_drop(struct item *item)
{
	call_rcu(&item->rcu, item_free);
}

static int __init drv_init(void)
{
	small_cache = kmem_cache_create("small", sizeof(struct item), 0, 0, NULL);
	large_cache = kmem_cache_create("large", 64, 0, 0, NULL);
	return small_cache && large_cache ? 0 : -ENOMEM;
}
module_init(drv_init);
