// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The walk over a body. It stops where a path may leave the function: whatever stands behind is not certain.
#include "tool/semantics/effects.h"
#include "tool/semantics/condition.h"
#include "tool/semantics/guards.h"
#include "tool/semantics/reach.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include <algorithm>

namespace krcu::semantics {
namespace {

constexpr unsigned MaxCallDepth = 8;

bool isWorkFlush(llvm::StringRef Name) {
  return llvm::StringSwitch<bool>(Name).Cases("flush_rcu_work", "flush_work", "flush_delayed_work", true).Default(false);
}

/// The functions that take a cache apart. From the first of them on, a late free finds no cache any more.
bool isTeardown(llvm::StringRef Name) {
  return llvm::StringSwitch<bool>(Name)
      .Cases("kasan_cache_shutdown", "__kmem_cache_shutdown", "shutdown_cache", "__kmem_cache_destroy", true)
      .Cases("kmem_cache_release", "slab_kmem_cache_release", true)
      .Default(false);
}

bool looksLikeBarrier(llvm::StringRef Name) {
  return Name.starts_with("kvfree_rcu_barrier") || Name.starts_with("kfree_rcu_barrier");
}

bool loopsOverPossibleCpus(const Stmt &S) {
  if (S.word == "for_each_possible_cpu")
    return true;
  return S.word == "for_each_cpu" && mentions(S.head, "cpu_possible_mask");
}

bool loopsOverCpus(const Stmt &S) { return loopsOverPossibleCpus(S) || S.word == "for_each_online_cpu"; }

bool loopsOverCaches(const Stmt &S) { return S.word.contains("for_each") && mentions(S.head, "slab_caches"); }

/// The effects that two alternatives share, in the order of the first. Evidence of both is kept.
std::vector<Effect> common(const std::vector<Effect> &A, const std::vector<Effect> &B) {
  std::vector<Effect> Result;
  size_t From = 0;
  for (const Effect &E : A) {
    size_t At = From;
    while (At < B.size() && B[At].kind != E.kind)
      ++At;
    if (At == B.size())
      continue;
    Effect Shared = E;
    if (!Shared.only_with_sheaves)
      Shared.guard = B[At].guard;
    Shared.only_with_sheaves |= B[At].only_with_sheaves;
    if (B[At].file != E.file)
      Shared.file = nullptr;
    for (const Evidence &Step : B[At].chain)
      if (!llvm::is_contained(Shared.chain, Step))
        Shared.chain.push_back(Step);
    Result.push_back(std::move(Shared));
    From = At + 1;
  }
  return Result;
}

} // namespace

struct EffectAnalysis::Walk {
  EffectAnalysis &A;
  const Definition &D;
  Condition World;
  Effects Out = {};
  bool OnlyWithSheaves = false; ///< a path without sheaves has already left
  EvidenceList WhereLeft = {};  ///< the line of that
  bool Stopped = false;         ///< nothing behind this point is certain
  unsigned StopLine = 0;        ///< the statement where a path may leave

  Evidence at(unsigned Line, const std::string &Text) const { return {D.file->path, Line, D.name, Text}; }

  void add(EffectKind Kind, unsigned Line, const std::string &Text) {
    Out.certain.push_back({Kind, OnlyWithSheaves, WhereLeft, D.file, {at(Line, Text)}});
  }

  /// A branch on its own: same function, same world.
  Walk branch(const std::vector<Stmt> &Statements) {
    Walk W{A, D, World};
    W.OnlyWithSheaves = OnlyWithSheaves;
    W.WhereLeft = WhereLeft;
    W.run(Statements);
    return W;
  }

  /// What a branch waits for is no certainty; say so.
  void doubt(const Walk &W, unsigned Line, const std::string &Why) {
    for (const Effect &E : W.Out.certain)
      if (E.kind != EffectKind::WorkFlush && E.kind != EffectKind::Teardown && !E.chain.empty())
        Out.doubtful.push_back({E.chain[0].file, E.chain[0].line, E.chain[0].function,
                                E.chain[0].text + ", but only " + Why + " at line " + std::to_string(Line)});
    llvm::append_range(Out.doubtful, W.Out.doubtful);
  }

  void append(const std::vector<Effect> &Effects) { llvm::append_range(Out.certain, Effects); }

  void onlyWithSheaves(const EvidenceList &Why) {
    if (!OnlyWithSheaves)
      WhereLeft = Why;
    OnlyWithSheaves = true;
  }

  static void mark(Effect &E, const EvidenceList &Why) {
    if (!E.only_with_sheaves)
      E.guard = Why;
    E.only_with_sheaves = true;
  }

