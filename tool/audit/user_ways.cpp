// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/audit/user_ways.h"
#include "tool/audit/module_words.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <deque>

using llvm::StringRef;

namespace krcu {
namespace {

constexpr unsigned MaxSteps = 16; ///< a longer chain of names shows nothing
constexpr size_t MaxWays = 3, MaxOthers = 12;

/// A function or a table of the module, on the way to what queues.
struct Node {
  const TextFunction *function = nullptr; ///< or
  const TextVariable *variable = nullptr;
  struct Use {
    unsigned by = 0;   ///< who names it or holds it
    std::string field; ///< of a table: the member
  };
  std::vector<Use> uses;
  bool reached = false;
  unsigned distance = 0; ///< steps to what queues
  unsigned next = 0;     ///< the node that is one step nearer
  std::string field;     ///< of a table: the member that holds that one
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
  void addSteps(const Door &D, const std::string &Place, ReproducerWay &To) const;
  void addChain(unsigned From, EvidenceList &To) const;
  std::vector<std::string> parametersOn(unsigned From) const;
  void addStarts();
  void addLeaving();
  void addLookedAt();
  bool isHook(const Node &N) const { return N.function && (Q.starts.count(N.function->symbol) || Q.exits.count(N.function->symbol)); }

  const WayQuestion &Q;
  const ModuleText &M;
  const UserWayRules &Rules;
  ModuleWords Words;
  std::vector<Node> Nodes;
  std::map<std::string, std::vector<unsigned>> ByName;
  std::vector<WordCall> Calls; ///< of doors
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
  std::stable_sort(Doors.begin(), Doors.end(), [&](const Door &A, const Door &B) { return Key(A) < Key(B); });
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
  const std::string Place = filledIn(D.rule->place, W.name, "");
  W.way.push_back({D.call.file, D.call.line, D.call.function, D.call.text() + (Nodes[D.node].variable ? " makes " + Nodes[D.node].name() + " known" : " makes " + Nodes[D.node].name() + "() known")});
  addChain(D.node, W.way);
  addSteps(D, Place, W);
  return W;
}

/// From the door inwards: each member on the chain, and of the last table also the others that come to what queues as directly.
void WaySearch::addSteps(const Door &D, const std::string &Place, ReproducerWay &To) const {
  std::string Opens, Closes;
  std::vector<ReproducerStep> Between;
  std::set<std::string> Said;
  auto Add = [&](const TextVariable &V, const std::string &Field, const std::string &Word) {
    const std::string Why = (V.record.empty() ? "" : V.record + ".") + Field + " is " + Word + (M.hasFunction(Word) ? "()" : "");
    const UserStepRule *S = Rules.step(V.record, Field);
    if (!Said.insert(Why).second || (!S && !M.hasFunction(Word)))
      return; // a table in a table: nobody calls it
    if (S && S->when != UserStepRule::Does) {
      std::string &Where = S->when == UserStepRule::Open ? Opens : Closes;
      Where += (Where.empty() ? "" : "; ") + Why;
      return;
    }
    To.every_step = To.every_step && S;
    const std::string Do = S ? filledIn(S->does, To.name, Place) : "have " + (V.record.empty() ? "" : V.record + ".") + Field + " called";
    if (!Between.empty() && Between.back().text == Do)
      Between.back().why += "; " + Why;
    else
      Between.push_back({ReproducerStep::Do, Do, Why});
  };
  const TextVariable *Last = nullptr;
  unsigned At = D.node;
  for (; Nodes[At].next != At; At = Nodes[At].next)
    if (const TextVariable *V = Nodes[At].variable) {
      Add(*V, Nodes[At].field, Nodes[Nodes[At].next].name());
      Last = Nodes[Nodes[At].next].function ? V : Last;
    }
  if (Last) {
    unsigned Nearest = ~0u;
    for (unsigned N = D.node; Nodes[N].next != N; N = Nodes[N].next)
      if (Nodes[N].variable == Last)
        Nearest = Nodes[Nodes[N].next].distance;
    for (const TextVariable::Entry &E : Last->entries)
      for (unsigned N : nodesOf(E.word, Last->file))
        if (Nodes[N].function && Nodes[N].reached && Nodes[N].distance <= Nearest)
          Add(*Last, E.field, E.word);
  }
  To.steps.push_back({ReproducerStep::Do, filledIn(D.rule->open, To.name, Place), Opens});
  To.steps.insert(To.steps.end(), Between.begin(), Between.end());
  if (!D.rule->close.empty())
    To.steps.push_back({ReproducerStep::Do, filledIn(D.rule->close, To.name, Place), Closes});
}

/// The nodes from here to what queues, each as a line of evidence.
void WaySearch::addChain(unsigned From, EvidenceList &To) const {
  for (unsigned At = From; Nodes[At].next != At; At = Nodes[At].next) {
    const Node &N = Nodes[At], &Next = Nodes[N.next];
    const std::string What = Next.name() + (Next.function ? "()" : "");
    if (N.variable)
      To.push_back({N.file(), Words.lineOf(*N.variable, N.field, Next.name()), "", (N.variable->record.empty() ? "" : N.variable->record + ".") + N.field + " of " + N.name() + " is " + What});
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

/// Without a way: the tables that come to what queues, with who is handed them; and what others may call.
void WaySearch::addLookedAt() {
  std::set<std::string> Said;
  auto Say = [&](const std::string &File, unsigned Line, const std::string &Function, const std::string &Text) {
    if (Out.looked_at.size() < MaxOthers && Said.insert(File + ":" + Function + ":" + Text).second)
      Out.looked_at.push_back({File, Line, Function, Text});
  };
  std::vector<unsigned> Order;
  for (unsigned N = 0; N < Nodes.size(); ++N)
    if (Nodes[N].reached)
      Order.push_back(N);
  std::stable_sort(Order.begin(), Order.end(), [&](unsigned A, unsigned B) { return Nodes[A].distance < Nodes[B].distance; });
  for (unsigned At : Order) {
    const Node &N = Nodes[At];
    if (N.variable) {
      bool Handed = false;
      for (const Node::Use &U : N.uses)
        if (const TextFunction *F = Nodes[U.by].function)
          for (const FlowNode &Each : M.tree().flow(*F).nodes)
            if (Each.kind == FlowNode::Call && llvm::any_of(Each.call.arguments, [&](const std::string &A) { return firstName(A) == N.name(); })) {
              Say(F->file, Each.call.line, F->name, Each.call.name + "() is handed " + N.name() + (N.variable->record.empty() ? "" : ", a struct " + N.variable->record) + ", and has no row");
              Handed = true;
            }
      if (!Handed && N.uses.empty())
        Say(N.file(), Words.lineOf(*N.variable, N.field, Nodes[N.next].name()), "", (N.variable->record.empty() ? "" : N.variable->record + ".") + N.field + " of " + N.name() + " is " + Nodes[N.next].name() + ", and nothing else of the module names " + N.name());
    } else if (N.uses.empty() && !N.function->text->is_static && !isHook(N)) {
      const Database &DB = M.tree().database();
      std::vector<std::string> Others;
      for (uint32_t Id : DB.mentioning(N.name()))
        if (const std::string &File = DB.index().files()[Id].path; StringRef(File).ends_with(".c") && !M.owns(File))
          Others.push_back(File);
      // What stands nearest to the module is likeliest to be of use.
      llvm::stable_sort(Others, [&](const std::string &A, const std::string &B) { return llvm::count(A, '/') < llvm::count(B, '/'); });
      Say(N.file(), N.function->text->line, N.name(), "nothing of the module names it; " + (Others.empty() ? "nor does any other source" : Others.front() + (Others.size() > 1 ? " and " + std::to_string(Others.size() - 1) + " more do" : " does")));
    }
  }
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
