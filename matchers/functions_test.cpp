// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What has run before a call, on every path and on some path.
#include "matchers/testing.h"
#include "gtest/gtest.h"

namespace krcu::testing {
namespace {

/// `static void f(int i) { Body }`; the destruction is marked.
struct InFunction : Snippet {
  explicit InFunction(const std::string &Body, const std::string &Before = "")
      : Snippet("void work(int i);\nint test(void);\n" + Before + "\nstatic void f(int i)\n{\n" + Body + "\n}\n") {}
};

const std::string Destroy = "kmem_cache_destroy(foo_cache); /*@destroy*/\n";

TEST(Before, ABarrierBefore) { EXPECT_EQ(InFunction("rcu_barrier();\n" + Destroy).before("destroy"), "rcu_barrier"); }

TEST(Before, ABarrierAfter) { EXPECT_EQ(InFunction(Destroy + "rcu_barrier();").before("destroy"), ""); }

TEST(Before, ABarrierInOneBranch) {
  InFunction S("if (i)\n\trcu_barrier();\n" + Destroy);
  EXPECT_EQ(S.before("destroy"), "");
  EXPECT_EQ(S.maybeBefore("destroy"), "rcu_barrier");
}

TEST(Before, DifferentCallsInBothBranches) {
  InFunction S("if (i)\n\trcu_barrier();\nelse\n\twork(1);\n" + Destroy);
  EXPECT_EQ(S.before("destroy"), "");
  EXPECT_EQ(S.maybeBefore("destroy"), "rcu_barrier work");
}

TEST(Before, ABarrierInALoopThatMayNotRun) { EXPECT_EQ(InFunction("while (i--)\n\trcu_barrier();\n" + Destroy).before("destroy"), ""); }

TEST(Before, ABarrierInALoopThatRunsOnce) {
  EXPECT_EQ(InFunction("do {\n\trcu_barrier();\n} while (i--);\n" + Destroy).before("destroy"), "rcu_barrier");
}

TEST(Before, DoWhileZero) { EXPECT_EQ(InFunction("do {\n\trcu_barrier();\n} while (0);\n" + Destroy).before("destroy"), "rcu_barrier"); }

TEST(Before, TheSameCallInBothBranches) {
  InFunction S("if (i)\n\trcu_barrier();\nelse\n\trcu_barrier();\n" + Destroy);
  EXPECT_EQ(S.before("destroy"), "");
  EXPECT_EQ(S.togetherBefore("destroy"), "rcu_barrier");
}

TEST(Before, TheSameCallInTwoOfThreeBranches) {
  InFunction S("if (i == 1)\n\trcu_barrier();\nelse if (i == 2)\n\trcu_barrier();\n" + Destroy);
  EXPECT_EQ(S.togetherBefore("destroy"), "");
}

TEST(Before, ACallOnEveryPathNeedsNoOther) {
  InFunction S("rcu_barrier();\nif (i)\n\trcu_barrier();\n" + Destroy + "rcu_barrier();\n");
  EXPECT_EQ(S.before("destroy"), "rcu_barrier");
  EXPECT_EQ(S.togetherBefore("destroy"), "");
}

TEST(Before, ALoopThatDestroysThenWaits) {
  EXPECT_EQ(InFunction("while (i--) {\n" + Destroy + "rcu_barrier();\n}").before("destroy"), "");
}

TEST(Before, ALoopThatMayHaveWaitedBefore) {
  EXPECT_EQ(InFunction("while (i--) {\n" + Destroy + "rcu_barrier();\n}").maybeBefore("destroy"), "kmem_cache_destroy rcu_barrier");
}

TEST(Before, EarlyReturnBeforeTheBarrier) {
  InFunction S("if (i)\n\treturn;\nrcu_barrier();\n" + Destroy);
  EXPECT_EQ(S.before("destroy"), "rcu_barrier");
}

TEST(Before, AGotoPastTheBarrier) { EXPECT_EQ(InFunction("if (i)\n\tgoto out;\nrcu_barrier();\nout:\n" + Destroy).before("destroy"), ""); }

TEST(Before, ASwitchWithABarrierInOneCase) {
  EXPECT_EQ(InFunction("switch (i) {\ncase 1: rcu_barrier(); break;\ncase 2: break;\n}\n" + Destroy).before("destroy"), "");
}

TEST(Before, ASwitchThatFallsThrough) {
  EXPECT_EQ(InFunction("switch (i) {\ncase 1: work(1);\ndefault: rcu_barrier();\n}\n" + Destroy).before("destroy"), "rcu_barrier");
}

TEST(Before, ASwitchOverAllNamesOfAnEnumeration) {
  EXPECT_EQ(InFunction("switch ((enum kind)i) {\ncase A: case B: rcu_barrier();\n}\n" + Destroy, "enum kind { A, B };").before("destroy"), "");
}

TEST(Before, ShortCircuit) { EXPECT_EQ(InFunction("if (i && test())\n\twork(1);\n" + Destroy).before("destroy"), ""); }

TEST(Before, TheConditionItself) { EXPECT_EQ(InFunction("if (test())\n\twork(1);\n" + Destroy).before("destroy"), "test"); }

TEST(Before, TheArgumentsOfTheCall) {
  EXPECT_EQ(InFunction("kmem_cache_destroy(get()); /*@destroy*/", "struct kmem_cache *get(void);").before("destroy"), "");
  InFunction S("kmem_cache_destroy(\nget()); /*@get*/", "struct kmem_cache *get(void);");
  EXPECT_EQ(S.before("get"), "");
}

TEST(Before, TheConfigurationDoesNotHideAPath) {
  EXPECT_EQ(InFunction("if (CONFIG_ON)\n\trcu_barrier();\n" + Destroy).before("destroy"), "");
  EXPECT_EQ(InFunction("if (IS_ENABLED(CONFIG_ON))\n\trcu_barrier();\n" + Destroy).before("destroy"), "");
}

TEST(Before, AConstantDoes) {
  EXPECT_EQ(InFunction("if (sizeof(long) == 8)\n\trcu_barrier();\n" + Destroy).before("destroy"), "rcu_barrier");
}

TEST(Before, CodeOfAnotherConfigurationIsNotPrecededByEverything) {
  EXPECT_EQ(InFunction("if (IS_ENABLED(CONFIG_OFF)) {\n" + Destroy + "}\nrcu_barrier();").before("destroy"), "");
}

TEST(Before, DeadCodeIsPrecededByNothing) { EXPECT_EQ(InFunction("rcu_barrier();\nreturn;\n" + Destroy).before("destroy"), ""); }

TEST(Before, AfterAnEndlessLoop) { EXPECT_EQ(InFunction("while (1)\n\twork(1);\nrcu_barrier();\n" + Destroy).before("destroy"), ""); }

TEST(Before, APathThatDoesNotReturn) {
  EXPECT_EQ(InFunction("if (i)\n\tpanic(\"no\");\nelse\n\trcu_barrier();\n" + Destroy).before("destroy"), "rcu_barrier");
}

TEST(Before, AsmGoto) { EXPECT_EQ(InFunction("asm goto(\"\" : : : : out);\nrcu_barrier();\nout:\n" + Destroy).before("destroy"), ""); }

TEST(Before, ComputedGoto) {
  EXPECT_EQ(InFunction("void *to = i ? &&a : &&b;\ngoto *to;\na:\n\trcu_barrier();\nb:\n" + Destroy).before("destroy"), "");
}

TEST(Before, CallsInStatementExpressions) { EXPECT_EQ(InFunction("i = ({ rcu_barrier(); 1; });\n" + Destroy).before("destroy"), "rcu_barrier"); }

TEST(Before, CallsInDeclarations) { EXPECT_EQ(InFunction("int n = test();\n" + Destroy).before("destroy"), "test"); }

TEST(Before, TernaryThatDestroys) {
  EXPECT_EQ(InFunction("rcu_barrier();\ni ? work(1) :\n" + Destroy).before("destroy"), "rcu_barrier");
}

TEST(Before, SizeofRunsNothing) { EXPECT_EQ(InFunction("i = sizeof(test());\n" + Destroy).before("destroy"), ""); }

TEST(Always, OnEveryPath) { EXPECT_EQ(InFunction("work(1);\nif (i)\n\treturn;\nrcu_barrier();").always("f"), "work"); }

TEST(Always, InBothBranches) { EXPECT_EQ(InFunction("if (i)\n\trcu_barrier();\nelse\n\twork(1);").always("f"), ""); }

TEST(Always, AFunctionThatNeverReturns) { EXPECT_EQ(InFunction("for (;;)\n\tif (test())\n\t\trcu_barrier();").always("f"), ""); }

TEST(Call, ArgumentsOfADestruction) {
  InFunction S(Destroy);
  ASSERT_EQ(S.call("destroy").arguments.size(), 1u);
  EXPECT_EQ(S.call("destroy").arguments[0], "V:foo_cache");
}

TEST(Call, ADestructionOfOneOfTwo) {
  EXPECT_EQ(InFunction("kmem_cache_destroy(i ? foo_cache : bar_cache); /*@d*/").call("d").arguments.at(0), "V:foo_cache|V:bar_cache");
}

TEST(Call, ADestructionThroughATable) {
  InFunction S("kmem_cache_destroy(*table[i].slot); /*@d*/", "static struct row { struct kmem_cache **slot; } table[2];");
  EXPECT_EQ(S.call("d").arguments.at(0), "*F:row@net/a.c.slot");
}

TEST(Call, AnIndirectCallNamesThePlaceOfThePointer) {
  InFunction S("ops->stop(i); /*@field*/\nhook(i); /*@variable*/", "struct ops { void (*stop)(int); };\nextern struct ops *ops;\nextern void (*hook)(int);");
  EXPECT_TRUE(S.call("field").indirect);
  EXPECT_EQ(S.call("field").callee, "F:ops@net/a.c.stop");
  EXPECT_EQ(S.call("variable").callee, "V:hook");
}

TEST(Call, Sections) {
  Snippet S("static int __init start(void) { return 0; }\nstatic void __exit stop(void) { }\n");
  ASSERT_EQ(S.facts().functions.size(), 2u);
  EXPECT_TRUE(S.facts().functions[0].init_section);
  EXPECT_FALSE(S.facts().functions[0].exit_section);
  EXPECT_TRUE(S.facts().functions[1].exit_section);
}

} // namespace
} // namespace krcu::testing
