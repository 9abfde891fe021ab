// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// "This code can never be a module" supports verdicts, so it must hold in every configuration and not only in
// the one that was evaluated. Here each symbol gets the set of values that some configuration may give it;
// the sets are computed with the same formulas as the values. Whatever is not known (a symbol of another
// architecture, a cycle, a chain that is too deep) may have every value.
#include "tool/kbuild/kconfig_possible.h"
#include "tool/kbuild/kconfig_evaluator.h"

namespace krcu::kconfig {
namespace {

constexpr TriSet N = 1 << No, Y = 1 << Yes, All = 7;
constexpr unsigned MaxDepth = 3000;

/// {op(a, b) : a in A, b in B}
template <typename Operation> TriSet combine(TriSet A, TriSet B, Operation Op) {
  TriSet Result = 0;
  for (int I = No; I <= Yes; ++I)
    for (int J = No; J <= Yes; ++J)
      if ((A >> I & 1) && (B >> J & 1))
        Result |= 1 << Op(I, J);
  return Result;
}
TriSet minOf(TriSet A, TriSet B) {
  return combine(A, B, [](int I, int J) { return std::min(I, J); });
}
TriSet maxOf(TriSet A, TriSet B) {
  return combine(A, B, [](int I, int J) { return std::max(I, J); });
}

class Possible {
public:
  Possible(const Model &M, std::vector<TriSet> &Known) : M(M), Known(Known) {}

  TriSet symbol(const ConfigSymbol &S) {
    if (Known[S.id])
      return Known[S.id];
    if (!isTri(S.type))
      return All;
    const TriSet Widest = ofType(S, All);
    if (Depth >= MaxDepth)
      return Widest;
    // A prompt with whatever dependencies gives nearly every value; only that none is visible matters.
    Known[S.id] = Widest; // for those that come back here in a cycle
    ++Depth;
    TriSet Result = compute(S);
    --Depth;
    return Known[S.id] = ofType(S, Result);
  }

private:
  TriSet ofType(const ConfigSymbol &S, TriSet Set) {
    const TriSet M1 = 1 << Mod;
    if (S.type == SymbolType::Bool || !M.modules)
      return (Set & M1) ? TriSet((Set & ~M1) | Y) : Set;
    return Set;
  }

  TriSet when(const Expr *Condition, const Entry &E) {
    return minOf(expression(Condition), expression(E.depends));
  }

  TriSet compute(const ConfigSymbol &S) {
    if (S.choice)
      return N | Y | (1 << Mod);
    TriSet Visible = N;
    for (const Prompt &P : S.prompts)
      Visible = maxOf(Visible, minOf(when(P.condition, *P.entry), expression(P.entry->visible)));
    TriSet Result = 0;
    // The user may answer less than what is allowed.
    if (Visible & ~N)
      Result |= minOf(Visible & ~N, All);
    if (Visible & N)
      Result |= fromDefaults(S);
    return maxOf(Result, reversed(S.selects));
  }

  TriSet fromDefaults(const ConfigSymbol &S) {
    TriSet Result = 0, Open = Y; // Open: whether all earlier defaults may have been inactive
    for (const Default &D : S.defaults) {
      TriSet Active = when(D.condition, *D.entry);
      if (Active & ~N)
        Result |= minOf(expression(D.value), Active & ~N);
      if (!(Active & N)) {
        Open = 0;
        break;
      }
    }
    if (Open)
      Result |= N;
    TriSet Implied = reversed(S.implies);
    return Implied == N ? Result : TriSet(Result | maxOf(Result, Implied) | N);
  }

  TriSet reversed(const std::vector<Reverse> &List) {
    TriSet Result = N;
    for (const Reverse &R : List)
      Result = maxOf(Result, minOf(symbol(*R.by), when(R.condition, *R.entry)));
    return Result;
  }

  TriSet expression(const Expr *E) {
    if (!E)
      return Y;
    if (Depth >= MaxDepth)
      return All;
    ++Depth;
    TriSet Result = node(*E);
    --Depth;
    return Result;
  }

  TriSet node(const Expr &E) {
    switch (E.kind) {
    case Expr::Symbol:
      return symbol(*E.symbol);
    case Expr::Constant:
      return TriSet(1 << E.tri);
    case Expr::Not:
      return combine(expression(E.left), Y, [](int I, int) { return Yes - I; });
    case Expr::And:
      return minOf(expression(E.left), expression(E.right));
    case Expr::Or:
      return maxOf(expression(E.left), expression(E.right));
    default:
      return comparison(E);
    }
  }

  TriSet comparison(const Expr &E) {
    bool Equal = E.kind == Expr::Equal;
    const Expr *Left = E.left, *Right = E.right;
    if (Left->kind == Expr::Constant)
      std::swap(Left, Right);
    bool Decidable = (Equal || E.kind == Expr::Unequal) && Left->kind == Expr::Symbol &&
                     isTri(Left->symbol->type) && Right->kind == Expr::Constant;
    if (!Decidable)
      return N | Y;
    TriSet Wanted = Right->text == "y"   ? Y
                    : Right->text == "m" ? TriSet(1 << Mod)
                    : Right->text == "n" ? N
                                         : 0;
    TriSet Have = symbol(*Left->symbol);
    bool MayHold = Have & Wanted, MayFail = Have & ~Wanted;
    if (!Equal)
      std::swap(MayHold, MayFail);
    return (MayHold ? Y : 0) | (MayFail ? N : 0);
  }

  const Model &M;
  std::vector<TriSet> &Known;
  unsigned Depth = 0;
};

} // namespace

TriSet possibleValues(const Model &M, const ConfigSymbol &S, std::vector<TriSet> &Known) {
  return Possible(M, Known).symbol(S);
}

} // namespace krcu::kconfig
