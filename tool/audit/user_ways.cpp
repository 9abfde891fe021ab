// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/audit/user_ways.h"
#include "tool/audit/module_words.h"
#include "tool/support/stable_sort.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include <deque>

using llvm::StringRef;

namespace krcu {
namespace {

constexpr unsigned MaxSteps = 16; ///< a longer chain of names shows nothing
constexpr size_t MaxWays = 3, MaxOthers = 12;

std::string memberOf(const TextVariable &V, const std::string &Field) { return (V.record.empty() ? "" : V.record + ".") + Field; }

/// A function or a table of the module, on the way to what queues.
struct Node {
  const TextFunction *function = nullptr; ///< or
  const TextVariable *variable = nullptr;
  struct Use {
    unsigned by = 0;   ///< who names it or holds it
    std::string field; ///< of a table: the member
  };
  std::vector<Use> uses = {};
  bool reached = false;
  unsigned distance = 0; ///< steps to what queues
  unsigned next = 0;     ///< the node that is one step nearer
  std::string field = {}; ///< of a table: the member that holds that one
  bool called = true;    ///< by names of functions alone, without a table between
  const std::string &name() const { return function ? function->name : variable->name; }
  const std::string &file() const { return function ? function->file : variable->file; }
};

class WaySearch {
public:
  WaySearch(const WayQuestion &Q, const ModuleText &M, const UserWayRules &Rules) : Q(Q), M(M), Rules(Rules), Words(M) {}

  UserWays run() {
    addNodes();
    addUses();
    search();
    addDoors();
    if (Out.ways.empty())
      addStarts();
    addLeaving();
    if (Out.ways.empty() && !Out.leaving.empty()) { // then to remove it is all that it takes
      Out.ways.push_back({.kind = "remove", .name = Q.module, .way = std::move(Out.leaving)});
      Out.leaving.clear();
    }
    if (Out.ways.empty())
      addLookedAt();
    return std::move(Out);
  }

private:
  struct Door {
    const UserDoorRule *rule;
    WordCall call;
    unsigned node;
  };
  void addNodes();
  void addUses();
  void search();
  std::vector<unsigned> nodesOf(const std::string &Name, const std::string &File) const;
  const std::string *targetOf(const UserDoorRule &R, const WordCall &C) const { return R.argument < C.arguments.size() ? &C.arguments[R.argument] : nullptr; }
  std::string nameBehind(const Door &D) const;
  bool opensADoor(unsigned Table, const TextFunction &F) const;
  void addDoors();
  ReproducerWay wayThrough(const Door &D) const;
  struct Steps {
    std::string name;            ///< of the door
    std::string opens, closes;   ///< what opening and closing it has called
    std::vector<ReproducerStep> between;
    std::set<std::string> said;
    bool every = true; ///< each member has a row
  };
  void addMember(const TextVariable &V, const std::string &Field, const std::string &Word, const std::string &Place, Steps &To) const;
  void addSteps(const Door &D, const std::string &Place, ReproducerWay &To) const;
  void addChain(unsigned From, EvidenceList &To) const;
  std::vector<std::string> parametersOn(unsigned From) const;
  void addStarts();
  void addLeaving();
  void addLookedAt();
  void say(const std::string &File, unsigned Line, const std::string &Function, const std::string &Text);
  void sayTable(const Node &N);
  void sayOpen(const Node &N);
  bool isHook(const Node &N) const { return N.function && (Q.starts.count(N.function->symbol) || Q.exits.count(N.function->symbol)); }

