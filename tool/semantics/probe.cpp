// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The questions, asked one by one. A "yes" carries the lines that show it in every configuration; a "no" names the
// definition that was read and what it lacks.
#include "tool/support/error.h"
#include "tool/semantics/condition.h"
#include "tool/semantics/configured.h"
#include "tool/semantics/era.h"
#include "tool/semantics/guards.h"
#include "tool/semantics/reach.h"
#include "tool/semantics/semantics.h"
#include "tool/semantics/worlds.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace krcu {
namespace {

using namespace semantics;

// The infrastructure this room knows by name.
constexpr const char *DestroyName = "kmem_cache_destroy";
constexpr const char *RcuBarrierName = "rcu_barrier";
constexpr const char *BarrierName = "kvfree_rcu_barrier";
constexpr const char *CacheBarrierName = "kvfree_rcu_barrier_on_cache";
constexpr const char *SlobFile = "mm/slob.c";
constexpr const char *SlobKconfigs[] = {"init/Kconfig", "mm/Kconfig"};

/// What is waited for, or what is missing for that.
struct Wait {
  bool complete = false;
  EvidenceList evidence;
  std::string lacks;
};

void addUnique(EvidenceList &To, const EvidenceList &From) {
  for (const Evidence &E : From)
    if (!llvm::is_contained(To, E))
      To.push_back(E);
}

size_t indexOf(const std::vector<Effect> &Effects, size_t From, llvm::function_ref<bool(const Effect &)> Wanted) {
  while (From < Effects.size() && !Wanted(Effects[From]))
    ++From;
  return From;
}

std::vector<Effect> beforeTeardown(std::vector<Effect> Effects) {
  Effects.resize(indexOf(Effects, 0, [](const Effect &E) { return E.kind == EffectKind::Teardown; }));
  return Effects;
}

/// A wait for the batches of the very file that queues them.
bool flushesBatches(const Effect &E, const World &W) {
  if (E.only_with_sheaves || E.file != W.queue->file)
    return false;
  if (E.kind == EffectKind::BatchFlush)
    return true;
  // One work item for everybody is enough where nothing is kept per CPU.
  return E.kind == EffectKind::WorkFlush && !llvm::StringRef(W.queue->file->text).contains("DEFINE_PER_CPU");
}

/// Whether these effects are a wait for everything that kfree_rcu() has taken in this world.
Wait waitsForKfreeRcu(const std::vector<Effect> &Effects, const World &W) {
  Wait Result;
  auto Need = [&](size_t From, llvm::function_ref<bool(const Effect &)> Wanted, const char *Lacks) {
    size_t At = indexOf(Effects, From, Wanted);
    if (At == Effects.size())
      Result.lacks = Lacks;
    else
      addUnique(Result.evidence, Effects[At].chain);
    return At;
  };
  auto Barrier = [](const Effect &E) { return E.kind == EffectKind::RcuBarrier; };
  if (W.isPlain()) {
    Need(0, [&](const Effect &E) { return Barrier(E) && !E.only_with_sheaves; }, "a wait for call_rcu() callbacks");
  } else if (!W.batched.empty()) {
    Need(0, [&](const Effect &E) { return flushesBatches(E, W); }, "a wait for the batches of every CPU");
  } else {
    Result.lacks = "anything that shows where its objects wait";
  }
  if (Result.lacks.empty() && !W.sheaf.empty()) {
    size_t Flush = Need(
        0, [](const Effect &E) { return E.kind == EffectKind::SheafFlush || E.kind == EffectKind::SheafFlushAll; },
        "a flush of the sheaves");
    if (Flush < Effects.size())
      Need(Flush + 1, Barrier, "a wait for the callbacks of the flushed sheaves");
  }
  Result.complete = Result.lacks.empty();
  return Result;
}

/// "lacks ... (with CONFIG_TINY_RCU)".
std::string lacking(const Wait &Result, const World &W) {
  std::string Where = describe(W.condition);
  return "lacks " + Result.lacks + (Where.empty() ? "" : " (with " + Where + ")");
}

class Probe {
public:
  /// `Config`: null: what holds in every configuration.
  Probe(const Tree &T, const Rules &R, const ConfigFile *Config = nullptr) : T(T), Config(Config), C(T, Config), Analysis(C, barrierNames(R)) {
    S.table = R.eras;
    S.facts = unknownFacts(R.eras);
  }

