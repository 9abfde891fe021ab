// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What waits before a point: barriers that run on every path to a call, in the function itself, in functions that it always calls,
// and in the callers all the way up a chain.
#pragma once

#include "tool/lifetime/database.h"
#include "tool/lifetime/reach.h"
#include "tool/semantics/semantics.h"
#include <array>
#include <optional>

namespace krcu {

struct BarrierUse {
  std::string barrier;          ///< rcu_barrier
  Location where;               ///< the barrier's own call
  std::string function;         ///< symbol of the function it stands in
  std::vector<Evidence> through; ///< calls from the destruction's function down to it, if it stands in a callee
  bool waits_kfree_rcu = false;
  bool waits_call_rcu = false;
  Evidence overtaken;           ///< what may queue another object behind it; its text is empty if nothing does
};

struct BarrierReport {
  bool pending = false;
  std::vector<BarrierUse> always;   ///< on every path before
  std::vector<BarrierUse> sometimes; ///< on some path only
  bool waits(bool Kfree) const; ///< for kfree_rcu(), or else for call_rcu()
};

class BarrierSearch {
public:
  /// `QueueingFunctions`: functions that queue objects; a barrier behind which one of them may still run has not waited for what that one
  /// queues.
  BarrierSearch(Database &DB, const Semantics &S, const std::set<std::string> &QueueingFunctions = {});
  /// Only barriers that the functions at hand call themselves; no demand is made.
  void leaveOutCallees() { Callees = false; }

  /// Barriers before call `Call` of `F`, then before the calls along `Path` (the chain of callers, may be null).
  BarrierReport before(const FunctionFact &F, unsigned Call, const ReachPath *Path);
  /// Barriers that `Function` executes on every path through it. `Pending` is set when a file must be parsed first.
  std::vector<BarrierUse> alwaysIn(const std::string &Function, unsigned Depth, bool &Pending);

private:
  BarrierUse useOf(const BarrierRule &Rule, const CallFact &C, const std::string &Function) const;
  void addCall(const FunctionFact &F, unsigned Call, std::vector<BarrierUse> &To, bool &Pending, unsigned Depth);
  struct Target { ///< names to be reached
    std::set<std::string> names;
    std::set<uint32_t> files;
    void add(const Database &DB, const std::string &Name);
  };
  static constexpr unsigned MaxDepth = 4;
  using Reached = llvm::StringMap<std::array<std::optional<bool>, MaxDepth + 1>>; ///< function -> answer for each number of steps left
  bool mayReach(const std::string &Function, unsigned Depth, const Target &Wanted, Reached &Known);
  void prefetch(const OutlineFunction &F, unsigned Depth, const Target &Wanted) const;
  Evidence queueingCall(const FunctionFact &F, unsigned Call);

  Database &DB;
  const Semantics &S;
  bool Callees = true;
  Target Barriers, Queueing;
  Reached Textual;   ///< may the text of this function reach a barrier
  Reached Queueable; ///< ... a function that queues objects
  std::set<std::string> Active;
};

} // namespace krcu
