// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A member may be smaller if every token that names it is used in one way only: "(struct kvfree_rcu_head *)&p->member", which is what
// kfree_rcu() makes of its last argument, and the offsetof() of the check beside it. What is seen is the expansion, so a macro around
// kfree_rcu() needs no row, and one that does more with the member shows it.
#include "tool/slim/uses.h"

#include "matchers/names.h"
#include "clang/AST/RecordLayout.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include <algorithm>

using namespace clang;

namespace krcu::slim {
namespace {

class UseVisitor : public RecursiveASTVisitor<UseVisitor> {
  using Base = RecursiveASTVisitor<UseVisitor>;

public:
  UseVisitor(ASTContext &C, const UseQuestion &Q) : C(C), Q(Q), N(C, Q.root, *Q.rules) {}

  UnitUses take() { return std::move(Out); }

  // No queue: the parents of a statement are wanted.
  bool TraverseStmt(Stmt *S) {
    if (!S)
      return true;
    Parents.push_back(S);
    bool Go = Base::TraverseStmt(S);
    Parents.pop_back();
    return Go;
  }
  bool TraverseFunctionDecl(FunctionDecl *F) {
    const FunctionDecl *Outer = std::exchange(Function, F);
    bool Go = Base::TraverseFunctionDecl(F);
    Function = Outer;
    return Go;
  }

  bool VisitNamedDecl(NamedDecl *D) {
    if (const auto *F = dyn_cast<FieldDecl>(D); F && isHead(F->getType()))
      return true; // the declaration itself is no use
    if (D->getIdentifier() && Q.names.count(D->getName().str()))
      addOther(D->getLocation());
    return true;
  }
  bool VisitDeclRefExpr(DeclRefExpr *E) {
    if (E->getDecl()->getIdentifier() && Q.names.count(E->getDecl()->getName().str()))
      addOther(E->getLocation());
    return true;
  }
  bool VisitGotoStmt(GotoStmt *S) {
    if (Q.names.count(S->getLabel()->getName().str()))
      addOther(S->getLabelLoc());
    return true;
  }
  bool VisitMemberExpr(MemberExpr *E) {
    const auto *F = dyn_cast<FieldDecl>(E->getMemberDecl());
    if (!F || !F->getIdentifier() || !Q.names.count(F->getName().str()))
      return true;
    if (!isHead(F->getType())) {
      addOther(E->getMemberLoc());
      return true;
    }
    Use U = useOf(E->getMemberLoc(), F);
    U.object = objectOf(E);
    if (!(U.freed = isFreed()))
      U.how = howUsed(E->getMemberLoc());
    noteMember(F, E);
    Out.uses.push_back(std::move(U));
    return true;
  }
  bool VisitOffsetOfExpr(OffsetOfExpr *E) {
    for (unsigned I = 0; I < E->getNumComponents(); ++I) {
      const OffsetOfNode &Node = E->getComponent(I);
      if (Node.getKind() != OffsetOfNode::Field)
        continue;
      const FieldDecl *F = Node.getField();
      SourceLocation L = Node.getEndLoc();
      if (!F->getIdentifier() || !Q.names.count(F->getName().str()))
        continue;
      if (!isHead(F->getType())) {
        addOther(L);
        continue;
      }
      Use U = useOf(L, F);
      U.freed = isInFree(L); // only beside a free of the same token: see settle()
      std::string Macro = N.outermostMacro(L);
      U.how = (Macro.empty() ? "offsetof" : Macro) + "() names it";
      U.offset = true;
      noteMember(F, nullptr);
      Out.uses.push_back(std::move(U));
    }
    return true;
  }
  bool VisitDesignatedInitExpr(DesignatedInitExpr *E) {
    for (const DesignatedInitExpr::Designator &D : E->designators()) {
      const FieldDecl *F = D.isFieldDesignator() ? D.getFieldDecl() : nullptr;
      if (!F || !F->getIdentifier() || !Q.names.count(F->getName().str()))
        continue;
      if (!isHead(F->getType())) {
        addOther(D.getFieldLoc());
        continue;
      }
      Use U = useOf(D.getFieldLoc(), F);
      U.how = "it is initialised";
      noteMember(F, nullptr);
      Out.uses.push_back(std::move(U));
    }
    return true;
  }
  bool VisitInitListExpr(InitListExpr *E) {
    if (E->getType()->isArrayType()) // the records in it have lists of their own
      return true;
    const InitListExpr *Written = E->isSemanticForm() && E->getSyntacticForm() ? E->getSyntacticForm() : E;
    if (Written->getNumInits() == 0 || Written->getNumInits() > 64 || isa<DesignatedInitExpr>(Written->getInit(0)))
      return true;
    const auto *Zero = dyn_cast<IntegerLiteral>(Written->getInit(0)->IgnoreParenImpCasts());
    if (Written->getNumInits() == 1 && Zero && Zero->getValue().isZero())
      return true;
    eachMember(E->getType(), [&](const FieldDecl *F) { addWhole(F, E->getBeginLoc(), "it is initialised by position", false); });
    return true;
  }
  bool VisitCallExpr(CallExpr *E) {
    const FunctionDecl *F = E->getDirectCallee();
    std::string Name = F && F->getIdentifier() ? F->getName().str() : std::string();
    llvm::StringRef Plain = Name;
    Plain.consume_front("__builtin_");
    if (!Q.rows->copies.count(Plain.str()))
      return true;
    for (const Expr *A : E->arguments())
      if (const auto *P = stripped(A)->getType()->getAs<PointerType>())
        eachMember(P->getPointeeType(), [&](const FieldDecl *M) { addWhole(M, E->getBeginLoc(), Plain.str() + "() copies it", true); });
    return true;
  }
  bool VisitBinaryOperator(BinaryOperator *E) {
    if (E->getOpcode() == BO_Assign && E->getType()->isRecordType() && !isHead(E->getType()))
      eachMember(E->getType(), [&](const FieldDecl *M) { addWhole(M, E->getOperatorLoc(), "an assignment copies it", true); });
    return true;
  }
  bool VisitExplicitCastExpr(ExplicitCastExpr *E) {
    const auto *To = E->getType()->getAs<PointerType>();
    const auto *From = E->getSubExpr()->IgnoreImpCasts()->getType()->getAs<PointerType>();
    if (!To || !From || !isHead(To->getPointeeType()))
      return true;
    const RecordDecl *R = recordOf(From->getPointeeType());
    if (R && !R->field_empty())
      if (const FieldDecl *F = firstField(R); F && isHead(F->getType()))
        addWhole(F, E->getBeginLoc(), "the record is cast to its head", false);
    return true;
  }

private:
  const RecordDecl *recordOf(QualType T) const {
    const RecordDecl *R = T.isNull() ? nullptr : T->getAsRecordDecl();
    return R ? R->getDefinition() : nullptr;
  }
  bool isHead(QualType T) const {
    const RecordDecl *R = T.isNull() ? nullptr : T->getAsRecordDecl();
    return R && Q.heads.count(R->getName().str());
  }
  bool isSlim(QualType T) const {
    const RecordDecl *R = T.isNull() ? nullptr : T->getAsRecordDecl();
    return R && llvm::any_of(Q.rows->heads, [&](const SlimHead &H) { return H.name == R->getName(); });
  }
  const FieldDecl *firstField(const RecordDecl *R) const {
    for (unsigned Guard = 0; R && !R->field_empty() && Guard < 16; ++Guard) {
      const FieldDecl *F = *R->field_begin();
      if (isHead(F->getType()) || !F->getType()->isRecordType())
        return F;
      R = recordOf(F->getType());
    }
    return nullptr;
  }
  /// The members of the asked names that the record has by value, at any depth.
  template <typename Each> void eachMember(QualType T, Each Do, unsigned Depth = 0) {
    const RecordDecl *R = recordOf(C.getBaseElementType(T));
    if (!R || Depth > 8 || isHead(C.getBaseElementType(T)))
      return;
    for (const FieldDecl *F : R->fields()) {
      if (F->getType()->isRecordType() && isHead(F->getType())) {
        if (F->getIdentifier() && Q.names.count(F->getName().str()))
          Do(F);
      } else {
        eachMember(F->getType(), Do, Depth + 1);
      }
    }
  }

