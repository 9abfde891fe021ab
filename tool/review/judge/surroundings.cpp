// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What stands around a free and is no part of it: who is kept out while readers' pointers change, what readers may still look at, what was stopped before,
// what else was done for the object. Read off the text of both sides, so nothing here is called right; what is lost is for a person to judge.
#include "tool/review/judge/surroundings.h"
#include "tool/review/judge/looks.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <functional>
#include <map>

using llvm::StringRef;

namespace krcu {

using review::Finding;
using review::PatchVerdict;

namespace {

/// Of a function's flow: each call that goes or comes is held against the others. Beyond it the answer is "cannot tell".
constexpr size_t MostNodes = 1000;

using Is = std::function<bool(const FlowCall &)>;

/// "p" of "&p->rcu", "(struct s *)p" and "*p".
std::string subject(StringRef Argument) {
  if (Argument.starts_with("("))
    Argument = Argument.substr(Argument.find(')') + 1);
  return firstName(Argument.ltrim("&*("));
}

/// One side of a function.
struct Side {
  const Flow &flow;
  StringRef body;
  uint32_t begin = 0; ///< of the body in its file
  unsigned line = 1;  ///< the same as a line

  /// An expression as it would be if all variables of the function had one name: another name is no change.
  std::string nameless(StringRef Expression) const {
    std::string Result;
    while (!Expression.empty()) {
      StringRef Word = Expression.take_while([](char C) { return llvm::isAlnum(C) || C == '_'; });
      const bool Own = flow.locals.count(Word.str()) || llvm::is_contained(flow.parameters, Word);
      Result += Own ? "$" : Word.empty() ? Expression.take_front().str() : Word.str();
      Expression = Expression.drop_front(std::max<size_t>(Word.size(), 1));
    }
    return Result;
  }
  std::string nameless(const FlowCall &C) const { return nameless(textOf(C)); }

  template <class Function> void eachCall(Function Of) const {
    for (unsigned N = 0; N < flow.nodes.size(); ++N)
      if (flow.nodes[N].kind == FlowNode::Call)
        Of(flow.nodes[N].call, N);
  }
  std::vector<unsigned> calls(const Is &Which) const {
    std::vector<unsigned> Result;
    eachCall([&](const FlowCall &C, unsigned N) {
      if (Which(C))
        Result.push_back(N);
    });
    return Result;
  }
  bool has(const Is &Which) const { return !calls(Which).empty(); }
  const FlowCall &at(unsigned N) const { return flow.nodes[N].call; }
  /// By node: whether every way to it has passed one of `Begins` and none of `Ends` behind it.
  std::vector<char> between(const Is &Begins, const Is &Ends) const {
    auto Cut = [&](unsigned N) { return flow.nodes[N].kind == FlowNode::Call && Begins(at(N)); };
    std::vector<char> Outside = reachedWithout(flow, Cut);
    for (unsigned N : calls(Ends)) {
      if (Outside[N])
        continue; // what comes behind it is known already
      const std::vector<char> Behind = reachedWithout(flow, Cut, N);
      for (size_t I = 0; I < Outside.size(); ++I)
        Outside[I] = Outside[I] || (Behind[I] && I != N);
    }
    for (unsigned N = 0; N < flow.nodes.size(); ++N)
      Outside[N] = !Outside[N] && !Cut(N);
    return Outside;
  }
  struct Look {
    std::string variable;
    size_t at;     ///< in the body
    unsigned next; ///< the call that comes next, or the exit
  };
  /// What looks into one of these variables, "p->", in order.
  std::vector<Look> looksThrough(const std::set<std::string> &Variables) const {
    std::map<uint32_t, unsigned> Calls;
    eachCall([&](const FlowCall &C, unsigned N) { Calls.emplace(C.offset, N); });
    std::vector<Look> Result;
    eachLook(body, [&](StringRef Variable, size_t At) {
      if (!Variables.count(Variable.str()))
        return;
      auto Next = Calls.lower_bound(begin + static_cast<uint32_t>(At));
      Result.push_back({Variable.str(), At, Next == Calls.end() ? unsigned{Flow::Exit} : Next->second});
    });
    return Result;
  }
  /// Whether some way leads from one node to another.
  bool leads(unsigned From, unsigned To) const {
    auto [It, New] = Reached.try_emplace(From);
    if (New)
      It->second = reachedWithout(flow, [](unsigned) { return false; }, From);
    return From != To && It->second[To];
  }
  mutable std::map<unsigned, std::vector<char>> Reached = {}; ///< by where one begins
};

class Surroundings {
public:
  Surroundings(const SurroundingsQuestion &Q, const Side &Old, const Side &New, std::vector<Finding> &To) : Q(Q), R(Q.rules), Old(Old), New(New), To(To) {}

