/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the whole pipeline: the shape of this era, none of its text. */
struct batch {
	struct rcu_work work;
	void *objects[64];
	unsigned int used;
};

struct cpu_batches {
	struct batch batch[2];
	struct delayed_work drain;
};

static DEFINE_PER_CPU(struct cpu_batches, batches);

static void free_batch(struct work_struct *work)
{
	struct batch *b = batch_of(work);

	while (b->used)
		kvfree(b->objects[--b->used]);
}

static bool anything_collected(struct cpu_batches *cb)
{
	return cb->batch[0].used || cb->batch[1].used;
}

static bool send_batches(struct cpu_batches *cb)
{
	return queue_rcu_work(system_wq, &cb->batch[0].work);
}

static void drain_soon(struct cpu_batches *cb)
{
	queue_delayed_work(system_wq, &cb->drain, HZ);
}

void kvfree_call_rcu(struct rcu_head *head, void *object)
{
	struct cpu_batches *cb = this_cpu_ptr(&batches);

	if (!head)
		might_sleep();
	put_in_batch(cb, object);
	drain_soon(cb);
}
EXPORT_SYMBOL_GPL(kvfree_call_rcu);

void kvfree_rcu_barrier(void)
{
	struct cpu_batches *cb;
	int cpu, i;

	for_each_possible_cpu(cpu) {
		cb = per_cpu_ptr(&batches, cpu);
		if (!anything_collected(cb))
			continue;
		while (1) {
			if (send_batches(cb))
				break;
			flush_rcu_work(&cb->batch[1].work);
		}
	}

	for_each_possible_cpu(cpu) {
		cb = per_cpu_ptr(&batches, cpu);
		cancel_delayed_work_sync(&cb->drain);
		for (i = 0; i < 2; i++)
			flush_rcu_work(&cb->batch[i].work);
	}
}
EXPORT_SYMBOL_GPL(kvfree_rcu_barrier);

void start_batches(void)
{
	int cpu, i;

	for_each_possible_cpu(cpu)
		for (i = 0; i < 2; i++)
			INIT_RCU_WORK(&per_cpu(batches, cpu).batch[i].work, free_batch);
}

void rcu_barrier(void)
{
	mark_every_queue();
	wait_for_completion(&everything_called);
}
EXPORT_SYMBOL_GPL(rcu_barrier);
