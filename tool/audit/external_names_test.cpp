// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A module is a program of its own: its names hide the kernel's, its exported caches are its own, what it says of other kernels is no claim about
// this one; and whoever reads the report can tell its files from the kernel's.
#include "tool/audit/audit.h"
#include "tool/driver/external_pair.h"
#include "tool/review/judge/review.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"

namespace krcu {
namespace {

const std::string Includes = "#include <linux/module.h>\n#include <linux/slab.h>\n#include <linux/rcupdate.h>\n";

/// A module of two files: main.c goes, table.c has the cache. `Fini`: the function of table.c that takes it away.
struct Otter : testing::Test {
  explicit Otter(const std::string &Era = "no-wait") : P(Era) {
    P.module.write("Makefile", "obj-m += otter.o\notter-y := main.o table.o\n");
    write("otter_fini", "\tkvfree_rcu_barrier();\n");
  }
  void write(const std::string &Fini, const std::string &Before, const std::string &Cache = "static struct kmem_cache *otter_cache;\n") {
    P.module.write("main.c", Includes + "int otter_start(void);\nvoid " + Fini + "(void);\nvoid settle(void);\n\nstatic int __init otter_init(void)\n{\n\treturn otter_start();\n}\nmodule_init(otter_init);\n\n"
                                 "static void __exit otter_exit(void)\n{\n" + Before + "\t" + Fini + "();\n}\nmodule_exit(otter_exit);\n");
    P.module.write("table.c", Includes + "struct otter {\n\tint whiskers;\n\tstruct rcu_head rcu;\n};\n" + Cache +
                                  "\nstatic void otter_free(struct rcu_head *head)\n{\n\tkmem_cache_free(otter_cache, container_of(head, struct otter, rcu));\n}\n\n"
                                  "void otter_drop(struct otter *o)\n{\n\tcall_rcu(&o->rcu, otter_free);\n}\n\n"
                                  "int otter_start(void)\n{\n\totter_cache = kmem_cache_create(\"otter\", sizeof(struct otter), 0, 0, NULL);\n\treturn otter_cache ? 0 : -1;\n}\n\n"
                                  "void " + Fini + "(void)\n{\n\tkmem_cache_destroy(otter_cache);\n}\n");
  }
  std::string cls() {
    O = P.run();
    EXPECT_EQ(O.error, "");
    return O.sites.size() == 1 ? className(O.sites[0].cls) : std::to_string(O.sites.size()) + " sites";
  }
  Pair P;
  Outcome O;
};

TEST_F(Otter, NothingHidesAnything) {
  EXPECT_EQ(cls(), "convert");
  write("otter_fini", "");
  EXPECT_EQ(cls(), "unsafe");
}

TEST_F(Otter, CallersInTheKernelAreThoseOfAnother) {
  P.kernel.write("lib/Makefile", "obj-y += pool.o pond.o\n");
  P.kernel.write("lib/pond.c", Includes + "void pond_fini(void)\n{\n}\n\nstatic void __exit pond_exit(void)\n{\n\tpond_fini();\n}\nmodule_exit(pond_exit);\n");
  write("pond_fini", "\tkvfree_rcu_barrier();\n");
  EXPECT_EQ(cls(), "convert");
  write("pond_fini", "");
  EXPECT_EQ(cls(), "unsafe");
}

/// The exit calls settle() of the kernel, which calls another function of the kernel, which waits or not.
struct Settling : Otter {
  void kernel(const std::string &Wait) {
    P.kernel.write("lib/Makefile", "obj-y += pool.o settle.o calm.o\n");
    P.kernel.write("lib/settle.c", Includes + "void calm(void);\nvoid settle(void)\n{\n\tcalm();\n}\nEXPORT_SYMBOL(settle);\n");
    P.kernel.write("lib/calm.c", Includes + "void calm(void)\n{\n\t" + Wait + ";\n}\n");
  }
};

TEST_F(Settling, ABarrierOfTheKernelCounts) {
  write("otter_fini", "\tsettle();\n");
  kernel("kvfree_rcu_barrier()");
  EXPECT_EQ(cls(), "convert");
  kernel("synchronize_rcu()");
  EXPECT_EQ(cls(), "unsafe");
}

TEST_F(Settling, TheModulesOwnFunctionIsNotTheOneThatTheKernelCalls) {
  write("otter_fini", "\tsettle();\n");
  kernel("synchronize_rcu()");
  P.module.write("main.c", P.module.read("main.c") + "void calm(void)\n{\n\tkvfree_rcu_barrier();\n}\n");
  EXPECT_NE(cls(), "convert");
}

TEST_F(Otter, AGlobalCacheOfTheSameNameIsAnotherOne) {
  P.kernel.write("lib/Makefile", "obj-y += pool.o pond.o\n");
  P.kernel.write("lib/pond.c", Includes + "struct kmem_cache *otter_cache;\n\nvoid pond_start(void)\n{\n\totter_cache = kmem_cache_create(\"pond\", 8, 0, 0, NULL);\n}\n\n"
                                          "static void __exit pond_exit(void)\n{\n\tkmem_cache_destroy(otter_cache);\n}\nmodule_exit(pond_exit);\n");
  write("otter_fini", "\tkvfree_rcu_barrier();\n", "struct kmem_cache *otter_cache;\n");
  EXPECT_EQ(cls(), "convert");
}

/// EXPORT_SYMBOL() as the kernel has it: the address goes into a variable.
struct Exported : Otter {
  Exported() {
    std::string Text = P.kernel.read("include/linux/module.h");
    Text.insert(Text.rfind("#endif"), "#undef EXPORT_SYMBOL\n#define EXPORT_SYMBOL(name) static void *__attribute__((used)) __UNIQUE_ID___addressable_##name##7 = (void *)(unsigned long)&name\n");
    P.kernel.write("include/linux/module.h", Text);
  }
};

TEST_F(Exported, ACacheIsNoMystery) {
  for (const char *Macro : {"EXPORT_SYMBOL", "EXPORT_SYMBOL_GPL"}) {
    const std::string Cache = std::string("struct kmem_cache *otter_cache;\n") + Macro + "(otter_cache);\n";
    write("otter_fini", "\tkvfree_rcu_barrier();\n", Cache);
    EXPECT_EQ(cls(), "convert") << Macro << reasonText(O.sites[0]);
    write("otter_fini", "", Cache);
    EXPECT_EQ(cls(), "unsafe") << Macro;
  }
}

TEST_F(Exported, WhoImportsItMayDestroyIt) {
  write("otter_fini", "\tkvfree_rcu_barrier();\n", "struct kmem_cache *otter_cache;\nEXPORT_SYMBOL(otter_cache);\n");
  P.module.write("Makefile", P.module.read("Makefile") + "obj-m += mink.o\n");
  P.module.write("mink.c", Includes + "extern struct kmem_cache *otter_cache;\nstatic void __exit mink_exit(void)\n{\n\tkmem_cache_destroy(otter_cache);\n}\nmodule_exit(mink_exit);\n");
  EXPECT_EQ(cls(), "unsafe");
}

TEST_F(Otter, AVariableElsewhereIsStillAMystery) {
  write("otter_fini", "\tkvfree_rcu_barrier();\n", "struct kmem_cache *otter_cache;\nvoid otter_tell(struct kmem_cache **where);\nvoid otter_show(void)\n{\n\totter_tell(&otter_cache);\n}\n");
  EXPECT_EQ(cls(), "review");
}

TEST_F(Otter, AModuleForOtherKernelsSaysSo) {
  EXPECT_EQ(cls(), "convert");
  EXPECT_FALSE(O.sites[0].other_kernels.valid());
  EXPECT_EQ(O.json.find("this_kernel_only"), std::string::npos);
  P.module.write("table.c", "#define KERNEL_VERSION(a, b, c) 0\n#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 2, 0)\n#define OLD 1\n#endif\n" + P.module.read("table.c"));
  EXPECT_EQ(cls(), "convert");
  EXPECT_EQ(O.sites[0].other_kernels.line, 2u);
  EXPECT_NE(reasonText(O.sites[0]).find("for this kernel only: the module is compiled for others, too (M=/table.c:2)"), std::string::npos) << reasonText(O.sites[0]);
  EXPECT_NE(O.json.find("this_kernel_only"), std::string::npos);
}

TEST_F(Otter, ACompatHeaderCountsToo) {
  P.module.write("compat.h", "#if LINUX_VERSION_CODE < 3\n#endif\n");
  P.module.write("table.c", "#include \"compat.h\"\n" + P.module.read("table.c"));
  EXPECT_EQ(cls(), "convert");
  EXPECT_EQ(O.sites[0].other_kernels.file, "M=/compat.h");
}

TEST_F(Otter, AnotherModulesVersionsDoNotCount) {
  P.module.write("Makefile", P.module.read("Makefile") + "obj-m += mink.o\n");
  P.module.write("mink.c", "#if LINUX_VERSION_CODE < 3\n#endif\n");
  EXPECT_EQ(cls(), "convert");
  EXPECT_FALSE(O.sites[0].other_kernels.valid());
}

TEST_F(Otter, PathsOfTheKernelAreToldApart) {
  // The module has a file of the same name as the kernel.
  P.module.write("mm/slab_common.c", "/* nothing */\n");
  write("otter_fini", "");
  EXPECT_EQ(cls(), "unsafe");
  const Tree &T = O.scan->tree();
  std::string Json = T.shown(O.json);
  EXPECT_NE(Json.find("\"file\": \"table.c\""), std::string::npos);
  EXPECT_NE(Json.find("\"file\": \"linux-6.12.0/mm/"), std::string::npos);
  EXPECT_EQ(Json.find("\"file\": \"mm/"), std::string::npos);
  EXPECT_EQ(Json.find("M=/"), std::string::npos);
}

struct UnderSlob : Otter {
  UnderSlob() : Otter("slob") {}
};

TEST_F(UnderSlob, BothAreSaid) {
  auto Without = [&] { return std::string(verdictName(O.sites.at(0).without_slob.verdict)); };
  EXPECT_EQ(cls(), "unsafe");
  EXPECT_EQ(Without(), "safe") << reasonText(O.sites[0]); // the barrier stands before the destruction
  EXPECT_NE(reasonText(O.sites[0]).find("under SLAB and SLUB safe: every destruction of otter_cache"), std::string::npos) << reasonText(O.sites[0]);
  EXPECT_NE(O.json.find("\"without_slob\""), std::string::npos);
  write("otter_fini", "");
  EXPECT_EQ(cls(), "unsafe");
  EXPECT_EQ(Without(), "unsafe");
  ScanOptions Quick = P.options();
  Quick.verdict.callee_barriers = false; // as a scan of a whole tree
  O = scanAndPatch(Quick);
  EXPECT_EQ(Without(), "review");
  EXPECT_NE(reasonText(O.sites[0]).find("what waits before that was not looked at here"), std::string::npos) << reasonText(O.sites[0]);
  P.module.write("table.c", P.module.read("table.c").substr(0, P.module.read("table.c").find("void otter_fini")) + "void otter_fini(void)\n{\n}\n");
  O = scanAndPatch(Quick);
  EXPECT_EQ(Without(), "safe");
  EXPECT_EQ(O.sites[0].without_slob.reason, Reason::NeverDestroyed);
}

TEST_F(UnderSlob, WithoutItNothingOfItIsSaid) {
  ScanOptions Options = P.options();
  Options.assume = {"no-slob"};
  O = scanAndPatch(Options);
  EXPECT_STREQ(className(O.sites.at(0).cls), "convert");
  EXPECT_EQ(O.json.find("without_slob"), std::string::npos);
}

/// The other commands.
struct Commands : Otter {
  Commands() : Otter("waits") {}
  std::unique_ptr<Scan> prepared() {
    auto S = Scan::prepare(P.options());
    EXPECT_TRUE(bool(S)) << message(S.takeError());
    return std::move(*S);
  }
};

TEST_F(Commands, TheAuditIsOfTheModule) {
  const std::string Counted = "static int drops;\nstatic void counted(struct rcu_head *head)\n{\n\tdrops++;\n}\nvoid count(struct otter *o)\n{\n\tcall_rcu(&o->rcu, counted);\n}\n";
  P.module.write("table.c", P.module.read("table.c") + Counted);
  write("otter_fini", "");
  P.module.write("table.c", P.module.read("table.c") + Counted);
  P.kernel.write("drv/Makefile", "obj-$(CONFIG_DRV) += drv.o\n");
  P.kernel.write("drv/drv.c", Includes + "struct otter {\n\tstruct rcu_head rcu;\n};\n" + Counted + "static void __exit drv_exit(void)\n{\n}\nmodule_exit(drv_exit);\n");
  std::unique_ptr<Scan> S = prepared();
  AuditReport R = auditTree(*S, {});
  ASSERT_EQ(R.findings.size(), 1u);
  EXPECT_EQ(R.findings[0].kind, "missing_rcu_barrier");
  EXPECT_EQ(R.findings[0].where.file, "M=/main.c");
}

TEST_F(Commands, PatchesCountFromTheModulesDirectory) {
  auto Reviewed = [&](const std::string &Head_) {
    std::string Text = P.module.read("table.c");
    auto Line = static_cast<unsigned>(std::count(Text.begin(), Text.begin() + static_cast<long>(Text.find("\tcall_rcu(")), '\n')) + 1;
    std::string Where = std::to_string(Line);
    review::ReviewPatch Patch;
    Patch.subject = "use kfree_rcu()";
    Patch.diff = review::parseDiff("--- a/table.c\n+++ b/table.c\n@@ -" + Where + " +" + Where + " @@\n-\tcall_rcu(&o->rcu, otter_free);\n+\tkfree_rcu(" + Head_ + ");\n");
    std::unique_ptr<Scan> S = prepared();
    std::vector<review::ReviewPatch> Patches{Patch};
    auto C = reviewPatches(*S, Patches);
    EXPECT_TRUE(bool(C)) << message(C.takeError());
    EXPECT_EQ(C->patches.at(0).patch, &Patches[0]);
    EXPECT_EQ(C->patches[0].files.at(0).file, "table.c");
    return std::pair(C->patches[0].verdict, C->patches[0].reason);
  };
  // The callback is left without a user, so the patch would warn; with a wrong member it is broken for that.
  EXPECT_NE(Reviewed("o, rcu").second.find("otter_free"), std::string::npos);
  EXPECT_EQ(Reviewed("o, whiskers").first, review::PatchVerdict::Broken);
}

} // namespace
} // namespace krcu
