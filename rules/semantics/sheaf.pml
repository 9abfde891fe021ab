/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * kfree_rcu() by sheaves: a cache that has them keeps an array of objects (the sheaf) for each CPU; a full one goes to
 * call_rcu(). If there is no memory for a new sheaf, or the cache has none, batches do the work as before.
 *
 * The CPU's sheaf is guarded by a local lock: whoever holds it is not preempted and not moved, and no other thread runs on
 * that CPU. A thread on another CPU can still look at the sheaf without the lock. A flush is a work that runs on the
 * sheaf's own CPU.
 *
 * FLAWS: what the first posted version did otherwise, a sum of
 *   1  the flush looks at the sheaf from another CPU, twice, and follows what it read the second time
 *   2  the flush waits for callbacks only if it found a sheaf
 *   4  a full sheaf goes to call_rcu() when the lock is already given back
 *   8  the flush looks from another CPU and does not visit a CPU that has no sheaf (as it must in 1)
 */

#ifndef FLAWS
#define FLAWS 0
#endif

byte sheaf[4];          /* sets of objects; of cache k on CPU c: sheaf[place(k, c)]; 0: there is no sheaf */
bool locked[NCPU];
bool has_sheaves, found;
bool flush_due[NCPU];
byte flush_cache;

#define full(set) ((set) == 3)  /* a sheaf has room for two */
#define cache_of(o) ((o) == 2 -> 1 : 0)
#define place(k, c) ((k) * NCPU + (c))
#define caches (scene == S_OTHER_CACHE -> 2 : 1)
#define on_a_sheaf(o) (((sheaf[0] | sheaf[1] | sheaf[2] | sheaf[3]) & (1 << (o))) != 0)
#define sheaves_sent (!flush_due[0] && !flush_due[1])

inline sheaf_add(o) {
  atomic { !locked[cpu] -> locked[cpu] = 1 };
  atomic {
    sheaf[place(cache_of(o), cpu)] = sheaf[place(cache_of(o), cpu)] | (1 << o);
    says("kfree_rcu() puts on this CPU's sheaf object", o)
  };
  if
  :: full(sheaf[place(cache_of(o), cpu)]) ->
     atomic {
       set = sheaf[place(cache_of(o), cpu)];
       sheaf[place(cache_of(o), cpu)] = 0;
       says("the sheaf is full and taken off this CPU, set", set)
     };
#if FLAWS & 4
     locked[cpu] = 0;
#endif
     atomic {
       says("call_rcu() for the full sheaf, set", set);
       call_rcu(CB_SHEAF, set)
     }
  :: else
  fi;
  atomic { locked[cpu] = 0; set = 0 }
}

inline sheaf_or_batch(o) {
  if
  :: has_sheaves -> sheaf_add(o)
  :: batch_add(o)
  fi
}

/* The work that takes a CPU's sheaf away and gives it to RCU. */
proctype flusher(byte cpu) {
  byte set;
end:
  do
  :: atomic {
       flush_due[cpu] && !locked[cpu] ->
       set = sheaf[place(flush_cache, cpu)];
       sheaf[place(flush_cache, cpu)] = 0
     };
     atomic {
       if
       :: set != 0 -> found = 1; say(cpu, "flush work", "call_rcu() for this CPU's sheaf, set", set); call_rcu(CB_SHEAF, set)
       :: else -> say(cpu, "flush work", "finds no sheaf here", 0)
       fi;
       set = 0;
       flush_due[cpu] = 0
     }
  od
}

/* Sends the flush of cache k to CPU c, if it has to go there; `found` tells whether there was a sheaf anywhere. */
inline look_at(k, c) {
#if FLAWS & 9
  if
  :: sheaf[place(k, c)] == 0 -> skip
  :: sheaf[place(k, c)] != 0 ->
#if FLAWS & 1
     if
     :: sheaf[place(k, c)] == 0 ->
        atomic { says("the flush reads again and follows a NULL pointer to the sheaf of CPU", c); must(P_OOPS, false) }
     :: else
     fi;
#endif
     atomic { flush_due[c] = 1; found = 1 }
  fi
#else
  flush_due[c] = 1
#endif
}

/* Sends the flush works of one cache to all CPUs and waits for them. */
inline flush_cache_sheaves(k) {
  flush_cache = k;
  look_at(k, 0);
  look_at(k, 1);
  !flush_due[0] && !flush_due[1]
}

inline flush_one_cache() {
  flush_cache_sheaves(0);
  found = 0
}

inline flush_every_cache() {
  flush_cache_sheaves(0);
  if
  :: caches == 2 -> flush_cache_sheaves(1)
  :: else
  fi;
#if FLAWS & 2
  if
  :: found -> rcu_barrier()
  :: else -> says("the flush found no sheaf and does not wait for callbacks", 0)
  fi;
#else
  rcu_barrier();
#endif
  found = 0
}

/* __kmem_cache_shutdown() flushes the sheaves of its cache and waits for callbacks, if the cache has sheaves. */
inline shutdown_with_sheaves() {
  if
  :: has_sheaves -> flush_one_cache(); rcu_barrier()
  :: else
  fi
}

#define run_sheaves if :: has_sheaves = 1 :: has_sheaves = 0 fi; run flusher(0); run flusher(1)
