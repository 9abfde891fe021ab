/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the semantics probe: the shape of this era, none of its text. */
#ifndef LINUX_RCUTINY_H
#define LINUX_RCUTINY_H

void rcu_barrier(void);

static inline void __kvfree_call_rcu(struct rcu_head *head, void *object)
{
	if (head) {
		call_rcu(head, (rcu_callback_t)((void *)head - object));
		return;
	}
	synchronize_rcu();
	kvfree(object);
}

static inline void kvfree_rcu_barrier(void)
{
	rcu_barrier();
}

#ifdef CONFIG_KASAN_GENERIC
void kvfree_call_rcu(struct rcu_head *head, void *object);
#else
static inline void kvfree_call_rcu(struct rcu_head *head, void *object)
{
	__kvfree_call_rcu(head, object);
}
#endif

#endif
