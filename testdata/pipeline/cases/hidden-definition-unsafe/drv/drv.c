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

#ifdef CONFIG_ABSENT
static void drop(struct kmem_cache *cache)
{
	kmem_cache_destroy(cache);
}
#else
static void drop(struct kmem_cache *cache)
{
}
#endif

static void item_free(struct rcu_head *head)
{
	kmem_cache_free(item_cache, container_of(head, struct item, rcu));
}

void item_drop(struct item *item)
{
	call_rcu(&item->rcu, item_free);
}

static int __init drv_init(void)
{
	item_cache = kmem_cache_create("item", sizeof(struct item), 0, 0, NULL);
	return item_cache ? 0 : -ENOMEM;
}
module_init(drv_init);

static void __exit drv_exit(void)
{
	drop(item_cache);
}
module_exit(drv_exit);
