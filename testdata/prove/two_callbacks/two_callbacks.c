// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Written for scripts/prove: one callback frees, another one does something else; rcu_barrier() waits for both.
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

static struct rcu_head late;


static void say_late(struct rcu_head *head)
{
	pr_info("prove: the other callback ran\n");
}

static int __init two_callbacks_init(void)
{
	int i;

	cache = kmem_cache_create("prove_two_callbacks", sizeof(struct item), 0, 0, NULL);
	if (!cache)
		return -ENOMEM;
	for (i = 0; i < ITEMS; i++)
		items[i] = kmem_cache_alloc(cache, GFP_KERNEL);
	return 0;
}

static void __exit two_callbacks_exit(void)
{
	int i;

	for (i = 0; i < ITEMS; i++)
		if (items[i])
			item_drop(items[i]);
	call_rcu(&late, say_late);
	rcu_barrier();
	kmem_cache_destroy(cache);
}

module_init(two_callbacks_init);
module_exit(two_callbacks_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("one shape of module exit, for scripts/prove");
