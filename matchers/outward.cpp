// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function is summarised: one way through it, no effect, and a result that is its argument minus a constant. Of a macro the text is read,
// for it may use what only its caller has: the parameter, the types and members of one inner macro, and no other name; what that inner
// macro makes of its argument is evaluated.
#include "matchers/outward.h"

#include "matchers/members.h"
#include "matchers/summary.h"
#include "matchers/values.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Lex/Lexer.h"

using namespace clang;

namespace krcu {
namespace {

/// The calls in a body, and the expressions that macros have made there.
class BodyVisitor : public RecursiveASTVisitor<BodyVisitor> {
public:
  std::vector<const CallExpr *> calls;
  std::vector<const Expr *> pointers; ///< of macros; outer ones first

  bool VisitCallExpr(CallExpr *C) {
    if (const FunctionDecl *F = calleeOf(C); !F || !F->getBuiltinID())
      calls.push_back(C);
    return true;
  }
  bool VisitExpr(Expr *E) {
    if (E->getBeginLoc().isMacroID() && objectBehind(E->getType()) && !isa<ImplicitCastExpr>(E))
      pointers.push_back(E);
    return true;
  }
};

/// The variables that an expression takes from outside of itself.
class OuterVariables : public RecursiveASTVisitor<OuterVariables> {
public:
  std::set<const VarDecl *> used, own;
  bool VisitVarDecl(VarDecl *V) {
    own.insert(V);
    return true;
  }
  bool VisitDeclRefExpr(DeclRefExpr *E) {
    if (const auto *V = dyn_cast<VarDecl>(E->getDecl()))
      used.insert(V);
    return true;
  }
  const VarDecl *only() const {
    const VarDecl *Only = nullptr;
    for (const VarDecl *V : used)
      if (!own.count(V)) {
        if (Only)
          return nullptr;
        Only = V;
      }
    return Only;
  }
};

bool isPlainPointer(QualType T) { return objectBehind(T) && !T->getPointeeType().hasQualifiers(); }

std::optional<OutwardHelper> helperOf(const Names &N, const CallExpr *C) {
  const FunctionDecl *Callee = calleeOf(C), *Definition = Callee ? N.seenDefinition(Callee) : nullptr;
  if (!Definition || C->getBeginLoc().isMacroID() || Definition->isExternallyVisible() || Definition->getNumParams() != 1 || Definition->isVariadic() || !N.errorIn(Definition).empty())
    return std::nullopt;
  QualType From = Definition->getParamDecl(0)->getType();
  if (!isPlainPointer(Definition->getReturnType()) || !isPlainPointer(From))
    return std::nullopt;
  BodyVisitor Body;
  Body.TraverseStmt(Definition->getBody());
  if (!Body.calls.empty())
    return std::nullopt;
  std::set<std::string> Missing;
  FunctionSummary S = summarise(N, Definition, Missing);
  if (S.opaque || S.paths.size() != 1 || !S.paths[0].effects.empty() || !S.paths[0].assumed_null.empty() || S.paths[0].ends || S.paths[0].result.kind != AbstractValue::ParameterPlus)
    return std::nullopt;
  return OutwardHelper{Callee->getNameAsString(), N.recordOf(objectBehind(From)), N.recordOf(objectBehind(Definition->getReturnType())), -S.paths[0].result.offset};
}

/// The tokens of the #define that the text at `Begin` is the body of.
std::vector<std::string> defineAround(const Names &N, SourceLocation Begin) {
  const SourceManager &SM = N.sources();
  auto [File, Offset] = SM.getDecomposedLoc(Begin);
  bool Invalid = false;
  StringRef Text = SM.getBufferData(File, &Invalid);
  if (Invalid)
    return {};
  size_t LineBegin = Text.rfind('\n', Offset) + 1; // npos + 1 is 0
  while (LineBegin > 1 && Text.take_front(LineBegin - 1).rtrim("\r").ends_with("\\"))
    LineBegin = Text.rfind('\n', LineBegin - 1) + 1;
  Lexer Raw(SM.getLocForStartOfFile(File), N.context().getLangOpts(), Text.begin(), Text.begin() + LineBegin, Text.end());
  std::vector<std::string> Tokens;
  for (Token T; !Raw.LexFromRawLexer(T) && Tokens.size() < 64;) {
    if (T.is(tok::eof) || (T.isAtStartOfLine() && !Tokens.empty()))
      break;
    Tokens.push_back(Lexer::getSpelling(T, SM, N.context().getLangOpts()));
  }
  return Tokens;
}

/// "#define NAME(p) inner(p, struct foo, m.n)", with parentheses around the parameter or all of it.
bool onlyPassesOn(std::vector<std::string> T, const std::string &Name) {
  if (T.size() < 13 || T[0] != "#" || T[1] != "define" || T[2] != Name || T[3] != "(" || T[5] != ")")
    return false;
  const std::string Parameter = T[4];
  T.erase(T.begin(), T.begin() + 6);
  while (T.size() > 2 && T.front() == "(" && T.back() == ")")
    T = std::vector<std::string>(T.begin() + 1, T.end() - 1);
  if (T.size() < 7 || T[1] != "(" || T.back() != ")")
    return false;
  size_t At = 2;
  const bool Wrapped = T[At] == "(";
  if (T[At += Wrapped] != Parameter || (Wrapped && T[++At] != ")") || T[++At] != ",")
    return false;
  for (++At; At + 1 < T.size(); ++At) // the type and the path of the member
    if (T[At] == Parameter || (T[At] != "," && T[At] != "." && !isAsciiIdentifierStart(T[At][0])))
      return false;
  return true;
}

std::optional<OutwardHelper> helperOf(const Names &N, const Expr *E) {
  const SourceManager &SM = N.sources();
  if (!isPlainPointer(E->getType()))
    return std::nullopt;
  SourceLocation Inside = E->getBeginLoc(); // in the body of the outermost macro
  for (SourceLocation Up = SM.getImmediateMacroCallerLoc(Inside); Up.isMacroID(); Up = SM.getImmediateMacroCallerLoc(Up))
    Inside = Up;
  const std::string Name = N.outermostMacro(E->getBeginLoc());
  if (SM.isMacroArgExpansion(Inside) || SM.getExpansionLoc(E->getBeginLoc()) != SM.getImmediateMacroCallerLoc(Inside) || !onlyPassesOn(defineAround(N, SM.getSpellingLoc(Inside)), Name))
    return std::nullopt;
  OuterVariables Variables;
  Variables.TraverseStmt(const_cast<Expr *>(E));
  const VarDecl *Argument = Variables.only();
  if (!Argument || !Argument->hasLocalStorage() || !isPlainPointer(Argument->getType()))
    return std::nullopt;
  ValueStore Store;
  Store.setVariable(Argument, Value::parameter(0, true));
  const Expr *Inner = E->IgnoreParens();
  if (const auto *S = dyn_cast<StmtExpr>(Inner))
    for (const Stmt *Each : S->getSubStmt()->body())
      if (const auto *D = dyn_cast<DeclStmt>(Each))
        for (const Decl *One : D->decls())
          if (const auto *V = dyn_cast<VarDecl>(One); V && V->hasInit())
            Store.setVariable(V, evaluate(N, Store, V->getInit()));
  const Value Result = isa<StmtExpr>(Inner) ? evaluateAfterPath(N, Store, Inner) : evaluate(N, Store, Inner);
  if (!Result.isPointer() || Result.parameterIndex() != 0)
    return std::nullopt;
  return OutwardHelper{Name, N.recordOf(objectBehind(Argument->getType())), N.recordOf(objectBehind(E->getType())), -Result.number()};
}

} // namespace

std::vector<OutwardHelper> outwardHelpersIn(const Names &N, const FunctionDecl *Definition) {
  BodyVisitor Body;
  Body.TraverseStmt(Definition->getBody());
  std::vector<OutwardHelper> Result;
  auto Add = [&](std::optional<OutwardHelper> H) {
    if (H && H->offset >= 0)
      Result.push_back(std::move(*H));
  };
  for (const CallExpr *C : Body.calls)
    Add(helperOf(N, C));
  for (const Expr *E : Body.pointers)
    Add(helperOf(N, E));
  return Result;
}

} // namespace krcu
