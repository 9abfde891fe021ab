// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct leaf {
	struct rcu_head rcu;
};

extern struct kmem_cache *leaf_cache;

static void leaf_free(struct rcu_head *head)
{
	kmem_cache_free(leaf_cache, container_of(head, struct leaf, rcu));
}

void leaf_drop(struct leaf *leaf)
{
	call_rcu(&leaf->rcu, leaf_free);
}
