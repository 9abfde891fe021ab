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
  if (!D.not_a_start.empty())
    Text += (D.never_a_start ? ": " : ", perhaps: ") + D.not_a_start;
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
            "kfree_rcu(&h->f, rcu) struct foo @16: it is the member f of struct holder, 8 bytes behind its start");
}

TEST(DeferredFree, AMemberByWayOfALocal) {
  EXPECT_EQ(deferred("struct foo *f = &h->f; kfree_rcu(f, rcu);", "struct holder { int a; struct foo f; };\nextern struct holder *h;\n"),
            "kfree_rcu(f, rcu) struct foo @16: it is the member f of struct holder, 8 bytes behind its start");
}

TEST(DeferredFree, ALocalThatIsSetAgainMayBeAnything) {
  EXPECT_EQ(deferred("struct foo *f = &h->f; f = p; kfree_rcu(f, rcu);", "struct holder { int a; struct foo f; };\nextern struct holder *h;\n"),
            "kfree_rcu(f, rcu) struct foo @16");
}

TEST(DeferredFree, AnArrayElementIsNotTheStart) {
  const char Holder[] = "struct holder { struct foo all[4]; };\nextern struct holder *h;\n";
  EXPECT_EQ(deferred("kfree_rcu(&h->all[2], rcu);", Holder), "kfree_rcu(&h->all[2], rcu) struct foo @16: it is element 2 of h->all, 128 bytes behind its start");
  EXPECT_EQ(deferred("kfree_rcu(h->all + 2, rcu);", Holder), "kfree_rcu(h->all + 2, rcu) struct foo @16: it is an address in the member all of struct holder, 128 bytes behind its start");
  EXPECT_EQ(deferred("kfree_rcu(&h->all[0], rcu);", Holder), "kfree_rcu(&h->all[0], rcu) struct foo @16");
  EXPECT_EQ(deferred("kfree_rcu(&p[total], rcu);"), "kfree_rcu(&p[total], rcu) struct foo @16, perhaps: it is an element of p, and only the first one is the start of an allocation");
}

TEST(DeferredFree, WhatLiesBehindAnObjectIsNotTheStart) {
  EXPECT_EQ(deferred("kfree_rcu(p + 1, rcu);"), "kfree_rcu(p + 1, rcu) struct foo @16: it is an address behind p, 64 bytes behind its start");
  EXPECT_EQ(deferred("struct foo *q = (struct foo *)((char *)p + 8); kfree_rcu(q, rcu);"), "kfree_rcu(q, rcu) struct foo @16: it is an address behind p, 8 bytes behind its start");
  EXPECT_EQ(deferred("p++; kfree_rcu(p, rcu);"), "kfree_rcu(p, rcu) struct foo @16, perhaps: it is what p points to after ++, and only the first of them is the start of an allocation");
}

TEST(DeferredFree, BackToTheStart) {
  EXPECT_EQ(deferred("kfree_rcu(p - 1, rcu);"), "kfree_rcu(p - 1, rcu) struct foo @16");
  EXPECT_EQ(deferred("struct foo *q = container_of(&p->rcu, struct foo, rcu); kfree_rcu(q, rcu);"), "kfree_rcu(q, rcu) struct foo @16");
}

TEST(DeferredFree, AVariableIsNoAllocation) {
  EXPECT_EQ(deferred("struct foo *q = &one; kfree_rcu(q, rcu);", "static struct foo one;\n"), "kfree_rcu(q, rcu) struct foo @16: it is one, a variable that is never allocated");
  EXPECT_EQ(deferred("kfree_rcu(&all[1], rcu);", "static struct foo all[2];\n"), "kfree_rcu(&all[1], rcu) struct foo @16: it is element 1 of all, in all, a variable that is never allocated");
  EXPECT_EQ(deferred("struct foo *q = all; kfree_rcu(q, rcu);", "static struct foo all[2];\n"), "kfree_rcu(q, rcu) struct foo @16: it is all, a variable that is never allocated");
  EXPECT_EQ(deferred("struct foo one; kfree_rcu(&one, rcu);"), "kfree_rcu(&one, rcu) struct foo @16: it is one, which lies on the stack");
  EXPECT_EQ(deferred("struct foo *q = total ? &one : p; kfree_rcu(q, rcu);", "static struct foo one;\n"),
            "kfree_rcu(q, rcu) struct foo @16, perhaps: it is one, a variable that is never allocated");
  EXPECT_EQ(deferred("kfree_rcu(ptr, rcu);", "static struct foo *ptr;\n"), "kfree_rcu(ptr, rcu) struct foo @16");
}

TEST(DeferredFree, TheFirstMemberIsTheStart) {
  EXPECT_EQ(deferred("kfree_rcu(&h->f, rcu);", "struct holder { struct foo f; };\nextern struct holder *h;\n"), "kfree_rcu(&h->f, rcu) struct foo @16");
}

/// kfree_rcu() as other trees define it, in place of the header's.
const char Other[] = R"c(
#undef kfree_rcu
struct kvfree_rcu_head { struct kvfree_rcu_head *next; };
struct cut { long a; struct kvfree_rcu_head small; struct list_head list; };
struct wide { char room[4080]; struct cut c; struct rcu_head rcu; };
void queue_head(struct kvfree_rcu_head *head, void *object);
void queue_distance(struct rcu_head *head, rcu_callback_t func);
void trace_free(const char *what, void *object);
#define by_head(object, member) do { \
	typeof(object) ___o = (object); \
	struct kvfree_rcu_head *___h; \
	if (___o) { \
		BUILD_BUG_ON(offsetof(typeof(*(object)), member) >= 4096); \
		___h = (struct kvfree_rcu_head *) &(___o)->member; \
		queue_head(___h, (void *)(___o)); \
	} \
} while (0)
#define without_cast(object, member) do { \
	typeof(object) ___o = (object); \
	if (___o) queue_head(&((___o)->member), (void *)(___o)); \
} while (0)
#define queue_it(head, offset) queue_distance(head, (rcu_callback_t)(unsigned long)(offset))
#define by_distance(object, member) do { \
	typeof(object) ___o = (object); \
	if (___o) queue_it(&((___o)->member), offsetof(typeof(*(object)), member)); \
} while (0)
)c";

