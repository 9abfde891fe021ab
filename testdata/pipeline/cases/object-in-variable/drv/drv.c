// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct base {
	int key;
	struct rcu_head rcu;
};

struct item {
	struct base base;
	int count;
};

static void item_free(struct rcu_head *head)
{
	kfree(container_of(head, struct item, base.rcu));
}

void item_drop(struct base *base)
{
	struct item *item = container_of(base, struct item, base);

	item->count = 0;
	call_rcu(&base->rcu, item_free);
}
