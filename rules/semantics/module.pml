/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The scenes: threads that free objects, and a module that goes away. An era defines before this file is read
 *
 *   kfree_rcu(o)            what kfree_rcu() of object o does
 *   kvfree_rcu_barrier()    nothing where the era has none; then nobody asks for it
 *   on_cache_barrier()      kvfree_rcu_barrier_on_cache() of the cache of objects 0 and 1, likewise
 *   destroy_waits()         what kmem_cache_destroy() waits for before it looks at the cache
 *   shutdown_waits()        what __kmem_cache_shutdown() waits for, after KASAN's quarantine was emptied
 *   at_rest                 no object is on its way
 *   collects(o)             object o is known to no callback yet
 *   on_a_sheaf(o)           object o is on a sheaf
 *   era_begins              starts the era's own threads
 *
 * A thread may be moved to another CPU wherever it holds no lock that forbids it: `moved` tries both.
 * The question of a run comes from the environment (krcu's test asks many) or from -D: SCENE, USE, SHAPE, OTHER,
 * KASAN, PROP; for example: spin -run -DSCENE=1 -DUSE=2 -DSHAPE=1 -DOTHER=0 -DKASAN=0 -DPROP=1 batching.pml
 */

#include "core.pml"

#define moved if :: cpu = 0 :: cpu = 1 fi

#define call_barriers \
  if :: shape == 1 || shape == 3 -> rcu_barrier(); say(cpu, "module exit", "rcu_barrier() returns", 0) :: else fi; \
  if :: shape == 2 || shape == 3 -> kvfree_rcu_barrier(); say(cpu, "module exit", "kvfree_rcu_barrier() returns", 0) :: else fi

inline give(o) {
  if
  :: use == U_KFREE -> kfree_rcu(o)
  :: else -> atomic { call_rcu(CB_FREE, o); says("call_rcu() of object", o) }
  fi
}

#define waited(o) (obj[o] == FREED)
#define alive(o) (obj[o] == LIVE || obj[o] == QUARANTINED)

inline kmem_cache_destroy() {
  say(cpu, "module exit", "kmem_cache_destroy() begins", 0);
  destroy_waits();
  atomic { kasan_done = 1; if :: kasan -> say(cpu, "module exit", "kmem_cache_destroy() empties KASAN's quarantine", 0) :: else fi };
  shutdown_waits();
  atomic {
    if
    :: alive(0) || alive(1) ->
       say(cpu, "module exit", "kmem_cache_destroy() finds objects that are alive, set",
           (alive(0) -> 1 : 0) + (alive(1) -> 2 : 0))
    :: else -> say(cpu, "module exit", "kmem_cache_destroy() finds the cache empty", 0)
    fi;
    must(P_ALIVE, !alive(0) && !alive(1))
  }
}

bool other_thread_done, all_done, was_on_a_sheaf;

/* Frees object 1 while the first thread does its own work. */
proctype other_thread() {
  byte cpu, me, set;
  me = 1;
  moved;
  give(1);
  other_thread_done = 1
}

proctype first_thread() {
  byte cpu, me, set;
  moved;
  if
  :: scene == S_OTHER_CACHE -> kfree_rcu(2)
  :: else -> atomic { published = 0; says("takes out of sight object", 0) }; give(0)
  fi;
  moved;
  if
  :: scene == S_EXIT || scene == S_OTHER_CACHE ->
     other_thread_done;
     if
     :: other -> atomic { call_rcu(CB_OTHER, 0); says("call_rcu() of the module's other callback", 0) }; moved
     :: else
     fi;
     call_barriers;
     was_on_a_sheaf = on_a_sheaf(2);
     kmem_cache_destroy();
     if
     :: scene == S_OTHER_CACHE ->
        atomic { if :: on_a_sheaf(2) -> say(cpu, "module exit", "still on a sheaf is an object of another cache", 2);
                      must(P_WAITED, false)
                   :: !on_a_sheaf(2) && was_on_a_sheaf ->
                      say(cpu, "module exit", "no longer on a sheaf is an object of another cache", 2); must(P_SENT, false)
                   :: else fi }
     :: else
     fi;
     atomic { text_gone = 1; say(cpu, "module exit", "the module's text is gone", 0) }
  :: scene == S_RCU_BARRIER ->
     rcu_barrier();
     atomic { says("rcu_barrier() returns", 0); must(P_WAITED, waited(0)) }
  :: scene == S_KVFREE_BARRIER ->
     kvfree_rcu_barrier();
     atomic { says("kvfree_rcu_barrier() returns", 0); must(P_WAITED, waited(0)) }
  :: scene == S_ON_CACHE ->
     on_cache_barrier();
     atomic { says("kvfree_rcu_barrier_on_cache() returns", 0); must(P_SENT, !collects(0)); must(P_WAITED, waited(0)) }
  :: scene == S_COLLECTS ->
     atomic { if :: collects(0) -> says("no callback knows object", 0); must(P_WAITED, false) :: else fi }
  :: scene == S_SHEAF ->
     atomic { if :: on_a_sheaf(0) -> says("on a sheaf is object", 0); must(P_WAITED, false) :: else fi }
  fi;
  other_thread_done;
  all_done = 1
}

/* When nothing is on its way any more, everything that was given away is freed. */
proctype audit() {
end:
  atomic {
    all_done && at_rest && !queued(0) && !queued(1) ->
    must(P_FREED, scene != S_EXIT || (obj[0] != LIVE && obj[1] != LIVE))
  }
}

init {
  atomic {
#ifdef SCENE
    scene = SCENE; use = USE; shape = SHAPE; other = OTHER; kasan = KASAN; prop = PROP;
#else
    c_code {
      now.scene = atoi(getenv("SCENE"));
      now.use = atoi(getenv("USE"));
      now.shape = atoi(getenv("SHAPE"));
      now.other = atoi(getenv("OTHER"));
      now.kasan = atoi(getenv("KASAN"));
      now.prop = atoi(getenv("PROP"));
    };
#endif
    if
    :: scene == S_OTHER_CACHE -> obj[2] = LIVE; other_thread_done = 1; published = 0
    :: else -> obj[0] = LIVE; obj[1] = LIVE; run other_thread()
    fi;
    /* A reader multiplies the states, and what a module's exit waits for does not depend on it. */
    if
    :: scene == S_RCU_BARRIER || scene == S_KVFREE_BARRIER || scene == S_ON_CACHE -> run reader()
    :: else
    fi;
    /* KASAN only makes it harder for a cache to be empty: what holds with it holds without. */
    if :: kasan && scene == S_EXIT -> say(-1, "kernel", "is built with KASAN", 0) :: else -> kasan = 0 fi;
    era_begins;
    run softirq(0); run softirq(1); run grace_periods();
    run first_thread(); run audit()
  }
}
