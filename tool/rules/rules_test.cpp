// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What loading gives when nothing is wrong: fields, places, replacing, removing, 'any', and the way to the
// files.

#include "tool/rules/test_files.h"
#include "tool/rules/user_ways.h"
#include <algorithm>

namespace krcu {
namespace {

class LoadRules : public RuleFiles {
protected:
  Rules load(const std::string &Override = "") {
    std::vector<std::string> Overrides;
    if (!Override.empty())
      Overrides.push_back(file("user.yaml", Override));
    auto R = loadRules(small(), Overrides);
    if (!R) {
      ADD_FAILURE() << message(R.takeError());
      return {};
    }
    return std::move(*R);
  }
};

TEST_F(LoadRules, FieldsOfADeferral) {
  Rules R =
      load("deferrals:\n  - {name: my_defer, head: 2, callback: 0, flavour: tasks_trace, hurry: true}\n");
  const DeferralRule *D = R.deferral("my_defer");
  ASSERT_NE(D, nullptr);
  EXPECT_EQ(D->head, 2u);
  EXPECT_EQ(D->callback, 0u);
  EXPECT_EQ(D->flavour, "tasks_trace");
  EXPECT_TRUE(D->hurry);
  EXPECT_FALSE(R.deferral("call_rcu")->hurry);
}

TEST_F(LoadRules, WaysOfUserSpace) {
  const std::string User = file("ways.yaml", "user_doors:\n  - {name: register_x, kind: x, argument: 1, called: [label, name], place: '/dev/{name}', open: 'open {place}', needs: a board}\n"
                                             "  - {name: x_param, kind: parameter}\nuser_steps:\n  - {record: x_ops, fields: [go, run], do: 'write to {place}'}\n  - {record: x_ops, field: stop, by: close}\n");
  auto W = loadUserWayRules(small(), {User});
  ASSERT_TRUE(bool(W)) << message(W.takeError());
  const UserDoorRule *D = W->door("register_x");
  ASSERT_NE(D, nullptr);
  EXPECT_EQ(D->argument, 1u);
  EXPECT_EQ(D->called, (std::vector<std::string>{"label", "name"}));
  EXPECT_EQ(D->open + ";" + D->close + ";" + D->needs, "open {place};;a board");
  EXPECT_NE(W->door("x_param"), nullptr);
  EXPECT_EQ(W->door("register_y"), nullptr);
  ASSERT_NE(W->step("x_ops", "run"), nullptr);
  EXPECT_EQ(W->step("x_ops", "run")->does, "write to {place}");
  EXPECT_EQ(W->step("x_ops", "stop")->when, UserStepRule::Close);
  EXPECT_EQ(W->step("y_ops", "stop"), nullptr);
}

TEST_F(LoadRules, PlaceOfARowIsItsName) {
  Rules R = load("frees:\n  - object: 0\n    family: kfree\n    names: [f, g]\n");
  ASSERT_NE(R.free("g"), nullptr);
  EXPECT_EQ(R.free("g")->where, (Location{Directory + "/user.yaml", 4, 16}));
}

TEST_F(LoadRules, NamesMakeOneRowEach) {
  Rules R = load("frees:\n  - {names: [f, g], object: 3, cache: 4, family: pool}\n");
  for (const char *Name : {"f", "g"}) {
    ASSERT_NE(R.free(Name), nullptr) << Name;
    EXPECT_EQ(R.free(Name)->object, 3u);
    EXPECT_EQ(R.free(Name)->cache, 4u);
    EXPECT_EQ(R.free(Name)->family, "pool");
  }
}

TEST_F(LoadRules, FreeWithoutCache) { EXPECT_EQ(load().free("kfree")->cache, std::nullopt); }

TEST_F(LoadRules, FieldsOfABarrier) {
  Rules R = load("barriers:\n  - {name: b, waits_for: [kfree_rcu, srcu], cache_only: true}\n");
  ASSERT_NE(R.barrier("b"), nullptr);
  EXPECT_EQ(R.barrier("b")->waits_for, (std::vector<std::string>{"kfree_rcu", "srcu"}));
  EXPECT_TRUE(R.barrier("b")->cache_only);
  EXPECT_FALSE(R.barrier("rcu_barrier")->cache_only);
}

TEST_F(LoadRules, FieldsOfModuleHooks) {
  Rules R = load("module_hooks:\n  - {name: a, kind: init}\n  - {name: b, kind: driver, argument: 2}\n");
  ASSERT_EQ(R.module_hooks.size(), 2u);
  EXPECT_EQ(R.module_hooks[0].kind, "init");
  EXPECT_EQ(R.module_hooks[0].argument, 0u);
  EXPECT_EQ(R.module_hooks[1].name, "b");
  EXPECT_EQ(R.module_hooks[1].argument, 2u);
}

TEST_F(LoadRules, CallbackFieldsExpand) {
  Rules R = load("callback_fields:\n  - {record: r, fields: [a, b], reached: runtime}\n");
  ASSERT_EQ(R.callback_fields.size(), 3u);
  EXPECT_EQ(R.callback_fields[2].record, "r");
  EXPECT_EQ(R.callback_fields[2].field, "b");
  EXPECT_EQ(R.callback_fields[2].reached, "runtime");
}

TEST_F(LoadRules, RcuCalledFieldMayAlsoBeACallbackField) {
  Rules R = load("rcu_called_fields:\n  - {record: pernet_operations, fields: [exit, other]}\n");
  ASSERT_EQ(R.rcu_called_fields.size(), 2u);
  EXPECT_EQ(R.rcu_called_fields[0].record, "pernet_operations");
  EXPECT_EQ(R.rcu_called_fields[1].field, "other");
  EXPECT_EQ(R.callback_fields.size(), 1u);
}

TEST_F(LoadRules, RcuCalledArgumentIsOptional) {
  Rules R = load("rcu_called_arguments:\n  - {name: prepare, argument: 1}\n  - {name: queue}\n");
  ASSERT_EQ(R.rcu_called_arguments.size(), 2u);
  EXPECT_EQ(R.rcu_called_arguments[0].argument, 1u);
  EXPECT_EQ(R.rcu_called_arguments[1].argument, std::nullopt);
}

TEST_F(LoadRules, RemoveTakesAnRcuCalledFieldAway) {
  auto R = loadRules(small(), {file("1.yaml", "rcu_called_fields: [{record: r, field: f}]\n"),
                               file("2.yaml", "remove: [r.f]\n")});
  ASSERT_TRUE(bool(R)) << message(R.takeError());
  EXPECT_TRUE(R->rcu_called_fields.empty());
}

TEST_F(LoadRules, BareNamesAndMappingsMix) {
  Rules R = load("checks:\n  - WARN\n  - {names: [BUG, BUG_ON], see: include/x.h, note: text}\n");
  EXPECT_EQ(R.checks, (std::vector<std::string>{"WARN", "BUG", "BUG_ON"}));
}

TEST_F(LoadRules, QuietCallMayHaveAnotherMeaningToo) {
  EXPECT_EQ(load("quiet_calls: [kfree]\n").quiet_calls, std::vector<std::string>{"kfree"});
}

TEST_F(LoadRules, QuotedValuesAndCrlf) {
  Rules R = load("frees:\r\n  - {name: \"f\", object: '1', family: kfree}\r\n");
  ASSERT_NE(R.free("f"), nullptr);
  EXPECT_EQ(R.free("f")->object, 1u);
}

TEST_F(LoadRules, LaterFileReplacesARowInItsPlace) {
  Rules R = load("frees:\n  - {name: kmem_cache_free, object: 5, family: mine}\n");
  ASSERT_EQ(R.frees.size(), 2u);
  EXPECT_EQ(R.frees[0].name, "kmem_cache_free");
  EXPECT_EQ(R.frees[0].object, 5u);
  EXPECT_EQ(R.frees[0].cache, std::nullopt);
  EXPECT_EQ(R.frees[0].family, "mine");
}

TEST_F(LoadRules, LastOverrideWins) {
  auto R = loadRules(small(), {file("1.yaml", "frees: [{name: f, object: 1, family: kfree}]\n"),
                               file("2.yaml", "frees: [{name: f, object: 2, family: kfree}]\n")});
  ASSERT_TRUE(bool(R)) << message(R.takeError());
  EXPECT_EQ(R->free("f")->object, 2u);
}

TEST_F(LoadRules, OverrideMayBeADirectory) {
  file("user/b.yaml", "checks: [B]\n");
  file("user/a.yaml", "checks: [A]\n");
  file("user/.hidden.yaml", "nonsense");
  auto R = loadRules(small(), {Directory + "/user"});
  ASSERT_TRUE(bool(R)) << message(R.takeError());
  EXPECT_EQ(R->checks, (std::vector<std::string>{"A", "B"}));
}

TEST_F(LoadRules, RemoveTakesARowAway) {
  Rules R = load("remove: [rcu_barrier, pernet_operations.exit]\n");
  EXPECT_EQ(R.barrier("rcu_barrier"), nullptr);
  EXPECT_TRUE(R.callback_fields.empty());
}

TEST_F(LoadRules, RemoveThenAddUnderAnotherMeaning) {
  Rules R = load("checks: [kfree]\nremove: [kfree]\n");
  EXPECT_EQ(R.free("kfree"), nullptr);
  EXPECT_EQ(R.checks, std::vector<std::string>{"kfree"});
}

TEST_F(LoadRules, RemovedDeferralTakesItsConversionsAlong) {
  Rules R = load("remove: [call_rcu, rcu_barrier]\n");
  EXPECT_EQ(R.conversion("call_rcu", "kfree"), nullptr);
  EXPECT_NE(R.conversion("call_srcu", "kfree"), nullptr);
}

TEST_F(LoadRules, RemovedConversionFallsBackToTheGeneralOne) {
  Rules R = load("remove: [call_rcu+any]\n");
  EXPECT_EQ(R.conversion("call_rcu", "kfree")->refusal, "no rule");
}

TEST_F(LoadRules, AnyIsWrittenOut) {
  Rules R = load();
  EXPECT_EQ(R.conversions.size(), 4u);
  ASSERT_NE(R.conversion("call_rcu", "kfree"), nullptr);
  EXPECT_EQ(R.conversion("call_rcu", "kfree")->replacement, "kfree_rcu");
  EXPECT_EQ(R.conversion("call_srcu", "kfree")->refusal, "no rule");
  EXPECT_TRUE(R.conversion("call_srcu", "kfree")->replacement.empty());
  EXPECT_EQ(R.conversion("call_srcu", "any"), nullptr);
}

TEST_F(LoadRules, ExactConversionGoesBeforeAny) {
  Rules R = load("conversions:\n"
                 "  - {deferral: any, family: kfree, refusal: by family}\n"
                 "  - {deferral: call_srcu, family: kmem_cache_free, refusal: exact}\n");
  EXPECT_EQ(R.conversion("call_rcu", "kfree")->replacement, "kfree_rcu"); // its own 'any' family weighs more
  EXPECT_EQ(R.conversion("call_srcu", "kfree")->refusal, "by family");
  EXPECT_EQ(R.conversion("call_srcu", "kmem_cache_free")->refusal, "exact");
}

TEST_F(LoadRules, NewFamilyHasTheGeneralConversion) {
  Rules R = load("frees:\n  - {name: pool_put, object: 0, family: pool}\n");
  EXPECT_EQ(R.conversion("call_srcu", "pool")->refusal, "no rule");
}

TEST_F(LoadRules, UnknownNamesGiveNull) {
  Rules R = load();
  EXPECT_EQ(R.deferral("x"), nullptr);
  EXPECT_EQ(R.free("x"), nullptr);
  EXPECT_EQ(R.cacheCreate("x"), nullptr);
  EXPECT_EQ(R.cacheDestroy("x"), nullptr);
  EXPECT_EQ(R.barrier("x"), nullptr);
  EXPECT_EQ(R.conversion("x", "kfree"), nullptr);
}

TEST_F(LoadRules, WordsAreAllFunctionsAndMacros) {
  Rules R = load("cache_create: [{name: cc}]\ncache_destroy: [{name: cd, cache: 0}]\n"
                 "module_hooks: [{name: mh, kind: exit}]\nchecks: [ch]\nquiet_calls: [qc]\neffect_calls: [ec]\n"
                 "deferred_frees_no_head: [df]\ncontainer_macros: [cm]\n");
  EXPECT_EQ(R.words(), (std::set<std::string>{"call_rcu", "call_srcu", "cc", "cd", "ch", "df", "ec", "kfree",
                                              "kfree_rcu", "kmem_cache_free", "mh", "qc", "rcu_barrier"}));
}

TEST_F(LoadRules, TheManualsExamplesLoad) {
  // The two worked examples of docs/rules.md, against the rules we ship.
  auto R = loadRules(KRCU_SOURCE_DIR "/rules", {file("slab.yaml", "frees:\n"
                                                                  "  - name: MY_SLAB_FREE_PTR\n"
                                                                  "    object: 0\n"
                                                                  "    cache: 1\n"
                                                                  "    family: kmem_cache_free\n"),
                                                file("defer.yaml", "deferrals:\n"
                                                                   "  - name: my_defer_free\n"
                                                                   "    head: 1\n"
                                                                   "    callback: 2\n"
                                                                   "    flavour: rcu\n"
                                                                   "conversions:\n"
                                                                   "  - deferral: my_defer_free\n"
                                                                   "    families: [kmem_cache_free, kfree]\n"
                                                                   "    replacement: kfree_rcu\n")});
  ASSERT_TRUE(bool(R)) << message(R.takeError());
  EXPECT_EQ(R->conversion("call_rcu", R->free("MY_SLAB_FREE_PTR")->family)->replacement, "kfree_rcu");
  EXPECT_EQ(R->conversion("my_defer_free", "kmem_cache_free")->replacement, "kfree_rcu");
  EXPECT_EQ(R->conversion("my_defer_free", "kvfree")->replacement, "");
}

class FindRules : public RuleFiles {};

TEST_F(FindRules, NextToTheInstalledProgram) {
  file("p/share/krcu/rules/a.yaml", "checks: [WARN]\n");
  auto Found = findBuiltinRules(file("p/bin/krcu", ""));
  ASSERT_TRUE(bool(Found)) << message(Found.takeError());
  EXPECT_EQ(*Found, std::filesystem::canonical(Directory).string() + "/p/share/krcu/rules");
}

TEST_F(FindRules, ThroughALinkToTheProgram) {
  file("p/share/krcu/rules/a.yaml", "checks: [WARN]\n");
  std::filesystem::create_symlink(file("p/bin/krcu", ""), Directory + "/link");
  auto Found = findBuiltinRules(Directory + "/link");
  ASSERT_TRUE(bool(Found)) << message(Found.takeError());
  EXPECT_EQ(*Found, std::filesystem::canonical(Directory).string() + "/p/share/krcu/rules");
}

TEST_F(FindRules, SourceTreeIfNothingIsInstalled) {
  auto Found = findBuiltinRules(file("q/bin/krcu", ""));
  ASSERT_TRUE(bool(Found)) << message(Found.takeError());
  EXPECT_EQ(*Found, KRCU_SOURCE_DIR "/rules");
}

} // namespace
} // namespace krcu
