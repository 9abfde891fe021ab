// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An allocation is told by where its result goes: only there has the pointer a type. The allocation may stand in a statement expression
// of some profiling macro, so the whole right-hand side is searched for it.
#include "matchers/deferred.h"
#include "clang/AST/RecordLayout.h"
#include "clang/AST/RecursiveASTVisitor.h"
#include "clang/Lex/Lexer.h"
#include <algorithm>

using namespace clang;

namespace krcu {
namespace {

const RecordDecl *recordBehind(QualType T) {
  if (T.isNull() || !T->isPointerType())
    return nullptr;
  const RecordDecl *R = T->getPointeeType()->getAsRecordDecl();
  return R && R->getDefinition() ? R->getDefinition() : R;
}

struct Reached {
  const Expr *object = nullptr; ///< the pointer that the member chain starts from
  int64_t offset = 0;
  bool complete = true;
};

/// e->a.b: e, and the offset of b in it. Without an arrow the object is unknown.
Reached chainOf(const Names &N, const Expr *Head) {
  Reached Result;
  const Expr *E = Head->IgnoreParenImpCasts();
  while (const auto *M = dyn_cast<MemberExpr>(E)) {
    const auto *F = dyn_cast<FieldDecl>(M->getMemberDecl());
    const RecordDecl *R = F ? F->getParent()->getDefinition() : nullptr;
    if (!R || R->isInvalidDecl() || F->isBitField())
      return {nullptr, 0, false};
    Result.offset += static_cast<int64_t>(N.context().getASTRecordLayout(R).getFieldOffset(F->getFieldIndex()) / N.context().getCharWidth());
    if (M->isArrow()) {
      Result.object = M->getBase();
      return Result;
    }
    E = M->getBase()->IgnoreParenImpCasts();
  }
  return Result;
}

bool isHeadType(QualType T) {
  const RecordDecl *R = T.isNull() ? nullptr : T->getAsRecordDecl();
  return R && R->getName() == "callback_head";
}

/// The arguments of the macro call at `L`, as text.
std::vector<std::string> macroArguments(const Names &N, SourceLocation L) {
  const SourceManager &SM = N.sources();
  bool Invalid = false;
  StringRef Text = SM.getBufferData(SM.getFileID(L), &Invalid);
  std::vector<std::string> Result;
  if (Invalid)
    return Result;
  size_t At = Text.find('(', SM.getFileOffset(L));
  int Depth = 0;
  std::string Current;
  for (; At != StringRef::npos && At < Text.size(); ++At) {
    char C = Text[At];
    Depth += C == '(' || C == '[' || C == '{';
    Depth -= C == ')' || C == ']' || C == '}';
    bool End = Depth == 0, Comma = C == ',' && Depth == 1;
    if (End || Comma) {
      Result.push_back(StringRef(Current).trim().str());
      Current.clear();
      if (End)
        return Result;
    } else if (Depth > 1 || C != '(') {
      bool Space = isspace(static_cast<unsigned char>(C));
      if (!Space)
        Current += C;
      else if (!Current.empty() && Current.back() != ' ')
        Current += ' ';
    }
  }
  return {};
}

class DeferredVisitor : public RecursiveASTVisitor<DeferredVisitor> {
public:
  DeferredVisitor(const Names &N, const FunctionDecl *F, FileFacts &Facts) : N(N), F(F), Facts(Facts), Function(N.symbolOf(F)) {}