  Place placeOf(SourceLocation L) const {
    const SourceManager &SM = C.getSourceManager();
    SourceLocation Spelling = SM.getSpellingLoc(L);
    return {N.fileOf(Spelling), SM.getFileOffset(Spelling)};
  }
  void addOther(SourceLocation L) {
    if (L.isValid())
      Out.uses.push_back({placeOf(L), {"", 0}, false, "", {}, "", false, "", {}});
  }
  void addWhole(const FieldDecl *F, SourceLocation L, std::string How, bool Allowed) { Out.whole.push_back({placeOf(F->getLocation()), N.locationOf(L), std::move(How), Allowed}); }
  Use useOf(SourceLocation L, const FieldDecl *F) const {
    return {placeOf(L), placeOf(F->getLocation()), false, "", N.locationOf(L), Function ? Function->getNameAsString() : std::string(), false, freeAround(L), {}};
  }

  /// The parent that is no parenthesis, counted from the innermost; null: there is none.
  const Stmt *parent(size_t &At) const {
    while (At > 0 && isa<ParenExpr>(Parents[At - 1]))
      --At;
    return At > 0 ? Parents[--At] : nullptr;
  }
  /// (struct kvfree_rcu_head *)&p->member
  bool isFreed() const {
    size_t At = Parents.size() - 1;
    const auto *Address = dyn_cast_or_null<UnaryOperator>(parent(At));
    if (!Address || Address->getOpcode() != UO_AddrOf)
      return false;
    const auto *Cast = dyn_cast_or_null<CStyleCastExpr>(parent(At));
    const auto *To = Cast ? Cast->getType()->getAs<PointerType>() : nullptr;
    return To && isSlim(To->getPointeeType()) && isInFree(Cast->getBeginLoc());
  }
  bool isInFree(SourceLocation L) const { return !freeAround(L).empty(); }
  std::string freeAround(SourceLocation L) const {
    for (const std::string &M : N.macrosOf(L))
      if (llvm::is_contained(Q.rules->replacements, M))
        return M;
    return {};
  }
  /// "unsigned long flags[0];" is how an array of any length was written before C had one.
  bool endsInEmptyArray(const RecordDecl *R) const {
    const FieldDecl *Last = nullptr;
    for (const FieldDecl *F : R->fields())
      Last = F;
    const ConstantArrayType *A = Last ? C.getAsConstantArrayType(Last->getType()) : nullptr;
    return A && A->getSize().isZero();
  }
  FreedObject objectOf(const MemberExpr *E) const {
    while (const auto *Outer = E->isArrow() ? nullptr : dyn_cast<MemberExpr>(E->getBase()->IgnoreParens()))
      E = Outer;
    QualType T = E->getBase()->getType();
    const RecordDecl *R = recordOf(E->isArrow() ? T->getPointeeType() : T);
    if (!R || R->isInvalidDecl())
      return {};
    const ASTRecordLayout &Layout = C.getASTRecordLayout(R);
    return {R->getNameAsString(), static_cast<uint64_t>(Layout.getSize().getQuantity()), static_cast<unsigned>(Layout.getAlignment().getQuantity()), R->hasFlexibleArrayMember() || endsInEmptyArray(R)};
  }
  void noteMember(const FieldDecl *F, const MemberExpr *E) {
    MemberInfo &I = Out.members[placeOf(F->getLocation())];
    const RecordDecl *R = F->getParent();
    if (R->isInvalidDecl() || !R->isCompleteDefinition())
      I.why = "its record did not parse";
    I.record = R->getNameAsString();
    if (F->getLocation().isMacroID())
      I.why = "it is declared by a macro";
    if (F->getType()->isArrayType() || F->isBitField())
      I.why = "it is no plain member";
    if (F->hasAttrs())
      I.why = "it has an attribute of its own";
    if (R->isUnion())
      I.why = "it stands in a union";
    for (const MemberExpr *Up = E; Up; Up = dyn_cast<MemberExpr>(Up->getBase()->IgnoreParens()))
      if (const auto *Field = dyn_cast<FieldDecl>(Up->getMemberDecl()); Field && Field->getParent()->isUnion())
        I.why = "it stands in a union";
    if (I.why.empty())
      I.first = C.getASTRecordLayout(R).getFieldOffset(F->getFieldIndex()) == 0;
  }

