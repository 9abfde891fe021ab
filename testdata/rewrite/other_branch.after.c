// SPDX-License-Identifier: GPL-2.0-only
#include "stub.h"

#ifdef CONFIG_SLOT_POOL
void slot_put(struct slot *s)
{
	kfree_rcu(s, rcu);
}
#else
void slot_put(struct slot *s)
{
	/* never queued: slot_free() runs at once */
	slot_free(&s->rcu);
}
#endif
