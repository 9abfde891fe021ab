/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the semantics probe: the shape of this era, none of its text. */
#ifndef LINUX_RCUPDATE_H
#define LINUX_RCUPDATE_H

#define __is_kvfree_rcu_offset(n) ((n) < 4096)

#define kfree_rcu(object, member) kvfree_rcu_pair(object, member)
#define kvfree_rcu(object, member) kvfree_rcu_pair(object, member)

#define kvfree_rcu_pair(object, member)						\
do {										\
	typeof(object) ___o = (object);						\
										\
	if (___o) {								\
		BUILD_BUG_ON(!__is_kvfree_rcu_offset(offsetof(typeof(*(object)), member))); \
		kvfree_call_rcu(&((___o)->member), (void *)(___o));		\
	}									\
} while (0)

#if defined(CONFIG_TREE_RCU)
#include <linux/rcutree.h>
#elif defined(CONFIG_TINY_RCU)
#include <linux/rcutiny.h>
#else
#error "no RCU"
#endif

#endif
