/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef DRV_ITEM_H
#define DRV_ITEM_H
#include <linux/rcupdate.h>

struct item {
	int key;
	struct rcu_head rcu;
};

void item_free(struct rcu_head *head);

static inline void item_drop(struct item *item)
{
	call_rcu(&item->rcu, item_free);
}

#endif
