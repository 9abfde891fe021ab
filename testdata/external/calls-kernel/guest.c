// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/settle.h>
#include <linux/slab.h>

struct guest {
	struct rcu_head rcu;
};

static struct kmem_cache *guest_cache;

static void guest_free(struct rcu_head *head)
{
	kmem_cache_free(guest_cache, container_of(head, struct guest, rcu));
}

void guest_leave(struct guest *guest)
{
	call_rcu(&guest->rcu, guest_free);
}

static int __init guest_init(void)
{
	guest_cache = KMEM_CACHE(guest, 0);
	return 0;
}
module_init(guest_init);

static void __exit guest_exit(void)
{
	settle();
	kmem_cache_destroy(guest_cache);
}
module_exit(guest_exit);
