// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "item.h"

static void __exit drv_exit(void)
{
	rcu_barrier();
	DROP_ITEMS();
}
module_exit(drv_exit);
