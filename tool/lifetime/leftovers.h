// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What else changes when a site is converted: barriers that waited for the callback and may have nothing left to wait for, and
// fields that were kept for the callback's sake and that nobody reads any more.
#pragma once

#include "tool/lifetime/queued.h"
#include "tool/lifetime/verdict.h"
#include <memory>

namespace krcu {

/// A barrier of the module that waited for the converted callback.
struct BarrierLeftover {
  std::string barrier;  ///< rcu_barrier
  Location where;
  std::string function; ///< it stands in
  uint32_t begin = 0;   ///< byte range of the call in its file, name to closing parenthesis
  uint32_t end = 0;
  bool before_destruction = false; ///< it runs before a destruction of the cache
  bool known = true;    ///< false: it stays because not everything could be looked at
  bool may_go = false;  ///< nothing that it waits for can be queued once the sites of class convert are rewritten
  std::string why;      ///< a sentence without full stop
  EvidenceList needed_by; ///< callbacks that may still be queued
  EvidenceList looked_at; ///< callbacks that the conversion takes away
  std::vector<std::string> modules; ///< whose callbacks were looked at
  unsigned files = 0;   ///< how many files that was
};

/// A field that only removed callbacks read.
struct FieldLeftover {
  std::string field;    ///< "rec.field"
  EvidenceList stores;  ///< that nobody reads
};

struct Leftovers {
  std::vector<BarrierLeftover> barriers;
  std::vector<FieldLeftover> fields;
};

class LeftoverSearch {
public:
  LeftoverSearch(Database &DB, const Semantics &S, ScopeOracle Scopes, const std::vector<CensusEntry> &All)
      : DB(DB), S(S), Scopes(std::move(Scopes)), Queues(DB, All) {}

  /// Fills in SiteReport::leftovers of the sites of class convert, as if all of them were converted together.
  /// False if demands are open (then search again after parsing).
  bool search(std::vector<SiteReport> &Sites);

private:
  void addBarriers(SiteReport &R, Leftovers &To);
  BarrierLeftover describe(const std::string &File, const Outline &O, const OutlineToken &T, const std::string &Barrier, const std::string &Text);
  void decide(const SiteReport &R, BarrierLeftover &B);
  bool isEveryWayInTheEnd(BarrierLeftover &B, std::set<std::string> &Files);
  void collectQueued(BarrierLeftover &B, const std::set<std::string> &Files, bool WithFields);
  BarrierLeftover queuedIn(const std::set<std::string> &Files, bool WithFields);
  const ModuleScope &scope(const std::string &File);

  Database &DB;
  const Semantics &S;
  ScopeOracle Scopes;
  QueueSurvey Queues;
  const std::vector<SiteReport> *Sites = nullptr;
  std::map<std::string, ModuleScope> Known;
  std::map<std::pair<std::string, bool>, ModuleQueue> KnownQueues; ///< by the module's first file
  std::map<std::pair<std::vector<std::string>, bool>, BarrierLeftover> KnownAnswers; ///< by the modules
  std::map<std::tuple<std::string, unsigned, unsigned>, const SiteReport *> Converted; ///< by the place of the call
  bool Pending = false;
};

/// Fields that the removed callbacks read and nobody else does, with the stores that are left. Looks at tokens: any mention
/// that is not plainly a store counts as a read.
std::vector<FieldLeftover> unreadFields(const Database &DB, const SiteReport &R, const std::vector<SiteReport> &Sites);

/// The sentence for a barrier: "may go: ...", "stays: ...".
std::string leftoverText(const BarrierLeftover &B);

} // namespace krcu
