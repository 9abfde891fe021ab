// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Callbacks that look like a lone free and are not. What must show up is the thing that would be lost.
#include "matchers/testing.h"
#include "gtest/gtest.h"

namespace krcu::testing {
namespace {

TEST(Trap, Counter) { EXPECT_EQ(withObject("total++;\nkfree(p);"), "!changes total, kfree(head-16)"); }

TEST(Trap, CompoundAssignment) { EXPECT_EQ(withObject("total -= 2;\nkfree(p);"), "!stores to total, kfree(head-16)"); }

TEST(Trap, Store) { EXPECT_EQ(withObject("last = p;\nkfree(p);"), "!stores to last, kfree(head-16)"); }

TEST(Trap, StoreIntoTheObject) { EXPECT_EQ(withObject("p->a = 0;\nkfree(p);"), "!stores to p->a, kfree(head-16)"); }

TEST(Trap, StoreToABitField) {
  EXPECT_EQ(callback("struct bits *b = (struct bits *)head;\nb->flag = 1;\nkfree(b);", "struct bits { struct rcu_head rcu; int flag : 1; };"),
            "!stores to b->flag, kfree(head+0)");
}

TEST(Trap, StoreToAStaticLocal) { EXPECT_EQ(withObject("static long n;\nn = p->a;\nkfree(p);"), "!stores to n, kfree(head-16)"); }

TEST(Trap, Trace) { EXPECT_EQ(withObject("trace_foo(p);\nkfree(p);", "void trace_foo(struct foo *p);"), "call trace_foo, kfree(head-16)"); }

TEST(Trap, Print) { EXPECT_EQ(withObject("printk(\"gone\");\nkfree(p);"), "call printk, kfree(head-16)"); }

TEST(Trap, Lock) {
  EXPECT_EQ(withObject("lock();\nkfree(p);\nunlock();", "static int l;\nstatic inline void lock(void) { __atomic_store_n(&l, 1, 5); }\n"
                                                        "static inline void unlock(void) { __asm__ volatile(\"\" : : : \"memory\"); }"),
            "!calls lock(), which has an atomic operation, kfree(head-16), !calls unlock(), which has inline assembly");
}

TEST(Trap, SecondFree) { EXPECT_EQ(withObject("kfree(p->data);\nkfree(p);"), "kfree(?), kfree(head-16)"); }

TEST(Trap, FreeOnOnePathOnly) { EXPECT_EQ(withObject("if (p->a)\n\tkfree(p);"), "kfree(head-16) | nothing"); }

TEST(Trap, FreeOnlyIfNull) { EXPECT_EQ(withObject("if (!p)\n\tkfree(p);"), "nothing | null(head-16): kfree(head-16)"); }

TEST(Trap, Loop) { EXPECT_NE(withObject("while (p->a)\n\tbarrier();\nkfree(p);").find("!has a loop"), std::string::npos); }

TEST(Trap, ListOfObjects) {
  std::string Paths = withObject("while (p) {\n\tstruct foo *n = p->next;\n\tkfree(p);\n\tp = n;\n}");
  EXPECT_NE(Paths.find("!has a loop"), std::string::npos) << Paths;
}

TEST(Trap, GotoBack) { EXPECT_NE(withObject("again:\nkfree(p);\nif (p->a)\n\tgoto again;").find("!has a loop"), std::string::npos); }

TEST(Trap, PointerLoadedFromMemory) { EXPECT_EQ(withObject("kfree(p->data);"), "kfree(?)"); }

TEST(Trap, PointerLoadedFromTheHead) { EXPECT_EQ(callback("head = head->next;\nkfree(head);"), "kfree(?)"); }

TEST(Trap, AnotherObject) { EXPECT_EQ(withObject("kfree(last);"), "kfree(?)"); }

TEST(Trap, PointerMember) { EXPECT_EQ(withObject("kfree(&p->next->a);"), "kfree(?)"); }

TEST(Trap, ArrayOfUnknownIndex) { EXPECT_EQ(withObject("kfree(&p[p->a]);"), "kfree(?)"); }

TEST(Trap, MaskedPointer) { EXPECT_EQ(callback("kfree((void *)((unsigned long)head & ~15UL));"), "kfree(?)"); }

TEST(Trap, TruncatedPointer) { EXPECT_EQ(callback("kfree((void *)(unsigned long)(unsigned int)(unsigned long)head);"), "kfree(?)"); }

TEST(Trap, TruthOfAPointerIsNoPointer) { EXPECT_EQ(callback("kfree((void *)(unsigned long)(bool)head);"), "kfree(?)"); }

TEST(Trap, TruncatedOffset) { EXPECT_EQ(callback("int n = 256 + 8;\nkfree((char *)head - (unsigned char)n);"), "kfree(head-8)"); }

TEST(Trap, OverflowingOffset) { EXPECT_EQ(callback("kfree(&((long *)head)[0x7fffffffffffffffL]);"), "kfree(?)"); }

TEST(Trap, InlineAssembly) { EXPECT_EQ(withObject("barrier();\nkfree(p);"), "!has inline assembly, kfree(head-16)"); }

TEST(Trap, AsmGoto) {
  EXPECT_EQ(withObject("asm goto(\"jmp %l0\" : : : \"memory\" : out);\nout:\n\tkfree(p);"), "!has inline assembly, kfree(head-16)");
}

TEST(Trap, AsmThatChangesTheLocal) {
  EXPECT_EQ(withObject("__asm__(\"\" : \"+r\"(p));\nkfree(p);"), "kfree(?)");
}

TEST(Trap, AsmThatSomebodyMayNotice) {
  EXPECT_EQ(withObject("long r;\n__asm__ volatile(\"\" : \"=r\"(r));\nkfree(p);"), "!has inline assembly, kfree(head-16)");
  EXPECT_EQ(withObject("long r;\n__asm__(\"\" : \"=r\"(r) : : \"memory\");\nkfree(p);"), "!has inline assembly, kfree(head-16)");
  EXPECT_EQ(withObject("__asm__(\"\" : \"=r\"(total));\nkfree(p);"), "!has inline assembly, kfree(head-16)");
  EXPECT_EQ(withObject("__asm__(\"\" : \"=m\"(p->a));\nkfree(p);"), "!has inline assembly, kfree(head-16)");
}

TEST(Trap, VolatileReadOfAnObject) { EXPECT_EQ(withObject("READ_ONCE(p->a);\nkfree(p);"), "kfree(head-16)"); }

TEST(Trap, VolatileReadOfARegister) {
  EXPECT_EQ(withObject("(void)*(volatile int *)p->data;\nkfree(p);"), "!reads volatile memory, kfree(head-16)");
  EXPECT_EQ(withObject("(void)control;\nkfree(p);", "extern volatile int control;"), "!reads volatile memory, kfree(head-16)");
}

/// A cache that is written into the code at boot, as some trees have it.
const char Constant[] = "#define boot_constant(sym) ({ typeof(sym) __r; __asm__(\"mov %1,%0\\n.pushsection boot_\" #sym \",\\\"a\\\"\\n.popsection\" "
                        ": \"=r\" (__r) : \"i\" (1234)); __r; })\n";

TEST(Trap, CacheThatIsAConstantOfTheBoot) {
  EXPECT_EQ(withObject("kmem_cache_free(boot_constant(foo_cache), p);", Constant), "kmem_cache_free(V:foo_cache, head-16)");
}

TEST(Trap, CacheThatAnAsmMakesOfNothingKnown) {
  EXPECT_EQ(withObject("kmem_cache_free(({ typeof(foo_cache) __r; __asm__(\"mov %1,%0\" : \"=r\" (__r) : \"i\" (1234)); __r; }), p);")
                .find("kmem_cache_free(V:"),
            std::string::npos);
  EXPECT_EQ(withObject("kmem_cache_free(({ struct kmem_cache *__r; __asm__(\"mov foo_cache,%0\" : \"=r\" (__r)); __r; }), p);").find("kmem_cache_free(V:"),
            std::string::npos);
}

TEST(Trap, CacheThatIsReadOnce) { EXPECT_EQ(withObject("kmem_cache_free(READ_ONCE(foo_cache), p);"), "kmem_cache_free(V:foo_cache, head-16)"); }

TEST(Trap, AnEffectSeveralCallsDown) {
  EXPECT_EQ(withObject("one();\nkfree(p);", "static inline void three(void) { total = 1; }\nstatic inline void two(void) { three(); }\n"
                                            "static inline void one(void) { two(); }\n"),
            "!calls one(), which calls two(), which calls three(), which stores to total, kfree(head-16)");
}

TEST(Trap, VolatileStore) { EXPECT_EQ(withObject("WRITE_ONCE(p->a, 0);\nkfree(p);").front(), '!'); }

TEST(Trap, IndirectCall) {
  EXPECT_EQ(withObject("free_fn(p);\nkfree(p);", "extern void (*free_fn)(void *);"), "!calls through a pointer free_fn, kfree(head-16)");
}

TEST(Trap, FreeThroughAPointer) { EXPECT_EQ(withObject("void (*f)(const void *) = kfree;\nf(p);"), "!calls through a pointer f"); }

TEST(Trap, Recursion) {
  std::string Paths = callback("if (head->next)\n\tcb(head->next);\nkfree(head);", "static void cb(struct rcu_head *head);");
  EXPECT_NE(Paths.find("recursive"), std::string::npos) << Paths;
}

TEST(Trap, CallAfterTheFree) { EXPECT_EQ(withObject("kfree(p);\nother(0);"), "kfree(head-16), call other"); }

TEST(Trap, Cleanup) {
  EXPECT_EQ(withObject("int x __cleanup(done) = 0;\nkfree(p);", "void done(int *);"), "!runs a cleanup function at the end of the scope, kfree(head-16)");
}

TEST(Trap, ASwitchThatFreesInOneCase) { EXPECT_EQ(withObject("switch (p->a) {\ncase 0:\n\tkfree(p);\n}"), "kfree(head-16) | nothing"); }

TEST(Trap, ASwitchOverThePointer) {
  EXPECT_EQ(withObject("switch ((unsigned long)p) {\ncase 0:\n\tkfree(p);\n}"), "kfree(head-16) | nothing");
}

TEST(Trap, ASwitchOverAKnownLocal) {
  EXPECT_EQ(withObject("int n = 7;\nswitch (n) {\ncase 2:\n\tkfree(p);\n}"), "nothing");
}

TEST(Trap, ASwitchOverAllNamesOfAnEnumeration) {
  EXPECT_EQ(withObject("switch ((enum kind)p->a) {\ncase A: case B:\n\tkfree(p);\n}", "enum kind { A, B };"), "kfree(head-16) | nothing");
}

TEST(Trap, ComputedGoto) {
  EXPECT_EQ(withObject("void *to = p->a ? &&one : &&two;\ngoto *to;\none:\n\tkfree(p);\ntwo:\n\treturn;"), "kfree(head-16) | nothing");
}

TEST(Trap, ParameterReassigned) {
  EXPECT_EQ(callback("head = &last->rcu;\nkfree(container_of(head, struct foo, rcu));"), "kfree(?)");
}

TEST(Trap, AddressOfTheParameter) {
  EXPECT_EQ(callback("swap(&head);\nkfree(head);", "void swap(struct rcu_head **h);"), "call swap, kfree(head+0)");
}

TEST(Trap, StoreThroughTheAddressOfALocal) {
  EXPECT_EQ(withObject("struct foo **q = &p;\n*q = last;\nkfree(p);"), "!stores to *q, kfree(head-16)");
}

TEST(Trap, HelperStoresThroughTheAddressOfALocal) {
  EXPECT_EQ(withObject("next(&p);\nkfree(p);", "static void next(struct foo **q) { *q = (*q)->next; }"), "!calls next(), which stores to *q, kfree(head-16)");
}

TEST(Trap, SideEffectInACondition) { EXPECT_EQ(withObject("if (!--total)\n\treturn;\nkfree(p);"), "!changes total | !changes total, kfree(head-16)"); }

TEST(Trap, SideEffectInAnIndex) { EXPECT_EQ(withObject("(void)p[total++].a;\nkfree(p);"), "!changes total, kfree(head-16)"); }

TEST(Trap, SideEffectInAMacroArgument) {
  EXPECT_EQ(withObject("DROP(p, total++);", "#define DROP(x, n) do { (void)(n); kfree(x); } while (0)\n"), "!changes total, kfree(head-16)");
}

TEST(Trap, SideEffectInAnArrayLength) {
  EXPECT_EQ(withObject("char room[total++];\nkfree(p);").front(), '!');
}

TEST(Trap, SideEffectBehindAndAnd) { EXPECT_EQ(withObject("p->a && total++;\nkfree(p);"), "!changes total, kfree(head-16) | kfree(head-16)"); }

TEST(Trap, PureFunctionThatCountsAllTheSame) {
  EXPECT_EQ(withObject("busy(p);\nkfree(p);", "static __attribute__((pure)) int busy(struct foo *p) { return ++total; }"), "!calls busy(), which changes total, kfree(head-16)");
}

TEST(Trap, PureFunctionGivesThePointer) {
  EXPECT_EQ(callback("kfree(find(head));", "__attribute__((pure)) void *find(struct rcu_head *h);"), "kfree(?)");
}

TEST(Trap, TheLoadHappensBeforeTheChange) {
  EXPECT_EQ(callback("void *p = head, *q = last;\nvoid *r = (p, ({ void *t = p; p = q; t; }));\nkfree(p);"), "kfree(?)");
}

TEST(Trap, ValueOfThePointerAtTheTimeOfTheLoad) {
  EXPECT_EQ(callback("void *p = last;\nfree_two(p, ({ p = head; 0; }));", "static void free_two(void *p, int n) { kfree(p); }"), "kfree(?)");
}

TEST(Trap, LongjmpLikeCall) {
  EXPECT_EQ(withObject("if (p->a)\n\tleave();\nkfree(p);", "void leave(void) __noreturn;"), "call leave, ends | kfree(head-16)");
}

TEST(Trap, InfiniteLoop) { EXPECT_EQ(withObject("if (p->a)\n\tfor (;;)\n\t\t;\nkfree(p);"), "!has a loop | kfree(head-16)"); }

TEST(Trap, AFunctionThatSharesTheName) {
  EXPECT_EQ(withObject("kzfree(p);", "static void kzfree(struct foo *p) { total++; }"), "!calls kzfree(), which changes total");
}

TEST(Trap, WeakHelper) {
  std::string Paths = withObject("drop(p);", "__attribute__((weak)) void drop(struct foo *p) { kfree(p); }");
  EXPECT_EQ(Paths.find("!calls drop() (it is weak"), 0u) << Paths;
}

TEST(Trap, WeakCallback) {
  Snippet S("__attribute__((weak)) void cb(struct rcu_head *head) { kfree(head); }\n", {"cb"});
  EXPECT_EQ(S.paths("cb").find("opaque: it is weak"), 0u);
}

TEST(Trap, ConfigurationDecidesTheBranch) {
  EXPECT_EQ(withObject("if (IS_ENABLED(CONFIG_OFF))\n\ttotal++;\nkfree(p);"), "!changes total, kfree(head-16) | kfree(head-16)");
}

TEST(Trap, ConfigurationDecidesTheFree) { EXPECT_EQ(withObject("if (CONFIG_ON)\n\tkfree(p);"), "kfree(head-16) | nothing"); }

TEST(Trap, ConfigurationDecidesThroughAConstant) {
  EXPECT_EQ(withObject("if (DEBUGGING)\n\ttotal++;\nkfree(p);", "enum { DEBUGGING = IS_ENABLED(CONFIG_OFF) };"),
            "!changes total, kfree(head-16) | kfree(head-16)");
  EXPECT_EQ(withObject("if (debugging)\n\ttotal++;\nkfree(p);", "static const bool debugging = IS_ENABLED(CONFIG_OFF);"),
            "!changes total, kfree(head-16) | kfree(head-16)");
}

TEST(Trap, AMacroDecidesTheBranch) {
  EXPECT_EQ(withObject("if (DEBUG)\n\ttotal++;\nkfree(p);", "#define DEBUG 0\n"), "!changes total, kfree(head-16) | kfree(head-16)");
  EXPECT_EQ(withObject("if (unlikely(!LEVEL))\n\ttotal++;\nkfree(p);", "#define LEVEL (1)\n"), "!changes total, kfree(head-16) | kfree(head-16)");
  EXPECT_EQ(withObject("if (DEBUG && p->a)\n\ttotal++;\nkfree(p);", "#define DEBUG 0\n"), "!changes total, kfree(head-16) | kfree(head-16)");
}

TEST(FreeOnly, AnOffsetThatIsAMacro) {
  EXPECT_EQ(callback("kfree((char *)head - HEADROOM);", "#define HEADROOM 16\n"), "kfree(head-16)");
}

TEST(Trap, ConfigurationDecidesBehindAHelper) {
  EXPECT_EQ(withObject("if (debugging())\n\ttotal++;\nkfree(p);", "static inline bool debugging(void) { return 0; }"),
            "!changes total, kfree(head-16) | kfree(head-16)");
}

TEST(Trap, HelperThatIsEmptyHere) {
  EXPECT_EQ(withObject("debug_free(p);\nkfree(p);", "static inline void debug_free(struct foo *p) { }"), "empty debug_free, kfree(head-16)");
}

TEST(Trap, MacroThatIsEmptyHere) { EXPECT_EQ(withObject("STAT_DEC(p, (1));\nkfree(p);", "#define STAT_DEC(p, n)\n"), "kfree(head-16), empty STAT_DEC"); }

TEST(Trap, MacroThatIsDoWhileZeroHere) {
  EXPECT_EQ(withObject("STAT_DEC(p);\nkfree(p);", "#define STAT_DEC(p) do { } while (0)\n"), "kfree(head-16), empty STAT_DEC");
}

TEST(Trap, MacroThatOnlyNamesItsArgumentHere) {
  EXPECT_EQ(withObject("STAT_DEC(p);\nkfree(p);", "#define STAT_DEC(p) ((void)(p))\n"), "kfree(head-16), empty STAT_DEC");
}

TEST(Check, WarnOn) { EXPECT_EQ(withObject("WARN_ON(p->a);\nkfree(p);"), "check WARN_ON, kfree(head-16)"); }

TEST(Check, WarnOnAsTheGuard) {
  EXPECT_EQ(withObject("if (WARN_ON_ONCE(!p))\n\treturn;\nkfree(p);"), "check WARN_ON_ONCE, kfree(head-16) | null(head-16): check WARN_ON_ONCE");
}

TEST(Check, WarnOnInAHelper) {
  EXPECT_EQ(withObject("drop(p);", "static void drop(struct foo *p) { WARN_ON(p->a); kfree(p); }"), "check WARN_ON, kfree(head-16)");
}

TEST(Check, BugOnDoesNotComeBack) { EXPECT_EQ(withObject("BUG_ON(p->a);\nkfree(p);"), "check BUG_ON, ends | check BUG_ON, kfree(head-16)"); }

TEST(Check, BugUnderAConditionIsNotForgotten) { EXPECT_EQ(withObject("if (p->a)\n\tBUG();\nkfree(p);"), "check BUG, ends | kfree(head-16)"); }

TEST(Check, BugInAHelperEndsTheCallback) {
  EXPECT_EQ(withObject("verify(p);\nkfree(p);", "static void verify(struct foo *p) { if (p->a) BUG(); }"), "check BUG, ends | kfree(head-16)");
}

TEST(Check, Panic) { EXPECT_EQ(withObject("if (p->a)\n\tpanic(\"no\");\nkfree(p);"), "check panic, ends | kfree(head-16)"); }

TEST(Check, AStoreInTheConditionIsNoCheck) { EXPECT_EQ(withObject("WARN_ON(p->a++);\nkfree(p);"), "check WARN_ON, !changes p->a, kfree(head-16)"); }

TEST(Check, AnAssignmentInTheConditionCounts) {
  EXPECT_EQ(withObject("WARN_ON(!(p = last));\nkfree(p);"), "check WARN_ON, kfree(?)");
}

TEST(Check, TwoOnOneLineAreTwo) { EXPECT_EQ(withObject("WARN_ON(p->a); WARN_ON(p->b);\nkfree(p);"), "check WARN_ON, check WARN_ON, kfree(head-16)"); }

TEST(Check, ACheckThatIsEmptyHere) { EXPECT_EQ(withObject("ASSERT(p->a);\nkfree(p);", "#define ASSERT(x)\n"), "kfree(head-16), empty ASSERT"); }

TEST(Trap, TooManyPathsAreOpaque) {
  std::string Body;
  for (int I = 0; I < 12; ++I)
    Body += "if (p->a & " + std::to_string(1 << I) + ")\n\t(void)p->b;\n";
  EXPECT_EQ(withObject(Body + "kfree(p);"), "opaque: it has too many paths");
}

TEST(Trap, TooLongIsOpaque) {
  std::string Body;
  for (int I = 0; I < 3000; ++I)
    Body += "do { } while (0);\n";
  EXPECT_EQ(withObject(Body + "kfree(p);"), "opaque: it is too long");
}

} // namespace
} // namespace krcu::testing