  llvm::Expected<Semantics> run() {
    if (C.empty())
      return fail(T.root() + ": no C file can be read under mm/, kernel/rcu/ and include/linux; name the top directory "
                             "of a complete kernel source tree");
    Macros = freeMacros(C);
    Worlds = findWorlds(C, Macros);
    chooseWorlds();
    for (const FreeMacro &M : Macros)
      S.queues.insert(M.queue_functions.begin(), M.queue_functions.end());
    slob();
    batching();
    rcuBarrier();
    destroy();
    barriers();
    macroChecks();
    slabObjects();
    S.era = eraOf(S);
    return std::move(S);
  }

  /// After run(): the symbols of the configuration that choose the function behind kfree_rcu().
  std::vector<std::string> choosing() const { return {Choosing.begin(), Choosing.end()}; }
  /// False: the configuration leaves no function behind kfree_rcu(), so it is none of this tree.
  bool fits() const { return Fits; }

private:
  /// The configuration leaves one of the functions behind kfree_rcu().
  void chooseWorlds() {
    for (const World &W : Worlds)
      for (std::string &Symbol : C.answeredOf(*W.queue))
        Choosing.insert(std::move(Symbol));
    const bool Any = !Worlds.empty();
    llvm::erase_if(Worlds, [](const World &W) { return contradicts(W.condition, W.condition); });
    Fits = !Any || !Worlds.empty();
  }

  /// Functions that wait for plain callbacks: rcu_barrier() and what the rules add to it.
  static std::set<std::string> barrierNames(const Rules &R) {
    std::set<std::string> Names{RcuBarrierName};
    for (const BarrierRule &B : R.barriers)
      if (llvm::is_contained(B.waits_for, "call_rcu") && B.name != BarrierName && B.name != CacheBarrierName)
        Names.insert(B.name);
    return Names;
  }

  SemanticFact &fact(const char *Name) {
    return *llvm::find_if(S.facts, [&](const SemanticFact &F) { return F.name == Name; });
  }

  void answer(const char *Name, bool Value, EvidenceList Evidence) {
    SemanticFact &F = fact(Name);
    F.known = true;
    F.value = Value;
    F.evidence = std::move(Evidence);
  }

  /// Nothing to read: the fact stays unknown, and says what was looked for.
  void notFound(const char *Name, const std::string &What) {
    fact(Name).evidence = {{"", 0, "", "no definition of " + What + " under mm/, kernel/rcu/ and include/linux"}};
  }

  static EvidenceList readAt(const std::vector<const Definition *> &Definitions, const std::string &Text) {
    EvidenceList Result;
    for (const Definition *D : Definitions)
      Result.push_back(evidenceAt(*D, D->line, Text));
    return Result;
  }

  void slob() {
    if (auto Chosen = Config ? Config->value("SLOB") : std::nullopt)
      return answer("slob", *Chosen == "y", {Config->evidence("SLOB")});
    if (!T.has(SlobFile))
      return answer("slob", false, {{SlobFile, 0, "", "is not in the tree"}});
    EvidenceList Found{{SlobFile, 0, "", "is in the tree"}};
    bool Read = false, Offered = false;
    for (const char *File : SlobKconfigs) {
      std::optional<std::string> Text = T.read(File);
      Read |= Text.has_value();
      unsigned Line = 0;
      for (llvm::StringRef L : llvm::split(Text ? llvm::StringRef(*Text) : llvm::StringRef(), '\n')) {
        ++Line;
        L = L.trim();
        if (!L.consume_front("config ") || (L.trim() != "SLOB" && L.trim() != "SLOB_DEPRECATED"))
          continue;
        Offered = true;
        Found.push_back({File, Line, "", "offers " + L.trim().str()});
      }
    }
    if (!Offered)
      Found.push_back({"", 0, "", Read ? "no Kconfig offers it" : "no Kconfig could be read to rule it out"});
    answer("slob", Offered || !Read, Found);
  }

