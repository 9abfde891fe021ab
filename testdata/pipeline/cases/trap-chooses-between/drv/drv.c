// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct item {
	int key;
	struct rcu_head rcu;
};

static int by_callback;

static void item_free(struct rcu_head *head)
{
	kfree(container_of(head, struct item, rcu));
}

void item_drop(struct item *item)
{
	if (by_callback)
		call_rcu(&item->rcu, item_free);
	else
		kfree_rcu(item, rcu);
}
