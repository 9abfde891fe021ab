// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/stubs.h"
#include "clang/AST/RecursiveASTVisitor.h"

using namespace clang;

namespace krcu {
namespace {

bool isWordCharacter(char C) { return C == '_' || clang::isAlphanumeric(C); }

/// The identifier before the semicolon at `Semicolon`, arguments skipped: "STAT" of "STAT(a, b) ;".
std::string wordBefore(const Names &N, SourceLocation Semicolon) {
  const SourceManager &SM = N.sources();
  auto [File, Offset] = SM.getDecomposedLoc(Semicolon);
  bool Invalid = false;
  StringRef Text = SM.getBufferData(File, &Invalid);
  if (Invalid || Offset > Text.size())
    return {};
  Text = Text.take_front(Offset).rtrim();
  if (Text.ends_with(")")) {
    size_t At = Text.size();
    for (int Depth = 0; At > 0; --At) {
      Depth += Text[At - 1] == ')' ? 1 : Text[At - 1] == '(' ? -1 : 0;
      if (Depth == 0)
        break;
    }
    Text = Text.take_front(At ? At - 1 : 0).rtrim();
  }
  size_t Begin = Text.size();
  while (Begin > 0 && isWordCharacter(Text[Begin - 1]))
    --Begin;
  return Text.drop_front(Begin).str();
}

bool isEmpty(const Stmt *S) {
  if (const auto *Body = dyn_cast<CompoundStmt>(S))
    return std::all_of(Body->body_begin(), Body->body_end(), [](const Stmt *Each) { return isEmpty(Each); });
  return isa<NullStmt>(S);
}

/// do { } while (0), or an expression without effect that is cast to void. A compile-time check is a constant that is no literal.
bool doesNothing(const Names &N, const Stmt *S) {
  if (const auto *Do = dyn_cast<DoStmt>(S))
    return isEmpty(Do->getBody());
  const auto *E = dyn_cast<Expr>(S);
  if (!E || !E->getType()->isVoidType() || E->HasSideEffects(N.context()))
    return false;
  const Expr *Inner = stripped(E);
  return isa<IntegerLiteral>(Inner) || !Inner->isEvaluatable(N.context());
}

class StubVisitor : public RecursiveASTVisitor<StubVisitor> {
public:
  StubVisitor(const Names &N, std::vector<EmptyMacro> &Found) : N(N), Found(Found) {}

  /// A check that is empty leaves no other trace in the AST than this.
  bool VisitNullStmt(NullStmt *S) {
    if (S->hasLeadingEmptyMacro() && S->getSemiLoc().isFileID())
      note(S->getSemiLoc(), wordBefore(N, S->getSemiLoc()));
    return true;
  }

  bool VisitCompoundStmt(CompoundStmt *Body) {
    if (Body->getLBracLoc().isFileID())
      for (const Stmt *S : Body->body())
        if (S->getBeginLoc().isMacroID() && doesNothing(N, S) && N.checkMacro(S->getBeginLoc()).empty())
          note(N.sources().getExpansionLoc(S->getBeginLoc()), N.outermostMacro(S->getBeginLoc()));
    return true;
  }

private:
  void note(SourceLocation Where, std::string Name) {
    if (!Name.empty())
      Found.push_back({Where, std::move(Name)});
  }

  const Names &N;
  std::vector<EmptyMacro> &Found;
};

} // namespace

std::vector<EmptyMacro> emptyMacrosIn(const Names &N, const FunctionDecl *F) {
  std::vector<EmptyMacro> Found;
  StubVisitor(N, Found).TraverseStmt(F->getBody());
  return Found;
}

} // namespace krcu
