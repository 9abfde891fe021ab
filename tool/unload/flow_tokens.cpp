// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/unload/flow_tokens.h"
#include "tool/unload/flow.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

using llvm::StringRef;

namespace krcu {

bool isNoCall(StringRef Word) {
  static const llvm::StringSet<> Words = {"if", "while", "for", "switch", "return", "sizeof", "typeof", "__typeof__", "__typeof", "_Alignof", "__alignof__", "alignof",
                                          "offsetof", "__attribute__", "__attribute", "defined", "asm", "__asm__", "asm_volatile", "volatile", "case", "goto", "else", "do",
                                          "_Generic", "__builtin_constant_p", "likely", "unlikely", "container_of", "READ_ONCE", "__free"};
  return Words.contains(Word);
}

FlowTokens::FlowTokens(StringRef Text, const OutlineFunction &F) : Source(Text.slice(F.decl_begin, F.body_end)), Lexed(Source), Base(F.decl_begin) {
  Line = 1 + static_cast<unsigned>(Text.take_front(F.decl_begin).count('\n'));
  takeTokens();
}

/// Ordinary code; of a group of conditional text the first part that can be compiled.
void FlowTokens::takeTokens() {
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
StringRef FlowTokens::conditionOf(size_t Offset) const {
  StringRef Rest = Source.substr(Offset).take_until([](char C) { return C == '\n'; }).trim();
  return Rest.contains("CONFIG_") && !Rest.starts_with("#ifndef") && !Rest.contains('!') ? Rest.drop_front(1).ltrim() : StringRef();
}

size_t FlowTokens::closing(size_t I) const {
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

size_t FlowTokens::opening(size_t I, size_t Begin) const {
  int Level = 0;
  for (;; --I) {
    Level += is(I, "]");
    Level -= is(I, "[");
    if (Level == 0 || I == Begin)
      return I;
  }
}

size_t FlowTokens::endOf(size_t I, size_t Limit) const {
  for (; I < Limit; ++I) {
    if (is(I, "(") || is(I, "[") || is(I, "{"))
      I = closing(I);
    else if (is(I, ";"))
      return I + 1;
  }
  return Limit;
}

std::string FlowTokens::textOf(size_t Begin, size_t End) const {
  std::string Result;
  for (size_t I = Begin; I < End && I < T.size(); ++I) {
    bool Apart = !Result.empty() && isWordChar(Result.back()) && !T[I]->text.empty() && isWordChar(T[I]->text.front());
    Result += (Apart ? " " : "") + T[I]->text.str();
  }
  return Result;
}

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
