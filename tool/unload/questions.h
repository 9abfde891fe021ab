// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What has to be asked of a module: the callbacks in its text, who queues them, and what they use that may go before them. Whether the module or
// the core calls the deferral makes no difference.
#pragma once

#include "tool/index/census.h"
#include "tool/unload/timeline.h"
#include <functional>

namespace krcu {

/// A place at which a callback of the module is queued, or handed to somebody who will.
struct UnloadSite {
  Location where;
  std::string function; ///< plain name; empty at file scope
  std::string callback; ///< symbol
  std::string text;     ///< "call_rcu() queues counted(), which is text of drv"
  bool named = true;    ///< false: through a member or by the core, so that only the text connects the two
  bool core = false;    ///< the core queues, at a time of its own
  std::string record = {}; ///< core: for structures of this tag
};

/// A question with the places it is about.
struct ModuleQuestion {
  UnloadQuestion question;
  std::vector<UnloadSite> sites; ///< in order of file and line
};

struct UnloadModule {
  ModuleScope scope;
  std::shared_ptr<ModuleText> text;
  std::vector<ModuleQuestion> questions; ///< that of its text for plain callbacks stands first, if there is one
};

/// The name of the barrier that waits for what the question is about, but for its arguments; empty if the tree has none.
std::string barrierFor(const Rules &R, const UnloadQuestion &Q);

class UnloadSurvey {
public:
  /// `All`: the whole census. `Scopes`: the module of a file; without a name if it can be none.
  /// `Wanted`: whether a file's module is asked about at all; cheap. Null: all.
  UnloadSurvey(const Database &DB, const Rules &R, const UnloadRules &U, const std::vector<CensusEntry> &All, ScopeOracle Scopes, std::function<bool(const std::string &)> Wanted = nullptr);

  /// All modules that have something to wait for, by name and first file; and those of the files of `Also`, even without questions.
  std::vector<UnloadModule> modules(const std::set<std::string> &Also = {});

private:
  struct Draft {
    UnloadModule module;
    std::vector<UnloadSite> plain;
  };
  template <typename Names> void makeOutlines(const Names &Files) const;
  Draft *moduleOf(const std::string &File);
  void addSites();
  void addHeaderSite(const CensusEntry &E);
  void addOwnSite(const CensusEntry &E, Draft &D);
  void addSrcu(const CensusEntry &E, Draft &D);
  void addTasks(const CensusEntry &E, const std::string &Flavour, Draft &D);
  void addMacroSite(const CensusEntry &E);
  void addFields();
  void addField(const std::string &Record, const std::string &Field, const std::string &Why, const std::string &ButNot);
  bool dropsModule(const TextFunction &F, unsigned Depth);
  void addRcuWork();
  void addCaches(Draft &D);
  std::vector<std::pair<std::string, std::string>> fieldsCalledBy(const TextFunction &F, unsigned Depth);
  const FlowCall *callAt(const ModuleText &M, const Location &Where, const std::string &Function);
  ModuleQuestion &question(Draft &D, UnloadQuestion::Flavour Flavour, const std::string &Object, UnloadQuestion::Until Until, const std::string &Taken);

  const Database &DB;
  const Rules &R;
  const UnloadRules &U;
  const std::vector<CensusEntry> &All;
  ScopeOracle Scopes;
  std::function<bool(const std::string &)> Wanted;
  std::shared_ptr<TreeText> Shared; ///< the modules hold it, too
  TreeText &Tree;
  std::map<std::string, std::string> KeyOf; ///< file -> key of its module; empty: none
  std::map<std::string, Draft> Drafts;
};

} // namespace krcu
