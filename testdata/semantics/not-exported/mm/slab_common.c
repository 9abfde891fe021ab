/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the semantics probe: the shape of this era, none of its text. */
#include <linux/slab.h>
#include "slab.h"

void kmem_cache_destroy(struct kmem_cache *cache)
{
	int busy;

	if (unlikely(!cache) || !kasan_check_byte(cache))
		return;

	kvfree_rcu_barrier_on_cache(cache);

	if (IS_ENABLED(CONFIG_SLUB_RCU_DEBUG) && (cache->flags & SLAB_TYPESAFE_BY_RCU))
		rcu_barrier();

	mutex_lock(&slab_mutex);
	if (--cache->refcount) {
		mutex_unlock(&slab_mutex);
		return;
	}
	busy = __kmem_cache_shutdown(cache);
	mutex_unlock(&slab_mutex);
	if (busy)
		return;
	if (cache->flags & SLAB_TYPESAFE_BY_RCU)
		rcu_barrier();
}
EXPORT_SYMBOL(kmem_cache_destroy);

#ifndef CONFIG_KVFREE_RCU_BATCHED

void kvfree_call_rcu(struct kvfree_rcu_head *head, void *object)
{
	if (head) {
		call_rcu(&head->head, kvfree_rcu_cb);
		return;
	}
	might_sleep();
	synchronize_rcu();
	kvfree(object);
}
EXPORT_SYMBOL_GPL(kvfree_call_rcu);

void kvfree_rcu_barrier(void)
{
	deferred_work_barrier();
	rcu_barrier();
}

void kvfree_rcu_barrier_on_cache(struct kmem_cache *cache)
{
	deferred_work_barrier();
	rcu_barrier();
}

#else /* CONFIG_KVFREE_RCU_BATCHED */

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

static bool kfree_rcu_sheaf(void *object)
{
	struct slab *slab = slab_of(object);

	if (!slab || !slab->slab_cache->cpu_sheaves)
		return false;
	return __kfree_rcu_sheaf(slab->slab_cache, object);
}

void kvfree_call_rcu(struct kvfree_rcu_head *head, void *object)
{
	struct cpu_batches *cb = this_cpu_ptr(&batches);

	if (!head)
		might_sleep();
	if (kfree_rcu_sheaf(object))
		return;
	put_in_batch(cb, object);
	drain_soon(cb);
}
EXPORT_SYMBOL_GPL(kvfree_call_rcu);

static inline void __kvfree_rcu_barrier(void)
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

void kvfree_rcu_barrier(void)
{
	flush_all_rcu_sheaves();
	__kvfree_rcu_barrier();
}

void kvfree_rcu_barrier_on_cache(struct kmem_cache *cache)
{
	deferred_work_barrier();
	if (cache_has_sheaves(cache)) {
		cpus_read_lock();
		flush_rcu_sheaves_on_cache(cache);
		cpus_read_unlock();
	}
	rcu_barrier();
	__kvfree_rcu_barrier();
}

void start_batches(void)
{
	int cpu, i;

	for_each_possible_cpu(cpu)
		for (i = 0; i < 2; i++)
			INIT_RCU_WORK(&per_cpu(batches, cpu).batch[i].work, free_batch);
}

#endif /* CONFIG_KVFREE_RCU_BATCHED */
