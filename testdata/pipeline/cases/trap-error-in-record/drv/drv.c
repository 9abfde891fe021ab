// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/extra.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

static void extra_free(struct rcu_head *head)
{
	kfree(container_of(head, struct extra, rcu));
}

void extra_drop(struct extra *extra)
{
	call_rcu(&extra->rcu, extra_free);
}
