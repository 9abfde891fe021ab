// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/report/steps.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"

namespace krcu {
namespace {

bool at(const Location &L, const Evidence &E) { return L.valid() && L.line == E.line && L.file == E.file; }

bool isOfTheTree(const Semantics &S, const Evidence &E) {
  return llvm::any_of(S.facts, [&](const SemanticFact &F) { return llvm::is_contained(F.evidence, E); });
}

/// What the build reads: a makefile or a Kconfig file.
bool isOfTheBuild(const Evidence &E) {
  llvm::StringRef Name = llvm::StringRef(E.file).rsplit('/').second;
  if (Name.empty())
    Name = E.file;
  return Name.starts_with("Makefile") || Name.starts_with("Kconfig") || Name == "Kbuild";
}

const char *kindInLife(const DestructionReport &D, const Evidence &E) {
  if (llvm::is_contained(D.module, E) || llvm::is_contained(D.harmless_evidence, E))
    return "module";
  for (const std::vector<BarrierUse> *List : {&D.barriers, &D.conditional})
    for (const BarrierUse &B : *List) {
      if (!B.overtaken.text.empty() && B.overtaken == E)
        return "queue";
      if (at(B.where, E) || llvm::is_contained(B.through, E))
        return "barrier";
    }
  if (at(D.what.where, E))
    return "destroyed";
  for (const ReachPath &P : D.reach.paths) {
    if (at(P.where, E))
      return "reached";
    for (const ReachStep &Step : P.steps)
      if (Step.caller && at(Step.caller->calls[Step.call].where, E))
        return "calls";
  }
  return nullptr;
}

} // namespace

std::string stepKind(const Semantics *S, const Evidence &E) { return S && isOfTheTree(*S, E) ? "tree" : isOfTheBuild(E) ? "module" : "code"; }

std::string stepKind(const SiteReport &R, const Semantics &S, const Evidence &E) {
  if (isOfTheTree(S, E))
    return "tree";
  if (!R.evidence.empty() && R.evidence.front() == E)
    return "call";
  if (llvm::is_contained(R.callback.evidence, E))
    return "callback";
  if (llvm::is_contained(R.setters, E))
    return "setter";
  for (const CacheReport &C : R.caches) {
    if (llvm::any_of(C.creates, [&](const CreateFact *N) { return at(N->where, E); }))
      return "created";
    if (llvm::is_contained(C.evidence, E))
      return "cache";
  }
  for (const DestructionReport &D : R.destructions)
    if (const char *Kind = kindInLife(D, E))
      return Kind;
  return isOfTheBuild(E) ? "module" : at(R.census.where, E) ? "object" : "code";
}

const char *eventName(FindingEvent::Kind K) {
  switch (K) {
  case FindingEvent::Exit: return "exit";
  case FindingEvent::Queue: return "queue";
  case FindingEvent::Stop: return "stop";
  case FindingEvent::Wait: return "wait";
  case FindingEvent::End: return "end";
  case FindingEvent::Unknown: return "unknown";
  }
  return "";
}

std::string stepKind(const AuditFinding &F, const Semantics *S, const Evidence &E) {
  for (const FindingEvent &Each : F.timeline)
    if (at(Each.where, E) && Each.function == E.function && llvm::StringRef(E.text).ends_with(Each.text))
      return eventName(Each.kind);
  std::string Kind = stepKind(S, E);
  return Kind == "code" && at(F.where, E) ? "here" : Kind;
}

} // namespace krcu
