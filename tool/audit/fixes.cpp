// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/audit/fixes.h"
#include "tool/audit/parts.h"
#include "tool/audit/places.h"
#include "tool/driver/barrier_rule.h"
#include "tool/driver/diagnostics.h"
#include "tool/support/stable_sort.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <optional>

using llvm::StringRef;

namespace krcu {
namespace {

bool isMendedByBarrier(const AuditFinding &F) {
  return F.kind == "missing_rcu_barrier" || F.kind == "early_rcu_barrier" || F.kind == "late_rcu_barrier" || F.kind == "missing_srcu_barrier";
}

constexpr StringRef StartKey = "start "; ///< before the symbol of a start that may fail

/// What the rule says of each question at each end; true: it holds.
using Answers = std::map<std::pair<const ModuleQuestion *, std::string>, bool>;

/// A text of one file, with the line that was put in.
struct Attempt {
  std::string file, text, function;
  unsigned line = 0;
  bool moved = false; ///< a wait that stood elsewhere was taken away
};

class Mending {
public:
  Mending(Scan &S, const AuditReport &R) : S(S), R(R), Base(S) {}

  AuditFixes run() {
    auto Loaded = loadUnloadRules(S.options().builtin_rules, S.options().rules);
    if (!Loaded) {
      llvm::consumeError(Loaded.takeError()); // cannot be: the scan has read the same files
      return {};
    }
    U = std::move(*Loaded);
    Modules = unloadModules(Base, U, {});
    ModuleHooks Hooks(Base.database());
    for (const AuditFinding &F : R.findings)
      if (isMendedByBarrier(F)) {
        AuditFix Fix;
        Fix.finding = &F;
        mend(Fix, Hooks);
        Out.fixes.push_back(std::move(Fix));
      }
    for (const auto &[File, Text] : Texts)
      Out.files[File] = {Base.read(File).value_or(""), *Text};
    return std::move(Out);
  }

private:
  void mend(AuditFix &Fix, const ModuleHooks &Hooks);
  std::string waitFor(const ModuleQuestion &Q, const std::string &File);
  Answers ask(const ModuleText &Text, const UnloadModule &M, const ModuleEnds &Ends);
  std::optional<std::string> textNow(const std::string &File) const {
    auto It = Texts.find(File);
    return It != Texts.end() ? std::optional(*It->second) : Base.read(File);
  }
  std::vector<Attempt> attemptsBefore(const UnloadModule &M, const ModuleQuestion &Q, const std::vector<unsigned> &Returns, const TextFunction &Start);
  std::vector<Attempt> attemptsIn(const ModuleText &Text, const UnloadModule &M, const ModuleQuestion &Q, const UnloadAnswer &Broken, const TextFunction &End);
  bool compiles(TreeState &Now, TreeState &Then, const std::string &File) const;

