// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/lifetime/database.h"
#include "tool/lifetime/closure_text.h"
#include "tool/lifetime/mentions.h"
#include "tool/support/parallel.h"
#include <algorithm>
#include <mutex>
#include <shared_mutex>

namespace krcu {
namespace {

/// Several threads may ask about texts: it guards what is remembered of words. No entry moves or changes once it is there.
std::shared_mutex WordsLock;

/// The entry of `Of` for the key; else what `Make` gives becomes it.
template <typename Map, typename Key, typename Maker>
const auto &remembered(Map &Of, const Key &K, Maker Make) {
  {
    std::shared_lock Guard(WordsLock);
    if (auto It = Of.find(K); It != Of.end())
      return It->second;
  }
  auto Made = Make();
  std::unique_lock Guard(WordsLock);
  return Of.try_emplace(K, std::move(Made)).first->second;
}

} // namespace

std::string plainName(const std::string &Symbol) { return Symbol.substr(0, Symbol.find('@')); }

std::string homeOf(const std::string &Symbol) {
  size_t At = Symbol.find('@');
  return At == std::string::npos ? std::string() : Symbol.substr(At + 1);
}

bool Demand::includes(const Demand &Other) const {
  return std::includes(words.begin(), words.end(), Other.words.begin(), Other.words.end()) &&
         std::includes(names.begin(), names.end(), Other.names.begin(), Other.names.end()) &&
         std::includes(summarise.begin(), summarise.end(), Other.summarise.begin(), Other.summarise.end()) &&
         std::includes(trace.begin(), trace.end(), Other.trace.begin(), Other.trace.end());
}

void Demand::add(const Demand &Other) {
  words.insert(Other.words.begin(), Other.words.end());
  names.insert(Other.names.begin(), Other.names.end());
  summarise.insert(Other.summarise.begin(), Other.summarise.end());
  trace.insert(Other.trace.begin(), Other.trace.end());
}

const std::vector<uint32_t> &Database::mentioning(const std::string &Word) const {
  return remembered(Text->mentions, Word, [&] { return I.mentioning(Word); });
}

void Database::makeOutlines(const std::vector<uint32_t> &Files) const {
  std::vector<uint32_t> New;
  for (uint32_t File : Files)
    if (!I.outlines().has(I.files()[File].path))
      New.push_back(File);
  if (New.size() > 1)
    parallelFor(Jobs, New.size(), [&](size_t N, unsigned) { outline(New[N]); });
}

void Database::makeTokens(const std::vector<uint32_t> &Files, const std::string &Word) const {
  constexpr uint64_t Worth = uint64_t(1) << 20; // bytes; below, starting the threads takes longer
  uint64_t Bytes = 0;
  for (uint32_t File : Files)
    Bytes += I.files()[File].size;
  if (Bytes > Worth)
    parallelFor(Jobs, Files.size(), [&](size_t N, unsigned) { tokens(I.files()[Files[N]].path, Word); });
}

const std::vector<OutlineToken> &Database::tokens(const std::string &File, const std::string &Word) const {
  constexpr size_t Many = size_t(4) << 20; // bytes walked over; a table of all words costs little more than one walk, and memory
  const std::pair Key(File, Word);
  {
    std::shared_lock Guard(WordsLock);
    if (auto Table = Text->tables.find(File); Table != Text->tables.end())
      return Table->second.of(Word);
    if (auto It = Text->tokens.find(Key); It != Text->tokens.end())
      return It->second;
  }
  int Id = I.find(File);
  auto Body = Id < 0 ? nullptr : I.text(static_cast<uint32_t>(Id));
  bool Table = false;
  if (Body) {
    std::unique_lock Guard(WordsLock);
    Table = (Text->asked[File] += Body->size()) > Many;
  }
  if (Table)
    return remembered(Text->tables, File, [&] { return TokenTable(*Body); }).of(Word);
  return remembered(Text->tokens, Key, [&] { return Body ? findTokens(*Body, Word) : std::vector<OutlineToken>(); });
}

const ConditionTable &Database::conditionsIn(const std::string &File) const {
  auto It = Text->conditions.find(File);
  if (It != Text->conditions.end())
    return It->second;
  int Id = I.find(File);
  auto Body = Id < 0 ? nullptr : I.text(static_cast<uint32_t>(Id));
  return Text->conditions.try_emplace(File, Body ? llvm::StringRef(*Body) : llvm::StringRef()).first->second;
}

const ClosureText *Database::closureText(const std::string &File) const {
  return remembered(Text->closures, File, [&] {
    auto Body = textOf(*this, File);
    return Body ? std::make_shared<const ClosureText>(*Body) : nullptr;
  }).get();
}

const std::vector<FunctionPlace> &Database::definitionsOf(const std::string &Function) const {
  return remembered(Text->definitions, Function, [&] { return I.definitionsOf(Function); });
}

void Database::add(FileFacts Facts, const Demand &D, const std::string &Cause) {
  std::string File = Facts.file;
  Served[File].add(D);
  Files[File] = std::move(Facts);
  if (Cause.empty())
    Problems.erase(File);
  else
    Problems[File] = Cause;
}

void Database::addUnparsed(const std::string &File, const Demand &D, const std::string &Cause) {
  Served[File].add(D);
  Problems[File] = Cause.empty() ? "it could not be parsed" : Cause;
}

void Database::addOtherConfiguration(OtherConfiguration Seen) {
  FileFacts Kept;
  Kept.file = std::move(Seen.facts.file);
  Kept.sites = std::move(Seen.facts.sites);
  Kept.summaries = std::move(Seen.facts.summaries);
  Seen.facts = std::move(Kept);
  Others.push_back(std::move(Seen));
}

Demand Database::served(const std::string &File) const {
  auto It = Served.find(File);
  return It == Served.end() ? Demand() : It->second;
}

void Database::inherit(const Database &From, const std::set<std::string> &Changed) {
  std::set<std::string> Stale = Changed;
  for (const std::string &Path : Changed)
    if (!llvm::StringRef(Path).ends_with(".c") || !I.includersOf(Path).empty())
      for (uint32_t F : I.transitiveIncludersOf(Path))
        Stale.insert(I.files()[F].path);
  for (const auto &[File, Facts] : From.Files)
    if (!Stale.count(File))
      Files.emplace(File, Facts);
  for (const auto &[File, D] : From.Served)
    if (!Stale.count(File))
      Served.emplace(File, D);
  for (const auto &[File, Problem] : From.Problems)
    if (!Stale.count(File))
      Problems.emplace(File, Problem);
  link();
}

bool Database::isServed(const std::string &File, const Demand &D) const {
  auto It = Served.find(File);
  return Forbidden.count(File) || (It != Served.end() && It->second.includes(D));
}

bool Database::require(const std::string &File, const Demand &D, bool Callers) {
  if (isServed(File, D)) // or never to be had; problem() says so
    return true;
  Open[File].add(D);
  if (Callers)
    WithCallers.insert(File);
  return false;
}

std::string Database::problem(const std::string &File) const {
  if (Forbidden.count(File))
    return "it was left out";
  auto It = Problems.find(File);
  return It == Problems.end() ? std::string() : It->second;
}

/// Who calls a wanted function, or leads to a wanted destruction, is wanted next; if it stands in the same file, one parse does for both.
void Database::addCallers(const std::string &File, Demand &D) const {
  constexpr size_t Many = 40; // a function that much of the file leads to: better one step at a time
  int Id = I.find(File);
  auto O = Id < 0 ? nullptr : outline(static_cast<uint32_t>(Id));
  if (!O)
    return;
  auto Mentions = [](const OutlineFunction &F, const std::set<std::string> &Some) {
    return std::any_of(F.identifiers.begin(), F.identifiers.end(), [&](const std::string &Id) { return Some.count(Id) != 0; });
  };
  std::set<std::string> Climbing, Destroying, Added;
  for (const CacheRule &C : R.cache_destroy)
    Destroying.insert(C.name);
  for (const std::string &Word : D.words)
    if (!Destroying.count(Word) && !R.deferral(Word) && !R.free(Word) && !R.barrier(Word) && !definitionsOf(Word).empty())
      Climbing.insert(Word);
  for (const OutlineFunction &F : O->functions)
    if (Mentions(F, Destroying) && Mentions(F, D.words))
      Climbing.insert(F.name), Added.insert(F.name);
  for (bool Changed = !Climbing.empty(); Changed && Added.size() <= Many;) {
    Changed = false;
    for (const OutlineFunction &F : O->functions)
      if (!Climbing.count(F.name) && Mentions(F, Climbing))
        Changed = true, Climbing.insert(F.name), Added.insert(F.name);
  }
  if (Added.size() <= Many)
    D.words.insert(Added.begin(), Added.end());
}

std::map<std::string, Demand> Database::takeDemands() {
  std::map<std::string, Demand> Result;
  Result.swap(Open);
  std::vector<uint32_t> Sources;
  for (const std::string &File : WithCallers)
    if (int Id = I.find(File); Id >= 0)
      Sources.push_back(static_cast<uint32_t>(Id));
  WithCallers.clear();
  makeOutlines(Sources);
  for (uint32_t Source : Sources)
    addCallers(I.files()[Source].path, Result[I.files()[Source].path]);
  for (auto &[File, D] : Result) // a file is parsed again for the old demands too
    if (auto It = Served.find(File); It != Served.end())
      D.add(It->second);
  return Result;
}

void Database::link() {
  Shown.clear(), ShownConditions.clear();
  AllSummaries.clear(), Owners.clear();
  Summaries.clear(), Functions.clear(), Callers.clear(), References.clear(), ObjectUses.clear(), Creates.clear(), Objects.clear();
  std::set<std::pair<std::string, std::string>> Known; // a record and a cache
  for (const auto &[File, Facts] : Files) {
    for (const ObjectFact &O : Facts.objects) {
      bool First = false;
      for (const std::string &C : O.caches)
        First |= O.kind != ObjectFact::HeadRead && C != "?" && C != "0" && Known.emplace(O.record, C).second;
      if (First)
        Objects[O.record].push_back(&O);
    }
    if (!Facts.summaries.empty())
      Owners.emplace(&Facts.summaries.front(), std::pair(&Facts.summaries.back(), File));
    if (!Facts.sites.empty())
      Owners.emplace(&Facts.sites.front(), std::pair(&Facts.sites.back(), File));
    if (Forbidden.count(File))
      continue;
    for (const FunctionSummary &S : Facts.summaries) {
      AllSummaries.emplace(S.function, &S);
      const FunctionSummary *&Slot = Summaries[S.function];
      if (!Slot || Slot->opaque)
        Slot = &S;
    }
    for (const FunctionFact &F : Facts.functions) {
      Functions.try_emplace(F.function, &F);
      for (unsigned C = 0; C < F.calls.size(); ++C)
        Callers.emplace(F.calls[C].callee, FunctionUse{&F, C});
    }
    for (const FunctionRefFact &Ref : Facts.references)
      References.emplace(Ref.function, &Ref);
    for (const ObjectUseFact &U : Facts.object_uses)
      ObjectUses.emplace(U.variable, &U);
    for (const CreateFact &C : Facts.creates)
      Creates.emplace(C.place, &C);
  }
}

const std::vector<const ObjectFact *> &Database::objectsOf(const std::string &Record) const {
  static const std::vector<const ObjectFact *> None;
  auto It = Objects.find(Record);
  return It == Objects.end() ? None : It->second;
}

const FunctionSummary *Database::summary(const std::string &Symbol) const {
  auto It = Summaries.find(Symbol);
  return It == Summaries.end() ? nullptr : It->second;
}

std::vector<const FunctionSummary *> Database::otherSummaries(const FunctionSummary &S) const {
  std::vector<const FunctionSummary *> Result;
  const FunctionSummary *First = summary(S.function);
  if (First && First != &S)
    Result.push_back(First);
  auto [Begin, End] = AllSummaries.equal_range(S.function);
  for (auto It = Begin; It != End; ++It) // two files of which Kbuild builds one
    if (const FunctionSummary *O = It->second; O != &S && O != First && O->begin && O->where != S.where && (!First || O->where != First->where))
      Result.push_back(O);
  for (const OtherConfiguration &C : Others)
    if (!Forbidden.count(C.facts.file))
      for (const FunctionSummary &O : C.facts.summaries)
        if (&O != &S && O.function == S.function)
          Result.push_back(&O);
  return Result;
}

const FunctionFact *Database::function(const std::string &Symbol) const {
  auto It = Functions.find(Symbol);
  return It == Functions.end() ? nullptr : It->second;
}

std::vector<FunctionUse> Database::callersOf(const std::string &Symbol) const {
  std::vector<FunctionUse> Result;
  auto [Begin, End] = Callers.equal_range(Symbol);
  for (auto It = Begin; It != End; ++It)
    Result.push_back(It->second);
  return Result;
}

std::vector<const FunctionRefFact *> Database::referencesTo(const std::string &Symbol) const {
  std::vector<const FunctionRefFact *> Result;
  auto [Begin, End] = References.equal_range(Symbol);
  for (auto It = Begin; It != End; ++It)
    Result.push_back(It->second);
  return Result;
}

std::vector<const ObjectUseFact *> Database::usesOf(const std::string &Variable) const {
  std::vector<const ObjectUseFact *> Result;
  auto [Begin, End] = ObjectUses.equal_range(Variable);
  for (auto It = Begin; It != End; ++It)
    Result.push_back(It->second);
  return Result;
}

std::vector<const FlowFact *> Database::flows() const {
  std::vector<const FlowFact *> Result;
  for (const auto &[File, Facts] : Files)
    if (!Forbidden.count(File))
      for (const FlowFact &F : Facts.flows)
        Result.push_back(&F);
  return Result;
}

const std::set<unsigned> &Database::linesShownIn(const std::string &File) const {
  if (Shown.empty())
    for (const auto &[Main, Facts] : Files) {
      if (Forbidden.count(Main))
        continue;
      auto Add = [&](const Location &L) { Shown[L.file].insert(L.line); };
      for (const FunctionFact &F : Facts.functions) {
        Add(F.where);
        for (const CallFact &C : F.calls)
          Add(C.where);
      }
      for (const FlowFact &F : Facts.flows)
        Add(F.where);
      for (const FunctionRefFact &R : Facts.references)
        Add(R.where);
    }
  return Shown[File];
}

const std::set<ConditionTable::Id> &Database::conditionsShownIn(const std::string &File) const {
  auto [It, New] = ShownConditions.try_emplace(File);
  if (New) {
    const ConditionTable &Table = conditionsIn(File);
    for (unsigned Line : linesShownIn(File))
      It->second.insert(Table.at(Line));
  }
  return It->second;
}

const CreateFact *Database::create(const std::string &Place) const {
  auto It = Creates.find(Place);
  return It == Creates.end() ? nullptr : It->second;
}

std::string MissingPart::text() const {
  switch (kind) {
  case NoSource: return shown + " is named by a makefile and has no source here";
  case NoMakefile: return "what is linked with " + shown + " is said by no makefile";
  case Cut: return "a makefile may list more files (" + shown + ")";
  }
  return {};
}

const ModuleContents &Database::moduleOf(const std::string &File) const {
  auto [It, New] = Text->modules.try_emplace(File);
  if (New && Modules)
    It->second = Modules(File);
  return It->second;
}

} // namespace krcu
