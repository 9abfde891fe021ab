// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where an object waits between kfree_rcu() and the free.
#include "tool/semantics/worlds.h"
#include "tool/semantics/condition.h"
#include "tool/semantics/guards.h"
#include "tool/semantics/reach.h"
#include "llvm/ADT/STLExtras.h"

namespace krcu::semantics {
namespace {

/// The head, a parameter named in `Tracked`, is given to call_rcu(), here or in a function that gets it.
std::optional<Evidence> passesToCallRcu(Corpus &C, const Definition &D, const std::set<std::string> &Tracked,
                                        unsigned Depth, const Condition &World) {
  auto Carries = [&](const std::vector<Tok> &Arg) {
    return llvm::any_of(Arg, [&](const Tok &T) { return T.isIdentifier() && Tracked.count(T.text.str()); });
  };
  for (const Call &K : allCalls(D.body)) {
    if (K.args.empty() || !llvm::any_of(K.args, Carries))
      continue;
    if (isCallRcu(K.name)) {
      if (Carries(K.args[0]))
        return evidenceAt(D, K.line, "passes the head to " + K.name.str() + "()");
      continue;
    }
    if (Depth == 0 || !K.name.contains("rcu"))
      continue;
    std::vector<const Definition *> Callees = C.resolve(K.name.str(), D.file);
    for (const Definition *Callee : Callees) {
      std::set<std::string> Inner;
      for (size_t I = 0; I < K.args.size() && I < Callee->params.size(); ++I)
        if (Carries(K.args[I]))
          Inner.insert(Callee->params[I]);
      if (!Inner.empty() && C.canExist(*Callee, Callees, World))
        if (std::optional<Evidence> E = passesToCallRcu(C, *Callee, Inner, Depth - 1, World))
          return E;
    }
  }
  return std::nullopt;
}

/// An object that another part of the allocator may take over on the way: the call in a condition (whose branch then
/// returns) leads to call_rcu().
void findSheaf(Corpus &C, const Definition &D, const std::vector<Stmt> &Statements, EvidenceList &Out) {
  for (const Stmt &S : Statements) {
    for (const std::vector<Stmt> &Branch : S.branches)
      findSheaf(C, D, Branch, Out);
    if (S.kind != Stmt::Kind::If)
      continue;
    for (const Call &K : allCalls(S.head)) {
      if (K.name.upper() == K.name)
        continue;
      for (const Definition *Callee : C.resolve(K.name.str(), D.file)) {
        if (Callee->is_macro)
          continue;
        if (std::optional<Evidence> E = findCall(C, *Callee, 2, false, isCallRcu)) {
          Out.push_back(evidenceAt(D, K.line, "lets " + K.name.str() + "() take the object"));
          Out.push_back(*E);
        }
      }
    }
  }
}

/// The work that will free the object later. Its start is the last thing the function does, hence the order.
EvidenceList findBatching(Corpus &C, const Definition &Queue) {
  std::vector<Call> Calls = allCalls(Queue.body);
  for (const Call &K : llvm::reverse(Calls)) {
    if (isQueueing(K.name))
      return {evidenceAt(Queue, K.line, "collects objects and calls " + K.name.str() + "()")};
    for (const Definition &Callee : Queue.file->definitions)
      if (!Callee.is_macro && K.name == Callee.name)
        if (std::optional<Evidence> E = findCall(C, Callee, 3, true, isQueueing))
          return {evidenceAt(Queue, K.line, "collects objects and calls " + K.name.str() + "()"), *E};
  }
  return {};
}

World classify(Corpus &C, const Definition &Queue) {
  World W;
  W.queue = &Queue;
  W.condition = C.conditionOf(Queue);
  std::set<std::string> Params(Queue.params.begin(), Queue.params.end());
  if (std::optional<Evidence> E = passesToCallRcu(C, Queue, Params, 2, W.condition))
    W.plain.push_back(*E);
  W.batched = findBatching(C, Queue);
  Body B = parseBody(Queue.body);
  if (B.regular && Queue.regular)
    findSheaf(C, Queue, B.statements, W.sheaf);
  else
    W.sheaf.push_back(evidenceAt(Queue, Queue.line, "cannot be read: #if cuts through its statements"));
  return W;
}

/// No two definitions of one function are built together. So when all but one term of another definition's condition
/// hold in `W`, that term does not.
void excludeOthers(Corpus &C, const std::vector<const Definition *> &Variants, World &W) {
  for (const Definition *Other : Variants) {
    Condition Theirs = C.conditionOf(*Other);
    if (Other == W.queue || contradicts(Theirs, W.condition))
      continue;
    Condition Open;
    for (const CondLiteral &L : Theirs)
      if (!W.condition.count(L))
        Open.insert(L);
    if (Open.size() == 1)
      W.condition = both(W.condition, negate(Open));
  }
}

bool freesAnything(llvm::StringRef Name) { return Name == "kvfree" || Name == "vfree"; }

/// The functions that get an offset instead of a callback: each of them must know vmalloc() memory.
std::optional<Evidence> offsetReclaim(Corpus &C) {
  std::optional<Evidence> Found;
  for (const char *Name : {"rcu_reclaim_tiny", "__rcu_reclaim", "rcu_process_callbacks", "rcu_do_batch"})
    for (const Definition *D : C.named(Name)) {
      if (D->is_macro || !(mentions(D->body, "__is_kvfree_rcu_offset") || mentions(D->body, "__is_kfree_rcu_offset")))
        continue;
      std::optional<Evidence> Frees = findCall(C, *D, 0, true, freesAnything);
      if (!Frees)
        return std::nullopt;
      Found = Frees;
    }
  return Found;
}

/// The callback named in the call of call_rcu(), if it is a function and not an offset in disguise.
std::optional<Evidence> callbackFree(Corpus &C, const World &W, bool &Named) {
  for (const Call &K : allCalls(W.queue->body)) {
    if (!isCallRcu(K.name) || K.args.size() < 2 || K.args[1].size() != 1 || !K.args[1][0].isIdentifier() ||
        llvm::is_contained(W.queue->params, K.args[1][0].text))
      continue;
    for (const Definition *Callback : C.resolve(K.args[1][0].text.str(), W.queue->file)) {
      Named = true;
      if (std::optional<Evidence> E = findCall(C, *Callback, 1, true, freesAnything))
        return E;
    }
  }
  return std::nullopt;
}

} // namespace

std::vector<World> findWorlds(Corpus &C, const std::vector<FreeMacro> &Macros) {
  std::set<std::string> Names;
  for (const FreeMacro &M : Macros)
    Names.insert(M.queue_functions.begin(), M.queue_functions.end());
  if (Names.empty())
    Names = {"kfree_call_rcu", "kvfree_call_rcu"};
  std::vector<World> Worlds;
  for (const std::string &Name : Names) {
    std::vector<const Definition *> Variants = C.resolve(Name, nullptr);
    llvm::erase_if(Variants, [](const Definition *D) { return D->is_macro; });
    for (const Definition *D : Variants) {
      Worlds.push_back(classify(C, *D));
      excludeOthers(C, Variants, Worlds.back());
    }
  }
  return Worlds;
}

std::optional<Evidence> freesVmalloc(Corpus &C, const World &W) {
  if (W.batched.empty()) {
    bool Named = false;
    std::optional<Evidence> E = callbackFree(C, W, Named);
    return Named ? E : offsetReclaim(C);
  }
  for (const Definition &D : W.queue->file->definitions)
    for (const Call &K : allCalls(D.body)) {
      if (K.name != "INIT_RCU_WORK" || K.args.size() != 2 || K.args[1].size() != 1)
        continue;
      for (const Definition &Work : W.queue->file->definitions)
        if (K.args[1][0].is(Work.name))
          if (std::optional<Evidence> E = findCall(C, Work, 2, true, freesAnything))
            return E;
    }
  return std::nullopt;
}

} // namespace krcu::semantics
