// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "item.h"

struct kmem_cache *item_cache;

static int __init drv_init(void)
{
	item_cache = kmem_cache_create("item", sizeof(struct item), 0, 0, NULL);
	return item_cache ? 0 : -ENOMEM;
}
module_init(drv_init);

static void __exit drv_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(item_cache);
}
module_exit(drv_exit);
