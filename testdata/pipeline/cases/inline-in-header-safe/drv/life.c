// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "item.h"

static void __exit drv_exit(void)
{
	kvfree_rcu_barrier();
	items_gone();
}
module_exit(drv_exit);
