// SPDX-License-Identifier: GPL-2.0-only
#include "stub.h"

/*
 * callbacks:
 * edge_free(), node_free()
 */
static void edge_free(struct rcu_head *head)
{
	kfree(container_of(head, struct edge, rcu));
}

static void node_free(struct rcu_head *head)
{
	nodes--;
	kfree(container_of(head, struct node, rcu));
}

/*
 * ======================= graph =======================
 */
static void graph_free(struct rcu_head *head)
{
	kfree(container_of(head, struct graph, rcu));
}

void graph_put(struct graph *g)
{
	call_rcu(&g->rcu, graph_free);
}
