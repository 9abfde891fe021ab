// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A stranger to every case: it has a cache of its own, which no case may be confused by.
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

static struct kmem_cache *pool_cache;

static int __init pool_init(void)
{
	pool_cache = kmem_cache_create("pool", 64, 0, 0, NULL);
	return 0;
}
fs_initcall(pool_init);
