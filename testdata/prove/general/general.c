// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Written for scripts/prove: the objects come from kmalloc(), whose caches nobody destroys.
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#define ITEMS 2000

struct item {
	unsigned long value;
	struct rcu_head rcu;
};

static struct item *items[ITEMS];

static void item_free_rcu(struct rcu_head *head)
{
	kfree(container_of(head, struct item, rcu));
}

static void item_drop(struct item *item)
{
	call_rcu(&item->rcu, item_free_rcu);
}

static int __init general_init(void)
{
	int i;

	for (i = 0; i < ITEMS; i++)
		items[i] = kmalloc(sizeof(struct item), GFP_KERNEL);
	return 0;
}

static void __exit general_exit(void)
{
	int i;

	for (i = 0; i < ITEMS; i++)
		if (items[i])
			item_drop(items[i]);
	rcu_barrier();
}

module_init(general_init);
module_exit(general_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("one shape of module exit, for scripts/prove");
