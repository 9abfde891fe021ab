// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/unload/flow.h"
#include "tool/unload/flow_expressions.h"
#include <algorithm>
#include <set>
#include <utility>

using llvm::StringRef;

namespace krcu {
namespace {

/// The statements of a function.
class FlowReader : FlowExpressions {
public:
  FlowReader(StringRef Text, const OutlineFunction &F) : FlowExpressions(Text, F) {
    Made.nodes.resize(2);
    Made.nodes[0].kind = FlowNode::Entry;
    Made.nodes[1].kind = FlowNode::Exit;
    size_t Body = F.body_begin - F.decl_begin, I = 0;
    while (I < T.size() && T[I]->offset < Body)
      ++I;
    head(I);
    std::vector<unsigned> Open{Flow::Entry};
    if (is(I, "{"))
      block(I, Open);
    else
      replacement(I, Open);
    link(Open, Flow::Exit);
    for (const auto &[From, Label] : Jumps)
      if (auto It = Labels.find(Label); It != Labels.end())
        Made.nodes[From].next.push_back(It->second);
      else
        Made.nodes[From].next.push_back(Flow::Exit);
    for (const auto &[Name, Times] : Stores)
      if (Times > 1)
        Made.values.erase(Name), Made.ambiguous.insert(Name);
    markBehindLabels();
  }

  Flow take() { return std::move(Made); }

private:
  /// `I`: at '{'; returns behind '}'.
  size_t block(size_t I, Ends &Open) {
    size_t End = closing(I);
    Scopes.emplace_back();
    for (++I; I < End;)
      I = statement(I, End, Open);
    if (!Open.empty())
      leaveScope(Scopes.back(), "", End, Open);
    Scopes.pop_back();
    return End + 1;
  }

  /// struct item *x __free(item_put): where the scope ends, item_put(x) is called, unless `Returned` hands x on.
  void leaveScope(const std::vector<std::pair<std::string, std::string>> &Scope, StringRef Returned, size_t At, Ends &Open) {
    for (auto It = Scope.rbegin(); It != Scope.rend(); ++It) {
      if (Returned.contains("no_free_ptr(" + It->second + ")") || Returned.contains("return_ptr(" + It->second + ")"))
        continue;
      FlowCall C;
      C.name = It->first;
      C.arguments = {It->second};
      C.config = Enabled;
      C.line = lineAt(At);
      C.offset = offsetAt(std::min(At, T.size() - 1));
      Made.nodes[add(FlowNode::Call, Open, C.line)].call = std::move(C);
    }
  }

  /// What a declaration says of the end of its scope.
  void takeCleanup(size_t I, size_t End) {
    for (size_t At = I + 1; At + 3 < End; ++At)
      if (is(At, "__free") && is(At + 1, "(") && word(At + 2) && is(At + 3, ")") && word(At - 1) && !Scopes.empty())
        Scopes.back().emplace_back(T[At + 2]->text.str(), T[At - 1]->text.str());
  }

  /// What a macro stands for: statements, the last of them without a semicolon.
  void replacement(size_t I, Ends &Open) {
    static const std::set<StringRef> Begins = {"do", "if", "for", "while", "switch", "{"};
    if (I + 1 == T.size() && word(I))
      return callByName(I, Open); // another name of a function
    while (I < T.size()) {
      if (!Begins.count(T[I]->text) && endOf(I, T.size()) == T.size() && !is(T.size() - 1, ";"))
        return void(expression(I, T.size(), Open));
      I = statement(I, T.size(), Open);
    }
  }

  /// DRV_WAIT; where that is a macro without parentheses.
  void callByName(size_t I, Ends &Open) {
    FlowCall C;
    C.name = T[I]->text.str();
    C.config = !Enabled.empty() ? Enabled : Around[std::min(I, Around.size() - 1)].str();
    C.line = lineAt(I);
    C.offset = offsetAt(I);
    Made.nodes[add(FlowNode::Call, Open, C.line)].call = std::move(C);
  }

  size_t statement(size_t I, size_t Limit, Ends &Open) {
    if (I >= Limit || ++Depth > 200) {
      Depth -= I < Limit;
      return Limit;
    }
    size_t Next = oneStatement(I, Limit, Open);
    --Depth;
    return std::max(Next, I + 1);
  }

