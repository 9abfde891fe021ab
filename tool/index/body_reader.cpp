// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/body_reader.h"
#include <algorithm>

using llvm::StringRef;
namespace tok = clang::tok;

namespace krcu {
namespace {

int nesting(tok::TokenKind Kind) {
  switch (Kind) {
  case tok::l_paren: case tok::l_brace: case tok::l_square: return 1;
  case tok::r_paren: case tok::r_brace: case tok::r_square: return -1;
  default: return 0;
  }
}

bool isConditional(StringRef Keyword) { return Keyword.starts_with("if") || Keyword.starts_with("el") || Keyword == "endif"; }

/// Macros that loop and are used without braces.
bool namesALoop(StringRef Macro) { return Macro.contains("for_each") || Macro.contains("foreach"); }

} // namespace

BodyReader::BodyReader(StringRef Text, const OutlineFunction &F)
    : Head(Text.slice(F.name_begin, F.body_begin)), Body(Text.slice(F.body_begin, F.body_end)) {
  takeTokens(F.line + static_cast<unsigned>(Text.slice(F.name_begin, F.body_begin).count('\n')));
  for (size_t I = 0; I < T.size() && !certain && !Lost;)
    I = statement(I, false);
}

/// The tokens of the body, braces included, without those under #if: they do not stand in every configuration, and what is left does in one.
void BodyReader::takeTokens(unsigned FirstLine) {
  size_t Next = 0; // directive
  unsigned Conditionals = 0;
  int Depth = 0; // of brackets inside a conditional
  StringRef Last = "{";
  auto IsBoundary = [&] { return Last == ";" || Last == "{" || Last == "}"; };
  for (const LexToken &Token : Body.tokens()) {
    for (; Next < Body.directives().size() && Body.directives()[Next].offset < Token.offset; ++Next) {
      StringRef Keyword = Body.directives()[Next].keyword;
      Lost = Lost || !isConditional(Keyword) || !IsBoundary() || Depth != 0;
      if (Keyword.starts_with("if"))
        ++Conditionals;
      else if (Keyword == "endif")
        Lost = Lost || Conditionals-- == 0;
    }
    if (Lost)
      return T.clear();
    if (Token.directive >= 0)
      continue;
    Last = Token.text;
    if (Conditionals)
      Depth += nesting(Token.kind);
    else
      T.push_back({Token.kind, Token.text, FirstLine + Body.lineOf(Token.offset) - 1});
  }
}

std::optional<BodyReader::Effect> BodyReader::firstCallOf(const llvm::StringSet<> &Names) const {
  for (size_t I = 0; I + 1 < T.size(); ++I)
    if (T[I].kind == tok::raw_identifier && T[I + 1].kind == tok::l_paren && Names.contains(T[I].text) &&
        (I == 0 || (T[I - 1].kind != tok::arrow && T[I - 1].kind != tok::period)))
      return Effect{T[I].line, "calls " + T[I].text.str() + "()"};
  return std::nullopt;
}

/// Index behind the bracket that closes the one at I.
size_t BodyReader::closing(size_t I) const {
  int Depth = 0;
  for (; I < T.size(); ++I)
    if (int Step = nesting(T[I].kind); Step && (Depth += Step) == 0)
      return I + 1;
  return T.size();
}

void BodyReader::note(unsigned Line, std::string Text) {
  if (!certain)
    certain = Effect{Line, std::move(Text)};
}

size_t BodyReader::statement(size_t I, bool Conditional) {
  if (I >= T.size() || certain || Lost)
    return T.size();
  if (T[I].kind == tok::l_brace) {
    size_t End = closing(I);
    for (++I; I + 1 < End && !certain && !Lost;)
      I = statement(I, Conditional);
    return End;
  }
  if (is(I, "if"))
    return ifStatement(I);
  if (is(I, "for") || is(I, "while")) {
    note(T[I].line, "has a loop");
    return T.size();
  }
  if (is(I, "switch")) {
    condition(I + 1);
    return statement(closing(I + 1), true);
  }
  if (is(I, "case") || is(I, "default")) {
    while (I < T.size() && T[I].kind != tok::colon)
      ++I;
    return I + 1;
  }
  if (is(I, "do") || is(I, "goto") || is(I, "asm") || (I + 1 < T.size() && T[I + 1].kind == tok::colon)) {
    Lost = true;
    return T.size();
  }
  return plainStatement(I, Conditional);
}

size_t BodyReader::plainStatement(size_t I, bool Conditional) {
  size_t End = I;
  while (End < T.size() && T[End].kind != tok::semi) {
    if (nesting(T[End].kind) <= 0) {
      ++End;
      continue;
    }
    size_t Close = closing(End);
    if (End == I + 1 && T[End].kind == tok::l_paren && Close < T.size() &&
        (T[Close].kind == tok::l_brace || (T[Close].kind == tok::raw_identifier && namesALoop(T[I].text)))) {
      note(T[I].line, "has a " + T[I].text.str() + "() block");
      return T.size();
    }
    End = Close;
  }
  if (End < T.size() && !is(I, "return"))
    expression(I, End, Conditional || Returned);
  if (is(I, "return") && !Conditional)
    return T.size(); // nothing runs behind it
  Returned = Returned || is(I, "return");
  return End + 1;
}

size_t BodyReader::ifStatement(size_t I) {
  condition(I + 1);
  size_t Next = statement(closing(I + 1), true);
  if (is(Next, "else"))
    Next = statement(Next + 1, true);
  return Next;
}

/// The calls that a condition is made of: f(x), !f(x), f(x) && g(y). What stands inside of macros or other calls is left alone.
void BodyReader::condition(size_t Open) {
  size_t End = closing(Open);
  for (size_t I = Open + 1; I + 1 < End; ++I) {
    bool Called = T[I].kind == tok::raw_identifier && T[I + 1].kind == tok::l_paren;
    if (Called && (T[I - 1].kind == tok::exclaim || T[I - 1].kind == tok::l_paren || T[I - 1].kind == tok::ampamp || T[I - 1].kind == tok::pipepipe))
      asked.push_back({T[I].text.str(), T[I].line, true, {}});
    if (nesting(T[I].kind) > 0)
      I = closing(I) - 1;
  }
}

void BodyReader::expression(size_t Begin, size_t End, bool Conditional) {
  if (Begin >= End)
    return;
  int Depth = 0;
  bool Arrow = false;
  for (size_t I = Begin; I < End; ++I) {
    Depth += nesting(T[I].kind);
    switch (T[I].kind) {
    case tok::arrow: Arrow = Arrow || Depth == 0; break;
    case tok::plusplus: case tok::minusminus:
      if (Depth == 0 && (Arrow || arrowBehind(I, End) || (I == Begin + 1 && End == I + 1 && !isLocal(Begin))))
        return note(T[I].line, "changes " + (I == Begin ? spelled(Begin + 1, End) : spelled(Begin, I)));
      break;
    case tok::equal: case tok::plusequal: case tok::minusequal: case tok::pipeequal: case tok::ampequal:
      if (Depth == 0) {
        if (Arrow || T[Begin].kind == tok::star)
          note(T[I].line, "stores to " + spelled(Begin, I));
        return; // a declaration or a local: what is on the right may be pure
      }
      break;
    default: break;
    }
  }
  if (Arrow && T[End - 1].kind == tok::r_paren)
    return throughPointer(Begin, End);
  if (Begin + 1 < End && T[Begin].kind == tok::raw_identifier && T[Begin + 1].kind == tok::l_paren && closing(Begin + 1) == End)
    calls.push_back({T[Begin].text.str(), T[Begin].line, Conditional, loadedArguments(Begin + 2, End - 1)});
}

/// x->y->f(...): the statement is a call of what the last member points to.
void BodyReader::throughPointer(size_t Begin, size_t End) {
  for (size_t I = Begin; I + 1 < End; ++I) {
    bool Member = I > Begin && T[I].kind == tok::raw_identifier && (T[I - 1].kind == tok::arrow || T[I - 1].kind == tok::period);
    if (T[I].kind == tok::l_paren) {
      bool Called = I > Begin + 1 && T[I - 1].kind == tok::raw_identifier && (T[I - 2].kind == tok::arrow || T[I - 2].kind == tok::period);
      if (Called && closing(I) == End)
        note(T[Begin].line, "calls through a pointer " + spelled(Begin, I));
      return;
    }
    if (!Member && T[I].kind != tok::arrow && T[I].kind != tok::period && I != Begin)
      return;
  }
}

std::vector<bool> BodyReader::loadedArguments(size_t I, size_t End) const {
  std::vector<bool> Result;
  while (I < End) {
    bool Address = T[I].kind == tok::amp, Arrow = false, Plain = true;
    for (; I < End && T[I].kind != tok::comma; ++I) {
      Arrow = Arrow || T[I].kind == tok::arrow;
      if (nesting(T[I].kind) > 0) {
        Plain = false; // a cast, a call: not for a glance
        I = closing(I) - 1;
      }
    }
    Result.push_back(Arrow && Plain && !Address);
    ++I;
  }
  return Result;
}

bool BodyReader::arrowBehind(size_t I, size_t End) const {
  return std::any_of(T.begin() + static_cast<long>(I), T.begin() + static_cast<long>(End), [](const BodyToken &Each) { return Each.kind == tok::arrow; });
}

/// Whether the identifier at I is a parameter, or stands in the body before: then it may have been declared there.
bool BodyReader::isLocal(size_t I) const {
  auto Same = [&](const auto &Token) { return Token.text == T[I].text; };
  return T[I].kind != tok::raw_identifier || std::any_of(Head.tokens().begin(), Head.tokens().end(), Same) ||
         std::any_of(T.begin(), T.begin() + static_cast<long>(I), Same);
}

std::string BodyReader::spelled(size_t Begin, size_t End) const {
  std::string Result;
  for (size_t I = Begin; I < End && Result.size() < 60; ++I)
    Result += T[I].text.str();
  return Result;
}

} // namespace krcu
