// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/audit/parts.h"

namespace krcu {

std::vector<UnloadModule> unloadModules(TreeState &State, const UnloadRules &U) {
  auto ScopeOf = [&](const std::string &File) {
    ModuleFact Fact = State.scan().moduleFact(File);
    return Fact.mayGo() && !Fact.module.empty() && State.scan().tree().isSubject(File) ? State.scan().moduleScope(File) : ModuleScope();
  };
  return UnloadSurvey(State.database(), State.rules(), U, State.census(), ScopeOf).modules();
}

} // namespace krcu
