// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Barriers of real modules, made wrong one at a time by program: taken away, moved to the first line of their function, moved behind the last
// destruction, put behind an if. Printed is how many of each kind the audit shows. With KRCU_LONG_TESTS all barriers of the tree's modules, else a sample of
// those that an exit comes to. KRCU_MUTANTS=FILE: a line for each, to read. KRCU_MUTANTS_OF=FILE: only the barriers whose place begins a line of it,
// as "fs/x.c:12", all of them.
#include "tool/audit/parts.h"
#include "tool/driver/barrier_rule.h"
#include "tool/support/error.h"
#include "tool/support/parallel.h"
#include "gtest/gtest.h"
#include "llvm/ADT/STLExtras.h"
#include <cstdio>
#include <cstdlib>
#include <fstream>

using namespace krcu;
using llvm::StringRef;

namespace {

enum Mutation { Removed, First, Behind, Conditional };
const char *const Names[] = {"removed", "moved to the first line", "moved behind the last destruction", "behind an if"};

/// The text with one barrier made wrong; nothing if the mutation does not apply to it.
std::optional<std::string> mutated(const std::string &Text, const BarrierCall &B, const UnloadModule &M, const Rules &R, Mutation How) {
  const TextFunction *F = M.text->own(B.function, B.where.file);
  if (!F || F->file != B.where.file)
    return std::nullopt;
  size_t At = F->text->body_begin, End = F->text->body_end;
  bool CallBefore = false;
  size_t LastEnd = 0;
  for (const FlowNode &N : M.text->tree().flow(*F).nodes) {
    if (N.kind != FlowNode::Call)
      continue;
    if (N.line == B.where.line && N.call.name == B.name)
      At = N.call.offset;
    CallBefore = CallBefore || N.line < B.where.line;
    bool Ends = R.cacheDestroy(N.call.name) || llvm::is_contained(R.pool_destroy, N.call.name);
    if (Ends && N.line > B.where.line)
      LastEnd = N.call.offset;
  }
  size_t Stop = Text.find(';', At);
  if (At <= F->text->body_begin || Stop >= End || StringRef(Text).slice(At, Stop).count('(') != 1)
    return std::nullopt;
  std::string Call = Text.substr(At, Stop + 1 - At), Result = Text;
  if (How == Conditional)
    return Result.replace(At, Call.size(), "if (krcu_mutant) " + Call);
  if (How == Behind) {
    size_t To = LastEnd ? Text.find(';', LastEnd) : std::string::npos;
    if (To == std::string::npos || To >= End)
      return std::nullopt;
    Result.insert(To + 1, " " + Call);
  }
  Result.replace(At, Call.size(), ";");
  if (How == First) {
    if (!CallBefore)
      return std::nullopt;
    Result.insert(F->text->body_begin + 1, " " + Call);
  }
  return Result;
}

class Mutants {
public:
  explicit Mutants(const char *Tree) {
    ScanOptions O;
    O.tree = Tree;
    O.builtin_rules = KRCU_SOURCE_DIR "/rules";
    O.jobs = 2;
    auto Made = Scan::prepare(O);
    if (!Made) {
      ADD_FAILURE() << message(Made.takeError());
      return;
    }
    S = std::move(*Made);
    auto Loaded = loadUnloadRules(O.builtin_rules, {});
    if (!Loaded) {
      ADD_FAILURE() << message(Loaded.takeError());
      return;
    }
    U = *Loaded;
    Base = std::make_unique<TreeState>(*S);
    Hooks = std::make_unique<ModuleHooks>(Base->database());
    Calls = barrierCalls(*Base, {"call_rcu", "srcu"});
    Modules = unloadModules(*Base, U, Calls);
    std::erase_if(Calls, [&](const BarrierCall &B) { return !moduleOf(B); });
    for (const BarrierCall &B : Calls)
      if (!atTheEnd(B))
        Elsewhere.insert(B.where);
  }
  void leaveOutElsewhere() {
    std::erase_if(Calls, [&](const BarrierCall &B) { return isElsewhere(B); });
  }
  void keepOnly(const char *List) {
    std::set<std::string> Places;
    std::ifstream In(List);
    for (std::string Line; std::getline(In, Line);)
      Places.insert(Line.substr(0, Line.find_first_of(" \t")));
    std::erase_if(Calls, [&](const BarrierCall &B) { return !Places.count(placeText(B.where.file, B.where.line)); });
  }
  bool isElsewhere(const BarrierCall &B) const { return Elsewhere.count(B.where) != 0; }

  std::vector<BarrierCall> Calls;

  /// What is shown of the module's ends, as kind and place; and what only --all shows.
  struct Shown {
    std::set<std::string> plain, low;
  };
  using Some = std::vector<const BarrierCall *>; ///< of different modules

