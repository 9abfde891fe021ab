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
    Outlines = std::make_unique<OutlineCache>(*Ix);
    Looker = std::make_unique<Glancer>(*Ix, R, *Outlines);
  }
  std::unique_ptr<Index> Ix;
  std::unique_ptr<OutlineCache> Outlines;
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
