// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Written for scripts/prove: work that is queued when a grace period has ended, on a workqueue of its own. Destroying the
// workqueue waits for what is in it, not for what will be put into it.
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#define ITEMS 500

struct item {
	struct rcu_work work;
};

static struct workqueue_struct *queue;
static struct item *items[ITEMS];

static void item_end(struct work_struct *work)
{
	kfree(container_of(to_rcu_work(work), struct item, work));
}

static int __init rcuwork_init(void)
{
	int i;

	queue = alloc_workqueue("prove_rcuwork", WQ_UNBOUND, 0);
	if (!queue)
		return -ENOMEM;
	for (i = 0; i < ITEMS; i++) {
		items[i] = kmalloc(sizeof(struct item), GFP_KERNEL);
		if (items[i])
			INIT_RCU_WORK(&items[i]->work, item_end);
	}
	return 0;
}

static void __exit rcuwork_exit(void)
{
	int i;

	for (i = 0; i < ITEMS; i++)
		if (items[i])
			queue_rcu_work(queue, &items[i]->work);
#ifndef PROVE_UNSAFE
	rcu_barrier();
#endif
	destroy_workqueue(queue);
}

module_init(rcuwork_init);
module_exit(rcuwork_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("one shape of module exit, for scripts/prove");
