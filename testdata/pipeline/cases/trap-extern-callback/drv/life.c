// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "item.h"

void item_free(struct rcu_head *head)
{
	kfree(container_of(head, struct item, rcu));
}
