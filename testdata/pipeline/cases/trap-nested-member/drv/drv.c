// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct common {
	int key;
	struct rcu_head rcu;
};

struct item {
	int size;
	struct common common;
};

static void item_free(struct rcu_head *head)
{
	kfree(container_of(head, struct item, common.rcu));
}

void item_drop(struct item *item)
{
	call_rcu(&item->common.rcu, item_free);
}
