// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/changes.h"
#include "tool/lifetime/database.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <cctype>
#include <map>

namespace krcu {
namespace {

/// Items of `From` that have no equal in `Other`, counted.
template <class T, class Key> std::vector<const T *> without(const std::vector<T> &From, const std::vector<T> &Other, Key KeyOf) {
  std::map<std::string, int> Count;
  for (const T &Item : Other)
    ++Count[KeyOf(Item)];
  std::vector<const T *> Result;
  for (const T &Item : From)
    if (--Count[KeyOf(Item)] < 0)
      Result.push_back(&Item);
  return Result;
}

std::vector<FactChanges::Barrier> barriersIn(const FileFacts &Facts, const Rules &R) {
  std::vector<FactChanges::Barrier> Result;
  for (const FunctionFact &F : Facts.functions)
    for (const CallFact &C : F.calls)
      if (!C.indirect && R.barrier(plainName(C.callee)))
        Result.push_back({plainName(C.callee), F.function, C.where});
  return Result;
}

} // namespace

std::string folded(const std::string &Text) {
  std::string Result;
  for (size_t I = 0; I < Text.size(); ++I) {
    char C = Text[I];
    if (!std::isspace(static_cast<unsigned char>(C))) {
      Result += C;
      continue;
    }
    bool Words = !Result.empty() && (std::isalnum(static_cast<unsigned char>(Result.back())) || Result.back() == '_') && I + 1 < Text.size() &&
                 (std::isalnum(static_cast<unsigned char>(Text[I + 1])) || Text[I + 1] == '_');
    if (Words)
      Result += ' ';
  }
  while (Result.size() > 2 && Result.front() == '(' && Result.back() == ')' && Result.find(')') == Result.size() - 1)
    Result = Result.substr(1, Result.size() - 2);
  return Result;
}

FactChanges changesBetween(const FileFacts *Before, const FileFacts *After, const Rules &R) {
  static const FileFacts None;
  const FileFacts &Old = Before ? *Before : None, &New = After ? *After : None;
  FactChanges C;
  auto Site = [](const CallSiteFact &S) { return S.function + "|" + S.deferral + "|" + folded(S.head_text) + "|" + folded(S.callback_text); };
  C.sites_gone = without(Old.sites, New.sites, Site);
  C.sites_new = without(New.sites, Old.sites, Site);
  auto Deferred = [](const DeferredFreeFact &D) { return D.function + "|" + D.name + "|" + folded(D.object) + "|" + folded(D.member) + "|" + D.record; };
  C.deferred_gone = without(Old.deferred_frees, New.deferred_frees, Deferred);
  C.deferred_new = without(New.deferred_frees, Old.deferred_frees, Deferred);
  auto Free = [](const ObjectFact &O) {
    std::string Key = std::to_string(O.kind) + O.function + "|" + O.name + "|" + folded(O.object) + "|" + O.record;
    for (const std::string &Cache : O.caches)
      Key += "|" + Cache;
    return Key;
  };
  C.frees_gone = without(Old.objects, New.objects, Free);
  C.frees_new = without(New.objects, Old.objects, Free);
  std::vector<FactChanges::Barrier> Had = barriersIn(Old, R), Has = barriersIn(New, R);
  auto Barrier = [](const FactChanges::Barrier &B) { return B.name + "|" + B.function; };
  for (const auto *B : without(Had, Has, Barrier))
    C.barriers_gone.push_back(*B);
  for (const auto *B : without(Has, Had, Barrier))
    C.barriers_new.push_back(*B);
  return C;
}

void FactChanges::keepOnly(const std::set<std::string> &Files) {
  auto Elsewhere = [&](const auto *Fact) { return !Files.count(Fact->where.file); };
  llvm::erase_if(sites_gone, Elsewhere), llvm::erase_if(sites_new, Elsewhere);
  llvm::erase_if(deferred_gone, Elsewhere), llvm::erase_if(deferred_new, Elsewhere);
  llvm::erase_if(frees_gone, Elsewhere), llvm::erase_if(frees_new, Elsewhere);
  for (std::vector<Barrier> *Each : {&barriers_gone, &barriers_new})
    llvm::erase_if(*Each, [&](const Barrier &B) { return !Files.count(B.where.file); });
}

bool directivesDiffer(const std::string &Before, const std::string &After) {
  auto Directives = [](llvm::StringRef Text) {
    std::string Result;
    for (bool Goes = false; !Text.empty();) {
      auto [Line, Rest] = Text.split('\n');
      Text = Rest;
      if (Goes || Line.ltrim().starts_with("#"))
        Result += (Line + "\n").str(), Goes = Line.rtrim().ends_with("\\");
    }
    return Result;
  };
  return Directives(Before) != Directives(After);
}

std::set<std::string> changedFunctions(const std::string &Before, const std::string &After) {
  auto Bodies = [](const std::string &Text) {
    std::multimap<std::string, std::string> Result;
    for (const OutlineFunction &F : outlineOf(Text).functions)
      Result.emplace(F.name, Text.substr(F.decl_begin, F.body_end - F.decl_begin));
    return Result;
  };
  std::multimap<std::string, std::string> Old = Bodies(Before), New = Bodies(After);
  std::set<std::string> Result;
  auto Compare = [&](const auto &A, const auto &B) {
    for (const auto &[Name, Body] : A) {
      auto [Begin, End] = B.equal_range(Name);
      bool Same = false;
      for (auto It = Begin; It != End; ++It)
        Same = Same || It->second == Body;
      if (!Same)
        Result.insert(Name);
    }
  };
  Compare(Old, New);
  Compare(New, Old);
  return Result;
}

} // namespace krcu
