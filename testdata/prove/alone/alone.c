// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Written for scripts/prove: the exit frees and destroys the cache without any barrier, which is wrong as it stands.
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#define ITEMS 2000

struct item {
	unsigned long value;
	struct rcu_head rcu;
};

static struct item *items[ITEMS];

static struct kmem_cache *cache;

static void item_free_rcu(struct rcu_head *head)
{
	kmem_cache_free(cache, container_of(head, struct item, rcu));
}

static void item_drop(struct item *item)
{
	call_rcu(&item->rcu, item_free_rcu);
}

static int __init alone_init(void)
{
	int i;

	cache = kmem_cache_create("prove_alone", sizeof(struct item), 0, 0, NULL);
	if (!cache)
		return -ENOMEM;
	for (i = 0; i < ITEMS; i++)
		items[i] = kmem_cache_alloc(cache, GFP_KERNEL);
	return 0;
}

static void __exit alone_exit(void)
{
	int i;

	for (i = 0; i < ITEMS; i++)
		if (items[i])
			item_drop(items[i]);
	kmem_cache_destroy(cache);
}

module_init(alone_init);
module_exit(alone_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("one shape of module exit, for scripts/prove");
