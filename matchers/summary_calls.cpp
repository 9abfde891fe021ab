// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls on the walk: frees, checks, what is walked into, and what is left to the linker.
#include "matchers/summary_walk.h"
#include "clang/AST/Attr.h"
#include "clang/Basic/Builtins.h"
#include <algorithm>

using namespace clang;

namespace krcu {
namespace {

bool isPureCallee(const FunctionDecl *F, ASTContext &Context) {
  if (F->hasAttr<ConstAttr>() || F->hasAttr<PureAttr>())
    return true;
  unsigned Id = F->getBuiltinID();
  if (!Id)
    return false;
  if (Context.BuiltinInfo.isConst(Id) || Context.BuiltinInfo.isPure(Id))
    return true;
  StringRef Name = F->getName();
  return Name == "__builtin_object_size" || Name == "__builtin_dynamic_object_size" || Name == "__builtin_unreachable";
}

/// Whether the body must stand in this translation unit, seen or skipped.
bool isLocal(const FunctionDecl *F) { return F->isInlined() || F->getStorageClass() == SC_Static; }

/// A function of the .c file itself that merely shares the name of a primitive is not that primitive.
bool isPrivateNamesake(const Names &N, const FunctionDecl *F) {
  return !F->isExternallyVisible() && N.sources().isInMainFile(N.sources().getExpansionLoc(F->getLocation()));
}

} // namespace

/// A check such as WARN_ON expands to stores, assembly and branches; it counts once, as a check.
bool SummaryWalk::insideCheck(const Stmt *S, SummaryState &St) {
  if (!S->getBeginLoc().isMacroID())
    return false;
  std::string Macro = N.checkMacro(S->getBeginLoc());
  if (Macro.empty())
    return false;
  if (St.checks.insert(N.sources().getExpansionLoc(S->getBeginLoc())).second)
    effect(St, Effect::Check, S, Macro, "checks with " + Macro + "()");
  return true;
}

const FreeMacros &SummaryWalk::macrosOf(const FunctionDecl *Definition) {
  std::unique_ptr<FreeMacros> &M = Macros[Definition];
  if (!M)
    M = std::make_unique<FreeMacros>(N, Definition);
  return *M;
}

/// A macro that a row calls a free is one, once on each path, whatever it expands to.
bool SummaryWalk::insideFree(const FunctionDecl *F, const Stmt *S, SummaryState &St) {
  const FreeMacros &All = macrosOf(F);
  std::optional<FreeMacros::Use> Use = All.around(S);
  if (!Use)
    return false;
  if (St.frees.insert(Use->id).second)
    noteFree(*Use->rule, S, All.argument(*Use, Use->rule->object), Use->rule->cache ? All.argument(*Use, *Use->rule->cache) : nullptr, St);
  return true;
}

/// A cache that the callee got as an argument is the one the caller passed.
std::string SummaryWalk::cacheInCaller(const std::string &Cache, const FunctionDecl *Callee, const CallExpr *C,
                                  const SummaryState &S) const {
  StringRef Place = Cache;
  unsigned Index = 0;
  if (!Place.consume_front("P:" + N.symbolOf(Callee) + "#") || Place.getAsInteger(10, Index) || Index >= C->getNumArgs())
    return Cache;
  return cachePlace(N, S.values, C->getArg(Index));
}

/// What kind of object a free is given.
void SummaryWalk::noteRecord(const Expr *Object) {
  const auto *Record = stripped(Object)->getType()->getPointeeType().isNull() ? nullptr : stripped(Object)->getType()->getPointeeType()->getAs<RecordType>();
  std::string Name = Record && Record->getDecl()->getIdentifier() ? Record->getDecl()->getKindName().str() + " " + Record->getDecl()->getNameAsString() : "";
  if (!Freed)
    Freed = Name;
  else if (*Freed != Name)
    Freed = "";
}

/// \p Object, \p Cache: the arguments; null if there is none.
void SummaryWalk::noteFree(const FreeRule &Rule, const Stmt *At, const Expr *Object, const Expr *Cache, SummaryState &St) {
  std::string Argument = Object ? N.textOf(Object->getSourceRange()) : std::string();
  effect(St, Effect::Free, At, Rule.name, "frees " + (Argument.empty() ? std::string("a pointer") : Argument) + " with " + Rule.name + "()");
  Effect &E = St.path.effects.back();
  if (Object) {
    E.object = evaluate(N, St.values, Object).abstract();
    noteRecord(Object);
    E.records = records.of(Object, St.values);
  }
  if (Cache)
    E.cache = cachePlace(N, St.values, Cache);
}

/// Calls whose meaning is known without looking into the callee.
bool SummaryWalk::knownCall(const CallExpr *C, const FunctionDecl *Callee, const std::vector<Value> &Arguments, SummaryState &St) {
  std::string Name = Callee->getNameAsString();
  if (const FreeRule *Rule = N.rules().free(Name); Rule && !isPrivateNamesake(N, Callee)) {
    auto Given = [&](unsigned Index) { return Index < C->getNumArgs() ? C->getArg(Index) : nullptr; };
    noteFree(*Rule, C, Given(Rule->object), Rule->cache ? Given(*Rule->cache) : nullptr, St);
    return true;
  }
  const std::vector<std::string> &Checks = N.rules().checks;
  if (std::find(Checks.begin(), Checks.end(), Name) != Checks.end()) {
    effect(St, Effect::Check, C, Name, "checks with " + Name + "()");
    return true;
  }
  if (Callee->getBuiltinID() && StringRef(Name).starts_with("__builtin_expect") && !Arguments.empty()) {
    St.values.remember(C, Arguments[0]);
    return true;
  }
  if (isPureCallee(Callee, N.context()) && !Callee->isDefined() && !isLocal(Callee)) {
    St.values.remember(C, evaluateConstant(N, C));
    return true;
  }
  return false;
}

/// Walks into the callee and, once per outcome of it, on from the call. False: there is no body to walk into.
bool SummaryWalk::inlineCall(Frame &F, const CFGBlock *B, size_t Index, const CallExpr *C, const std::vector<Value> &Arguments,
                        SummaryState &St) {
  const FunctionDecl *Callee = calleeOf(C);
  std::string Name = Callee->getNameAsString(), Why;
  std::vector<SummaryOutcome> Outcomes = walk(Callee, Arguments, F.depth + 1, Why);
  if (!Why.empty() || Outcomes.empty()) {
    effect(St, Effect::Other, C, N.symbolOf(Callee), "calls " + Name + "() (" + (Why.empty() ? "it never returns" : Why) + ")");
    return false;
  }
  // A void function that never does anything is the empty half of an #ifdef, and so is one that only says 0 or 1.
  bool Stub = Callee->getReturnType()->isVoidType() &&
              std::all_of(Outcomes.begin(), Outcomes.end(), [](const SummaryOutcome &O) { return O.path.effects.empty(); });
  if (Stub)
    effect(St, Effect::Stub, C, Name, "calls " + Name + "(), which does nothing in this configuration");
  for (SummaryOutcome &O : Outcomes) {
    SummaryState Next = St;
    for (Effect E : O.path.effects) {
      E.cache = cacheInCaller(E.cache, Callee, C, St);
      for (unsigned A = 0; E.kind == Effect::Free && E.records.empty() && A < C->getNumArgs(); ++A)
        if (Arguments[A].isPointer() && Arguments[A].abstract() == E.object) // the helper takes a void pointer
          E.records = records.of(C->getArg(A), St.values);
      if (E.kind == Effect::Other || E.kind == Effect::Call)
        E.text = "calls " + Name + "(), which " + E.text; // the reader follows it from what stands in the callback
      Next.path.effects.push_back(std::move(E));
    }
    Next.path.assumed_null.insert(Next.path.assumed_null.end(), O.path.assumed_null.begin(), O.path.assumed_null.end());
    bool Number = O.result.isConstant() && !Callee->getReturnType()->isPointerType();
    Next.values.remember(C, Number ? Value::unknown() : O.result);
    if (O.path.ends)
      finish(F, std::move(Next), true);
    else
      block(F, B, Index + 1, std::move(Next));
  }
  return true;
}

/// Returns false if it has continued the walk itself (once per outcome of the callee).
bool SummaryWalk::call(Frame &F, const CFGBlock *B, size_t Index, const CallExpr *C, SummaryState &St) {
  const FunctionDecl *Callee = calleeOf(C);
  if (!Callee) {
    std::string Through = N.textOf(C->getCallee()->getSourceRange());
    effect(St, Effect::Other, C, "", "calls through a pointer" + (Through.empty() ? "" : " " + Through));
    return true;
  }
  std::string Name = Callee->getNameAsString();
  std::vector<Value> Arguments;
  for (const Expr *A : C->arguments())
    Arguments.push_back(evaluate(N, St.values, A));
  if (knownCall(C, Callee, Arguments, St))
    return true;
  if (llvm::is_contained(N.rules().effect_calls, Name)) { // what is inside need not be known
    effect(St, Effect::Other, C, N.symbolOf(Callee), "calls " + Name + "()");
    return true;
  }
  if (N.seenDefinition(Callee))
    return !inlineCall(F, B, Index, C, Arguments, St);
  // A definition that was skipped has a body somewhere; only a definition in a header can be asked for by name.
  if (isLocal(Callee))
    Missing.insert(Name);
  if (isPureCallee(Callee, N.context()))
    return true; // no effect, and a value that is not known
  // A call that a macro makes is known to the reader by the macro's name.
  bool Spelled = !C->getBeginLoc().isMacroID() || N.sources().isMacroArgExpansion(C->getBeginLoc());
  std::string Written = Spelled ? std::string() : N.outermostMacro(C->getBeginLoc());
  effect(St, Effect::Call, C, N.symbolOf(Callee), "calls " + (Written.empty() ? Name : Written) + "()");
  for (unsigned A = 0; A < Arguments.size(); ++A) {
    AbstractValue V = Arguments[A].abstract();
    if (N.cachePointerDepth(stripped(C->getArg(A))->getType())) {
      V.kind = AbstractValue::CachePlace;
      V.place = cachePlace(N, St.values, C->getArg(A));
    }
    St.path.effects.back().arguments.push_back(std::move(V));
  }
  return true;
}

} // namespace krcu
