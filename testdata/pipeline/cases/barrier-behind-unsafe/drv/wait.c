// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

void wait_for_all(void);

void wait_for_all(void)
{
	printk("waiting\n");
	kvfree_rcu_barrier();
}
