// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Call sites: which object and which head, at which offset, and whether the text can be rewritten.
// In struct foo the head is at 16; in struct outer: in.rcu at 16, u_rcu at 32, heads at 48, 64 and 80.
#include "matchers/testing.h"
#include "gtest/gtest.h"

namespace krcu::testing {
namespace {

TEST(Head, Member) {
  Snippet S = siteIn("call_rcu(&p->rcu, cb);");
  EXPECT_EQ(S.levels(), "p, rcu @16");
  EXPECT_EQ(S.site().head, HeadShape::Member);
  EXPECT_TRUE(S.site().is_rcu_head);
  EXPECT_EQ(S.site().levels[0].record, "struct foo");
}

TEST(Head, NestedMember) { EXPECT_EQ(siteIn("call_rcu(&o->in.rcu, cb);").levels(), "o, in.rcu @16; &o->in, rcu @8"); }

TEST(Head, MemberOfAnAnonymousUnion) { EXPECT_EQ(siteIn("call_rcu(&o->u_rcu, cb);").levels(), "o, u_rcu @32"); }

TEST(Head, MemberOfAStructure) { EXPECT_EQ(siteIn("call_rcu(&(*p).rcu, cb);").levels(), "p, rcu @16"); }

TEST(Head, MemberOfAVariable) { EXPECT_EQ(siteIn("call_rcu(&v.rcu, cb);", "extern struct foo v;").levels(), "&v, rcu @16"); }

TEST(Head, MemberOfAnArrayElement) {
  EXPECT_EQ(siteIn("call_rcu(&table[i].rcu, cb);", "extern struct foo table[4];").levels(), "&table[i], rcu @16");
}

TEST(Head, MemberThroughAFunction) {
  EXPECT_EQ(siteIn("call_rcu(&get(i)->rcu, cb);", "struct foo *get(int i);").levels(), "get(i), rcu @16");
}

TEST(Head, MemberThroughAPointerMember) { EXPECT_EQ(siteIn("call_rcu(&p->next->rcu, cb);").levels(), "p->next, rcu @16"); }

TEST(Head, ParenthesesAreDropped) { EXPECT_EQ(siteIn("call_rcu(&(p)->rcu, cb);").levels(), "p, rcu @16"); }

TEST(Head, ParenthesesThatBindStay) { EXPECT_EQ(siteIn("call_rcu(&(i ? p : p->next)->rcu, cb);").levels(), "(i ? p : p->next), rcu @16"); }

TEST(Head, ElementOfAnArrayMember) {
  Snippet S = siteIn("call_rcu(&o->heads[2], cb);");
  EXPECT_EQ(S.site().head, HeadShape::Member);
  EXPECT_EQ(S.levels(), "o, heads[2] @80");
}

TEST(Head, ElementOfAnArrayMemberOfUnknownIndexHasNoOffset) {
  Snippet S = siteIn("call_rcu(&o->heads[i], cb);");
  EXPECT_EQ(S.levels(), "");
}

TEST(Head, ElementBehindAPointerMemberIsNotInTheObject) {
  Snippet S = siteIn("call_rcu(&q->heads[1], cb);", "struct ptrs { long a; struct rcu_head *heads; };\nextern struct ptrs *q;");
  EXPECT_NE(S.site().head, HeadShape::Member);
  EXPECT_EQ(S.levels(), "");
}

TEST(Head, MemberBehindAPointerMemberIsNotInTheOuterObject) {
  Snippet S = siteIn("call_rcu(&q->elements[1].rcu, cb);", "struct ptrs { long a; struct foo *elements; };\nextern struct ptrs *q;");
  EXPECT_EQ(S.levels(), "&q->elements[1], rcu @16");
}

TEST(Head, MemberOfAnElementInTheObject) {
  Snippet S = siteIn("call_rcu(&q->elements[1].rcu, cb);", "struct arrs { long a; struct inner elements[2]; };\nextern struct arrs *q;");
  EXPECT_EQ(S.levels(), "q, elements[1].rcu @40; &q->elements[1], rcu @8");
}

TEST(Head, TwoDimensionalArray) {
  Snippet S = siteIn("call_rcu(&q->h[1][1], cb);", "struct grid { long a; struct rcu_head h[2][2]; };\nextern struct grid *q;");
  EXPECT_EQ(S.levels(), "q, h[1][1] @56");
}

TEST(Head, CastObject) {
  Snippet S = siteIn("call_rcu((struct rcu_head *)p, cb);");
  EXPECT_EQ(S.site().head, HeadShape::CastObject);
  EXPECT_FALSE(S.site().is_rcu_head);
  EXPECT_EQ(S.site().levels.at(0).object, "p");
}

TEST(Head, VoidPointer) { EXPECT_EQ(siteIn("call_rcu((void *)p, cb);").site().head, HeadShape::CastObject); }

TEST(Head, CastOfAnotherMemberIsNoHead) {
  Snippet S = siteIn("call_rcu((struct rcu_head *)&p->b, cb);");
  EXPECT_EQ(S.site().head, HeadShape::Member);
  EXPECT_FALSE(S.site().is_rcu_head);
}

TEST(Head, AHeadOfDeferredFreesIsNoneOfCallbacks) {
  Snippet S = siteIn("call_rcu((struct rcu_head *)&c->small, cb);",
                     "struct kvfree_rcu_head { struct kvfree_rcu_head *next; };\nstruct cut { long a; struct kvfree_rcu_head small; };\nextern struct cut *c;\n");
  EXPECT_FALSE(S.site().is_rcu_head);
}

TEST(Head, CastToAHeadOfAHead) { EXPECT_TRUE(siteIn("call_rcu((struct rcu_head *)&p->rcu, cb);").site().is_rcu_head); }

TEST(Head, Local) {
  Snippet S = siteIn("struct rcu_head *h = &p->rcu;\ncall_rcu(h, cb);");
  EXPECT_EQ(S.site().head, HeadShape::Variable);
  EXPECT_EQ(S.site().head_text, "h");
}

TEST(Head, Parameter) {
  EXPECT_EQ(siteIn("", "void g(struct rcu_head *h) { call_rcu(h, cb); }").site().head, HeadShape::Variable);
}

TEST(Head, LoadedFromAField) { EXPECT_EQ(siteIn("call_rcu(p->rcu.next, cb);").site().head, HeadShape::Other); }

TEST(Head, FromANumber) { EXPECT_EQ(siteIn("call_rcu((struct rcu_head *)(unsigned long)i, cb);").site().head, HeadShape::Other); }

TEST(Site, WhereItStands) {
  Snippet S = siteIn("\n\tcall_rcu(&p->rcu,\n\t\t cb); /*@end*/");
  EXPECT_EQ(S.site().where.file, "net/a.c");
  EXPECT_EQ(S.site().where.line + 1, S.lineOf("end"));
  EXPECT_EQ(S.site().where.column, 2u);
  EXPECT_EQ(S.site().function, "f");
  EXPECT_EQ(S.site().deferral, "call_rcu");
  EXPECT_EQ(S.site().end - S.site().begin, std::string("call_rcu(&p->rcu,\n\t\t cb)").size());
}

TEST(Site, OtherPositionsOfTheArguments) {
  Snippet S = siteIn("call_srcu(p->data, &p->rcu, cb);");
  EXPECT_EQ(S.site().deferral, "call_srcu");
  EXPECT_EQ(S.levels(), "p, rcu @16");
}

TEST(Site, AStatement) { EXPECT_TRUE(siteIn("call_rcu(&p->rcu, cb);").site().is_statement); }

TEST(Site, StatementsUnderControlFlow) {
  Snippet S = siteIn("if (i)\n\tcall_rcu(&p->rcu, cb); /*@if*/\nelse\n\tcall_rcu(&p->rcu, cb); /*@else*/\n"
                     "switch (i) {\ncase 1: call_rcu(&p->rcu, cb); /*@case*/\ndefault: call_rcu(&p->rcu, cb); /*@default*/\n}\n"
                     "while (i--) call_rcu(&p->rcu, cb); /*@while*/\nout: call_rcu(&p->rcu, cb); /*@label*/\n");
  for (const char *Mark : {"if", "else", "case", "default", "while", "label"})
    EXPECT_TRUE(S.site(Mark).is_statement) << Mark;
}

TEST(Site, NoStatements) {
  Snippet S = siteIn("i++, call_rcu(&p->rcu, cb); /*@comma*/\ni ? call_rcu(&p->rcu, cb) : (void)0; /*@ternary*/\n"
                     "(void)call_rcu(&p->rcu, cb); /*@cast*/\nfor (call_rcu(&p->rcu, cb); i; ) i = 0; /*@for*/\n");
  for (const char *Mark : {"comma", "ternary", "cast", "for"})
    EXPECT_FALSE(S.site(Mark).is_statement) << Mark;
}

TEST(Site, ProductOfAMacro) {
  Snippet S = siteIn("QUEUE(p);", "#define QUEUE(x) call_rcu(&(x)->rcu, cb)\n");
  EXPECT_TRUE(S.site().in_macro);
  EXPECT_EQ(S.site().macro, "QUEUE");
}

// Head and callback are written by the caller, so the use of the macro can be replaced.
TEST(Site, UnderAMacroName) {
  Snippet S = siteIn("QUEUE(&p->rcu, cb);", "#define QUEUE call_rcu\n");
  EXPECT_FALSE(S.site().in_macro);
  EXPECT_EQ(S.site().macro, "QUEUE");
}

TEST(Site, ArgumentOfAMacroIsWrittenInTheFile) {
  Snippet S = siteIn("WITH(call_rcu(&p->rcu, cb));", "#define WITH(x) do { x; } while (0)\n");
  EXPECT_FALSE(S.site().in_macro);
  EXPECT_EQ(S.site().macro, "WITH");
  EXPECT_GT(S.site().end, S.site().begin);
  EXPECT_EQ(S.levels(), "p, rcu @16");
}

TEST(Site, HeadMadeByAMacroHasNoTextForItsMember) {
  Snippet S = siteIn("call_rcu(HEAD(p), cb);", "#define HEAD(x) (&(x)->rcu)\n");
  EXPECT_FALSE(S.site().in_macro);
  ASSERT_EQ(S.site().levels.size(), 1u);
  EXPECT_EQ(S.site().levels[0].offset, 16);
  EXPECT_EQ(S.site().levels[0].member, "");
}

TEST(Callback, AFunction) {
  Snippet S = siteIn("call_rcu(&p->rcu, cb);");
  EXPECT_EQ(S.site().callback_kind, CallbackKind::Function);
  EXPECT_EQ(S.site().callback, "cb");
}

TEST(Callback, SpellingsOfAFunction) {
  Snippet S = siteIn("call_rcu(&p->rcu, &cb); /*@address*/\ncall_rcu(&p->rcu, *cb); /*@star*/\n"
                     "call_rcu(&p->rcu, (rcu_callback_t)(void *)cb); /*@cast*/\ncall_rcu(&p->rcu, (cb)); /*@paren*/");
  for (const char *Mark : {"address", "star", "cast", "paren"})
    EXPECT_EQ(S.site(Mark).callback, "cb") << Mark;
}

TEST(Callback, TheFreeFunctionItself) { EXPECT_EQ(siteIn("call_rcu(&p->rcu, (rcu_callback_t)kfree);").site().callback, "kfree"); }

TEST(Callback, AStaticFunctionHasItsFileInTheName) {
  EXPECT_EQ(siteIn("call_rcu(&p->rcu, mine);", "static void mine(struct rcu_head *h) { }").site().callback, "mine@net/a.c");
}

TEST(Callback, AVariable) {
  Snippet S = siteIn("call_rcu(&p->rcu, fn);", "extern rcu_callback_t fn;");
  EXPECT_EQ(S.site().callback_kind, CallbackKind::Place);
  EXPECT_EQ(S.site().callback, "V:fn");
}

TEST(Callback, AField) {
  Snippet S = siteIn("call_rcu(&p->rcu, ops->fn);", "struct ops { rcu_callback_t fn; };\nextern struct ops *ops;");
  EXPECT_EQ(S.site().callback_kind, CallbackKind::Place);
  EXPECT_EQ(S.site().callback, "F:ops@net/a.c.fn");
}

TEST(Callback, AParameter) {
  EXPECT_EQ(siteIn("", "void g(struct foo *p, rcu_callback_t fn) { call_rcu(&p->rcu, fn); }").site().callback_kind, CallbackKind::Parameter);
}

TEST(Callback, AChoice) {
  EXPECT_EQ(siteIn("call_rcu(&p->rcu, i ? cb : cb2);", "void cb2(struct rcu_head *h);").site().callback_kind, CallbackKind::Other);
}

TEST(Callback, ASkippedHelperIsAskedForByName) {
  Snippet S("static inline struct foo *to_foo(struct rcu_head *h);\nstatic void cb(struct rcu_head *h) { kfree(to_foo(h)); }\n", {"cb"});
  ASSERT_EQ(S.facts().missing_bodies.size(), 1u);
  EXPECT_EQ(S.facts().missing_bodies[0], "to_foo");
}

TEST(Callback, ASkippedPureHelperIsAskedForByName) {
  Snippet S("static inline __attribute__((const)) struct foo *to_foo(struct rcu_head *h);\n"
            "static void cb(struct rcu_head *h) { kfree(to_foo(h)); }\n", {"cb"});
  ASSERT_EQ(S.facts().missing_bodies.size(), 1u);
  EXPECT_EQ(S.facts().missing_bodies[0], "to_foo");
}

TEST(Callback, NothingIsAskedForWhereItCannotHelp) {
  Snippet S("static inline struct foo *to_foo(struct rcu_head *h);\nstatic void cb(struct rcu_head *h) { total++; kfree(to_foo(h)); }\n", {"cb"});
  EXPECT_TRUE(S.facts().missing_bodies.empty());
}

} // namespace
} // namespace krcu::testing
