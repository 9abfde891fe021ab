// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Waits that are not on the way of an end: reasons to doubt a finding.
#include "tool/audit/parts.h"
#include "llvm/ADT/STLExtras.h"

namespace krcu {

std::string waitElsewhere(const Rules &R, const ModuleText &Text, const std::set<std::string> &Waiting, Evidence &At) {
  if (Waiting.empty())
    return {};
  std::set<std::string> Coming = Text.comingTo(Waiting);
  for (const CallbackFieldRule &Rule : R.callback_fields)
    for (const std::string &Symbol : Text.storedIn(Rule.field))
      if (Coming.count(plainName(Symbol))) {
        const TextFunction *F = Text.bySymbol(Symbol);
        At = {F->file, F->text->line, F->name, "comes to a barrier"};
        return F->name + "() comes to a barrier when a structure's ." + Rule.field + " is called, and that may be enough";
      }
  return {};
}

std::string settledByCore(const ModuleText &Text, const UnloadRules &U) {
  std::string Result;
  Text.forEachVariable([&](const TextVariable &V) {
    const UnloadRule *Rule = U.find(V.record, UnloadRule::Settled);
    if (Rule && llvm::any_of(V.entries, [&](const TextVariable::Entry &E) { return llvm::is_contained(Rule->needs, E.word); }))
      Result = "the core waits for what is queued before it gives back the reference that each user of " + V.name + " (struct " + V.record + ") has";
  });
  return Result;
}

} // namespace krcu