  void run() {
    const Is Near = [&](const FlowCall &C) { return defers(C) || llvm::is_contained(R.sleeping_waits, C.name) || event(C, ReviewRule::RcuWork); };
    if (std::max(Old.flow.nodes.size(), New.flow.nodes.size()) > MostNodes)
      return tooLarge(Near);
    readers();
    stores();
    allocations();
    if (isCallback())
      callback();
    stops();
    if (!Old.has(Near) && !New.has(Near) && !isCallback())
      return;
    locks();
    rcuWork();
    touchedBetween();
    lostCalls();
  }

private:
  bool event(const FlowCall &C, ReviewRule::Event E) const { return !C.pointer && Q.more.is(C.name, E); }
  bool defers(const FlowCall &C) const { return !C.pointer && krcu::defers(R, C.name); }
  bool frees(const FlowCall &C) const { return !C.pointer && R.free(C.name); }
  bool unlinks(const FlowCall &C) const { return llvm::is_contained(R.unlinks, C.name); }
  /// Calls that have a question of their own, or that nobody misses.
  bool isAskedElsewhere(const FlowCall &C) const {
    for (const std::vector<std::string> *Names : {&R.checks, &R.container_macros, &R.sleeping_waits, &R.reader_begins, &R.reader_ends, &R.atomic_begins, &R.atomic_ends, &R.work_ends, &R.cache_alloc,
                                                  &Q.more.printing_calls})
      if (llvm::is_contained(*Names, C.name))
        return true;
    return defers(C) || frees(C) || unlinks(C) || R.barrier(C.name) || R.cacheDestroy(C.name) || llvm::any_of(Q.more.events, [&](const ReviewRule &E) { return E.name == C.name; }) ||
           C.name.find("lock") != std::string::npos;
  }
  bool isQuiet(const FlowCall &C) const { return isAskedElsewhere(C) || llvm::is_contained(R.quiet_calls, C.name); }
  bool isCallback() const {
    return New.flow.parameters.size() == 1 && llvm::any_of(R.heads, [&](const std::string &Head) {
             auto It = New.flow.records.find(New.flow.parameters.front());
             return It != New.flow.records.end() && It->second == Head;
           });
  }
  /// The lock of a call that takes or gives one: "lock" of "&x->lock"; a function without arguments has one of its own.
  std::string lockOf(const FlowCall &C) const {
    if (!C.arguments.empty())
      return lastName(C.arguments.front());
    std::string Name = C.name;
    if (size_t At = Name.find("unlock"); At != std::string::npos)
      Name.erase(At, 2);
    return Name;
  }
  Is takes(const std::string &Lock) const {
    return [this, Lock](const FlowCall &C) { return event(C, ReviewRule::Lock) && lockOf(C) == Lock; };
  }
  Is gives(const std::string &Lock) const {
    return [this, Lock](const FlowCall &C) { return event(C, ReviewRule::Unlock) && lockOf(C) == Lock; };
  }
  std::set<std::string> locksIn(const Side &S) const {
    std::set<std::string> Locks;
    S.eachCall([&](const FlowCall &C, unsigned) {
      if (event(C, ReviewRule::Lock))
        Locks.insert(lockOf(C));
    });
    Locks.erase("");
    return Locks;
  }
  /// guard(mutex)(&lock), scoped_guard(rcu): what a scope holds is not in the calls.
  bool isGuarded(StringRef What) const {
    for (size_t At = New.body.find("guard("); At != StringRef::npos; At = New.body.find("guard(", At + 1)) {
      StringRef Statement = New.body.substr(At);
      if (wordsOf(Statement.substr(0, Statement.find_first_of(";{\n"))).count(What.str()))
        return true;
    }
    return false;
  }
  void add(PatchVerdict V, const FlowCall &C, bool OldLine, std::string Reason) {
    const std::string &File = OldLine ? Q.before_path : Q.after_path;
    To.push_back({V, File, C.line, OldLine, std::move(Reason), {{File, C.line, Q.function, (OldLine ? "before: " : "now: ") + textOf(C)}}});
  }
  std::string in() const { return " in " + Q.function + "()"; }

