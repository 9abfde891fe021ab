// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Written for scripts/prove: a timer queues a callback and starts itself again. The wait must stand behind its end.
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/timer.h>

#define NOTES 100

struct note {
	struct rcu_head rcu;
};

static atomic_t notes;
static void tick_run(struct timer_list *unused);
static DEFINE_TIMER(tick, tick_run);

static void note_free_rcu(struct rcu_head *head)
{
	atomic_dec(&notes);
	kfree(container_of(head, struct note, rcu));
}

static void tick_run(struct timer_list *unused)
{
	int i;

	for (i = 0; i < NOTES; i++) {
		struct note *note = kmalloc(sizeof(*note), GFP_ATOMIC);

		if (!note)
			break;
		atomic_inc(&notes);
		call_rcu(&note->rcu, note_free_rcu);
	}
	mod_timer(&tick, jiffies + 1);
}

static int __init tick_init(void)
{
	mod_timer(&tick, jiffies + 1);
	return 0;
}

static void __exit tick_exit(void)
{
#ifdef PROVE_UNSAFE
	rcu_barrier();
	timer_delete_sync(&tick);
#else
	timer_delete_sync(&tick);
	rcu_barrier();
#endif
}

module_init(tick_init);
module_exit(tick_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("one shape of module exit, for scripts/prove");
