// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/graph.h"
#include "llvm/ADT/StringSwitch.h"

using namespace clang;

namespace krcu {
namespace {

bool isConfigurationMacro(StringRef Macro) {
  return Macro.starts_with("CONFIG_") || llvm::StringSwitch<bool>(Macro)
                                             .Cases("IS_ENABLED", "IS_BUILTIN", "IS_MODULE", "IS_REACHABLE", true)
                                             .Default(false);
}

/// Whether a literal in `E`, or in a constant that it names, came out of a configuration symbol.
bool dependsOnConfiguration(const Names &N, const Stmt *E, unsigned Depth = 0) {
  if (!E || Depth > 4)
    return E != nullptr;
  if (E->getBeginLoc().isMacroID())
    for (const std::string &M : N.macrosOf(E->getBeginLoc()))
      if (isConfigurationMacro(M))
        return true;
  if (const auto *Ref = dyn_cast<DeclRefExpr>(E)) {
    if (const auto *C = dyn_cast<EnumConstantDecl>(Ref->getDecl()))
      return dependsOnConfiguration(N, C->getInitExpr(), Depth + 1);
    if (const auto *V = dyn_cast<VarDecl>(Ref->getDecl()))
      return dependsOnConfiguration(N, V->getInit(), Depth + 1);
  }
  for (const Stmt *Child : E->children())
    if (dependsOnConfiguration(N, Child, Depth))
      return true;
  return false;
}

/// if (DEBUG) with #define DEBUG 0: a switch that somebody else sets the other way. The 0 in the body of a macro with arguments
/// is none, nor is a number that is computed with.
bool isSwitch(const Names &N, const Expr *Condition) {
  const Expr *E = stripped(Condition);
  while (true) {
    if (const auto *U = dyn_cast<UnaryOperator>(E); U && U->getOpcode() == UO_LNot)
      E = stripped(U->getSubExpr());
    else if (const auto *C = dyn_cast<CallExpr>(E); C && C->getBuiltinCallee() && C->getNumArgs())
      E = stripped(C->getArg(0));
    else
      break;
  }
  SourceLocation L = E->getBeginLoc();
  const SourceManager &SM = N.sources();
  while (L.isMacroID() && SM.isMacroArgExpansion(L))
    L = SM.getImmediateSpellingLoc(L);
  if (!isa<IntegerLiteral>(E) || !L.isMacroID())
    return false;
  CharSourceRange Use = SM.getImmediateExpansionRange(L); // of a macro without arguments, one token
  return Use.isTokenRange() && Use.getBegin() == Use.getEnd();
}

bool isTwoWay(const Stmt *Terminator) {
  if (const auto *B = dyn_cast<BinaryOperator>(Terminator))
    return B->isLogicalOp();
  return isa<IfStmt, ForStmt, WhileStmt, DoStmt, AbstractConditionalOperator, ChooseExpr>(Terminator);
}

int64_t bitsOf(const llvm::APSInt &Number) {
  return Number.isSigned() ? Number.getSExtValue() : static_cast<int64_t>(Number.getZExtValue());
}

/// Whether `switch (Value)` goes to this label.
bool matches(const Names &N, const CaseStmt *Case, int64_t Value) {
  Expr::EvalResult Low, High;
  if (!Case->getLHS()->EvaluateAsInt(Low, N.context()))
    return true;
  int64_t From = bitsOf(Low.Val.getInt());
  if (!Case->getRHS())
    return From == Value;
  if (!Case->getRHS()->EvaluateAsInt(High, N.context()))
    return true;
  int64_t To = bitsOf(High.Val.getInt());
  if (Low.Val.getInt().isSigned())
    return From <= Value && Value <= To;
  return static_cast<uint64_t>(From) <= static_cast<uint64_t>(Value) && static_cast<uint64_t>(Value) <= static_cast<uint64_t>(To);
}

} // namespace

std::unique_ptr<CFG> buildGraph(const Names &N, const FunctionDecl *F, bool Everything) {
  CFG::BuildOptions Options;
  Options.PruneTriviallyFalseEdges = false;
  if (Everything)
    Options.setAllAlwaysAdd();
  else
    Options.setAlwaysAdd(Stmt::CallExprClass);
  return CFG::buildCFG(F, F->getBody(), &N.context(), Options);
}

std::optional<int64_t> constantOf(const Names &N, const Expr *E) {
  Expr::EvalResult Result;
  if (E->isValueDependent() || !E->getType()->isIntegralOrEnumerationType() ||
      !E->EvaluateAsInt(Result, N.context(), Expr::SE_NoSideEffects) || !Result.Val.isInt())
    return std::nullopt;
  const llvm::APSInt &Number = Result.Val.getInt();
  if (Number.getBitWidth() > 64 || dependsOnConfiguration(N, E))
    return std::nullopt;
  return bitsOf(Number);
}

const Expr *conditionOf(const CFGBlock *B) {
  const Stmt *Terminator = B->getTerminatorStmt();
  if (!Terminator || !B->getTerminator().isStmtBranch())
    return nullptr;
  if (const auto *Switch = dyn_cast<SwitchStmt>(Terminator))
    return Switch->getCond();
  if (!isTwoWay(Terminator) || B->succ_size() != 2)
    return nullptr;
  if (const auto *Last = dyn_cast_or_null<Expr>(B->getLastCondition()))
    return Last;
  return dyn_cast_or_null<Expr>(B->getTerminatorCondition());
}

std::vector<GraphEdge> edgesFrom(const Names &N, const CFGBlock *B, std::optional<int64_t> Value) {
  const Expr *Condition = conditionOf(B);
  if (Value && isSwitch(N, Condition))
    Value.reset();
  const int64_t Number = Value.value_or(0); // meant only where Value is known
  std::vector<GraphEdge> Result;
  if (isa_and_nonnull<SwitchStmt>(B->getTerminatorStmt())) {
    // The last successor is the default, or the way past the switch. An enumeration may hold a value that has no name, so that
    // way is there even if all the names have a case.
    const CFGBlock *Otherwise = nullptr;
    for (auto It = B->succ_begin(); It != B->succ_end(); ++It) {
      const CFGBlock *Next = It->getReachableBlock() ? It->getReachableBlock() : It->getPossiblyUnreachableBlock();
      if (It + 1 == B->succ_end())
        Otherwise = Next;
      else if (const auto *Case = dyn_cast_or_null<CaseStmt>(Next ? Next->getLabel() : nullptr);
               Next && (!Value || !Case || matches(N, Case, Number)))
        Result.push_back({Next, {}});
    }
    if (Otherwise && (!Value || Result.empty()))
      Result.push_back({Otherwise, {}});
    return Result;
  }
  bool TwoWay = Condition != nullptr;
  unsigned Edge = 0;
  for (auto It = B->succ_begin(); It != B->succ_end(); ++It, ++Edge) {
    const CFGBlock *Next = It->getReachableBlock();
    std::optional<bool> Taken = TwoWay ? std::optional<bool>(Edge == 0) : std::nullopt;
    if (Next && !(Taken && Value && (Number != 0) != *Taken))
      Result.push_back({Next, Taken});
  }
  return Result;
}

} // namespace krcu
