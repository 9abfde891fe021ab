// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leases: a small table whose entries die after a grace period.
 */
#include "stub.h"

static struct kmem_cache *lease_cache;

static int lease_count;

/**
 * lease_drop() - take a lease out of the table
 * @l: the lease
 *
 * The memory goes by lease_free_rcu().
 */
void lease_drop(struct lease *l)
{
	lease_count--;
	kfree_rcu(l, rcu);
}

void lease_drop_quietly(struct lease *l)
{
	if (l)
		kfree_rcu(l, rcu);
}