  void batching() {
    if (Worlds.empty()) {
      notFound("kfree_rcu_batches", "the function behind kfree_rcu()");
      notFound("sheaves", "the function behind kfree_rcu()");
      notFound("kvfree_rcu_frees_vmalloc", "the function behind kfree_rcu()");
      return;
    }
    EvidenceList Batched, Plain, Sheaf, Vmalloc, NoVmalloc;
    for (const World &W : Worlds) {
      addUnique(Batched, W.isPlain() ? EvidenceList() : W.batched);
      addUnique(Plain, W.isPlain() ? W.plain : EvidenceList());
      addUnique(Sheaf, W.sheaf);
      if (!W.isPlain() && W.batched.empty())
        Batched.push_back(evidenceAt(*W.queue, W.queue->line, "does not pass the head to call_rcu()"));
      if (std::optional<Evidence> E = freesVmalloc(C, W))
        addUnique(Vmalloc, {*E});
      else
        NoVmalloc.push_back(evidenceAt(*W.queue, W.queue->line, "leads to no kvfree() and no vfree()"));
    }
    answer("kfree_rcu_batches", !Batched.empty(), Batched.empty() ? Plain : Batched);
    EvidenceList Queues;
    for (const World &W : Worlds)
      Queues.push_back(evidenceAt(*W.queue, W.queue->line, "gives no object to the slab allocator first"));
    answer("sheaves", !Sheaf.empty(), Sheaf.empty() ? Queues : Sheaf);
    answer("kvfree_rcu_frees_vmalloc", NoVmalloc.empty(), NoVmalloc.empty() ? Vmalloc : NoVmalloc);
  }

  /// Asks one function in every world whether it waits for kfree_rcu(). False in one world is false.
  void askEveryWorld(const char *Fact, const char *Function) {
    std::vector<const Definition *> Definitions = C.resolve(Function, nullptr);
    EvidenceList Yes, No;
    for (const World &W : Worlds) {
      Effects E = Analysis.ofCall(Function, nullptr, W.condition);
      Wait Result = waitsForKfreeRcu(beforeTeardown(E.certain), W);
      if (Result.complete) {
        addUnique(Yes, Result.evidence);
        continue;
      }
      for (const Definition *D : Definitions)
        if (C.canExist(*D, Definitions, W.condition))
          addUnique(No, {evidenceAt(*D, D->line, lacking(Result, W))});
      addUnique(No, E.doubtful);
      addUnique(No, W.batched);
      addUnique(No, W.sheaf);
    }
    answer(Fact, No.empty() && !Worlds.empty(), No.empty() ? Yes : No);
  }

  void rcuBarrier() {
    const char *Fact = "rcu_barrier_waits_kfree_rcu";
    std::vector<const Definition *> Definitions = C.resolve(RcuBarrierName, nullptr);
    if (Definitions.empty())
      return notFound(Fact, "rcu_barrier()");
    if (Worlds.empty())
      return notFound(Fact, "the function behind kfree_rcu()");
    EvidenceList Yes, No;
    for (const World &W : Worlds) {
      if (W.isPlain()) {
        addUnique(Yes, W.plain);
        continue;
      }
      // A fork may have taught rcu_barrier() to flush the batches as well.
      Effects E = Analysis.ofCall(RcuBarrierName, nullptr, W.condition);
      Wait Result = waitsForKfreeRcu(E.certain, W);
      if (Result.complete) {
        addUnique(Yes, Result.evidence);
        continue;
      }
      for (const Definition *D : Definitions)
        if (C.canExist(*D, Definitions, W.condition))
          addUnique(No, {evidenceAt(*D, D->line, lacking(Result, W))});
      addUnique(No, W.batched);
      addUnique(No, W.sheaf);
    }
    answer(Fact, No.empty(), No.empty() ? Yes : No);
  }

