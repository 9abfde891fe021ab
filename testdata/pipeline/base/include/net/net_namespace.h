/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef NET_NET_NAMESPACE_H
#define NET_NET_NAMESPACE_H
#include <linux/types.h>

struct kmem_cache;

struct net {
	int id;
	struct kmem_cache *entries;
};

struct pernet_operations {
	int (*init)(struct net *net);
	void (*exit)(struct net *net);
};

int register_pernet_subsys(struct pernet_operations *ops);
void unregister_pernet_subsys(struct pernet_operations *ops);

#endif
