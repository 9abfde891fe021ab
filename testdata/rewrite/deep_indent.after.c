// SPDX-License-Identifier: GPL-2.0-only
#include "stub.h"

void sweep(struct table *t)
{
	for (;;) {
		while (t) {
			if (t->old)
				kfree_rcu(rcu_dereference_protected(t->generations, 1), rcu);
			if (t->older) {
				kvfree_rcu(find_generation(t, GENERATION_OLDER),
					   rcu);
			}
			t = t->next;
		}
	}
}
