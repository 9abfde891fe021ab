// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/unload/flow_expressions.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {

namespace {

/// true, NULL, 1, STATE_DEAD
bool isConstant(StringRef Value) {
  bool Word = !Value.empty() && llvm::all_of(Value, isWordChar);
  return Word && (Value == "true" || Value == "false" || llvm::none_of(Value, [](char C) { return llvm::isLower(C); }) || llvm::isDigit(Value.front()));
}

} // namespace

int orderOf(StringRef Turn) { return Turn.contains("--") ? -1 : 1; }

unsigned FlowExpressions::add(FlowNode::Kind Kind, Ends &Open, unsigned At) {
  unsigned Id = static_cast<unsigned>(Made.nodes.size());
  Made.nodes.emplace_back();
  Made.nodes.back().kind = Kind;
  Made.nodes.back().line = At;
  link(Open, Id);
  Open = {Id};
  return Id;
}

void FlowExpressions::link(const Ends &From, unsigned To) {
  for (unsigned F : From)
    Made.nodes[F].next.push_back(To);
}

void FlowExpressions::head(size_t BodyAt) {
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
      else if (is(J, "(") && is(J + 1, "*") && word(J + 2)) { // void (*done)(void *data)
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

void FlowExpressions::declaration(size_t I, size_t End) {
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
    while (word(I) && !isNoCall(T[I]->text) && (word(I + 1) || (is(I + 1, "*") && (word(I + 2) || is(I + 2, "*")))))
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

void FlowExpressions::assignment(size_t Begin, size_t End) {
  for (size_t I = Begin; I < End; ++I) {
    if (is(I, "(") || is(I, "{"))
      I = closing(I);
    else if (is(I, "++") || is(I, "--"))
      Made.stores.push_back({StringRef(textOf(Begin, End - 1)).trim("+-").str(), lineAt(I), false});
    else if (I < End && T[I]->text.ends_with("=") && !is(I, "==") && !is(I, "!=") && !is(I, "<=") && !is(I, ">=")) {
      std::string To = textOf(Begin, I);
      Made.stores.push_back({To, lineAt(I), is(I, "=") && isConstant(textOf(I + 1, End - 1))});
      if (is(I, "=") && Made.locals.count(To)) {
        Made.values[To] = textOf(I + 1, End - 1);
        ++Stores[To];
      }
      return;
    }
  }
}

void FlowExpressions::expression(size_t Begin, size_t End, Ends &Open) {
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

bool FlowExpressions::calls(size_t I, size_t Begin) const {
  if (I == Begin || I == 0)
    return false;
  if (word(I - 1))
    return !isNoCall(T[I - 1]->text);
  return is(I - 1, "]") || (is(I - 1, ")") && is(I, "(") && pointerInParentheses(I - 1, Begin));
}

/// (*f)(...): the name stands before the closing parenthesis.
bool FlowExpressions::pointerInParentheses(size_t Close, size_t Begin) const {
  return Close >= Begin + 3 && word(Close - 1) && (is(Close - 2, "*") || is(Close - 2, ".") || is(Close - 2, "->"));
}

/// What is called by the parenthesis at I, with its place.
FlowCall FlowExpressions::calleeBefore(size_t I, size_t Begin) {
  FlowCall C;
  bool Element = false;
  size_t Name = I - 1;
  if (is(Name, "]")) {
    size_t Close = Name;
    Name = opening(Name, Begin);
    C.index = textOf(Name + 1, Close);
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
        if (From == Name - 1 && is(Name - 1, ".")) {
          Element = true;
          C.index = textOf(At + 1, From - 1);
        }
        From = At;
      } else {
        --From;
      }
    }
    C.object = textOf(From, Name);
  }
  if (!Turns.empty())
    C.turn = Turns.back();
  if (Element && !Turns.empty()) {
    C.order = orderOf(C.turn);
    ++TableCalls;
  }
  C.config = !Enabled.empty() ? Enabled : Around[std::min(Name, Around.size() - 1)].str();
  C.line = lineAt(Name);
  C.offset = offsetAt(Name);
  return C;
}

std::vector<std::string> FlowExpressions::argumentsIn(size_t Open, size_t Close) const {
  std::vector<std::string> Result;
  size_t From = Open + 1;
  for (size_t A = From; A <= Close; ++A) {
    if (A < Close && (is(A, "(") || is(A, "[") || is(A, "{"))) {
      A = closing(A);
      continue;
    }
    if (A < Close && !is(A, ","))
      continue;
    if (A > From)
      Result.push_back(textOf(From, A));
    From = A + 1;
  }
  return Result;
}

void FlowExpressions::call(size_t I, size_t Close, size_t Begin, const std::string &Assigned, Ends &Open) {
  FlowCall C = calleeBefore(I, Begin);
  C.assigned = Assigned;
  C.arguments = argumentsIn(I, Close);
  expression(I + 1, Close, Open); // the arguments come first
  unsigned Id = add(FlowNode::Call, Open, C.line);
  storedBy(C);
  C.pointer = C.pointer || Made.locals.count(C.name) || llvm::is_contained(Made.parameters, C.name);
  Made.nodes[Id].call = std::move(C);
}

/// WRITE_ONCE(flag, 1), atomic_set(&flag, 1), set_bit(FLAG, &flags): stores that look like calls.
void FlowExpressions::storedBy(const FlowCall &C) {
  StringRef Name = C.name;
  bool Second = Name == "set_bit" || Name == "__set_bit" || Name == "test_and_set_bit" || Name == "atomic_add";
  if (!Second && Name != "WRITE_ONCE" && Name != "smp_store_release" && Name != "rcu_assign_pointer" && Name != "atomic_set" && Name != "atomic_inc" &&
      Name != "static_branch_enable" && Name != "static_branch_inc")
    return;
  if (Second < C.arguments.size())
    Made.stores.push_back({StringRef(C.arguments[Second]).ltrim("&").str(), C.line, C.arguments.size() < 2 || isConstant(C.arguments[!Second])});
}

} // namespace krcu
