// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct item {
	int large;
	struct rcu_head rcu;
};

int item_forget(struct item *item);

static void item_free(struct rcu_head *head)
{
	kfree(container_of(head, struct item, rcu));
}

static void item_free_large(struct rcu_head *head)
{
	struct item *item = container_of(head, struct item, rcu);

	kfree(item);
}

void item_drop(struct item *item)
{
	if (item_forget(item))
		call_rcu(&item->rcu, item_free_large);
	else
		call_rcu(&item->rcu, item_free);
}

void item_put(struct item *item)
{
	if (item->large) {
		call_rcu(&item->rcu, item_free_large);
		return;
	}
	call_rcu(&item->rcu, item_free);
}
