// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The textual yardstick krcu is measured against: the published way to turn call_rcu() callbacks
// that only call kmem_cache_free() into kfree_rcu(). The rules and their order are those of the
// cover letter of "replace call_rcu by kfree_rcu for simple kmem_cache_free callback" (June 2024);
// names and comments are ours.

// A deferred free whose callback is named at the call. A call that passes a local variable as the
// callback is taken by the first branch, so that the second never sees it.
@deferred@
expression object;
local idexpression variable;
identifier callback, member;
position at;
@@

(
call_rcu(...,variable)
|
call_rcu(&object->member,callback@at)
)

// Its callback does pointer arithmetic and the free, and nothing else.
@frees_only@
type T;
identifier x, deferred.callback;
@@

 callback(...) {
(
   kmem_cache_free(...);
|
   T x = ...;
   kmem_cache_free(...,x);
|
   T x;
   x = ...;
   kmem_cache_free(...,x);
)
 }

// Any mention of the callback that is not one of those calls.
@other_use depends on frees_only@
position elsewhere != deferred.at;
identifier deferred.callback;
@@

 callback@elsewhere

@script:ocaml@
callback << deferred.callback;
elsewhere << other_use.elsewhere;
@@

Printf.eprintf "Other use of %s at %s:%d\n"
   callback (List.hd elsewhere).file (List.hd elsewhere).line

@depends on frees_only && !other_use@
expression object;
identifier deferred.callback, member;
position deferred.at;
@@

- call_rcu(&object->member,callback@at)
+ kfree_rcu(object,member)

@depends on !other_use@
type T;
identifier x, deferred.callback;
@@

- callback(...) {
(
-  kmem_cache_free(...);
|
-  T x = ...;
-  kmem_cache_free(...,x);
|
-  T x;
-  x = ...;
-  kmem_cache_free(...,x);
)
- }
