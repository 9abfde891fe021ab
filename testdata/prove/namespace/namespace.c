// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Written for scripts/prove: each network namespace has a cache of its own, which its exit destroys.
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#define ITEMS 2000

static unsigned int id;

struct space {
	struct kmem_cache *cache;
	struct held *first;
	char name[40];
};

struct held {
	struct held *next;
	struct space *space;
	struct rcu_head rcu;
};

static void held_free_rcu(struct rcu_head *head)
{
	struct held *held = container_of(head, struct held, rcu);

	kmem_cache_free(held->space->cache, held);
}

static int __net_init space_init(struct net *net)
{
	struct space *space = net_generic(net, id);
	int i;

	snprintf(space->name, sizeof(space->name), "prove_namespace_%u", net->ns.inum);
	space->cache = kmem_cache_create(space->name, sizeof(struct held), 0, 0, NULL);
	if (!space->cache)
		return -ENOMEM;
	for (i = 0; i < ITEMS; i++) {
		struct held *held = kmem_cache_alloc(space->cache, GFP_KERNEL);

		if (!held)
			break;
		held->space = space;
		held->next = space->first;
		space->first = held;
	}
	return 0;
}

static void __net_exit space_exit(struct net *net)
{
	struct space *space = net_generic(net, id);

	while (space->first) {
		struct held *held = space->first;

		space->first = held->next;
		call_rcu(&held->rcu, held_free_rcu);
	}
	rcu_barrier();
	kmem_cache_destroy(space->cache);
}

static struct pernet_operations space_ops = {
	.init = space_init,
	.exit = space_exit,
	.id = &id,
	.size = sizeof(struct space),
};

static int __init namespace_init(void)
{
	return register_pernet_subsys(&space_ops);
}

static void __exit namespace_exit(void)
{
	unregister_pernet_subsys(&space_ops);
}

module_init(namespace_init);
module_exit(namespace_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("one shape of module exit, for scripts/prove");
