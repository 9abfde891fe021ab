// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The yardstick for a scan of all families: merely lists calls of call_rcu() whose callback contains one of the free functions,
// whatever else it does. No types, no object identity, no proof.

@queued@
expression object;
identifier callback, member;
position at;
@@

call_rcu(&object->member,callback@at)

@frees@
identifier queued.callback;
position where;
@@

 callback(...) {
 <+...
(
 kmem_cache_free@where(...)
|
 kfree@where(...)
|
 kvfree@where(...)
|
 vfree@where(...)
|
 kfree_sensitive@where(...)
)
 ...+>
 }

@script:ocaml@
callback << queued.callback;
at << queued.at;
where << frees.where;
@@

Printf.printf "%s:%d: %s frees at line %d\n" (List.hd at).file (List.hd at).line callback (List.hd where).line
