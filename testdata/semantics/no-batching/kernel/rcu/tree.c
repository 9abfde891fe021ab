/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the semantics probe: the shape of this era, none of its text. */
static inline bool __rcu_reclaim(struct rcu_head *head)
{
	unsigned long offset = (unsigned long)head->func;

	if (__is_kfree_rcu_offset(offset)) {
		kfree((void *)head - offset);
		return true;
	}
	head->func(head);
	return false;
}

void kfree_call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	__call_rcu(head, func, 1);
}
EXPORT_SYMBOL_GPL(kfree_call_rcu);

void rcu_barrier(void)
{
	mark_every_queue();
	wait_for_completion(&everything_called);
}
EXPORT_SYMBOL_GPL(rcu_barrier);
