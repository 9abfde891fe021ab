// SPDX-License-Identifier: GPL-2.0-only
#include "stub.h"

/*
 * Release functions, in the order of the structures above.
 */

/* fabrics count themselves out */
static void fabric_release(struct rcu_head *head)
{
	struct fabric *f = container_of(head, struct fabric, rcu);

	fabrics--;
	kfree(f);
}

void ports_gone(struct port *p, struct group *g, struct fabric *f)
{
	kfree_rcu(p, rcu);
#ifdef CONFIG_PORT_GROUPS
	kfree_rcu(g, rcu);
#endif
	call_rcu(&f->rcu, fabric_release);
}
