// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "matchers/sites.h"
#include "matchers/members.h"
#include "matchers/ties.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Lex/Lexer.h"

using namespace clang;

namespace krcu {
namespace {

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

void noteExtent(Extents &X, const RecordDecl *R, HeadLevel &To) {
  if (!R || !R->isCompleteDefinition() || R->isInvalidDecl() || !To.complete)
    return;
  const Extent &E = X.of(R, To.offset);
  To.farthest = E.farthest;
  To.moved_by = E.moved_by;
}

/// The levels of a member chain, outermost object first.
void collectLevels(const Names &N, Extents &X, const Expr *Head, CallSiteFact &Site) {
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
    std::optional<int64_t> Own = fieldOffset(N, F);
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
      if (const RecordDecl *R = Record->getAsRecordDecl())
        L.symbol = N.recordOf(R);
      L.plain = !Base->HasSideEffects(N.context());
      L.offset = Offset;
      L.complete = Complete;
      noteExtent(X, Record->getAsRecordDecl(), L);
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

void describeHead(const Names &N, Extents &X, const Expr *Argument, QualType Parameter, CallSiteFact &Site) {
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
      collectLevels(N, X, Sub, Site);
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
  SiteVisitor(const Names &N, Extents &X, const FunctionDecl *F, std::vector<CallSiteFact> &Sites, std::set<const FunctionDecl *> &Callbacks)
      : N(N), X(X), F(F), Sites(Sites), Callbacks(Callbacks), Tied(N, F) {
    Visible.assign(F->param_begin(), F->param_end());
  }

  bool VisitCompoundStmt(CompoundStmt *S) {
    noteEarlyReturns(S);
    return statements(S->children());
  }
  bool VisitVarDecl(VarDecl *V) {
    Visible.push_back(V);
    return true;
  }
  // What is declared inside is gone behind it.
  bool TraverseCompoundStmt(CompoundStmt *S) {
    size_t Before = Visible.size();
    bool Result = RecursiveASTVisitor::TraverseCompoundStmt(S);
    Visible.resize(Before);
    return Result;
  }
  bool TraverseForStmt(ForStmt *S) {
    size_t Before = Visible.size();
    bool Result = RecursiveASTVisitor::TraverseForStmt(S);
    Visible.resize(Before);
    return Result;
  }
  bool VisitIfStmt(IfStmt *S) {
    noteBranches(S);
    return statement(S->getThen()) && statement(S->getElse());
  }
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
    place(Call, Call->getArg(Rule->head), Call->getArg(Rule->callback), Site);
    QualType Taken = Rule->head < Callee->getNumParams() ? Callee->getParamDecl(Rule->head)->getType() : Call->getArg(Rule->head)->getType();
    describeHead(N, X, Call->getArg(Rule->head), Taken, Site);
    addVariables(Call, Call->getArg(Rule->head), Site);
    if (auto In = Branches.find(Call); In != Branches.end())
      Site.branches = In->second;
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
    if (!S)
      return true;
    Statements.insert(isa<Expr>(S) ? cast<Expr>(S)->IgnoreParens() : S);
    const SourceManager &SM = N.sources();
    if (S->getBeginLoc().isMacroID() && S->getEndLoc().isMacroID() && SM.getExpansionLoc(S->getBeginLoc()) == SM.getExpansionLoc(S->getEndLoc()))
      Expanded.insert(SM.getExpansionLoc(S->getBeginLoc()));
    return true;
  }

  /// Variables that can be named at the call and are known to point to an object that holds the head.
  void addVariables(const CallExpr *Call, const Expr *Head, CallSiteFact &Site) {
    if (Site.head != HeadShape::Member || !Site.is_rcu_head || Site.levels.empty() || Site.levels.front().member.empty())
      return;
    std::vector<HeadLevel> Found;
    std::set<StringRef> Known;
    for (auto It = Visible.rbegin(); It != Visible.rend(); ++It) {
      const VarDecl *V = *It;
      const RecordDecl *R = objectBehind(V->getType());
      SourceLocation L = V->getLocation();
      bool Hidden = !V->getIdentifier() || !Known.insert(V->getName()).second;
      if (Hidden || !R || !R->isCompleteDefinition() || (L.isMacroID() && !N.sources().isMacroArgExpansion(L)))
        continue;
      std::optional<int64_t> Offset = Tied.distance(Call, V, Head);
      std::vector<HeadPath> Paths = Offset && *Offset >= 0 ? headsAt(N, R, *Offset) : std::vector<HeadPath>();
      bool Spelled = std::any_of(Site.levels.begin(), Site.levels.end(), [&](const HeadLevel &Level) { return Level.object == V->getName(); });
      if (Paths.empty() || Spelled)
        continue;
      HeadLevel Level;
      Level.object = V->getNameAsString();
      Level.member = Paths.front().member;
      Level.record = recordName(V->getType()->getPointeeType());
      Level.symbol = N.recordOf(R);
      Level.offset = *Offset;
      Level.complete = Level.variable = Level.plain = true;
      noteExtent(X, R, Level);
      Found.push_back(std::move(Level));
    }
    Site.levels.insert(Site.levels.end(), Found.rbegin(), Found.rend()); // in the order of declaration
  }

  /// The call that is all of a branch, with braces or without.
  const CallExpr *onlyCall(const Stmt *S) const {
    while (const auto *C = dyn_cast_or_null<CompoundStmt>(S))
      S = C->size() == 1 ? C->body_front() : nullptr;
    const auto *E = dyn_cast_or_null<Expr>(S);
    const auto *Call = E ? dyn_cast<CallExpr>(E->IgnoreParens()) : nullptr;
    const FunctionDecl *Callee = Call ? calleeOf(Call) : nullptr;
    return Callee && Callee->getIdentifier() && N.rules().deferral(Callee->getName().str()) ? Call : nullptr;
  }

  /// Collects the calls of an if whose branches hold nothing else; false if one of them does.
  bool leavesOf(const IfStmt *S, std::vector<const CallExpr *> &Leaves, bool &Pure) const {
    Pure = Pure && !S->getCond()->HasSideEffects(N.context());
    for (const Stmt *Branch : {S->getThen(), S->getElse()}) {
      while (isa_and_nonnull<CompoundStmt>(Branch) && cast<CompoundStmt>(Branch)->size() == 1)
        Branch = cast<CompoundStmt>(Branch)->body_front();
      const auto *Inner = dyn_cast_or_null<IfStmt>(Branch);
      if (Inner ? !leavesOf(Inner, Leaves, Pure) : !onlyCall(Branch))
        return false;
      if (!Inner)
        Leaves.push_back(onlyCall(Branch));
    }
    return true;
  }

  void noteBranches(const IfStmt *S) {
    std::vector<const CallExpr *> Leaves;
    BranchFact B;
    B.pure = true;
    if (!leavesOf(S, Leaves, B.pure))
      return;
    B.calls = static_cast<unsigned>(Leaves.size());
    B.line = N.locationOf(S->getBeginLoc()).line;
    const SourceManager &SM = N.sources();
    const Stmt *Last = S->getElse();
    while (const auto *I = dyn_cast<IfStmt>(Last))
      Last = I->getElse();
    SourceLocation Begin = S->getBeginLoc(), End = Last->getEndLoc();
    if (!isa<CompoundStmt>(Last) && End.isFileID())
      End = Lexer::findLocationAfterToken(End, tok::semi, SM, N.context().getLangOpts(), false);
    else if (End.isFileID())
      End = End.getLocWithOffset(1);
    if (Begin.isFileID() && End.isValid() && End.isFileID()) {
      B.begin = SM.getFileOffset(Begin);
      B.end = SM.getFileOffset(End);
    }
    for (const CallExpr *C : Leaves)
      Branches[C].push_back(B);
  }

  /// if (c) { call; return; } call; chooses as well, but it takes more than the if to make one call of it.
  void noteEarlyReturns(const CompoundStmt *S) {
    for (auto It = S->body_begin(); It != S->body_end() && It + 1 != S->body_end(); ++It) {
      const auto *I = dyn_cast<IfStmt>(*It);
      const auto *Then = I && !I->getElse() ? dyn_cast<CompoundStmt>(I->getThen()) : nullptr;
      const auto *Return = Then && Then->size() == 2 ? dyn_cast<ReturnStmt>(Then->body_back()) : nullptr;
      const CallExpr *A = Return && !Return->getRetValue() ? onlyCall(Then->body_front()) : nullptr;
      const CallExpr *Behind = A ? onlyCall(*(It + 1)) : nullptr;
      if (!Behind)
        continue;
      BranchFact B;
      B.calls = 2;
      B.line = N.locationOf(I->getBeginLoc()).line;
      Branches[A].push_back(B);
      Branches[Behind].push_back(B);
    }
  }

  /// Whether the caller spells the expression.
  bool isWritten(const Expr *E) const { return !N.textOf(E->getSourceRange()).empty(); }

  /// A call that is all of what a macro makes of its arguments can be replaced with the use of the macro; so can one by a macro that a row of
  /// the user's calls a deferral, whatever else it does.
  void place(const CallExpr *Call, const Expr *Head, const Expr *Callback, CallSiteFact &Site) {
    const SourceManager &SM = N.sources();
    const LangOptions &Language = N.context().getLangOpts();
    SourceLocation Begin = Call->getBeginLoc();
    CharSourceRange Range = Lexer::makeFileCharRange(CharSourceRange::getTokenRange(Call->getSourceRange()), SM, Language);
    if (Begin.isMacroID()) {
      std::vector<std::string> Macros = N.macrosOf(Begin);
      Site.macro = Macros.empty() ? "" : Macros.back();
    }
    bool Made = Begin.isMacroID() && !SM.isMacroArgExpansion(Begin), Spelled = isWritten(Head) && isWritten(Callback);
    const DeferralRule *Row = Made && Spelled ? N.rules().deferral(Site.macro) : nullptr;
    if (Row && Row->user) {
      Range = Lexer::getAsCharRange(SM.getExpansionRange(Begin), SM, Language);
      Site.is_statement = Expanded.count(SM.getExpansionLoc(Begin)) != 0;
      Made = false;
    }
    if (Range.isInvalid() || (Made && !Spelled)) {
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
  Extents &X;
  const FunctionDecl *F;
  std::vector<CallSiteFact> &Sites;
  std::set<const FunctionDecl *> &Callbacks;
  std::set<const Stmt *> Statements;
  std::set<SourceLocation> Expanded; ///< uses of macros that are a statement each
  std::vector<const VarDecl *> Visible; ///< at the point of the traversal, innermost last
  std::map<const CallExpr *, std::vector<BranchFact>> Branches;
  Ties Tied;
};

} // namespace

void collectSites(const Names &N, Extents &X, const FunctionDecl *F, std::vector<CallSiteFact> &Sites,
                  std::set<const FunctionDecl *> &Callbacks) {
  SiteVisitor(N, X, F, Sites, Callbacks).TraverseStmt(F->getBody());
}

} // namespace krcu
