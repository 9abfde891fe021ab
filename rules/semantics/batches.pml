/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * kfree_rcu() by batches: each CPU collects objects; a delayed work (the monitor) detaches them as a batch, gives the
 * batch to RCU, and when its grace period is over a workqueue frees the objects. So an object is for some
 * time known to no callback at all, and again after the callback has run. Each CPU has one batch here and two in the
 * kernel: with one, the barrier's loop for "no batch is to be had" is walked more often.
 *
 * Left out: the monitor's short cut for objects whose grace period is already over.
 */

#define IDLE 0
#define IN_RCU 1        /* pending: waits for its grace period */
#define IN_WQ 2         /* pending: waits for a worker */
#define RUNNING 3

byte collected[NCPU];   /* sets of objects */
byte batch[NCPU];
byte work[NCPU];

#define WORK_IS_DUE(c) work[c] = IN_WQ
#define batches_at_rest (collected[0] == 0 && collected[1] == 0 && work[0] == IDLE && work[1] == IDLE)

inline batch_add(o) {
  atomic {
    collected[cpu] = collected[cpu] | (1 << o);
    says("kfree_rcu() collects object", o)
  }
}

inline detach(c) {
  batch[c] = collected[c];
  collected[c] = 0;
  work[c] = IN_RCU;
  call_rcu(CB_WORK, c)
}

proctype monitor(byte cpu) {
end:
  do
  :: atomic {
       collected[cpu] != 0 && work[cpu] == IDLE ->
       say(cpu, "monitor", "detaches a batch and gives it to RCU, batch of CPU", cpu);
       detach(cpu)
     }
  od
}

proctype worker(byte c) {
end:
  do
  :: work[c] == IN_WQ -> work[c] = RUNNING;
     atomic { say(c, "kworker", "frees the objects of a batch, set", batch[c]); free_all(batch[c]); batch[c] = 0 };
     work[c] = IDLE
  od
}

/* flush_work() knows only of works that are on a queue or run; one that waits for RCU is not yet its business. */
inline flush_rcu_work(c) {
  if
  :: work[c] == IN_RCU || work[c] == IN_WQ -> rcu_barrier()
  :: else
  fi;
  work[c] == IDLE || work[c] == IN_RCU
}

inline drain_cpu(c) {
  do
  :: collected[c] == 0 -> break
  :: atomic {
       collected[c] != 0 && work[c] == IDLE ->
       if
       :: scene == S_EXIT || scene == S_OTHER_CACHE -> say(cpu, "module exit", "a batch is taken off and given to RCU, batch of CPU", c)
       :: else -> says("a batch is taken off and given to RCU, batch of CPU", c)
       fi;
       detach(c)
     };
     break
  :: collected[c] != 0 && work[c] != IDLE -> flush_rcu_work(c)
  od
}

inline drain_batches() {
  drain_cpu(0);
  drain_cpu(1);
  flush_rcu_work(0);
  flush_rcu_work(1)
}

#define in_a_batch(o) (((collected[0] | collected[1]) & (1 << (o))) != 0)

#define run_batches run monitor(0); run monitor(1); run worker(0); run worker(1)