  void destroy() {
    std::vector<const Definition *> Definitions = C.resolve(DestroyName, nullptr);
    if (Definitions.empty()) {
      for (const char *Fact : {"destroy_waits_kfree_rcu", "destroy_waits_call_rcu", "destroy_flushes_all_sheaves"})
        notFound(Fact, "kmem_cache_destroy()");
      return;
    }
    if (Worlds.empty())
      notFound("destroy_waits_kfree_rcu", "the function behind kfree_rcu()");
    else
      askEveryWorld("destroy_waits_kfree_rcu", DestroyName);
    destroyAndCallRcu(Definitions);
    EvidenceList Flushes;
    for (const World &W : Worlds)
      for (const Effect &E : Analysis.ofCall(DestroyName, nullptr, W.condition).certain)
        if (E.kind == EffectKind::SheafFlushAll)
          addUnique(Flushes, E.chain);
    bool Any = !Flushes.empty();
    answer("destroy_flushes_all_sheaves", Any,
           Any ? Flushes : readAt(Definitions, "flushes no more than its own cache's sheaves"));
  }

  void destroyAndCallRcu(const std::vector<const Definition *> &Definitions) {
    if (C.resolve(RcuBarrierName, nullptr).empty())
      return notFound("destroy_waits_call_rcu", "rcu_barrier()");
    EvidenceList Yes, No;
    std::vector<Condition> Conditions;
    for (const World &W : Worlds)
      Conditions.push_back(W.condition);
    if (Conditions.empty())
      Conditions.emplace_back();
    for (const Condition &World : Conditions) {
      Effects E = Analysis.ofCall(DestroyName, nullptr, World);
      std::vector<Effect> Before = beforeTeardown(E.certain);
      size_t At = indexOf(Before, 0, [](const Effect &F) {
        return F.kind == EffectKind::RcuBarrier && !F.only_with_sheaves;
      });
      if (At < Before.size()) {
        addUnique(Yes, Before[At].chain);
        continue;
      }
      for (const Definition *D : Definitions)
        if (C.canExist(*D, Definitions, World))
          addUnique(No, {evidenceAt(*D, D->line, "reaches rcu_barrier() on no path or not on every path")});
      for (const Effect &F : Before)
        if (F.kind == EffectKind::RcuBarrier) {
          addUnique(No, F.chain);
          addUnique(No, F.guard);
        }
      addUnique(No, E.doubtful);
    }
    answer("destroy_waits_call_rcu", No.empty(), No.empty() ? Yes : No);
  }

  void barriers() {
    oneBarrier("kvfree_rcu_barrier", BarrierName);
    exported();
    std::vector<const Definition *> Definitions = C.resolve(CacheBarrierName, nullptr);
    bool Exists = !Definitions.empty();
    answer("per_cache_barrier", Exists, Exists ? readAt(Definitions, "is defined here") : noBarrier(CacheBarrierName));
    oneBarrier("per_cache_barrier_complete", CacheBarrierName);
  }

  void oneBarrier(const char *Fact, const char *Function) {
    if (C.resolve(Function, nullptr).empty())
      return answer(Fact, false, noBarrier(Function));
    if (Worlds.empty())
      return notFound(Fact, "the function behind kfree_rcu()");
    askEveryWorld(Fact, Function);
  }

  /// There is no such function: point at the place it would have to wait for.
  EvidenceList noBarrier(const std::string &Function) {
    EvidenceList Result{{"", 0, "", "no definition of " + Function + "() under mm/, kernel/rcu/ and include/linux"}};
    for (const World &W : Worlds)
      addUnique(Result, W.batched);
    return Result;
  }

