// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An allocation is told by where its result goes: only there has the pointer a type. The allocation may stand in a statement expression
// of some profiling macro, so the whole right-hand side is searched for it.
#include "matchers/deferred.h"
#include "matchers/deferred_value.h"
#include "matchers/start.h"
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
  DeferredVisitor(const Names &N, const FunctionDecl *F, FileFacts &Facts) : N(N), F(F), Facts(Facts), Function(N.symbolOf(F)), Locals(F) {}

  bool VisitCallExpr(CallExpr *Call) {
    const FunctionDecl *Callee = calleeOf(Call);
    if (!Callee || !Callee->getIdentifier())
      return true;
    std::string Name = Callee->getName().str();
    if (Call->getBeginLoc().isMacroID())
      addDeferred(Call);
    if (const FreeRule *Rule = N.rules().free(Name); Rule && Rule->object < Call->getNumArgs())
      addFree(*Rule, Call);
    if (llvm::is_contained(N.rules().head_readers, Name) && Call->getNumArgs())
      if (const auto *Address = dyn_cast<UnaryOperator>(stripped(Call->getArg(0))); Address && Address->getOpcode() == UO_AddrOf)
        addHeadRead(Address->getSubExpr(), Name, Call->getBeginLoc());
    return true;
  }
  bool VisitMemberExpr(MemberExpr *M) {
    addHeadRead(M->getBase(), M->getMemberDecl()->getNameAsString(), M->getMemberLoc());
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
  /// The macro that a call is the work of, if that is kfree_rcu() or one of its kin.
  struct Use {
    std::string name;
    SourceLocation at; ///< the macro's name, or a place in the macro that expands to it
    bool in_macro = false;
  };

  std::optional<Use> deferredUseOf(SourceLocation L) const {
    const SourceManager &SM = N.sources();
    Use Found;
    while (L.isMacroID()) {
      SourceLocation Caller = SM.getImmediateMacroCallerLoc(L);
      std::string Macro = Lexer::getImmediateMacroName(L, SM, N.context().getLangOpts()).str();
      bool Body = !SM.isMacroArgExpansion(L);
      bool Deferred = Body && isDeferredFree(Macro);
      if (Deferred)
        Found = {Macro, Caller, false};
      else
        Found.in_macro = !Found.name.empty() && Body;
      L = Caller;
    }
    return Found.name.empty() ? std::nullopt : std::optional<Use>(Found);
  }

  bool isDeferredFree(const std::string &Name) const {
    return llvm::is_contained(N.rules().replacements, Name) || llvm::is_contained(N.rules().deferred_frees_no_head, Name);
  }

  /// Does `L` stand in what the use at `At` expands to, and not in one of its arguments?
  bool inTextOf(SourceLocation At, SourceLocation L) const {
    for (; L.isMacroID(); L = N.sources().getImmediateMacroCallerLoc(L))
      if (L == At)
        return true;
    return L == At;
  }

  /// The call stands in kfree_rcu() or one of its kin: a fact, once for each use of the macro. Of the calls in the expansion
  /// (assertions, traces) the one that tells most about the object is meant.
  void addDeferred(const CallExpr *Call) {
    std::optional<Use> U = deferredUseOf(Call->getBeginLoc());
    if (!U)
      return;
    auto Own = [&](const Expr *E) { return inTextOf(U->at, E->getBeginLoc()); };
    DeferredCall Described = describeDeferredCall(N, Locals, Own, Call);
    if (Described.known() == 0 && !calledWithObject(Call))
      return;
    SourceLocation Spelled = N.sources().getExpansionLoc(U->at);
    auto [It, New] = Seen.insert({{Spelled.getRawEncoding(), U->name}, {Facts.deferred_frees.size(), Described.known()}});
    if (!New && Described.known() <= It->second.second)
      return;
    DeferredFreeFact D;
    D.name = U->name;
    D.function = Function;
    D.where = N.locationOf(Spelled);
    D.in_macro = U->in_macro;
    describe(Described, D);
    if (!U->in_macro) {
      std::vector<std::string> Arguments = macroArguments(N, Spelled);
      if (!Arguments.empty())
        D.object = Arguments[0];
      if (Arguments.size() > 1)
        D.member = Arguments[1];
    }
    It->second.second = Described.known();
    if (New)
      Facts.deferred_frees.push_back(std::move(D));
    else
      Facts.deferred_frees[It->second.first] = std::move(D);
  }

  static bool calledWithObject(const CallExpr *Call) {
    // Also (void *)p of a pointer whose value nothing tells, as of a per-processor variable; NULL is none.
    return std::any_of(Call->arg_begin(), Call->arg_end(), [](const Expr *A) {
      return stripped(A)->getType()->isVoidPointerType() || (A->IgnoreParenImpCasts()->getType()->isVoidPointerType() && stripped(A)->getType()->isPointerType());
    });
  }

  void describe(const DeferredCall &Call, DeferredFreeFact &D) const {
    D.offset = Call.offset;
    D.is_rcu_head = Call.is_head;
    if (Call.record) {
      D.record = N.recordOf(Call.record);
      D.record_text = Call.record_type.getUnqualifiedType().getAsString();
    }
    if (!Call.object)
      return;
    NotAStart Wrong = whyNotAStart(N, Locals, Call.object);
    D.not_a_start = Wrong.why;
    D.never_a_start = !Wrong.why.empty() && Wrong.always;
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

  /// `Head` is looked into: what kfree_rcu() leaves there is not what call_rcu() does.
  void addHeadRead(const Expr *Head, const std::string &Name, SourceLocation At) {
    const auto *Member = dyn_cast<MemberExpr>(stripped(Head));
    const auto *Field = Member ? dyn_cast<FieldDecl>(Member->getMemberDecl()) : nullptr;
    const RecordDecl *R = Field ? Field->getType()->getAsRecordDecl() : nullptr;
    if (!R || !N.isHeadRecord(R))
      return;
    ObjectFact O;
    O.kind = ObjectFact::HeadRead;
    O.name = Name;
    O.function = Function;
    O.where = N.locationOf(At);
    O.record = N.recordOf(Field->getParent());
    O.object = Field->getNameAsString();
    Facts.objects.push_back(std::move(O));
  }

  /// The first call in `S` that returns a pointer to anything and takes a slab cache, or, if not `Cached`, none.
  const CallExpr *allocationIn(const Stmt *S, unsigned Depth, bool Cached = true) const {
    if (!S || Depth > 24)
      return nullptr;
    if (const auto *C = dyn_cast<CallExpr>(S)) {
      const FunctionDecl *Callee = calleeOf(C);
      if (Callee && Callee->getIdentifier() && Callee->getReturnType()->isVoidPointerType() && (C->getNumArgs() || !Cached) &&
          (C->getNumArgs() && N.cachePointerDepth(C->getArg(0)->getType()) == 1) == Cached && !Callee->getBuiltinID())
        return C;
    }
    for (const Stmt *Child : S->children())
      if (const CallExpr *C = allocationIn(Child, Depth + 1, Cached))
        return C;
    if (const auto *D = dyn_cast<DeclStmt>(S))
      for (const Decl *Each : D->decls())
        if (const auto *V = dyn_cast<VarDecl>(Each); V && V->hasInit())
          if (const CallExpr *C = allocationIn(V->getInit(), Depth + 1, Cached))
            return C;
    return nullptr;
  }

  void addAllocation(QualType To, const Expr *From) {
    const RecordDecl *R = recordBehind(To);
    const CallExpr *C = R ? allocationIn(From, 0) : nullptr;
    const bool Cached = C != nullptr;
    if (R && !C)
      C = allocationIn(From, 0, false);
    if (!C)
      return;
    ObjectFact O;
    O.name = calleeOf(C)->getName().str();
    O.function = Function;
    O.where = N.locationOf(C->getBeginLoc());
    O.record = N.recordOf(R);
    if (Cached)
      O.caches = N.valuesOf(C->getArg(0));
    else
      O.object = N.symbolOf(calleeOf(C));
    Facts.objects.push_back(std::move(O));
  }

  const Names &N;
  const FunctionDecl *F;
  FileFacts &Facts;
  std::string Function;
  LocalDefinitions Locals;
  /// Place and name of a use: its index among the facts, and how much its call told.
  std::map<std::pair<unsigned, std::string>, std::pair<size_t, unsigned>> Seen;
};

} // namespace

void collectDeferredFrees(const Names &N, const FunctionDecl *F, FileFacts &Facts) {
  DeferredVisitor(N, F, Facts).TraverseStmt(F->getBody());
}

} // namespace krcu
