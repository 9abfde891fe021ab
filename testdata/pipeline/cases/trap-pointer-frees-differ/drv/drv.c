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

static void item_free(struct rcu_head *head)
{
	kfree(container_of(head, struct item, rcu));
}

static void rcu_only_free(struct rcu_head *head)
{
	kfree(head);
}

void item_init(struct item *item, int own)
{
	if (own)
		item->gone = item_free;
	else
		item->gone = rcu_only_free;
}

void item_drop(struct item *item)
{
	call_rcu(&item->rcu, item->gone);
}