std::string deferredAs(const std::string &Macro, const std::string &Body, const std::string &Before = "") {
  return deferred(Body, Other + Before + "#define kfree_rcu(object, member) " + Macro + "(object, member)\n");
}

TEST(DeferredFreeByValue, TheHeadGoesThroughALocalAndACast) {
  EXPECT_EQ(deferredAs("by_head", "kfree_rcu(p, rcu);"), "kfree_rcu(p, rcu) struct foo @16");
  EXPECT_EQ(deferredAs("by_head", "kfree_rcu(&h->f, rcu);", "struct holder { int a; struct foo f; };\nextern struct holder *h;\n"),
            "kfree_rcu(&h->f, rcu) struct foo @16: it is the member f of struct holder, 8 bytes behind its start");
}

TEST(DeferredFreeByValue, TheObjectIsADistanceFromTheHead) { EXPECT_EQ(deferredAs("by_distance", "kfree_rcu(p->next, rcu);"), "kfree_rcu(p->next, rcu) struct foo @16"); }

TEST(DeferredFreeByValue, AMemberOfAMember) {
  EXPECT_EQ(deferredAs("by_head", "kfree_rcu(o, in.rcu);"), "kfree_rcu(o, in.rcu) struct outer @16");
  EXPECT_EQ(deferredAs("by_distance", "kfree_rcu(o, heads[1]);"), "kfree_rcu(o, heads[1]) struct outer @64");
}

TEST(DeferredFreeByValue, TheTypeThatTheFunctionTakesIsAHead) {
  EXPECT_EQ(deferredAs("without_cast", "kfree_rcu(c, small);", "extern struct cut *c;\n"), "kfree_rcu(c, small) struct cut @8");
  EXPECT_EQ(deferredAs("by_head", "kfree_rcu(c, small);", "extern struct cut *c;\n"), "kfree_rcu(c, small) struct cut @8");
}

TEST(DeferredFreeByValue, WithoutACastNothingElseIsAHead) { EXPECT_EQ(deferredAs("without_cast", "kfree_rcu(p, rcu);"), "kfree_rcu(p, rcu) struct foo @16 no head"); }

TEST(DeferredFreeByValue, ACastHidesWhatIsNoHead) {
  EXPECT_EQ(deferredAs("by_head", "kfree_rcu(c, list);", "extern struct cut *c;\n"), "kfree_rcu(c, list) struct cut @16 no head");
}

TEST(DeferredFreeByValue, TooFarBehindIsStillSeen) {
  EXPECT_EQ(deferredAs("by_distance", "kfree_rcu(w, rcu);", "extern struct wide *w;\n"), "kfree_rcu(w, rcu) struct wide @4112");
}

TEST(DeferredFreeByValue, ACallInTheArgumentIsNotTheFree) {
  EXPECT_EQ(deferredAs("by_head", "kfree_rcu(find(p), rcu);", "struct foo *find(void *key);\n"), "kfree_rcu(find(p), rcu) struct foo @16");
  EXPECT_EQ(deferredAs("by_head", "kfree_rcu((struct foo *)find(p), rcu);", "void *find(void *key);\n"), "kfree_rcu((struct foo *)find(p), rcu) struct foo @16");
}

TEST(DeferredFreeByValue, ATraceIsNotTheFree) {
  EXPECT_EQ(deferredAs("traced", "kfree_rcu(p, rcu);", "#define traced(o, m) do { trace_free(\"x\", (void *)(o)); by_head(o, m); } while (0)\n"),
            "kfree_rcu(p, rcu) struct foo @16");
}

TEST(DeferredFreeByValue, TheObjectIsFoundFromTheHead) {
  EXPECT_EQ(deferredAs("found", "kfree_rcu(p, rcu);",
                       "#define found(o, m) do { struct rcu_head *__r = &(o)->m; queue_head((struct kvfree_rcu_head *)__r, container_of(__r, struct foo, rcu)); } while (0)\n"),
            "kfree_rcu(p, rcu) struct foo @16");
}

TEST(DeferredFreeByValue, ALocalThatIsSetTwiceIsUnknown) {
  EXPECT_EQ(deferredAs("twice", "kfree_rcu(p, rcu);",
                       "#define twice(o, m) do { void *__v = (o); if (total) __v = last; queue_head((struct kvfree_rcu_head *)&(o)->m, __v); } while (0)\n"),
            "kfree_rcu(p, rcu) ");
}

TEST(DeferredFreeByValue, TheHeadOfAnotherObject) {
  EXPECT_EQ(deferredAs("crossed", "kfree_rcu(p, rcu);", "#define crossed(o, m) queue_head((struct kvfree_rcu_head *)&(o)->next->m, (void *)(o))\n"),
            "kfree_rcu(p, rcu) struct foo");
}

TEST(DeferredFreeByValue, FromAnyContext) {
  EXPECT_EQ(deferred("kfree_rcu_nolock(c, small);", std::string(Other) + "extern struct cut *c;\n#define kfree_rcu_nolock(o, m) without_cast(o, m)\n"),
            "kfree_rcu_nolock(c, small) struct cut @8");
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