  size_t oneStatement(size_t I, size_t Limit, Ends &Open) {
    if (is(I, ";"))
      return I + 1;
    if (is(I, "{"))
      return block(I, Open);
    if (is(I, "if"))
      return ifStatement(I, Limit, Open);
    if (is(I, "while") || is(I, "for"))
      return loop(I, Limit, Open);
    if (is(I, "do"))
      return doLoop(I, Limit, Open);
    if (is(I, "switch"))
      return switchStatement(I, Limit, Open);
    if (is(I, "case") || is(I, "default"))
      return caseLabel(I, Limit, Open);
    if (is(I, "break") || is(I, "continue")) {
      std::vector<Ends *> &To = is(I, "break") ? Breaks : Continues;
      if (!To.empty())
        join(*To.back(), Open);
      Open.clear();
      return I + 2;
    }
    if (is(I, "goto")) {
      unsigned Id = add(FlowNode::Join, Open, lineAt(I));
      if (word(I + 1))
        Jumps.emplace_back(Id, T[I + 1]->text.str());
      Open.clear();
      return endOf(I, Limit);
    }
    if (is(I, "return")) {
      size_t End = endOf(I, Limit);
      expression(I + 1, End - 1, Open);
      for (auto Scope = Scopes.rbegin(); Scope != Scopes.rend(); ++Scope)
        leaveScope(*Scope, textOf(I + 1, End - 1), I, Open);
      unsigned Id = add(FlowNode::Return, Open, lineAt(I));
      Made.nodes[Id].value = textOf(I + 1, End - 1);
      link(Open, Flow::Exit);
      Open.clear();
      return End;
    }
    if (word(I) && is(I + 1, ":") && !is(I + 2, ":")) {
      Labels[T[I]->text.str()] = add(FlowNode::Join, Open, lineAt(I));
      return I + 2;
    }
    if (word(I) && is(I + 1, "(") && !isNoCall(T[I]->text))
      if (size_t Close = closing(I + 1); Close + 1 < Limit && startsStatement(Close + 1))
        return macroStatement(I, Close, Limit, Open);
    size_t End = endOf(I, Limit);
    if (word(I) && is(I + 1, ";") && !is(I, "fallthrough") && !Made.locals.count(T[I]->text.str())) {
      callByName(I, Open);
      return End;
    }
    declaration(I, End);
    takeCleanup(I, End);
    expression(I, End - 1, Open);
    return End;
  }

  bool startsStatement(size_t I) const {
    StringRef W = T[I]->text;
    return W == "{" || (T[I]->isIdentifier() && !W.starts_with("__"));
  }

  /// list_for_each_entry(...) S, scoped_guard(...) S.
  size_t macroStatement(size_t I, size_t Close, size_t Limit, Ends &Open) {
    StringRef Name = T[I]->text;
    bool Loops = Name.contains("for_each") || Name.contains("foreach") || Name.contains("FOR_EACH") || Name.contains("_each_");
    expression(I + 2, Close, Open);
    if (!Loops)
      return statement(Close + 1, Limit, Open);
    return loopBody(Close + 1, Limit, Open, /*Endless=*/false);
  }

  size_t ifStatement(size_t I, size_t Limit, Ends &Open) {
    if (!is(I + 1, "("))
      return endOf(I, Limit);
    size_t Close = closing(I + 1);
    std::string Condition = textOf(I + 2, Close);
    expression(I + 2, Close, Open);
    unsigned Fork = add(FlowNode::Join, Open, lineAt(I));
    bool Configured = isEnabled(Condition), Always = Condition == "1" || Condition == "true" || Configured;
    std::string Outer = Enabled;
    if (Configured)
      Enabled = Condition;
    Ends Then{Fork}, Else{Fork};
    size_t Next = statement(Close + 1, Limit, Then);
    Enabled = std::move(Outer);
    Made.nodes[Fork].condition = std::move(Condition);
    Made.nodes[Fork].then_end = static_cast<unsigned>(Made.nodes.size());
    Made.nodes[Fork].leaves = Then.empty();
    if (is(Next, "else") && Next < Limit)
      Next = statement(Next + 1, Limit, Else);
    else if (Always)
      Else.clear();
    Open = Then;
    join(Open, Else);
    return Next;
  }

