// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The statement parser and the call extractor. Both lean to the careful side: what might be skipped is conditional.
#include "tool/semantics/body.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/SaveAndRestore.h"
#include <algorithm>

namespace krcu::semantics {
namespace {

/// Deeper code is not written by people; the stack must not depend on a stranger's file.
constexpr unsigned MaxNesting = 200;
constexpr size_t MaxArgumentTokens = 4096;

bool isKeyword(llvm::StringRef Word) {
  return llvm::StringSwitch<bool>(Word)
      .Cases("if", "else", "for", "while", "do", "switch", "case", "default", "return", "goto", true)
      .Cases("break", "continue", "sizeof", "typeof", "__typeof__", "offsetof", "defined", "_Alignof", true)
      .Default(false);
}

/// Macros known to evaluate their argument exactly once.
bool evaluatesArgument(llvm::StringRef Name) {
  return llvm::StringSwitch<bool>(Name)
      .Cases("likely", "unlikely", "WARN_ON", "WARN_ON_ONCE", "BUG_ON", "READ_ONCE", true)
      .Default(false);
}

class Parser {
public:
  explicit Parser(llvm::ArrayRef<Tok> Tokens) : Tokens(Tokens) {}

  Body run() {
    Body B;
    B.statements = list();
    B.regular = Regular && At == Tokens.size();
    return B;
  }

private:
  bool done() const { return At >= Tokens.size(); }
  bool atMark() const { return !done() && !Tokens[At].isToken(); }
  bool at(llvm::StringRef Text) const { return !done() && Tokens[At].is(Text); }
  bool nextIs(llvm::StringRef Text) const { return At + 1 < Tokens.size() && Tokens[At + 1].is(Text); }

  /// Statements up to a closing brace, a branch mark that is not ours, or the end.
  std::vector<Stmt> list() {
    std::vector<Stmt> Result;
    llvm::SaveAndRestore<unsigned> Deeper(Nesting, Nesting + 1);
    Regular = Regular && Nesting < MaxNesting;
    while (!done() && Regular && !at("}")) {
      if (Tokens[At].kind == Tok::Kind::IfElse || Tokens[At].kind == Tok::Kind::IfEnd)
        break;
      if (Tokens[At].kind == Tok::Kind::IfBegin)
        Result.push_back(variants());
      else
        statement(Result);
    }
    return Result;
  }

  Stmt variants() {
    Stmt S;
    S.kind = Stmt::Kind::Variants;
    S.line = Tokens[At].line;
    do {
      S.exhaustive |= Tokens[At].is_else;
      ++At;
      S.branches.push_back(list());
    } while (!done() && Tokens[At].kind == Tok::Kind::IfElse);
    if (done() || Tokens[At].kind != Tok::Kind::IfEnd)
      Regular = false;
    ++At;
    return S;
  }

  std::vector<Tok> parenthesised() {
    std::vector<Tok> Inner;
    if (!at("(")) {
      Regular = false;
      return Inner;
    }
    unsigned Open = 0;
    for (; !done(); ++At) {
      if (atMark())
        Regular = false;
      if (at("(") && Open++ == 0)
        continue;
      if (at(")") && --Open == 0) {
        ++At;
        return Inner;
      }
      Inner.push_back(Tokens[At]);
    }
    Regular = false;
    return Inner;
  }

  /// The one statement (or block) that an if or a loop governs.
  std::vector<Stmt> governed() {
    std::vector<Stmt> Result;
    llvm::SaveAndRestore<unsigned> Deeper(Nesting, Nesting + 1);
    if (done() || atMark() || at("}") || Nesting >= MaxNesting) {
      Regular = false;
      return Result;
    }
    if (at("{"))
      return braces();
    statement(Result);
    return Result;
  }

  std::vector<Stmt> braces() {
    ++At;
    std::vector<Stmt> Inner = list();
    if (!at("}"))
      Regular = false;
    ++At;
    return Inner;
  }

  void statement(std::vector<Stmt> &Out) {
    Stmt S;
    S.line = Tokens[At].line;
    S.word = Tokens[At].text;
    if (at("{")) {
      S.kind = Stmt::Kind::Block;
      S.branches.push_back(braces());
    } else if (at(";")) {
      ++At;
      return;
    } else if (Tokens[At].isIdentifier() && isKeyword(Tokens[At].text)) {
      keyword(S);
    } else if (Tokens[At].isIdentifier() && nextIs(":")) {
      S.kind = Stmt::Kind::Label;
      At += 2;
    } else if (!macroLoop(S)) {
      S.head = expression();
    }
    Out.push_back(std::move(S));
  }

  void keyword(Stmt &S) {
    ++At;
    if (S.word == "if")
      return ifStatement(S);
    if (S.word == "for" || S.word == "while" || S.word == "switch") {
      S.kind = S.word == "switch" ? Stmt::Kind::Switch : Stmt::Kind::Loop;
      S.head = parenthesised();
      S.branches.push_back(at(";") ? std::vector<Stmt>() : governed());
      return;
    }
    if (S.word == "do") {
      S.kind = Stmt::Kind::DoWhile;
      S.branches.push_back(governed());
      if (at("while"))
        ++At;
      S.head = parenthesised();
      return;
    }
    if (S.word == "case" || S.word == "default") {
      S.kind = Stmt::Kind::Label;
      while (!done() && !at(":"))
        ++At;
      ++At;
      return;
    }
    if (S.word == "else") {
      Regular = false; // an else whose if stands on the other side of an #if
      return;
    }
    if (S.word == "return")
      S.kind = Stmt::Kind::Return;
    else if (S.word == "goto")
      S.kind = Stmt::Kind::Goto;
    else if (S.word == "break")
      S.kind = Stmt::Kind::Break;
    else if (S.word == "continue")
      S.kind = Stmt::Kind::Continue;
    S.head = expression();
    if (S.kind == Stmt::Kind::Goto && !S.head.empty())
      S.word = S.head[0].text;
  }

