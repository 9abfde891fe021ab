// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/plan.h"
#include "tool/index/outline_cache.h"
#include "tool/support/parallel.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {

std::string callbackName(const CensusEntry &E) {
  StringRef T = StringRef(E.callback).trim();
  T.consume_front("&");
  T = T.trim();
  while (T.consume_front("(")) // a cast or plain parentheses: what counts is the last word
    T = T.contains(')') && !T.ends_with(")") ? T.substr(T.find(')') + 1).trim() : T.rtrim(')').trim();
  bool Plain = !T.empty() && llvm::all_of(T, [](char C) { return isalnum(static_cast<unsigned char>(C)) || C == '_'; });
  return Plain ? T.str() : std::string();
}

namespace {

/// The callback and what it calls, as far as text tells; and the words by which it names its cache.
void followCallback(const Index &I, const Rules &R, const Outline &Own, const std::string &Text, const std::string &Name,
                    Demand &D, unsigned Depth) {
  if (!D.names.insert(Name).second || Depth == 0)
    return;
  const OutlineFunction *F = Own.function(Name);
  if (!F)
    return;
  for (const std::string &Id : F->identifiers) {
    if (Own.function(Id)) {
      followCallback(I, R, Own, Text, Id, D, Depth - 1);
      continue;
    }
    std::vector<FunctionPlace> Places = I.definitionsOf(Id);
    if (!Places.empty() && Places.size() <= 4 &&
        std::all_of(Places.begin(), Places.end(), [&](const FunctionPlace &P) { return StringRef(I.files()[P.file].path).ends_with(".h"); }))
      D.names.insert(Id); // an inline helper: its body is wanted if the header is not precompiled
  }
  StringRef Body = StringRef(Text).slice(F->body_begin, F->body_end);
  for (const FreeRule &Rule : R.frees) {
    if (!Rule.cache || *Rule.cache != 0)
      continue;
    for (size_t At = Body.find(Rule.name + "("); At != StringRef::npos; At = Body.find(Rule.name + "(", At + 1)) {
      StringRef Argument = Body.substr(At + Rule.name.size() + 1).split(',').first;
      while (!Argument.empty()) {
        StringRef Word = Argument.take_while([](char C) { return isalnum(static_cast<unsigned char>(C)) || C == '_'; });
        if (!Word.empty() && !isdigit(static_cast<unsigned char>(Word[0])))
          D.words.insert(Word.str());
        Argument = Argument.drop_front(std::max<size_t>(Word.size(), 1));
      }
    }
  }
}

/// Functions of the file that lead to a destruction, so that the way from the module's exit is seen in the same parse.
void addWaysToDestruction(const Outline &Own, const Rules &R, Demand &D) {
  std::set<std::string> Reaching;
  for (const CacheRule &C : R.cache_destroy)
    Reaching.insert(C.name), D.words.insert(C.name);
  for (bool Changed = true; Changed;) {
    Changed = false;
    for (const OutlineFunction &F : Own.functions) {
      if (Reaching.count(F.name))
        continue;
      if (std::any_of(F.identifiers.begin(), F.identifiers.end(), [&](const std::string &Id) { return Reaching.count(Id) != 0; })) {
        Reaching.insert(F.name);
        D.words.insert(F.name);
        Changed = true;
      }
    }
  }
}

bool mentionsCaches(const Demand &D, const Rules &R) {
  return std::any_of(D.words.begin(), D.words.end(), [&](const std::string &W) { return !R.deferral(W); });
}

} // namespace

std::map<std::string, Demand> planFirstParse(const Index &I, const Rules &R, const std::vector<CensusEntry> &Census, unsigned Jobs) {
  std::map<std::string, std::vector<const CensusEntry *>> ByFile;
  for (const CensusEntry &E : Census)
    if ((E.kind == CensusKind::Call || E.kind == CensusKind::MacroBody) && !R.deferral(E.function) && !passesOffset(E)) // the body of a primitive is no site
      ByFile[E.where.file].push_back(&E);
  std::vector<std::string> Files;
  for (const auto &[File, Entries] : ByFile)
    Files.push_back(File);
  std::vector<Demand> Slots(Files.size());
  parallelFor(Jobs, Files.size(), [&](size_t N, unsigned) {
    Demand &D = Slots[N];
    int Id = I.find(Files[N]);
    auto Text = Id < 0 ? nullptr : I.text(static_cast<uint32_t>(Id));
    if (!Text)
      return;
    const std::shared_ptr<const Outline> Own = I.outlines().get(Files[N]);
    if (!Own)
      return;
    for (const CensusEntry *E : ByFile.at(Files[N])) {
      D.words.insert(E->word());
      if (StringRef(Files[N]).ends_with(".h") && !E->function.empty())
        D.names.insert(E->function); // so that a precompiled header keeps its body
      std::string Callback = callbackName(*E);
      if (!Callback.empty())
        followCallback(I, R, *Own, *Text, Callback, D, 6);
    }
    if (mentionsCaches(D, R))
      addWaysToDestruction(*Own, R, D);
  });
  std::map<std::string, Demand> Plan;
  for (size_t N = 0; N < Files.size(); ++N)
    Plan.emplace(Files[N], std::move(Slots[N]));
  return Plan;
}

} // namespace krcu