  bool VisitCallExpr(CallExpr *Call) {
    const FunctionDecl *Callee = calleeOf(Call);
    if (!Callee || !Callee->getIdentifier())
      return true;
    std::string Name = Callee->getName().str();
    if (Call->getBeginLoc().isMacroID())
      addDeferred(Call);
    if (const FreeRule *Rule = N.rules().free(Name); Rule && Rule->object < Call->getNumArgs())
      addFree(*Rule, Call);
    return true;
  }
  bool VisitVarDecl(VarDecl *V) {
    if (V->hasInit())
      addAllocation(V->getType(), V->getInit());
    return true;
  }
  bool VisitBinaryOperator(BinaryOperator *B) {
    if (B->getOpcode() == BO_Assign)
      addAllocation(B->getLHS()->getType(), B->getRHS());
    return true;
  }
  bool VisitReturnStmt(ReturnStmt *R) {
    if (R->getRetValue())
      addAllocation(F->getReturnType(), R->getRetValue());
    return true;
  }

private:
  /// The call stands in kfree_rcu() or one of its kin: a fact, once for each use of the macro.
  void addDeferred(const CallExpr *Call) {
    const SourceManager &SM = N.sources();
    SourceLocation L = Call->getBeginLoc();
    std::string Found;
    SourceLocation At;
    bool InMacro = false;
    while (L.isMacroID()) {
      SourceLocation Caller = SM.getImmediateMacroCallerLoc(L);
      std::string Macro = Lexer::getImmediateMacroName(L, SM, N.context().getLangOpts()).str();
      bool Deferred = contains(N.rules().replacements, Macro) || contains(N.rules().deferred_frees_no_head, Macro);
      if (Deferred) {
        Found = Macro;
        At = Caller;
      }
      InMacro = !Found.empty() && !Deferred && !SM.isMacroArgExpansion(L);
      L = Caller;
    }
    if (Found.empty() || !calledWithObject(Call))
      return;
    DeferredFreeFact D;
    SourceLocation Spelled = SM.getExpansionLoc(At);
    if (!Seen.insert({Spelled.getRawEncoding(), Found}).second)
      return;
    D.name = Found;
    D.function = Function;
    D.where = N.locationOf(Spelled);
    D.in_macro = InMacro;
    describe(Call, D);
    if (!InMacro) {
      std::vector<std::string> Arguments = macroArguments(N, Spelled);
      if (!Arguments.empty())
        D.object = Arguments[0];
      if (Arguments.size() > 1)
        D.member = Arguments[1];
    }
    Facts.deferred_frees.push_back(std::move(D));
  }

  static bool contains(const std::vector<std::string> &List, const std::string &Name) {
    return std::find(List.begin(), List.end(), Name) != List.end();
  }

  static bool calledWithObject(const CallExpr *Call) {
    return std::any_of(Call->arg_begin(), Call->arg_end(), [](const Expr *A) { return stripped(A)->getType()->isPointerType(); });
  }

  void describe(const CallExpr *Call, DeferredFreeFact &D) {
    const Expr *Object = nullptr;
    for (const Expr *A : Call->arguments()) {
      const Expr *E = stripped(A);
      const auto *U = dyn_cast<UnaryOperator>(E);
      if (U && U->getOpcode() == UO_AddrOf && isa<MemberExpr>(U->getSubExpr()->IgnoreParens())) {
        Reached R = chainOf(N, U->getSubExpr());
        D.offset = R.complete && R.object ? R.offset : -1;
        D.is_rcu_head = isHeadType(U->getSubExpr()->getType());
        Object = R.object;
      } else if (!Object && recordBehind(E->getType())) {
        Object = E;
      }
    }
    if (!Object)
      return;
    Object = behindLocal(stripped(Object), true);
    if (const RecordDecl *R = recordBehind(Object->getType())) {
      D.record = N.recordOf(R);
      D.record_text = Object->getType()->getPointeeType().getUnqualifiedType().getAsString();
    }
    describeInside(behindLocal(Object, false), D);
  }

  /// What a local variable was set to where it was declared; `Macro`: only for the macro's own variables.
  const Expr *behindLocal(const Expr *E, bool Macro) const {
    for (int Step = 0; Step < 4; ++Step) {
      const auto *Ref = dyn_cast<DeclRefExpr>(E);
      const auto *V = Ref ? dyn_cast<VarDecl>(Ref->getDecl()) : nullptr;
      if (!V || isa<ParmVarDecl>(V) || !V->hasLocalStorage() || !V->hasInit() || V->getLocation().isMacroID() != Macro)
        break;
      if (!Macro && Reassigned.count(V))
        break;
      E = stripped(V->getInit());
      if (!Macro)
        break;
    }
    return E;
  }

