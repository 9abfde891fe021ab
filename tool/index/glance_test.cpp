// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the text of a callback settles before any parse. A glance that is not certain says nothing.
#include "tool/index/glance.h"
#include "tool/index/test_tree.h"
#include "gtest/gtest.h"
#include <memory>

namespace krcu {
namespace {

class Glance : public TestTree {
protected:
  /// What the glance says of cb() in drv/a.c.
  std::string moreThanFree(const std::string &Text) {
    open(Text);
    auto Found = Looker->moreThanFree("drv/a.c", "cb");
    return Found ? Found->text : "nothing";
  }
  std::string anotherFamily(const std::string &Text, const std::string &Family) {
    open(Text);
    auto Found = Looker->anotherFamily("drv/a.c", "cb", {Family});
    return Found ? Found->text : "nothing";
  }

private:
  void open(const std::string &Text) {
    FreeRule Slab;
    Slab.name = Slab.family = "kmem_cache_free";
    Slab.cache = 0;
    Slab.object = 1;
    R.frees[0].family = "kfree";
    R.frees.push_back(Slab);
    R.effect_calls = {"refcount_dec_and_test"};
    write("drv/a.c", Text);
    Ix = build();
    Looker = std::make_unique<Glancer>(*Ix, R);
  }
  std::unique_ptr<Index> Ix;
  std::unique_ptr<Glancer> Looker;
};

TEST_F(Glance, ALoneFreeIsNotSettled) {
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n\tkfree(container_of(h, struct a, rcu));\n}\n"), "nothing");
}

TEST_F(Glance, ACallThroughAPointer) {
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n\tstruct a *a = to_a(h);\n\n\tif (a->ops)\n\t\ta->ops->gone(a);\n\tkfree(a);\n}\n"),
            "calls through a pointer a->ops->gone");
}

TEST_F(Glance, APointerThatIsOnlyReadIsNone) {
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n\tkmem_cache_free(to_a(h)->pool->cache, to_a(h));\n}\n"), "nothing");
}

TEST_F(Glance, ACallThatDoesSomethingWhereverItStands) {
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n\tif (refcount_dec_and_test(&to_a(h)->refs))\n\t\tkfree(to_a(h));\n}\n"),
            "calls refcount_dec_and_test()");
}

TEST_F(Glance, AMemberOfThatNameIsNoSuchCall) {
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n\tif (ops(h)->refcount_dec_and_test(h))\n\t\tkfree(to_a(h));\n}\n"), "nothing");
}

TEST_F(Glance, ANeighbouringDirectiveLeavesItOpen) {
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n#ifdef A\n\trefcount_dec_and_test(h);\n#endif\n\tkfree(h);\n}\n"), "nothing");
}

TEST_F(Glance, WhatStandsUnderIfIsPassedOver) {
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n\tstruct a *a = to_a(h);\n#ifdef A\n\tif (a)\n\t\tx();\n#else\n\ty();\n#endif\n\ta->ops->gone(a);\n\tkfree(a);\n}\n"),
            "calls through a pointer a->ops->gone");
  std::string Half = "static void cb(struct rcu_head *h)\n{\n\tstruct a *a = to_a(h);\n\tif (a)\n#ifdef A\n\t\tx();\n#endif\n\ta->ops->gone(a);\n\tkfree(a);\n}\n";
  EXPECT_EQ(moreThanFree(Half), "nothing"); // whose condition the call is depends
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n#define gone(x) kfree(x)\n\ta->ops->gone(a);\n}\n"), "nothing");
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n#ifdef A\n\tif (h) {\n#endif\n\ta->ops->gone(a);\n#ifdef A\n\t}\n#endif\n}\n"), "nothing");
}

TEST_F(Glance, WhatFollowsAReturnUnderACondition) {
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n\tif (!h)\n\t\treturn;\n\tkfree(h);\n}\n"), "nothing");
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n\tif (!h)\n\t\treturn;\n\th->next->gone = 1;\n\tkfree(h);\n}\n"), "stores to h->next->gone");
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n\treturn;\n\th->next->gone = 1;\n}\n"), "nothing");
}

TEST_F(Glance, ASwitch) {
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n\tswitch (h->kind) {\n\tcase A:\n\t\th->ops->gone(h);\n\t\tbreak;\n\tdefault:\n\t\tbreak;\n\t}\n\tkfree(h);\n}\n"),
            "calls through a pointer h->ops->gone");
}

