// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Recognising harmless guards by their tokens. A condition with one word too many is not harmless.
#include "tool/semantics/guards.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

namespace krcu::semantics {
namespace {

/// Parameters that are a `struct kmem_cache *`.
bool isCacheParameter(const Definition &D, llvm::StringRef Name) {
  for (size_t I = 0; I < D.params.size() && I < D.param_tokens.size(); ++I)
    if (D.params[I] == Name)
      return mentions(D.param_tokens[I], "kmem_cache") && mentions(D.param_tokens[I], "*");
  return false;
}

bool isSheafWord(llvm::StringRef Word) { return Word.contains("sheaf") || Word.contains("sheaves"); }

/// Each term of a disjunction negates exactly once, so that a valid cache makes the whole false.
bool everyTermNegatedOnce(llvm::ArrayRef<Tok> Condition) {
  unsigned Negations = 0;
  for (const Tok &T : Condition) {
    if (T.is("||")) {
      if (Negations != 1)
        return false;
      Negations = 0;
    }
    Negations += T.is("!") || T.is("==") || T.is("IS_ERR_OR_NULL");
  }
  return Negations == 1;
}

/// `!s`, `unlikely(!s)`, `s == NULL`, `!kasan_check_byte(s)`, and these joined by ||.
bool testsMissingCache(llvm::ArrayRef<Tok> Condition, const Definition &D) {
  bool Cache = false;
  for (const Tok &T : Condition) {
    if (T.isIdentifier() && isCacheParameter(D, T.text)) {
      Cache = true;
      continue;
    }
    bool Known = llvm::StringSwitch<bool>(T.text)
                     .Cases("(", ")", "||", "likely", "unlikely", "WARN_ON", "WARN_ON_ONCE", true)
                     .Cases("!", "==", "NULL", "kasan_check_byte", "IS_ERR_OR_NULL", true)
                     .Default(false);
    if (!Known || !T.isToken())
      return false;
  }
  return Cache && everyTermNegatedOnce(Condition);
}

/// `s->cpu_sheaves`, `cache_has_sheaves(s)`: one object and one word about sheaves, nothing else.
bool testsSheaves(llvm::ArrayRef<Tok> Condition, bool &Negated) {
  unsigned Sheaves = 0, Others = 0, Negations = 0;
  for (const Tok &T : Condition) {
    if (T.is("likely") || T.is("unlikely") || T.is("READ_ONCE") || T.is("(") || T.is(")") || T.is("->"))
      continue;
    if (T.isIdentifier())
      ++(isSheafWord(T.text) ? Sheaves : Others);
    else if (T.is("!"))
      ++Negations;
    else
      return false;
  }
  Negated = Negations == 1;
  return Sheaves == 1 && Others == 1 && Negations <= 1;
}

bool leavesOne(const Stmt &S, Leaving What) {
  switch (S.kind) {
  case Stmt::Kind::Return:
  case Stmt::Kind::Goto:
    return true;
  case Stmt::Kind::Break:
    return What != Leaving::Function;
  case Stmt::Kind::Continue:
    return What == Leaving::Anything;
  case Stmt::Kind::Loop:
  case Stmt::Kind::DoWhile:
    What = Leaving::Function; // its own break and continue stay inside
    break;
  case Stmt::Kind::Switch:
    What = What == Leaving::Loop ? Leaving::Function : What;
    break;
  default:
    break;
  }
  return llvm::any_of(S.branches, [&](const std::vector<Stmt> &B) { return leaves(B, What); });
}

} // namespace

bool mentions(llvm::ArrayRef<Tok> Tokens, llvm::StringRef Word) {
  return llvm::any_of(Tokens, [&](const Tok &T) { return T.is(Word); });
}

bool leaves(const std::vector<Stmt> &Statements, Leaving What) {
  return llvm::any_of(Statements, [&](const Stmt &S) { return leavesOne(S, What); });
}

Guard guardOf(llvm::ArrayRef<Tok> Condition, const Definition &In) {
  if (testsMissingCache(Condition, In))
    return Guard::NoCache;
  bool Negated = false;
  if (testsSheaves(Condition, Negated))
    return Negated ? Guard::NoSheaves : Guard::HasSheaves;
  return Guard::Other;
}

} // namespace krcu::semantics
