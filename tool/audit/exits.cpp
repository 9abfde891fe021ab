// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A module that queues a callback of its own must not leave before that callback has run: rcu_barrier() on every path of its exit. The
// barrier may stand in a callee, in a core function that the exit calls, or in what a core function calls back (the remove() of a driver that is
// unregistered). What is proved on the AST silences the finding; what the text merely makes possible lowers its confidence, and says which way.
#include "tool/audit/parts.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <memory>

using llvm::StringRef;

namespace krcu {
namespace {

constexpr unsigned TextDepth = 4;

bool waitsForCallbacks(const BarrierRule *R) {
  return R && !R->cache_only && std::find(R->waits_for.begin(), R->waits_for.end(), "call_rcu") != R->waits_for.end();
}

std::string listed(const std::vector<std::string> &Chain) {
  std::string Result;
  for (const std::string &C : Chain)
    Result += (Result.empty() ? "" : " -> ") + C + "()";
  return Result;
}

class ExitAudit {
public:
  ExitAudit(TreeState &State, BarrierSearch &Search, const QueueingModule &M, std::vector<AuditFinding> &To)
      : State(State), DB(State.database()), Search(Search), M(M), To(To) {
    readModule();
    learn();
    for (const ModuleExit &E : M.exits)
      Called.push_back(calledBack(E));
    Proved.resize(M.exits.size());
  }

  /// Looks for a barrier on every path of each exit. False if demands are open.
  bool prove();
  /// True if no exit lacks one.
  bool reportMissing();
  /// Looks at what is destroyed before the barrier. False if demands are open.
  bool order();
  void reportLate();

private:
  struct Destroyed {
    std::string pool, destroyer, function, how, user;
    Location where;
  };
  /// The module's functions and file-scope names; a large driver has hundreds of files, so they are looked up, not searched for.
  void readModule();
  void learn();
  void missing(size_t N);
  bool orderAt(const std::string &File, const OutlineToken &T, const std::string &Destroyer, const std::string &Pool, const OutlineFunction &In);
  std::vector<std::string> calledBack(const ModuleExit &E) const;
  std::vector<std::string> functionsIn(const std::string &Variable) const;
  std::string doubt(size_t Exit, TextWay &Way) const;
  std::set<std::string> barrierFields() const;
  AuditFinding finding(const ModuleExit &E) const;
  std::string symbolIn(const std::string &Name, const std::string &File) const;

