// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/damage.h"
#include "matchers/names.h"
#include "clang/AST/RecursiveASTVisitor.h"

using namespace clang;

namespace krcu {
namespace {

std::string print(const SourceError &E) { return E.file.empty() ? E.text : E.file + ":" + std::to_string(E.line) + ": " + E.text; }

const RecordDecl *invalidRecord(QualType T) {
  if (T.isNull())
    return nullptr;
  const auto *R = T->getBaseElementTypeUnsafe()->getAsRecordDecl();
  const RecordDecl *Definition = R ? R->getDefinition() : nullptr;
  return Definition && Definition->isInvalidDecl() ? Definition : nullptr;
}

} // namespace

/// Stops at the first thing that is spoiled.
class DamageVisitor : public RecursiveASTVisitor<DamageVisitor> {
public:
  explicit DamageVisitor(const Damage &D) : D(D) {}
  std::string found;

  bool VisitStmt(Stmt *S) {
    SourceLocation L = S->getBeginLoc();
    if (!L.isMacroID())
      return true;
    const SourceManager &SM = D.N.sources();
    SourceLocation Spelled = SM.getSpellingLoc(L); // in the macro's own definition
    if (const SourceError *E = D.at(D.N.fileOf(Spelled), SM.getSpellingLineNumber(Spelled), SM.getSpellingLineNumber(Spelled)))
      found = print(*E);
    return found.empty();
  }
  bool VisitExpr(Expr *E) {
    if (E->containsErrors() || isa<RecoveryExpr>(E))
      return spoiled(nullptr);
    return soundType(E->getType());
  }
  bool VisitDeclRefExpr(DeclRefExpr *E) { return sound(E->getDecl()); }
  bool VisitMemberExpr(MemberExpr *E) {
    const auto *F = dyn_cast<FieldDecl>(E->getMemberDecl());
    return sound(E->getMemberDecl()) && (!F || sound(F->getParent()));
  }
  bool VisitOffsetOfExpr(OffsetOfExpr *E) {
    for (unsigned I = 0; I < E->getNumComponents(); ++I)
      if (E->getComponent(I).getKind() == OffsetOfNode::Field)
        if (const FieldDecl *F = E->getComponent(I).getField(); !sound(F) || !sound(F->getParent()))
          return false;
    return soundType(E->getTypeSourceInfo()->getType());
  }
  bool VisitUnaryExprOrTypeTraitExpr(UnaryExprOrTypeTraitExpr *E) { return soundType(E->getTypeOfArgument()); }
  bool VisitVarDecl(VarDecl *V) { return sound(V) && soundType(V->getType()); }

private:
  bool soundType(QualType T) {
    const RecordDecl *R = invalidRecord(T);
    return !R || spoiled(R);
  }
  bool sound(const Decl *Which) { return !Which->isInvalidDecl() || spoiled(Which); }
  bool spoiled(const Decl *Which) {
    found = D.about(Which);
    return false;
  }
  const Damage &D;
};

Damage::Damage(const Names &N, std::vector<SourceError> Given) : N(N), Errors(std::move(Given)) {
  for (const SourceError &E : Errors)
    if (Everything.empty() && (E.file.empty() || E.line == 0))
      Everything = print(E);
  for (const SourceError &E : Errors)
    if (llvm::StringRef(E.text).ends_with("file not found") && Missing.find(E.text) == std::string::npos)
      Missing += "; " + print(E);
  // Behind an error that ends the parse Clang says nothing more, so its silence shows nothing.
  if (Everything.empty() && !Errors.empty() && N.context().getDiagnostics().hasFatalErrorOccurred())
    Everything = print(Errors.front());
}

const SourceError *Damage::at(const std::string &File, unsigned First, unsigned Last) const {
  for (const SourceError &E : Errors)
    if (E.line >= First && E.line <= Last && E.file == File)
      return &E;
  return nullptr;
}

std::string Damage::about(const Decl *D) const {
  if (D) {
    Location L = N.locationOf(D->getLocation());
    const auto *R = dyn_cast<RecordDecl>(D);
    unsigned Last = R ? N.sources().getExpansionLineNumber(R->getEndLoc()) : L.line;
    if (const SourceError *E = at(L.file, L.line, Last))
      return print(*E);
  }
  return print(Errors.front());
}

std::string Damage::inLines(const FunctionDecl *F) const {
  const SourceManager &SM = N.sources();
  SourceLocation Begin = SM.getExpansionLoc(F->getBeginLoc()), End = SM.getExpansionRange(F->getEndLoc()).getEnd();
  const SourceError *E = at(N.fileOf(Begin), SM.getSpellingLineNumber(Begin), SM.getSpellingLineNumber(End));
  if (!E && SM.getFileID(Begin) != SM.getFileID(End)) // the body goes on in another file
    E = &Errors.front();
  return E ? print(*E) : std::string();
}

std::string Damage::find(const FunctionDecl *F) const {
  if (!Everything.empty())
    return Everything;
  if (std::string Inside = inLines(F); !Inside.empty())
    return Inside;
  if (F->isInvalidDecl())
    return about(F);
  for (const ParmVarDecl *P : F->parameters())
    if (P->isInvalidDecl())
      return about(P);
  DamageVisitor V(*this);
  V.TraverseStmt(F->getBody());
  return V.found;
}

const std::string &Damage::in(const FunctionDecl *F) const {
  static const std::string Sound;
  if (Errors.empty())
    return Sound;
  auto [It, New] = Known.try_emplace(F);
  if (New)
    It->second = find(F);
  // A type or a name that is not known most likely stands there.
  if (New && !It->second.empty() && Missing.find(It->second) == std::string::npos)
    It->second += Missing;
  return It->second;
}

} // namespace krcu
