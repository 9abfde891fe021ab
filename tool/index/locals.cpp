// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/locals.h"

using llvm::StringRef;

namespace krcu {

using clang::tok::TokenKind;

bool isKeyword(StringRef Word) {
  static const llvm::StringSet<> All{"auto",     "break",    "case",   "char",   "const",    "continue", "default", "do",       "double",        "else",
                                     "enum",     "extern",   "float",  "for",    "goto",     "if",       "inline",  "int",      "long",          "register",
                                     "restrict", "return",   "short",  "signed", "sizeof",   "static",   "struct",  "switch",   "typedef",       "union",
                                     "unsigned", "void",     "volatile", "while", "_Bool",   "typeof",
                                     "__typeof__", "asm", "__attribute__",    "__asm__", "defined", "__builtin_offsetof"};
  return All.contains(Word);
}

llvm::StringSet<> declaredIn(const LexedText &L) {
  llvm::StringSet<> Result;
  for (const auto &Each : declarationsIn(L))
    Result.insert(Each.getKey());
  return Result;
}

llvm::StringMap<uint32_t> declarationsIn(const LexedText &L) {
  llvm::StringMap<uint32_t> Result;
  auto Note = [&](const LexToken &T) { Result.try_emplace(T.text, T.offset); };
  std::vector<const LexToken *> T;
  for (const LexToken &Each : L.tokens())
    if (Each.directive < 0)
      T.push_back(&Each);
  auto Is = [&](size_t I, StringRef Text) { return I < T.size() && T[I]->text == Text; };
  auto Name = [&](size_t I) { return I < T.size() && T[I]->isIdentifier() && !isKeyword(T[I]->text); };
  size_t Body = 0;
  while (Body < T.size() && !Is(Body, "{"))
    ++Body;
  if (Body == T.size())
    return Result; // made by a macro
  for (size_t I = 1; I + 1 < Body; ++I) // its own name, behind a type
    if (Name(I) && Is(I + 1, "(")) {
      if (T[I - 1]->isIdentifier() || Is(I - 1, "*"))
        Note(*T[I]);
      break;
    }
  for (size_t I = 1; I + 1 < Body; ++I) // parameters
    if (Name(I) && (Is(I + 1, ",") || Is(I + 1, ")") || Is(I + 1, "[")) && (Is(I - 1, "*") || T[I - 1]->isIdentifier()))
      Note(*T[I]);
  for (size_t I = Body; I < T.size(); ++I) {
    if (!T[I]->isOneOf(TokenKind::l_brace, TokenKind::r_brace, TokenKind::semi))
      continue;
    size_t At = I + 1, Types = 0;
    if (Is(At, "return") || Is(At, "goto") || Is(At, "case") || Is(At, "else"))
      continue;
    while (At + 1 < T.size() && T[At]->isIdentifier() && (T[At + 1]->isIdentifier() || T[At + 1]->is(TokenKind::star)))
      ++At, ++Types;
    while (Types && At < T.size()) { // declarators, separated by commas
      while (Is(At, "*") || Is(At, "const"))
        ++At;
      if (!Name(At) || !(Is(At + 1, "=") || Is(At + 1, ";") || Is(At + 1, ",") || Is(At + 1, "[")))
        break;
      Note(*T[At]);
      int Depth = 0;
      for (; At < T.size() && !(Depth == 0 && (Is(At, ",") || Is(At, ";"))); ++At)
        Depth += T[At]->isOneOf(TokenKind::l_paren, TokenKind::l_brace, TokenKind::l_square) ? 1
                 : T[At]->isOneOf(TokenKind::r_paren, TokenKind::r_brace, TokenKind::r_square) ? -1
                                                                                              : 0;
      if (!Is(At, ","))
        break;
      ++At;
    }
  }
  return Result;
}

} // namespace krcu
