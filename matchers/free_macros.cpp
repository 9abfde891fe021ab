// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/free_macros.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Lex/Lexer.h"
#include <algorithm>

using namespace clang;

namespace krcu {
namespace {

/// Where the token stands that makes the statement what it is: `p = NULL` is the work of who wrote the '='.
SourceLocation placeOf(const Stmt *S) {
  if (const auto *B = dyn_cast<BinaryOperator>(S))
    return B->getOperatorLoc();
  if (const auto *U = dyn_cast<UnaryOperator>(S))
    return U->getOperatorLoc();
  if (const auto *C = dyn_cast<CallExpr>(S))
    return C->getRParenLoc();
  if (const auto *C = dyn_cast<ImplicitCastExpr>(S))
    return placeOf(C->getSubExpr());
  return S->getBeginLoc();
}

/// The position in the macro's parameter list of the parameter that is spelled at `L`, in the macro's definition.
std::optional<unsigned> parameterAt(const Names &N, SourceLocation L, StringRef Macro) {
  const SourceManager &SM = N.sources();
  L = SM.getSpellingLoc(L);
  auto [File, Offset] = SM.getDecomposedLoc(L);
  StringRef Text = SM.getBufferData(File);
  StringRef Name = Text.substr(Offset, Lexer::MeasureTokenLength(L, SM, N.context().getLangOpts()));
  const std::string Head = Macro.str() + "(";
  for (size_t At = Text.take_front(Offset).rfind(Head); At != StringRef::npos && At; At = Text.take_front(At).rfind(Head)) {
    if (!Text.take_front(At).rtrim(" \t").ends_with("define"))
      continue;
    StringRef List = Text.substr(At + Head.size()).split(')').first;
    for (unsigned Index = 0; !List.empty(); ++Index) {
      auto [One, Others] = List.split(',');
      if (One.trim(" \t\\\n\r") == Name)
        return Index;
      List = Others;
    }
    return std::nullopt;
  }
  return std::nullopt;
}

} // namespace

FreeMacros::FreeMacros(const Names &N, const FunctionDecl *Definition) : N(N) {
  struct Visitor : RecursiveASTVisitor<Visitor> {
    explicit Visitor(FreeMacros &M) : M(M) {}
    bool VisitExpr(Expr *E) {
      M.collect(E);
      return true;
    }
    FreeMacros &M;
  };
  bool Any = std::any_of(N.rules().frees.begin(), N.rules().frees.end(), [](const FreeRule &R) { return R.user; });
  if (Any && Definition->getBody())
    Visitor(*this).TraverseStmt(Definition->getBody());
}

/// An expression all of which came in as one argument. The outermost one is met first.
void FreeMacros::collect(const Expr *E) {
  const SourceManager &SM = N.sources();
  SourceLocation Begin = E->getBeginLoc(), End = E->getEndLoc();
  while (Begin.isMacroID() && End.isMacroID() && SM.isMacroArgExpansion(Begin) && SM.getFileID(Begin) == SM.getFileID(End)) {
    SourceLocation Use = SM.getSLocEntry(SM.getFileID(Begin)).getExpansion().getExpansionLocStart(); // of the parameter
    if (Use.isMacroID()) {
      std::string Macro = Lexer::getImmediateMacroName(Use, SM, N.context().getLangOpts()).str();
      const FreeRule *Rule = N.rules().free(Macro);
      if (Rule && Rule->user)
        if (std::optional<unsigned> Index = parameterAt(N, Use, Macro))
          Arguments.try_emplace({SM.getFileID(Use), *Index}, E);
    }
    Begin = SM.getImmediateSpellingLoc(Begin);
    End = SM.getImmediateSpellingLoc(End);
  }
}

std::optional<FreeMacros::Use> FreeMacros::around(const Stmt *S) const {
  if (Arguments.empty())
    return std::nullopt;
  const SourceManager &SM = N.sources();
  SourceLocation L = placeOf(S);
  for (unsigned Guard = 0; L.isMacroID() && Guard < 64; ++Guard) {
    if (SM.isMacroArgExpansion(L)) {
      L = SM.getImmediateSpellingLoc(L); // whoever wrote it
      continue;
    }
    const FreeRule *Rule = N.rules().free(Lexer::getImmediateMacroName(L, SM, N.context().getLangOpts()).str());
    if (Rule && Rule->user)
      return Use{SM.getFileID(L), Rule};
    L = SM.getImmediateExpansionRange(L).getBegin();
  }
  return std::nullopt;
}

const Expr *FreeMacros::argument(const Use &U, unsigned Index) const {
  auto It = Arguments.find({U.id, Index});
  return It == Arguments.end() ? nullptr : It->second;
}

} // namespace krcu
