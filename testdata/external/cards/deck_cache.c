// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "deck.h"

struct kmem_cache *card_cache;

int deck_cache_init(void)
{
	card_cache = KMEM_CACHE(card, 0);
	return card_cache ? 0 : -ENOMEM;
}

void deck_cache_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(card_cache);
}
