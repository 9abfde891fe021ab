// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/audit/parts.h"

namespace krcu {

std::vector<UnloadModule> unloadModules(TreeState &State, const UnloadRules &U, const std::vector<BarrierCall> &Barriers) {
  auto ScopeOf = [&](const std::string &File) {
    ModuleFact Fact = State.scan().moduleFact(File);
    return Fact.mayGo() && !Fact.module.empty() ? State.scan().moduleScope(File) : ModuleScope();
  };
  std::set<std::string> Also;
  for (const BarrierCall &B : Barriers)
    Also.insert(B.where.file);
  return UnloadSurvey(State.database(), State.rules(), U, State.census(), ScopeOf, [&](const std::string &File) { return State.scan().wantsPath(File); }).modules(Also);
}

std::string subjectOf(const UnloadModule &M, const ModuleQuestion &Q) {
  return Q.question.asks(UnloadQuestion::Rcu) ? M.scope.name : M.scope.name + " " + Q.question.object + Q.question.taken;
}

const ModuleQuestion *questionOf(const std::vector<UnloadModule> &Modules, const AuditFinding &F, const UnloadModule *&Module) {
  for (const UnloadModule &M : Modules)
    for (const ModuleQuestion &Q : M.questions) {
      if (Q.sites.empty() || F.evidence.empty() || Q.sites.front().where.file != F.evidence.front().file || Q.sites.front().where.line != F.evidence.front().line)
        continue;
      bool Plain = Q.question.asks(UnloadQuestion::Rcu), Text = Q.question.until == UnloadQuestion::Text;
      bool Same = F.subject == (Text ? subjectOf(M, Q) : Q.question.taken);
      bool OfCache = Plain && !Text, Fits = F.kind == "early_rcu_barrier" || OfCache == (F.kind == "late_rcu_barrier");
      if (!Same || !Fits || (F.kind == "missing_srcu_barrier") != Q.question.asks(UnloadQuestion::Srcu))
        continue;
      Module = &M;
      return &Q;
    }
  return nullptr;
}

} // namespace krcu
