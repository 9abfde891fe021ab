// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/lifetime/judge_round.h"

namespace krcu {

Judge::Judge(Database &DB, const Semantics &S, ModuleOracle Modules, VerdictOptions Options)
    : DB(DB), S(S), Modules(std::move(Modules)), Options(std::move(Options)) {}
Judge::~Judge() = default;

Judge::Round::Round(const Database &DB, std::vector<const FlowFact *> Flows) : solution(std::move(Flows)), destroys(DB, solution) {
  for (const auto &[File, Facts] : DB.files())
    for (const DeferredFreeFact &D : Facts.deferred_frees)
      deferred_frees.emplace(D.function, &D);
}

void Judge::begin() {
  Now = std::make_unique<Round>(DB, flowsOutsideTheAllocator());
  Caches.clear();
  Callbacks.clear();
  Destructions.clear();
  Pending = false;
}

const CallbackReport &Judge::callback(const std::string &Symbol) {
  auto It = Callbacks.find(Symbol);
  return It != Callbacks.end() ? It->second : Callbacks.emplace(Symbol, reportCallback(DB, Symbol)).first->second;
}

/// `Function` queues `Symbol`, which frees into its caches.
void Judge::queueInto(const std::string &Symbol, const std::string &Function) {
  const CallbackReport &Of = callback(Symbol);
  Now->queueing_open = Now->queueing_open || Of.state == CallbackState::Pending;
  for (const std::string &Place : Of.caches)
    Now->queueing[Place].insert(Function);
}

/// A pointer of which all is known that it can hold.
void Judge::addTarget(const std::string &Place, const std::string &Symbol) {
  if (!Targets[Place].insert(Symbol).second || !Now->queueing_made)
    return;
  auto [Begin, End] = Now->pointers.equal_range(Place);
  for (auto It = Begin; It != End; ++It)
    queueInto(Symbol, It->second);
}

/// Functions with a call whose callback frees into this cache: what runs them behind a barrier spoils it.
std::set<std::string> Judge::queueingFunctions(const CacheReport &C, bool &Open) {
  if (!Now->queueing_made) {
    Now->queueing_made = true;
    for (const auto &[File, Facts] : DB.files())
      for (const CallSiteFact &S : Facts.sites) {
        const std::string Function = plainName(S.function);
        if (S.callback_kind == CallbackKind::Function)
          queueInto(S.callback, Function);
        if (S.callback_kind != CallbackKind::Place)
          continue;
        Now->pointers.emplace(S.callback, Function);
        if (auto Through = Targets.find(S.callback); Through != Targets.end())
          for (const std::string &Symbol : Through->second)
            queueInto(Symbol, Function);
      }
  }
  Open = Open || Now->queueing_open;
  std::set<std::string> Result = AlsoQueueing;
  auto Add = [&](const std::string &Place) {
    if (auto It = Now->queueing.find(Place); It != Now->queueing.end())
      Result.insert(It->second.begin(), It->second.end());
  };
  Add(C.place);
  for (const std::string &Alias : C.aliases)
    Add(Alias);
  return Result;
}

} // namespace krcu
