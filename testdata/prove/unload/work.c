// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Written for scripts/prove: a work item queues a callback and starts itself again. The wait must stand behind its end.
// It runs on the last processor and the module is removed on the first, so that neither waits for the other.
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#define NOTES 100

struct note {
	struct rcu_head rcu;
};

static atomic_t notes;
static struct delayed_work turn;

static void note_free_rcu(struct rcu_head *head)
{
	atomic_dec(&notes);
	kfree(container_of(head, struct note, rcu));
}

static void turn_run(struct work_struct *work)
{
	int i;

	for (i = 0; i < NOTES; i++) {
		struct note *note = kmalloc(sizeof(*note), GFP_KERNEL);

		if (!note)
			break;
		atomic_inc(&notes);
		call_rcu(&note->rcu, note_free_rcu);
	}
	schedule_delayed_work_on(cpumask_last(cpu_online_mask), &turn, 1);
}

static int __init work_init(void)
{
	INIT_DELAYED_WORK(&turn, turn_run);
	schedule_delayed_work_on(cpumask_last(cpu_online_mask), &turn, 1);
	return 0;
}

static void __exit work_exit(void)
{
#ifdef PROVE_UNSAFE
	rcu_barrier();
	cancel_delayed_work_sync(&turn);
#else
	cancel_delayed_work_sync(&turn);
	rcu_barrier();
#endif
}

module_init(work_init);
module_exit(work_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("one shape of module exit, for scripts/prove");
