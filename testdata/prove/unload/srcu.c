// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Written for scripts/prove: callbacks of a domain of its own, for which rcu_barrier() does not wait.
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/srcu.h>

#define ITEMS 500

struct item {
	struct rcu_head rcu;
};

static atomic_t left;
static struct srcu_struct domain;
static struct item *items[ITEMS];

static void item_free_srcu(struct rcu_head *head)
{
	atomic_dec(&left);
	kfree(container_of(head, struct item, rcu));
}

static int __init domain_init(void)
{
	int i, error = init_srcu_struct(&domain);

	if (error)
		return error;
	for (i = 0; i < ITEMS; i++)
		items[i] = kmalloc(sizeof(struct item), GFP_KERNEL);
	return 0;
}

static void __exit domain_exit(void)
{
	int i;

	for (i = 0; i < ITEMS; i++) {
		if (!items[i])
			continue;
		atomic_inc(&left);
		call_srcu(&domain, &items[i]->rcu, item_free_srcu);
	}
#ifdef PROVE_UNSAFE
	rcu_barrier();
#else
	srcu_barrier(&domain);
#endif
	cleanup_srcu_struct(&domain);
}

module_init(domain_init);
module_exit(domain_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("one shape of module exit, for scripts/prove");