TEST_F(Glance, ALoopWithoutBraces) {
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n\trbtree_for_each_entry_safe(a, n, h)\n\t\tkfree(a);\n}\n"), "has a rbtree_for_each_entry_safe() block");
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n\tSOME_ATTRIBUTE(x) int a;\n\tkfree(h);\n}\n"), "nothing");
}

TEST_F(Glance, AHelperThatIsAsked) {
  EXPECT_EQ(moreThanFree("static bool keep(void *p)\n{\n\tfor (;;)\n\t\ttry(p);\n}\nstatic void cb(struct rcu_head *h)\n{\n\tif (!keep(h))\n\t\tkfree(h);\n}\n"),
            "asks keep(), which has a loop");
}

TEST_F(Glance, AGlobalCounter) {
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n\tfreed++;\n\tkfree(h);\n}\n"), "changes freed");
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n\tint n;\n\n\tn++;\n\tkfree(h);\n}\n"), "nothing");
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n\th++;\n\tkfree(h);\n}\n"), "nothing");
}

TEST_F(Glance, ACallbackThatQueuesAnother) {
  EXPECT_EQ(moreThanFree("static void cb(struct rcu_head *h)\n{\n\tcall_rcu(h, cb);\n}\n"), "calls call_rcu()");
}

TEST_F(Glance, AMacroOfTheFile) {
  std::string Use = "static void cb(struct rcu_head *h)\n{\n\tPUT(h);\n\tkfree(h);\n}\n";
  EXPECT_EQ(moreThanFree("#define ONE(x) refcount_dec_and_test(x)\n#define PUT(x) do { ONE(x); } while (0)\n" + Use), "calls PUT(), which uses refcount_dec_and_test()");
  EXPECT_EQ(moreThanFree("#ifdef A\n#define PUT(x) refcount_dec_and_test(x)\n#else\n#define PUT(x)\n#endif\n" + Use), "nothing");
}

TEST_F(Glance, OneOfSeveralBodiesIsEnough) {
  EXPECT_EQ(moreThanFree("#ifdef A\nstatic void cb(struct rcu_head *h)\n{\n\tkfree(h);\n}\n#else\nstatic void cb(struct rcu_head *h)\n{\n\th->ops->gone(h);\n}\n#endif\n"),
            "calls through a pointer h->ops->gone, in one of its 2 bodies");
}

TEST_F(Glance, AHelperThatFreesIsNoOtherCall) {
  EXPECT_EQ(moreThanFree("static void drop(void *p)\n{\n\tkfree(p);\n}\nstatic void cb(struct rcu_head *h)\n{\n\tdrop(h);\n}\n"), "nothing");
  EXPECT_EQ(moreThanFree("static void drop(void *p)\n{\n\tkfree(p);\n}\nstatic void cb(struct rcu_head *h)\n{\n\tdrop(h);\n\tkfree(h);\n}\n"),
            "frees a second time, with kfree()");
}

TEST_F(Glance, FreesWithAnotherFamily) {
  EXPECT_EQ(anotherFamily("static void cb(struct rcu_head *h)\n{\n\tkfree(h);\n}\n", "kmem_cache_free"), "frees with kfree()");
}

TEST_F(Glance, FreesWithTheFamilyAskedFor) {
  EXPECT_EQ(anotherFamily("static void cb(struct rcu_head *h)\n{\n\tkfree(h);\n}\n", "kfree"), "nothing");
}

TEST_F(Glance, AHelperOfTheFileMayFreeWithTheFamilyAskedFor) {
  EXPECT_EQ(anotherFamily("static void help(void *p)\n{\n\tkmem_cache_free(c, p);\n}\n"
                          "static void cb(struct rcu_head *h)\n{\n\tif (!h)\n\t\tkfree(h);\n\thelp(h);\n}\n",
                          "kmem_cache_free"),
            "nothing");
}

TEST_F(Glance, AMacroMayHideTheFree) {
  EXPECT_EQ(anotherFamily("#define put(p) kmem_cache_free(c, p)\n"
                          "static void cb(struct rcu_head *h)\n{\n\tkfree(h);\n\tput(h);\n}\n",
                          "kmem_cache_free"),
            "nothing");
}

TEST_F(Glance, WithoutAnyFreeNothingIsKnownOfTheFamily) {
  EXPECT_EQ(anotherFamily("static void cb(struct rcu_head *h)\n{\n\telsewhere(h);\n}\n", "kmem_cache_free"), "nothing");
}

} // namespace
} // namespace krcu