  const WayQuestion &Q;
  const ModuleText &M;
  const UserWayRules &Rules;
  ModuleWords Words;
  std::vector<Node> Nodes;
  std::map<std::string, std::vector<unsigned>> ByName;
  std::vector<WordCall> Calls; ///< of doors
  std::set<std::string> Said; ///< of what was looked at
  UserWays Out;
};

void WaySearch::addNodes() {
  for (const auto &[Name, F] : M.functions())
    Nodes.push_back({.function = &F});
  M.forEachVariable([&](const TextVariable &V) { Nodes.push_back({.variable = &V}); });
  for (unsigned N = 0; N < Nodes.size(); ++N)
    ByName[Nodes[N].name()].push_back(N);
  Calls = Words.calls([&](StringRef Name) { return Rules.door(Name) != nullptr; });
}

/// What a name means in a file: what the file has itself, else what its module has.
std::vector<unsigned> WaySearch::nodesOf(const std::string &Name, const std::string &File) const {
  std::vector<unsigned> Result;
  auto It = ByName.find(Name);
  if (It == ByName.end())
    return Result;
  const TextFunction *F = M.own(Name, File);
  const bool Here = llvm::any_of(It->second, [&](unsigned N) { return Nodes[N].file() == File; });
  for (unsigned N : It->second)
    if (Nodes[N].function ? Nodes[N].function == F : !Here || Nodes[N].file() == File)
      Result.push_back(N);
  return Result;
}

void WaySearch::addUses() {
  for (unsigned N = 0; N < Nodes.size(); ++N) {
    const Node &By = Nodes[N];
    if (By.function) {
      for (const std::string &Id : By.function->text->identifiers)
        for (unsigned Used : nodesOf(Id, By.file()))
          if (Used != N)
            Nodes[Used].uses.push_back({N, ""});
    } else {
      for (const TextVariable::Entry &E : By.variable->entries)
        for (unsigned Used : nodesOf(E.word, By.file()))
          if (Used != N)
            Nodes[Used].uses.push_back({N, E.field});
    }
  }
}

/// Who only makes a table known has none of its functions called.
bool WaySearch::opensADoor(unsigned Table, const TextFunction &F) const {
  return llvm::any_of(Calls, [&](const WordCall &C) {
    const std::string *Target = targetOf(*Rules.door(C.name), C);
    return C.function == F.name && C.file == F.file && Target && firstName(*Target) == Nodes[Table].name();
  });
}

/// Breadth first, so that each node has a shortest way.
void WaySearch::search() {
  std::deque<unsigned> Left;
  for (unsigned N = 0; N < Nodes.size(); ++N)
    if (Nodes[N].function && Q.functions.count(Nodes[N].name())) {
      Nodes[N].reached = true;
      Nodes[N].next = N;
      Left.push_back(N);
    }
  while (!Left.empty()) {
    const unsigned N = Left.front();
    Left.pop_front();
    if (isHook(Nodes[N]) || Nodes[N].distance == MaxSteps)
      continue;
    for (const Node::Use &U : Nodes[N].uses) {
      Node &By = Nodes[U.by];
      const bool Called = Nodes[N].called && !Nodes[N].variable && By.function;
      if (By.reached || (Nodes[N].variable && By.function && (isHook(By) || opensADoor(N, *By.function))))
        continue;
      By.reached = true;
      By.distance = Nodes[N].distance + 1;
      By.next = N;
      By.field = U.field;
      By.called = Called;
      Left.push_back(U.by);
    }
  }
}

std::string WaySearch::nameBehind(const Door &D) const {
  auto Of = [&](const std::string &Expression) { return Expression == "KBUILD_MODNAME" ? std::optional(StringRef(Q.module).str()) : Words.literal(Expression); };
  if (D.rule->called_argument)
    return *D.rule->called_argument < D.call.arguments.size() ? Of(D.call.arguments[*D.rule->called_argument]).value_or("") : "";
  if (const TextVariable *V = Nodes[D.node].variable)
    for (const std::string &Field : D.rule->called)
      if (std::string Value = Words.member(*V, Field); !Value.empty())
        return Of(Value).value_or("");
  return {};
}

void WaySearch::addDoors() {
  std::vector<Door> Doors;
  for (const WordCall &C : Calls) {
    const UserDoorRule &R = *Rules.door(C.name);
    const std::string *Target = targetOf(R, C);
    if (!Target || R.kind == "parameter")
      continue;
    for (unsigned N : nodesOf(firstName(*Target), C.file))
      if (Nodes[N].reached)
        Doors.push_back({&R, C, N});
  }
  auto Key = [&](const Door &D) { return std::make_tuple(!D.rule->needs.empty(), Nodes[D.node].distance, D.call.file, D.call.line); };
  stableSort(Doors, [&](const Door &A, const Door &B) { return Key(A) < Key(B); });
  // A way that goes through what another door opens is a longer one to the same.
  std::set<unsigned> Told;
  auto New = [&](unsigned N) {
    while (!Told.count(N) && Nodes[N].next != N)
      N = Nodes[N].next;
    return !Told.count(N);
  };
  for (const Door &D : Doors)
    if (Out.ways.size() < MaxWays && New(D.node)) {
      Told.insert(D.node);
      Out.ways.push_back(wayThrough(D));
    }
}

ReproducerWay WaySearch::wayThrough(const Door &D) const {
  ReproducerWay W;
  W.kind = D.rule->kind;
  W.name = nameBehind(D);
  W.named = D.rule->called_argument || !D.rule->called.empty();
  W.needs = D.rule->needs;
  W.parameters = parametersOn(D.node);
  const std::string Place = filledIn(D.rule->place, W.name, ""), What = Nodes[D.node].name() + (Nodes[D.node].variable ? "" : "()");
  const auto Others = llvm::count_if(Calls, [&](const WordCall &C) { return C.name == D.call.name && C.arguments == D.call.arguments; }) - 1;
  W.way.push_back({D.call.file, D.call.line, D.call.function, D.call.text() + " makes " + What + " known" + (Others ? "; the same call stands " + std::to_string(Others) + (Others == 1 ? " more time" : " more times") : "")});
  addChain(D.node, W.way);
  addSteps(D, Place, W);
  return W;
}

/// What one member on the way means: a step of its own, or something that opening or closing the door does.
void WaySearch::addMember(const TextVariable &V, const std::string &Field, const std::string &Word, const std::string &Place, Steps &To) const {
  const std::string Member = memberOf(V, Field), Why = Member + " is " + Word + (M.hasFunction(Word) ? "()" : "");
  const UserStepRule *S = Rules.step(V.record, Field);
  if (!To.said.insert(Why).second || (!S && !M.hasFunction(Word)))
    return; // a table in a table: nobody calls it
  if (S && S->when != UserStepRule::Does) {
    std::string &Where = S->when == UserStepRule::Open ? To.opens : To.closes;
    Where += (Where.empty() ? "" : "; ") + Why;
    return;
  }
  To.every = To.every && S;
  const std::string Do = S ? filledIn(S->does, To.name, Place) : "have " + Member + " called";
  if (!To.between.empty() && To.between.back().text == Do)
    To.between.back().why += "; " + Why;
  else
    To.between.push_back({ReproducerStep::Do, Do, Why});
}

/// From the door inwards: each member on the chain, and of the last table also the others that come to what queues as directly.
void WaySearch::addSteps(const Door &D, const std::string &Place, ReproducerWay &To) const {
  Steps All;
  All.name = To.name;
  const Node *Last = nullptr;
  for (unsigned At = D.node; Nodes[At].next != At; At = Nodes[At].next)
    if (const Node &N = Nodes[At]; N.variable) {
      addMember(*N.variable, N.field, Nodes[N.next].name(), Place, All);
      Last = Nodes[N.next].function ? &N : Last;
    }
  if (Last)
    for (const TextVariable::Entry &E : Last->variable->entries)
      for (unsigned N : nodesOf(E.word, Last->file()))
        if (Nodes[N].function && Nodes[N].reached && Nodes[N].distance <= Nodes[Last->next].distance)
          addMember(*Last->variable, E.field, E.word, Place, All);
  To.every_step = All.every;
  To.steps.push_back({ReproducerStep::Do, filledIn(D.rule->open, To.name, Place), All.opens});
  To.steps.insert(To.steps.end(), All.between.begin(), All.between.end());
  if (!D.rule->close.empty())
    To.steps.push_back({ReproducerStep::Do, filledIn(D.rule->close, To.name, Place), All.closes});
}

/// The nodes from here to what queues, each as a line of evidence.
void WaySearch::addChain(unsigned From, EvidenceList &To) const {
  for (unsigned At = From; Nodes[At].next != At; At = Nodes[At].next) {
    const Node &N = Nodes[At], &Next = Nodes[N.next];
    const std::string What = Next.name() + (Next.function ? "()" : "");
    if (N.variable)
      To.push_back({N.file(), Words.lineOf(*N.variable, N.field, Next.name()), "", memberOf(*N.variable, N.field) + " of " + N.name() + " is " + What});
    else
      To.push_back({N.file(), Words.lineIn(*N.function, Next.name()), N.name(), "names " + What});
  }
}

/// Parameters of the module that functions on the way name.
std::vector<std::string> WaySearch::parametersOn(unsigned From) const {
  std::set<std::string> Result;
  for (unsigned At = From;; At = Nodes[At].next) {
    for (const WordCall &C : Calls)
      if (const std::string *Name = Rules.door(C.name)->kind == "parameter" ? targetOf(*Rules.door(C.name), C) : nullptr)
        if (Nodes[At].function && llvm::is_contained(Nodes[At].function->text->identifiers, *Name))
          Result.insert(*Name);
    if (Nodes[At].next == At)
      break;
  }
  return {Result.begin(), Result.end()};
}

/// Loading the module may be all that it takes.
void WaySearch::addStarts() {
  for (unsigned N = 0; N < Nodes.size(); ++N)
    if (const Node &Start = Nodes[N]; Start.function && Start.reached && Start.called && Q.starts.count(Start.function->symbol)) {
      ReproducerWay W;
      W.kind = "load";
      W.name = Q.module;
      W.parameters = parametersOn(N);
      W.way.push_back({Start.file(), Start.function->text->line, Start.name(), "runs when the module is loaded"});
      addChain(N, W.way);
      Out.ways.push_back(std::move(W));
    }
}

void WaySearch::addLeaving() {
  for (unsigned N = 0; N < Nodes.size(); ++N)
    if (const Node &Exit = Nodes[N]; Exit.function && Exit.reached && Exit.called && Q.exits.count(Exit.function->symbol)) {
      Out.leaving.push_back({Exit.file(), Exit.function->text->line, Exit.name(), "runs when the module is removed"});
      addChain(N, Out.leaving);
    }
}

void WaySearch::say(const std::string &File, unsigned Line, const std::string &Function, const std::string &Text) {
  if (!Said.insert(File + ":" + Function + ":" + Text).second)
    return;
  if (Out.looked_at.size() < MaxOthers)
    Out.looked_at.push_back({File, Line, Function, Text});
  else
    ++Out.more;
}

/// Who is handed the table by a call that has no row; or that nobody names it.
void WaySearch::sayTable(const Node &N) {
  const std::string Record = N.variable->record;
  for (const Node::Use &U : N.uses)
    if (const TextFunction *F = Nodes[U.by].function)
      for (const FlowNode &Each : M.tree().flow(*F).nodes)
        if (Each.kind == FlowNode::Call && llvm::any_of(Each.call.arguments, [&](const std::string &A) { return StringRef(A).ltrim("& ") == N.name(); }))
          say(F->file, Each.call.line, F->name, Each.call.name + "() is handed " + N.name() + (Record.empty() ? "" : ", a struct " + Record) + ", and has no row");
  if (N.uses.empty()) {
    const std::string Member = memberOf(*N.variable, N.field), What = Nodes[N.next].name();
    say(N.file(), Words.lineOf(*N.variable, N.field, What), "", Member + " of " + N.name() + " is " + What + ", and nothing else of the module names " + N.name());
  }
}

/// A function that only others can call: the source that stands highest in the tree is likeliest to be of use.
void WaySearch::sayOpen(const Node &N) {
  const Database &DB = M.tree().database();
  std::vector<std::string> Others;
  for (uint32_t Id : DB.mentioning(N.name()))
    if (const std::string &File = DB.index().files()[Id].path; StringRef(File).ends_with(".c") && !M.owns(File))
      Others.push_back(File);
  stableSort(Others, [&](const std::string &A, const std::string &B) { return llvm::count(A, '/') < llvm::count(B, '/'); });
  const std::string Who = Others.empty() ? "nor does any other source" : Others.front() + (Others.size() > 1 ? " and " + std::to_string(Others.size() - 1) + " more do" : " does");
  say(N.file(), N.function->text->line, N.name(), "nothing of the module names it; " + Who);
}

/// Without a way: what was come to instead, the nearest first.
void WaySearch::addLookedAt() {
  std::vector<const Node *> Order;
  for (const Node &N : Nodes)
    if (N.reached)
      Order.push_back(&N);
  stableSort(Order, [](const Node *A, const Node *B) { return A->distance < B->distance; });
  for (const Node *N : Order)
    if (N->variable)
      sayTable(*N);
    else if (N->uses.empty() && !N->function->text->is_static && !isHook(*N))
      sayOpen(*N);
}

} // namespace

std::string shellWord(const std::string &Name) {
  if (!Name.empty() && llvm::all_of(Name, [](char C) { return llvm::isAlnum(C) || StringRef("_-+.,:/@%").contains(C); }) && Name.front() != '-')
    return Name;
  std::string Out = "'";
  for (char C : Name)
    Out += C == '\'' ? std::string("'\\''") : std::string(1, C);
  return Out + "'";
}

std::string filledIn(std::string Text, const std::string &Name, const std::string &Place) {
  const std::pair<StringRef, std::string> Marks[] = {{"{place}", Place}, {"{name}", Name.empty() ? "NAME" : shellWord(Name)}};
  std::string Out;
  for (StringRef Rest = Text; !Rest.empty();) {
    auto Mark = llvm::find_if(Marks, [&](const auto &Each) { return Rest.starts_with(Each.first); });
    Out += Mark == std::end(Marks) ? Rest.take_front().str() : Mark->second;
    Rest = Rest.drop_front(Mark == std::end(Marks) ? 1 : Mark->first.size());
  }
  return Out;
}

UserWays userWaysTo(const WayQuestion &Q, const ModuleText &M, const UserWayRules &Rules) { return WaySearch(Q, M, Rules).run(); }

} // namespace krcu
