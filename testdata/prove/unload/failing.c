// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Written for scripts/prove: loading fails behind the place where a callback was queued, and the text goes as it does at an
// exit.
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#define ITEMS 500

struct item {
	struct rcu_head rcu;
};

static int parts;
module_param(parts, int, 0400);

static atomic_t left;
static struct item *items[ITEMS];

static void item_free_rcu(struct rcu_head *head)
{
	atomic_dec(&left);
	kfree(container_of(head, struct item, rcu));
}

static void items_drop(void)
{
	int i;

	for (i = 0; i < ITEMS; i++) {
		if (!items[i])
			continue;
		atomic_inc(&left);
		call_rcu(&items[i]->rcu, item_free_rcu);
	}
}

static int __init failing_init(void)
{
	int i;

	for (i = 0; i < ITEMS; i++)
		items[i] = kmalloc(sizeof(struct item), GFP_KERNEL);
	if (parts < 1) {
		items_drop();
#ifndef PROVE_UNSAFE
		rcu_barrier();
#endif
		return -EINVAL;
	}
	return 0;
}

static void __exit failing_exit(void)
{
	items_drop();
	rcu_barrier();
}

module_init(failing_init);
module_exit(failing_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("one shape of module exit, for scripts/prove");
