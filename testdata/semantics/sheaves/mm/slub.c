/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the semantics probe: the shape of this era, none of its text. */
#include "slab.h"

void kfree(const void *object)
{
	struct slab *slab = slab_of(object);

	give_back(slab->slab_cache, slab, object);
}

void kvfree_rcu_cb(struct rcu_head *head)
{
	void *object = start_of(head);

	if (is_vmalloc_addr(object))
		vfree(object);
	else
		kfree(object);
}

static void sheaf_is_due(struct rcu_head *head)
{
	give_back_sheaf(sheaf_of(head));
}

bool __kfree_rcu_sheaf(struct kmem_cache *cache, void *object)
{
	struct sheaf *sheaf = this_cpu_sheaf(cache);

	if (!sheaf)
		return false;
	sheaf->objects[sheaf->used++] = object;
	if (sheaf->used == sheaf->room)
		call_rcu(&sheaf->rcu, sheaf_is_due);
	return true;
}

static void retire_sheaf(struct work_struct *work)
{
	struct sheaf *sheaf = take_sheaf(work);

	if (sheaf)
		call_rcu(&sheaf->rcu, sheaf_is_due);
}

void flush_rcu_sheaves_on_cache(struct kmem_cache *cache)
{
	unsigned int cpu;

	mutex_lock(&flush_lock);
	for_each_online_cpu(cpu) {
		INIT_WORK(&per_cpu(retire, cpu).work, retire_sheaf);
		per_cpu(retire, cpu).cache = cache;
		queue_work_on(cpu, retire_wq, &per_cpu(retire, cpu).work);
	}
	for_each_online_cpu(cpu)
		flush_work(&per_cpu(retire, cpu).work);
	mutex_unlock(&flush_lock);
}

void flush_all_rcu_sheaves(void)
{
	struct kmem_cache *cache;

	mutex_lock(&slab_mutex);
	list_for_each_entry(cache, &slab_caches, list) {
		if (!cache->cpu_sheaves)
			continue;
		flush_rcu_sheaves_on_cache(cache);
	}
	mutex_unlock(&slab_mutex);

	rcu_barrier();
}