  /// The barriers in turns, so that no turn has two of a module: mutants of a turn are judged together.
  std::vector<Some> turns(size_t Step) const {
    std::vector<Some> Result;
    std::map<const UnloadModule *, size_t> Seen;
    for (size_t N = 0; N < Calls.size(); N += Step) {
      size_t Turn = Seen[moduleOf(Calls[N])]++;
      Result.resize(std::max(Result.size(), Turn + 1));
      Result[Turn].push_back(&Calls[N]);
    }
    return Result;
  }
  /// The mutants of a turn, judged in one tree. Left out: barriers to which the mutation does not apply.
  std::map<const BarrierCall *, Shown> after(const Some &Turn, Mutation How) {
    TreeState::Texts Texts;
    Some Changed;
    for (const BarrierCall *B : Turn) {
      auto Text = Base->read(B->where.file);
      auto New = Text ? mutated(*Text, *B, *moduleOf(*B), Base->rules(), How) : std::nullopt;
      if (New && Texts.try_emplace(B->where.file, std::make_shared<const std::string>(*New)).second)
        Changed.push_back(B);
    }
    return shownBy(Texts, Changed);
  }
  std::map<const BarrierCall *, Shown> shownBy(const TreeState::Texts &Texts, const Some &Of) {
    TreeState State(*Base, Texts);
    std::set<std::string> Files;
    for (const BarrierCall *B : Of)
      Files.insert(moduleOf(*B)->scope.files.begin(), moduleOf(*B)->scope.files.end());
    auto ScopeOf = [&](const std::string &File) { return S->moduleScope(File); };
    std::vector<UnloadModule> All = UnloadSurvey(State.database(), State.rules(), U, State.census(), ScopeOf, [&](const std::string &File) { return Files.count(File) != 0; }).modules();
    std::map<const BarrierCall *, Shown> Result;
    for (const BarrierCall *B : Of) {
      std::vector<UnloadModule> One;
      for (const UnloadModule &M : All)
        if (M.scope.files == moduleOf(*B)->scope.files)
          One.push_back(M);
      std::vector<AuditFinding> Found;
      auditModuleExits(State, U, *Hooks, One, Found, nullptr); // no mutation touches a line with a hook
      Shown &To = Result[B];
      for (const AuditFinding &F : Found)
        (F.confidence == Confidence::Low ? To.low : To.plain).insert(F.kind + " " + F.where.file + " " + F.function + " " + F.subject);
    }
    return Result;
  }

private:
  const UnloadModule *moduleOf(const BarrierCall &B) const {
    for (const UnloadModule &M : Modules)
      if (llvm::is_contained(M.scope.files, B.where.file))
        return &M;
    return nullptr;
  }
  /// Does an exit of the module come to it?
  bool atTheEnd(const BarrierCall &B) const {
    const UnloadModule &M = *moduleOf(B);
    UnloadOptions O;
    O.stops = O.queues = false;
    for (UnloadQuestion::Flavour Flavour : {UnloadQuestion::Rcu, UnloadQuestion::Srcu}) {
      UnloadQuestion Any;
      Any.flavour = Flavour;
      UnloadTimeline T(*M.text, Base->rules(), U, Base->semantics(), Any);
      for (const std::string &Symbol : moduleEnds(*Hooks, M.scope.files).exits)
        if (const TextFunction *F = M.text->bySymbol(Symbol))
          if (llvm::any_of(T.endOf(*F, O).timeline, [&](const UnloadEvent &E) { return E.where.file == B.where.file && E.where.line == B.where.line; }))
            return true;
    }
    return false;
  }

  std::set<Location> Elsewhere; ///< barriers that no exit comes to
  std::unique_ptr<Scan> S;
  UnloadRules U;
  std::unique_ptr<TreeState> Base;
  std::unique_ptr<ModuleHooks> Hooks;
  std::vector<UnloadModule> Modules;
};

struct Count {
  unsigned all = 0, shown = 0, low = 0;
};

/// `LeastRemoved`: how many of 100 barriers that were taken away must be seen; 0: only printed.
void judge(const char *Variable, unsigned LeastRemoved) {
  const char *Tree = std::getenv(Variable);
  if (!Tree)
    GTEST_SKIP() << Variable << " is not set";
  Mutants M(Tree);
  ASSERT_FALSE(M.Calls.empty());
  const char *List = std::getenv("KRCU_MUTANTS_OF");
  if (List)
    M.keepOnly(List);
  else if (!std::getenv("KRCU_LONG_TESTS"))
    M.leaveOutElsewhere();
  size_t Step = List || std::getenv("KRCU_LONG_TESTS") ? 1 : std::max<size_t>(1, M.Calls.size() / 4);
  std::ofstream Lines(std::getenv("KRCU_MUTANTS") ? std::getenv("KRCU_MUTANTS") : "/dev/null");
  Count Counts[4];
  for (const Mutants::Some &Turn : M.turns(Step)) {
    std::map<const BarrierCall *, Mutants::Shown> Before = M.shownBy({}, Turn);
    for (Mutation How : {Removed, First, Behind, Conditional})
      for (const auto &[B, After] : M.after(Turn, How)) {
        auto IsNew = [&](const std::string &Each) { return !Before[B].plain.count(Each); };
        bool Plain = llvm::any_of(After.plain, IsNew), Low = llvm::any_of(After.low, [&](const std::string &Each) { return !Before[B].low.count(Each) && IsNew(Each); });
        ++Counts[How].all;
        Counts[How].shown += Plain;
        Counts[How].low += !Plain && Low;
        Lines << Names[How] << "\t" << B->where.file << ":" << B->where.line << "\t" << B->function << "\t" << (Plain ? "shown" : Low ? "low" : Before[B].plain.empty() ? "silent" : "known")
             << (M.isElsewhere(*B) ? "\tno exit comes to it" : "");
        for (const std::string &Each : After.plain)
          Lines << "\t" << Each;
        for (const std::string &Each : After.low)
          Lines << "\t(low) " << Each;
        Lines << std::endl;
      }
  }
  for (int How = 0; How < 4; ++How)
    std::printf("%-36s %4u mutants, %4u shown, %4u only with --all\n", Names[How], Counts[How].all, Counts[How].shown, Counts[How].low);
  EXPECT_GT(Counts[Removed].all, 0u);
  if (LeastRemoved) {
    EXPECT_GE((Counts[Removed].shown + Counts[Removed].low) * 100, Counts[Removed].all * LeastRemoved);
  }
}

TEST(Mutants, OfLinux612) { judge("KRCU_TREE_612", 40); }

TEST(Mutants, OfLinux73) { judge("KRCU_TREE_73", 0); } // kmem_cache_destroy() waits there, so most may go: how many is for a person to read

} // namespace
