// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct item {
#ifdef CONFIG_ABSENT
	int key;
#endif
	struct rcu_head rcu;
};

static void item_free(struct rcu_head *head)
{
	kfree(head);
}

#ifdef CONFIG_ABSENT
void item_lose(struct item *item)
{
	call_rcu(&item->rcu, item_free);
}
#endif

void item_drop(struct item *item)
{
	call_rcu(&item->rcu, item_free);
}
