// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What an #if hides from the usual configuration: small modules, one a shape, each with the class that is right for every kernel that it may be
// built for. Half of the shapes convert, half of them must not.
#include "tool/driver/pipeline_trees.h"
#include "gtest/gtest.h"
#include <map>

namespace krcu {
namespace {

/// A file of a module: `text` stands between the record and the call, `free` is the callback's body. In all of them @ is the shape's name.
struct Shape {
  std::string name;
  std::string before; ///< what stands above the callback
  std::string body;   ///< of the callback
  std::string cls;
  std::string reason = {}; ///< part of the reason's text
};

std::string named(std::string Text, const std::string &Name) {
  for (size_t At = Text.find('@'); At != std::string::npos; At = Text.find('@', At + Name.size()))
    Text.replace(At, 1, Name);
  return Text;
}

constexpr const char *Top = "// SPDX-License-Identifier: GPL-2.0-only\n#include <linux/module.h>\n#include <linux/slab.h>\n#include <linux/rcupdate.h>\n"
                            "#include <linux/version.h>\n";

std::string fileOf(const Shape &S) {
  return named(std::string(Top) +
                   "\nstruct @ {\n\tint weight;\n\tvoid *tail;\n\tstruct @ *next;\n\tstruct rcu_head rcu;\n};\n\nvoid @_note(struct @ *x);\nextern int @_count;\n"
                   "extern struct kmem_cache *@_one, *@_other;\n\n" +
                   S.before + "\nstatic void @_free(struct rcu_head *head)\n{\n\tstruct @ *x = container_of(head, struct @, rcu);\n\n" + S.body +
                   "}\n\nvoid @_drop(struct @ *x)\n{\n\tcall_rcu(&x->rcu, @_free);\n}\n",
               S.name);
}

/// A module with one file a shape, beside a small kernel.
struct Module {
  explicit Module(const std::string &Era = "waits") : kernel(Era), files("") {
    kernel.write("include/linux/version.h", "#define LINUX_VERSION_CODE 396288\n#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))\n");
    kernel.write("include/linux/slab.h", kernel.read("include/linux/slab.h") + "void kfree_sensitive(const void *object);\n#define WARN_ON(x) warn_on(x)\n"
                                                                               "int warn_on(int x);\nint printk(const char *text, ...);\n");
    kernel.write("include/linux/kconfig.h", "#ifndef LINUX_KCONFIG_H\n#define LINUX_KCONFIG_H\n#include <generated/autoconf.h>\n"
                                            "#define __ARG_PLACEHOLDER_1 0,\n#define __second(a, b, ...) b\n#define __is_set_(x) __is_set__(__ARG_PLACEHOLDER_##x)\n"
                                            "#define __is_set__(x) __second(x 1, 0)\n#define __is_set(x) __is_set_(x)\n"
                                            "#define IS_ENABLED(x) (__is_set(x) || __is_set(x##_MODULE))\n#endif\n");
  }
  Outcome run() {
    ScanOptions O = kernel.options();
    O.module = files.root();
    return scanAndPatch(O);
  }
  ScratchTree kernel, files;
};

std::string seen(const Outcome &O) {
  std::string Text;
  for (const SiteReport &R : O.sites)
    Text += R.census.where.file + ":" + std::to_string(R.census.where.line) + " " + className(R.cls) + ": " + reasonText(R) + "\n";
  return Text;
}

const SiteReport *siteOf(const Outcome &O, const std::string &File) {
  for (const SiteReport &R : O.sites)
    if (R.census.where.file == File && R.cls != SiteClass::Definition)
      return &R;
  return nullptr;
}

bool tells(const EvidenceList &List, const std::string &Text) {
  for (const Evidence &E : List)
    if (E.text.find(Text) != std::string::npos)
      return true;
  return false;
}

void expectShapes(const std::vector<Shape> &Shapes, Module &M) {
  for (const Shape &S : Shapes)
    M.files.write(S.name + ".c", fileOf(S));
  Outcome O = M.run();
  ASSERT_EQ(O.error, "");
  for (const Shape &S : Shapes) {
    const SiteReport *R = siteOf(O, "M=/" + S.name + ".c");
    if (!R) {
      ADD_FAILURE() << S.name << " has no call\n" << seen(O);
      continue;
    }
    std::string Reason = O.scan->tree().shown(reasonText(*R));
    EXPECT_EQ(className(R->cls), S.cls) << S.name << ": " << Reason;
    EXPECT_NE(Reason.find(named(S.reason, S.name)), std::string::npos) << S.name << ": " << Reason;
    // What is not converted is not touched: no hidden statement goes with a callback.
    EXPECT_EQ(O.patch.files.count(S.name + ".c"), S.cls == "convert" ? 1u : 0u) << S.name;
  }
}

TEST(Variants, ABranchThatFreesTheSameWayConverts) {
  Module M;
  expectShapes(
      {
          {"both", "", "#ifdef CONFIG_KMEMLEAK\n\tkfree(x);\n#else\n\tkfree(x);\n#endif\n", "convert"},
          {"empty", "", "#ifdef BOTH_DEBUG\n\t/* nothing to say */\n#endif\n\tkfree(x);\n", "convert"},
          {"ways", "", "#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 4, 0)\n\tx = container_of(head, struct @, rcu);\n#else\n\tx = (struct @ *)((char *)head - "
                       "offsetof(struct @, rcu));\n#endif\n\tkfree(x);\n",
           "convert"},
          {"opposite", "", "#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 4, 0)\n\tkfree(x);\n#endif\n#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 4, 0)\n\tkfree(x);\n#endif\n",
           "convert"},
          {"enabled", "", "#if IS_ENABLED(CONFIG_DRV)\n\tkfree(x);\n#endif\n#if !IS_ENABLED(CONFIG_DRV)\n\tkfree(x);\n#endif\n", "convert"},
          {"modular", "", "#if defined(CONFIG_DRV) || defined(CONFIG_DRV_MODULE)\n\tkfree(x);\n#else\n\tkfree(x);\n#endif\n", "convert"},
          {"ranges", "", "#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 4, 0)\n\tkfree(x);\n#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)\n\tkfree(x);\n#else\n"
                         "\tkfree(x);\n#endif\n",
           "convert"},
          {"foreign", "", "#ifndef __KERNEL__\n\t@_note(x);\n#endif\n#if 0\n\t@_note(x);\n#endif\n#ifdef __cplusplus\n\tx->weight = 0;\n#endif\n\tkfree(x);\n", "convert"},
          {"guarded", "", "#ifdef GUARDED_CAREFUL\n\tif (!x)\n\t\treturn;\n#endif\n\tkfree(x);\n", "convert"},
          {"local", "", "#ifdef LOCAL_LONG\n\tstruct @ *y = x;\n#endif\n\n#ifdef LOCAL_LONG\n\tkfree(y);\n#else\n\tkfree(x);\n#endif\n", "convert"},
          {"nested", "", "#ifdef NESTED_A\n#ifdef NESTED_B\n\tkfree(x);\n#else\n\tkfree(x);\n#endif\n#else\n\tkfree(x);\n#endif\n", "convert"},
          {"macro", "#ifdef CONFIG_KMEMLEAK\n#define MACRO_FREE(p) do { kfree(p); } while (0)\n#else\n#define MACRO_FREE(p) kfree(p)\n#endif\n", "\tMACRO_FREE(x);\n",
           "convert"},
          {"inner", "#ifdef INNER_DEBUG\n#define INNER_LAST(p) kfree(p)\n#else\n#define INNER_LAST(p) kfree((p))\n#endif\n#define INNER_FREE(p) INNER_LAST(p)\n",
           "\tINNER_FREE(x);\n", "convert"},
          {"helper", "#ifdef CONFIG_KMEMLEAK\nstatic inline void helper_put(struct helper *x)\n{\n\tkfree(x);\n}\n#else\nstatic inline void helper_put(struct helper *x)\n"
                     "{\n\tif (x)\n\t\tkfree(x);\n}\n#endif\nvoid helper_now(struct helper *x)\n{\n\thelper_put(x);\n}\n",
           "\thelper_put(x);\n", "convert"},
          {"slab", "", "#ifdef SLAB_NEW\n\tkmem_cache_free(@_one, x);\n#else\n\tkmem_cache_free(@_one, container_of(head, struct @, rcu));\n#endif\n", "convert"},
          {"fallback", "#ifndef FALLBACK_FREE\n#define FALLBACK_FREE(p) kfree(p)\n#endif\n", "\tFALLBACK_FREE(x);\n", "convert"},
      },
      M);
}

TEST(Variants, ABranchThatDoesMoreIsMoreThanAFree) {
  Module M;
  expectShapes(
      {
          {"twice", "", "#ifdef CONFIG_KMEMLEAK\n\tkfree(x->tail);\n#endif\n\tkfree(x);\n", "more_than_free", "with #ifdef CONFIG_KMEMLEAK (twice.c:23)"},
          {"store", "", "#ifdef STORE_DEBUG\n\tx->weight = 0;\n#endif\n\tkfree(x);\n", "more_than_free", "stores to x->weight, with #ifdef STORE_DEBUG"},
          {"called", "", "#ifdef CONFIG_DRV\n\t@_note(x);\n#endif\n\tkfree(x);\n", "more_than_free", "@_note()"},
          {"off", "", "#ifndef CONFIG_SMP\n\t@_note(x);\n#endif\n\tkfree(x);\n", "more_than_free", "#ifndef CONFIG_SMP"},
          {"older", "", "#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 4, 0)\n\t@_count--;\n#endif\n\tkfree(x);\n", "more_than_free", "KERNEL_VERSION(5, 4, 0)"},
          {"newer", "", "#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)\n\t@_note(x);\n#endif\n\tkfree(x);\n", "more_than_free"},
          {"third", "", "#if defined(THIRD_A)\n\tkfree(x);\n#elif defined(THIRD_B)\n\t@_note(x);\n\tkfree(x);\n#else\n\tkfree(x);\n#endif\n", "more_than_free",
           "#elif defined(THIRD_B)"},
          {"otherwise", "", "#if 1\n\tkfree(x);\n#endif\n#ifdef CONFIG_64BIT\n#else\n\t@_note(x);\n#endif\n", "more_than_free", "#else of #ifdef CONFIG_64BIT"},
          {"leaks", "", "#ifndef LEAKS_KEEP\n\tkfree(x);\n#endif\n", "more_than_free", "frees nothing"},
          {"early", "", "#ifdef EARLY_KEEP\n\tif (x->weight)\n\t\treturn;\n#endif\n\tkfree(x);\n", "more_than_free", "frees only under a condition"},
          {"moved", "", "#ifdef MOVED_LIST\n\tx = x->next;\n#endif\n\tkfree(x);\n", "more_than_free"},
          {"prints", "", "#ifdef CONFIG_KMEMLEAK\n\tprintk(\"gone\");\n#endif\n\tkfree(x);\n", "more_than_free", "printk"},
          {"deep", "#ifdef DEEP_STATS\n#define DEEP_COUNT() (deep_count++)\n#else\n#define DEEP_COUNT() ((void)0)\n#endif\n#define DEEP_LAST(p) do { DEEP_COUNT(); kfree(p); } while (0)\n"
                   "#define DEEP_FREE(p) DEEP_LAST(p)\n",
           "\tDEEP_FREE(x);\n", "more_than_free", "#ifdef DEEP_STATS"},
          {"within", "static inline void within_last(struct within *x)\n{\n#ifdef CONFIG_KMEMLEAK\n\twithin_note(x);\n#endif\n\tkfree(x);\n}\n\nstatic void within_put(struct within *x)\n"
                     "{\n\twithin_last(x);\n}\n",
           "\twithin_put(x);\n", "more_than_free", "#ifdef CONFIG_KMEMLEAK"},
          {"counted", "#ifdef COUNTED_MEMORY\nvoid counted_kfree(const void *p);\n#define kfree(p) counted_kfree(p)\n#endif\n", "\tkfree(x);\n", "more_than_free",
           "#ifdef COUNTED_MEMORY"},
          {"leads", "static inline void leads_far(struct leads *x)\n{\n#ifdef LEADS_B\n\tx->weight = 1;\n#endif\n}\n", "#ifdef LEADS_A\n\tleads_far(x);\n#endif\n\tkfree(x);\n",
           "more_than_free", "stores to x->weight"},
          {"pasted", "#ifdef PASTED_TRACE\n#define PASTED_DO(what, p) pasted_##what(p)\n#else\n#define PASTED_DO(what, p) kfree(p)\n#endif\nvoid pasted_end(struct pasted *x);\n",
           "\tPASTED_DO(end, x);\n", "more_than_free"},
      },
      M);
}

TEST(Variants, WhatCannotBeShownOrIsNotTheSameIsForReview) {
  Module M;
  M.files.write("torn_body.h", "kfree(x);\n");
  expectShapes(
      {
          {"lost", "", "#ifdef LOST_OLD_KERNEL\n\told_put(x);\n#endif\n\tkfree(x);\n", "review", "lost.c:23: #ifdef LOST_OLD_KERNEL: it does not parse"},
          {"zeroed", "", "#ifdef CONFIG_KMEMLEAK\n\tkfree_sensitive(x);\n#else\n\tkfree(x);\n#endif\n", "review", "frees differently, with kfree_sensitive()"},
          {"caches", "", "#ifdef CACHES_SPLIT\n\tkmem_cache_free(@_other, x);\n#else\n\tkmem_cache_free(@_one, x);\n#endif\n", "review", "frees differently"},
          {"checked", "", "#ifdef CHECKED_DEBUG\n\tWARN_ON(x->weight);\n#endif\n\tkfree(x);\n", "review", "the check would be lost"},
          {"torn", "", "#include \"torn_body.h\"\n", "review", "torn.c:23: is text from another file"},
          {"many", "",
           "#if defined(A1) || defined(A2) || defined(A3) || defined(A4) || defined(A5) || defined(A6) || defined(A7)\n\tkfree(x);\n#elif defined(B1) || defined(B2) || "
           "defined(B3) || defined(B4) || defined(B5) || defined(B6) || defined(B7)\n\tkfree(x);\n#else\n\tkfree(x);\n#endif\n",
           "review", "too many conditions"},
      },
      M);
}

/// Files of a module that share a header, or have the #if around the call.
struct Case {
  std::string name;
  std::map<std::string, std::string> files;
  std::string cls, reason = {};
};

const char *Record = "struct @ {\n\tint weight;\n\tstruct rcu_head rcu;\n};\n\nvoid @_note(struct @ *x);\n";
const char *Callback = "static void @_free(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct @, rcu));\n}\n\n";

void expectCases(const std::vector<Case> &Cases) {
  Module M;
  for (const Case &C : Cases)
    for (const auto &[File, Text] : C.files)
      M.files.write(named(File, C.name), named((File == "@.c" ? Top : "") + Text, C.name));
  Outcome O = M.run();
  ASSERT_EQ(O.error, "");
  for (const Case &C : Cases) {
    const SiteReport *R = siteOf(O, "M=/" + C.name + ".c");
    ASSERT_TRUE(R) << C.name << "\n" << seen(O);
    std::string Reason = O.scan->tree().shown(reasonText(*R));
    EXPECT_EQ(className(R->cls), C.cls) << C.name << ": " << Reason;
    EXPECT_NE(Reason.find(named(C.reason, C.name)), std::string::npos) << C.name << ": " << Reason;
  }
}

TEST(Variants, MacrosAndInlinesOfTheModulesHeaders) {
  std::string Use = "#include \"@.h\"\n" + std::string(Record) +
                    "static void @_free(struct rcu_head *head)\n{\n\tstruct @ *x = container_of(head, struct @, rcu);\n\n\t@_put(x);\n}\n\n"
                    "void @_drop(struct @ *x)\n{\n\tcall_rcu(&x->rcu, @_free);\n}\n";
  std::string Chosen = "#ifdef CONFIG_KMEMLEAK\n#include \"@_a.h\"\n#else\n#include \"@_b.h\"\n#endif\n";
  expectCases({
      {"same", {{"@.c", Use}, {"@.h", "#ifndef SAME_H\n#define SAME_H\n#ifdef SAME_X\n#define same_put(p) kfree(p)\n#else\n#define same_put(p) do { kfree(p); } while (0)\n#endif\n#endif\n"}}, "convert"},
      {"more", {{"@.c", Use}, {"@.h", "#pragma once\nstruct @;\nvoid @_note(struct @ *x);\n#ifdef MORE_X\n#define more_put(p) do { more_note(p); kfree(p); } while (0)\n#else\n#define more_put(p) kfree(p)\n#endif\n"}},
       "more_than_free", "#ifdef MORE_X (more.h:4)"},
      {"inlined", {{"@.c", Use}, {"@.h", "struct @;\nvoid @_note(struct @ *x);\nstatic inline void @_put(struct @ *x)\n{\n#if IS_ENABLED(CONFIG_KMEMLEAK)\n\t@_note(x);\n#endif\n\tkfree(x);\n}\n"}},
       "more_than_free", "inlined.h:5"},
      {"chosen", {{"@.c", Use}, {"@.h", Chosen}, {"@_a.h", "#define chosen_put(p) kfree((p))\n"}, {"@_b.h", "#define chosen_put(p) kfree(p)\n"}}, "convert"},
      {"choice", {{"@.c", Use}, {"@.h", Chosen}, {"@_a.h", "#define choice_put(p) do { (p)->weight = 0; kfree(p); } while (0)\n"}, {"@_b.h", "#define choice_put(p) kfree(p)\n"}},
       "more_than_free", "#ifdef CONFIG_KMEMLEAK (choice.h:1)"},
      {"hides", {{"@.c", Use}, {"@.h", "#define hides_put(p) kfree(p)\n#ifdef HIDES_MEMORY\n#include \"@_a.h\"\n#endif\n"}, {"@_a.h", "void hides_kfree(const void *p);\n#define kfree(p) hides_kfree(p)\n"}},
       "more_than_free", "#ifdef HIDES_MEMORY"},
  });
}

TEST(Variants, TheCallAndTheRecordUnderAnIf) {
  std::string Drop = "void @_drop(struct @ *x)\n{\n\tcall_rcu(&x->rcu, @_free);\n}\n";
  expectCases({
      {"around", {{"@.c", std::string(Record) + Callback + "void @_drop(struct @ *x)\n{\n#ifdef CONFIG_SMP\n\tcall_rcu(&x->rcu, @_free);\n#else\n\tkfree(x);\n#endif\n}\n"}}, "convert"},
      {"hidden", {{"@.c", std::string(Record) + "#ifndef CONFIG_SMP\n" + Callback + "#endif\nvoid @_drop(struct @ *x)\n{\n#ifndef CONFIG_SMP\n\tcall_rcu(&x->rcu, @_free);\n#else\n\tkfree(x);\n#endif\n}\n"}},
       "convert"},
      {"head", {{"@.c", "struct @ {\n\tint weight;\n#ifdef CONFIG_SMP\n\tstruct rcu_head rcu;\n#endif\n};\n\n#ifdef CONFIG_SMP\n" + std::string(Callback) + Drop + "#endif\n"}}, "convert"},
      {"field", {{"@.c", "struct @ {\n#ifdef CONFIG_KMEMLEAK\n\tlong debug[8];\n#endif\n\tstruct rcu_head rcu;\n};\n\n" + std::string(Callback) + Drop}}, "convert"},
      {"alias", {{"@.c", std::string(Record) + Callback + "#ifdef ALIAS_OLD\n#define ALIAS_FREE (alias_free)\n#else\n#define ALIAS_FREE alias_free\n#endif\nvoid @_drop(struct @ *x)\n{\n\tcall_rcu(&x->rcu, ALIAS_FREE);\n}\n"}},
       "convert"},
      {"switched", {{"@.c", std::string(Record) + Callback + "static void @_loud(struct rcu_head *head)\n{\n\t@_note(container_of(head, struct @, rcu));\n}\n#ifdef SWITCHED_LOUD\n#define SWITCHED_FREE switched_loud\n"
                                        "#else\n#define SWITCHED_FREE switched_free\n#endif\nvoid @_drop(struct @ *x)\n{\n\tcall_rcu(&x->rcu, SWITCHED_FREE);\n}\n"}},
       "review", "another configuration makes something else of this call"},
      {"split", {{"@.c", std::string(Record) + Callback + "void @_drop(struct @ *x)\n{\n\tcall_rcu(&x->rcu,\n#ifdef SPLIT_CAST\n\t\t (rcu_callback_t)@_free\n#else\n\t\t @_free\n#endif\n\t\t );\n}\n"}},
       "refuse", "an #if stands inside of the call"},
      {"bare", {{"@.c", "struct @ {\n#ifdef CONFIG_KMEMLEAK\n\tlong debug[8];\n#endif\n\tstruct rcu_head rcu;\n};\n\nstatic void @_free(struct rcu_head *head)\n{\n\tkfree(head);\n}\n\n" + Drop}},
       "convert"}, // where the field is there, the callback would free no start of an object: there is no such kernel
  });
}

/// A header of the kernel has an empty function in one branch and declares one of a source in the other.
TEST(Variants, AFunctionThatIsElsewhereInTheOtherBranch) {
  const std::string Declared = "void hook_free(void *p);\n";
  for (const std::string Empty : {"static inline void hook_free(void *p)\n{\n}\n", "#define hook_free(p) do { } while (0)\n"})
    for (const bool First : {true, false}) {
      Module M;
      M.kernel.write("Kconfig", M.kernel.read("Kconfig") + "config HOOKS\n\tbool \"hooks\"\n");
      M.kernel.write("drv/Makefile", "obj-y += hook.o hooked.o\n");
      M.kernel.write("include/linux/hooks.h", Declared);
      M.kernel.write("drv/hooked.c", fileOf({"hooked", "#include <linux/hook.h>\n", "\thook_free(x->tail);\n\tkfree(x);\n", ""}));
      auto ClassWith = [&](const std::string &Other, const std::string &Source) -> std::string {
        M.kernel.write("include/linux/hook.h", std::string(First ? "#ifdef" : "#ifndef") + " CONFIG_HOOKS\n" + Other + "#else\n" + Empty + "#endif\n");
        M.kernel.write("drv/hook.c", Source);
        Outcome O = scanAndPatch(M.kernel.options());
        const SiteReport *R = siteOf(O, "drv/hooked.c");
        return R ? className(R->cls) : O.error;
      };
      const std::string Defined = "int hooks;\nvoid hook_free(void *p)\n{\n\thooks++;\n}\n";
      EXPECT_EQ(ClassWith(Declared, Defined), "more_than_free") << Empty << First;
      EXPECT_EQ(ClassWith(Declared, "int hooks;\n"), "more_than_free") << "its source may be one that is not there\n" << Empty << First;
      EXPECT_EQ(ClassWith("#include <linux/hooks.h>\n", Defined), "more_than_free") << "another header declares it\n" << Empty << First;
      EXPECT_EQ(ClassWith(Empty, "int hooks;\n"), "convert") << Empty << First;
    }
}

// Of the tree's own files a condition that nothing can change hides nothing.
TEST(Variants, InTheTreeADeadBranchCountsForNothing) {
  Module M;
  ScratchTree &T = M.kernel;
  T.write("drv/Makefile", "obj-$(CONFIG_DRV) += dead.o never.o other.o alive.o\n");
  auto Write = [&](const std::string &Name, const std::string &Condition) {
    T.write("drv/" + Name + ".c", fileOf({Name, "", Condition + "\n\t@_note(x);\n#endif\n\tkfree(x);\n", ""}));
  };
  Write("dead", "#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 4, 0)");
  Write("never", "#ifdef CONFIG_ABSENT");
  Write("other", "#ifdef CONFIG_OF_NO_KCONFIG");
  Write("alive", "#ifdef CONFIG_FIXED");
  Outcome O = scanAndPatch(T.options());
  ASSERT_EQ(O.error, "");
  for (const char *Dead : {"dead", "never", "other"}) {
    const SiteReport *R = siteOf(O, std::string("drv/") + Dead + ".c");
    ASSERT_TRUE(R) << seen(O);
    EXPECT_STREQ(className(R->cls), "convert") << Dead << ": " << reasonText(*R);
    EXPECT_TRUE(tells(R->evidence, "counts for nothing")) << Dead;
  }
  const SiteReport *R = siteOf(O, "drv/alive.c");
  ASSERT_TRUE(R);
  EXPECT_STREQ(className(R->cls), "more_than_free") << reasonText(*R);
}

TEST(Variants, TheEvidenceSaysWhatAnotherBranchDoes) {
  Module M;
  M.files.write("both.c", fileOf({"both", "", "#ifdef BOTH_X\n\tkfree(x);\n#else\n\tkfree(x);\n#endif\n", ""}));
  Outcome O = M.run();
  const SiteReport *R = siteOf(O, "M=/both.c");
  ASSERT_TRUE(R);
  EXPECT_TRUE(tells(R->evidence, "with #ifdef BOTH_X it is the same free"));
  EXPECT_TRUE(tells(R->evidence, "with #else of #ifdef BOTH_X it is the same free"));
}

TEST(Variants, ThreadsDoNotChangeAByte) {
  Module M;
  M.files.write("one.c", fileOf({"one", "", "#ifdef ONE_A\n\tkfree(x);\n#else\n\tkfree(x);\n#endif\n", ""}));
  M.files.write("two.c", fileOf({"two", "", "#ifdef TWO_A\n\ttwo_note(x);\n#endif\n\tkfree(x);\n", ""}));
  ScanOptions O = M.kernel.options(1);
  O.module = M.files.root();
  Outcome One = scanAndPatch(O);
  O.jobs = 4;
  Outcome Four = scanAndPatch(O);
  EXPECT_EQ(One.json, Four.json);
  EXPECT_EQ(One.diff, Four.diff);
}

// Two names that differ by a letter: the one that the text queues is not declared, and Clang must not take the other for it.
TEST(Variants, NoSpellingIsCorrected) {
  Module M;
  M.files.write("rail.c", named(std::string(Top) + Record +
                                    "#if RAIL_OLD(6)\nstatic void @_free_rcu(struct rcu_head *head)\n{\n\t@_note(container_of(head, struct @, rcu));\n}\n#endif\n"
                                    "static void @_free_ref(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct @, rcu));\n}\n\n"
                                    "void @_drop(struct @ *x)\n{\n\tcall_rcu(&x->rcu, @_free_rcu);\n}\n\nvoid @_drop_ref(struct @ *x)\n{\n\tcall_rcu(&x->rcu, @_free_ref);\n}\n",
                                "rail"));
  Outcome O = M.run();
  ASSERT_EQ(O.error, "");
  ASSERT_EQ(O.sites.size(), 2u) << seen(O);
  EXPECT_STRNE(className(O.sites[0].cls), "convert") << reasonText(O.sites[0]);
  EXPECT_EQ(O.diff.find("@_drop("), std::string::npos);
}

TEST(Variants, WithoutTheRecordsHeaderNothingIsSaid) {
  Module M;
  for (const auto &[Name, Body] : std::map<std::string, std::string>{{"plain", "\tkfree(container_of(head, struct @, rcu));\n"},
                                                                     {"held", "\tstruct @ *x = container_of(head, struct @, rcu);\n\n\tkfree(x);\n"},
                                                                     {"made", "\tkfree(@_of(head));\n"},
                                                                     {"byhand", "\tkfree((char *)head - offsetof(struct @, rcu));\n"}})
    M.files.write(Name + ".c", named(std::string(Top) + "#include \"@_types.h\"\n\nstatic void @_free(struct rcu_head *head)\n{\n" + Body +
                                         "}\n\nvoid @_drop(struct rcu_head *head)\n{\n\tcall_rcu(head, @_free);\n}\n",
                                     Name));
  Outcome O = M.run();
  ASSERT_EQ(O.error, "");
  for (const char *Name : {"plain", "held", "made", "byhand"}) {
    const SiteReport *R = siteOf(O, std::string("M=/") + Name + ".c");
    ASSERT_TRUE(R) << seen(O);
    EXPECT_STREQ(className(R->cls), "not_parsed") << Name << ": " << reasonText(*R);
    EXPECT_NE(reasonText(*R).find(std::string("'") + Name + "_types.h' file not found"), std::string::npos) << reasonText(*R);
  }
}

} // namespace
} // namespace krcu
