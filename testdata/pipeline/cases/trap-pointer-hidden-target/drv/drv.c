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

void item_count(struct rcu_head *head);

static void item_free(struct rcu_head *head)
{
	kfree(container_of(head, struct item, rcu));
}

void item_init(struct item *item)
{
#if ITEM_ALIGN > 64
	item->gone = item_count;
#endif
	item->gone = item_free;
}

void item_drop(struct item *item)
{
	if (item->gone == item_free)
		call_rcu(&item->rcu, item->gone);
}
