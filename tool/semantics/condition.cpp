// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parsing and comparing of preprocessor conditions. What is not understood becomes an opaque literal: then nothing is
// proven exclusive, and the facts that would need it come out as "no".
#include "tool/semantics/condition.h"
#include "llvm/ADT/ArrayRef.h"
#include <algorithm>

namespace krcu::semantics {
namespace {

std::string join(llvm::ArrayRef<Tok> Tokens) {
  std::string Text;
  for (const Tok &T : Tokens) {
    if (!Text.empty())
      Text += ' ';
    Text += T.text;
  }
  return Text;
}

/// Splits at `Operator` outside all parentheses.
std::vector<llvm::ArrayRef<Tok>> split(llvm::ArrayRef<Tok> Tokens, llvm::StringRef Operator) {
  std::vector<llvm::ArrayRef<Tok>> Parts;
  size_t Begin = 0, Nesting = 0;
  for (size_t I = 0; I < Tokens.size(); ++I) {
    Nesting += Tokens[I].is("(");
    Nesting -= Tokens[I].is(")") && Nesting > 0;
    if (Nesting == 0 && Tokens[I].is(Operator)) {
      Parts.push_back(Tokens.slice(Begin, I - Begin));
      Begin = I + 1;
    }
  }
  Parts.push_back(Tokens.drop_front(Begin));
  return Parts;
}

/// `defined(X)`, `defined X`, `IS_ENABLED(X)` and their kin: one symbol.
bool asSymbol(llvm::ArrayRef<Tok> Term, std::string &Symbol) {
  if (Term.size() == 2 && Term[0].is("defined") && Term[1].isIdentifier()) {
    Symbol = Term[1].text.str();
    return true;
  }
  bool Known = Term.size() == 4 && (Term[0].is("defined") || Term[0].is("IS_ENABLED"));
  if (!Known || !Term[1].is("(") || !Term[2].isIdentifier() || !Term[3].is(")"))
    return false;
  Symbol = Term[2].text.str();
  return true;
}

CondLiteral literal(llvm::ArrayRef<Tok> Term) {
  CondLiteral L;
  llvm::ArrayRef<Tok> Inner = Term;
  while (!Inner.empty() && Inner[0].is("!")) {
    L.positive = !L.positive;
    Inner = Inner.drop_front();
  }
  if (asSymbol(Inner, L.text))
    return L;
  return {join(Term), true};
}

} // namespace

Condition parseCondition(llvm::StringRef Word, const std::vector<Tok> &Rest) {
  if (Rest.empty())
    return {};
  if (Word == "ifdef" || Word == "ifndef")
    return {{Rest[0].text.str(), Word == "ifdef"}};
  if (split(Rest, "||").size() > 1)
    return {{join(Rest), true}};
  Condition C;
  for (llvm::ArrayRef<Tok> Term : split(Rest, "&&"))
    C.insert(literal(Term));
  return C;
}

Condition negate(const Condition &C) {
  if (C.size() == 1)
    return {{C.begin()->text, !C.begin()->positive}};
  if (C.empty())
    return {};
  return {{describe(C), false}};
}

bool contradicts(const Condition &A, const Condition &B) {
  const CondLiteral Never{"0", true};
  if (A.count(Never) || B.count(Never))
    return true;
  return std::any_of(A.begin(), A.end(), [&](const CondLiteral &L) { return B.count({L.text, !L.positive}) != 0; });
}

bool implies(const Condition &Strong, const Condition &Weak) {
  return std::includes(Strong.begin(), Strong.end(), Weak.begin(), Weak.end());
}

Condition both(const Condition &A, const Condition &B) {
  Condition C = A;
  C.insert(B.begin(), B.end());
  return C;
}

std::string describe(const Condition &C) {
  std::string Text;
  for (const CondLiteral &L : C)
    Text += (Text.empty() ? "" : " && ") + std::string(L.positive ? "" : "!") +
            (L.positive || L.text.find(' ') == std::string::npos ? L.text : "(" + L.text + ")");
  return Text;
}

} // namespace krcu::semantics
