// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "deck.h"

static struct card *deck[DECK_SIZE];

/* Back into the box. */
static void card_free(struct rcu_head *head)
{
	CARD_PUT(container_of(head, struct card, common.rcu), card_cache);
}

void deck_discard(int at)
{
	call_rcu(&deck[at]->common.rcu, card_free);
}

static int __init deck_init(void)
{
	return deck_cache_init();
}
module_init(deck_init);

static void __exit deck_exit(void)
{
	deck_cache_exit();
}
module_exit(deck_exit);
