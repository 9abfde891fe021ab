// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rows of all files read so far, by section. A layer is the built-in directory or one file of the user; a
// later layer replaces rows of an earlier one, while the same row twice in one layer is a mistake.
#pragma once

#include "tool/rules/row_reader.h"
#include "tool/rules/rules.h"
#include "tool/rules/review_rules.h"
#include "tool/rules/unload.h"
#include "tool/rules/user_ways.h"
#include "tool/rules/yaml_tree.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <map>
#include <string>
#include <vector>

namespace krcu {

/// A row of the sections that are only lists of names.
struct NameRule {
  std::string name;
  Location where;
};

/// What a row is called when another file wants to replace or remove it.
std::string rowKey(const CallbackFieldRule &R);
std::string rowKey(const RcuCalledFieldRule &R);
std::string rowKey(const LateFieldRule &R);
std::string rowKey(const UnloadRule &R);
std::string rowKey(const ReviewRule &R);
std::string rowKey(const UserDoorRule &R);
std::string rowKey(const UserStepRule &R);
std::string rowKey(const ConversionRule &R);
template <class T> std::string rowKey(const T &R) { return R.name; }

/// The rows of one section, in the order of their first appearance.
template <class T> class RowTable {
public:
  explicit RowTable(std::string Section) : Section(std::move(Section)) {}

  /// The earlier row of the same layer that stands in the way, or null: the row is taken.
  const T *add(T Row, unsigned Layer) {
    auto [It, New] = Index.emplace(rowKey(Row), Rows.size());
    if (New) {
      Rows.push_back(std::move(Row));
      Layers.push_back(Layer);
      return nullptr;
    }
    if (Layers[It->second] == Layer)
      return &Rows[It->second];
    Rows[It->second] = std::move(Row);
    Layers[It->second] = Layer;
    return nullptr;
  }

  bool removeIf(llvm::function_ref<bool(const T &)> Goes) {
    RowTable Kept(Section);
    for (size_t I = 0; I < Rows.size(); ++I)
      if (!Goes(Rows[I]))
        Kept.add(std::move(Rows[I]), Layers[I]);
    const bool Changed = Kept.Rows.size() != Rows.size();
    *this = std::move(Kept);
    return Changed;
  }

  const T *find(const std::string &Key) const {
    auto It = Index.find(Key);
    return It == Index.end() ? nullptr : &Rows[It->second];
  }

  const std::vector<T> &rows() const { return Rows; }
  unsigned layer(size_t I) const { return Layers[I]; }
  const std::string &section() const { return Section; }

private:
  std::string Section;
  std::vector<T> Rows;
  std::vector<unsigned> Layers;
  std::map<std::string, size_t> Index;
};

struct RowTables {
  RowTable<DeferralRule> deferrals{"deferrals"};
  RowTable<FreeRule> frees{"frees"};
  RowTable<CacheRule> cache_create{"cache_create"};
  RowTable<CacheRule> cache_destroy{"cache_destroy"};
  RowTable<BarrierRule> barriers{"barriers"};
  RowTable<ModuleHookRule> module_hooks{"module_hooks"};
  RowTable<CallbackFieldRule> callback_fields{"callback_fields"};
  RowTable<RcuCalledFieldRule> rcu_called_fields{"rcu_called_fields"};
  RowTable<RcuCalledArgumentRule> rcu_called_arguments{"rcu_called_arguments"};
  RowTable<LateFieldRule> late_fields{"late_fields"};
  RowTable<UnloadRule> unload_events{"unload_events"};
  RowTable<UserDoorRule> user_doors{"user_doors"};
  RowTable<UserStepRule> user_steps{"user_steps"};
  RowTable<ConversionRule> conversions{"conversions"};
  RowTable<NameRule> checks{"checks"};
  RowTable<NameRule> container_macros{"container_macros"};
  RowTable<NameRule> replacements{"replacements"};
  RowTable<NameRule> deferred_frees_no_head{"deferred_frees_no_head"};
  RowTable<NameRule> heads{"heads"};
  RowTable<NameRule> head_readers{"head_readers"};
  RowTable<NameRule> cache_alloc{"cache_alloc"};
  RowTable<NameRule> pool_destroy{"pool_destroy"};
  RowTable<NameRule> signals{"signals"};
  RowTable<NameRule> work_ends{"work_ends"};
  RowTable<NameRule> unlinks{"unlinks"};
  RowTable<NameRule> atomic_begins{"atomic_begins"};
  RowTable<NameRule> atomic_ends{"atomic_ends"};
  RowTable<NameRule> reader_begins{"reader_begins"};
  RowTable<NameRule> reader_ends{"reader_ends"};
  RowTable<NameRule> sleeping_waits{"sleeping_waits"};
  RowTable<NameRule> printing_calls{"printing_calls"};
  RowTable<ReviewRule> review_events{"review_events"};
  RowTable<NameRule> version_macros{"version_macros"};
  RowTable<NameRule> quiet_calls{"quiet_calls"};
  RowTable<NameRule> effect_calls{"effect_calls"};

  /// Calls `Visit` with every table, in the order above.
  template <class Visitor> void forEach(Visitor Visit) {
    Visit(deferrals);
    Visit(frees);
    Visit(cache_create);
    Visit(cache_destroy);
    Visit(barriers);
    Visit(module_hooks);
    Visit(callback_fields);
    Visit(rcu_called_fields);
    Visit(rcu_called_arguments);
    Visit(late_fields);
    Visit(unload_events);
    Visit(user_doors);
    Visit(user_steps);
    Visit(conversions);
    Visit(checks);
    Visit(container_macros);
    Visit(replacements);
    Visit(deferred_frees_no_head);
    Visit(heads);
    Visit(head_readers);
    Visit(cache_alloc);
    Visit(pool_destroy);
    Visit(signals);
    Visit(work_ends);
    Visit(unlinks);
    Visit(atomic_begins);
    Visit(atomic_ends);
    Visit(reader_begins);
    Visit(reader_ends);
    Visit(sleeping_waits);
    Visit(printing_calls);
    Visit(review_events);
    Visit(version_macros);
    Visit(quiet_calls);
    Visit(effect_calls);
  }
};

/// The word that stands for every deferral or every family in a conversion.
extern const char AnyWord[];

/// Adds the rows of one file (sections.cpp).
llvm::Error addRuleFile(RowTables &Tables, const std::string &File, const YamlNode &Root, unsigned Layer);

/// What only the whole can show: names that no row defines, a name with two meanings (checks.cpp).
llvm::Error checkTables(RowTables &Tables);

/// Writes 'any' out: one conversion for each pair of deferral and family that has one (checks.cpp).
std::vector<ConversionRule> expandConversions(const RowTables &Tables);

} // namespace krcu