  void tooLarge(const Is &Near);
  void locks();
  void readers();
  void reads(const std::vector<char> &Had, const std::vector<char> &Has);
  void stores();
  void stops();
  void rcuWork();
  void callback();
  void touchedBetween();
  void lostCalls();
  void allocations();
  /// Calls by their text without names of variables.
  std::map<std::string, std::vector<unsigned>> byText(const Side &S, const Is &Which) const;

  const SurroundingsQuestion &Q;
  const Rules &R;
  const Side &Old, &New;
  std::vector<Finding> &To;
};

std::map<std::string, std::vector<unsigned>> Surroundings::byText(const Side &S, const Is &Which) const {
  std::map<std::string, std::vector<unsigned>> Result;
  for (unsigned N : S.calls(Which))
    Result[S.nameless(S.at(N))].push_back(N);
  return Result;
}

/// Only whether there is anything to ask about.
void Surroundings::tooLarge(const Is &Near) {
  const Is Concerned = [&](const FlowCall &C) { return Near(C) || llvm::is_contained(R.reader_begins, C.name) || llvm::is_contained(R.work_ends, C.name) || event(C, ReviewRule::PlainStore); };
  for (const Side *S : {&New, &Old})
    if (const std::vector<unsigned> Found = S->calls(Concerned); !Found.empty())
      return add(PatchVerdict::CannotTell, S->at(Found.front()), S == &Old, Q.function + "() is too large for what stands around its frees and waits to be followed");
}

/// What changes a pointer that readers follow, or reads it to change it, under a lock: it must still.
void Surroundings::locks() {
  const Is Guarded = [&](const FlowCall &C) { return unlinks(C) || event(C, ReviewRule::LockedRead); };
  const std::vector<unsigned> Now = New.calls(Guarded);
  const auto Before = byText(Old, Guarded);
  for (const std::string &Lock : locksIn(Old)) {
    if (isGuarded(Lock))
      continue;
    const std::vector<char> Had = Old.between(takes(Lock), gives(Lock)), Has = New.between(takes(Lock), gives(Lock));
    for (const auto &[Text, Nodes] : Before) {
      const FlowCall &Was = Old.at(Nodes.front());
      const std::string Place = Was.arguments.empty() ? "" : Old.nameless(Was.arguments.front());
      if (!llvm::all_of(Nodes, [&](unsigned N) { return Had[N] != 0; }))
        continue;
      auto WasOutside = [&](unsigned N) { // the same call, in the old text without the lock, too
        auto Same = Before.find(New.nameless(New.at(N)));
        return Same != Before.end() && llvm::any_of(Same->second, [&](unsigned O) { return !Had[O]; });
      };
      auto It = llvm::find_if(Now, [&](unsigned N) {
        const FlowCall &C = New.at(N);
        return !WasOutside(N) && !C.arguments.empty() && New.nameless(C.arguments.front()) == Place && !Has[N];
      });
      if (It == Now.end())
        continue;
      add(PatchVerdict::CannotTell, New.at(*It), false, textOf(New.at(*It)) + in() + " no longer stands under " + Lock + ", which kept others out; who does now was not followed");
      return;
    }
  }
}

/// What stood in a read-side section: it must still, or under a lock.
void Surroundings::readers() {
  const Is Begins = [&](const FlowCall &C) { return llvm::is_contained(R.reader_begins, C.name); }, Ends = [&](const FlowCall &C) { return llvm::is_contained(R.reader_ends, C.name); };
  if (!Old.has(Begins) || isGuarded("rcu"))
    return;
  const Is Asked = [&](const FlowCall &C) { return !C.arguments.empty() && !isQuiet(C) && !llvm::is_contained(R.effect_calls, C.name); };
  const std::vector<char> Had = Old.between(Begins, Ends);
  std::vector<char> Has = New.between(Begins, Ends);
  for (const std::string &Lock : locksIn(New)) {
    const std::vector<char> Held = New.between(takes(Lock), gives(Lock));
    for (size_t N = 0; N < Has.size(); ++N)
      Has[N] = Has[N] || Held[N];
  }
  reads(Had, Has);
  const auto Now = byText(New, Asked);
  for (const auto &[Text, Nodes] : byText(Old, Asked)) {
    auto It = Now.find(Text);
    if (It == Now.end() || !llvm::all_of(Nodes, [&](unsigned N) { return Had[N] != 0; }))
      continue;
    for (unsigned N : It->second)
      if (!Has[N]) {
        add(PatchVerdict::CannotTell, New.at(N), false, textOf(New.at(N)) + in() + " stood in a read-side section and no longer does; whether what it looks at can be freed meanwhile was not followed");
        return;
      }
  }
}

/// What a read-side section has fetched was only looked into there: it must still be. `Had`, `Has`: by node, whether it stands in a section. A call with
/// the object that is new in the section may take a reference.
void Surroundings::reads(const std::vector<char> &Had, const std::vector<char> &Has) {
  auto Fetched = [](const FlowCall &C) { // "p" of p = rcu_dereference(x), and of list_for_each_entry_rcu(p, ...)
    return C.assigned.empty() && C.name.find("for_each") != std::string::npos && !C.arguments.empty() ? C.arguments.front() : C.assigned;
  };
  const auto Before = byText(Old, [](const FlowCall &) { return true; });
  std::set<std::string> Objects;
  Old.eachCall([&](const FlowCall &C, unsigned N) {
    if (Had[N] && Old.flow.locals.count(Fetched(C)))
      Objects.insert(Fetched(C));
  });
  New.eachCall([&](const FlowCall &C, unsigned N) {
    if (!Has[N])
      Objects.erase(Fetched(C));
    else if (!Before.count(New.nameless(C)))
      for (const std::string &A : C.arguments)
        Objects.erase(subject(A));
  });
  for (const Side::Look &L : Old.looksThrough(Objects))
    if (!Had[L.next])
      Objects.erase(L.variable);
  for (const Side::Look &L : New.looksThrough(Objects)) {
    if (Has[L.next])
      continue;
    const unsigned Line = New.line + static_cast<unsigned>(New.body.take_front(L.at).count('\n'));
    const StringRef Text = New.body.substr(New.body.take_front(L.at).rfind('\n') + 1).split('\n').first.trim(); // npos + 1 is 0
    To.push_back({PatchVerdict::CannotTell, Q.after_path, Line, false,
                  L.variable + in() + " was looked into in a read-side section only, and now it is outside of one; whether it can be freed meanwhile was not followed",
                  {{Q.after_path, Line, Q.function, "now: " + Text.str()}}});
    return;
  }
}

/// A pointer that was published in order.
void Surroundings::stores() {
  for (unsigned N : New.calls([&](const FlowCall &C) { return event(C, ReviewRule::PlainStore) && C.arguments.size() == 2 && C.arguments[1] != "NULL"; })) {
    const FlowCall &C = New.at(N);
    const Is Ordered = [&](const FlowCall &O) { return event(O, ReviewRule::OrderedStore) && !O.arguments.empty() && O.arguments.front() == C.arguments.front(); };
    if (Old.has(Ordered) && !New.has(Ordered))
      add(PatchVerdict::CannotTell, C, false, textOf(C) + in() + " takes the place of a store that readers see behind what was written before it; whether they may see it earlier was not followed");
  }
}

/// What was stopped in front of a free, a barrier or a destruction: it may still run there now.
void Surroundings::stops() {
  const Is Stops = [&](const FlowCall &C) { return !C.pointer && !C.arguments.empty() && llvm::is_contained(R.work_ends, C.name); };
  auto Object = [&](const Side &S, const FlowCall &C) { // what must not come too early
    if (R.barrier(C.name) || R.cacheDestroy(C.name))
      return S.nameless(C);
    const DeferralRule *Deferral = R.deferral(C.name);
    const FreeRule *Free = R.free(C.name);
    const size_t N = Deferral ? Deferral->head : Free ? Free->object : 0;
    return (defers(C) || frees(C)) && N < C.arguments.size() ? "free " + subject(C.arguments[N]) : std::string();
  };
  auto Names = [&](const Side &S) { // by node
    std::vector<std::string> Result(S.flow.nodes.size());
    S.eachCall([&](const FlowCall &C, unsigned N) { Result[N] = Object(S, C); });
    return Result;
  };
  const std::vector<std::string> OldNames = Names(Old), NewNames = Names(New);
  const std::set<std::string> Had(OldNames.begin(), OldNames.end());
  std::set<std::string> Asked;
  for (unsigned Stop : Old.calls(Stops)) {
    const std::string What = Old.nameless(Old.at(Stop).arguments.front());
    if (!Asked.insert(What).second)
      continue;
    auto Unstopped = [&](const Side &S, const std::vector<std::string> &NameOf) {
      std::map<std::string, unsigned> Result;
      const std::vector<char> Reached = reachedWithout(S.flow, [&](unsigned N) { return S.flow.nodes[N].kind == FlowNode::Call && Stops(S.at(N)) && S.nameless(S.at(N).arguments.front()) == What; });
      for (unsigned N = 0; N < NameOf.size(); ++N)
        if (Reached[N] && !NameOf[N].empty())
          Result.emplace(NameOf[N], N);
      return Result;
    };
    const auto Before = Unstopped(Old, OldNames);
    for (const auto &[Name, N] : Unstopped(New, NewNames))
      if (Had.count(Name) && !Before.count(Name)) {
        add(PatchVerdict::CannotTell, Old.at(Stop), true, textOf(Old.at(Stop)) + " stood in front of " + New.at(N).name + "()" + in() + " and no longer does; what it stopped may still run there");
        return;
      }
  }
}

/// A work item that was queued for after a grace period.
void Surroundings::rcuWork() {
  const Is Queues = [&](const FlowCall &C) { return event(C, ReviewRule::RcuWork); };
  const auto Now = byText(New, Queues);
  for (const auto &[Text, Nodes] : byText(Old, Queues)) {
    if (auto It = Now.find(Text); It != Now.end() && It->second.size() >= Nodes.size())
      continue;
    const FlowCall &C = Old.at(Nodes.front());
    const std::string Work = C.arguments.empty() ? "" : C.arguments.back();
    const std::vector<unsigned> Plain = New.calls([&](const FlowCall &O) { return !Queues(O) && !O.arguments.empty() && StringRef(O.arguments.back()).starts_with(Work) && !isAskedElsewhere(O); });
    if (!Plain.empty())
      add(PatchVerdict::Broken, New.at(Plain.front()), false, textOf(New.at(Plain.front())) + in() + " does not wait for a grace period, as " + textOf(C) + " did before");
    else
      add(PatchVerdict::CannotTell, C, true, textOf(C) + " goes" + in() + "; who does its work now, and behind which grace period, was not followed");
  }
}

/// An RCU callback runs where nothing may sleep.
void Surroundings::callback() {
  auto Count = [](const Side &S, const std::string &Name) { return S.calls([&](const FlowCall &C) { return C.name == Name; }).size(); };
  const Is Sleeps = [&](const FlowCall &C) { // a wait for readers or callbacks, too, and the end of a cache
    return event(C, ReviewRule::Sleeps) || (!C.pointer && (llvm::is_contained(R.sleeping_waits, C.name) || R.barrier(C.name) || R.cacheDestroy(C.name)));
  };
  for (unsigned N : New.calls(Sleeps))
    if (const FlowCall &C = New.at(N); Count(New, C.name) > Count(Old, C.name)) {
      add(PatchVerdict::Broken, C, false, C.name + "() may sleep, and " + Q.function + "() is an RCU callback, which may not");
      return;
    }
}

/// A new call that gets the object when it is out of the structure and not freed yet.
void Surroundings::touchedBetween() {
  const auto Before = byText(Old, [](const FlowCall &) { return true; });
  std::map<std::string, std::vector<unsigned>> Candidates; ///< by object: new calls with it behind its unlinking
  for (unsigned Free : New.calls([&](const FlowCall &C) { return defers(C) && !C.arguments.empty(); })) {
    const std::string Object = subject(New.at(Free).arguments.front());
    const Is Unlinks = [&](const FlowCall &C) { return unlinks(C) && llvm::any_of(C.arguments, [&](const std::string &A) { return subject(A) == Object; }); };
    auto [Known, Fresh] = Candidates.try_emplace(Object);
    if (Fresh) {
      const std::vector<unsigned> Unlinked = New.calls(Unlinks);
      for (unsigned N : New.calls([&](const FlowCall &C) { return !isAskedElsewhere(C) && !C.arguments.empty() && subject(C.arguments.front()) == Object && !Before.count(New.nameless(C)); }))
        if (llvm::any_of(Unlinked, [&](unsigned U) { return New.leads(U, N); }))
          Known->second.push_back(N);
    }
    for (unsigned N : Known->second) {
      const FlowCall &C = New.at(N);
      if (!New.leads(N, Free))
        continue;
      add(PatchVerdict::CannotTell, C, false, textOf(C) + " comes" + in() + " behind the unlinking of " + Object + " and in front of its free: readers may still look at it, and whether it changes something was not followed");
      return;
    }
  }
}

/// What was done for the object besides: a call that goes, and no other one with the same argument comes.
void Surroundings::lostCalls() {
  std::set<std::string> Objects;
  Old.eachCall([&](const FlowCall &C, unsigned) {
    if (defers(C) || frees(C))
      for (const std::string &A : C.arguments)
        Objects.insert(subject(A));
  });
  Objects.erase("");
  const Is Any = [](const FlowCall &) { return true; };
  const auto Now = byText(New, Any), Before = byText(Old, Any);
  for (const auto &[Text, Nodes] : Before) {
    const FlowCall &C = Old.at(Nodes.front());
    if (Now.count(Text) || isQuiet(C) || C.arguments.empty() || !Objects.count(subject(C.arguments.front())) || Q.frees_inside(C.name))
      continue;
    const bool Effect = llvm::is_contained(R.effect_calls, C.name);
    auto Instead = [&](const FlowCall &O) {
      return !Before.count(New.nameless(O)) && !isQuiet(O) && !O.arguments.empty() && New.nameless(O.arguments.front()) == Old.nameless(C.arguments.front()) &&
             (!Effect || llvm::is_contained(R.effect_calls, O.name));
    };
    if (New.has(Instead) || New.has([&](const FlowCall &O) { return !Before.count(New.nameless(O)) && Q.calls_in(O.name, C.name); }))
      continue;
    const std::string Moved = Q.comes_elsewhere(C.name) ? "; another function calls it now, and whether it may at that time was not followed" : "; who does its work now was not found";
    add(PatchVerdict::CannotTell, C, true, textOf(C) + " goes" + in() + Moved);
    return;
  }
}

/// Where the object comes from: kfree_rcu() must be able to free it.
void Surroundings::allocations() {
  const Is Gives = [&](const FlowCall &C) { return event(C, ReviewRule::Allocation) || llvm::is_contained(R.cache_alloc, C.name); };
  for (unsigned N : Old.calls([&](const FlowCall &C) { return event(C, ReviewRule::Allocation) && !C.assigned.empty(); })) {
    const FlowCall &Was = Old.at(N);
    auto Record = Old.flow.records.find(Was.assigned);
    const Is Into = [&](const FlowCall &C) { return C.assigned == Was.assigned; };
    if (Record == Old.flow.records.end() || !Q.defers_record(Record->second) || New.has([&](const FlowCall &C) { return Into(C) && Gives(C); }))
      continue;
    for (unsigned Other : New.calls(Into)) {
      add(PatchVerdict::CannotTell, New.at(Other), false, "struct " + Record->second + " comes from " + New.at(Other).name + "() now, and kfree_rcu() frees such objects; whether it can was not followed");
      return;
    }
  }
}

} // namespace

std::string textOf(const FlowCall &C) { return C.object + C.name + "(" + llvm::join(C.arguments, ", ") + ")"; }

bool defers(const Rules &R, const std::string &Name) {
  return R.deferral(Name) || llvm::is_contained(R.replacements, Name) || llvm::is_contained(R.deferred_frees_no_head, Name);
}

void judgeSurroundings(const SurroundingsQuestion &Q, const FunctionText &Was, const FunctionText &Now, std::vector<Finding> &To) {
  const Side Old{Was.flow, Was.text, Was.begin, Was.line}, New{Now.flow, Now.text, Now.begin, Now.line};
  Surroundings(Q, Old, New, To).run();
}

} // namespace krcu