  Scan &S;
  const AuditReport &R;
  TreeState Base;
  UnloadRules U;
  std::vector<UnloadModule> Modules;
  TreeState::Texts Texts; ///< what has been mended so far
  AuditFixes Out;
};

/// The call as it must stand in the file; empty if no call can be named there.
std::string Mending::waitFor(const ModuleQuestion &Q, const std::string &File) {
  if (Q.question.asks(UnloadQuestion::Tasks))
    return barrierFor(S.rules(), Q.question) + "();";
  if (!Q.question.asks(UnloadQuestion::Srcu))
    return "rcu_barrier();"; // of rcu_work, too: queue_rcu_work() is a callback that puts the work on its queue, and who takes the queue away empties it first
  if (Q.question.member) {
    const UnloadRule *Wait = U.waitOf(Q.question.object);
    return Wait ? Wait->name + "();" : "";
  }
  std::string Object = Q.question.object;
  StringRef Name = StringRef(Object).ltrim('&');
  if (Name.empty() || llvm::any_of(Name, [](char C) { return !llvm::isAlnum(C) && C != '_'; }))
    return ""; // a member of something that is not at hand at the end
  int Id = Base.index().find(File);
  auto O = Id < 0 ? nullptr : Base.database().outline(static_cast<uint32_t>(Id));
  bool Known = O && std::binary_search(O->top_level_identifiers.begin(), O->top_level_identifiers.end(), Name);
  return Known ? "srcu_barrier(&" + Name.str() + ");" : "";
}

Answers Mending::ask(const ModuleText &Text, const UnloadModule &M, const ModuleEnds &Ends) {
  Answers Result;
  for (const ModuleQuestion &Q : M.questions) {
    if (Q.sites.empty())
      continue;
    UnloadTimeline T(Text, Base.rules(), U, Base.semantics(), Q.question);
    auto Add = [&](const std::string &Symbol, bool Start) {
      const TextFunction *F = Text.bySymbol(Symbol);
      if (!F)
        return;
      UnloadOptions O;
      O.stops = !Start;
      UnloadAnswer A = Start ? T.failuresOf(*F, O) : T.endOf(*F, O);
      Result[{&Q, (Start ? StartKey.str() : "") + Symbol}] = Q.question.until == UnloadQuestion::Text ? A.holds : A.broken.empty();
    };
    for (const std::string &Symbol : Ends.exits)
      Add(Symbol, false);
    if (Q.question.until == UnloadQuestion::Text)
      for (const std::string &Symbol : Ends.starts)
        Add(Symbol, true);
    else
      for (const TeardownFunction &F : teardownFunctions(Text, Base.rules()))
        Add(F.function->symbol, false);
  }
  return Result;
}

/// In the end itself, from its last statement backwards, then in what it calls of the module. With a wait that stands in the wrong place, the line
/// is moved rather than written twice.
std::vector<Attempt> Mending::attemptsIn(const ModuleText &Text, const UnloadModule &M, const ModuleQuestion &Q, const UnloadAnswer &Broken, const TextFunction &End) {
  std::vector<const TextFunction *> Functions{&End};
  std::vector<const UnloadEvent *> Waits;
  for (const UnloadEvent &E : Broken.timeline) {
    const TextFunction *F = E.own ? Text.own(E.function, E.where.file) : nullptr;
    if (F && !llvm::is_contained(Functions, F))
      Functions.push_back(F);
    if (F && E.kind == UnloadEvent::Wait)
      Waits.push_back(&E);
  }
  std::vector<Attempt> Result;
  for (const TextFunction *F : Functions) {
    std::string Call = M.text->owns(F->file) && StringRef(F->file).ends_with(".c") ? waitFor(Q, F->file) : "";
    std::optional<std::string> Now = textNow(F->file);
    if (Call.empty() || !Now)
      continue;
    std::vector<StatementGap> Gaps = gapsOf(*Now, *F->text);
    std::reverse(Gaps.begin(), Gaps.end());
    for (const StatementGap &G : Gaps) {
      std::string Line = G.indent + Call + G.ending;
      for (const UnloadEvent *Wait : Waits) {
        auto Old = Wait->where.file == F->file ? wholeLineCall(*Now, Wait->where.line, StringRef(Call).take_until([](char C) { return C == '('; })) : std::nullopt;
        if (!Old || G.offset == Old->first || G.offset == Old->second)
          continue;
        Attempt A{F->file, *Now, F->name, G.line - (G.offset > Old->first), true};
        if (G.offset > Old->first)
          A.text.insert(G.offset, Line).erase(Old->first, Old->second - Old->first);
        else
          A.text.erase(Old->first, Old->second - Old->first).insert(G.offset, Line);
        Result.push_back(std::move(A));
      }
      Attempt A{F->file, *Now, F->name, G.line, false};
      A.text.insert(G.offset, Line);
      Result.push_back(std::move(A));
    }
  }
  // A line that is moved before one that is added.
  stableSort(Result, [](const Attempt &A, const Attempt &B) { return A.moved > B.moved; });
  return Result;
}

/// Where one way only leaves a failed start with something in flight: before it is left.
std::vector<Attempt> Mending::attemptsBefore(const UnloadModule &M, const ModuleQuestion &Q, const std::vector<unsigned> &Returns, const TextFunction &Start) {
  std::vector<Attempt> Result;
  std::string Call = Returns.size() == 1 && M.text->owns(Start.file) && StringRef(Start.file).ends_with(".c") ? waitFor(Q, Start.file) : "";
  std::optional<std::string> Now = Call.empty() ? std::nullopt : textNow(Start.file);
  for (const StatementGap &G : Now ? gapsBeforeReturns(*Now, *Start.text) : std::vector<StatementGap>())
    if (G.line == Returns.front()) {
      Result.push_back({Start.file, *Now, Start.name, G.line, false});
      Result.back().text.insert(G.offset, G.indent + Call + G.ending);
    }
  return Result;
}

bool Mending::compiles(TreeState &Now, TreeState &Then, const std::string &File) const {
  ParseOutcome Old = Now.compile(File, "", 0);
  return !firstNewDiagnostic(Old, Then.compile(File, Old.variant, 0));
}

void Mending::mend(AuditFix &Fix, const ModuleHooks &Hooks) {
  const UnloadModule *M = nullptr;
  const ModuleQuestion *Q = questionOf(Modules, *Fix.finding, M);
  if (!Q) {
    Fix.text = "what has to be waited for is not text that a barrier at the end of a function waits for";
    return;
  }
  Fix.module = M->scope.name;
  Fix.wrong = storyOf(*M, *Q, *Fix.finding);
  if (Fix.finding->kind == "missing_rcu_barrier" || Fix.finding->kind == "missing_srcu_barrier")
    Fix.queues = Q->sites.front().where;
  ModuleEnds Ends = moduleEnds(Hooks, M->scope.files);
  TreeState Now(Base, Texts);
  ModuleText Text(std::make_shared<TreeText>(Now.database()), M->text->files());
  Answers Before = ask(Text, *M, Ends);
  std::string Broken, Failing; // the end that is wrong, or the start that fails
  for (const auto &[Key, Holds] : Before)
    if (Key.first == Q && !Holds)
      if (std::string &To = StringRef(Key.second).starts_with(StartKey) ? Failing : Broken; To.empty())
        To = Key.second;
  if (Broken.empty() && Failing.empty()) {
    for (const auto &[File, Text] : Texts)
      if (!Fix.mended && M->text->owns(File)) {
        Fix.mended = true;
        Fix.where = {File, 0, 0};
      }
    Fix.text = Fix.mended ? "the same line mends it" : "the module ends without a function of its own, so there is none to put a wait into";
    return;
  }
  const bool Start = Broken.empty();
  if (Start)
    Broken = Failing;
  const TextFunction *End = Text.bySymbol(StringRef(Broken).drop_front(Start ? StartKey.size() : 0).str());
  UnloadTimeline T(Text, Base.rules(), U, Base.semantics(), Q->question);
  UnloadOptions OfStart;
  OfStart.stops = false;
  std::vector<Attempt> Attempts = Start ? attemptsBefore(*M, *Q, T.failuresOf(*End, OfStart).failing, *End) : attemptsIn(Text, *M, *Q, T.endOf(*End, {}), *End);
  if (Start && Attempts.empty()) {
    Fix.text = "which way out of a failed start has to wait is left to a person";
    return;
  }
  bool Parsed = true;
  std::optional<Attempt> Best; // better one line that mends all that is wrong at the end than one that mends only what the finding says
  for (const Attempt &A : Attempts) {
    TreeState::Texts New = Texts;
    New[A.file] = std::make_shared<const std::string>(A.text);
    TreeState Then(Base, New);
    ModuleText Mended(std::make_shared<TreeText>(Then.database()), M->text->files());
    Answers After = ask(Mended, *M, Ends);
    bool Good = true, All = true;
    for (const auto &[Key, Held] : Before) {
      bool Holds = After[Key], AtEnd = Key.second == Broken;
      Good = Good && (Holds || !(Held || (AtEnd && Key.first == Q)));
      All = All && (Holds || !(AtEnd && Key.first->question.flavour == Q->question.flavour));
    }
    if (!Good || (Best && !All) || !(Parsed = compiles(Now, Then, A.file)))
      continue;
    Best = A;
    if (All)
      break;
  }
  if (Best) {
    Texts[Best->file] = std::make_shared<const std::string>(Best->text);
    Fix.mended = true;
    Fix.where = {Best->file, Best->line, 0};
    Fix.call = waitFor(*Q, Best->file);
    Fix.call.pop_back(); // the semicolon
    Fix.function = Best->function;
    Fix.moved = Best->moved;
    Fix.text = Fix.call + (Best->moved ? " moves to line " : " is put at line ") + std::to_string(Best->line) + ", in " + Best->function + "()";
    return;
  }
  Fix.text = waitFor(*Q, End->file).empty() ? "no call can be named in " + End->name + "() that waits for it"
             : !Parsed                      ? "with the barrier in " + End->name + "() the file would no longer compile as it does"
                                            : "no place between the statements of " + End->name + "() and what it calls makes the rule hold";
}

} // namespace

AuditFixes fixFindings(Scan &S, const AuditReport &R) { return Mending(S, R).run(); }

} // namespace krcu
