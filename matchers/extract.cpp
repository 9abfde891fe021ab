// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/extract.h"
#include "matchers/deferred.h"
#include "matchers/flows.h"
#include "matchers/functions.h"
#include "matchers/names.h"
#include "matchers/sites.h"
#include "matchers/summary.h"
#include "matchers/traces.h"
#include <algorithm>

using namespace clang;

namespace krcu {
namespace {

/// Function-like macros such as module_exit() make helper functions; those carry a reference worth keeping.
bool hasParsedBody(const FunctionDecl *F) { return F->doesThisDeclarationHaveABody() && !F->hasSkippedBody(); }

/// Whether seeing the skipped helpers could turn the summary into a lone free: one is all that a path does, or it made the pointer, or each may do
/// nothing.
bool couldStillBeFreeOnly(const FunctionSummary &S, const std::set<std::string> &Skipped) {
  if (S.opaque)
    return false;
  for (const PathSummary &P : S.paths) {
    unsigned Calls = 0, SkippedCalls = 0, Frees = 0, UnknownFrees = 0;
    for (const Effect &E : P.effects) {
      if (E.kind == Effect::Other)
        return false;
      Calls += E.kind == Effect::Call;
      SkippedCalls += E.kind == Effect::Call && Skipped.count(StringRef(E.name).split('@').first.str());
      Frees += E.kind == Effect::Free;
      UnknownFrees += E.kind == Effect::Free && E.object.kind != AbstractValue::ParameterPlus;
    }
    if (Calls != SkippedCalls && !(UnknownFrees == 1 && Frees == 1) && !(Calls == 1 && Frees == 0))
      return false;
  }
  return true;
}

bool mattersAtFileScope(const VarDecl *V) {
  return V->hasInit() && !V->getType()->isArithmeticType();
}

} // namespace

FileFacts extractFacts(ASTContext &Context, const std::string &MainFile, const std::vector<Decl *> &Decls,
                       const ExtractOptions &Options) {
  FileFacts Facts;
  Facts.file = MainFile;
  Names N(Context, Options.root, *Options.rules, &Options.bodies);
  Damage Spoiled(N, Options.errors);
  N.setDamage(&Spoiled);
  N.setForeign(Options.foreign);
  Extents X(N);
  std::set<const FunctionDecl *> Callbacks;
  std::set<std::string> Missing;
  std::set<std::string> Files;
  for (const Decl *D : Decls) {
    if (const auto *F = dyn_cast<FunctionDecl>(D)) {
      if (Options.summarise.count(F->getNameAsString()))
        Callbacks.insert(F);
      if (!hasParsedBody(F))
        continue;
      Files.insert(N.fileOf(F->getLocation()));
      collectSites(N, X, F, Facts.sites, Callbacks);
      collectDeferredFrees(N, F, Facts);
      collectFlows(N, F, Facts);
      collectReferences(N, F, Facts);
      Facts.functions.push_back(describeFunction(N, F));
      if (Options.trace.count(F->getNameAsString()))
        Facts.traces.push_back(traceOf(N, F));
    } else if (const auto *V = dyn_cast<VarDecl>(D); V && mattersAtFileScope(V)) {
      collectFlows(N, V, Facts);
      collectReferences(N, V, Facts);
    }
  }
  std::map<std::string, const FunctionDecl *> BySymbol; // one summary a function, in a stable order
  for (const FunctionDecl *F : Callbacks)
    BySymbol.emplace(N.symbolOf(F), F);
  for (const auto &[Symbol, F] : BySymbol) {
    std::set<std::string> Skipped;
    Facts.summaries.push_back(summarise(N, F, Skipped));
    if (!Skipped.empty() && couldStillBeFreeOnly(Facts.summaries.back(), Skipped))
      Missing.insert(Skipped.begin(), Skipped.end());
  }
  Facts.missing_bodies.assign(Missing.begin(), Missing.end());
  Files.erase(MainFile);
  Facts.files.assign(Files.begin(), Files.end());
  return Facts;
}

} // namespace krcu
