// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// In a tree with sheaves: destructions and barriers where a device or a namespace goes away.
#include "tool/audit/parts.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

/// The first way to a function that is taken while the system runs; null if there is none.
const ReachPath *oftenTaken(const ReachReport &R) {
  for (const ReachPath &P : R.paths)
    if (P.kind == ReachKind::Teardown || P.kind == ReachKind::Runtime)
      return &P;
  return nullptr;
}

} // namespace

void auditCosts(TreeState &State, std::vector<AuditFinding> &To) {
  const Semantics &S = State.semantics();
  bool Destroys = S.is("sheaves") && S.is("destroy_flushes_all_sheaves");
  if (!Destroys)
    return;
  Database &DB = State.database();
  struct Call {
    std::string name, file, function;
    unsigned line;
    bool destroy;
  };
  std::vector<Call> Calls;
  auto Collect = [&](const std::string &Name, bool Destroy) {
    for (uint32_t Id : DB.mentioning(Name)) {
      const std::string &File = State.index().files()[Id].path;
      if (!StringRef(File).ends_with(".c") || StringRef(File).starts_with("mm/") || StringRef(File).starts_with("kernel/rcu/") ||
          !State.scan().wantsPath(File))
        continue;
      auto O = DB.outline(Id);
      for (const OutlineToken &T : DB.tokens(File, Name))
        if (O && T.function >= 0 && T.before_paren && !T.after_member_access && !T.in_directive) {
          const OutlineFunction &F = O->functions[static_cast<size_t>(T.function)];
          Calls.push_back({Name, File, F.is_static ? F.name + "@" + File : F.name, T.line, Destroy});
        }
    }
  };
  for (const CacheRule &C : State.rules().cache_destroy)
    Collect(C.name, true);
  for (const BarrierRule &B : State.rules().barriers)
    if (!B.cache_only && std::find(B.waits_for.begin(), B.waits_for.end(), "kfree_rcu") != B.waits_for.end())
      Collect(B.name, false);
  State.settle([&] {
    bool Ready = true;
    for (const Call &C : Calls) {
      Demand D;
      D.words.insert(C.name);
      Ready = DB.require(C.file, D) && Ready;
      Ready = !reachOf(DB, C.function).pending && Ready;
    }
    return Ready;
  });
  for (const Call &C : Calls) {
    ReachReport Reach = reachOf(DB, C.function);
    const ReachPath *Often = oftenTaken(Reach);
    if (!Often)
      continue;
    AuditFinding F;
    F.kind = C.destroy ? "costly_destroy" : "costly_barrier";
    F.where = {C.file, C.line, 0};
    F.function = plainName(C.function);
    F.subject = C.name;
    F.severity = Severity::Warning;
    bool Teardown = Often->kind == ReachKind::Teardown;
    F.confidence = Reach.complete ? (Teardown ? Confidence::Medium : Confidence::Low) : Confidence::Low;
    F.confidence_why = Teardown ? "the way is known; how often it is taken depends on the machine" : "the function is reached through a pointer, and how often is not known";
    F.reason = plainName(C.function) + "() calls " + C.name + "(), which " + (C.destroy ? "flushes the sheaves of every cache and waits on all CPUs" : "waits on all CPUs") + " in this tree, and is " + describeReach(*Often);
    F.evidence.push_back({C.file, C.line, F.function, "calls " + C.name + "()"});
    F.evidence.push_back({Often->where.file, Often->where.line, "", describeReach(*Often)});
    for (const Evidence &E : S.fact("destroy_flushes_all_sheaves").evidence)
      F.evidence.push_back(E);
    To.push_back(std::move(F));
  }
}

} // namespace krcu
