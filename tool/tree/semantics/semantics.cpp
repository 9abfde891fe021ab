// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tables, --assume and the printed form. The probing itself is in probe.cpp.
#include "tool/tree/semantics/semantics.h"
#include "tool/support/error.h"
#include "tool/tree/semantics/era.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <cassert>
#include <optional>

namespace krcu {
namespace {

/// One fact and its value in each era. The order of the rows is the order in which facts are printed.
struct FactRow {
  const char *name;
  const char *title;
  bool safe;           ///< value while nothing is known
  bool decisive;       ///< takes part in naming the era
  const char *by_era;  ///< one character per era: '1', '0', or '-' where an era says nothing
};

struct EraRow {
  const char *name;
  const char *title;
};

constexpr EraRow Eras[] = {
    {"no-batching", "kfree_rcu() is a call_rcu(), and rcu_barrier() waits for it"},
    {"batching", "kfree_rcu() collects batches that neither rcu_barrier() nor kmem_cache_destroy() waits for"},
    {"6.12", "kmem_cache_destroy() waits for kfree_rcu()"},
    {"sheaves", "kmem_cache_destroy() waits for kfree_rcu() and flushes the sheaves of every cache"},
    {"per-cache", "kmem_cache_destroy() flushes its own cache's sheaves, but does not wait for their callbacks"},
    {"per-cache-fixed", "kmem_cache_destroy() flushes its own cache's sheaves and waits for them"},
    {"7.3", "kmem_cache_destroy() waits for kfree_rcu() and, as a side effect, for call_rcu()"},
};

constexpr FactRow Facts[] = {
    // clang-format off
    {"destroy_waits_kfree_rcu", "kmem_cache_destroy() waits for kfree_rcu()", false, true, "0011011"},
    {"rcu_barrier_waits_kfree_rcu", "rcu_barrier() waits for kfree_rcu()", false, true, "1000000"},
    {"destroy_waits_call_rcu", "kmem_cache_destroy() waits for call_rcu()", false, false, "0000001"},
    {"slob", "CONFIG_SLOB can be chosen, under which kfree_rcu() of a slab cache's object is wrong", true, false, "-------"},
    {"kfree_rcu_batches", "kfree_rcu() collects objects before it gives them to RCU", true, true, "0111111"},
    {"kfree_rcu_takes_slab_objects", "kfree_rcu() frees objects of any slab cache (SLOB aside)", false, false, "1111111"},
    {"kvfree_rcu_barrier", "kvfree_rcu_barrier() exists and waits for kfree_rcu()", false, false, "0011111"},
    {"kvfree_rcu_barrier_exported", "modules may call kvfree_rcu_barrier()", false, false, "0011110"},
    {"sheaves", "kfree_rcu() puts objects on per-CPU sheaves", true, false, "0001111"},
    {"destroy_flushes_all_sheaves", "kmem_cache_destroy() flushes the sheaves of every cache", false, true, "0001000"},
    {"per_cache_barrier", "kvfree_rcu_barrier_on_cache() exists", false, true, "0000111"},
    {"per_cache_barrier_complete", "kvfree_rcu_barrier_on_cache() waits for all kfree_rcu() of its cache", false, true, "0000011"},
    {"head_type_checked", "the compiler checks that the head given to kfree_rcu() is a struct rcu_head", false, false, "1111110"},
    {"kvfree_rcu_frees_vmalloc", "kvfree_rcu() copes with vmalloc() memory", false, false, "0111111"},
    {"offset_limit_checked", "kfree_rcu() refuses offsets of 4096 and more when it is compiled", false, false, "1111111"},
    // clang-format on
};

std::optional<size_t> eraIndex(llvm::StringRef Name) {
  for (size_t I = 0; I < std::size(Eras); ++I)
    if (Name == Eras[I].name)
      return I;
  return std::nullopt;
}

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

std::vector<SemanticFact> unknownFacts() {
  std::vector<SemanticFact> Result;
  for (const FactRow &Row : Facts) {
    SemanticFact F;
    F.name = Row.name;
    F.title = Row.title;
    F.value = Row.safe;
    F.known = false;
    Result.push_back(std::move(F));
  }
  return Result;
}

std::string eraOf(const Semantics &S) {
  // Two eras can share the decisive facts; the one that shares more of the others gives the name, the older on a tie.
  std::string Best = "mixed";
  int BestScore = -1;
  for (size_t E = 0; E < std::size(Eras); ++E) {
    bool Matches = true;
    int Score = 0;
    for (const FactRow &Row : Facts) {
      if (Row.by_era[E] == '-')
        continue;
      const SemanticFact &F = S.fact(Row.name);
      bool Same = F.known && F.value == (Row.by_era[E] == '1');
      Matches &= Same || !Row.decisive;
      Score += Same;
    }
    if (Matches && Score > BestScore) {
      Best = Eras[E].name;
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

std::vector<std::string> factNames() {
  std::vector<std::string> Names;
  for (const FactRow &Row : Facts)
    Names.push_back(Row.name);
  return Names;
}

std::vector<std::string> assumptionNames() {
  std::vector<std::string> Names;
  for (const EraRow &Row : Eras)
    Names.push_back(Row.name);
  for (const FactRow &Row : Facts) {
    if (!eraIndex(Row.name)) // "sheaves" is an era as well, and the era is meant
      Names.push_back(Row.name);
    Names.push_back(std::string("no-") + Row.name);
  }
  return Names;
}

llvm::Error assume(Semantics &S, const std::string &Name) {
  if (std::optional<size_t> Era = eraIndex(Name)) {
    for (const FactRow &Row : Facts)
      if (SemanticFact *F = find(S, Row.name); F && Row.by_era[*Era] != '-')
        set(*F, Row.by_era[*Era] == '1');
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
  for (const std::string &N : assumptionNames())
    Known += (Known.empty() ? "" : ", ") + N;
  return fail("--assume " + Name + ": there is no such assumption; choose one of " + Known);
}

std::string printSemantics(const Semantics &S) {
  std::string Text = "era: " + S.era;
  if (std::optional<size_t> Era = eraIndex(S.era))
    Text += std::string(" (") + Eras[*Era].title + ")";
  Text += '\n';
  for (const SemanticFact &F : S.facts) {
    Text += "\n" + F.name + ": " + answer(F) + "\n  " + F.title + "\n";
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
