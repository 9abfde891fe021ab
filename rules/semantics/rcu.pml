/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * CPUs, callbacks and grace periods: what every era has in common.
 *
 * Each CPU keeps its callbacks in three queues, as the kernel's segmented list does: those that came since the last grace
 * period began (next), those that wait for the one that runs (waiting), and those that may be called (ready). A grace
 * period begins when somebody waits for one, and ends when the readers that it found have left. Any CPU may be
 * slow: nothing below says how long a step takes, so every order of steps is tried.
 *
 * A line "@CPU;who;what;number" printed by say() is a line of the timeline that krcu shows.
 */

c_decl {
\#include <stdlib.h>
}

#define NCPU 2
#define NOBJ 3          /* 0: the object in question; 1: another of its cache; 2: one of another cache */
#define ROOM 6          /* more callbacks than one CPU can hold in any scene; a full queue would be reported as a deadlock */

/* What a callback does when it is called. The first two are functions of the module. */
#define CB_FREE   1     /* frees an object: the callback that krcu would replace */
#define CB_OTHER  2     /* something else the module deferred */
#define CB_KFREE  3     /* kfree_rcu() as a plain callback of the core */
#define CB_SHEAF  4     /* frees the objects of a sheaf */
#define CB_WORK   5     /* hands a batch to the workqueue */
#define CB_MARK   6     /* belongs to an rcu_barrier() */

/* Life of an object. */
#define NONE 0
#define LIVE 1
#define FREED 2
#define QUARANTINED 3   /* freed, but held back by KASAN */

/* The question a run answers (module.pml), fixed before the first step. */
#define S_EXIT 1            /* a module frees, waits as `shape` says, destroys its cache and goes */
#define S_RCU_BARRIER 2     /* a thread frees and calls rcu_barrier(), while another frees */
#define S_KVFREE_BARRIER 3  /* the same with kvfree_rcu_barrier() */
#define S_ON_CACHE 4        /* the same with kvfree_rcu_barrier_on_cache() */
#define S_OTHER_CACHE 5     /* a cache is destroyed while an object of another cache is on its way */
#define S_COLLECTS 6        /* is an object known to no callback when kfree_rcu() has returned? */
#define S_SHEAF 7           /* is it on a sheaf then? */
#define U_CALL 1            /* the module frees with call_rcu() and a callback of its own */
#define U_KFREE 2           /* ... with kfree_rcu() */

/* The property that a run asserts; 0: each of them. */
#define P_ALIVE   1     /* no object is alive when its cache is destroyed */
#define P_TEXT    2     /* no callback of the module is called when its text is gone */
#define P_FREED   3     /* every object is freed in the end */
#define P_WAITED  4     /* a barrier returns only when what it waits for is done */
#define P_OOPS    5     /* the kernel follows no NULL pointer */
#define P_READER  6     /* no object is freed under a reader */
#define P_SENT    7     /* a barrier leaves nothing where it was collected */
#define must(p, e) assert((prop != 0 && prop != p) || (e))

#define say(c, who, what, n) d_step { printf("@%d;", c); printf(who); printf(";"); printf(what); printf(";%d\n", n) }
#define says(what, n) d_step { printf("@%d;thread %d;", cpu, me + 1); printf(what); printf(";%d\n", n) }

byte scene, use, shape, other, prop;

byte obj[NOBJ];
bool reading;           /* a reader looks at object 0 */
bool published = 1;     /* a new reader can find object 0 */
bool gp_reader;         /* the grace period that runs found the reader */
bool text_gone, kasan, kasan_done;
byte marks[2];          /* callbacks that the rcu_barrier() of thread 0 or 1 still waits for */

chan next[NCPU] = [ROOM] of { byte, byte };
chan waiting[NCPU] = [ROOM] of { byte, byte };
chan ready[NCPU] = [ROOM] of { byte, byte };

#define queued(c) (len(next[c]) + len(waiting[c]) + len(ready[c]) > 0)

inline slab_free(o) {
  must(P_READER, !(o == 0 && reading));
  if
  :: kasan && kasan_done -> obj[o] = QUARANTINED
  :: else -> obj[o] = FREED
  fi
}

/* Frees every object of a set. */
inline free_all(set) {
  if :: (set & 1) -> slab_free(0) :: else fi;
  if :: (set & 2) -> slab_free(1) :: else fi;
  if :: (set & 4) -> slab_free(2) :: else fi
}

inline call_rcu(kind, arg) { next[cpu]!kind,arg }

inline mark_cpu(c) {
  atomic {
    if
    :: queued(c) -> next[c]!CB_MARK,me; marks[me]++
    :: else
    fi
  }
}

/* Sends a callback of its own behind those of each CPU that has any, one CPU after the other, and waits for them. */
inline rcu_barrier() {
  mark_cpu(0);
  mark_cpu(1);
  marks[me] == 0
}
