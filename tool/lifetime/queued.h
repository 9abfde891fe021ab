// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which RCU callbacks a module can have in flight: its own calls of deferrals, in every branch of every #if; wrappers of
// deferrals that it calls; functions that it hands to the core, which runs them from an RCU callback. Mostly read off the text,
// because what some configuration hides may still be queued in another one; the AST only tells records apart.
#pragma once

#include "tool/index/census.h"
#include "tool/lifetime/database.h"
#include <functional>

namespace krcu {

/// A module (or an object that is always built in) and the source files that are linked into it.
struct ModuleScope {
  std::string name; ///< empty: no makefile says what the file belongs to
  std::vector<std::string> files;
};
using ScopeOracle = std::function<ModuleScope(const std::string &File)>;

/// A callback that may be queued.
struct QueuedCallback {
  Location where;       ///< the call, or the assignment
  std::string function; ///< it stands in; may be empty
  std::string text;     ///< "call_rcu() queues foo()"
  std::string callback; ///< as written; may be empty
  bool deferral = false; ///< a call of a deferral, which a conversion takes away
  bool other_flavour = false; ///< rcu_barrier() does not wait for it
};

struct ModuleQueue {
  bool pending = false; ///< more files must be parsed first
  std::vector<std::string> files; ///< what was looked at: the module's own, and what they include from beside them
  std::vector<QueuedCallback> callbacks;
  EvidenceList unknown; ///< what may be one
};

class QueueSurvey {
public:
  /// `All`: the whole census, every flavour, not restricted to what the user asked for.
  QueueSurvey(Database &DB, const std::vector<CensusEntry> &All);

  /// `WithFields`: also the functions that the module stores where the core calls them; that may need parses.
  ModuleQueue of(const ModuleScope &Scope, bool WithFields);
  /// Forgets what it knows of the facts; call when files have been parsed.
  void refresh() { Assigned.clear(), Indexed = false; }

private:
  struct Wrapper {
    Location where; ///< of the deferral that it ends in
    std::set<uint32_t> files; ///< where it is defined; calls there are not looked at again
  };
  using Files = std::set<std::string>;

  void findWrappers();
  void addWrapper(const std::string &Name, const Location &Where, uint32_t File, unsigned Depth);
  Files textOf(const ModuleScope &Scope) const;
  void addOwnCalls(const Files &Text, ModuleQueue &Q) const;
  void addHeaderCalls(const Files &Text, ModuleQueue &Q) const;
  void addNamed(const Files &Text, ModuleQueue &Q) const;
  void addFields(const Files &Text, ModuleQueue &Q);
  void decideField(const std::string &File, const OutlineToken &T, const std::string &Function, const std::string &Value,
                   const std::string &Field, const std::set<std::string> &Records, ModuleQueue &Q);
  std::vector<uint32_t> mentionedIn(const Files &Text, const std::string &Word) const;

  void indexAssignments();

  Database &DB;
  const std::vector<CensusEntry> &All;
  std::map<std::string, Wrapper> Wrappers;
  std::multimap<std::pair<std::string, unsigned>, std::string> Assigned; ///< file and line -> place of a field that is set there
  bool Indexed = false;
  std::map<std::string, std::vector<const CensusEntry *>> ByFile; ///< of `All`
  std::vector<const CensusEntry *> HeaderCalls;                   ///< of `All`, in headers
  std::map<std::string, std::vector<std::string>> WrappersIn;     ///< file -> the wrappers that it mentions
};

/// The function that a callback argument names: its last word, "" if that is no plain name.
std::string namedCallback(const std::string &Argument);

} // namespace krcu
