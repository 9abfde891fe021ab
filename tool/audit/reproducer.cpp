// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/audit/reproducer.h"
#include "tool/audit/parts.h"
#include "tool/audit/user_ways.h"
#include "tool/driver/barrier_rule.h"
#include "tool/support/error.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

/// Kinds that say that something goes wrong when a module goes.
bool failsAtTheEnd(const AuditFinding &F) {
  return F.kind == "missing_rcu_barrier" || F.kind == "early_rcu_barrier" || F.kind == "late_rcu_barrier" || F.kind == "missing_srcu_barrier";
}

class Reproducing {
public:
  Reproducing(Scan &S, const UserWayRules &Ways, const UnloadRules &U) : Ways(Ways), State(S), Modules(unloadModules(State, U, {})), Hooks(State.database()) {}

  Reproducer of(const AuditFinding &F) const;

private:
  WayQuestion questionFor(const UnloadModule &M, const ModuleQuestion &Q) const;
  void addSteps(const UnloadModule &M, Reproducer &To) const;

  const UserWayRules &Ways;
  TreeState State;
  std::vector<UnloadModule> Modules;
  ModuleHooks Hooks;
};

/// Who queues; where the core does, the callback itself, for that is what stands in the module's tables.
WayQuestion Reproducing::questionFor(const UnloadModule &M, const ModuleQuestion &Q) const {
  WayQuestion W;
  W.module = M.scope.name;
  for (const UnloadSite &Site : Q.sites)
    W.functions.insert(Site.core || Site.function.empty() ? plainName(Site.callback) : Site.function);
  for (const ModuleExit &E : Hooks.of(M.scope.files, "init"))
    W.starts.insert(E.function);
  for (const ModuleExit &E : Hooks.exitsOf(M.scope.files))
    W.exits.insert(E.function);
  return W;
}

std::string signOf(const UnloadModule &M, const ModuleQuestion &Q) {
  const std::string Callback = plainName(Q.sites.front().callback) + "()";
  if (Q.question.until == UnloadQuestion::Destruction)
    return Callback + " uses " + Q.question.taken + " after that was taken away: with KASAN a report of a use after free, without it mostly nothing";
  return Callback + " is called after the text of " + M.scope.name + " is gone: an oops in whatever runs the callbacks, at an address that was the module's";
}

/// The module is loaded before each way and removed behind it.
void Reproducing::addSteps(const UnloadModule &M, Reproducer &To) const {
  std::string Plain = M.scope.name;
  std::replace(Plain.begin(), Plain.end(), '-', '_');
  for (ReproducerWay &W : To.ways) {
    W.steps.insert(W.steps.begin(), {ReproducerStep::Load, "modprobe " + shellWord(M.scope.name), W.kind == "load" ? "its start comes to what queues" : ""});
    W.steps.push_back({ReproducerStep::Remove, "rmmod " + shellWord(Plain), W.kind == "remove" ? "its exit comes to what queues" : ""});
  }
}

Reproducer Reproducing::of(const AuditFinding &F) const {
  Reproducer R;
  R.finding = &F;
  const UnloadModule *M = nullptr;
  const ModuleQuestion *Q = questionOf(Modules, F, M);
  if (!failsAtTheEnd(F) || !Q) {
    R.no_way = failsAtTheEnd(F) ? "which module and which callback it is about is not known, so no way was looked for"
                                : "only for missing, early and late barriers of modules does krcu look for a way of user space; this is " + F.kind;
    return R;
  }
  R.module = M->scope.name;
  for (const std::string &File : M->scope.files)
    if (StringRef(File).ends_with(".c"))
      R.files.push_back(File);
  R.sign = signOf(*M, *Q);
  UserWays Found = userWaysTo(questionFor(*M, *Q), *M->text, Ways);
  R.ways = std::move(Found.ways);
  R.notes = std::move(Found.leaving);
  R.looked_at = std::move(Found.looked_at);
  R.looked_at_more = Found.more;
  if (R.ways.empty())
    R.no_way = "krcu knows no way of user space to what queues " + plainName(Q->sites.front().callback) + "(): no call that makes something of " + R.module + " known and has a row leads there";
  addSteps(*M, R);
  return R;
}

} // namespace

std::vector<Reproducer> reproducersOf(Scan &S, const std::vector<const AuditFinding *> &Of) {
  auto Ways = loadUserWayRules(S.options().builtin_rules, S.options().rules);
  auto U = loadUnloadRules(S.options().builtin_rules, S.options().rules);
  if (!Ways || !U) { // cannot be: the scan has read the same files
    llvm::consumeError(Ways.takeError());
    llvm::consumeError(U.takeError());
    return {};
  }
  Reproducing All(S, *Ways, *U);
  std::vector<Reproducer> Result;
  for (const AuditFinding *F : Of)
    Result.push_back(All.of(*F));
  return Result;
}

} // namespace krcu
