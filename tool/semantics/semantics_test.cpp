// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every era by a small tree of its own, then traps: the same trees with one thing changed. Kernels are read only where
// KRCU_TREE_612 and KRCU_TREE_61 name them.
#include "tool/semantics/semantics.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace krcu {
namespace {

namespace fs = std::filesystem;

std::string eraTree(const std::string &Era) { return std::string(KRCU_SOURCE_DIR) + "/testdata/semantics/" + Era; }

const Rules &shippedRules() {
  static const Rules R = llvm::cantFail(loadRules(KRCU_SOURCE_DIR "/rules", {}));
  return R;
}

Semantics probe(const std::string &Path) {
  llvm::Expected<Tree> T = Tree::open(Path);
  if (!T) {
    ADD_FAILURE() << message(T.takeError());
    return {};
  }
  llvm::Expected<Semantics> S = probeSemantics(*T, shippedRules());
  if (!S) {
    ADD_FAILURE() << message(S.takeError());
    return {};
  }
  return *S;
}

/// A copy of an era's tree that a test may change; gone at the end.
class Copy {
public:
  explicit Copy(const std::string &Era) {
    std::string Pattern = (fs::temp_directory_path() / "krcu-semantics-XXXXXX").string();
    if (!mkdtemp(Pattern.data()))
      ADD_FAILURE() << "no temporary directory";
    Root = Pattern;
    fs::copy(eraTree(Era), Root, fs::copy_options::recursive);
  }
  ~Copy() { fs::remove_all(Root); }