  /// What is done with the member that is now being visited.
  std::string howUsed(SourceLocation L) const {
    std::string Macro = N.outermostMacro(L);
    size_t At = Parents.size() - 1;
    const Stmt *P = parent(At);
    if (const auto *M = dyn_cast_or_null<MemberExpr>(P))
      return "its " + M->getMemberDecl()->getNameAsString() + " is used";
    const auto *Address = dyn_cast_or_null<UnaryOperator>(P);
    const bool Taken = Address && Address->getOpcode() == UO_AddrOf;
    for (size_t Steps = 0; Taken && At > 0 && Steps < 6; ++Steps) {
      const Stmt *Up = parent(At);
      if (const auto *Call = dyn_cast_or_null<CallExpr>(Up)) {
        const FunctionDecl *F = Call->getDirectCallee();
        return F ? F->getNameAsString() + "() takes its address" : "an indirect call takes its address";
      }
      if (!Up || !isa<CastExpr>(Up))
        break;
    }
    if (!Macro.empty())
      return Macro + "() uses it";
    return Taken ? "its address is taken" : "it is read or written";
  }

  ASTContext &C;
  const UseQuestion &Q;
  Names N;
  UnitUses Out;
  std::vector<const Stmt *> Parents;
  const FunctionDecl *Function = nullptr;
};

/// An offsetof() counts as part of a free only where the same token is freed in the same unit.
void settle(UnitUses &U) {
  std::set<std::pair<Place, Place>> Freed;
  for (const Use &One : U.uses)
    if (One.freed && !One.offset)
      Freed.insert({One.token, One.member});
  for (Use &One : U.uses)
    if (One.freed && One.offset && !Freed.count({One.token, One.member}))
      One.freed = false;
}

} // namespace

UnitUses usesIn(ASTContext &Context, const std::vector<Decl *> &Decls, const UseQuestion &Q) {
  UseVisitor V(Context, Q);
  for (Decl *D : Decls)
    V.TraverseDecl(D);
  UnitUses Result = V.take();
  settle(Result);
  return Result;
}

} // namespace krcu::slim
