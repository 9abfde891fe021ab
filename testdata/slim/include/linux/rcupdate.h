/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef LINUX_RCUPDATE_H
#define LINUX_RCUPDATE_H
#include <linux/types.h>

#define BUILD_BUG_ON(x) _Static_assert(!(x), #x)
#define __is_kvfree_rcu_offset(n) ((n) < 4096)

void call_rcu(struct rcu_head *head, rcu_callback_t func);
void kvfree_call_rcu(struct kvfree_rcu_head *head, void *object);
void init_rcu_head(struct rcu_head *head);
void rcu_barrier(void);
void kvfree_rcu_barrier(void);
void synchronize_rcu(void);

#define kfree_rcu(object, member) kvfree_rcu_pair(object, member)
#define kvfree_rcu(object, member) kvfree_rcu_pair(object, member)

#define kvfree_rcu_pair(object, member)						\
do {										\
	typeof(object) ___o = (object);						\
										\
	if (___o) {								\
		BUILD_BUG_ON(!__is_kvfree_rcu_offset(offsetof(typeof(*(object)), member))); \
		kvfree_call_rcu((struct kvfree_rcu_head *)&(___o)->member, (void *)(___o)); \
	}									\
} while (0)

#endif
