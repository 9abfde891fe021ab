// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Written for scripts/prove: caches in a table, destroyed by a loop.
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#define ITEMS 2000

struct item {
	unsigned long value;
	struct rcu_head rcu;
};

static struct item *items[ITEMS];

static struct kmem_cache *small_cache;
static struct kmem_cache *large_cache;

static const struct cache_info {
	struct kmem_cache **cache;
	const char *name;
	unsigned int size;
} caches[] = {
	{ .cache = &small_cache, .name = "prove_table_small", .size = sizeof(struct item) },
	{ .cache = &large_cache, .name = "prove_table_large", .size = 512 },
};

static void item_free_rcu(struct rcu_head *head)
{
	kmem_cache_free(small_cache, container_of(head, struct item, rcu));
}

static void item_drop(struct item *item)
{
	call_rcu(&item->rcu, item_free_rcu);
}

static void destroy_caches(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		kmem_cache_destroy(*caches[i].cache);
		*caches[i].cache = NULL;
	}
}

static int __init table_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		*caches[i].cache = kmem_cache_create(caches[i].name, caches[i].size, 0, 0, NULL);
		if (!*caches[i].cache) {
			destroy_caches();
			return -ENOMEM;
		}
	}
	for (i = 0; i < ITEMS; i++)
		items[i] = kmem_cache_alloc(small_cache, GFP_KERNEL);
	return 0;
}

static void __exit table_exit(void)
{
	int i;

	for (i = 0; i < ITEMS; i++)
		if (items[i])
			item_drop(items[i]);
	rcu_barrier();
	destroy_caches();
}

module_init(table_init);
module_exit(table_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("one shape of module exit, for scripts/prove");
