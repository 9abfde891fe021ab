// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct kind {
	struct kmem_cache *cache;
};

struct item {
	struct kmem_cache *own_cache;
	struct rcu_head rcu;
};

static struct kind kind;

static void item_free(struct rcu_head *head)
{
	struct item *item = container_of(head, struct item, rcu);

	kmem_cache_free(item->own_cache, item);
}

struct item *item_new(struct kind *from)
{
	struct item *item = kmem_cache_alloc(from->cache, GFP_KERNEL);

	if (item)
		item->own_cache = from->cache;
	return item;
}

void item_drop(struct item *item)
{
	call_rcu(&item->rcu, item_free);
}

static int __init drv_init(void)
{
	kind.cache = kmem_cache_create("item", sizeof(struct item), 0, 0, NULL);
	return kind.cache ? 0 : -ENOMEM;
}
module_init(drv_init);

static void __exit drv_exit(void)
{
	kvfree_rcu_barrier();
	kmem_cache_destroy(kind.cache);
}
module_exit(drv_exit);
