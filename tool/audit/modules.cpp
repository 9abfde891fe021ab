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

} // namespace krcu
