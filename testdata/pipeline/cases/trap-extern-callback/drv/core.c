// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "item.h"

void item_drop(struct item *item)
{
	call_rcu(&item->rcu, item_free);
}
