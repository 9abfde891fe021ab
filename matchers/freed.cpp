// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/freed.h"
#include "matchers/members.h"
#include "llvm/ADT/STLExtras.h"

using namespace clang;

namespace krcu {

std::vector<std::string> FreedRecords::of(const Expr *Object, const ValueStore &S) {
  std::vector<std::string> Result;
  for (const Expr *E = Object; E;) {
    E = E->IgnoreParenImpCasts();
    if (const RecordDecl *R = objectBehind(E->getType())) {
      std::string Symbol = N.recordOf(R);
      Seen.emplace(Symbol, R);
      if (!llvm::is_contained(Result, Symbol))
        Result.push_back(Symbol);
    }
    const Expr *Next = nullptr;
    if (const auto *Cast = dyn_cast<ExplicitCastExpr>(E))
      Next = Cast->getSubExpr();
    else if (const auto *Ref = dyn_cast<DeclRefExpr>(E))
      if (const auto *V = dyn_cast<VarDecl>(Ref->getDecl()); V && V->hasLocalStorage() && !isa<ParmVarDecl>(V) && !S.assigned(V))
        Next = V->getInit();
    E = Next;
  }
  return Result;
}

std::vector<FreedRecord> FreedRecords::describe(const std::vector<PathSummary> &Paths) const {
  std::vector<FreedRecord> Result;
  for (const PathSummary &P : Paths)
    for (const Effect &E : P.effects) {
      if (E.kind != Effect::Free || E.object.kind != AbstractValue::ParameterPlus || E.object.parameter != 0)
        continue;
      for (const std::string &Symbol : E.records) {
        auto R = Seen.find(Symbol);
        if (R == Seen.end() || llvm::any_of(Result, [&](const FreedRecord &F) { return F.record == Symbol; }))
          continue;
        FreedRecord F{Symbol, recordText(R->second), {}};
        for (const HeadPath &Path : headsAt(N, R->second, -E.object.offset))
          F.inside.insert(F.inside.end(), Path.inside.begin(), Path.inside.end());
        Result.push_back(std::move(F));
      }
    }
  return Result;
}

} // namespace krcu