  void exported() {
    const char *Fact = "kvfree_rcu_barrier_exported";
    std::vector<const Definition *> Definitions = C.resolve(BarrierName, nullptr);
    if (Definitions.empty())
      return answer(Fact, false, noBarrier(BarrierName));
    EvidenceList Yes, No;
    for (const Definition *D : Definitions) {
      if (D->file->isHeader()) {
        Yes.push_back(evidenceAt(*D, D->line, "is in a header"));
        continue;
      }
      auto It = llvm::find_if(D->file->exports, [&](const Export &E) {
        return E.symbol == D->name && (E.macro == "EXPORT_SYMBOL" || E.macro == "EXPORT_SYMBOL_GPL");
      });
      if (It == D->file->exports.end())
        No.push_back(evidenceAt(*D, D->line, "is not exported to all modules"));
      else
        Yes.push_back({D->file->path, It->line, "", It->macro + "(" + It->symbol + ")"});
    }
    answer(Fact, No.empty(), No.empty() ? Yes : No);
  }

  void macroChecks() {
    if (Macros.empty()) {
      notFound("head_type_checked", "the macro kfree_rcu()");
      notFound("offset_limit_checked", "the macro kfree_rcu()");
      return;
    }
    EvidenceList Checked, Unchecked, Cast, Uncast;
    for (const FreeMacro &M : Macros) {
      addUnique(M.offset_check.empty() ? Unchecked : Checked,
                M.offset_check.empty() ? readAt({M.root}, "compares the head's offset with nothing") : M.offset_check);
      addUnique(Cast, M.head_cast);
      addUnique(M.queue_calls.empty() ? Cast : Uncast,
                M.queue_calls.empty() ? readAt({M.root}, "leads to no function that queues the object") : M.queue_calls);
    }
    for (const World &W : Worlds) {
      bool Head = !W.queue->param_tokens.empty() && mentions(W.queue->param_tokens[0], "rcu_head");
      if (!Head)
        Cast.push_back(evidenceAt(*W.queue, W.queue->line, "does not take a struct rcu_head"));
    }
    answer("offset_limit_checked", Unchecked.empty(), Unchecked.empty() ? Checked : Unchecked);
    answer("head_type_checked", Cast.empty(), Cast.empty() ? Uncast : Cast);
  }

  /// kfree() finds the cache by itself in every allocator but SLOB.
  void slabObjects() {
    const char *Fact = "kfree_rcu_takes_slab_objects";
    EvidenceList Yes, No;
    for (const Definition *D : C.resolve("kfree", nullptr)) {
      if (D->is_macro || !llvm::StringRef(D->file->path).starts_with("mm/") ||
          C.conditionOf(*D).count({"CONFIG_SLOB", true}) || contradicts(C.conditionOf(*D), {}) || D->file->path == SlobFile)
        continue;
      auto Finds = [](const Tok &T) { return T.is("slab_cache") || T.is("virt_to_cache"); };
      auto It = llvm::find_if(D->body, Finds);
      if (It != D->body.end())
        Yes.push_back(evidenceAt(*D, It->line, "finds the object's cache by itself: " + It->text.str()));
      else
        No.push_back(evidenceAt(*D, D->line, "does not look for the object's cache"));
    }
    if (Yes.empty() && No.empty())
      return notFound(Fact, "kfree()");
    answer(Fact, No.empty(), No.empty() ? Yes : No);
  }

  const Tree &T;
  const ConfigFile *Config;
  Corpus C;
  EffectAnalysis Analysis;
  std::vector<FreeMacro> Macros;
  std::vector<World> Worlds;
  std::set<std::string> Choosing;
  bool Fits = true;
  Semantics S;
};

} // namespace

llvm::Expected<Semantics> probeSemantics(const Tree &T, const Rules &R) {
  if (R.eras.facts.empty())
    return fail("semantics/eras.yaml is not among the built-in rules; install krcu again");
  return Probe(T, R).run();
}

llvm::Expected<ConfiguredSemantics> probeConfigured(const Tree &T, const Rules &R, const ConfigFile &Config) {
  Probe P(T, R, &Config);
  auto Found = P.run();
  if (!Found)
    return Found.takeError();
  if (P.fits())
    return ConfiguredSemantics{std::move(*Found), P.choosing()};
  auto Any = probeSemantics(T, R); // what holds whatever is chosen holds here
  if (!Any)
    return Any.takeError();
  return ConfiguredSemantics{std::move(*Any), {}};
}

} // namespace krcu
