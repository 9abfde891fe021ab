/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef LINUX_TYPES_H
#define LINUX_TYPES_H

#define NULL ((void *)0)
#define offsetof(type, member) __builtin_offsetof(type, member)
#define container_of(pointer, type, member) ({				\
	void *__inner = (void *)(pointer);				\
	((type *)(__inner - offsetof(type, member))); })
#define static_assert(x) _Static_assert(x, #x)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

typedef _Bool bool;
typedef unsigned int u32;
typedef unsigned long size_t;
enum { false, true };

struct callback_head {
	struct callback_head *next;
	void (*func)(struct callback_head *head);
} __attribute__((aligned(sizeof(void *))));
#define rcu_head callback_head

struct kvfree_rcu_head {
	struct kvfree_rcu_head *next;
};

typedef void (*rcu_callback_t)(struct rcu_head *head);

#endif
