/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Written for the tests of the semantics probe: the shape of this era, none of its text. */
#ifndef LINUX_RCUPDATE_H
#define LINUX_RCUPDATE_H

#define __is_kfree_rcu_offset(n) ((n) < 4096)

#define __kfree_rcu(head, n)						\
	do {								\
		BUILD_BUG_ON(!__is_kfree_rcu_offset(n));		\
		kfree_call_rcu(head, (rcu_callback_t)(unsigned long)(n)); \
	} while (0)

#define kfree_rcu(object, member)					\
	do {								\
		typeof(object) ___o = (object);				\
									\
		if (___o)						\
			__kfree_rcu(&((___o)->member), offsetof(typeof(*(object)), member)); \
	} while (0)

#if defined(CONFIG_TREE_RCU)
#include <linux/rcutree.h>
#elif defined(CONFIG_TINY_RCU)
#include <linux/rcutiny.h>
#endif

#endif
