// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct twin {
	int born;
	struct rcu_head rcu;
};

void twin_free(struct rcu_head *head);

void twin_free(struct rcu_head *head)
{
	kfree(container_of(head, struct twin, rcu));
}

void twin_part(struct twin *twin)
{
	call_rcu(&twin->rcu, twin_free);
}
