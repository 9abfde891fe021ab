// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Deferred frees without a callback, and where objects come from. In struct foo the head is at 16.
#include "matchers/testing.h"
#include "gtest/gtest.h"

namespace krcu::testing {
namespace {

/// The only deferred free of `static void f(struct foo *p, ...) { Body }`, as "name(object, member) record @offset".
std::string deferred(const std::string &Body, const std::string &Before = "") {
  Snippet S = siteIn(Body, Before);
  if (S.facts().deferred_frees.size() != 1)
    return std::to_string(S.facts().deferred_frees.size()) + " deferred frees";
  const DeferredFreeFact &D = S.facts().deferred_frees[0];
  std::string Text = D.name + "(" + D.object + (D.member.empty() ? "" : ", " + D.member) + ") " + D.record_text;
  if (D.offset >= 0)
    Text += " @" + std::to_string(D.offset);
  if (!D.is_rcu_head)
    Text += " no head";
  if (D.in_macro)
    Text += " in a macro";
  if (D.inside)
    Text += " inside " + D.inside_text;
  return Text;
}

TEST(DeferredFree, ObjectAndHead) { EXPECT_EQ(deferred("kfree_rcu(p, rcu);"), "kfree_rcu(p, rcu) struct foo @16"); }

TEST(DeferredFree, TheNameIsTheOneInTheText) { EXPECT_EQ(deferred("kvfree_rcu(p->next, rcu);"), "kvfree_rcu(p->next, rcu) struct foo @16"); }

TEST(DeferredFree, WithoutAHead) { EXPECT_EQ(deferred("kfree_rcu_mightsleep(p);"), "kfree_rcu_mightsleep(p) struct foo no head"); }

TEST(DeferredFree, InTheMacroOfADriver) {
  EXPECT_EQ(deferred("drop(p);", "#define drop(x) kfree_rcu(x, rcu)\n"), "kfree_rcu() struct foo @16 in a macro");
}

TEST(DeferredFree, AMemberIsNotTheStartOfAnAllocation) {
  EXPECT_EQ(deferred("kfree_rcu(&h->f, rcu);", "struct holder { int a; struct foo f; };\nextern struct holder *h;\n"),
            "kfree_rcu(&h->f, rcu) struct foo @16 inside f of struct holder");
}

TEST(DeferredFree, AMemberByWayOfALocal) {
  EXPECT_EQ(deferred("struct foo *f = &h->f; kfree_rcu(f, rcu);", "struct holder { int a; struct foo f; };\nextern struct holder *h;\n"),
            "kfree_rcu(f, rcu) struct foo @16 inside f of struct holder");
}

TEST(DeferredFree, ALocalThatIsSetAgainMayBeAnything) {
  EXPECT_EQ(deferred("struct foo *f = &h->f; f = p; kfree_rcu(f, rcu);", "struct holder { int a; struct foo f; };\nextern struct holder *h;\n"),
            "kfree_rcu(f, rcu) struct foo @16");
}

TEST(DeferredFree, TheFirstMemberIsTheStart) {
  EXPECT_EQ(deferred("kfree_rcu(&h->f, rcu);", "struct holder { struct foo f; };\nextern struct holder *h;\n"), "kfree_rcu(&h->f, rcu) struct foo @16");
}

std::string objects(const std::string &Body, const std::string &Before = "") {
  std::string Text;
  Snippet S = siteIn(Body, Before);
  for (const ObjectFact &O : S.facts().objects) {
    Text += (Text.empty() ? "" : "; ") + std::string(O.kind == ObjectFact::Freed ? "free " : "") + O.name + " " + O.record.substr(0, O.record.find('@'));
    for (const std::string &C : O.caches)
      Text += " " + C;
  }
  return Text;
}

TEST(Objects, AllocatedFromACache) {
  EXPECT_EQ(objects("struct foo *q = kmem_cache_alloc(c, 0); (void)q;", "extern struct kmem_cache *c;\n"), "kmem_cache_alloc foo V:c");
}

TEST(Objects, AllocationInAStatementExpression) {
  EXPECT_EQ(objects("p = ({ void *r; r = kmem_cache_alloc(c, 0); r; });", "extern struct kmem_cache *c;\n"), "kmem_cache_alloc foo V:c");
}

TEST(Objects, FreedToACache) { EXPECT_EQ(objects("kmem_cache_free(c, p);", "extern struct kmem_cache *c;\n"), "free kmem_cache_free foo V:c"); }

TEST(Objects, FreedToTheGeneralCaches) { EXPECT_EQ(objects("kfree(p);"), "free kfree foo"); }

} // namespace
} // namespace krcu::testing
