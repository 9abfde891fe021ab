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
static struct kmem_cache *note_cache;

static const struct cache_info {
	struct kmem_cache **cache;
	const char *name;
	unsigned int size;
} infos[] = {
	{ .cache = &item_cache, .name = "item", .size = 32 },
	{ .cache = &note_cache, .name = "note", .size = 16 },
};

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
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(infos); i++) {
		*infos[i].cache = kmem_cache_create(infos[i].name, infos[i].size, 0, 0, NULL);
		if (!*infos[i].cache)
			return -ENOMEM;
	}
	return 0;
}
module_init(drv_init);

static void __exit drv_exit(void)
{
	const struct cache_info *info;

	rcu_barrier();
	for (info = infos; info < infos + ARRAY_SIZE(infos); info++)
		kmem_cache_destroy(*info->cache);
}
module_exit(drv_exit);
