// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct item {
	int key;
	struct rcu_head rcu;
};

static struct kmem_cache *item_cache;

static struct item *last;

static void item_free(struct rcu_head *head)
{
	kmem_cache_free(item_cache, container_of(head, struct item, rcu));
}

static int __init drv_init(void)
{
	item_cache = kmem_cache_create("item", sizeof(struct item), 0, 0, NULL);
	return item_cache ? 0 : -ENOMEM;
}
module_init(drv_init);

static void __exit drv_exit(void)
{
	kvfree_rcu_barrier();
	if (last)
		call_rcu(&last->rcu, item_free);
	kmem_cache_destroy(item_cache);
}
module_exit(drv_exit);
