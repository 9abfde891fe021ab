// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where slab cache pointers go.
#include "matchers/testing.h"
#include "gtest/gtest.h"

namespace krcu::testing {
namespace {

std::string flowsOf(const std::string &Code) { return Snippet(Code).flows(); }

TEST(Flow, Creation) {
  Snippet S("static struct kmem_cache *c;\nvoid f(void)\n{\n\tc = kmem_cache_create(\"foo\", 1, 0, 0, 0); /*@new*/\n}\n");
  EXPECT_EQ(S.flows(), "V:c@ <- N:net/a.c:4");
  ASSERT_EQ(S.facts().creates.size(), 1u);
  const CreateFact &C = S.facts().creates[0];
  EXPECT_EQ(C.place, "N:net/a.c:" + std::to_string(S.lineOf("new")));
  EXPECT_EQ(C.name, "foo");
  EXPECT_EQ(C.api, "kmem_cache_create");
  EXPECT_EQ(C.function, "f");
}

TEST(Flow, CreationByAMacro) {
  Snippet S("static struct kmem_cache *c;\nvoid f(void) { c = KMEM_CACHE(foo, 0); }\n");
  EXPECT_EQ(S.flows(), "V:c@ <- N:net/a.c:2");
  ASSERT_EQ(S.facts().creates.size(), 1u);
  EXPECT_EQ(S.facts().creates[0].api, "KMEM_CACHE");
  EXPECT_EQ(S.facts().creates[0].name, "foo");
}

TEST(Flow, CreationByALocalMacro) {
  Snippet S("#define MAKE(v) ((v) = kmem_cache_create(#v, 1, 0, 0, 0))\nstatic struct kmem_cache *c;\nvoid f(void) { MAKE(c); }\n");
  EXPECT_EQ(S.flows(), "V:c@ <- N:net/a.c:3");
  EXPECT_EQ(S.facts().creates.at(0).api, "MAKE");
}

TEST(Flow, ANullPointerIsNoSource) { EXPECT_EQ(flowsOf("void f(void) { foo_cache = NULL; }"), ""); }

TEST(Flow, Assignment) { EXPECT_EQ(flowsOf("void f(void) { foo_cache = bar_cache; }"), "V:foo_cache <- V:bar_cache"); }

TEST(Flow, AChainOfAssignments) {
  EXPECT_EQ(flowsOf("extern struct kmem_cache *third;\nvoid f(void) { third = foo_cache = bar_cache; }"), "V:foo_cache <- V:bar_cache; V:third <- V:foo_cache");
}

TEST(Flow, FieldToField) {
  EXPECT_EQ(flowsOf("struct other { struct kmem_cache *slab; };\nvoid f(struct foo *p, struct other *o) { p->cache = o->slab; }"),
            "F:foo@include/base.h.cache <- F:other@.slab");
}

TEST(Flow, WriteOnceAndReadOnce) {
  EXPECT_EQ(flowsOf("void f(struct foo *p) { WRITE_ONCE(p->cache, READ_ONCE(foo_cache)); }"), "F:foo@include/base.h.cache <- V:foo_cache");
}

TEST(Flow, ThroughAVoidPointer) {
  EXPECT_EQ(flowsOf("extern void *any;\nvoid f(void) { any = foo_cache; bar_cache = any; }"), "V:any <- V:foo_cache; V:bar_cache <- V:any");
}

TEST(Flow, AnArrayIsOnePlace) {
  EXPECT_EQ(flowsOf("static struct kmem_cache *all[4];\nvoid f(int i) { all[i] = foo_cache; bar_cache = all[0]; }"),
            "V:all@ <- V:foo_cache; V:bar_cache <- V:all@");
}

TEST(Flow, AnInitialiser) { EXPECT_EQ(flowsOf("static struct kmem_cache **slot = &foo_cache;"), "V:slot@ <- &V:foo_cache"); }

TEST(Flow, ATable) {
  EXPECT_EQ(flowsOf("static struct row { const char *name; struct kmem_cache **slot; } table[] = {\n\t{ \"a\", &foo_cache },\n"
                    "\t{ .slot = &bar_cache, .name = \"b\" },\n};"),
            "F:row@.slot <- &V:bar_cache; F:row@.slot <- &V:foo_cache");
}

TEST(Flow, NestedInitialisers) {
  EXPECT_EQ(flowsOf("struct in { int n; struct kmem_cache **slot; };\nstruct out { int a; struct in in[2]; struct { struct kmem_cache **deep; }; };\n"
                    "static struct out o = { .in = { [1] = { .slot = &foo_cache } }, .deep = &bar_cache };"),
            "F:in@.slot <- &V:foo_cache; F:out@.deep <- &V:bar_cache");
}

TEST(Flow, FieldsThatAreLeftOutAreNull) {
  EXPECT_EQ(flowsOf("struct row { const char *name; struct kmem_cache *cache; };\nstatic struct row r = { .name = \"a\" };"), "");
}

TEST(Flow, AUnionInATable) {
  EXPECT_EQ(flowsOf("union u { long n; struct kmem_cache **slot; };\nstatic union u u = { .slot = &foo_cache };"), "F:u@.slot <- &V:foo_cache");
}

TEST(Flow, ACompoundLiteral) {
  EXPECT_EQ(flowsOf("struct row { struct kmem_cache *cache; };\nvoid f(struct row *r) { *r = (struct row){ .cache = foo_cache }; }"),
            "F:row@.cache <- V:foo_cache");
}

TEST(Flow, Argument) {
  EXPECT_EQ(flowsOf("static void take(int n, struct kmem_cache *c) { bar_cache = c; }\nvoid f(void) { take(1, foo_cache); }"),
            "P:take@#1 <- V:foo_cache; V:bar_cache <- P:take@#1");
}

TEST(Flow, AddressAsAnArgument) {
  EXPECT_EQ(flowsOf("static void make(struct kmem_cache **c) { *c = bar_cache; }\nvoid f(void) { make(&foo_cache); }"),
            "*P:make@#0 <- V:bar_cache; P:make@#0 <- &V:foo_cache");
}

TEST(Flow, ArgumentOfAnIndirectCallIsLost) {
  EXPECT_EQ(flowsOf("void f(void (*fn)(struct kmem_cache *)) { fn(foo_cache); }"), "? <- V:foo_cache");
}

TEST(Flow, Return) {
  EXPECT_EQ(flowsOf("struct kmem_cache *get(void) { return foo_cache; }\nvoid f(void) { bar_cache = get(); }"), "R:get <- V:foo_cache; V:bar_cache <- R:get");
}

TEST(Flow, TheConditionalOperator) {
  EXPECT_EQ(flowsOf("extern struct kmem_cache *c;\nvoid f(int i) { c = i ? foo_cache : bar_cache; }"), "V:c <- V:bar_cache; V:c <- V:foo_cache");
}

TEST(Flow, TheElvisOperator) {
  EXPECT_EQ(flowsOf("extern struct kmem_cache *c;\nvoid f(void) { c = foo_cache ?: bar_cache; }"), "V:c <- V:bar_cache; V:c <- V:foo_cache");
}

TEST(Flow, AStatementExpression) {
  EXPECT_EQ(flowsOf("void f(void) { bar_cache = ({ foo_cache; }); }"), "V:bar_cache <- V:foo_cache");
}

TEST(Flow, ALocal) {
  EXPECT_EQ(flowsOf("void f(void)\n{\n\tstruct kmem_cache *c = foo_cache;\n\tbar_cache = c;\n}"), "L:f:c:3 <- V:foo_cache; V:bar_cache <- L:f:c:3");
}

TEST(Flow, AnExchangeInAssembly) {
  EXPECT_EQ(flowsOf("#define xchg(p, v) ({ typeof(*(p)) r = (v); __asm__ volatile(\"xchg\" : \"+r\" (r), \"+m\" (*(p)) : : \"memory\"); r; })\n"
                    "void f(void) { bar_cache = xchg(&foo_cache, NULL); }"),
            "L:f:r:2 <- V:foo_cache; V:bar_cache <- L:f:r:2; V:foo_cache <- L:f:r:2");
}

TEST(Flow, APointerOutOfAssemblyIsUnknown) {
  EXPECT_EQ(flowsOf("void f(unsigned long n) { __asm__(\"\" : \"=r\" (foo_cache) : \"r\" (n)); }"), "V:foo_cache <- ?");
}

TEST(Flow, AnUnknownSource) {
  EXPECT_EQ(flowsOf("void f(unsigned long n) { foo_cache = (struct kmem_cache *)(n | 1); }"), "V:foo_cache <- ?");
}

TEST(Flow, APointerThatWalksATable) {
  EXPECT_EQ(flowsOf("static struct kmem_cache **slots[2];\nvoid f(struct kmem_cache ***s) { s = slots; bar_cache = **s++; }").find("?"), std::string::npos);
}

} // namespace
} // namespace krcu::testing