  /// IS_ENABLED(CONFIG_FOO) and nothing else.
  static bool isEnabled(StringRef Condition) {
    StringRef Word = Condition.take_while(isWordChar);
    return (Word == "IS_ENABLED" || Word == "IS_REACHABLE" || Word == "IS_BUILTIN") && Condition.find(')') == Condition.size() - 1;
  }

  size_t loopBody(size_t Body, size_t Limit, Ends &Open, bool Endless, std::string Turn = "", bool Certain = false) {
    unsigned Head = add(FlowNode::Join, Open, lineAt(Body));
    Ends Out, Again;
    Breaks.push_back(&Out), Continues.push_back(&Again);
    Turns.push_back(std::move(Turn));
    unsigned Before = TableCalls;
    Ends Inner{Head};
    size_t Next = statement(Body, Limit, Inner);
    Turns.pop_back();
    Breaks.pop_back(), Continues.pop_back();
    link(Inner, Head), link(Again, Head);
    Open = Out;
    Made.nodes[Head].then_end = static_cast<unsigned>(Made.nodes.size());
    Made.nodes[Head].loop = true;
    if (!Endless && (Certain || TableCalls != Before)) { // no table is empty
      join(Open, Inner), join(Open, Again);
      Made.nodes[Head].loop = false;
    } else if (!Endless) {
      Open.push_back(Head);
    }
    return Next;
  }

  size_t loop(size_t I, size_t Limit, Ends &Open) {
    if (!is(I + 1, "("))
      return endOf(I, Limit);
    size_t Close = closing(I + 1);
    bool For = is(I, "for");
    std::string Condition = textOf(I + 2, Close);
    bool Endless = For ? StringRef(Condition).ends_with(";;") || Condition == ";;" : Condition == "1" || Condition == "true";
    if (For)
      declaration(I + 2, Close);
    expression(I + 2, Close, Open);
    return loopBody(Close + 1, Limit, Open, Endless, Condition, For && hasTurn(Condition));
  }

  /// i=0;i<3;i++ and i=0;i<ARRAY_SIZE(table);i++, for no table is empty
  static bool hasTurn(StringRef Condition) {
    auto [First, Rest] = Condition.split(';');
    StringRef Test = Rest.split(';').first, Name = Test.take_while(isWordChar);
    unsigned Limit = 0;
    StringRef Until = Test.drop_front(Name.size());
    return !Name.empty() && First.ends_with((Name + "=0").str()) && Until.starts_with("<") &&
           (Until.ltrim("<=").starts_with("ARRAY_SIZE(") || (!Until.ltrim("<=").getAsInteger(10, Limit) && Limit > 0));
  }

  size_t doLoop(size_t I, size_t Limit, Ends &Open) {
    unsigned Head = add(FlowNode::Join, Open, lineAt(I));
    Ends Out, Again;
    Breaks.push_back(&Out), Continues.push_back(&Again);
    size_t Next = statement(I + 1, Limit, Open);
    Breaks.pop_back(), Continues.pop_back();
    join(Open, Again);
    std::string Condition;
    if (is(Next, "while") && is(Next + 1, "(")) {
      size_t Close = closing(Next + 1);
      Condition = textOf(Next + 2, Close);
      expression(Next + 2, Close, Open);
      Next = endOf(Close, Limit);
    }
    if (Condition != "0")
      link(Open, Head);
    join(Open, Out);
    return Next;
  }

  size_t switchStatement(size_t I, size_t Limit, Ends &Open) {
    if (!is(I + 1, "("))
      return endOf(I, Limit);
    size_t Close = closing(I + 1);
    expression(I + 2, Close, Open);
    Switch Saved = std::exchange(Current, Switch{add(FlowNode::Join, Open, lineAt(I)), false});
    Ends Out, Inner;
    Breaks.push_back(&Out);
    size_t Next = statement(Close + 1, Limit, Inner);
    Breaks.pop_back();
    Open = Inner;
    join(Open, Out);
    if (!Current.any_default)
      Open.push_back(Current.head);
    Current = Saved;
    return Next;
  }

  size_t caseLabel(size_t I, size_t Limit, Ends &Open) {
    Current.any_default = Current.any_default || is(I, "default");
    if (Current.head)
      Open.push_back(Current.head);
    for (int Questions = 0; I < Limit; ++I) {
      if (is(I, "(") || is(I, "["))
        I = closing(I);
      Questions += is(I, "?");
      if (is(I, ":") && Questions-- <= 0)
        return I + 1;
    }
    return Limit;
  }

