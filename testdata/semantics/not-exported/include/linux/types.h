/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the semantics probe: the shape of this era, none of its text. */
#ifdef CONFIG_KVFREE_RCU_BATCHED
struct kvfree_rcu_head {
	struct kvfree_rcu_head *next;
};
#else
struct kvfree_rcu_head {
	struct rcu_head head;
};
#endif
