/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef DECK_H
#define DECK_H
#include <linux/types.h>

struct card {
	int suit;
	struct {
		struct rcu_head rcu;
	} common;
};

extern struct kmem_cache *card_cache;
#define CARD_PUT(card, cache) kmem_cache_free(cache, card)

int deck_cache_init(void);
void deck_cache_exit(void);

#endif
