// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct item {
	int key;
	struct rcu_head rcu;
};

static int freed;

#ifdef CONFIG_ABSENT
static void item_free(struct rcu_head *head)
{
	freed = freed + 1;
	kfree(container_of(head, struct item, rcu));
}

#else
static void item_free(struct rcu_head *head)
{
	kfree(container_of(head, struct item, rcu));
}
#endif

void item_drop(struct item *item)
{
	call_rcu(&item->rcu, item_free);
}
