// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/unload/flow.h"
#include "tool/index/lex.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

namespace tok = clang::tok;

bool isWordChar(char C) { return llvm::isAlnum(C) || C == '_'; }

/// Words that are no calls although a parenthesis follows.
bool isKeyword(StringRef Word) {
  static const llvm::StringSet<> Words = {"if", "while", "for", "switch", "return", "sizeof", "typeof", "__typeof__", "__typeof", "_Alignof", "__alignof__", "alignof",
                                          "offsetof", "__attribute__", "__attribute", "defined", "asm", "__asm__", "asm_volatile", "volatile", "case", "goto", "else", "do",
                                          "_Generic", "__builtin_constant_p", "likely", "unlikely", "container_of", "READ_ONCE"};
  return Words.contains(Word);
}

class FlowReader {
public:
  FlowReader(StringRef Text, const OutlineFunction &F) : Source(Text.slice(F.decl_begin, F.body_end)), Lexed(Source), Base(F.decl_begin) {
    Line = 1 + static_cast<unsigned>(Text.take_front(F.decl_begin).count('\n'));
    takeTokens();
    Made.nodes.resize(2);
    Made.nodes[0].kind = FlowNode::Entry;
    Made.nodes[1].kind = FlowNode::Exit;
    size_t Body = F.body_begin - F.decl_begin, I = 0;
    while (I < T.size() && T[I]->offset < Body)
      ++I;
    head(I);
    std::vector<unsigned> Open{Flow::Entry};
    if (I < T.size())
      block(I, Open);
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

  Flow Made;

private:
  using Ends = std::vector<unsigned>; ///< nodes from which control goes on to what comes next

  /// Ordinary code; of a group of conditional text the first part that can be compiled.
  void takeTokens() {
    struct Group {
      bool taken, use;
      StringRef condition;
    };
    std::vector<Group> Groups;
    size_t D = 0;
    const auto &Directives = Lexed.directives();
    for (const LexToken &Token : Lexed.tokens()) {
      for (; D < Directives.size() && Directives[D].offset <= Token.offset; ++D) {
        StringRef K = Directives[D].keyword;
        if (K.starts_with("if")) {
          bool Dead = opensDeadBranch(Lexed, Directives[D]);
          Groups.push_back({!Dead, !Dead, conditionOf(Directives[D].offset)});
        } else if ((K.starts_with("el")) && !Groups.empty()) {
          Groups.back().use = !Groups.back().taken;
          Groups.back().taken = true;
          Groups.back().condition = {};
        } else if (K == "endif" && !Groups.empty()) {
          Groups.pop_back();
        }
      }
      if (Token.directive < 0 && llvm::all_of(Groups, [](const Group &G) { return G.use; })) {
        T.push_back(&Token);
        Around.push_back(Groups.empty() ? StringRef() : Groups.back().condition);
      }
    }
  }

  /// The line of a directive, if it asks for a CONFIG symbol.
  StringRef conditionOf(size_t Offset) const {
    StringRef Rest = Source.substr(Offset).take_until([](char C) { return C == '\n'; }).trim();
    return Rest.contains("CONFIG_") && !Rest.starts_with("#ifndef") && !Rest.contains('!') ? Rest.drop_front(1).ltrim() : StringRef();
  }

  bool is(size_t I, StringRef Word) const { return I < T.size() && T[I]->text == Word; }
  bool word(size_t I) const { return I < T.size() && T[I]->isIdentifier(); }
  unsigned lineAt(size_t I) const { return Line + Lexed.lineOf(T[std::min(I, T.size() - 1)]->offset) - 1; }

  /// The partner of the bracket at I; the end if there is none.
  size_t closing(size_t I) const {
    int Depth = 0;
    for (; I < T.size(); ++I) {
      StringRef W = T[I]->text;
      Depth += W == "(" || W == "[" || W == "{";
      Depth -= W == ")" || W == "]" || W == "}";
      if (Depth == 0)
        return I;
    }
    return T.size();
  }

  std::string textOf(size_t Begin, size_t End) const {
    std::string Result;
    for (size_t I = Begin; I < End && I < T.size(); ++I) {
      bool Apart = !Result.empty() && isWordChar(Result.back()) && !T[I]->text.empty() && isWordChar(T[I]->text.front());
      Result += (Apart ? " " : "") + T[I]->text.str();
    }
    return Result;
  }

  /// The parameter list: names and what they point to.
  void head(size_t BodyAt) {
    size_t Close = BodyAt;
    while (Close > 0 && !is(Close - 1, ")"))
      --Close;
    if (Close == 0)
      return;
    int Depth = 0;
    size_t Open = --Close;
    for (;; --Open) {
      Depth += is(Open, ")");
      Depth -= is(Open, "(");
      if (Depth == 0 || Open == 0)
        break;
    }
    for (size_t I = Open + 1, From = I; I <= Close; ++I) {
      if (is(I, "(") && I < Close)
        I = closing(I);
      if (I < Close && !is(I, ","))
        continue;
      std::string Name, Tag;
      for (size_t J = From; J < std::min(I, Close); ++J) {
        if (is(J, "struct") && word(J + 1))
          Tag = T[++J]->text.str();
        else if (is(J, "(") && is(J + 1, "*") && word(J + 2) && Name.empty()) {
          Name = T[J + 2]->text.str();
          break;
        } else if (word(J))
          Name = T[J]->text.str();
      }
      Made.parameters.push_back(Name);
      if (!Tag.empty() && !Name.empty())
        Made.records[Name] = Tag;
      From = I + 1;
    }
  }

  unsigned add(FlowNode::Kind Kind, Ends &Open, unsigned At) {
    unsigned Id = static_cast<unsigned>(Made.nodes.size());
    Made.nodes.emplace_back();
    Made.nodes.back().kind = Kind;
    Made.nodes.back().line = At;
    link(Open, Id);
    Open = {Id};
    return Id;
  }
  void link(const Ends &From, unsigned To) {
    for (unsigned F : From)
      Made.nodes[F].next.push_back(To);
  }
  static void join(Ends &To, const Ends &More) { To.insert(To.end(), More.begin(), More.end()); }

  /// `I`: at '{'; returns behind '}'.
  size_t block(size_t I, Ends &Open) {
    size_t End = closing(I);
    for (++I; I < End;)
      I = statement(I, End, Open);
    return End + 1;
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
    if (word(I) && is(I + 1, "(") && !isKeyword(T[I]->text))
      if (size_t Close = closing(I + 1); Close + 1 < Limit && startsStatement(Close + 1))
        return macroStatement(I, Close, Limit, Open);
    size_t End = endOf(I, Limit);
    declaration(I, End);
    expression(I, End - 1, Open);
    return End;
  }

  /// Behind the ';' that ends the statement.
  size_t endOf(size_t I, size_t Limit) const {
    for (; I < Limit; ++I) {
      if (is(I, "(") || is(I, "[") || is(I, "{"))
        I = closing(I);
      else if (is(I, ";"))
        return I + 1;
    }
    return Limit;
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

  /// i=0;i<3;i++
  static bool hasTurn(StringRef Condition) {
    auto [First, Rest] = Condition.split(';');
    StringRef Test = Rest.split(';').first, Name = Test.take_while(isWordChar);
    unsigned Limit = 0;
    return !Name.empty() && First.ends_with((Name + "=0").str()) && Test.drop_front(Name.size()).starts_with("<") &&
           !Test.drop_front(Name.size()).ltrim("<=").getAsInteger(10, Limit) && Limit > 0;
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

  /// What a statement declares, if it is a declaration: "struct foo *x = y, z;".
  void declaration(size_t I, size_t End) {
    size_t From = I;
    std::string Tag;
    while (is(I, "const") || is(I, "static") || is(I, "volatile") || is(I, "register"))
      ++I;
    bool Record = is(I, "struct") || is(I, "union") || is(I, "enum");
    if (Record) {
      if (is(I, "struct") && word(I + 1))
        Tag = T[I + 1]->text.str();
      I += 2;
    } else {
      size_t Words = 0;
      while (word(I) && !isKeyword(T[I]->text) && (word(I + 1) || (is(I + 1, "*") && (word(I + 2) || is(I + 2, "*")))))
        ++I, ++Words;
      if (Words == 0) {
        assignment(From, End);
        return;
      }
    }
    for (bool Expect = true; I < End; ++I) {
      if (is(I, "(") || is(I, "[") || is(I, "{"))
        I = closing(I);
      else if (is(I, ","))
        Expect = true;
      else if (is(I, "="))
        Expect = false;
      else if (Expect && word(I) && !is(I, "const")) {
        std::string Name = T[I]->text.str();
        if (!Record && !(is(I + 1, "=") || is(I + 1, ";") || is(I + 1, ",") || is(I + 1, "[") || I + 1 >= End))
          continue; // another word of the type
        Made.locals.insert(Name);
        if (!Tag.empty())
          Made.records[Name] = Tag;
        if (is(I + 1, "=")) {
          size_t Stop = I + 2;
          for (; Stop < End && !is(Stop, ",") && !is(Stop, ";"); ++Stop)
            if (is(Stop, "(") || is(Stop, "[") || is(Stop, "{"))
              Stop = closing(Stop);
          Made.values[Name] = textOf(I + 2, Stop);
          ++Stores[Name];
        }
        Expect = false;
      }
    }
  }

  void assignment(size_t Begin, size_t End) {
    for (size_t I = Begin; I < End; ++I) {
      if (is(I, "(") || is(I, "{"))
        I = closing(I);
      else if (is(I, "++") || is(I, "--"))
        Made.assigned.push_back(StringRef(textOf(Begin, End - 1)).trim("+-").str());
      else if (I < End && T[I]->text.ends_with("=") && !is(I, "==") && !is(I, "!=") && !is(I, "<=") && !is(I, ">=")) {
        std::string To = textOf(Begin, I);
        Made.assigned.push_back(To);
        if (is(I, "=") && Made.locals.count(To)) {
          Made.values[To] = textOf(I + 1, End - 1);
          ++Stores[To];
        }
        return;
      }
    }
  }

  /// The calls of an expression in the order in which they are made. Behind && and || and ? they need not be made.
  void expression(size_t Begin, size_t End, Ends &Open) {
    Ends Skip;
    std::string Assigned;
    End = std::min(End, T.size());
    for (size_t I = Begin; I < End; ++I) {
      if (is(I, "&&") || is(I, "||") || is(I, "?")) {
        join(Skip, Open);
      } else if (is(I, "=")) {
        size_t From = I;
        while (From > Begin && (word(From - 1) || is(From - 1, ".") || is(From - 1, "->") || is(From - 1, "]") || is(From - 1, "[")) &&
               !(word(From - 1) && word(From)))
          --From;
        Assigned = textOf(From, I);
      } else if (is(I, ";") || is(I, ",")) {
        Assigned.clear();
      } else if (is(I, "(")) {
        size_t Close = std::min(closing(I), End);
        if (calls(I, Begin))
          call(I, Close, Begin, Assigned, Open);
        else
          expression(I + 1, Close, Open);
        I = Close;
      } else if (is(I, "[") || is(I, "{")) {
        size_t Close = std::min(closing(I), End);
        expression(I + 1, Close, Open);
        I = Close;
      }
    }
    if (!Skip.empty()) {
      join(Open, Skip);
      add(FlowNode::Join, Open, End ? lineAt(End - 1) : Line);
    }
  }

  bool calls(size_t I, size_t Begin) const {
    if (I == Begin || I == 0)
      return false;
    if (word(I - 1))
      return !isKeyword(T[I - 1]->text);
    return is(I - 1, "]") || (is(I - 1, ")") && is(I, "(") && pointerInParentheses(I - 1, Begin));
  }
  /// (*f)(...): the name stands before the closing parenthesis.
  bool pointerInParentheses(size_t Close, size_t Begin) const {
    return Close >= Begin + 3 && word(Close - 1) && (is(Close - 2, "*") || is(Close - 2, ".") || is(Close - 2, "->"));
  }

  void call(size_t I, size_t Close, size_t Begin, const std::string &Assigned, Ends &Open) {
    FlowCall C;
    bool Element = false;
    size_t Name = I - 1;
    if (is(Name, "]")) {
      int Level = 0;
      for (;; --Name) {
        Level += is(Name, "]");
        Level -= is(Name, "[");
        if (Level == 0 || Name == Begin)
          break;
      }
      Name = Name > Begin ? Name - 1 : Name;
      C.pointer = true;
      Element = true;
    } else if (is(Name, ")")) {
      --Name;
      C.pointer = true;
    }
    C.name = T[Name]->text.str();
    if (Name > Begin && (is(Name - 1, ".") || is(Name - 1, "->"))) {
      C.pointer = true;
      size_t From = Name - 1;
      while (From > Begin && (word(From - 1) || is(From - 1, ".") || is(From - 1, "->") || is(From - 1, "]")) && !(word(From - 1) && word(From))) {
        if (is(From - 1, "]")) {
          size_t At = opening(From - 1, Begin);
          if (At <= Begin)
            break;
          Element = Element || (From == Name - 1 && is(Name - 1, "."));
          From = At;
        } else {
          --From;
        }
      }
      C.object = textOf(From, Name);
    }
    if (Element && !Turns.empty()) {
      C.order = StringRef(Turns.back()).contains("--") ? -1 : 1;
      ++TableCalls;
    }
    C.config = !Enabled.empty() ? Enabled : Around[std::min(Name, Around.size() - 1)].str();
    C.line = lineAt(Name);
    C.offset = Base + T[Name]->offset;
    C.assigned = Assigned;
    size_t From = I + 1;
    for (size_t A = From; A <= Close; ++A) {
      if (A < Close && (is(A, "(") || is(A, "[") || is(A, "{"))) {
        A = closing(A);
        continue;
      }
      if (A < Close && !is(A, ","))
        continue;
      if (A > From)
        C.arguments.push_back(textOf(From, A));
      From = A + 1;
    }
    expression(I + 1, Close, Open); // the arguments come first
    unsigned Id = add(FlowNode::Call, Open, C.line);
    storedBy(C);
    C.pointer = C.pointer || Made.locals.count(C.name) || llvm::is_contained(Made.parameters, C.name);
    Made.nodes[Id].call = std::move(C);
  }

  /// The bracket that the one at I closes; `Begin` if there is none.
  size_t opening(size_t I, size_t Begin) const {
    int Level = 0;
    for (;; --I) {
      Level += is(I, "]");
      Level -= is(I, "[");
      if (Level == 0 || I == Begin)
        return I;
    }
  }

  /// WRITE_ONCE(flag, 1), atomic_set(&flag, 1), set_bit(FLAG, &flags): stores that look like calls.
  void storedBy(const FlowCall &C) {
    StringRef Name = C.name;
    bool Second = Name == "set_bit" || Name == "__set_bit" || Name == "test_and_set_bit" || Name == "atomic_add";
    if (!Second && Name != "WRITE_ONCE" && Name != "smp_store_release" && Name != "rcu_assign_pointer" && Name != "atomic_set" && Name != "atomic_inc" &&
        Name != "static_branch_enable" && Name != "static_branch_inc")
      return;
    if (Second < C.arguments.size())
      Made.assigned.push_back(StringRef(C.arguments[Second]).ltrim("&").str());
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

  StringRef Source;
  LexedText Lexed;
  uint32_t Base;
  unsigned Line = 1, Depth = 0;
  std::vector<const LexToken *> T;
  std::vector<StringRef> Around; ///< of each token: the condition of the innermost #if
  std::string Enabled;           ///< the IS_ENABLED() around
  std::vector<std::string> Turns; ///< heads of the loops around
  unsigned TableCalls = 0;
  std::vector<Ends *> Breaks, Continues;
  Switch Current;
  std::vector<std::pair<unsigned, std::string>> Jumps;
  std::map<std::string, unsigned> Labels;
  std::map<std::string, unsigned> Stores;
};

} // namespace

bool Flow::always(unsigned Node) const {
  std::vector<char> Seen(nodes.size());
  std::vector<unsigned> Work{Entry};
  Seen[Entry] = 1;
  while (!Work.empty()) {
    unsigned N = Work.back();
    Work.pop_back();
    if (N == Exit)
      return false;
    for (unsigned X : nodes[N].next)
      if (X != Node && !std::exchange(Seen[X], 1))
        Work.push_back(X);
  }
  return true;
}

Flow flowOf(StringRef Text, const OutlineFunction &F) { return std::move(FlowReader(Text, F).Made); }

std::string lastName(StringRef Expression) {
  Expression = Expression.rtrim();
  while (Expression.ends_with("]") || Expression.ends_with(")")) {
    int Depth = 0;
    size_t At = Expression.size();
    while (At > 0) {
      char C = Expression[--At];
      Depth += C == ']' || C == ')';
      Depth -= C == '[' || C == '(';
      if (Depth == 0)
        break;
    }
    if (Depth || At == 0)
      return {};
    Expression = Expression.take_front(At).rtrim();
  }
  size_t Begin = Expression.size();
  while (Begin && isWordChar(Expression[Begin - 1]))
    --Begin;
  StringRef Word = Expression.substr(Begin);
  return Word.empty() || llvm::isDigit(Word[0]) ? std::string() : Word.str();
}

std::string firstName(StringRef Expression) {
  Expression = Expression.drop_until([](char C) { return llvm::isAlpha(C) || C == '_'; });
  return Expression.take_while(isWordChar).str();
}

} // namespace krcu
