// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The outline of a file: functions and macros with the identifiers they mention, includes, and single tokens.
#include "tool/index/outline.h"

#include "tool/index/lex.h"
#include "tool/index/splice.h"
#include "tool/index/structure.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <tuple>

namespace krcu {
namespace {

using clang::tok::TokenKind;

std::vector<std::string> sortedUnique(std::vector<llvm::StringRef> Words) {
  llvm::DenseSet<llvm::StringRef> Seen; // most words stand there several times, and a look-up is cheaper than sorting them
  Seen.reserve(Words.size() / 2);
  llvm::erase_if(Words, [&](llvm::StringRef Word) { return !Seen.insert(Word).second; });
  std::sort(Words.begin(), Words.end());
  return {Words.begin(), Words.end()};
}

/// Identifiers of ordinary code between two offsets.
std::vector<std::string> identifiersBetween(const LexedText &L, uint32_t Begin, uint32_t End) {
  const std::vector<LexToken> &Tokens = L.tokens();
  auto First = std::lower_bound(Tokens.begin(), Tokens.end(), Begin,
                                [](const LexToken &T, uint32_t O) { return T.offset < O; });
  std::vector<llvm::StringRef> Words;
  for (auto It = First; It != Tokens.end() && It->offset < End; ++It)
    if (It->isIdentifier() && It->directive < 0)
      Words.push_back(It->text);
  return sortedUnique(std::move(Words));
}

/// Behind the parameter list of "#define NAME(a, b) ..."; the '(' must touch the name.
size_t beginOfReplacement(llvm::ArrayRef<LexToken> Tokens) {
  if (Tokens.size() < 2 || !Tokens[1].is(TokenKind::l_paren) || Tokens[1].leading_space)
    return 1;
  for (size_t I = 2; I < Tokens.size(); ++I)
    if (Tokens[I].is(TokenKind::r_paren))
      return I + 1;
  return Tokens.size();
}

void addMacro(Outline &Out, const LexedText &L, const LexDirective &D) {
  llvm::ArrayRef<LexToken> Tokens = L.tokensOf(D);
  if (Tokens.empty() || !Tokens[0].isIdentifier())
    return;
  OutlineMacro M;
  M.name = Tokens[0].text.str();
  M.line = L.lineOf(Tokens[0].offset);
  std::vector<llvm::StringRef> Words;
  const llvm::ArrayRef<LexToken> Body = Tokens.drop_front(beginOfReplacement(Tokens));
  for (const LexToken &T : Body)
    if (T.isIdentifier())
      Words.push_back(T.text);
  M.name_begin = Tokens[0].offset;
  M.takes_arguments = beginOfReplacement(Tokens) > 1;
  if (!Body.empty()) {
    M.begin = Body.front().offset;
    M.end = Body.back().offset + static_cast<uint32_t>(Body.back().text.size());
  }
  M.identifiers = sortedUnique(std::move(Words));
  Out.macros.push_back(std::move(M));
}

/// The name is cut from the text and not put together from tokens: "<linux/a-b.h>" is no sequence of C
/// tokens.
void addInclude(Outline &Out, const LexedText &L, const LexDirective &D) {
  llvm::ArrayRef<LexToken> Tokens = L.tokensOf(D);
  if (Tokens.empty())
    return;
  llvm::StringRef Rest = L.text().drop_front(Tokens[0].offset).split('\n').first;
  char Close = Rest.consume_front("<") ? '>' : Rest.consume_front("\"") ? '"' : '\0';
  size_t End = Close ? Rest.find(Close) : llvm::StringRef::npos;
  if (End != llvm::StringRef::npos)
    Out.includes.emplace_back(D.line, Rest.take_front(End).str());
}

} // namespace

const OutlineFunction *Outline::function(llvm::StringRef Name) const {
  auto It = std::lower_bound(by_name.begin(), by_name.end(), Name,
                             [&](uint32_t Id, llvm::StringRef N) { return functions[Id].name < N; });
  return It != by_name.end() && functions[*It].name == Name ? &functions[*It] : nullptr;
}

std::vector<const OutlineFunction *> Outline::functionsNamed(llvm::StringRef Name) const {
  auto It = std::lower_bound(by_name.begin(), by_name.end(), Name, [&](uint32_t Id, llvm::StringRef N) { return functions[Id].name < N; });
  std::vector<const OutlineFunction *> Result;
  for (; It != by_name.end() && functions[*It].name == Name; ++It)
    Result.push_back(&functions[*It]);
  return Result;
}

Outline outlineOf(llvm::StringRef Text) { return outlineOf(LexedText(Text)); }

Outline outlineOf(const LexedText &L) {
  Outline Out;
  Out.functions = functionsOf(L);
  for (OutlineFunction &F : Out.functions)
    F.identifiers = identifiersBetween(L, F.name_begin + static_cast<uint32_t>(F.name.size()), F.body_end);
  for (uint32_t Id = 0; Id < Out.functions.size(); ++Id)
    Out.by_name.push_back(Id);
  std::sort(Out.by_name.begin(), Out.by_name.end(), [&](uint32_t A, uint32_t B) {
    return std::tie(Out.functions[A].name, A) < std::tie(Out.functions[B].name, B);
  });
  for (const LexDirective &D : L.directives()) {
    if (D.keyword == "define")
      addMacro(Out, L, D);
    else if (D.keyword == "include" || D.keyword == "include_next")
      addInclude(Out, L, D);
  }
  std::vector<llvm::StringRef> TopLevel;
  for (const LexToken &T : L.tokens())
    if (T.isIdentifier() && T.directive < 0 && functionAt(Out.functions, T.offset) < 0)
      TopLevel.push_back(T.text);
  Out.top_level_identifiers = sortedUnique(std::move(TopLevel));
  return Out;
}

namespace {

/// Whether an identifier is broken over two lines somewhere, so that a search of the text for one might miss it.
bool breaksWords(llvm::StringRef Text) {
  auto IsWord = [](char C) { return isalnum(static_cast<unsigned char>(C)) || C == '_'; };
  for (size_t At = Text.find('\\'); At != llvm::StringRef::npos; At = Text.find('\\', At + 1)) {
    const char *Next = At ? behindSplice(Text.begin() + At, Text.end()) : nullptr;
    if (Next && Next < Text.end() && IsWord(Text[At - 1]) && (IsWord(*Next) || *Next == '\\'))
      return true;
  }
  return false;
}

} // namespace

std::vector<OutlineToken> findTokens(llvm::StringRef Text, llvm::StringRef Word) {
  if (!Text.contains(Word) && !breaksWords(Text))
    return {}; // a look is a hundred times cheaper than the lexer
  LexedText L(Text);
  std::vector<OutlineToken> Out;
  std::vector<OutlineFunction> Functions;
  bool Structured = false;
  for (size_t I = 0; I < L.tokens().size(); ++I) {
    if (!L.tokens()[I].isIdentifier() || L.tokens()[I].text != Word)
      continue;
    if (!Structured) { // worth the walk only if the word stands here at all
      Functions = functionsOf(L);
      Structured = true;
    }
    Out.push_back(describeToken(L, Functions, I));
  }
  return Out;
}

} // namespace krcu
