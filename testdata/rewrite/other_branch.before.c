// SPDX-License-Identifier: GPL-2.0-only
#include "stub.h"

static void slot_free(struct rcu_head *head);

#ifdef CONFIG_SLOT_POOL
static void slot_free(struct rcu_head *head)
{
	kmem_cache_free(slot_cache, container_of(head, struct slot, rcu));
}

void slot_put(struct slot *s)
{
	call_rcu(&s->rcu, slot_free);
}
#else
void slot_put(struct slot *s)
{
	/* never queued: slot_free() runs at once */
	slot_free(&s->rcu);
}
#endif
