/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What runs by itself: the callbacks of each CPU, grace periods, a reader. Read after the era's own parts, because a callback
 * may hand a batch on.
 */

#ifndef WORK_IS_DUE
#define WORK_IS_DUE(c) skip
#endif
#ifndef CALLBACK_USES
#define CALLBACK_USES skip
#endif

proctype softirq(byte c) {
  byte kind, arg;
end:
  do
  :: atomic {
       ready[c]?kind,arg;
       if
       :: kind == CB_FREE || kind == CB_OTHER ->
          if
          :: text_gone ->
             say(c, "softirq", "calls a callback of the module, whose text is gone", arg);
             must(P_TEXT, false)
          :: else ->
             if
             :: kind == CB_FREE -> say(c, "softirq", "the module's callback frees object", arg); slab_free(arg)
             :: else -> say(c, "softirq", "the module's other callback runs", 0); CALLBACK_USES
             fi
          fi
       :: kind == CB_KFREE -> say(c, "softirq", "kfree_rcu()'s callback frees object", arg); slab_free(arg)
       :: kind == CB_SHEAF -> say(c, "softirq", "the callback frees the objects of a sheaf, set", arg); free_all(arg)
       :: kind == CB_WORK -> say(c, "softirq", "the grace period of a batch is over: its work is queued, batch of CPU", arg);
          WORK_IS_DUE(arg)
       :: kind == CB_MARK -> marks[arg]--
       fi;
       kind = 0; arg = 0
     }
  od
}

inline move(from, to) {
  do
  :: len(from) > 0 -> from?kind,arg; to!kind,arg
  :: else -> break
  od
}

proctype grace_periods() {
  byte kind, arg;
end:
  do
  :: atomic {
       len(next[0]) > 0 || len(next[1]) > 0 ->
       move(next[0], waiting[0]); move(next[1], waiting[1]);
       kind = 0; arg = 0;
       gp_reader = reading
     };
     atomic {
       !gp_reader ->
       say(-1, "RCU", "a grace period ends", 0);
       move(waiting[0], ready[0]); move(waiting[1], ready[1]);
       kind = 0; arg = 0
     }
  od
}

proctype reader() {
end:
  atomic { published -> reading = 1; say(-1, "reader", "finds object", 0) };
  atomic { reading = 0; gp_reader = 0; say(-1, "reader", "leaves object", 0) }
}