  TreeState &State;
  Database &DB;
  BarrierSearch &Search;
  const QueueingModule &M;
  std::vector<AuditFinding> &To;
  std::vector<std::vector<std::string>> Called; ///< for each exit, what the core may call back while it runs
  std::vector<bool> Proved;
  struct Defined {
    std::string symbol;
    const OutlineFunction *text;
  };
  std::vector<std::shared_ptr<const Outline>> Outlines; ///< what the maps point into
  std::multimap<std::string, Defined> Functions;
  std::multimap<std::string, uint32_t> TopLevel;
  mutable std::map<uint32_t, std::map<std::string, std::set<std::string>>> Initialisers; ///< by file and variable; made when first asked for
  std::vector<Destroyed> Early;
  std::set<std::string> LateBehind; ///< functions whose barriers run before the module's late callbacks queue
  std::string LateText;
};

void ExitAudit::readModule() {
  for (const std::string &File : M.scope.files) {
    int Id = DB.index().find(File);
    auto O = Id < 0 ? nullptr : DB.outline(static_cast<uint32_t>(Id));
    if (!O)
      continue;
    for (const OutlineFunction &F : O->functions)
      Functions.emplace(F.name, Defined{F.is_static ? F.name + "@" + File : F.name, &F});
    for (const std::string &Name : O->top_level_identifiers)
      TopLevel.emplace(Name, static_cast<uint32_t>(Id));
    Outlines.push_back(std::move(O));
  }
}

std::string ExitAudit::symbolIn(const std::string &Name, const std::string &File) const {
  auto [Begin, End] = Functions.equal_range(Name);
  for (auto It = Begin; It != End; ++It)
    if (It->second.symbol == Name || homeOf(It->second.symbol) == File)
      return It->second.symbol;
  return {};
}

/// Does the module store something that queues where the core calls it behind its barrier?
void ExitAudit::learn() {
  TextReach Reach(DB, {});
  for (const LateFieldRule &Rule : State.rules().late_fields)
    for (const std::string &File : M.scope.files) {
      int Id = DB.index().find(File);
      auto Text = Id < 0 ? nullptr : DB.index().text(static_cast<uint32_t>(Id));
      if (!Text)
        continue;
      for (const OutlineToken &T : DB.tokens(File, Rule.field)) {
        StringRef Rest = StringRef(*Text).substr(T.offset + Rule.field.size()).ltrim();
        if (!T.after_member_access || !Rest.consume_front("="))
          continue;
        std::string Name = Rest.ltrim().take_while([](char C) { return isalnum(static_cast<unsigned char>(C)) || C == '_'; }).str();
        std::string Symbol = symbolIn(Name, File);
        if (Symbol.empty())
          continue;
        TextWay W = Reach.find({Symbol}, [&](const std::string &Id) { return M.queueing.count(Id) != 0 || State.rules().deferral(Id); }, 4);
        if (!W.found)
          continue;
        LateBehind.insert(Rule.barrier);
        LateText = Name + "() queues callbacks, and the core calls it as " + Rule.record + "." + Rule.field + " behind the barrier of " + Rule.barrier + "() (" + File + ":" +
                   std::to_string(T.line) + ")";
      }
    }
}

/// Functions of the module that stand in the initialisers of a variable, as symbols.
std::vector<std::string> ExitAudit::functionsIn(const std::string &Variable) const {
  std::vector<std::string> Result;
  auto [Begin, End] = TopLevel.equal_range(Variable);
  for (auto It = Begin; It != End; ++It) {
    auto [Known, New] = Initialisers.try_emplace(It->second);
    if (auto Text = New ? DB.index().text(It->second) : nullptr)
      Known->second = initialisersIn(*Text);
    for (const std::string &Word : Known->second[Variable])
      if (std::string S = symbolIn(Word, DB.index().files()[It->second].path); !S.empty())
        Result.push_back(S);
  }
  return Result;
}

/// What the core may call back while the exit runs: functions in the initialisers of the variables that the exit names, or what it calls in
/// the module, or what is called back so.
std::vector<std::string> ExitAudit::calledBack(const ModuleExit &E) const {
  std::set<std::string> Result, SeenFunctions, SeenVariables;
  std::vector<std::pair<std::string, unsigned>> Work;
  auto AddVariable = [&](const std::string &Name, unsigned Depth) {
    if (!SeenVariables.insert(Name).second)
      return;
    for (const std::string &S : functionsIn(Name)) {
      Result.insert(S);
      Work.push_back({plainName(S), Depth + 1});
    }
  };
  if (E.function.empty())
    AddVariable(E.driver, 0);
  else
    Work.push_back({plainName(E.function), 0});
  while (!Work.empty()) {
    auto [Name, Depth] = std::move(Work.back());
    Work.pop_back();
    auto [Begin, End] = Functions.equal_range(Name);
    if (Begin == End || Depth > 6 || !SeenFunctions.insert(Name).second)
      continue;
    for (auto It = Begin; It != End; ++It)
      for (const std::string &Word : It->second.text->identifiers) {
        if (Functions.count(Word))
          Work.push_back({Word, Depth + 1});
        else if (TopLevel.count(Word))
          AddVariable(Word, Depth);
      }
  }
  return {Result.begin(), Result.end()};
}

/// Members that some initialiser of the module sets to a barrier: ops->wait = rcu_barrier.
std::set<std::string> ExitAudit::barrierFields() const {
  std::set<std::string> Result;
  for (const BarrierRule &Rule : State.rules().barriers) {
    if (!waitsForCallbacks(&Rule))
      continue;
    auto [Begin, End] = TopLevel.equal_range(Rule.name);
    for (auto It = Begin; It != End; ++It) {
      auto Text = DB.index().text(It->second);
      for (const OutlineToken &T : DB.tokens(DB.index().files()[It->second].path, Rule.name)) {
        StringRef Before = Text ? StringRef(*Text).take_front(T.offset).rtrim() : StringRef();
        if (T.function >= 0 || !Before.consume_back("="))
          continue;
        Before = Before.rtrim();
        size_t At = Before.size();
        while (At && (isalnum(static_cast<unsigned char>(Before[At - 1])) || Before[At - 1] == '_'))
          --At;
        Result.insert(Before.substr(At).str());
      }
    }
  }
  return Result;
}

/// What may make up for a barrier that no path was proved to have; empty if the text shows nothing of the kind.
std::string ExitAudit::doubt(size_t Exit, TextWay &Way) const {
  std::set<std::string> Stop = LateBehind;
  if (!State.semantics().is("destroy_waits_call_rcu"))
    for (const CacheRule &C : State.rules().cache_destroy)
      Stop.insert(C.name);
  std::set<std::string> Fields = barrierFields();
  TextReach Reach(DB, Stop);
  std::vector<std::string> Starts = Called[Exit];
  if (!M.exits[Exit].function.empty())
    Starts.insert(Starts.begin(), M.exits[Exit].function);
  Way = Reach.find(Starts, [&](const std::string &Id) { return waitsForCallbacks(State.rules().barrier(Id)) || Fields.count(Id) != 0; }, TextDepth);
  if (Way.found)
    return Way.target + "() may run on some path: " + listed(Way.chain) + " (" + Way.file + ":" + std::to_string(Way.line) + ")";
  const std::vector<std::string> &Signals = State.rules().signals;
  std::vector<std::string> Callbacks(M.callbacks.begin(), M.callbacks.end());
  bool All = true;
  for (const std::string &C : Callbacks) {
    TextWay W = Reach.find({C}, [&](const std::string &Id) { return std::find(Signals.begin(), Signals.end(), Id) != Signals.end(); }, 1);
    All = All && W.found;
    if (W.found)
      Way = W;
  }
  if (All && Way.found)
    return plainName(Callbacks.front()) + "() tells with " + Way.target + "() that it has run, and somebody may wait for that instead";
  // A module that waits somewhere, when its last device or file goes perhaps, is not one that has forgotten to.
  for (const auto &[Name, Each] : Functions)
    for (const std::string &Id : Each.text->identifiers)
      if (waitsForCallbacks(State.rules().barrier(Id))) {
        Way = {true, {Name}, Id, homeOf(Each.symbol), Each.text->line};
        return "the module calls " + Id + "() elsewhere, in " + Name + "(), and that may be enough";
      }
  Way = {};
  return {};
}

/// On the AST: a barrier on every path of the exit, in a callee too. What the core calls back meanwhile is left to the text: it
/// runs only if there is something registered, so it could not prove more.
bool ExitAudit::prove() {
  bool Done = true;
  for (size_t N = 0; N < M.exits.size(); ++N) {
    if (Proved[N])
      continue;
    if (M.exits[N].function.empty())
      continue;
    bool Pending = false;
    for (const BarrierUse &U : Search.alwaysIn(M.exits[N].function, 4, Pending))
      if (U.waits_call_rcu && !LateBehind.count(plainName(U.function)))
        Proved[N] = true;
    Done = Done && (Proved[N] || !Pending);
  }
  return Done;
}

bool ExitAudit::reportMissing() {
  bool All = true;
  for (size_t N = 0; N < M.exits.size(); ++N)
    if (!Proved[N]) {
      All = false;
      missing(N);
    }
  return All;
}

AuditFinding ExitAudit::finding(const ModuleExit &E) const {
  const CensusEntry &First = *M.sites.front();
  AuditFinding F;
  F.where = E.where;
  F.function = plainName(E.function.empty() ? E.driver : E.function);
  F.subject = M.scope.name;
  F.severity = Severity::Error;
  for (const CensusEntry *S : M.sites)
    F.evidence.push_back({S->where.file, S->where.line, S->function, S->deferral + "() queues " + namedCallback(S->callback) + "(), which is text of " + M.scope.name});
  ModuleFact Fact = State.scan().moduleFact(First.where.file);
  F.evidence.insert(F.evidence.end(), Fact.evidence.begin(), Fact.evidence.end());
  F.evidence.push_back({E.where.file, E.where.line, "", E.macro + "(" + plainName(E.function.empty() ? E.driver : E.function) + ") ends the module"});
  return F;
}

void ExitAudit::missing(size_t N) {
  const ModuleExit &E = M.exits[N];
  const std::vector<std::string> &Called = this->Called[N];
  AuditFinding F = finding(E);
  F.kind = "missing_rcu_barrier";
  const CensusEntry &First = *M.sites.front();
  std::string Callback = namedCallback(First.callback), More = M.callbacks.size() > 1 ? " and " + std::to_string(M.callbacks.size() - 1) + " more" : "";
  std::string Exit = E.function.empty() ? E.macro + "(" + E.driver + ")" : plainName(E.function) + "()";
  F.reason = M.scope.name + " queues " + Callback + "()" + More + " and can be unloaded, but " + Exit + " reaches no rcu_barrier(); the callback may run after its text is gone";
  TextWay W;
  std::string Doubt = doubt(N, W);
  if (M.exits.size() > 1) { // no module has two; the makefile makes it of other objects in each configuration
    F.confidence = Confidence::Low;
    F.confidence_why = "the files of " + M.scope.name + " have " + std::to_string(M.exits.size()) + " exits, so they are never all of it; which of them goes with the callback is not known";
  } else if (!Doubt.empty()) {
    F.confidence = Confidence::Low;
    F.confidence_why = Doubt;
    F.evidence.push_back({W.file, W.line, W.chain.back(), "names " + W.target + "(); reached by " + listed(W.chain)});
  } else {
    F.confidence = !E.function.empty() ? Confidence::High : Confidence::Medium;
    F.confidence_why = "the exit, what it calls and what the module registers were followed " + std::to_string(TextDepth) + " calls deep by their text" +
                       (Called.empty() ? "" : ", " + std::to_string(Called.size()) + " functions in registered structures with them") + "; none names a barrier" +
                       (LateText.empty() ? "" : " that counts: " + LateText);
    std::string Followed;
    for (size_t I = 0; I < Called.size() && I < 8; ++I)
      Followed += (I ? ", " : "") + plainName(Called[I]) + "()";
    if (!Followed.empty())
      F.evidence.push_back({E.where.file, E.where.line, "", "followed besides the exit: " + Followed + (Called.size() > 8 ? ", ..." : "")});
  }
  To.push_back(std::move(F));
}

/// The barrier is there, but what a callback frees to goes before it.
bool ExitAudit::order() {
  Early.clear();
  std::map<std::string, std::string> UserOf; // a word of a callback's text -> the callback
  for (const std::string &C : M.callbacks)
    for (const FunctionPlace &P : DB.definitionsOf(plainName(C))) {
      auto O = DB.outline(P.file);
      if (const OutlineFunction *F = O ? O->function(plainName(C)) : nullptr)
        for (const std::string &Id : F->identifiers)
          UserOf.emplace(Id, plainName(C));
    }
  std::vector<std::string> Destroyers = State.rules().pool_destroy;
  if (!State.semantics().is("destroy_waits_call_rcu"))
    for (const CacheRule &C : State.rules().cache_destroy)
      Destroyers.push_back(C.name);
  bool Done = true;
  for (const std::string &File : M.scope.files)
    for (const std::string &Destroyer : Destroyers) {
      int Id = DB.index().find(File);
      const std::vector<OutlineToken> &Tokens = DB.tokens(File, Destroyer);
      auto Text = Id < 0 || Tokens.empty() ? nullptr : DB.index().text(static_cast<uint32_t>(Id));
      auto O = Text ? DB.outline(static_cast<uint32_t>(Id)) : nullptr;
      if (!O)
        continue;
      for (const OutlineToken &T : Tokens) {
        if (T.function < 0 || !T.before_paren || T.after_member_access || T.in_directive)
          continue;
        StringRef Rest = StringRef(*Text).substr(T.offset + Destroyer.size()).ltrim();
        Rest.consume_front("(");
        std::string Pool = Rest.split(')').first.trim().str();
        // A variable of the file: a member or a parameter may be anything.
        auto User = UserOf.find(Pool);
        if (User == UserOf.end() || !std::binary_search(O->top_level_identifiers.begin(), O->top_level_identifiers.end(), Pool))
          continue;
        size_t Had = Early.size();
        Done = orderAt(File, T, Destroyer, Pool, O->functions[static_cast<size_t>(T.function)]) && Done;
        if (Early.size() > Had)
          Early.back().user = User->second;
      }
    }
  return Done;
}

/// Is there a way from the module's exit to this destruction on which nothing has waited?
bool ExitAudit::orderAt(const std::string &File, const OutlineToken &T, const std::string &Destroyer, const std::string &Pool, const OutlineFunction &In) {
  std::string Symbol = In.is_static ? In.name + "@" + File : In.name;
  Demand D;
  D.names.insert(In.name);
  D.words.insert(Destroyer);
  if (!DB.require(File, D))
    return false;
  const FunctionFact *F = DB.function(Symbol);
  ReachReport Reach = reachOf(DB, Symbol);
  bool Done = !Reach.pending;
  for (unsigned C = 0; F && C < F->calls.size(); ++C) {
    if (plainName(F->calls[C].callee) != Destroyer || F->calls[C].where.line != T.line)
      continue;
    for (const ReachPath &P : Reach.paths) {
      if (P.kind != ReachKind::ModuleExit)
        continue;
      BarrierReport Before = Search.before(*F, C, &P);
      Done = Done && !Before.pending;
      if (!Before.waits(false) && Before.sometimes.empty()) {
        Early.push_back({Pool, Destroyer, In.name, describeReach(P), "", {File, T.line, T.column}});
        return Done;
      }
    }
  }
  return Done;
}

void ExitAudit::reportLate() {
  for (const Destroyed &D : Early) {
    AuditFinding F = finding(M.exits.front());
    F.kind = "late_rcu_barrier";
    F.where = D.where;
    F.function = D.function;
    F.subject = D.pool;
    F.confidence = Confidence::Medium;
    F.confidence_why = "the order of the calls is proved; whether a callback can still be queued then is not";
    F.reason = D.destroyer + "(" + D.pool + ") runs at module exit before anything has waited for callbacks, and " + D.user + "() still uses " + D.pool;
    F.evidence.push_back({D.where.file, D.where.line, D.function, D.how});
    To.push_back(std::move(F));
  }
}

} // namespace

void auditModuleExits(TreeState &State, const std::vector<QueueingModule> &Modules, std::vector<AuditFinding> &To) {
  std::vector<std::string> Files;
  for (const QueueingModule &M : Modules)
    for (const ModuleExit &E : M.exits)
      Files.push_back(E.where.file);
  State.scan().frontend().preparePch(Files, {});
  // The exits of all modules in one go.
  std::map<std::string, Demand> Wanted;
  for (const QueueingModule &M : Modules)
    for (const ModuleExit &E : M.exits)
      if (!E.function.empty())
        Wanted[E.where.file].names.insert(plainName(E.function));
  State.settle([&] {
    bool Ready = true;
    for (const auto &[File, D] : Wanted)
      Ready = State.database().require(File, D) && Ready;
    return Ready;
  });
  BarrierSearch Search(State.database(), State.semantics());
  std::vector<std::unique_ptr<ExitAudit>> Audits;
  for (const QueueingModule &M : Modules)
    if (!M.exits.empty())
      Audits.push_back(std::make_unique<ExitAudit>(State, Search, M, To));
  // Each question is put to all modules before anything is parsed for it: rounds are dear.
  auto Ask = [&](bool (ExitAudit::*Question)()) {
    std::set<ExitAudit *> Answered;
    State.settle([&] {
      for (auto &A : Audits)
        if (!Answered.count(A.get()) && ((*A).*Question)())
          Answered.insert(A.get());
      return Answered.size() == Audits.size();
    });
  };
  Ask(&ExitAudit::prove);
  std::erase_if(Audits, [](auto &A) { return !A->reportMissing(); });
  Ask(&ExitAudit::order);
  for (auto &A : Audits)
    A->reportLate();
}

} // namespace krcu
