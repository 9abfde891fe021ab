// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/sites.h"
#include "clang/AST/RecordLayout.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Lex/Lexer.h"

using namespace clang;

namespace krcu {
namespace {

std::optional<int64_t> offsetOf(const Names &N, const FieldDecl *F) {
  const RecordDecl *Record = F->getParent()->getDefinition();
  if (!Record || Record->isInvalidDecl() || F->isBitField())
    return std::nullopt;
  return N.context().getASTRecordLayout(Record).getFieldOffset(F->getFieldIndex()) / N.context().getCharWidth();
}

std::string recordName(QualType T) {
  return T.getUnqualifiedType().getAsString();
}

/// Text of a pointer to what `Base` denotes.
std::string pointerText(const Names &N, const Expr *Base, bool IsPointer) {
  std::string Text = N.textOf(Base->getSourceRange());
  if (Text.empty())
    return {};
  if (IsPointer) {
    // (e) -> e; anything that binds weaker than a cast stays in parentheses only where the macro needs none.
    const Expr *Inner = Base->IgnoreImpCasts();
    if (const auto *P = dyn_cast<ParenExpr>(Inner); P && isa<DeclRefExpr, MemberExpr, CallExpr, ArraySubscriptExpr>(P->IgnoreParens()))
      return N.textOf(P->IgnoreParens()->getSourceRange());
    return Text;
  }
  if (const auto *U = dyn_cast<UnaryOperator>(Base->IgnoreParens()); U && U->getOpcode() == UO_Deref)
    return N.textOf(U->getSubExpr()->getSourceRange());
  return "&" + Text;
}

/// The levels of a member chain, outermost object first.
void collectLevels(const Names &N, const Expr *Head, CallSiteFact &Site) {
  std::vector<HeadLevel> Inside;
  int64_t Offset = 0;
  bool Complete = true;
  const Expr *E = Head;
  SourceLocation MemberBegin;
  while (true) {
    E = E->IgnoreParens();
    if (const auto *A = dyn_cast<ArraySubscriptExpr>(E)) { // &e->heads[2]
      Expr::EvalResult Index;
      const Expr *Base = A->getBase()->IgnoreParenImpCasts();
      if (!isa<MemberExpr, ArraySubscriptExpr>(Base) || !Base->getType()->isArrayType() || !A->getIdx()->EvaluateAsInt(Index, N.context()))
        break;
      Offset += Index.Val.getInt().getExtValue() * N.context().getTypeSizeInChars(A->getType()).getQuantity();
      E = Base;
      continue;
    }
    const auto *M = dyn_cast<MemberExpr>(E);
    const auto *F = M ? dyn_cast<FieldDecl>(M->getMemberDecl()) : nullptr;
    if (!F)
      break;
    std::optional<int64_t> Own = offsetOf(N, F);
    Complete = Complete && Own.has_value();
    Offset += Own.value_or(0);
    const Expr *Base = M->getBase();
    bool Anonymous = F->isAnonymousStructOrUnion();
    if (!Anonymous)
      MemberBegin = M->getMemberLoc();
    const auto *BaseMember = dyn_cast<MemberExpr>(Base->IgnoreParenImpCasts());
    bool BaseAnonymous = BaseMember && isa<FieldDecl>(BaseMember->getMemberDecl()) &&
                         cast<FieldDecl>(BaseMember->getMemberDecl())->isAnonymousStructOrUnion();
    if (!BaseAnonymous) {
      HeadLevel L;
      L.object = pointerText(N, Base, M->isArrow());
      L.member = N.textOf(SourceRange(MemberBegin, Head->getEndLoc()));
      QualType Record = M->isArrow() ? Base->getType()->getPointeeType() : Base->getType();
      L.record = recordName(Record);
      L.offset = Offset;
      L.complete = Complete;
      Inside.push_back(L);
    }
    if (M->isArrow())
      break;
    E = Base->IgnoreParenImpCasts();
  }
  Site.levels.assign(Inside.rbegin(), Inside.rend());
}

/// The head is what the deferral itself takes, and of a type that kfree_rcu() takes, too.
bool isHeadOf(const Names &N, QualType Argument, QualType Parameter) {
  const RecordDecl *R = Argument->isPointerType() ? Argument->getPointeeType()->getAsRecordDecl() : nullptr;
  const RecordDecl *Taken = Parameter->isPointerType() ? Parameter->getPointeeType()->getAsRecordDecl() : nullptr;
  return R && Taken && R->getCanonicalDecl() == Taken->getCanonicalDecl() && N.isHeadRecord(R);
}

void describeHead(const Names &N, const Expr *Argument, QualType Parameter, CallSiteFact &Site) {
  Site.head_text = N.textOf(Argument->getSourceRange());
  const Expr *E = stripped(Argument);
  QualType T = E->getType();
  bool HeadItself = isHeadOf(N, T, Parameter);
  Site.is_rcu_head = HeadItself;
  if (const auto *U = dyn_cast<UnaryOperator>(E); U && U->getOpcode() == UO_AddrOf) {
    const Expr *Sub = U->getSubExpr()->IgnoreParens();
    const Expr *Inner = Sub;
    while (const auto *A = dyn_cast<ArraySubscriptExpr>(Inner))
      Inner = A->getBase()->IgnoreParenImpCasts();
    if (isa<MemberExpr>(Inner) && (Inner == Sub || Inner->getType()->isArrayType())) {
      Site.head = HeadShape::Member;
      collectLevels(N, Sub, Site);
      return;
    }
  }
  if (!HeadItself && !T.isNull() && T->isPointerType()) {
    Site.head = HeadShape::CastObject;
    HeadLevel L;
    L.object = N.textOf(E->getSourceRange());
    L.record = recordName(T->getPointeeType());
    L.complete = !T->getPointeeType()->isIncompleteType();
    Site.levels.push_back(L);
  } else if (const auto *Ref = dyn_cast<DeclRefExpr>(E); Ref && HeadItself && isa<VarDecl>(Ref->getDecl())) {
    Site.head = HeadShape::Variable;
  }
}

class SiteVisitor : public RecursiveASTVisitor<SiteVisitor> {
public:
  SiteVisitor(const Names &N, const FunctionDecl *F, std::vector<CallSiteFact> &Sites, std::set<const FunctionDecl *> &Callbacks)
      : N(N), F(F), Sites(Sites), Callbacks(Callbacks) {}

