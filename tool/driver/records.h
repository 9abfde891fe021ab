// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the type of an object to the caches that it comes from, and from caches to a verdict: what review and audit share.
#pragma once

#include "tool/driver/state.h"
#include <mutex>

namespace krcu {

struct RecordOrigin {
  std::vector<std::string> caches; ///< places, sorted; empty: only general-purpose memory was seen
  EvidenceList evidence;           ///< the allocations
  bool general = false;            ///< an allocation of general-purpose memory was seen
  bool complete = true;            ///< false: more files mention the record than are looked at, or some do not parse
  std::string why;
};

/// Where objects of a record ("tag@file") are allocated from slab caches, by every file that names both.
/// \p General: also looks for allocations of general-purpose memory, and follows functions that return a void pointer.
RecordOrigin originOf(TreeState &State, const std::string &Record, bool General = false);
/// Of many records, with their parses in common.
std::map<std::string, RecordOrigin> originsOf(TreeState &State, const std::set<std::string> &Records);

/// A question of the kind that judgeCachesIn() answers.
ObjectQuestion questionAt(const Location &Where, const std::string &Function, const std::vector<std::string> &Caches, const std::set<std::string> &Queueing);
/// What the life of these caches means for objects that kfree_rcu() frees; all questions at once, so that they share the parses.
void judgeCachesIn(TreeState &State, std::vector<ObjectQuestion> &Questions);
/// The same with other answers of who waits for whom, and of what can be unloaded.
void judgeCachesIn(TreeState &State, std::vector<ObjectQuestion> &Questions, const Semantics &Waits, const ModuleOracle &Modules);

/// The functions that leave with a module: what module_exit() and its kin name, read off the text. Symbols.
struct ModuleExit {
  std::string function; ///< symbol; empty for a driver macro
  std::string driver;   ///< the structure that a driver macro registers
  Location where;       ///< the module_exit() line
  std::string macro;
};
std::vector<ModuleExit> exitsOf(TreeState &State, const std::vector<std::string> &Files);
/// The same for hooks of one kind: "init", "exit", "driver".
std::vector<ModuleExit> hooksOf(TreeState &State, const std::vector<std::string> &Files, const std::string &Kind);

/// What macros were found to be, for all modules: each is looked for in the whole tree. Thread-safe.
struct HookMemory {
  std::mutex lock; ///< of answers
  std::map<std::string, std::pair<std::optional<size_t>, bool>> answers; ///< macro -> which argument becomes that of an exit, and whether any file defines it
};

/// The hooks of any module. A file is looked at when a module that has it is asked about, and once. Thread-safe.
class ModuleHooks {
public:
  explicit ModuleHooks(const Database &DB);
  /// As hooksOf().
  std::vector<ModuleExit> of(const std::vector<std::string> &Files, const std::string &Kind) const;
  std::vector<ModuleExit> exitsOf(const std::vector<std::string> &Files) const;
  HookMemory &memory() const { return Memory; }

private:
  void look(const std::vector<std::string> &Files) const;

  const Database &DB;
  mutable HookMemory Memory;
  mutable std::mutex Lock; ///< of ByFile
  mutable std::map<uint32_t, std::vector<const ModuleHookRule *>> ByFile; ///< the rules whose names stand in it
};

} // namespace krcu