  void stop(unsigned Line) {
    if (!Stopped)
      StopLine = Line;
    Stopped = true;
  }

  bool tornDown() const { return !Out.certain.empty() && Out.certain.back().kind == EffectKind::Teardown; }

  void run(const std::vector<Stmt> &Statements) {
    for (const Stmt &S : Statements) {
      if (tornDown())
        return; // nothing that comes now can still help
      if (!Stopped) {
        step(S);
        continue;
      }
      // Only worth a remark.
      Walk W{A, D, World};
      W.step(S);
      doubt(W, StopLine, "where the path was not left");
    }
  }

  void step(const Stmt &S) {
    switch (S.kind) {
    case Stmt::Kind::Expression:
      return calls(S.head);
    case Stmt::Kind::Label:
      return;
    case Stmt::Kind::Return:
      calls(S.head);
      return stop(S.line);
    case Stmt::Kind::Goto:
    case Stmt::Kind::Break:
    case Stmt::Kind::Continue:
      return stop(S.line);
    case Stmt::Kind::Block:
    case Stmt::Kind::DoWhile:
      return block(S);
    case Stmt::Kind::If:
      return ifStatement(S);
    case Stmt::Kind::Variants:
      return variants(S);
    case Stmt::Kind::Loop:
      return loop(S);
    case Stmt::Kind::Switch:
      doubt(branch(S.branches[0]), S.line, "in a switch");
      if (leaves(S.branches[0], Leaving::Function))
        stop(S.line);
      return;
    }
  }

  void block(const Stmt &S) {
    Walk W = branch(S.branches[0]);
    append(W.Out.certain);
    llvm::append_range(Out.doubtful, W.Out.doubtful);
    if (W.OnlyWithSheaves)
      onlyWithSheaves(W.WhereLeft);
    if (W.Stopped)
      stop(W.StopLine);
  }

  void ifStatement(const Stmt &S) {
    calls(S.head);
    if (Stopped)
      return;
    Walk Then = branch(S.branches[0]);
    bool Leaves = leaves(S.branches[0], Leaving::Anything);
    Guard G = guardOf(S.head, D);
    if (!S.exhaustive && G == Guard::NoCache && Leaves)
      return; // nothing is destroyed on that path
    if (!S.exhaustive && G == Guard::HasSheaves && !Leaves) {
      for (Effect &E : Then.Out.certain)
        mark(E, {at(S.line, "only if the cache has sheaves")});
      append(Then.Out.certain);
      llvm::append_range(Out.doubtful, Then.Out.doubtful);
      return;
    }
    if (!S.exhaustive && G == Guard::NoSheaves && Leaves) {
      onlyWithSheaves({at(S.line, "returns if the cache has no sheaves")});
      return;
    }
    if (S.exhaustive) {
      Walk Else = branch(S.branches[1]);
      Leaves |= leaves(S.branches[1], Leaving::Anything);
      if (!Leaves)
        append(common(Then.Out.certain, Else.Out.certain));
      doubt(Else, S.line, "under the condition");
    }
    doubt(Then, S.line, "under the condition");
    if (Leaves)
      stop(S.line);
  }

  void variants(const Stmt &S) {
    std::optional<std::vector<Effect>> Shared;
    bool Leaves = false;
    for (const std::vector<Stmt> &Branch : S.branches) {
      Walk W = branch(Branch);
      Leaves |= leaves(Branch, Leaving::Anything);
      doubt(W, S.line, "under the #if");
      Shared = Shared ? common(*Shared, W.Out.certain) : W.Out.certain;
    }
    if (S.exhaustive && Shared && !Leaves)
      append(*Shared);
    if (Leaves)
      stop(S.line);
  }

  void loop(const Stmt &S) {
    Walk W = branch(S.branches[0]);
    bool Whole = !leaves(S.branches[0], Leaving::Loop); // no round is the last before its time
    const Effect *Flush = Whole ? find(W, EffectKind::WorkFlush) : nullptr;
    const Effect *Sheaves = Whole ? find(W, EffectKind::SheafFlush) : nullptr;
    if (loopsOverCaches(S) && Sheaves)
      add(EffectKind::SheafFlushAll, S.line, "flushes the sheaves of every cache"), adopt(*Sheaves);
    else if (Flush && loopsOverCpus(S) && queuesSheafWork())
      add(EffectKind::SheafFlush, S.line, "hands the sheaves of all CPUs to call_rcu()"), adopt(*Flush);
    else if (Flush && loopsOverPossibleCpus(S))
      add(EffectKind::BatchFlush, S.line, "waits for the work of every possible CPU"), adopt(*Flush);
    else if (Flush && S.word == "for")
      append({*Flush});
    doubtBarriers(W, S.line);
    if (leaves(S.branches[0], Leaving::Function))
      stop(S.line);
  }