  bool VisitCompoundStmt(CompoundStmt *S) { return statements(S->children()); }
  bool VisitIfStmt(IfStmt *S) { return statement(S->getThen()) && statement(S->getElse()); }
  bool VisitForStmt(ForStmt *S) { return statement(S->getBody()); }
  bool VisitWhileStmt(WhileStmt *S) { return statement(S->getBody()); }
  bool VisitDoStmt(DoStmt *S) { return statement(S->getBody()); }
  bool VisitLabelStmt(LabelStmt *S) { return statement(S->getSubStmt()); }
  bool VisitSwitchCase(SwitchCase *S) { return statement(S->getSubStmt()); }

  bool VisitCallExpr(CallExpr *Call) {
    const FunctionDecl *Callee = calleeOf(Call);
    const DeferralRule *Rule = Callee && Callee->getIdentifier() ? N.rules().deferral(Callee->getName().str()) : nullptr;
    if (!Rule || Rule->head >= Call->getNumArgs() || Rule->callback >= Call->getNumArgs())
      return true;
    CallSiteFact Site;
    Site.deferral = Rule->name;
    Site.function = N.symbolOf(F);
    Site.where = N.locationOf(Call->getCallee()->getBeginLoc());
    Site.error = N.errorIn(F);
    Site.is_statement = Statements.count(Call) != 0;
    place(Call, Site);
    QualType Taken = Rule->head < Callee->getNumParams() ? Callee->getParamDecl(Rule->head)->getType() : Call->getArg(Rule->head)->getType();
    describeHead(N, Call->getArg(Rule->head), Taken, Site);
    describeCallback(Call->getArg(Rule->callback), Site);
    Sites.push_back(std::move(Site));
    return true;
  }

private:
  template <typename Range> bool statements(Range R) {
    for (Stmt *S : R)
      statement(S);
    return true;
  }
  bool statement(const Stmt *S) {
    if (S)
      Statements.insert(isa<Expr>(S) ? cast<Expr>(S)->IgnoreParens() : S);
    return true;
  }

  void place(const CallExpr *Call, CallSiteFact &Site) {
    const SourceManager &SM = N.sources();
    CharSourceRange Range = Lexer::makeFileCharRange(CharSourceRange::getTokenRange(Call->getSourceRange()), SM,
                                                     N.context().getLangOpts());
    if (Call->getBeginLoc().isMacroID()) {
      std::vector<std::string> Macros = N.macrosOf(Call->getBeginLoc());
      Site.macro = Macros.empty() ? "" : Macros.back();
    }
    if (Range.isInvalid() || (Call->getBeginLoc().isMacroID() && !SM.isMacroArgExpansion(Call->getBeginLoc()))) {
      Site.in_macro = true;
      return;
    }
    Site.begin = SM.getFileOffset(Range.getBegin());
    Site.end = SM.getFileOffset(Range.getEnd());
  }

  void describeCallback(const Expr *Argument, CallSiteFact &Site) {
    Site.callback_text = N.textOf(Argument->getSourceRange());
    const Expr *E = stripped(Argument);
    if (const auto *U = dyn_cast<UnaryOperator>(E); U && (U->getOpcode() == UO_AddrOf || U->getOpcode() == UO_Deref))
      if (const auto *Ref = dyn_cast<DeclRefExpr>(stripped(U->getSubExpr())); Ref && isa<FunctionDecl>(Ref->getDecl()))
        E = Ref;
    if (const auto *Ref = dyn_cast<DeclRefExpr>(E)) {
      if (const auto *Fn = dyn_cast<FunctionDecl>(Ref->getDecl())) {
        Site.callback_kind = CallbackKind::Function;
        Site.callback = N.symbolOf(Fn);
        Callbacks.insert(Fn);
        return;
      }
      if (const auto *V = dyn_cast<VarDecl>(Ref->getDecl())) {
        Site.callback_kind = isa<ParmVarDecl>(V) ? CallbackKind::Parameter : CallbackKind::Place;
        Site.callback = N.variablePlace(V);
        return;
      }
    }
    if (const auto *M = dyn_cast<MemberExpr>(E))
      if (const auto *Field = dyn_cast<FieldDecl>(M->getMemberDecl())) {
        Site.callback_kind = CallbackKind::Place;
        Site.callback = N.fieldPlace(Field);
      }
  }

  const Names &N;
  const FunctionDecl *F;
  std::vector<CallSiteFact> &Sites;
  std::set<const FunctionDecl *> &Callbacks;
  std::set<const Stmt *> Statements;
};

} // namespace

void collectSites(const Names &N, const FunctionDecl *F, std::vector<CallSiteFact> &Sites,
                  std::set<const FunctionDecl *> &Callbacks) {
  SiteVisitor(N, F, Sites, Callbacks).TraverseStmt(F->getBody());
}

} // namespace krcu