  Copy &replace(const std::string &File, const std::string &From, const std::string &To) {
    std::string Text = read(File);
    size_t At = Text.find(From);
    EXPECT_NE(At, std::string::npos) << File << " lacks: " << From;
    if (At != std::string::npos)
      Text.replace(At, From.size(), To);
    return write(File, Text);
  }
  Copy &append(const std::string &File, const std::string &More) { return write(File, read(File) + More); }
  Copy &write(const std::string &File, const std::string &Text) {
    std::ofstream(Root + "/" + File) << Text;
    return *this;
  }
  Copy &remove(const std::string &File) {
    fs::remove(Root + "/" + File);
    return *this;
  }
  Semantics probe() const { return krcu::probe(Root); }

private:
  std::string read(const std::string &File) const {
    std::stringstream Text;
    Text << std::ifstream(Root + "/" + File).rdbuf();
    return Text.str();
  }
  std::string Root;
};

/// "era: name name ..." of all facts that hold.
std::string summary(const Semantics &S) {
  std::string Text = S.era + ":";
  for (const SemanticFact &F : S.facts)
    if (F.value || !F.known)
      Text += " " + F.name + (F.known ? "" : "?");
  return Text;
}

bool shows(const Semantics &S, const std::string &Fact, const std::string &File, const std::string &Function,
           const std::string &Text) {
  for (const Evidence &E : S.fact(Fact).evidence)
    if (E.file == File && E.function == Function && E.text.find(Text) != std::string::npos && E.line != 0)
      return true;
  return false;
}

constexpr const char *SlabCommon = "mm/slab_common.c";
constexpr const char *Always = " kfree_rcu_batches kfree_rcu_takes_slab_objects";

// --- the eras ---------------------------------------------------------------------------------------------------

TEST(Era, beforeBatching) {
  Semantics S = probe(eraTree("no-batching"));
  EXPECT_EQ(summary(S), "no-batching: rcu_barrier_waits_kfree_rcu kfree_rcu_takes_slab_objects head_type_checked "
                        "offset_limit_checked");
  EXPECT_TRUE(shows(S, "rcu_barrier_waits_kfree_rcu", "kernel/rcu/tree.c", "kfree_call_rcu", "__call_rcu()"));
  EXPECT_TRUE(shows(S, "rcu_barrier_waits_kfree_rcu", "include/linux/rcutiny.h", "kfree_call_rcu", "call_rcu()"));
  EXPECT_TRUE(shows(S, "destroy_waits_kfree_rcu", SlabCommon, "kmem_cache_destroy", "lacks"));
}

TEST(Era, batchingWithSlob) {
  Semantics S = probe(eraTree("batching"));
  EXPECT_EQ(summary(S), std::string("batching: slob") + Always +
                            " head_type_checked kvfree_rcu_frees_vmalloc offset_limit_checked");
  EXPECT_TRUE(shows(S, "kfree_rcu_batches", "kernel/rcu/tree.c", "kvfree_call_rcu", "drain_soon()"));
  EXPECT_TRUE(shows(S, "kfree_rcu_batches", "kernel/rcu/tree.c", "drain_soon", "queue_delayed_work()"));
  EXPECT_TRUE(shows(S, "slob", "mm/Kconfig", "", "SLOB"));
}

TEST(Era, destroyWaits) {
  Semantics S = probe(eraTree("destroy-waits"));
  EXPECT_EQ(summary(S), std::string("6.12: destroy_waits_kfree_rcu") + Always +
                            " kvfree_rcu_barrier kvfree_rcu_barrier_exported head_type_checked "
                            "kvfree_rcu_frees_vmalloc offset_limit_checked");
  const char *Fact = "destroy_waits_kfree_rcu";
  EXPECT_TRUE(shows(S, Fact, SlabCommon, "kmem_cache_destroy", "calls kvfree_rcu_barrier()"));
  EXPECT_TRUE(shows(S, Fact, "include/linux/rcutiny.h", "kvfree_rcu_barrier", "calls rcu_barrier()"));
  EXPECT_TRUE(shows(S, Fact, "kernel/rcu/tree.c", "kvfree_rcu_barrier", "calls flush_rcu_work()"));
  EXPECT_TRUE(shows(S, "destroy_waits_call_rcu", SlabCommon, "kmem_cache_destroy", "only under the condition"));
}

TEST(Era, sheaves) {
  Semantics S = probe(eraTree("sheaves"));
  // The barrier at the end of the flush waits for everybody's callbacks, so kmem_cache_destroy() does as well.
  EXPECT_EQ(summary(S), std::string("sheaves: destroy_waits_kfree_rcu destroy_waits_call_rcu") + Always +
                            " kvfree_rcu_barrier kvfree_rcu_barrier_exported sheaves destroy_flushes_all_sheaves "
                            "head_type_checked kvfree_rcu_frees_vmalloc offset_limit_checked");
  EXPECT_TRUE(shows(S, "destroy_flushes_all_sheaves", "mm/slub.c", "flush_all_rcu_sheaves", "every cache"));
  EXPECT_TRUE(shows(S, "sheaves", SlabCommon, "kvfree_call_rcu", "kfree_rcu_sheaf()"));
}

TEST(Era, perCacheWithoutBarrier) {
  Semantics S = probe(eraTree("per-cache"));
  EXPECT_EQ(summary(S), std::string("per-cache:") + Always +
                            " kvfree_rcu_barrier kvfree_rcu_barrier_exported sheaves per_cache_barrier "
                            "head_type_checked kvfree_rcu_frees_vmalloc offset_limit_checked");
  EXPECT_TRUE(shows(S, "per_cache_barrier_complete", SlabCommon, "kvfree_rcu_barrier_on_cache",
                    "lacks a wait for the callbacks of the flushed sheaves"));
}

TEST(Era, perCacheFixed) {
  Semantics S = probe(eraTree("per-cache-fixed"));
  EXPECT_EQ(summary(S), std::string("per-cache-fixed: destroy_waits_kfree_rcu") + Always +
                            " kvfree_rcu_barrier kvfree_rcu_barrier_exported sheaves per_cache_barrier "
                            "per_cache_barrier_complete head_type_checked kvfree_rcu_frees_vmalloc "
                            "offset_limit_checked");
  EXPECT_TRUE(shows(S, "per_cache_barrier_complete", SlabCommon, "kvfree_rcu_barrier_on_cache", "rcu_barrier()"));
  // The barrier is there; what keeps it from being a wait for everybody is the condition before it.
  EXPECT_TRUE(shows(S, "destroy_waits_call_rcu", SlabCommon, "kvfree_rcu_barrier_on_cache", "only if the cache has sheaves"));
}

// A definition that Kconfig rules out where kfree_rcu() batches has no say in that case.
TEST(Era, whatASymbolDependsOnIsKnown) {
  const std::string Symbol = "\nconfig KVFREE_RCU_BATCHED\n\tdef_bool y\n\tdepends on ";
  auto NamesTiny = [&](const std::string &Depends) {
    Semantics S = Copy("per-cache-fixed").append("mm/Kconfig", Symbol + Depends).probe();
    EXPECT_TRUE(shows(S, "rcu_barrier_waits_kfree_rcu", "kernel/rcu/tree.c", "rcu_barrier", "KVFREE_RCU_BATCHED")) << Depends;
    return shows(S, "rcu_barrier_waits_kfree_rcu", "kernel/rcu/tiny.c", "rcu_barrier", "KVFREE_RCU_BATCHED");
  };
  EXPECT_FALSE(NamesTiny("!SLUB_TINY && !TINY_RCU\n"));
  EXPECT_FALSE(NamesTiny("BOTH\n\nconfig BOTH\n\tbool\n\tdepends on !TINY_RCU # alone\n"));
  EXPECT_TRUE(NamesTiny("!SLUB_TINY || !TINY_RCU\n")) << "one of two is not certain";
  EXPECT_TRUE(NamesTiny("!TINY_RCU" + Symbol + "SLUB\n")) << "two definitions, each with its own";
  EXPECT_TRUE(NamesTiny("SLUB\n\nconfig OTHER\n\tbool\n\tdepends on !TINY_RCU\n"));
}

TEST(Era, notExported) {
  Semantics S = probe(eraTree("not-exported"));
  EXPECT_EQ(summary(S), std::string("7.3: destroy_waits_kfree_rcu destroy_waits_call_rcu") + Always +
                            " kvfree_rcu_barrier sheaves per_cache_barrier per_cache_barrier_complete "
                            "kvfree_rcu_frees_vmalloc offset_limit_checked");
  EXPECT_TRUE(shows(S, "head_type_checked", "include/linux/rcupdate.h", "kvfree_rcu_pair", "casts the head"));
  EXPECT_TRUE(shows(S, "kvfree_rcu_barrier_exported", SlabCommon, "kvfree_rcu_barrier", "not exported"));
}

// Every value of every row of the table, those of headers too, is what the probe reads from a tree of that era. A row that
// nobody compares with anything could say what it likes; the models ask only about waiting.
TEST(Era, everyRowOfTheTableIsWhatATreeOfItsTimeShows) {
  std::map<std::string, Semantics> Probed;
  for (const auto &[Name, Directory] : std::map<std::string, std::string>{{"no-batching", "no-batching"},
                                                                          {"batching", "batching"},
                                                                          {"6.12", "destroy-waits"},
                                                                          {"sheaves", "sheaves"},
                                                                          {"per-cache", "per-cache"},
                                                                          {"per-cache-fixed", "per-cache-fixed"},
                                                                          {"7.3", "not-exported"}})
    Probed[Name] = probe(eraTree(Directory));
  Probed["sheaves-posted"] =
      Copy("sheaves").replace("mm/slub.c", "\n\trcu_barrier();\n}", "\n\tif (flushed)\n\t\trcu_barrier();\n}").probe();
  const EraTable &T = shippedRules().eras;
  EXPECT_EQ(T.eras.size(), Probed.size());
  for (const EraRule &E : T.eras) {
    ASSERT_TRUE(Probed.count(E.name)) << E.name << " has no tree";
    EXPECT_EQ(Probed[E.name].era, E.name);
    for (const auto &[Fact, Value] : E.values)
      EXPECT_EQ(Probed[E.name].is(Fact), Value) << E.name << ": " << Fact;
    for (const FactRule &F : T.facts)
      EXPECT_TRUE(E.values.count(F.name) || F.name == "slob") << E.name << " says nothing of " << F.name;
  }
}

// --- traps: kmem_cache_destroy() --------------------------------------------------------------------------------

constexpr const char *CallInDestroy = "\tkvfree_rcu_barrier();\n\n";

void expectDestroyDoesNotWait(const Semantics &S) {
  EXPECT_TRUE(S.fact("destroy_waits_kfree_rcu").known);
  EXPECT_FALSE(S.fact("destroy_waits_kfree_rcu").value);
  EXPECT_FALSE(S.fact("destroy_waits_kfree_rcu").evidence.empty());
}

TEST(Trap, barrierOnlyInAComment) {
  expectDestroyDoesNotWait(
      Copy("destroy-waits").replace(SlabCommon, CallInDestroy, "\t/* kvfree_rcu_barrier(); */\n").probe());
}

TEST(Trap, barrierOnlyUnderAnIfdef) {
  Semantics S = Copy("destroy-waits")
                    .replace(SlabCommon, CallInDestroy, "#ifdef CONFIG_X\n\tkvfree_rcu_barrier();\n#endif\n")
                    .probe();
  expectDestroyDoesNotWait(S);
  EXPECT_TRUE(shows(S, "destroy_waits_kfree_rcu", SlabCommon, "kmem_cache_destroy", "under the #if"));
}

TEST(Trap, barrierOnBothSidesOfAnIfdefHolds) {
  Semantics S = Copy("destroy-waits")
                    .replace(SlabCommon, CallInDestroy,
                             "#ifdef CONFIG_X\n\tnote(cache);\n\tkvfree_rcu_barrier();\n#else\n"
                             "\tkvfree_rcu_barrier();\n#endif\n")
                    .probe();
  EXPECT_TRUE(S.is("destroy_waits_kfree_rcu"));
}

TEST(Trap, barrierOnlyUnderAnIf) {
  expectDestroyDoesNotWait(Copy("destroy-waits")
                               .replace(SlabCommon, CallInDestroy, "\tif (cache->flags & X)\n\t\tkvfree_rcu_barrier();\n")
                               .probe());
}

TEST(Trap, barrierBehindAnAnd) {
  expectDestroyDoesNotWait(
      Copy("destroy-waits").replace(SlabCommon, CallInDestroy, "\tbusy = cache->x && wait(kvfree_rcu_barrier());\n").probe());
}

TEST(Trap, barrierOnlyInTheErrorPath) {
  expectDestroyDoesNotWait(Copy("destroy-waits")
                               .replace(SlabCommon, CallInDestroy, "")
                               .replace(SlabCommon, "\tif (busy)\n\t\treturn;\n",
                                        "\tif (busy)\n\t\tgoto out;\n\treturn;\nout:\n\tkvfree_rcu_barrier();\n")
                               .probe());
}

TEST(Trap, barrierAfterTheCacheIsGone) {
  expectDestroyDoesNotWait(Copy("destroy-waits")
                               .replace(SlabCommon, CallInDestroy, "")
                               .replace(SlabCommon, "\tif (busy)\n", "\tkvfree_rcu_barrier();\n\tif (busy)\n")
                               .probe());
}

TEST(Trap, wayOutBeforeTheBarrier) {
  expectDestroyDoesNotWait(Copy("destroy-waits")
                               .replace(SlabCommon, CallInDestroy,
                                        "\tif (cache->x)\n\t\tgoto out;\n\tkvfree_rcu_barrier();\nout:\n")
                               .probe());
}

TEST(Trap, invertedCacheTestIsAWayOut) {
  expectDestroyDoesNotWait(
      Copy("destroy-waits").replace(SlabCommon, "!kasan_check_byte(cache)", "kasan_check_byte(cache)").probe());
}

TEST(Trap, barrierInAFunctionNobodyCalls) {
  expectDestroyDoesNotWait(Copy("destroy-waits")
                               .replace(SlabCommon, CallInDestroy, "")
                               .append(SlabCommon, "\nstatic void prepare(void)\n{\n\tkvfree_rcu_barrier();\n}\n")
                               .probe());
}

TEST(Trap, barrierInAHelperHolds) {
  Semantics S = Copy("destroy-waits")
                    .replace(SlabCommon, CallInDestroy, "\tprepare(cache);\n")
                    .append(SlabCommon, "\nstatic void prepare(struct kmem_cache *cache)\n{\n\tkvfree_rcu_barrier();\n}\n")
                    .probe();
  EXPECT_TRUE(S.is("destroy_waits_kfree_rcu"));
  EXPECT_TRUE(shows(S, "destroy_waits_kfree_rcu", SlabCommon, "prepare", "calls kvfree_rcu_barrier()"));
}

TEST(Trap, helperOfAnotherFileIsNotMeant) {
  // A static function of the same name elsewhere proves nothing.
  expectDestroyDoesNotWait(Copy("destroy-waits")
                               .replace(SlabCommon, CallInDestroy, "\tprepare(cache);\n")
                               .append("mm/slub.c", "\nstatic void prepare(void)\n{\n\tkvfree_rcu_barrier();\n}\n")
                               .probe());
}

TEST(Trap, destroyCallsItself) {
  expectDestroyDoesNotWait(
      Copy("destroy-waits").replace(SlabCommon, CallInDestroy, "\tkmem_cache_destroy(cache->parent);\n").probe());
}

// --- traps: the barrier itself ----------------------------------------------------------------------------------

TEST(Trap, emptyBarrierInOneConfiguration) {
  Semantics S = Copy("destroy-waits").replace("include/linux/rcutiny.h", "\trcu_barrier();\n", "").probe();
  expectDestroyDoesNotWait(S);
  EXPECT_FALSE(S.is("kvfree_rcu_barrier"));
  EXPECT_TRUE(shows(S, "kvfree_rcu_barrier", "include/linux/rcutiny.h", "kvfree_rcu_barrier", "lacks"));
}

TEST(Trap, plainBarrierForBatches) {
  // rcu_barrier() under another name does not wait for batches.
  Semantics S = Copy("batching")
                    .append("kernel/rcu/tree.c", "\nvoid kvfree_rcu_barrier(void)\n{\n\trcu_barrier();\n}\n")
                    .replace(SlabCommon, "\tmutex_lock(", "\tkvfree_rcu_barrier();\n\tmutex_lock(")
                    .probe();
  expectDestroyDoesNotWait(S);
  EXPECT_FALSE(S.is("kvfree_rcu_barrier"));
}

TEST(Trap, onlineCpusAreNotAllCpus) {
  Copy Tree("destroy-waits");
  std::string Loop = "\tfor_each_possible_cpu(cpu) {\n\t\tcb = per_cpu_ptr(&batches, cpu);\n\t\tcancel_";
  std::string Online = Loop;
  Online.replace(1, std::string("for_each_possible_cpu").size(), "for_each_online_cpu");
  expectDestroyDoesNotWait(Tree.replace("kernel/rcu/tree.c", Loop, Online).probe());
}

TEST(Trap, someBatchesSkipped) {
  expectDestroyDoesNotWait(Copy("destroy-waits")
                               .replace("kernel/rcu/tree.c", "\t\tcancel_delayed_work_sync(&cb->drain);\n",
                                        "\t\tif (cb->quiet)\n\t\t\tcontinue;\n")
                               .probe());
}

TEST(Trap, barrierGivesUpEarly) {
  expectDestroyDoesNotWait(Copy("destroy-waits")
                               .replace("kernel/rcu/tree.c", "\t\tcancel_delayed_work_sync(&cb->drain);\n",
                                        "\t\tif (signal_pending(current))\n\t\t\treturn;\n")
                               .probe());
}

TEST(Trap, conditionalBarrierBehindTheSheafFlush) {
  Semantics S =
      Copy("sheaves").replace("mm/slub.c", "\n\trcu_barrier();\n}", "\n\tif (flushed)\n\t\trcu_barrier();\n}").probe();
  expectDestroyDoesNotWait(S);
  EXPECT_FALSE(S.is("destroy_waits_call_rcu"));
}

TEST(Trap, barrierBeforeTheSheafFlushIsTooEarly) {
  Semantics S = Copy("not-exported")
                    .replace(SlabCommon, "\tdeferred_work_barrier();\n\tif (cache_has_sheaves",
                             "\trcu_barrier();\n\tif (cache_has_sheaves")
                    .replace(SlabCommon, "\t}\n\trcu_barrier();\n", "\t}\n")
                    .probe();
  EXPECT_FALSE(S.is("per_cache_barrier_complete"));
  expectDestroyDoesNotWait(S);
  EXPECT_TRUE(S.is("destroy_waits_call_rcu"));
}

TEST(Trap, otherConditionRoundTheSheafFlush) {
  EXPECT_FALSE(Copy("per-cache-fixed")
                   .replace(SlabCommon, "if (cache_has_sheaves(cache)) {", "if (cache->flags & SLAB_BIG) {")
                   .probe()
                   .is("per_cache_barrier_complete"));
}

TEST(Trap, sheavesWithoutFlush) {
  EXPECT_FALSE(Copy("sheaves").replace(SlabCommon, "\tflush_all_rcu_sheaves();\n", "").probe().is("kvfree_rcu_barrier"));
}

// --- traps: versions, SLOB, missing pieces ----------------------------------------------------------------------

TEST(Trap, backportIntoAnOldVersion) {
  Semantics S = Copy("destroy-waits").write("Makefile", "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 99\n").probe();
  EXPECT_TRUE(S.is("destroy_waits_kfree_rcu"));
  EXPECT_EQ(S.era, "6.12");
}

TEST(Trap, newVersionWithoutTheCall) {
  Semantics S = Copy("destroy-waits").replace(SlabCommon, CallInDestroy, "").probe();
  expectDestroyDoesNotWait(S);
  EXPECT_TRUE(S.is("kvfree_rcu_barrier"));
  EXPECT_EQ(S.era, "batching");
}

TEST(Trap, rcuBarrierThatFlushesTheBatches) {
  Semantics S = Copy("destroy-waits")
                    .replace("kernel/rcu/tree.c", "\tmark_every_queue();\n", "\tkvfree_rcu_barrier();\n\tmark_every_queue();\n")
                    .probe();
  EXPECT_TRUE(S.is("rcu_barrier_waits_kfree_rcu"));
  EXPECT_EQ(S.era, "mixed");
}

TEST(Trap, slobFileThatNothingOffers) {
  Semantics S = Copy("batching").write("mm/Kconfig", "config SLUB\n\tdef_bool y\n").probe();
  EXPECT_FALSE(S.is("slob"));
  EXPECT_TRUE(S.fact("slob").known);
}

TEST(Trap, slobFileWithoutKconfigCountsAsSlob) {
  EXPECT_TRUE(Copy("batching").remove("mm/Kconfig").probe().is("slob"));
}

TEST(Trap, makefilesMayBeMissing) {
  Semantics S = Copy("destroy-waits").remove("kernel/rcu/Makefile").remove("mm/Makefile").probe();
  EXPECT_TRUE(S.is("destroy_waits_kfree_rcu"));
}

TEST(Trap, nothingIsKnownWithoutTheAllocator) {
  Semantics S = Copy("destroy-waits").remove(SlabCommon).remove("mm/slub.c").probe();
  EXPECT_FALSE(S.fact("destroy_waits_kfree_rcu").known);
  EXPECT_FALSE(S.fact("destroy_waits_kfree_rcu").value);
  EXPECT_FALSE(S.fact("kfree_rcu_takes_slab_objects").known);
  EXPECT_EQ(S.era, "mixed");
}

TEST(Trap, nothingIsKnownWithoutKfreeRcu) {
  Semantics S = Copy("destroy-waits")
                    .remove("include/linux/rcupdate.h")
                    .remove("include/linux/rcutiny.h")
                    .remove("kernel/rcu/tree.c")
                    .remove("kernel/rcu/tiny.c")
                    .probe();
  for (const char *Fact : {"destroy_waits_kfree_rcu", "rcu_barrier_waits_kfree_rcu", "head_type_checked"}) {
    EXPECT_FALSE(S.fact(Fact).known) << Fact;
    EXPECT_FALSE(S.fact(Fact).value) << Fact;
  }
  EXPECT_FALSE(S.fact("kfree_rcu_batches").known);
  EXPECT_TRUE(S.fact("kfree_rcu_batches").value);
}

TEST(Trap, offsetNotChecked) {
  Semantics S = Copy("destroy-waits").replace("include/linux/rcupdate.h", "BUILD_BUG_ON(", "note_offset(").probe();
  EXPECT_FALSE(S.is("offset_limit_checked"));
}

TEST(Probe, emptyTreeIsAnError) {
  std::string Root = fs::temp_directory_path() / ("krcu-empty-" + std::to_string(::getpid()));
  fs::create_directories(Root + "/include/linux");
  std::ofstream(Root + "/Makefile") << "VERSION = 6\nPATCHLEVEL = 1\n";
  std::ofstream(Root + "/Kconfig") << "\n";
  llvm::Expected<krcu::Tree> T = krcu::Tree::open(Root);
  ASSERT_TRUE(bool(T)) << message(T.takeError());
  llvm::Expected<Semantics> S = probeSemantics(*T, shippedRules());
  EXPECT_FALSE(bool(S));
  EXPECT_NE(message(S.takeError()).find("no C file can be read"), std::string::npos);
  fs::remove_all(Root);
}

TEST(Probe, twoRunsAgree) {
  EXPECT_EQ(printSemantics(probe(eraTree("sheaves"))), printSemantics(probe(eraTree("sheaves"))));
}

// --- real trees -------------------------------------------------------------------------------------------------

TEST(RealTree, v612) {
  const char *Path = std::getenv("KRCU_TREE_612");
  if (!Path)
    GTEST_SKIP() << "KRCU_TREE_612 names no Linux 6.12 source tree";
  Semantics S = probe(Path);
  EXPECT_EQ(summary(S), std::string("6.12: destroy_waits_kfree_rcu") + Always +
                            " kvfree_rcu_barrier kvfree_rcu_barrier_exported head_type_checked "
                            "kvfree_rcu_frees_vmalloc offset_limit_checked");
  EXPECT_TRUE(shows(S, "destroy_waits_kfree_rcu", SlabCommon, "kmem_cache_destroy", "calls kvfree_rcu_barrier()"));
}

TEST(RealTree, v61) {
  const char *Path = std::getenv("KRCU_TREE_61");
  if (!Path)
    GTEST_SKIP() << "KRCU_TREE_61 names no Linux 6.1 source tree";
  EXPECT_EQ(summary(probe(Path)), std::string("batching: slob") + Always +
                                      " head_type_checked kvfree_rcu_frees_vmalloc offset_limit_checked");
}

} // namespace
} // namespace krcu
