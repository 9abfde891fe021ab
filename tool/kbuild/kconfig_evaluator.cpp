// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rules of the kernel's scripts/kconfig/symbol.c, followed symbol by symbol: each value is computed once,
// recursively, from the symbols it depends on. An iteration to a fixpoint would be simpler and is wrong: it
// never gets out of the wrong answer that two symbols give each other.
#include "tool/kbuild/kconfig_evaluator.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <cstdio>

namespace krcu::kconfig {

bool isTri(SymbolType Type) { return Type == SymbolType::Bool || Type == SymbolType::Tristate; }
const char *triName(Tri T) { return T == Yes ? "y" : T == Mod ? "m" : "n"; }

namespace {

// Mainline needs a depth of a few dozen symbols; the limits keep a hostile tree off the end of the stack.
constexpr unsigned MaxValueDepth = 1500;
constexpr unsigned MaxEvalDepth = 15000;

Tri triNamed(llvm::StringRef Text) { return Text == "y" ? Yes : Text == "m" ? Mod : No; }
bool isTriText(llvm::StringRef Text) { return Text == "y" || Text == "m" || Text == "n"; }

/// The number a text stands for, in the base that the type prescribes.
bool number(llvm::StringRef Text, SymbolType Type, long long &Result) {
  unsigned Base = Type == SymbolType::Int ? 10 : 0;
  if (Type == SymbolType::Hex) {
    Base = 16;
    if (!Text.consume_front("0x"))
      Text.consume_front("0X");
  }
  if (!Text.getAsInteger(Base, Result))
    return true;
  unsigned long long Wide;
  if (Text.getAsInteger(Base, Wide))
    return false;
  Result = static_cast<long long>(Wide);
  return true;
}

} // namespace

Evaluator::Evaluator(const Model &M, const KconfigOptions &Options)
    : warnings(M.warnings), M(M), Options(Options), Memory(M.symbols.size()), Choices(M.choices.size()) {
  for (const auto &[Name, Value] : Options.force)
    if (const ConfigSymbol *S = M.by_name.lookup(Name))
      Memory[S->id].forced = true;
}

void Evaluator::warnOnce(std::string Text) {
  if (!TooDeep)
    addWarning(warnings, std::move(Text));
  TooDeep = true;
}

Tri Evaluator::value(const ConfigSymbol &S) {
  compute(S);
  return Memory[S.id].tri;
}

std::string Evaluator::text(const ConfigSymbol &S) {
  compute(S);
  return isTri(S.type) || S.type == SymbolType::Unknown ? triName(Memory[S.id].tri) : Texts[&S];
}

void Evaluator::compute(const ConfigSymbol &S) {
  SymbolMemory &Mine = Memory[S.id];
  // A symbol that is asked for while it is being computed counts as n: that is what conf does.
  if (Mine.state != Fresh)
    return;
  if (Mine.forced) {
    force(S, forcedValue(S));
    return;
  }
  if (ValueDepth >= MaxValueDepth) {
    warnOnce((S.file + ":" + llvm::Twine(S.line) + ": symbols depend on each other too deeply; taken as n").str());
    return;
  }
  ++ValueDepth;
  Mine.state = Busy;
  if (isTri(S.type))
    Mine.tri = computeTri(S);
  else if (S.type != SymbolType::Unknown)
    computeText(S);
  Mine.state = Done;
  --ValueDepth;
}

void Evaluator::force(const ConfigSymbol &S, const std::string &Value) {
  Memory[S.id].tri = triNamed(Value);
  Memory[S.id].state = Done;
  Texts[&S] = Value;
}

bool Evaluator::modulesAllowed() { return M.modules && value(*M.modules) != No; }

Tri Evaluator::eval(const Expr *E) {
  if (!E)
    return Yes;
  if (EvalDepth >= MaxEvalDepth) {
    warnOnce("an expression is nested too deeply; taken as n");
    return No;
  }
  ++EvalDepth;
  Tri T = evalNode(*E);
  --EvalDepth;
  return T;
}

Tri Evaluator::evalNode(const Expr &E) {
  switch (E.kind) {
  case Expr::Symbol:
    return value(*E.symbol);
  case Expr::Constant:
    return E.tri == Mod && !modulesAllowed() ? No : E.tri;
  case Expr::Not:
    return Tri(Yes - eval(E.left));
  case Expr::And: {
    Tri Left = eval(E.left);
    return Left == No ? No : std::min(Left, eval(E.right));
  }
  case Expr::Or: {
    Tri Left = eval(E.left);
    return Left == Yes ? Yes : std::max(Left, eval(E.right));
  }
  default:
    return compare(E) ? Yes : No;
  }
}

/// A comparison's operand: a symbol nobody defined stands for its own name, as in `GCC_VERSION >= 80000`.
std::string Evaluator::operand(const Expr &E, SymbolType &Type) {
  Type = SymbolType::Unknown;
  if (E.kind == Expr::Constant)
    return E.text.str();
  const ConfigSymbol &S = *E.symbol;
  if (S.type == SymbolType::Unknown)
    return isForced(S) ? forcedValue(S) : S.name.str();
  Type = S.type;
  return text(S);
}

bool Evaluator::compare(const Expr &E) {
  SymbolType LeftType, RightType;
  std::string Left = operand(*E.left, LeftType), Right = operand(*E.right, RightType);
  int Order = 0;
  long long A = 0, B = 0;
  if (isTriText(Left) && isTriText(Right)) {
    Order = int(triNamed(Left)) - int(triNamed(Right));
  } else if (LeftType != SymbolType::String && RightType != SymbolType::String && number(Left, LeftType, A) &&
             number(Right, RightType, B)) {
    Order = A < B ? -1 : A > B;
  } else {
    Order = Left.compare(Right);
  }
  switch (E.kind) {
  case Expr::Equal:
    return Order == 0;
  case Expr::Unequal:
    return Order != 0;
  case Expr::Less:
    return Order < 0;
  case Expr::LessEqual:
    return Order <= 0;
  case Expr::Greater:
    return Order > 0;
  default:
    return Order >= 0;
  }
}

Tri Evaluator::when(const Expr *Condition, const Entry &E) {
  Tri T = eval(Condition);
  return T == No ? No : std::min(T, depends(E));
}

Tri Evaluator::visibility(const ConfigSymbol &S) {
  Tri Best = No;
  for (const Prompt &P : S.prompts) {
    Tri T = when(P.condition, *P.entry);
    if (T != No)
      T = std::min(T, eval(P.entry->visible));
    Best = std::max(Best, T);
    if (Best == Yes)
      break;
  }
  // There is no "m" for those who cannot be modules.
  if (Best == Mod && (S.type != SymbolType::Tristate || !modulesAllowed()))
    Best = Yes;
  return Best;
}

Tri Evaluator::visibilityOf(const Choice &C) {
  Tri T = when(C.prompt_condition, C.entry);
  return T == No ? No : std::min(T, eval(C.entry.visible));
}

Tri Evaluator::reversed(const std::vector<Reverse> &List) {
  Tri Best = No;
  for (const Reverse &R : List) {
    Tri T = value(*R.by);
    if (T != No)
      T = std::min(T, when(R.condition, *R.entry));
    Best = std::max(Best, T);
    if (Best == Yes)
      break;
  }
  return Best;
}

Tri Evaluator::fromDefaults(const ConfigSymbol &S) {
  Tri Result = No;
  for (const Default &D : S.defaults)
    if (Tri Active = when(D.condition, *D.entry); Active != No) {
      Result = std::min(eval(D.value), Active);
      break;
    }
  Tri Implied = reversed(S.implies);
  if (Implied == No)
    return Result;
  Tri Direct = No;
  for (const Entry *E : S.entries)
    Direct = std::max(Direct, depends(*E));
  return std::min(std::max(Result, Implied), Direct);
}

Tri Evaluator::computeTri(const ConfigSymbol &S) {
  if (S.choice && !S.prompts.empty()) {
    select(*S.choice);
    return Choices[S.choice->id].selected == &S ? Yes : No;
  }
  Tri Result;
  if (Tri Visible = visibility(S); Visible != No)
    Result = std::min(Options.modules_preferred && S.type == SymbolType::Tristate ? Mod : Yes, Visible);
  else
    Result = fromDefaults(S);
  if (Result != Yes)
    Result = std::max(Result, reversed(S.selects));
  if (Result == Mod && (S.type == SymbolType::Bool || !modulesAllowed()))
    Result = Yes;
  return Result;
}

/// A forced member wins; else the first default that can be seen; else the first member that can be.
void Evaluator::select(const Choice &C) {
  ChoiceMemory &Mine = Choices[C.id];
  if (Mine.state != Fresh)
    return;
  Mine.state = Busy;
  for (const ConfigSymbol *S : C.members)
    if (!Mine.selected && forcedTo(*S, "y"))
      Mine.selected = S;
  if (!Mine.selected && visibilityOf(C) != No) {
    for (const Default &D : C.defaults)
      if (!Mine.selected && D.value->kind == Expr::Symbol && !forcedTo(*D.value->symbol, "n") &&
          eval(D.condition) != No && visibility(*D.value->symbol) != No)
        Mine.selected = D.value->symbol;
    for (const ConfigSymbol *S : C.members)
      if (!Mine.selected && !forcedTo(*S, "n") && visibility(*S) != No)
        Mine.selected = S;
  }
  Mine.state = Done;
}

void Evaluator::computeText(const ConfigSymbol &S) {
  std::string &Text = Texts[&S]; // seen by whoever asks for the symbol while it is being computed
  bool HasDefault = false;
  for (const Default &D : S.defaults)
    if (when(D.condition, *D.entry) != No) {
      SymbolType Ignored;
      bool Atom = D.value->kind == Expr::Constant || D.value->kind == Expr::Symbol;
      Text = Atom ? operand(*D.value, Ignored) : triName(eval(D.value));
      HasDefault = true;
      break;
    }
  if (S.type == SymbolType::String)
    return;
  clamp(S, Text);
  if (Text.empty() && (HasDefault || visibility(S) != No))
    Text = S.type == SymbolType::Hex ? "0x0" : "0";
}

/// Moves a number into the first active range.
void Evaluator::clamp(const ConfigSymbol &S, std::string &Text) {
  for (const Range &R : S.ranges) {
    if (when(R.condition, *R.entry) == No)
      continue;
    SymbolType Type;
    long long Low = 0, High = 0, Current = 0;
    std::string LowText = operand(*R.low, Type);
    number(LowText, Type, Low);
    std::string HighText = operand(*R.high, Type);
    number(HighText, Type, High);
    number(Text, S.type, Current);
    if (Current < Low)
      Current = Low;
    else if (Current > High)
      Current = High;
    else
      return;
    char Buffer[32];
    snprintf(Buffer, sizeof Buffer, S.type == SymbolType::Hex ? "0x%llx" : "%lld", Current);
    Text = Buffer;
    return;
  }
}

bool Evaluator::isWritten(const ConfigSymbol &S) {
  if (isForced(S))
    return true;
  if (isTri(S.type))
    return value(S) != No;
  if (S.type == SymbolType::Unknown)
    return false;
  compute(S);
  if (visibility(S) != No)
    return true;
  return std::any_of(S.defaults.begin(), S.defaults.end(),
                     [&](const Default &D) { return when(D.condition, *D.entry) != No; });
}

} // namespace krcu::kconfig
