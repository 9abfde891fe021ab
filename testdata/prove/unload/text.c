// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Written for scripts/prove: the plain one: the exit itself queues callbacks that do more than free, and waits or does not.
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#define ITEMS 500

struct item {
	struct rcu_head rcu;
};

static atomic_t left;
static struct item *items[ITEMS];

static void item_free_rcu(struct rcu_head *head)
{
	atomic_dec(&left);
	kfree(container_of(head, struct item, rcu));
}

static int __init text_init(void)
{
	int i;

	for (i = 0; i < ITEMS; i++)
		items[i] = kmalloc(sizeof(struct item), GFP_KERNEL);
	return 0;
}

static void __exit text_exit(void)
{
	int i;

	for (i = 0; i < ITEMS; i++) {
		if (!items[i])
			continue;
		atomic_inc(&left);
		call_rcu(&items[i]->rcu, item_free_rcu);
	}
#ifndef PROVE_UNSAFE
	rcu_barrier();
#endif
}

module_init(text_init);
module_exit(text_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("one shape of module exit, for scripts/prove");
