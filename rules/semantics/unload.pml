/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The rule about a module's end (tool/unload): two producers queue callbacks until they are stopped, and the end takes its steps one after the
 * other. Are all callbacks run before what they use is taken away, and before their text is gone?
 *
 * SHAPE is the end, three bits a step, the first step lowest:
 *   1, 2  producer 0, or 1, is stopped: behind it that one queues no more
 *   3     a wait: everything that was queued before has run when it returns
 *   4     what the callbacks use is taken away: their cache, the srcu_struct, the workqueue
 *   5     a wait for something else
 *   6     the end itself queues
 * A producer without a step was stopped before the end began; what it has queued may still be on its way.
 * USE says what the producers call and the steps are:
 *   1  call_rcu()        3: rcu_barrier()   4: kmem_cache_destroy(), which does not wait   5: srcu_barrier()
 *   2  call_srcu()       3: srcu_barrier()  4: cleanup_srcu_struct()                       5: rcu_barrier()
 *   3  queue_rcu_work()  3: rcu_barrier()   4: destroy_workqueue()                         5: flush_workqueue()
 *   4  call_rcu() in a tree whose kmem_cache_destroy() waits for callbacks
 *   5  call_rcu(), and the callback queues another one: a chain of two
 *
 *   spin -run -DSHAPE=0331 -DUSE=1 -DPROP=2 unload.pml
 */

#define U_SRCU 2
#define U_WORK 3
#define U_WAITS 4
#define U_CHAIN 5

#include "rcu.pml"

int steps;
bool stopped[2], queued_once[2], taken_away, running;
byte due;                 /* works on the workqueue */

#define WORK_IS_DUE(p) must(P_ALIVE, !taken_away); due++
#define STILL_THERE must(P_ALIVE, !taken_away)
/* The first callbacks of a chain are numbered as their producers, the second ones from 2 on. */
#define CALLBACK_USES STILL_THERE; if :: use == U_CHAIN && arg < 2 -> next[c]!CB_OTHER,arg + 2 :: else fi

#include "core.pml"

#define moved if :: cpu = 0 :: cpu = 1 fi

/* SRCU keeps callbacks of its own: a list that waits for a grace period, and one that may be called. A mark belongs to a srcu_barrier(). */
#define MARK 2
chan srcu_waiting = [ROOM] of { byte };
chan srcu_ready = [ROOM] of { byte };
bool srcu_marked;

proctype srcu() {
  byte what;
end:
  do
  :: atomic {
       len(srcu_waiting) > 0 ->
       do
       :: len(srcu_waiting) > 0 -> srcu_waiting?what; srcu_ready!what
       :: else -> break
       od;
       what = 0
     }
  :: atomic {
       srcu_ready?what;
       if
       :: what == MARK -> srcu_marked = 0
       :: else -> must(P_TEXT, !text_gone); STILL_THERE
       fi;
       what = 0
     }
  od
}

inline srcu_barrier() {
  atomic {
    if
    :: len(srcu_waiting) + len(srcu_ready) > 0 -> srcu_waiting!MARK; srcu_marked = 1
    :: else
    fi
  };
  !srcu_marked
}

/* Runs what destroy_workqueue() waits for. */
proctype worker() {
end:
  do
  :: atomic { due > 0 && !running -> due--; running = 1; must(P_TEXT, !text_gone); must(P_ALIVE, !taken_away) }
  :: atomic { running -> running = 0 }
  od
}

/* An object of the cache is made and queued: neither is left of a cache that is gone. */
inline queue_one(p) {
  atomic {
    must(P_ALIVE, !taken_away);
    if
    :: use == U_SRCU -> srcu_waiting!p
    :: use == U_WORK -> call_rcu(CB_WORK, p)
    :: else -> call_rcu(CB_OTHER, p)
    fi
  }
}

proctype producer(byte p) {
  byte cpu;
  moved;
  if
  :: atomic { !stopped[p] -> queued_once[p] = 1; queue_one(p) }
  :: stopped[p]
  fi
}

inline wait_for_it() {
  if
  :: use == U_SRCU -> srcu_barrier()
  :: else -> rcu_barrier()
  fi
}

proctype module_end() {
  byte cpu, me, step;
  moved;
  do
  :: steps > 0 ->
     step = steps & 7; steps = steps >> 3;
     if
     :: step == 1 -> stopped[0] = 1
     :: step == 2 -> stopped[1] = 1
     :: step == 3 -> wait_for_it()
     :: step == 4 ->
        if
        :: use == U_WORK -> due == 0 && !running
        :: use == U_WAITS -> rcu_barrier()
        :: else
        fi;
        taken_away = 1
     :: step == 5 ->
        if
        :: use == U_WORK -> due == 0 && !running
        :: use == U_SRCU -> rcu_barrier()
        :: else -> srcu_barrier()
        fi
     :: step == 6 -> queue_one(0)
     fi
  :: else -> break
  od;
  text_gone = 1
}

#define has(n) ((steps & 7) == n || ((steps >> 3) & 7) == n || ((steps >> 6) & 7) == n || ((steps >> 9) & 7) == n || ((steps >> 12) & 7) == n)

/* Whoever has no stop among the steps may have queued before the end began, and does not any more. */
init {
  byte cpu;
#ifdef SHAPE
  atomic { steps = SHAPE; use = USE; prop = PROP };
#else
  c_code {
    now.steps = atoi(getenv("SHAPE"));
    now.use = atoi(getenv("USE"));
    now.prop = atoi(getenv("PROP"));
  };
#endif
  moved;
  if :: !has(1) -> if :: queue_one(0) :: skip fi; stopped[0] = 1 :: else fi;
  moved;
  if :: !has(2) -> if :: queue_one(1) :: skip fi; stopped[1] = 1 :: else fi;
  atomic {
    run softirq(0); run softirq(1); run grace_periods(); run srcu(); run worker();
    run producer(0); run producer(1); run module_end()
  }
}
