// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct item {
	char *name;
	struct rcu_head rcu;
};

static void item_free(struct rcu_head *head)
{
	struct item *item = container_of(head, struct item, rcu);

	kfree(item->name);
	kfree(item);
}

void item_drop(struct item *item)
{
	call_rcu(&item->rcu, item_free);
}