  /// Returns that control comes to only through a goto: the ways out of a failed start.
  void markBehindLabels() {
    std::vector<char> Seen(Made.nodes.size());
    std::vector<unsigned> Work{Flow::Entry};
    std::set<unsigned> Jumping;
    for (const auto &[From, Label] : Jumps)
      Jumping.insert(From);
    Seen[0] = 1;
    while (!Work.empty()) {
      unsigned N = Work.back();
      Work.pop_back();
      if (Jumping.count(N))
        continue;
      for (unsigned X : Made.nodes[N].next)
        if (!std::exchange(Seen[X], 1))
          Work.push_back(X);
    }
    for (unsigned N = 0; N < Made.nodes.size(); ++N)
      Made.nodes[N].behind_label = !Seen[N];
  }

  struct Switch {
    unsigned head = 0;
    bool any_default = false;
  };

  unsigned Depth = 0;
  std::vector<std::vector<std::pair<std::string, std::string>>> Scopes; ///< of each block around: cleanups and what they are handed
  std::vector<Ends *> Breaks, Continues;
  Switch Current;
  std::vector<std::pair<unsigned, std::string>> Jumps;
  std::map<std::string, unsigned> Labels;
};

} // namespace

/// The nodes that every way from the entry to the exit passes, in one walk: along one such way, a node is passed by all if nothing that lies
/// before it leads behind it. All of them, if no way leads to the exit.
static std::vector<char> passedAlways(const Flow &G) {
  constexpr unsigned None = ~0u;
  std::vector<unsigned> From(G.nodes.size(), None), Work{Flow::Entry};
  From[Flow::Entry] = Flow::Entry;
  for (size_t At = 0; At < Work.size(); ++At)
    for (unsigned X : G.nodes[Work[At]].next)
      if (From[X] == None)
        From[X] = Work[At], Work.push_back(X);
  if (From[Flow::Exit] == None)
    return std::vector<char>(G.nodes.size(), 1);
  std::vector<unsigned> Way{Flow::Exit};
  while (Way.back() != Flow::Entry)
    Way.push_back(From[Way.back()]);
  std::reverse(Way.begin(), Way.end());
  std::vector<unsigned> Place(G.nodes.size(), None); // on the way
  for (unsigned N = 0; N < Way.size(); ++N)
    Place[Way[N]] = N;
  std::vector<char> Result(G.nodes.size()), Seen(G.nodes.size());
  unsigned Far = 0; // the last place that is reached beside the way
  for (unsigned N = 0; N < Way.size(); ++N) {
    Result[Way[N]] = N > 0 && Far <= N;
    Work.assign(1, Way[N]);
    while (!Work.empty()) {
      unsigned X = Work.back();
      Work.pop_back();
      for (unsigned Y : G.nodes[X].next)
        if (Place[Y] != None)
          Far = std::max(Far, Place[Y]);
        else if (!std::exchange(Seen[Y], 1))
          Work.push_back(Y);
    }
  }
  return Result;
}

std::set<std::string> wordsOf(StringRef Expression) {
  std::set<std::string> Words;
  for (StringRef Rest = Expression.drop_until(isWordChar); !Rest.empty(); Rest = Rest.drop_until(isWordChar)) {
    Words.insert(Rest.take_while(isWordChar).str());
    Rest = Rest.drop_while(isWordChar);
  }
  return Words;
}

std::vector<char> reachedWithout(const Flow &G, llvm::function_ref<bool(unsigned Node)> Cut, unsigned Begin) {
  std::vector<char> Seen(G.nodes.size());
  std::vector<unsigned> Work{Begin};
  Seen[Begin] = 1;
  while (!Work.empty()) {
    unsigned N = Work.back();
    Work.pop_back();
    if (Cut(N))
      continue;
    for (unsigned X : G.nodes[N].next)
      if (!std::exchange(Seen[X], 1))
        Work.push_back(X);
  }
  return Seen;
}

Flow flowOf(StringRef Text, const OutlineFunction &F) {
  Flow Result = FlowReader(Text, F).take();
  Result.passed_always = passedAlways(Result);
  return Result;
}

} // namespace krcu
