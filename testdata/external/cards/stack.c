// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct sheet {
	struct rcu_head rcu;
	char text[20];
};

static void sheet_free(struct rcu_head *head)
{
	kfree(container_of(head, struct sheet, rcu));
}

void stack_pop(struct sheet *sheet)
{
	call_rcu(&sheet->rcu, sheet_free);
}
