// SPDX-License-Identifier: GPL-2.0-only
#include "stub.h"

/*
 * Release functions, in the order of the structures above.
 */

/* plain ports */
static void port_release(struct rcu_head *head)
{
	kfree(container_of(head, struct port, rcu));
}

#ifdef CONFIG_PORT_GROUPS
/* groups of ports */
static void group_release(struct rcu_head *head)
{
	kfree(container_of(head, struct group, rcu));
}
#endif /* CONFIG_PORT_GROUPS */

/* fabrics count themselves out */
static void fabric_release(struct rcu_head *head)
{
	struct fabric *f = container_of(head, struct fabric, rcu);

	fabrics--;
	kfree(f);
}

void ports_gone(struct port *p, struct group *g, struct fabric *f)
{
	call_rcu(&p->rcu, port_release);
#ifdef CONFIG_PORT_GROUPS
	call_rcu(&g->rcu, group_release);
#endif
	call_rcu(&f->rcu, fabric_release);
}
