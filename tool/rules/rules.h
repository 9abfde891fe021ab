// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The vocabulary: what the primitives are called, which argument is which, who waits for whom, what
// replaces what. Read from YAML (rules/*.yaml in the source tree, PREFIX/share/krcu/rules when installed).
// Rows only; the logic that uses them lives in matchers/ and tool/lifetime.
#pragma once

#include "tool/rules/eras.h"
#include "tool/support/evidence.h"
#include "llvm/Support/Error.h"
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace krcu {

/// A function that queues a callback for after a grace period. Argument positions count from 0.
struct DeferralRule {
  std::string name;
  unsigned head = 0;     ///< argument that points to the rcu_head
  unsigned callback = 1; ///< argument that is the callback
  std::string
      flavour; ///< "rcu", "srcu", "tasks", "tasks_trace", "tasks_rude", "rcu_bh", "rcu_sched" (old trees)
  bool hurry = false; ///< not lazy: converting it changes timing, so only on request (--allow-hurry)
  Location where;     ///< where the row stands (YAML file and line)
  bool user = false;  ///< the row is no built-in one: it holds for a macro of that name, too, whatever else that does
};

/// A function (or macro) that frees one object.
struct FreeRule {
  std::string name;
  unsigned object = 0;
  std::optional<unsigned> cache; ///< argument that names the slab cache (or pool), if there is one
  std::string family;            ///< "kmem_cache_free", "kfree", "kvfree", "vfree", ...
  Location where;
  bool user = false; ///< as DeferralRule::user
};

/// A function that creates (returns) or destroys (takes) a slab cache. Macros such as KMEM_CACHE count:
/// `name` is then the macro, and its expansion reaches one of the functions anyway.
struct CacheRule {
  std::string name;
  unsigned cache = 0; ///< destroy: argument that is the cache; create: unused
  Location where;
};

/// A function that waits for queued work. What it waits for is a name of the table in
/// tool/semantics: "call_rcu" always means plain callbacks; "kfree_rcu" pending batches.
struct BarrierRule {
  std::string name;
  std::vector<std::string> waits_for; ///< unconditionally: any of "call_rcu", "kfree_rcu", "srcu", ...
  bool cache_only = false;            ///< kvfree_rcu_barrier_on_cache(): one cache's objects only
  Location where;
};

/// Names by which a module's entry and exit are declared.
struct ModuleHookRule {
  std::string name; ///< "module_exit", "module_platform_driver", "subsys_initcall", ...
  std::string kind; ///< "init", "exit", "driver" (makes init and exit that register/unregister argument 0)
  unsigned argument = 0; ///< which argument is the function or the driver structure
  Location where;
};

/// A structure member the core calls when something goes away or comes: pernet_operations.exit and so on.
struct CallbackFieldRule {
  std::string record;  ///< "pernet_operations"
  std::string field;   ///< "exit"
  std::string reached; ///< "module_exit" if unregistering calls it, "runtime" otherwise
  Location where;
};

/// A structure member that the core calls from an RCU callback (or, if it is a cache, frees into): a module
/// that sets it has callbacks in flight without ever calling a deferral.
struct RcuCalledFieldRule {
  std::string record; ///< "super_operations"
  std::string field;  ///< "free_inode"
  Location where;
};

/// A function or macro that is handed a function which RCU runs later: INIT_RCU_WORK, percpu_ref_init.
struct RcuCalledArgumentRule {
  std::string name;
  std::optional<unsigned> argument; ///< the function, if it is an argument of this very call
  Location where;
};

/// A structure member that the core calls behind a barrier of its own: what the function queues, that barrier has not waited for.
struct LateFieldRule {
  std::string record;  ///< "net_device"
  std::string field;   ///< "priv_destructor"
  std::string barrier; ///< the function whose barrier has run by then
  Location where;
};

/// What a deferral of a callback that only frees may become. Once loaded there is one for each pair of a
/// deferral and a family: 'any' of the YAML is written out. `where` is then the row that gave it.
struct ConversionRule {
  std::string deferral;
  std::string family;
  std::string replacement; ///< "kfree_rcu"; empty: refused
  std::string refusal; ///< why there is no replacement ("zeroing is lost"); only with an empty replacement
  Location where;
};

struct Rules {
  EraTable eras; ///< who waits for whom; empty if the built-in rules are a single file
  std::vector<DeferralRule> deferrals;
  std::vector<FreeRule> frees;
  std::vector<CacheRule> cache_create;
  std::vector<CacheRule> cache_destroy;
  std::vector<BarrierRule> barriers;
  std::vector<ModuleHookRule> module_hooks;
  std::vector<CallbackFieldRule> callback_fields;
  std::vector<RcuCalledFieldRule> rcu_called_fields;
  std::vector<RcuCalledArgumentRule> rcu_called_arguments;
  std::vector<LateFieldRule> late_fields;
  std::vector<ConversionRule> conversions;
  std::vector<std::string> checks;           ///< WARN_ON and its kin: would be lost with the callback
  std::vector<std::string> container_macros; ///< documentation only: found by value, not by name
  std::vector<std::string>
      replacements; ///< kfree_rcu, kvfree_rcu, ...: names that already are deferred frees
  std::vector<std::string> deferred_frees_no_head; ///< kfree_rcu_mightsleep, ...
  std::vector<std::string> heads; ///< tags of the records that a deferred free may take as its head
  std::vector<std::string> head_readers; ///< functions that look into the head that is argument 0: whether its callback is queued, which one
  std::vector<std::string>
      cache_alloc; ///< functions that take an object from the slab cache that is argument 0
  std::vector<std::string>
      pool_destroy; ///< functions that take away what callbacks may free to, besides slab caches: the pool is argument 0
  std::vector<std::string>
      signals; ///< calls by which a callback tells somebody that it has run: complete(), wake_up()
  std::vector<std::string> work_ends; ///< calls behind which a work item, timer or thread runs no more: destroy_workqueue(), ...
  std::vector<std::string> unlinks;       ///< calls that take an object out of a structure that readers walk, or publish another pointer
  std::vector<std::string> atomic_begins; ///< behind these nothing may sleep: spin_lock(), local_bh_disable()
  std::vector<std::string> atomic_ends;
  std::vector<std::string> reader_begins; ///< behind these a read-side section of RCU runs (and nothing may sleep)
  std::vector<std::string> reader_ends;
  std::vector<std::string> sleeping_waits; ///< calls that wait for readers, and so sleep: synchronize_rcu()
  std::vector<std::string> version_macros; ///< by which a text asks for which kernel it is compiled: LINUX_VERSION_CODE
  std::vector<std::string>
      quiet_calls; ///< calls that cannot make an object of a cache (printk, ...): used for error paths
  std::vector<std::string> effect_calls; ///< calls that change something in every configuration (a reference count, a lock)

  const DeferralRule *deferral(const std::string &Name) const;
  const FreeRule *free(const std::string &Name) const;
  const CacheRule *cacheDestroy(const std::string &Name) const;
  const CacheRule *cacheCreate(const std::string &Name) const;
  const BarrierRule *barrier(const std::string &Name) const;
  const ConversionRule *conversion(const std::string &Deferral, const std::string &Family) const;
  /// Every name above that stands for a function or macro (container_macros and rcu_called_arguments left
  /// out); what the index looks for.
  std::set<std::string> words() const;
};

/// Reads the built-in directory (or file) first, then each of `Overrides` in order: a row with the name of an
/// earlier row replaces it, others are added; an override may be a directory too, and 'remove: [names]' takes
/// earlier rows away. docs/rules.md describes the format. Errors: file:line:column, what is wrong, the mend.
/// Fails on unknown keys, wrong types, a name twice in one file, names that are no C identifiers and so can
/// never match, a conversion whose deferral or family no row defines, waits_for words that nobody queues.
llvm::Expected<Rules> loadRules(const std::string &Builtin, const std::vector<std::string> &Overrides);

/// Where the built-in rules are: next to the installed binary (../share/krcu/rules), or in the source tree
/// it was built from. `Executable` is the path of the running program.
llvm::Expected<std::string> findBuiltinRules(const std::string &Executable);

} // namespace krcu