  /// &e->member with the member not at the start: kfree() would get a pointer into the middle.
  void describeInside(const Expr *E, DeferredFreeFact &D) const {
    const auto *U = dyn_cast<UnaryOperator>(E);
    if (!U || U->getOpcode() != UO_AddrOf)
      return;
    Reached R = chainOf(N, U->getSubExpr());
    const RecordDecl *Outer = R.object ? recordBehind(R.object->getType()) : nullptr;
    SourceLocation L = E->getBeginLoc();
    bool Written = !L.isMacroID() || N.sources().isMacroArgExpansion(L); // not the work of container_of()
    if (!R.complete || !R.object || R.offset == 0 || !Outer || !Written)
      return;
    const auto *M = dyn_cast<MemberExpr>(U->getSubExpr()->IgnoreParens());
    D.inside = R.offset;
    D.inside_text = (M ? M->getMemberDecl()->getNameAsString() : std::string("a member")) + " of " +
                    R.object->getType()->getPointeeType().getUnqualifiedType().getAsString();
  }

  void addFree(const FreeRule &Rule, const CallExpr *Call) {
    ObjectFact O;
    O.kind = ObjectFact::Freed;
    O.name = Rule.name;
    O.function = Function;
    O.where = N.locationOf(Call->getBeginLoc());
    const Expr *Object = stripped(Call->getArg(Rule.object));
    O.object = N.textOf(Object->getSourceRange());
    if (const RecordDecl *R = recordBehind(Object->getType()))
      O.record = N.recordOf(R);
    if (Rule.cache && *Rule.cache < Call->getNumArgs())
      O.caches = N.valuesOf(Call->getArg(*Rule.cache));
    Facts.objects.push_back(std::move(O));
  }

  /// The first call in `S` that takes a slab cache and returns a pointer to anything.
  const CallExpr *allocationIn(const Stmt *S, unsigned Depth) const {
    if (!S || Depth > 24)
      return nullptr;
    if (const auto *C = dyn_cast<CallExpr>(S)) {
      const FunctionDecl *Callee = calleeOf(C);
      if (Callee && Callee->getIdentifier() && Callee->getReturnType()->isVoidPointerType() && C->getNumArgs() &&
          N.cachePointerDepth(C->getArg(0)->getType()) == 1)
        return C;
    }
    for (const Stmt *Child : S->children())
      if (const CallExpr *C = allocationIn(Child, Depth + 1))
        return C;
    if (const auto *D = dyn_cast<DeclStmt>(S))
      for (const Decl *Each : D->decls())
        if (const auto *V = dyn_cast<VarDecl>(Each); V && V->hasInit())
          if (const CallExpr *C = allocationIn(V->getInit(), Depth + 1))
            return C;
    return nullptr;
  }

  void addAllocation(QualType To, const Expr *From) {
    const RecordDecl *R = recordBehind(To);
    const CallExpr *C = R ? allocationIn(From, 0) : nullptr;
    if (!C)
      return;
    ObjectFact O;
    O.name = calleeOf(C)->getName().str();
    O.function = Function;
    O.where = N.locationOf(C->getBeginLoc());
    O.record = N.recordOf(R);
    O.caches = N.valuesOf(C->getArg(0));
    Facts.objects.push_back(std::move(O));
  }

public:
  std::set<const VarDecl *> Reassigned;

private:
  const Names &N;
  const FunctionDecl *F;
  FileFacts &Facts;
  std::string Function;
  std::set<std::pair<unsigned, std::string>> Seen;
};

/// Variables that are assigned to after their declaration, or whose address is taken.
class Assignments : public RecursiveASTVisitor<Assignments> {
public:
  explicit Assignments(std::set<const VarDecl *> &To) : To(To) {}
  bool VisitBinaryOperator(BinaryOperator *B) {
    if (B->isAssignmentOp())
      add(B->getLHS());
    return true;
  }
  bool VisitUnaryOperator(UnaryOperator *U) {
    if (U->isIncrementDecrementOp() || U->getOpcode() == UO_AddrOf)
      add(U->getSubExpr());
    return true;
  }

private:
  void add(const Expr *E) {
    if (const auto *Ref = dyn_cast<DeclRefExpr>(E->IgnoreParenImpCasts()))
      if (const auto *V = dyn_cast<VarDecl>(Ref->getDecl()))
        To.insert(V);
  }
  std::set<const VarDecl *> &To;
};

} // namespace

void collectDeferredFrees(const Names &N, const FunctionDecl *F, FileFacts &Facts) {
  DeferredVisitor V(N, F, Facts);
  Assignments(V.Reassigned).TraverseStmt(F->getBody());
  V.TraverseStmt(F->getBody());
}

} // namespace krcu
