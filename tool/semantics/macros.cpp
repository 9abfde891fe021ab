// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Following kfree_rcu() through the macros it is made of.
#include "tool/semantics/macros.h"
#include "tool/semantics/body.h"
#include "tool/semantics/guards.h"
#include "tool/semantics/reach.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>

namespace krcu::semantics {
namespace {

/// Macros that `D` mentions: those of its own file, and any other whose name is about RCU.
std::vector<const Definition *> usedMacros(Corpus &C, const Definition &D) {
  std::vector<const Definition *> Result;
  for (const Tok &T : D.body) {
    if (!T.isIdentifier() || llvm::is_contained(D.params, T.text) || T.is(D.name))
      continue;
    if (T.text.lower().find("rcu") != std::string::npos) {
      for (const Definition *Used : C.resolve(T.text.str(), D.file))
        if (Used->is_macro)
          Result.push_back(Used);
      continue;
    }
    for (const Definition &Used : D.file->definitions)
      if (Used.is_macro && T.is(Used.name))
        Result.push_back(&Used);
  }
  return Result;
}

std::vector<const Definition *> reachedFrom(Corpus &C, const Definition &Root) {
  std::vector<const Definition *> Reached{&Root};
  for (size_t I = 0; I < Reached.size(); ++I)
    for (const Definition *Used : usedMacros(C, *Reached[I]))
      if (!llvm::is_contained(Reached, Used))
        Reached.push_back(Used);
  return Reached;
}

bool isFreeOffsetTest(llvm::StringRef Name) {
  return Name == "__is_kvfree_rcu_offset" || Name == "__is_kfree_rcu_offset";
}

bool isCompileTimeCheck(llvm::StringRef Name) {
  return Name == "BUILD_BUG_ON" || Name == "BUILD_BUG_ON_MSG" || Name == "static_assert" || Name == "_Static_assert" ||
         Name == "compiletime_assert";
}

void noteOffsetCheck(const Definition &D, FreeMacro &M) {
  for (const Call &K : allCalls(D.body)) {
    if (!isCompileTimeCheck(K.name))
      continue;
    bool Limit = llvm::any_of(K.args, [](const std::vector<Tok> &Arg) {
      return llvm::any_of(Arg, [](const Tok &T) { return T.is("4096") || isFreeOffsetTest(T.text); });
    });
    if (Limit)
      M.offset_check.push_back(evidenceAt(D, K.line, "checks the head's offset with " + K.name.str() + "()"));
  }
}

/// `(struct x *)...`, `(void *)...`, `(head_t)&...`: the type of what follows no longer matters.
bool isCast(llvm::ArrayRef<Tok> Arg) {
  if (Arg.empty() || !Arg[0].is("("))
    return false;
  for (size_t I = 1; I < Arg.size() && !Arg[I].is("("); ++I)
    if (Arg[I].is(")")) {
      bool Operand = I + 1 < Arg.size() && (Arg[I + 1].is("&") || Arg[I + 1].is("(") || Arg[I + 1].isIdentifier());
      return Operand || (I + 1 < Arg.size() && Arg[I - 1].is("*"));
    }
  return false;
}

/// The call that queues the object, in `D`; the head is its first argument.
void noteQueueCall(Corpus &C, const Definition &D, FreeMacro &M) {
  for (const Call &K : allCalls(D.body)) {
    bool Queues = K.name.contains("call_rcu") && !K.args.empty();
    for (const Definition *Callee : Queues ? C.resolve(K.name.str(), D.file) : std::vector<const Definition *>())
      Queues = Queues && !Callee->is_macro;
    if (!Queues)
      continue;
    M.queue_functions.insert(K.name.str());
    M.queue_calls.push_back(evidenceAt(D, K.line, "passes the object to " + K.name.str() + "()"));
    if (isCast(K.args[0]))
      M.head_cast.push_back(evidenceAt(D, K.line, "casts the head before " + K.name.str() + "() sees it"));
  }
}

/// A macro between kfree_rcu() and the queueing function may take the head as an argument and be given a cast.
void noteCastInArgument(const Definition &D, FreeMacro &M) {
  for (const Call &K : allCalls(D.body))
    if (llvm::any_of(M.reached, [&](const Definition *R) { return K.name == R->name; }) && !K.args.empty() &&
        isCast(K.args[0]) && !isFreeOffsetTest(K.name))
      M.head_cast.push_back(evidenceAt(D, K.line, "casts the argument of " + K.name.str() + "()"));
}

} // namespace

std::vector<FreeMacro> freeMacros(Corpus &C) {
  std::vector<FreeMacro> Result;
  for (const Definition *Root : C.resolve("kfree_rcu", nullptr)) {
    if (!Root->is_macro)
      continue;
    FreeMacro M;
    M.root = Root;
    M.reached = reachedFrom(C, *Root);
    for (const Definition *D : M.reached) {
      noteOffsetCheck(*D, M);
      noteQueueCall(C, *D, M);
      noteCastInArgument(*D, M);
    }
    Result.push_back(std::move(M));
  }
  return Result;
}

} // namespace krcu::semantics
