/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the semantics probe: the shape of this era, none of its text. */
void rcu_barrier(void)
{
	wait_rcu_gp(call_rcu);
}

static inline bool rcu_reclaim_tiny(struct rcu_head *head)
{
	unsigned long offset = (unsigned long)head->func;

	if (__is_kvfree_rcu_offset(offset)) {
		kvfree((void *)head - offset);
		return true;
	}
	head->func(head);
	return false;
}

#ifdef CONFIG_KASAN_GENERIC
void kvfree_call_rcu(struct rcu_head *head, void *object)
{
	if (head)
		kasan_record_aux_stack(object);
	__kvfree_call_rcu(head, object);
}
#endif
