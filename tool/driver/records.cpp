// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/records.h"
#include "tool/driver/hook_macros.h"
#include "tool/lifetime/record_origin.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
std::map<std::string, RecordOrigin> originsOf(TreeState &State, const std::set<std::string> &Records) {
  std::map<std::string, RecordOrigin> Result;
  std::map<std::string, std::set<std::string>> FilesOf;
  Demand D;
  D.words.insert(State.rules().cache_alloc.begin(), State.rules().cache_alloc.end());
  for (const FreeRule &F : State.rules().frees)
    if (F.cache)
      D.words.insert(F.name);
  for (const std::string &Record : Records) {
    RecordOrigin &Origin = Result[Record];
    size_t TooMany = 0;
    FilesOf[Record] = allocatingFiles(State.database(), plainName(Record), &TooMany);
    if (TooMany) {
      Origin.complete = false;
      Origin.why = std::to_string(TooMany) + " files name it together with a slab cache, more than are looked at";
    }
  }
  State.settle([&] {
    bool Ready = true;
    for (const auto &[Record, Files] : FilesOf)
      for (const std::string &File : Files)
        Ready = State.database().require(File, D) && Ready;
    return Ready;
  });
  for (auto &[Record, Found] : cachesOf(State.database(), Records)) {
    Result[Record].caches = std::move(Found.places);
    Result[Record].evidence = std::move(Found.evidence);
  }
  for (auto &[Record, Origin] : Result) {
    for (const std::string &File : FilesOf[Record])
      if (std::string P = State.database().problem(File); !P.empty()) {
        Origin.complete = false;
        Origin.why = File + " could not be relied on: " + P;
      }
  }
  return Result;
}

namespace {

/// What a function that returns a pointer to anything takes it from.
void followWrapper(TreeState &State, const std::string &Symbol, unsigned Depth, std::set<std::string> &Seen, RecordOrigin &To) {
  const Rules &R = State.rules();
  std::string Name = plainName(Symbol);
  if (Depth > 3 || !Seen.insert(Symbol).second)
    return;
  std::vector<std::string> Homes;
  for (const FunctionPlace &P : State.database().definitionsOf(Name))
    if (const std::string &File = State.index().files()[P.file].path; StringRef(File).ends_with(".c") && (homeOf(Symbol).empty() || homeOf(Symbol) == File))
      Homes.push_back(File);
  if (Homes.size() != 1) {
    To.why = Name + "() gives it out, and its text was not found";
    return;
  }
  Demand D;
  D.names.insert(Name);
  State.settle([&] { return State.database().require(Homes.front(), D); });
  const FunctionFact *F = State.database().function(Symbol);
  std::vector<CallFact> Calls = F ? F->calls : std::vector<CallFact>(); // copies: more parses may follow
  std::vector<FlowFact> Flows;
  for (const CallFact &C : Calls) {
    std::string Callee = plainName(C.callee);
    if (std::find(R.cache_alloc.begin(), R.cache_alloc.end(), Callee) != R.cache_alloc.end()) {
      std::string Cache = C.arguments.empty() || C.arguments.front().empty() ? "?" : C.arguments.front();
      To.evidence.push_back({C.where.file, C.where.line, Name, "allocated with " + Callee + "()"});
      if (Cache == "?")
        To.why = Name + "() takes it from a cache that was not seen";
      else
        To.caches.push_back(Cache);
      return;
    }
    if (StringRef(Callee).contains("alloc") && std::find(R.quiet_calls.begin(), R.quiet_calls.end(), Callee) != R.quiet_calls.end()) {
      To.general = true;
      To.evidence.push_back({C.where.file, C.where.line, Name, "allocated with " + Callee + "()"});
      return;
    }
  }
  for (const CallFact &C : Calls)
    if (!C.indirect && To.caches.empty() && !To.general)
      followWrapper(State, C.callee, Depth + 1, Seen, To);
  if (To.caches.empty() && !To.general && To.why.empty())
    To.why = Name + "() gives it out, and where from was not seen";
}

/// The files that are likely to allocate objects of the record in any way: those that name it, the nearest to its definition first.
std::vector<std::string> likelyAllocators(TreeState &State, const std::string &Record) {
  std::vector<std::string> Result;
  StringRef Home = StringRef(Record).split('@').second;
  for (uint32_t F : State.database().mentioning(plainName(Record)))
    if (const std::string &Path = State.index().files()[F].path; StringRef(Path).ends_with(".c"))
      Result.push_back(Path);
  auto Distance = [&](const std::string &Path) {
    size_t Same = 0;
    while (Same < Path.size() && Same < Home.size() && Path[Same] == Home[Same])
      ++Same;
    return Path.size() + Home.size() - 2 * Same;
  };
  std::sort(Result.begin(), Result.end(), [&](const std::string &A, const std::string &B) { return std::make_pair(Distance(A), A) < std::make_pair(Distance(B), B); });
  if (Result.size() > 12)
    Result.resize(12);
  return Result;
}

} // namespace

