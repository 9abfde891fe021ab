// SPDX-License-Identifier: GPL-2.0-only
#include "stub.h"

/*
 * callbacks:
 * edge_free(), node_free()
 */
static void node_free(struct rcu_head *head)
{
	nodes--;
	kfree(container_of(head, struct node, rcu));
}

/*
 * ======================= graph =======================
 */

void graph_put(struct graph *g)
{
	kfree_rcu(g, rcu);
}
