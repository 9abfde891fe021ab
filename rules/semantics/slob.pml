/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * SLOB: pages cut into blocks of any size. A block of kmalloc() begins with a word that holds its size, and kfree() reads that
 * word. A block of a slab cache has none: kmem_cache_free() knows the size from the cache. kfree_rcu() ends in kfree(), so for an
 * object of a cache it takes whatever lies before the object for its size.
 *
 * The page has a few units; unit 0 belongs to somebody else, whose content can be anything. One thread suffices: no order of steps matters here.
 * USE: 1 the object is freed by kmem_cache_free() in a callback, 2 by kfree_rcu(), 3 by kfree_rcu() but came from kmalloc().
 */
c_decl {
\#include <stdlib.h>
}

#define UNITS 5
#define SIZE 2
#define P_FREED 3
#define must(p, e) assert((prop != 0 && prop != p) || (e))
#define say(who, what, n) d_step { printf("@-1;"); printf(who); printf(";"); printf(what); printf(";%d\n", n) }

byte use, prop;
byte content[UNITS];    /* what a word read there says */
bool taken[UNITS];
byte first, count, i, freed_from;

init {
#ifdef USE
  use = USE; prop = PROP;
#else
  c_code {
    now.use = atoi(getenv("USE"));
    now.prop = atoi(getenv("PROP"));
  };
#endif
  taken[0] = 1;
  if :: content[0] = 0 :: content[0] = 1 :: content[0] = 2 :: content[0] = 3 fi;
  say("somebody", "holds the unit before the object, where the word reads", content[0]);
  if
  :: use == 3 ->
     content[1] = SIZE; taken[1] = 1; first = 2;
     say("thread", "kmalloc() writes into the word before the object its size", SIZE)
  :: else ->
     first = 1;
     say("thread", "kmem_cache_alloc() writes nothing before the object, of so many units", SIZE)
  fi;
  for (i : first .. first + SIZE - 1) { taken[i] = 1 };
  if
  :: use == 1 ->
     freed_from = first; count = SIZE;
     say("callback", "kmem_cache_free() frees as many units as the cache says", count)
  :: else ->
     freed_from = first - 1; count = content[first - 1] + 1;
     say("kfree_rcu()", "reads a size before the object and frees, with the word itself, units", count)
  fi;
  for (i : 0 .. UNITS - 1) {
    if :: i >= freed_from && i < freed_from + count -> taken[i] = 0 :: else fi
  };
  /* Exactly the object (and its own word) is free, and the neighbour's unit is not. */
  if
  :: !taken[0] -> say("allocator", "the neighbour's memory is free although it is in use, unit", 0)
  :: else
  fi;
  must(P_FREED, taken[0] && !taken[first] && !taken[first + SIZE - 1] && (use != 3 || !taken[1]))
}
