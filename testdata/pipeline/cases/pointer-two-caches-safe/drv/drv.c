// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct item {
	int key;
	rcu_callback_t gone;
	struct rcu_head rcu;
};

static struct kmem_cache *small;
static struct kmem_cache *large;

static void small_free(struct rcu_head *head)
{
	kmem_cache_free(small, container_of(head, struct item, rcu));
}

static void large_free(struct rcu_head *head)
{
	struct item *item = container_of(head, struct item, rcu);

	kmem_cache_free(large, item);
}

void small_init(struct item *item)
{
	item->gone = small_free;
}

void large_init(struct item *item)
{
	item->gone = large_free;
}

void item_drop(struct item *item)
{
	call_rcu(&item->rcu, item->gone);
}

static int __init drv_init(void)
{
	small = kmem_cache_create("small", sizeof(struct item), 0, 0, NULL);
	large = kmem_cache_create("large", 2 * sizeof(struct item), 0, 0, NULL);
	return 0;
}
module_init(drv_init);
