// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/barrier_rule.h"
#include "llvm/ADT/STLExtras.h"

namespace krcu {

ModuleEnds moduleEnds(const ModuleHooks &Hooks, const std::vector<std::string> &Files) {
  ModuleEnds Ends;
  for (const ModuleExit &E : Hooks.of(Files, "exit"))
    Ends.exits.push_back(E.function);
  for (const ModuleExit &E : Hooks.of(Files, "init"))
    Ends.starts.push_back(E.function);
  for (const ModuleExit &E : Hooks.of(Files, "driver"))
    Ends.objects.push_back(E.driver);
  return Ends;
}

void keepWhatTheRuleNeeds(Scan &S, const std::vector<CensusEntry> &All, std::vector<SiteReport> &Reports) {
  std::set<std::tuple<std::string, unsigned, unsigned>> Converted;
  std::set<std::string> Files; // whose modules are asked
  for (const SiteReport &R : Reports) {
    if (R.cls != SiteClass::Convert || !R.leftovers)
      continue;
    Converted.insert({R.census.where.file, R.census.where.line, R.census.where.column});
    for (const BarrierLeftover &B : R.leftovers->barriers)
      if (B.may_go) {
        Files.insert(B.where.file);
        Files.insert(R.census.where.file);
      }
  }
  auto U = Files.empty() ? llvm::Expected<UnloadRules>(UnloadRules()) : loadUnloadRules(S.options().builtin_rules, S.options().rules);
  if (!U || Files.empty()) {
    llvm::consumeError(U.takeError()); // cannot be: the scan has read the same files
    return;
  }
  std::set<std::string> Wanted;
  for (const std::string &File : Files) {
    ModuleScope Scope = S.moduleScope(File);
    Wanted.insert(Scope.files.begin(), Scope.files.end());
  }
  std::vector<CensusEntry> Left;
  llvm::copy_if(All, std::back_inserter(Left), [&](const CensusEntry &E) { return !Converted.count({E.where.file, E.where.line, E.where.column}); });
  auto ScopeOf = [&](const std::string &File) { return S.moduleScope(File); };
  std::vector<UnloadModule> Modules = UnloadSurvey(S.database(), S.rules(), *U, Left, ScopeOf, [&](const std::string &File) { return Wanted.count(File) != 0; }).modules();
  ModuleHooks Hooks(S.database());
  for (SiteReport &R : Reports) {
    if (R.cls != SiteClass::Convert || !R.leftovers)
      continue;
    auto Changed = std::make_shared<Leftovers>(*R.leftovers);
    for (BarrierLeftover &B : Changed->barriers)
      for (const UnloadModule &M : Modules) {
        if (!B.may_go || !(M.text->owns(B.where.file) || M.text->owns(R.census.where.file)))
          continue;
        UnloadNeed Need = needOf(M, moduleEnds(Hooks, M.scope.files), B.where, S.rules(), *U, S.semantics());
        if (Need.answer == UnloadNeed::NotNeeded)
          continue;
        const UnloadSite &Site = Need.question->sites.front();
        B.may_go = false;
        B.why = "the end of " + M.scope.name + " in " + Need.end + "() is not right without it: " + Site.where.file + ":" + std::to_string(Site.where.line) + ", " + Site.text;
        B.needed_by.push_back({Site.where.file, Site.where.line, Site.function, Site.text});
      }
    R.leftovers = std::move(Changed);
  }
}

} // namespace krcu
