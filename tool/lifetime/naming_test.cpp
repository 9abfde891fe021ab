// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names at the site against the type that is freed. struct shell begins with a struct inner, whose head is at 8.
#include "tool/lifetime/naming.h"
#include "tool/lifetime/verdict.h"
#include "gtest/gtest.h"

namespace krcu {
namespace {

HeadLevel level(const std::string &Object, const std::string &Member, const std::string &Record, int64_t Offset, bool Variable = false) {
  HeadLevel L{Object, Member, "struct " + Record, Offset, true};
  L.symbol = Record + "@a.c";
  L.variable = Variable;
  L.plain = true;
  return L;
}

struct Case {
  CallSiteFact site;
  CallbackReport callback;
  FunctionSummary summary;

  explicit Case(std::vector<HeadLevel> Levels, std::vector<std::string> Records = {"shell@a.c"}) {
    site.where.file = "a.c";
    site.head_text = "&i->rcu";
    site.levels = std::move(Levels);
    summary.freed = {{"shell@a.c", "struct shell", {{"in", "inner@a.c", 0, ""}}}};
    callback.where.file = "a.c";
    callback.object_offset = -8;
    callback.typed = !Records.empty();
    callback.records = std::move(Records);
  }
  std::string name() {
    callback.summary = &summary;
    ObjectName N = nameObject(site, callback);
    return N.found ? N.object + ", " + N.member : "none: " + N.other;
  }
};

TEST(Naming, TheTextNamesTheFreedType) { EXPECT_EQ(Case({level("s", "in.rcu", "shell", 8), level("&s->in", "rcu", "inner", 8)}).name(), "s, in.rcu"); }

TEST(Naming, TheTextNamesTheFreedTypeFurtherIn) {
  EXPECT_EQ(Case({level("b", "s.in.rcu", "box", 8), level("&b->s", "in.rcu", "shell", 8)}).name(), "&b->s, in.rcu");
}

TEST(Naming, AVariableOfTheFreedType) {
  EXPECT_EQ(Case({level("i", "rcu", "inner", 8), level("s", "in.rcu", "shell", 8, true)}).name(), "s, in.rcu");
}

TEST(Naming, AVariableOfAnotherType) {
  EXPECT_EQ(Case({level("i", "rcu", "inner", 8), level("b", "s.in.rcu", "box", 8, true)}).name(), "container_of(i, struct shell, in), in.rcu");
}

TEST(Naming, AVariableWhoseObjectBeginsElsewhere) {
  EXPECT_EQ(Case({level("i", "rcu", "inner", 8), level("s", "in.rcu", "shell", 16, true)}).name(), "container_of(i, struct shell, in), in.rcu");
}

TEST(Naming, NoContainerOfWithSideEffects) {
  Case C({level("get(x)", "rcu", "inner", 8)});
  C.site.levels[0].plain = false;
  EXPECT_EQ(C.name(), "none: frees a struct shell, and here only get(x), a struct inner that begins at the same address, is known");
}

TEST(Naming, NoContainerOfWhereTheRecordMayBeUnknown) {
  Case C({level("i", "rcu", "inner", 8)});
  C.callback.where.file = "b.c";
  EXPECT_EQ(C.name().substr(0, 5), "none:");
}

TEST(Naming, TheHelperThatTheCallbackCalls) {
  Case C({level("i", "rcu", "inner", 8)});
  C.summary.freed[0].inside[0].helper = "to_shell";
  C.callback.where.line = 10, C.site.where.line = 20;
  EXPECT_EQ(C.name(), "to_shell(i), in.rcu");
  C.site.where.line = 5;
  EXPECT_EQ(C.name(), "container_of(i, struct shell, in), in.rcu") << "it may stand between the two";
}

TEST(Naming, NoContainerOfARecordWithoutAName) {
  Case C({level("i", "rcu", "inner", 8)});
  C.summary.freed[0].text.clear();
  EXPECT_EQ(C.name().substr(0, 5), "none:");
}

TEST(Naming, NoContainerOfAtAnotherAddress) {
  Case C({level("i", "rcu", "inner", 8)});
  C.summary.freed[0].inside[0].offset = 16;
  EXPECT_EQ(C.name().substr(0, 5), "none:");
}

TEST(Naming, WithoutATypeTheAddressDecides) { EXPECT_EQ(Case({level("i", "rcu", "inner", 8), level("s", "in.rcu", "shell", 8, true)}, {}).name(), "i, rcu"); }

TEST(Naming, AnotherAddressIsNoObject) { EXPECT_EQ(Case({level("i", "rcu", "inner", 16)}).name(), "none: "); }

TEST(Naming, TheBaseThatWasCast) {
  EXPECT_EQ(Case({level("i", "rcu", "inner", 8)}, {"shell@a.c", "inner@a.c"}).name(), "i, rcu");
}

/// Two sites of an if at bytes 10 to 90, converted to these texts.
std::vector<SiteReport> branching(const std::string &A, const std::string &B, bool Pure, std::vector<CallSiteFact> &Facts) {
  Facts.assign(2, {});
  std::vector<SiteReport> Sites(2);
  for (size_t I = 0; I < 2; ++I) {
    Facts[I].where = {"a.c", 5 + static_cast<unsigned>(I), 1};
    Facts[I].branches = {{10, 90, 2, 4, Pure}};
    Sites[I].site = &Facts[I];
    Sites[I].cls = SiteClass::Convert;
    Sites[I].verdict = Verdict::Safe;
    Sites[I].replacement = I ? B : A;
  }
  settleBranches(Sites, [](const std::string &, uint32_t, uint32_t) { return true; });
  return Sites;
}

TEST(Branches, TheSameCallTakesTheIf) {
  std::vector<CallSiteFact> Facts;
  for (const SiteReport &R : branching("kfree_rcu(e, rcu)", "kfree_rcu(e, rcu)", true, Facts)) {
    EXPECT_EQ(R.cls, SiteClass::Convert);
    ASSERT_TRUE(R.merged);
    EXPECT_EQ(R.merged->begin, 10u);
  }
}

TEST(Branches, AConditionWithEffectsIsForAPerson) {
  std::vector<CallSiteFact> Facts;
  for (const SiteReport &R : branching("kfree_rcu(e, rcu)", "kfree_rcu(e, rcu)", false, Facts)) {
    EXPECT_EQ(R.cls, SiteClass::Review);
    EXPECT_EQ(R.reason, Reason::SameInBothBranches);
    EXPECT_FALSE(R.merged);
  }
}

TEST(Branches, DifferentCallsStay) {
  std::vector<CallSiteFact> Facts;
  for (const SiteReport &R : branching("kfree_rcu(e, rcu)", "kvfree_rcu(e, rcu)", true, Facts)) {
    EXPECT_EQ(R.cls, SiteClass::Convert);
    EXPECT_FALSE(R.merged);
  }
}

} // namespace
} // namespace krcu
