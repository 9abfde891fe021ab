// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who waits for whom, era by era (rules/semantics/eras.yaml), and the timelines that Spin found for what does not hold
// (rules/semantics/timelines.yaml). The rows name what was read from a tree and answer --assume; the models beside
// them are checked against them (tool/models).
#pragma once

#include "tool/support/evidence.h"
#include "llvm/Support/Error.h"
#include <map>
#include <set>
#include <string>
#include <vector>

namespace krcu {

/// One column of the table: a question about a tree.
struct FactRule {
  std::string name;      ///< "destroy_waits_kfree_rcu"
  std::string title;     ///< "kmem_cache_destroy() waits for kfree_rcu()"
  bool unknown = false;  ///< value while nothing is known: the one that is safe
  bool decisive = false; ///< takes part in naming the era
  bool in_models = false; ///< Spin answers it; otherwise the probe of a tree of each era does
  Location where;
};

/// One row of the table.
struct EraRule {
  std::string name;                 ///< "6.12"
  std::string title;                ///< what is typical of it, a clause
  std::string see;                  ///< commit or release
  std::string model;                ///< file name beside eras.yaml
  bool merged = true;               ///< false: only ever posted
  std::map<std::string, bool> values;   ///< of the facts; one that is missing is none of the era's business
  std::set<std::string> in_model;     ///< side effects that only the model needs to know
  Location where;
};

struct EraTable {
  std::vector<FactRule> facts; ///< in the order in which they are printed
  std::vector<EraRule> eras;   ///< in the order of time

  const FactRule *fact(const std::string &Name) const; ///< null if there is none
  const EraRule *era(const std::string &Name) const;   ///< null if there is none
};

/// Reads the table. Errors: file, line, what is wrong, the mend; unknown keys, facts that no row defines, values that are
/// neither yes nor no, a name twice.
llvm::Expected<EraTable> loadEraTable(const std::string &File);

/// Why a value of the table is what it is, as Spin showed it.
struct Timeline {
  std::string era;
  std::string row;                ///< a fact, or "exit ..." for a way a module goes (tool/models/questions.h)
  std::string shows;              ///< what the last line amounts to
  std::vector<std::string> steps; ///< "CPU 0  thread 1  kfree_rcu() collects object 0"
};

/// Reads the timelines, which keep the order of the table.
llvm::Expected<std::vector<Timeline>> loadTimelines(const std::string &File);

/// The YAML of timelines.yaml.
std::string timelinesYaml(const std::vector<Timeline> &Timelines);

} // namespace krcu
