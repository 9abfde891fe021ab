// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Values of Kconfig symbols when every prompt is answered with the highest value it allows. Private to the
// room.
#pragma once

#include "tool/kbuild/kconfig_model.h"
#include <unordered_map>

namespace krcu::kconfig {

class Evaluator {
public:
  Evaluator(const Model &M, const KconfigOptions &Options);

  /// Computes the symbol once; later calls look it up.
  void compute(const ConfigSymbol &S);
  /// Value as text, "n" for a symbol without a type.
  std::string text(const ConfigSymbol &S);
  /// Whether the configuration has a line for it: number and string symbols only if a prompt or a default is
  /// active.
  bool isWritten(const ConfigSymbol &S);
  bool isForced(const ConfigSymbol &S) const { return Memory[S.id].forced; }
  std::vector<std::string> warnings; ///< those of the model first

private:
  enum State : unsigned char { Fresh, Busy, Done };
  struct SymbolMemory {
    State state = Fresh;
    Tri tri = No;
    bool forced = false;
  };
  struct ChoiceMemory {
    State state = Fresh;
    const ConfigSymbol *selected = nullptr;
  };

  Tri value(const ConfigSymbol &S);
  Tri eval(const Expr *E);
  Tri evalNode(const Expr &E);
  bool compare(const Expr &E);
  std::string operand(const Expr &E, SymbolType &Type);
  Tri depends(const Entry &E) { return eval(E.depends); }
  Tri when(const Expr *Condition, const Entry &E);
  bool modulesAllowed();
  Tri visibility(const ConfigSymbol &S);
  Tri visibilityOf(const Choice &C);
  const std::string &forcedValue(const ConfigSymbol &S) const { return Options.force.find(S.name.str())->second; }
  bool forcedTo(const ConfigSymbol &S, llvm::StringRef Value) const { return isForced(S) && forcedValue(S) == Value; }
  void force(const ConfigSymbol &S, const std::string &Value);
  Tri computeTri(const ConfigSymbol &S);
  Tri fromDefaults(const ConfigSymbol &S);
  Tri reversed(const std::vector<Reverse> &List);
  void computeText(const ConfigSymbol &S);
  void clamp(const ConfigSymbol &S, std::string &Text);
  void select(const Choice &C);
  void warnOnce(std::string Text);

  const Model &M;
  const KconfigOptions &Options;
  std::vector<SymbolMemory> Memory; ///< by ConfigSymbol::id
  std::vector<ChoiceMemory> Choices;
  std::unordered_map<const ConfigSymbol *, std::string> Texts; ///< of int, hex and string symbols
  unsigned EvalDepth = 0, ValueDepth = 0;
  bool TooDeep = false;
};

bool isTri(SymbolType Type);
const char *triName(Tri T);

} // namespace krcu::kconfig
