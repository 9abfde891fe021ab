// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Naming an era, --assume and the printed form. The probing itself is in probe.cpp.
#include "tool/semantics/semantics.h"
#include "tool/support/error.h"
#include "tool/semantics/era.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <cassert>

namespace krcu {
namespace {

SemanticFact *find(Semantics &S, llvm::StringRef Name) {
  auto It = std::find_if(S.facts.begin(), S.facts.end(), [&](const SemanticFact &F) { return F.name == Name; });
  return It == S.facts.end() ? nullptr : &*It;
}

void set(SemanticFact &F, bool Value) {
  F.value = Value;
  F.known = true;
  F.assumed = true;
  F.evidence.clear(); // what the tree shows is no evidence for an assumption
}

std::string answer(const SemanticFact &F) {
  std::string Text = F.known ? (F.value ? "yes" : "no") : "unknown";
  if (!F.known)
    Text += F.value ? ", taken as yes" : ", taken as no";
  return Text + (F.assumed ? " (assumed)" : "");
}

} // namespace

namespace semantics {

std::vector<SemanticFact> unknownFacts(const EraTable &T) {
  std::vector<SemanticFact> Result;
  for (const FactRule &Row : T.facts) {
    SemanticFact F;
    F.name = Row.name;
    F.title = Row.title;
    F.value = Row.unknown;
    F.known = false;
    Result.push_back(std::move(F));
  }
  return Result;
}

std::string eraOf(const Semantics &S) {
  // Two eras can share the decisive facts; the one that shares more of the others gives the name, the older on a tie.
  std::string Best = "mixed";
  int BestScore = -1;
  for (const EraRule &E : S.table.eras) {
    bool Matches = true;
    int Score = 0;
    for (const auto &[Name, Value] : E.values) {
      const SemanticFact &F = S.fact(Name);
      bool Same = F.known && F.value == Value;
      Matches &= Same || !S.table.fact(Name)->decisive;
      Score += Same;
    }
    if (Matches && Score > BestScore) {
      Best = E.name;
      BestScore = Score;
    }
  }
  return Best;
}

} // namespace semantics

const SemanticFact &Semantics::fact(const std::string &Name) const {
  auto It = std::find_if(facts.begin(), facts.end(), [&](const SemanticFact &F) { return F.name == Name; });
  assert(It != facts.end() && "no such fact");
  return *It;
}

std::vector<std::string> factNames(const EraTable &T) {
  std::vector<std::string> Names;
  for (const FactRule &F : T.facts)
    Names.push_back(F.name);
  return Names;
}

std::vector<std::string> assumptionNames(const EraTable &T) {
  std::vector<std::string> Names;
  for (const EraRule &E : T.eras)
    Names.push_back(E.name);
  for (const FactRule &F : T.facts) {
    if (!T.era(F.name)) // "sheaves" is an era as well, and the era is meant
      Names.push_back(F.name);
    Names.push_back("no-" + F.name);
  }
  return Names;
}

llvm::Error checkSources(const Tree &T) {
  bool Any = T.hasSourcesIn("mm") || T.hasSourcesIn("kernel/rcu");
  return Any ? llvm::Error::success() : Tree::onlyHeaders(T.root(), T.root(), T.version());
}

llvm::Error assume(Semantics &S, const std::string &Name) {
  if (const EraRule *E = S.table.era(Name)) {
    for (const auto &[Fact, Value] : E->values)
      if (SemanticFact *F = find(S, Fact))
        set(*F, Value);
    S.era = Name;
    return llvm::Error::success();
  }
  llvm::StringRef Fact = Name;
  bool Value = !Fact.consume_front("no-");
  if (SemanticFact *F = find(S, Fact)) {
    set(*F, Value);
    S.era = semantics::eraOf(S);
    return llvm::Error::success();
  }
  std::string Known;
  for (const std::string &N : assumptionNames(S.table))
    Known += (Known.empty() ? "" : ", ") + N;
  return fail("--assume " + Name + ": there is no such assumption; choose one of " + Known);
}

std::string printSemantics(const Semantics &S) {
  std::string Text = "era: " + S.era;
  if (const EraRule *E = S.table.era(S.era))
    Text += " (" + E->title + ")";
  Text += '\n';
  for (const SemanticFact &F : S.facts) {
    Text += "\n" + F.name + ": " + answer(F) + "\n  " + F.title + "? " + answer(F) + "\n";
    for (const Evidence &E : F.evidence) {
      std::string Place = E.file;
      if (E.line != 0)
        Place += ":" + std::to_string(E.line);
      if (!E.function.empty())
        Place += (Place.empty() ? "" : " ") + E.function + "()";
      Text += "    " + Place + (Place.empty() ? "" : ": ") + E.text + "\n";
    }
  }
  return Text;
}

} // namespace krcu
