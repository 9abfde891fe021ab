// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Errors cost what depends on them: each snippet has one, beside a sound callback and perhaps a spoiled one.
#include "matchers/testing.h"
#include "gtest/gtest.h"

namespace krcu::testing {
namespace {

const char Sound[] = "static void sound(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct foo, rcu));\n}\n";

Snippet broken(const std::string &Code) { return Snippet(Code + Sound, {"sound", "cb"}, Snippet::Broken); }

/// The error of cb(), after a look whether the sound one kept what it does.
std::string errorOf(const std::string &Code) {
  Snippet S = broken(Code);
  EXPECT_EQ(S.error("sound"), "");
  EXPECT_EQ(S.paths("sound"), "kfree(head-16)");
  return S.error("cb");
}

TEST(Damage, AnErrorElsewhereSpoilsNothing) {
  EXPECT_EQ(errorOf("_Static_assert(sizeof(long) == 1, \"no\");\nunknown_type x;\nstatic void cb(struct rcu_head *head) { kfree(head); }\n"), "");
}

TEST(Damage, AnErrorInAnotherFunctionSpoilsThatOne) {
  EXPECT_EQ(errorOf("static int other_one(void) { return nothing_like_it; }\nstatic void cb(struct rcu_head *head) { kfree(head); }\n"), "");
  EXPECT_EQ(broken("static int other_one(void) { return nothing_like_it; }\n").error("other_one"), "net/a.c:1: use of undeclared identifier 'nothing_like_it'");
}

TEST(Damage, AnUnknownFunction) {
  EXPECT_EQ(errorOf("static void cb(struct rcu_head *head)\n{\n\tforget(head);\n\tkfree(head);\n}\n").find("net/a.c:3: call to undeclared function 'forget'"), 0u);
}

TEST(Damage, AStatementThatIsLost) { EXPECT_EQ(errorOf("static void cb(struct rcu_head *head)\n{\n\ttotal = ;\n\tkfree(head);\n}\n"), "net/a.c:3: expected expression"); }

TEST(Damage, ARecordWithAnUnknownField) {
  EXPECT_EQ(errorOf("struct odd {\n\tstrange_t s;\n\tstruct rcu_head rcu;\n};\nstatic void cb(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct odd, rcu));\n}\n"),
            "net/a.c:2: unknown type name 'strange_t'");
}

TEST(Damage, ARecordWithSuchARecordInIt) {
  EXPECT_EQ(errorOf("struct odd {\n\tstrange_t s;\n};\nstruct more { struct odd o; struct rcu_head rcu; };\nstatic void cb(struct rcu_head *head)\n{\n"
                    "\tkfree(container_of(head, struct more, rcu));\n}\n")
                .substr(0, 9),
            "net/a.c:2");
}

TEST(Damage, APointerToSuchARecordIsNoHarm) {
  EXPECT_EQ(errorOf("struct odd { strange_t s; };\nstruct user { struct odd *o; struct rcu_head rcu; };\nstatic void cb(struct rcu_head *head)\n{\n"
                    "\tkfree(container_of(head, struct user, rcu));\n}\n"),
            "");
}

TEST(Damage, AHelperThatIsSpoiled) {
  EXPECT_EQ(errorOf("static inline void drop(void *p)\n{\n\tnowhere = 1;\n\tkfree(p);\n}\nstatic void cb(struct rcu_head *head)\n{\n\tdrop(head);\n}\n"),
            "net/a.c:3: use of undeclared identifier 'nowhere'");
}

TEST(Damage, AMacroThatDoesNotParse) {
  EXPECT_EQ(errorOf("#define FORGET(p) forgotten[(p)]\nstatic void cb(struct rcu_head *head)\n{\n\t(void)FORGET(0);\n\tkfree(head);\n}\n"),
            "net/a.c:4: use of undeclared identifier 'forgotten'");
}

TEST(Damage, TheCallThatQueuesTheCallback) {
  Snippet S = broken("static void cb(struct rcu_head *head) { kfree(container_of(head, struct foo, rcu)); }\n"
                     "void clean(struct foo *p) { call_rcu(&p->rcu, cb); /*@clean*/ }\n"
                     "void odd(struct foo *p) { call_rcu(&p->rcu, cb); /*@odd*/\n\tlost();\n}\n");
  EXPECT_EQ(S.site("clean").error, "");
  EXPECT_EQ(S.site("odd").error.find("net/a.c:4: call to undeclared function 'lost'"), 0u);
  EXPECT_EQ(S.error("cb"), "");
}

TEST(Damage, NothingRunsOnEveryPathOfASpoiledFunction) {
  Snippet S = broken("void leave(struct kmem_cache *c) { if (lost_condition) return; rcu_barrier(); kmem_cache_destroy(c); /*@destroy*/ }\n");
  EXPECT_EQ(S.before("destroy"), "");
  EXPECT_EQ(S.always("leave"), "");
}

} // namespace
} // namespace krcu::testing
