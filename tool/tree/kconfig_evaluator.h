// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values of Kconfig symbols when every prompt is answered with the highest value it allows. Private to the
// room.
#pragma once

#include "tool/tree/kconfig_model.h"

namespace krcu::kconfig {

class Evaluator {
public:
  Evaluator(Model &M, const KconfigOptions &Options) : M(M), Options(Options) {}

  /// Computes the symbol once; later calls look it up.
  void compute(ConfigSymbol &S);
  /// Value as text, "n" for a symbol without a type.
  std::string text(ConfigSymbol &S);
  /// Whether the configuration has a line for it: number and string symbols only if a prompt or a default is
  /// active.
  bool isWritten(ConfigSymbol &S);
  bool isForced(const ConfigSymbol &S) const { return Options.force.count(S.name) != 0; }

private:
  Tri value(ConfigSymbol &S);
  Tri eval(const Expr *E);
  Tri evalNode(const Expr &E);
  bool compare(const Expr &E);
  std::string operand(const Expr &E, SymbolType &Type);
  Tri depends(const Entry &E) { return eval(E.depends); }
  Tri when(const Expr *Condition, const Entry &E);
  bool modulesAllowed();
  Tri visibility(ConfigSymbol &S);
  Tri visibilityOf(const Choice &C);
  void force(ConfigSymbol &S, const std::string &Value);
  Tri computeTri(ConfigSymbol &S);
  Tri fromDefaults(ConfigSymbol &S);
  Tri reversed(const std::vector<Reverse> &List);
  void computeText(ConfigSymbol &S);
  void clamp(ConfigSymbol &S);
  void select(Choice &C);

  Model &M;
  const KconfigOptions &Options;
  unsigned EvalDepth = 0, ValueDepth = 0;
  bool TooDeep = false;
};

bool isTri(SymbolType Type);
const char *triName(Tri T);

} // namespace krcu::kconfig
