// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

struct item {
	int key;
	struct net *net;
	struct rcu_head rcu;
};

static void item_free(struct rcu_head *head)
{
	struct item *item = container_of(head, struct item, rcu);

	kmem_cache_free(item->net->entries, item);
}

void item_drop(struct item *item)
{
	call_rcu(&item->rcu, item_free);
}

static int drv_net_init(struct net *net)
{
	net->entries = kmem_cache_create("item", sizeof(struct item), 0, 0, NULL);
	return net->entries ? 0 : -ENOMEM;
}

static void drv_net_exit(struct net *net)
{
	rcu_barrier();
	kmem_cache_destroy(net->entries);
}

static struct pernet_operations drv_net_ops = {
	.init = drv_net_init,
	.exit = drv_net_exit,
};

static int __init drv_init(void)
{
	return register_pernet_subsys(&drv_net_ops);
}
module_init(drv_init);

static void __exit drv_exit(void)
{
	unregister_pernet_subsys(&drv_net_ops);
}
module_exit(drv_exit);
