// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leases: a small table whose entries die after a grace period.
 */
#include "stub.h"

static struct kmem_cache *lease_cache;

static void lease_free_rcu(struct rcu_head *head);
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
	call_rcu(&l->rcu, lease_free_rcu);
}

/**
 * lease_free_rcu() - free a lease
 * @head: its head, see lease_drop()
 */
static void lease_free_rcu(struct rcu_head *head)
{
	kmem_cache_free(lease_cache, container_of(head, struct lease, rcu));
}

void lease_drop_quietly(struct lease *l)
{
	if (l)
		call_rcu(&l->rcu,
			 lease_free_rcu);
}
