// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// "On every path" comes from the must-precede sets of the matchers; a callee counts if it reaches a barrier on every path of its
// own. Which callees are worth parsing is decided on text: a function whose body, followed through the functions it names,
// mentions no barrier within a few steps cannot reach one directly. What a call through a pointer does is not known, so it never counts.
// A barrier waits for what was queued before it: one behind which a function that queues objects of this cache may still run (by text,
// within a few steps) is overtaken and does not count.
#include "tool/lifetime/barriers.h"
#include "tool/lifetime/variant_choices.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <map>

using llvm::StringRef;

namespace krcu {

namespace {
constexpr size_t MaxPlaces = 4; ///< a name with more definitions is not followed by text

const std::vector<std::string> &conditionsAt(const Database &DB, const Location &L) {
  const ConditionTable &Table = DB.conditionsIn(L.file);
  return Table.conditions(Table.at(L.line));
}

/// Whether some #if takes `There` away and leaves `Here`.
bool mayGo(const Database &DB, const Location &There, const Location &Here) {
  static const std::vector<std::string> None;
  const std::vector<std::string> &Own = conditionsAt(DB, There);
  if (Own.empty())
    return false;
  const std::vector<std::string> &Same = There.file == Here.file ? conditionsAt(DB, Here) : None;
  return std::any_of(Own.begin(), Own.end(), [&](const std::string &C) { return std::find(Same.begin(), Same.end(), C) == Same.end(); });
}

/// The places of all #defines of the macro that a file may mean.
std::vector<Location> definitionsOfMacro(const Database &DB, const std::string &Macro, const std::string &File) {
  std::set<uint32_t> Files;
  for (const std::string &Around : {surroundingsOf(File), std::string()}) {
    const std::vector<uint32_t> &Found = DB.definingMacro(Macro, Around);
    Files.insert(Found.begin(), Found.end());
  }
  if (int Id = DB.index().find(File); Id >= 0)
    Files.insert(static_cast<uint32_t>(Id));
  std::vector<Location> Result;
  for (uint32_t Each : Files)
    if (auto O = DB.outline(Each))
      for (const OutlineMacro &M : O->macros)
        if (M.name == Macro)
          Result.push_back({DB.index().files()[Each].path, M.line, 1});
  return Result;
}

/// Whether another configuration may not have the call, though it has `Along`, which runs behind it.
bool isOfOneConfiguration(const Database &DB, const CallFact &C, const Location &Along) {
  if (mayGo(DB, C.where, Along))
    return true;
  if (C.macro.empty())
    return false;
  std::vector<Location> Definitions = definitionsOfMacro(DB, C.macro, C.where.file);
  return Definitions.size() > 1 && std::any_of(Definitions.begin(), Definitions.end(), [&](const Location &L) { return mayGo(DB, L, Along); });
}

/// A source file itself; for a fragment beside it, or a header of the module's, the sources around that bring it in.
std::vector<std::string> sourcesWith(const Database &DB, const std::string &File) {
  constexpr size_t MaxSources = 8; // what everybody includes is not asked for its bodies
  if (StringRef(File).ends_with(".c"))
    return {File};
  std::vector<std::string> Result;
  for (uint32_t Id : DB.transitiveIncludersOf(File)) {
    const std::string &Path = DB.index().files()[Id].path;
    if (StringRef(Path).ends_with(".c"))
      Result.push_back(Path);
    if (Result.size() > MaxSources)
      return {};
  }
  return Result;
}

/// The calls of each callee.
std::vector<std::vector<unsigned>> byCallee(const FunctionFact &F, const std::vector<unsigned> &Calls) {
  std::map<std::string, std::vector<unsigned>> Groups;
  for (unsigned C : Calls)
    Groups[F.calls[C].callee].push_back(C);
  std::vector<std::vector<unsigned>> Result;
  for (auto &[Callee, Group] : Groups)
    Result.push_back(std::move(Group));
  return Result;
}

/// Whether #if chooses between several functions or macros of that name.
bool isChosen(const Database &DB, const FunctionFact &F) {
  std::string Name = plainName(F.function);
  return mayGo(DB, F.where, {}) && (DB.definitionsOf(Name).size() > 1 || !definitionsOfMacro(DB, Name, F.where.file).empty());
}

} // namespace

bool BarrierReport::waits(bool Kfree) const {
  return std::any_of(always.begin(), always.end(),
                     [&](const BarrierUse &B) { return B.overtaken.text.empty() && (Kfree ? B.waits_kfree_rcu : B.waits_call_rcu); });
}

BarrierUse BarrierSearch::useOf(const BarrierRule &Rule, const CallFact &C, const std::string &Function) const {
  BarrierUse U;
  U.barrier = Rule.name;
  U.where = C.where;
  U.function = Function;
  auto Waits = [&](const char *What) {
    return std::find(Rule.waits_for.begin(), Rule.waits_for.end(), What) != Rule.waits_for.end();
  };
  U.waits_call_rcu = Waits("call_rcu");
  U.waits_kfree_rcu = Waits("kfree_rcu") || (U.waits_call_rcu && S.is("rcu_barrier_waits_kfree_rcu"));
  return U;
}

/// Text only: does the function, or one it names within a few steps, mention a wanted name?
/// The files that spell one of the names: a function of another file does not mention one itself.
void BarrierSearch::Target::add(const Database &DB, const std::string &Name) {
  if (!names.insert(Name).second)
    return;
  const std::vector<uint32_t> &Files = DB.mentioning(Name);
  files.insert(Files.begin(), Files.end());
}

bool BarrierSearch::mayReach(const std::string &Function, unsigned Depth, const Target &Wanted, Reached &Known) {
  std::string Name = plainName(Function);
  std::optional<bool> &Answer = Known[Function][Depth]; // what few steps do not reach, more may
  if (Answer)
    return *Answer;
  bool Result = false;
  const std::vector<FunctionPlace> &Places = DB.definitionsOf(Name);
  if (Places.size() > MaxPlaces)
    return *(Answer = false);
  std::string Home = homeOf(Function);
  for (const FunctionPlace &P : Places) {
    const std::string &File = DB.index().files()[P.file].path;
    if ((!Home.empty() && File != Home) || (Depth == 0 && !Wanted.files.count(P.file)))
      continue;
    auto O = DB.outline(P.file);
    const OutlineFunction *F = O ? O->function(Name) : nullptr;
    if (!F)
      continue;
    for (const std::string &Id : F->identifiers)
      Result = Result || Wanted.names.count(Id) != 0;
    if (Result || Depth == 0)
      break;
    prefetch(*F, Depth - 1, Wanted);
    for (const std::string &Id : F->identifiers) {
      if (Id == Name)
        continue;
      const OutlineFunction *Local = O->function(Id);
      const std::vector<FunctionPlace> &Others = DB.definitionsOf(Id);
      if (Others.empty() || Others.size() > MaxPlaces)
        continue;
      if (mayReach(Local && Local->is_static ? Id + "@" + File : Id, Depth - 1, Wanted, Known)) {
        Result = true;
        break;
      }
    }
  }
  return *(Answer = Result);
}

/// The outlines that the next step asks for, made in parallel.
void BarrierSearch::prefetch(const OutlineFunction &F, unsigned Depth, const Target &Wanted) const {
  std::set<uint32_t> Files;
  for (const std::string &Id : F.identifiers) {
    const std::vector<FunctionPlace> &Places = DB.definitionsOf(Id);
    if (Places.size() <= MaxPlaces)
      for (const FunctionPlace &P : Places)
        if (Depth > 0 || Wanted.files.count(P.file))
          Files.insert(P.file);
  }
  DB.makeOutlines({Files.begin(), Files.end()});
}

/// The call, if it may queue an object; else without text.
Evidence BarrierSearch::queueingCall(const FunctionFact &F, unsigned Call) {
  const CallFact &C = F.calls[Call];
  std::string Name = plainName(C.callee);
  if (C.indirect || Queueing.names.empty())
    return {};
  bool Itself = DB.rules().deferral(Name) && Queueing.names.count(plainName(F.function));
  if (!Itself && !Queueing.names.count(Name) && !mayReach(C.callee, MaxDepth, Queueing, Queueable))
    return {};
  return {C.where.file, C.where.line, plainName(F.function), Name + "() may queue another object behind the barrier"};
}

void BarrierSearch::addCall(const FunctionFact &F, unsigned Call, std::vector<BarrierUse> &To, bool &Pending, unsigned Depth) {
  const CallFact &C = F.calls[Call];
  if (C.indirect)
    return;
  std::string Name = plainName(C.callee);
  if (const BarrierRule *Rule = DB.rules().barrier(Name)) {
    if (!Rule->cache_only)
      To.push_back(useOf(*Rule, C, F.function));
    return;
  }
  if (Depth == 0 || !Callees)
    return;
  for (BarrierUse U : alwaysIn(C.callee, Depth - 1, Pending)) {
    U.through.insert(U.through.begin(), {C.where.file, C.where.line, plainName(F.function), "calls " + Name + "()"});
    To.push_back(std::move(U));
  }
}

std::vector<BarrierUse> BarrierSearch::alwaysIn(const std::string &Function, unsigned Depth, bool &Pending) {
  std::vector<BarrierUse> Result;
  if (Barriers.names.empty()) // not before somebody asks
    for (const BarrierRule &Rule : DB.rules().barriers)
      Barriers.add(DB, Rule.name);
  if (!DB.function(Function)) {
    if (!mayReach(Function, Depth, Barriers, Textual))
      return Result;
    Demand D;
    D.names.insert(plainName(Function));
    std::string Home = homeOf(Function);
    for (const FunctionPlace &P : DB.definitionsOf(plainName(Function))) {
      const std::string &File = DB.index().files()[P.file].path;
      if (!Home.empty() && File != Home)
        continue;
      for (const std::string &Source : sourcesWith(DB, File))
        if (!DB.require(Source, D))
          Pending = true;
    }
  }
  const FunctionFact *F = DB.function(Function);
  if (!F || isChosen(DB, *F) || !Active.insert(Function).second)
    return Result;
  for (unsigned C = 0; C < F->calls.size(); ++C)
    if (F->calls[C].always && !isOfOneConfiguration(DB, F->calls[C], F->where))
      addCall(*F, C, Result, Pending, Depth);
  for (const std::vector<unsigned> &Group : byCallee(*F, F->together_always))
    if (llvm::none_of(Group, [&](unsigned C) { return isOfOneConfiguration(DB, F->calls[C], F->where); }))
      addCall(*F, Group.front(), Result, Pending, Depth);
  Active.erase(Function);
  return Result;
}

BarrierSearch::BarrierSearch(Database &DB, const Semantics &S, const std::set<std::string> &QueueingFunctions) : DB(DB), S(S) {
  for (const std::string &Name : QueueingFunctions)
    Queueing.add(DB, Name);
}

BarrierReport BarrierSearch::before(const FunctionFact &F, unsigned Call, const ReachPath *Path) {
  BarrierReport R;
  Evidence Inner; // queued nearer to the destruction than this function
  auto Contains = [](const std::vector<unsigned> &List, unsigned Value) { return std::binary_search(List.begin(), List.end(), Value); }; // they are sorted
  auto Look = [&](const FunctionFact &Fn, unsigned At) {
    const CallFact &C = Fn.calls[At];
    Evidence Own;
    auto QueuedSince = [&](unsigned B) { // between call B and At
      for (unsigned X = 0; X < Fn.calls.size(); ++X)
        if (X != At && (Contains(Fn.calls[X].before, B) || Contains(Fn.calls[X].together_before, B)) && !Contains(Fn.calls[X].before, At))
          if (Evidence E = queueingCall(Fn, X); !E.text.empty())
            return E;
      return Inner;
    };
    for (unsigned B : C.before) {
      size_t Had = R.always.size();
      addCall(Fn, B, R.always, R.pending, MaxDepth);
      if (Had != R.always.size() && isOfOneConfiguration(DB, Fn.calls[B], C.where)) {
        R.sometimes.insert(R.sometimes.end(), R.always.begin() + static_cast<long>(Had), R.always.end());
        R.always.resize(Had);
      } else if (Had != R.always.size()) {
        Evidence E = QueuedSince(B);
        for (; Had < R.always.size(); ++Had)
          R.always[Had].overtaken = E;
      }
    }
    for (const std::vector<unsigned> &Group : byCallee(Fn, C.together_before)) {
      size_t Had = R.always.size();
      addCall(Fn, Group.front(), R.always, R.pending, MaxDepth);
      Evidence Since; // behind any of them
      bool Everywhere = true;
      for (unsigned B : Had == R.always.size() ? std::vector<unsigned>() : Group) {
        Everywhere = Everywhere && !isOfOneConfiguration(DB, Fn.calls[B], C.where);
        if (Since.text.empty())
          Since = QueuedSince(B);
      }
      for (size_t N = Had; N < R.always.size(); ++N)
        R.always[N].overtaken = Since;
      if (!Everywhere) {
        R.sometimes.insert(R.sometimes.end(), R.always.begin() + static_cast<long>(Had), R.always.end());
        R.always.resize(Had);
      }
    }
    for (unsigned X = 0; X < Fn.calls.size() && Inner.text.empty(); ++X)
      if (X != At && !Contains(Fn.calls[X].before, At))
        Inner = queueingCall(Fn, X);
    for (unsigned B : C.maybe_before)
      if (!Contains(C.before, B) && !Contains(C.together_before, B) && DB.rules().barrier(plainName(Fn.calls[B].callee)))
        addCall(Fn, B, R.sometimes, R.pending, 0);
  };
  Look(F, Call);
  if (Path)
    for (const ReachStep &Step : Path->steps)
      if (Step.caller)
        Look(*Step.caller, Step.call);
  return R;
}

} // namespace krcu
