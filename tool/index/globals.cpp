// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A declaration is what stands between two semicolons outside of brackets. A name in it is followed by its value, by its bounds, by the next
// name or by the end; attributes may stand between.
#include "tool/index/globals.h"
#include "tool/index/structure.h"
#include "llvm/ADT/STLExtras.h"

using llvm::StringRef;
namespace tok = clang::tok;

namespace krcu {
namespace {

bool isAttribute(StringRef Word) { return Word.starts_with("__"); }

/// Names in one declaration: tokens outside of brackets, of which there are only commas, '=', '[' and words.
void addNames(llvm::ArrayRef<const LexToken *> Tokens, std::set<std::string> &To) {
  auto IsWord = [&](size_t I, llvm::ArrayRef<StringRef> Words) { return I < Tokens.size() && llvm::is_contained(Words, Tokens[I]->text); };
  for (size_t I = 0; I < Tokens.size(); ++I)
    if (IsWord(I, {"static", "extern", "typedef", "inline", "__inline", "__always_inline"}))
      return;
  bool Value = false; // behind '='
  for (size_t I = 0; I < Tokens.size(); ++I) {
    Value = Tokens[I]->is(tok::equal) || (Value && !Tokens[I]->is(tok::comma));
    if (Value || !Tokens[I]->isIdentifier() || isAttribute(Tokens[I]->text) || I == 0 || IsWord(I - 1, {"struct", "union", "enum"}))
      continue;
    const LexToken *Next = I + 1 < Tokens.size() ? Tokens[I + 1] : nullptr;
    if (!Next || Next->is(tok::equal) || Next->is(tok::comma) || Next->is(tok::l_square) || (Next->isIdentifier() && isAttribute(Next->text)))
      To.insert(Tokens[I]->text.str());
  }
}

} // namespace

std::set<std::string> globalsOf(StringRef Text) {
  std::set<std::string> Result;
  LexedText Lexed(Text);
  std::vector<OutlineFunction> Functions = functionsOf(Lexed);
  for (const OutlineFunction &F : Functions)
    if (!F.is_static && !Text.slice(F.decl_begin, F.name_begin).contains("inline"))
      Result.insert(F.name);
  std::vector<const LexToken *> Declaration;
  size_t Next = 0;
  int Depth = 0;
  for (const LexToken &T : Lexed.tokens()) {
    while (Next < Functions.size() && T.offset >= Functions[Next].body_end)
      ++Next;
    if (T.directive >= 0)
      continue;
    if (Next < Functions.size() && T.offset >= Functions[Next].decl_begin) {
      Declaration.clear();
      Depth = 0;
      continue;
    }
    bool Opens = T.is(tok::l_brace) || T.is(tok::l_paren) || T.is(tok::l_square);
    bool Closes = T.is(tok::r_brace) || T.is(tok::r_paren) || T.is(tok::r_square);
    if (Depth == 0 && (!Opens || T.is(tok::l_square)) && !T.is(tok::semi))
      Declaration.push_back(&T);
    else if (Depth == 0 && T.is(tok::l_paren))
      Declaration.push_back(&T); // what stands before is no variable
    Depth = std::max(0, Depth + Opens - Closes); // #if may leave one too many
    if (Depth == 0 && T.is(tok::semi)) {
      addNames(Declaration, Result);
      Declaration.clear();
    }
  }
  return Result;
}

} // namespace krcu
