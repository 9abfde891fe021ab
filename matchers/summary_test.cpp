// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Callbacks that only free, in the spellings people use. struct foo has its head at offset 16.
#include "matchers/testing.h"
#include "gtest/gtest.h"

namespace krcu::testing {
namespace {

TEST(FreeOnly, ContainerOf) { EXPECT_EQ(callback("kfree(container_of(head, struct foo, rcu));"), "kfree(head-16)"); }

TEST(FreeOnly, ContainerOfConst) { EXPECT_EQ(callback("kfree(container_of_const(head, struct foo, rcu));"), "kfree(head-16)"); }

TEST(FreeOnly, ContainerOfWithATypedPointer) { EXPECT_EQ(callback("kfree(old_container_of(head, struct foo, rcu));"), "kfree(head-16)"); }

TEST(FreeOnly, ContainerOfAsAPlainCast) { EXPECT_EQ(callback("kfree(plain_container_of(head, struct foo, rcu));"), "kfree(head-16)"); }

TEST(FreeOnly, ContainerOfUnderAnotherName) {
  EXPECT_EQ(callback("kfree(head_to(head));", "#define head_to(h) list_entry(h, struct foo, rcu)\n"), "kfree(head-16)");
}

TEST(FreeOnly, ALocal) { EXPECT_EQ(withObject("kfree(p);"), "kfree(head-16)"); }

TEST(FreeOnly, AListOfLocals) {
  EXPECT_EQ(callback("struct rcu_head *h = head, *g = h;\nstruct foo *p = container_of(g, struct foo, rcu), *q = p;\nkfree(q);"), "kfree(head-16)");
}

TEST(FreeOnly, ALocalAssignedLater) { EXPECT_EQ(callback("struct foo *p;\np = container_of(head, struct foo, rcu);\nkfree(p);"), "kfree(head-16)"); }

TEST(FreeOnly, TheFreeIntoACache) { EXPECT_EQ(withObject("kmem_cache_free(foo_cache, p);"), "kmem_cache_free(V:foo_cache, head-16)"); }

TEST(FreeOnly, TheCacheIsAFieldOfTheObject) {
  EXPECT_EQ(withObject("kmem_cache_free(p->cache, p);"), "kmem_cache_free(F:foo@include/base.h.cache, head-16)");
}

TEST(FreeOnly, ACacheChosenFromTwoIsNotNamed) {
  EXPECT_EQ(withObject("kmem_cache_free(p->a ? foo_cache : bar_cache, p);"), "kmem_cache_free(?, head-16)");
}

TEST(FreeOnly, CastsOfTheObject) { EXPECT_EQ(withObject("kfree((void *)(char *)(const struct foo *)p);"), "kfree(head-16)"); }

TEST(FreeOnly, HeadFirstAndACast) { EXPECT_EQ(callback("kfree((struct foo *)head);"), "kfree(head+0)"); }

TEST(FreeOnly, HeadItself) { EXPECT_EQ(callback("kfree(head);"), "kfree(head+0)"); }

TEST(FreeOnly, AddressOfAMember) { EXPECT_EQ(withObject("kfree(&p->b);"), "kfree(head-8)"); }

TEST(FreeOnly, AddressOfANestedMember) {
  EXPECT_EQ(callback("kfree(&container_of(head, struct outer, in.rcu)->in);"), "kfree(head-8)");
}

TEST(FreeOnly, TheMemberAnArray) { EXPECT_EQ(callback("kfree(container_of(head, struct outer, heads[1]));"), "kfree(head-64)"); }

TEST(FreeOnly, TheMemberOfAnAnonymousUnion) { EXPECT_EQ(callback("kfree(container_of(head, struct outer, u_rcu));"), "kfree(head-32)"); }

TEST(FreeOnly, TwoSteps) {
  EXPECT_EQ(callback("struct inner *i = container_of(head, struct inner, rcu);\nkfree(container_of(i, struct outer, in));"), "kfree(head-16)");
}

TEST(FreeOnly, PointerAsANumber) { EXPECT_EQ(callback("kfree((void *)((unsigned long)head - offsetof(struct foo, rcu)));"), "kfree(head-16)"); }

TEST(FreeOnly, PointerArithmeticOnElements) { EXPECT_EQ(callback("long *w = (long *)head;\nkfree(w - 2);"), "kfree(head-16)"); }

TEST(FreeOnly, NegativeIndex) { EXPECT_EQ(callback("kfree(&((long *)head)[-2]);"), "kfree(head-16)"); }

TEST(FreeOnly, ANegativeOffsetInASizeT) { EXPECT_EQ(callback("kfree((char *)head + (size_t)-16);"), "kfree(head-16)"); }

TEST(FreeOnly, AnInlineHelperFindsTheObject) {
  EXPECT_EQ(callback("kfree(to_foo(head));",
                     "static inline struct foo *to_foo(struct rcu_head *h) { return container_of(h, struct foo, rcu); }"),
            "kfree(head-16)");
}

TEST(FreeOnly, AConstHelperFindsTheObject) {
  EXPECT_EQ(callback("kfree(to_foo(head));", "static inline __attribute__((const)) struct foo *to_foo(struct rcu_head *h)\n"
                                             "{ return container_of(h, struct foo, rcu); }"),
            "kfree(head-16)");
}

TEST(FreeOnly, AStaticHelperFrees) {
  EXPECT_EQ(withObject("put(p);", "static void put(struct foo *p) { kmem_cache_free(foo_cache, p); }"),
            "kmem_cache_free(V:foo_cache, head-16)");
}

TEST(FreeOnly, TheHelperGetsTheCache) {
  EXPECT_EQ(withObject("put(bar_cache, p);", "static void put(struct kmem_cache *c, void *p) { kmem_cache_free(c, p); }"),
            "kmem_cache_free(V:bar_cache, head-16)");
}

TEST(FreeOnly, TheHelperReplacesTheCacheItGot) {
  EXPECT_EQ(withObject("put(bar_cache, p);", "static void put(struct kmem_cache *c, void *p) { c = foo_cache; kmem_cache_free(c, p); }"),
            "kmem_cache_free(?, head-16)");
}

TEST(FreeOnly, HelpersOfHelpers) {
  EXPECT_EQ(callback("one(head);", "static void two(struct foo *p) { kfree(p); }\n"
                                   "static void one(struct rcu_head *h) { two(container_of(h, struct foo, rcu)); }"),
            "kfree(head-16)");
}

TEST(FreeOnly, NullGuard) { EXPECT_EQ(withObject("if (p)\n\tkfree(p);"), "kfree(head-16) | null(head-16): nothing"); }

TEST(FreeOnly, NullGuardThatReturns) { EXPECT_EQ(withObject("if (!p)\n\treturn;\nkfree(p);"), "kfree(head-16) | null(head-16): nothing"); }

TEST(FreeOnly, NullGuardWithAHint) {
  EXPECT_EQ(withObject("if (unlikely(p == NULL))\n\treturn;\nkfree(p);"), "kfree(head-16) | null(head-16): nothing");
}

TEST(FreeOnly, GotoOut) { EXPECT_EQ(withObject("if (!p)\n\tgoto out;\nkfree(p);\nout:\n\treturn;"), "kfree(head-16) | null(head-16): nothing"); }

TEST(FreeOnly, OneOfTwoFreeFunctions) {
  EXPECT_EQ(withObject("if (p->a)\n\tkmem_cache_free(foo_cache, p);\nelse\n\tkfree(p);"), "kfree(head-16) | kmem_cache_free(V:foo_cache, head-16)");
}

TEST(FreeOnly, ASwitchOfFrees) {
  EXPECT_EQ(withObject("switch (p->a) {\ncase 1: kfree(p); break;\ndefault: kvfree(p);\n}"), "kfree(head-16) | kvfree(head-16)");
}

TEST(FreeOnly, DoWhileZero) { EXPECT_EQ(withObject("do {\n\tkfree(p);\n} while (0);"), "kfree(head-16)"); }

TEST(FreeOnly, AMacroWithDoWhileZero) { EXPECT_EQ(withObject("DROP(p);", "#define DROP(x) do { kfree(x); } while (0)\n"), "kfree(head-16)"); }

TEST(FreeOnly, TernaryOfTheSameObject) {
  EXPECT_EQ(withObject("kfree(p->a ? (void *)p : (void *)&p->a);"), "kfree(head-16)");
}

TEST(FreeOnly, TernaryOfFrees) { EXPECT_EQ(withObject("p->a ? kfree(p) : kvfree(p);"), "kfree(head-16) | kvfree(head-16)"); }

TEST(FreeOnly, TernaryThatDecidesByItsPath) { EXPECT_EQ(withObject("kfree(p->a ? p : NULL);"), "kfree(NULL) | kfree(head-16)"); }

TEST(FreeOnly, ElvisOperator) { EXPECT_EQ(withObject("kfree(p ?: NULL);"), "kfree(head-16) | null(head-16): kfree(NULL)"); }

TEST(FreeOnly, StatementExpression) { EXPECT_EQ(withObject("kfree(({ struct foo *q = p; p = NULL; q; }));"), "kfree(head-16)"); }

TEST(FreeOnly, Comma) { EXPECT_EQ(withObject("(void)p->a, kfree(p);"), "kfree(head-16)"); }

TEST(FreeOnly, AssignmentInTheArgument) { EXPECT_EQ(callback("struct foo *p;\nkfree(p = container_of(head, struct foo, rcu));"), "kfree(head-16)"); }

TEST(FreeOnly, AnUnusedReadAndUnevaluatedOperands) {
  EXPECT_EQ(withObject("long unused = p->a + sizeof(total++);\ntypeof(total++) other_unused;\nkfree(p);"), "kfree(head-16)");
}

TEST(FreeOnly, BuildTimeCheck) { EXPECT_EQ(withObject("BUILD_BUG_ON(sizeof(*p) > 4096);\nkfree(p);"), "kfree(head-16)"); }

TEST(FreeOnly, ABranchThatNoConfigurationTakes) { EXPECT_EQ(withObject("if (sizeof(*p) > 4096)\n\ttotal++;\nkfree(p);"), "kfree(head-16)"); }

TEST(FreeOnly, ASwitchOverAConstant) {
  EXPECT_EQ(withObject("switch (sizeof(p->a)) {\ncase 4: total++; break;\ncase 8: kfree(p); break;\ndefault: other(p);\n}"), "kfree(head-16)");
}

TEST(FreeOnly, ALocalThatIsForgotten) { EXPECT_EQ(withObject("kfree(p);\np = NULL;"), "kfree(head-16)"); }

TEST(FreeOnly, ParameterGetsTheObject) {
  EXPECT_EQ(callback("void *v = head;\nhead = (void *)((char *)v - 16);\nkfree(head);"), "kfree(head-16)");
}

TEST(Summary, AFunctionOfAnotherFileIsACallWithItsArguments) {
  Snippet S("static void cb(struct rcu_head *head)\n{\n\tother(container_of(head, struct foo, rcu));\n}\n", {"cb"});
  EXPECT_EQ(S.paths("cb"), "call other");
  const AbstractValue &V = S.summary("cb")->paths[0].effects[0].arguments.at(0);
  EXPECT_EQ(V.kind, AbstractValue::ParameterPlus);
  EXPECT_EQ(V.offset, -16);
}

TEST(Summary, ACallbackWithoutABodyIsOpaque) {
  Snippet S("void cb(struct rcu_head *head);\nvoid f(struct foo *p) { call_rcu(&p->rcu, cb); }\n");
  EXPECT_EQ(S.paths("cb"), "opaque: its definition is not in this file");
}

TEST(Summary, TheDefinitionIsSummarisedWhereverItStands) {
  Snippet S("static void cb(struct rcu_head *head);\nvoid f(struct foo *p) { call_rcu(&p->rcu, cb); }\n"
            "static void cb(struct rcu_head *head) { kfree(head); }\n");
  EXPECT_EQ(S.paths("cb"), "kfree(head+0)");
  EXPECT_TRUE(S.summary("cb")->is_static);
  EXPECT_EQ(S.summary("cb")->where.line, 3u);
}

TEST(Summary, ADefinitionMadeByAMacroIsMarked) {
  Snippet S("#define DEFINE_CB(n) static void n(struct rcu_head *h) { kfree(h); }\nDEFINE_CB(cb)\n", {"cb"});
  EXPECT_TRUE(S.summary("cb")->in_macro);
  EXPECT_EQ(S.paths("cb"), "kfree(head+0)");
}

TEST(Summary, WhichParameterAHelperFrees) {
  Snippet S("void pick(struct foo *a, struct foo *b, int c) { kfree(c ? a : b); }\n", {"pick"});
  EXPECT_EQ(S.paths("pick"), "kfree(arg1+0) | kfree(head+0)");
}

TEST(Summary, WhatAHelperReturns) {
  Snippet S("struct foo *get(struct rcu_head *h) { return container_of(h, struct foo, rcu); }\n", {"get"});
  ASSERT_EQ(S.summary("get")->paths.size(), 1u);
  EXPECT_EQ(S.summary("get")->paths[0].result.kind, AbstractValue::ParameterPlus);
  EXPECT_EQ(S.summary("get")->paths[0].result.offset, -16);
}

TEST(Summary, AnEmptyFunctionHasOneEmptyPath) { EXPECT_EQ(callback(""), "nothing"); }

} // namespace
} // namespace krcu::testing