  void ifStatement(Stmt &S) {
    S.kind = Stmt::Kind::If;
    S.head = parenthesised();
    S.branches.push_back(governed());
    if (!at("else"))
      return;
    ++At;
    S.exhaustive = true;
    S.branches.push_back(governed());
  }

  /// `for_each_something(...)` with a body, `scoped_guard(...) { ... }`.
  bool macroLoop(Stmt &S) {
    if (!Tokens[At].isIdentifier() || !nextIs("("))
      return false;
    size_t Saved = At;
    ++At;
    std::vector<Tok> Head = parenthesised();
    bool Loop = S.word.contains("for_each");
    if (!at("{") && (!Loop || at(";"))) {
      At = Saved;
      return false;
    }
    S.kind = S.word == "scoped_guard" ? Stmt::Kind::Block : Stmt::Kind::Loop;
    S.head = std::move(Head);
    S.branches.push_back(governed());
    return true;
  }

  /// Up to the semicolon. A branch mark at the outermost level ends a statement that has none (a macro).
  std::vector<Tok> expression() {
    std::vector<Tok> Result;
    int Open = 0;
    for (; !done(); ++At) {
      if (Open == 0 && (atMark() || at("}")))
        return Result;
      Open += at("(") || at("{");
      Open -= at(")") || at("}");
      if (Open == 0 && at(";")) {
        ++At;
        return Result;
      }
      Result.push_back(Tokens[At]);
    }
    return Result;
  }

  llvm::ArrayRef<Tok> Tokens;
  size_t At = 0;
  unsigned Nesting = 0;
  bool Regular = true;
};

size_t closing(llvm::ArrayRef<Tok> Tokens, size_t Open) {
  unsigned Nesting = 0;
  for (size_t I = Open; I < Tokens.size(); ++I) {
    Nesting += Tokens[I].is("(");
    if (Tokens[I].is(")") && --Nesting == 0)
      return I;
  }
  return Tokens.size();
}

std::vector<std::vector<Tok>> arguments(llvm::ArrayRef<Tok> Inner) {
  std::vector<std::vector<Tok>> Args;
  int Nesting = 0;
  for (const Tok &T : Inner) {
    if (Args.empty())
      Args.emplace_back();
    Nesting += T.is("(") || T.is("{") || T.is("[");
    Nesting -= T.is(")") || T.is("}") || T.is("]");
    if (T.is(",") && Nesting == 0)
      Args.emplace_back();
    else if (T.isToken())
      Args.back().push_back(T);
  }
  return Args;
}

void collect(llvm::ArrayRef<Tok> Tokens, bool Conditional, unsigned Depth, std::vector<Call> &Out) {
  if (Depth > MaxNesting)
    return;
  bool Outer = Conditional;
  for (size_t I = 0; I < Tokens.size(); ++I) {
    const Tok &T = Tokens[I];
    if (!T.isToken() || T.is("&&") || T.is("||") || T.is("?") || T.is("{")) {
      Conditional = true; // also everything behind an #if inside an expression, and statement expressions
      continue;
    }
    if (T.is(",") || T.is(";")) {
      Conditional = Outer;
      continue;
    }
    if (!T.is("("))
      continue;
    size_t End = closing(Tokens, I);
    llvm::ArrayRef<Tok> Inner = Tokens.slice(I + 1, End - std::min(End, I + 1));
    bool Named = I > 0 && Tokens[I - 1].isIdentifier();
    if (Named && !isKeyword(Tokens[I - 1].text))
      Out.push_back({Tokens[I - 1].text, Tokens[I - 1].line, Conditional, arguments(Inner)});
    collect(Inner, Conditional || (Named && !evaluatesArgument(Tokens[I - 1].text)), Depth + 1, Out);
    I = End;
  }
}

} // namespace

Body parseBody(llvm::ArrayRef<Tok> Tokens) { return Parser(Tokens).run(); }

std::vector<Call> callsIn(llvm::ArrayRef<Tok> Tokens) {
  std::vector<Call> Result;
  collect(Tokens, false, 0, Result);
  return Result;
}

std::vector<Call> allCalls(llvm::ArrayRef<Tok> Tokens) {
  std::vector<size_t> End(Tokens.size(), Tokens.size()), Open;
  for (size_t I = 0; I < Tokens.size(); ++I) {
    if (Tokens[I].is("("))
      Open.push_back(I);
    if (!Tokens[I].is(")") || Open.empty())
      continue;
    End[Open.back()] = I;
    Open.pop_back();
  }
  std::vector<Call> Result;
  for (size_t I = 0; I + 1 < Tokens.size(); ++I) {
    if (!Tokens[I].isIdentifier() || !Tokens[I + 1].is("(") || isKeyword(Tokens[I].text))
      continue;
    size_t Length = End[I + 1] - std::min(End[I + 1], I + 2);
    Result.push_back({Tokens[I].text, Tokens[I].line, true, {}});
    if (Length <= MaxArgumentTokens)
      Result.back().args = arguments(Tokens.slice(I + 2, Length));
  }
  return Result;
}

} // namespace krcu::semantics
