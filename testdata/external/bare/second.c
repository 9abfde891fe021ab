// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

struct kmem_cache *leaf_cache;

static int __init leaf_init(void)
{
	leaf_cache = kmem_cache_create("leaf", 64, 0, 0, NULL);
	return 0;
}
module_init(leaf_init);

static void __exit leaf_exit(void)
{
	kvfree_rcu_barrier();
	kmem_cache_destroy(leaf_cache);
}
module_exit(leaf_exit);
