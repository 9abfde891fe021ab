// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a call means for a trace: a beginning or end of a section, a free that is deferred, something that a rule names, a helper that is walked
// through, or a plain call with an effect.
#include "matchers/trace_walk.h"
#include "clang/Lex/Lexer.h"

using namespace clang;

namespace krcu {
namespace {

constexpr unsigned MaxDepth = 3;     ///< of helpers

/// The macro that a call is the work of, if that is kfree_rcu() or one of its kin, and where it is spelled.
struct DeferredUse {
  std::string name;
  SourceLocation at;
};

std::optional<DeferredUse> deferredUseOf(const Names &N, SourceLocation L) {
  const SourceManager &SM = N.sources();
  std::optional<DeferredUse> Found;
  while (L.isMacroID()) {
    SourceLocation Caller = SM.getImmediateMacroCallerLoc(L);
    if (!SM.isMacroArgExpansion(L)) {
      std::string Macro = Lexer::getImmediateMacroName(L, SM, N.context().getLangOpts()).str();
      if (contains(N.rules().replacements, Macro) || contains(N.rules().deferred_frees_no_head, Macro))
        Found = DeferredUse{Macro, Caller};
    }
    L = Caller;
  }
  return Found;
}

const RecordDecl *recordBehind(QualType T) { return T.isNull() || !T->isPointerType() ? nullptr : T->getPointeeType()->getAsRecordDecl(); }

/// Whether the function can write to what it is given: memset() can, printk() cannot.
bool mayWrite(const FunctionDecl *Callee) {
  return llvm::any_of(Callee->parameters(), [](const ParmVarDecl *P) {
    QualType Pointee = P->getType()->isPointerType() ? P->getType()->getPointeeType() : QualType();
    return !Pointee.isNull() && !Pointee.isConstQualified() && !Pointee->isFunctionType();
  });
}

} // namespace

bool TraceWalk::section(const CallExpr *C, const std::string &Name, TraceState &S) {
  const Rules &R = N.rules();
  std::string Found;
  auto Is = [&](StringRef Each) { return contains(R.atomic_begins, Each) || contains(R.atomic_ends, Each) || contains(R.reader_begins, Each) || contains(R.reader_ends, Each); };
  if (Is(Name))
    Found = Name;
  else
    for (const std::string &Macro : N.macrosOf(C->getBeginLoc()))
      if (Is(Macro))
        Found = Macro;
  if (Found.empty())
    return false;
  // A lock of the object itself is used, whatever it guards.
  if (!S.freed.empty())
    for (const Expr *A : C->arguments())
      if (A->getType()->isPointerType())
        use(Eval.valueOf(S, A), C, "passes", S);
  // Of the calls of one macro the first counts.
  SourceLocation At = N.sources().getExpansionLoc(C->getBeginLoc());
  if (C->getBeginLoc().isMacroID()) {
    if (LastSection == At)
      return true;
    LastSection = At;
  }
  const bool Reader = contains(R.reader_begins, Found) || contains(R.reader_ends, Found);
  const bool Begins = contains(R.atomic_begins, Found) || contains(R.reader_begins, Found);
  if (Reader)
    S.readers = std::max(0, S.readers + (Begins ? 1 : -1));
  if (Begins) {
    ++S.held[Found + "()"];
    return true;
  }
  // Locks and unlocks go by the same beginning of their names, so the longest common one is meant.
  std::string *Best = nullptr;
  size_t Length = 0;
  std::vector<std::string> Locks;
  for (const auto &[Lock, Depth] : S.held)
    if (Depth > 0)
      Locks.push_back(Lock);
  for (std::string &Lock : Locks) {
    size_t Same = 0;
    while (Same < Lock.size() && Same < Found.size() && Lock[Same] == Found[Same])
      ++Same;
    if (!Best || Same > Length)
      Best = &Lock, Length = Same;
  }
  if (Best)
    --S.held[*Best];
  return true;
}

bool TraceWalk::deferred(Frame &F, const CallExpr *C, const FunctionDecl *Callee, TraceState &S) {
  if (!C->getBeginLoc().isMacroID())
    return false;
  std::optional<DeferredUse> Use = deferredUseOf(N, C->getBeginLoc());
  if (!Use)
    return false;
  int Head = -1, Object = -1;
  std::vector<TraceValue> Values;
  for (const Expr *A : C->arguments())
    Values.push_back(Eval.valueOf(S, A));
  int Count = static_cast<int>(std::min<size_t>(Values.size(), Callee->getNumParams()));
  for (int I = 0; I < Count && Head < 0; ++I)
    if (recordBehind(Callee->getParamDecl(static_cast<unsigned>(I))->getType()))
      Head = I;
  for (int I = 0; I < Count && Object < 0; ++I)
    if (I != Head && Callee->getParamDecl(static_cast<unsigned>(I))->getType()->isPointerType())
      Object = I;
  if (Object < 0 && Head < 0)
    return true; // an assertion of the macro's
  TraceValue What = Object >= 0 ? Values[static_cast<size_t>(Object)] : Values[static_cast<size_t>(Head)];
  const TraceValue *At = Object >= 0 && Head >= 0 ? &Values[static_cast<size_t>(Head)] : nullptr;
  TraceEvent E;
  if (What.constant()) {
    if (!At || At->constant())
      return true; // NULL
    int64_t Distance = What.offset;
    What = *At;
    What.offset -= Distance;
  }
  E.kind = TraceEvent::Deferred;
  E.where = N.locationOf(N.sources().getExpansionLoc(Use->at));
  E.name = Use->name;
  E.function = F.symbol;
  E.value = What.base;
  E.offset = What.offset;
  if (At && !At->constant() && At->base == What.base)
    E.head = At->offset - What.offset;
  event(std::move(E), S);
  return true;
}

/// Calls that rules name.
bool TraceWalk::known(Frame &F, const CallExpr *C, const FunctionDecl *Callee, TraceState &S) {
  const Rules &R = N.rules();
  std::string Name = Callee->getNameAsString();
  if (!Callee->isExternallyVisible() && N.sources().isInMainFile(N.sources().getExpansionLoc(Callee->getLocation())))
    return false; // a namesake of the file's own
  TraceEvent E;
  E.where = N.locationOf(C->getBeginLoc());
  E.name = Name;
  E.function = F.symbol;
  auto Argument = [&](unsigned I) { return I < C->getNumArgs() ? C->getArg(I) : nullptr; };
  auto Take = [&](const Expr *Object) {
    TraceValue V = Object ? Eval.valueOf(S, Object) : TraceValue();
    E.value = V.base, E.offset = V.offset;
    E.text = Object ? N.textOf(Object->getSourceRange()) : std::string();
    return !V.constant();
  };
  if (const DeferralRule *D = R.deferral(Name)) {
    E.kind = TraceEvent::Queue;
    Take(Argument(D->head));
    if (const Expr *Callback = Argument(D->callback)) {
      const auto *Ref = dyn_cast<DeclRefExpr>(stripped(Callback));
      const auto *Function = Ref ? dyn_cast<FunctionDecl>(Ref->getDecl()) : nullptr;
      E.callback = Function ? N.symbolOf(Function) : Eval.valueOf(S, Callback).name();
    }
  } else if (const FreeRule *Rule = R.free(Name)) {
    E.kind = TraceEvent::Free;
    if (!Take(Argument(Rule->object)))
      return true; // NULL
    if (Rule->cache && Argument(*Rule->cache))
      E.caches = N.valuesOf(Argument(*Rule->cache));
  } else if (const CacheRule *Rule = R.cacheDestroy(Name)) {
    E.kind = TraceEvent::Destroy;
    if (Argument(Rule->cache))
      E.caches = N.valuesOf(Argument(Rule->cache));
  } else if (R.barrier(Name) || contains(R.sleeping_waits, Name)) {
    E.kind = TraceEvent::Barrier;
  } else {
    return false;
  }
  event(std::move(E), S);
  return true;
}

bool TraceWalk::ruleNames(StringRef Name) const {
  const Rules &R = N.rules();
  return R.deferral(Name.str()) || R.free(Name.str()) || R.cacheDestroy(Name.str()) || R.barrier(Name.str()) || contains(R.sleeping_waits, Name);
}

bool TraceWalk::freeingCall(const CallExpr *C, unsigned Depth) {
  const FunctionDecl *Callee = calleeOf(C);
  if (!Callee || !Callee->getIdentifier())
    return false;
  const FunctionDecl *Body = N.seenDefinition(Callee);
  return ruleNames(Callee->getName()) || deferredUseOf(N, C->getBeginLoc()) || (Body && frees(Body, Depth));
}

namespace {

/// Each statement and expression of a body, outermost first, until one says that it is enough.
void eachIn(const Stmt *Body, llvm::function_ref<bool(const Stmt *)> See) {
  std::vector<const Stmt *> Work{Body};
  while (!Work.empty()) {
    const Stmt *Each = Work.back();
    Work.pop_back();
    if (!Each)
      continue;
    if (See(Each))
      return;
    for (const Stmt *Child : Each->children())
      Work.push_back(Child);
  }
}

/// Whether a helper only says in other words what it is given: it declares and returns. to_foo(x), say.
bool onlyNames(const FunctionDecl *F) {
  if (!F->getReturnType()->isPointerType() || F->isVariadic())
    return false;
  const auto *Body = dyn_cast_or_null<CompoundStmt>(F->getBody());
  if (!Body || Body->size() > 3 || !isa_and_nonnull<ReturnStmt>(Body->body_empty() ? nullptr : Body->body_back()))
    return false;
  bool Only = true;
  eachIn(Body, [&](const Stmt *S) {
    const auto *B = dyn_cast<BinaryOperator>(S);
    const auto *U = dyn_cast<UnaryOperator>(S);
    if (isa<CallExpr, IfStmt, ForStmt, WhileStmt, DoStmt, SwitchStmt, GotoStmt, LabelStmt, AsmStmt>(S) || (B && B->isAssignmentOp()) || (U && U->isIncrementDecrementOp()))
      Only = false;
    return !Only;
  });
  return Only;
}

} // namespace

/// Whether a helper frees, defers or waits, itself or in what it calls.
bool TraceWalk::frees(const FunctionDecl *F, unsigned Depth) {
  auto [It, New] = Freeing.try_emplace(F, false);
  if (!New || Depth > MaxDepth)
    return It->second;
  bool Found = false;
  eachIn(F->getBody(), [&](const Stmt *Each) {
    const auto *C = dyn_cast<CallExpr>(Each);
    return Found = C && freeingCall(C, Depth + 1);
  });
  return Freeing[F] = Found;
}

/// The local pointers that stand in calls that free; what a macro's own variable is a copy of, too.
std::vector<std::string> TraceWalk::freedBy(const FunctionDecl *F) {
  std::set<std::string> Result;
  auto Take = [&](const Stmt *Part) {
    const auto *Ref = dyn_cast<DeclRefExpr>(Part);
    for (unsigned Copies = 0; Ref && Copies < 4; ++Copies) {
      const auto *V = dyn_cast<VarDecl>(Ref->getDecl());
      if (!V || !V->hasLocalStorage() || !V->getType()->isPointerType())
        break;
      Result.insert(Eval.addressOf(V).name());
      Ref = V->hasInit() ? dyn_cast<DeclRefExpr>(stripped(V->getInit())) : nullptr;
    }
    return false;
  };
  eachIn(F->getBody(), [&](const Stmt *Each) {
    if (const auto *C = dyn_cast<CallExpr>(Each); C && freeingCall(C, 1))
      for (const Expr *A : C->arguments())
        eachIn(A, Take);
    return false;
  });
  return {Result.begin(), Result.end()};
}

void TraceWalk::plainCall(const CallExpr *C, const FunctionDecl *Callee, TraceState &S) {
  std::string Name = Callee ? Callee->getNameAsString() : "through " + Eval.valueOf(S, C->getCallee()).name();
  if (Callee && (Name == "__builtin_expect" || Name == "__builtin_expect_with_probability") && C->getNumArgs()) {
    S.known[C] = Eval.valueOf(S, C->getArg(0));
    return;
  }
  const bool Writes = Callee && mayWrite(Callee);
  bool Computes = Callee && ((Callee->getBuiltinID() && !Writes && StringRef(Name).starts_with("__builtin_")) || Callee->hasAttr<ConstAttr>());
  bool Quiet = Computes || (Callee && !Writes && contains(N.rules().quiet_calls, Name));
  std::string Text = Name + "(";
  std::vector<std::string> Values;
  bool Unlink = isUnlink(C);
  for (const Expr *A : C->arguments()) {
    TraceValue V = Eval.valueOf(S, A);
    Text += (Text.back() == '(' ? "" : ", ") + V.name();
    Values.push_back(V.base);
    if (Quiet)
      continue;
    if (A->getType()->isPointerType())
      use(V, C, "passes", S);
    if (StringRef(V.base).starts_with("&local ") && A->getType()->isPointerType())
      S.memory[V.name()] = TraceValue::made("set by " + Name + "() at " + V.base, true);
  }
  Text += ")";
  TraceValue Result = TraceValue::made(Text, !Computes);
  if (!Quiet)
    effect(C, Text, std::move(Values), Unlink, S);
  if (!Computes)
    if (unsigned Again = S.counts[Text]++) // an allocation, say: another value each time
      Result = TraceValue::made(Text + " again " + std::to_string(Again), true);
  S.known[C] = Result;
}

bool TraceWalk::call(Frame &F, const CFGBlock *B, size_t Index, const Key &K, const CallExpr *C, TraceState &S) {
  const FunctionDecl *Callee = calleeOf(C);
  if (!Callee || !Callee->getIdentifier()) {
    plainCall(C, nullptr, S);
    return true;
  }
  if (deferred(F, C, Callee, S) || known(F, C, Callee, S) || section(C, Callee->getName().str(), S))
    return true;
  const FunctionDecl *Body = N.seenDefinition(Callee);
  if (!Body && Callee->isDefined() && !Callee->isExternallyVisible() && !llvm::is_contained(To.asked, Callee->getNameAsString()))
    To.asked.push_back(Callee->getNameAsString());
  const bool Walk = Body && !Active.count(Body) && F.depth < MaxDepth && !Body->isVariadic() && !Body->isWeak(), Frees = Walk && frees(Body, 0);
  if (!Frees && !(Walk && onlyNames(Body))) {
    plainCall(C, Callee, S);
    return true;
  }
  if (std::string Symbol = N.symbolOf(Body); Frees && !llvm::is_contained(To.inlined, Symbol))
    To.inlined.push_back(Symbol);
  TraceState In = S;
  for (unsigned I = 0; I < Body->getNumParams() && I < C->getNumArgs(); ++I)
    In.memory[Eval.addressOf(Body->getParamDecl(I)).name()] = Eval.valueOf(S, C->getArg(I));
  if (F.depth == 0)
    Called = N.locationOf(C->getBeginLoc());
  std::vector<TraceState> Ends = through(Body, std::move(In), F.depth + 1);
  if (F.depth == 0)
    Called = {};
  for (TraceState &Out : Ends) {
    Out.known[C] = Out.result;
    elements(F, B, Index + 1, K, std::move(Out));
  }
  return false;
}

} // namespace krcu