RecordOrigin originOf(TreeState &State, const std::string &Record, bool General) {
  RecordOrigin Origin = originsOf(State, {Record})[Record];
  if (!General || !Origin.caches.empty())
    return Origin;
  const Rules &R = State.rules();
  Demand D;
  for (const std::string &Name : R.quiet_calls)
    if (StringRef(Name).contains("alloc"))
      D.words.insert(Name);
  D.words.insert(plainName(Record));
  State.settle([&] {
    bool Ready = true;
    for (const std::string &File : likelyAllocators(State, Record))
      Ready = State.database().require(File, D) && Ready;
    return Ready;
  });
  std::vector<ObjectFact> Made;
  for (const auto &[File, Facts] : State.database().files())
    for (const ObjectFact &O : Facts.objects)
      if (O.kind == ObjectFact::Allocated && O.record == Record && O.caches.empty())
        Made.push_back(O);
  std::set<std::string> Seen;
  for (const ObjectFact &O : Made) {
    Origin.evidence.push_back({O.where.file, O.where.line, plainName(O.function), "allocated with " + O.name + "()"});
    if (std::find(R.quiet_calls.begin(), R.quiet_calls.end(), O.name) != R.quiet_calls.end())
      Origin.general = true;
    else
      followWrapper(State, O.object, 0, Seen, Origin);
  }
  std::sort(Origin.caches.begin(), Origin.caches.end());
  Origin.caches.erase(std::unique(Origin.caches.begin(), Origin.caches.end()), Origin.caches.end());
  return Origin;
}

ObjectQuestion questionAt(const Location &Where, const std::string &Function, const std::vector<std::string> &Caches, const std::set<std::string> &Queueing) {
  ObjectQuestion Q{Caches, Queueing, {}};
  Q.report.census.where = Where;
  Q.report.census.function = Function;
  return Q;
}

void judgeCachesIn(TreeState &State, std::vector<ObjectQuestion> &Questions) {
  judgeCachesIn(State, Questions, State.semantics(), [&](const std::string &File) { return State.scan().moduleFact(File); });
}

void judgeCachesIn(TreeState &State, std::vector<ObjectQuestion> &Questions, const Semantics &Waits, const ModuleOracle &Modules) {
  if (Questions.empty())
    return;
  VerdictOptions Options = State.scan().options().verdict;
  Options.whole_life = false; // where the destruction waits its place does not matter
  Judge J(State.database(), Waits, Modules, Options);
  State.settle([&] { return J.judgeObjects(Questions); });
}

std::vector<ModuleExit> exitsOf(TreeState &State, const std::vector<std::string> &Files) { return ModuleHooks(State.database()).exitsOf(Files); }

std::vector<ModuleExit> hooksOf(TreeState &State, const std::vector<std::string> &Files, const std::string &Kind) { return ModuleHooks(State.database()).of(Files, Kind); }

ModuleHooks::ModuleHooks(const Database &DB) : DB(DB) {}

void ModuleHooks::look(const std::vector<std::string> &Files) const {
  std::vector<uint32_t> New;
  std::vector<std::shared_ptr<const std::string>> Texts; // held, so that each is read once for all the names
  for (const std::string &File : Files)
    if (int Id = DB.index().find(File); Id >= 0) {
      std::lock_guard Guard(Lock);
      if (!ByFile.count(static_cast<uint32_t>(Id)))
        New.push_back(static_cast<uint32_t>(Id));
    }
  std::sort(New.begin(), New.end());
  for (uint32_t Id : New)
    Texts.push_back(DB.index().text(Id));
  std::map<uint32_t, std::vector<const ModuleHookRule *>> Found;
  for (uint32_t Id : New)
    Found[Id];
  if (!New.empty())
    for (const ModuleHookRule &H : DB.rules().module_hooks)
      for (uint32_t Id : DB.index().mentioningAmong(H.name, &New))
        Found[Id].push_back(&H);
  std::lock_guard Guard(Lock);
  ByFile.merge(Found);
}

std::vector<ModuleExit> ModuleHooks::exitsOf(const std::vector<std::string> &Files) const {
  std::vector<ModuleExit> Result = of(Files, "exit");
  for (ModuleExit &E : of(Files, "driver"))
    Result.push_back(std::move(E));
  std::sort(Result.begin(), Result.end(), [](const ModuleExit &A, const ModuleExit &B) { return A.where < B.where; });
  return Result;
}

std::vector<ModuleExit> ModuleHooks::of(const std::vector<std::string> &Files, const std::string &Kind) const {
  look(Files);
  std::vector<ModuleExit> Result;
  for (const std::string &File : Files) {
    int Id = DB.index().find(File);
    std::unique_lock Guard(Lock);
    auto It = Id < 0 ? ByFile.end() : ByFile.find(static_cast<uint32_t>(Id));
    if (It == ByFile.end() || It->second.empty())
      continue;
    const std::vector<const ModuleHookRule *> &Hooks = It->second; // once made it stays
    Guard.unlock();
    auto Text = DB.index().text(static_cast<uint32_t>(Id));
    if (!Text)
      continue;
    for (const ModuleHookRule *Rule : Hooks) {
      const ModuleHookRule &H = *Rule;
      if (H.kind != Kind)
        continue;
      for (const OutlineToken &T : DB.tokens(File, H.name)) {
        if (T.function >= 0 || T.in_directive || !T.before_paren)
          continue;
        StringRef Rest = StringRef(*Text).substr(T.offset + H.name.size()).ltrim();
        Rest.consume_front("(");
        llvm::SmallVector<StringRef, 4> Arguments;
        Rest.split(')').first.split(Arguments, ',');
        if (H.argument >= Arguments.size())
          continue;
        std::string Name = Arguments[H.argument].trim().str();
        ModuleExit E;
        E.where = {File, T.line, T.column};
        E.macro = H.name;
        if (H.kind != "driver") {
          auto O = DB.outline(static_cast<uint32_t>(Id));
          const OutlineFunction *F = O ? O->function(Name) : nullptr;
          E.function = F && F->is_static ? Name + "@" + File : Name;
        } else {
          E.driver = Name;
        }
        Result.push_back(std::move(E));
      }
    }
  }
  if (Kind == "exit" && Result.empty() && of(Files, "driver").empty())
    return hookMacros(DB, Files, Memory).exits;
  std::sort(Result.begin(), Result.end(), [](const ModuleExit &A, const ModuleExit &B) { return A.where < B.where; });
  return Result;
}

} // namespace krcu