  /// Barriers in the body of a loop may never run.
  void doubtBarriers(const Walk &W, unsigned Line) {
    for (const Effect &E : W.Out.certain)
      if (E.kind == EffectKind::RcuBarrier)
        Out.doubtful.push_back({E.chain[0].file, E.chain[0].line, E.chain[0].function,
                                E.chain[0].text + ", but only in the loop at line " + std::to_string(Line)});
    llvm::append_range(Out.doubtful, W.Out.doubtful);
  }

  /// The evidence of the inner wait stands behind that of the loop.
  void adopt(const Effect &Inner) {
    Effect &Mine = Out.certain.back();
    llvm::append_range(Mine.chain, Inner.chain);
    Mine.file = Inner.file;
  }

  static const Effect *find(const Walk &W, EffectKind Kind) {
    for (const Effect &E : W.Out.certain)
      if (E.kind == Kind)
        return &E;
    return nullptr;
  }

  /// The function queues a work function that hands something to call_rcu().
  bool queuesSheafWork() const {
    bool Queues = llvm::any_of(allCalls(D.body), [](const Call &K) {
      return K.name.starts_with("queue_work") || K.name.starts_with("schedule_work");
    });
    return Queues && llvm::any_of(D.file->definitions, [&](const Definition &Worker) {
      return !Worker.is_macro && &Worker != &D && mentions(D.body, Worker.name) && callsCallRcu(Worker);
    });
  }

  static bool callsCallRcu(const Definition &Worker) {
    return llvm::any_of(allCalls(Worker.body), [](const Call &K) { return isCallRcu(K.name); });
  }

  void calls(llvm::ArrayRef<Tok> Expression) {
    for (const Call &K : callsIn(Expression))
      call(K);
  }

  void call(const Call &K) {
    std::string Text = "calls " + K.name.str() + "()";
    bool Barrier = A.RcuBarriers.count(K.name.str()) != 0;
    if (K.conditional) {
      if (Barrier || looksLikeBarrier(K.name))
        Out.doubtful.push_back(at(K.line, Text + ", but not on every path"));
      return;
    }
    if (Barrier)
      return add(EffectKind::RcuBarrier, K.line, Text);
    if (isWorkFlush(K.name))
      return add(EffectKind::WorkFlush, K.line, Text);
    if (isTeardown(K.name))
      return add(EffectKind::Teardown, K.line, Text);
    Effects Inner = A.ofCall(K.name.str(), D.file, World);
    for (Effect &E : Inner.certain) {
      if (OnlyWithSheaves)
        mark(E, WhereLeft);
      E.chain.insert(E.chain.begin(), at(K.line, Text));
    }
    append(Inner.certain);
    if (looksLikeBarrier(K.name))
      llvm::append_range(Out.doubtful, Inner.doubtful);
  }
};

EffectAnalysis::EffectAnalysis(Corpus &C, std::set<std::string> RcuBarriers)
    : C(C), RcuBarriers(std::move(RcuBarriers)) {}

Effects EffectAnalysis::of(const Definition &D, const Condition &World) {
  if (Active.size() >= MaxCallDepth || llvm::is_contained(Active, &D) || !D.regular)
    return {};
  Active.push_back(&D);
  Effects Result;
  // An object-like macro that is just another name for a function.
  if (D.is_macro && D.object_like) {
    if (D.body.size() == 1 && D.body[0].isIdentifier()) {
      std::string Name = D.body[0].text.str();
      if (RcuBarriers.count(Name))
        Result.certain.push_back({EffectKind::RcuBarrier, false, {}, D.file, {{D.file->path, D.line, D.name, "is " + Name}}});
      else
        Result = ofCall(Name, D.file, World);
    }
  } else if (Body B = parseBody(D.body); B.regular) {
    Walk W{*this, D, both(World, C.conditionOf(D))};
    W.run(B.statements);
    Result = std::move(W.Out);
  }
  Active.pop_back();
  return Result;
}

Effects EffectAnalysis::ofCall(const std::string &Name, const SourceFile *From, const Condition &World) {
  std::vector<const Definition *> Variants = C.resolve(Name, From);
  std::optional<Effects> Shared;
  for (const Definition *D : Variants) {
    if (!C.canExist(*D, Variants, World))
      continue;
    Effects E = of(*D, World);
    if (Shared) {
      Shared->certain = common(Shared->certain, E.certain);
      llvm::append_range(Shared->doubtful, E.doubtful);
    } else {
      Shared = std::move(E);
    }
  }
  return Shared ? *Shared : Effects();
}

} // namespace krcu::semantics
