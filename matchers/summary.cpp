// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/summary.h"
#include "matchers/outward.h"
#include "matchers/summary_walk.h"
#include <algorithm>

using namespace clang;

namespace krcu {
namespace {

bool sameEffect(const Effect &A, const Effect &B) {
  return A.kind == B.kind && A.where == B.where && A.name == B.name && A.text == B.text && A.object == B.object &&
         A.cache == B.cache && A.records == B.records && A.arguments == B.arguments;
}

bool samePath(const PathSummary &A, const PathSummary &B) {
  return A.ends == B.ends && A.result == B.result && A.assumed_null == B.assumed_null &&
         std::equal(A.effects.begin(), A.effects.end(), B.effects.begin(), B.effects.end(), sameEffect);
}

/// How the function itself gets from what is inside the records that it frees to them.
void nameHelpers(const Names &N, const FunctionDecl *Definition, std::vector<FreedRecord> &Freed) {
  for (const OutwardHelper &H : outwardHelpersIn(N, Definition))
    for (FreedRecord &F : Freed)
      for (InnerObject &I : F.inside)
        if (I.helper.empty() && F.record == H.outer && I.record == H.inner && I.offset == H.offset)
          I.helper = H.name;
}

} // namespace

FunctionSummary summarise(const Names &N, const FunctionDecl *F, std::set<std::string> &MissingBodies) {
  FunctionSummary Result;
  Result.function = N.symbolOf(F);
  Result.where = N.locationOf(F->getLocation());
  Result.parameters = F->getNumParams();
  Result.is_static = !F->isExternallyVisible();
  const FunctionDecl *Definition = nullptr;
  if (!F->hasBody(Definition)) {
    Result.opaque = true;
    Result.why = "its definition is not in this file";
    return Result;
  }
  Result.where = N.locationOf(Definition->getLocation());
  SourceRange Range = Definition->getSourceRange();
  Result.in_macro = Range.getBegin().isMacroID() || Range.getEnd().isMacroID() || Definition->getLocation().isMacroID();
  const SourceManager &SM = N.sources();
  Result.begin = SM.getFileOffset(SM.getExpansionLoc(Range.getBegin()));
  Result.end = SM.getFileOffset(SM.getExpansionRange(Range.getEnd()).getEnd()) + 1;

  std::vector<Value> Arguments;
  for (unsigned P = 0; P < Definition->getNumParams(); ++P)
    Arguments.push_back(Value::parameter(P, Definition->getParamDecl(P)->getType()->isPointerType()));
  SummaryWalk W(N, MissingBodies);
  std::string Why;
  for (SummaryOutcome &O : W.walk(Definition, Arguments, 0, Why)) {
    O.path.result = O.result.abstract();
    bool Known = false;
    for (const PathSummary &P : Result.paths)
      Known = Known || samePath(P, O.path);
    if (!Known)
      Result.paths.push_back(std::move(O.path));
  }
  Result.opaque = !Why.empty();
  Result.why = Why;
  Result.error = W.error();
  Result.parameter_record_note = W.freedRecord();
  Result.freed = W.records.describe(Result.paths);
  if (!Result.freed.empty() && N.seenDefinition(F))
    nameHelpers(N, Definition, Result.freed);
  Result.bodies = std::move(W.bodies);
  return Result;
}

} // namespace krcu
