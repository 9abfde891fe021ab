// SPDX-License-Identifier: GPL-2.0-only
#include "stub.h"

void sweep(struct table *t)
{
	for (;;) {
		while (t) {
			if (t->old)
				call_rcu(&rcu_dereference_protected(t->generations, 1)->rcu, gone);
			if (t->older) {
				call_rcu(&find_generation(t, GENERATION_OLDER)->rcu,
					 gone);
			}
			t = t->next;
		}
	}
}
