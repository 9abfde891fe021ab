// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/facts/facts_codec.h"
#include "gtest/gtest.h"

using namespace krcu;

namespace {

/// Every member has a value of its own that is not its default.
FileFacts full() {
  Location L{"drv/x.c", 3, 4};
  FileFacts F;
  F.file = "drv/x.c";
  F.files = {"include/a.h", "include/b.h"};
  CallSiteFact S;
  S.where = L, S.begin = 10, S.end = 20, S.function = "drop@drv/x.c", S.deferral = "call_rcu", S.in_macro = true, S.macro = "M";
  S.is_statement = true, S.head = HeadShape::CastObject, S.is_rcu_head = true, S.head_text = "&p->rcu";
  S.levels = {{"p", "rcu", "struct item", -8, true, "item@a.c", true, true, 4200, "char text[N]"}, {"q", "a.b", "struct other", 16, false}};
  S.branches = {{10, 90, 2, 7, true}};
  S.callback_kind = CallbackKind::Parameter, S.callback = "cb", S.callback_text = "(void *)cb";
  F.sites = {S};
  AbstractValue V;
  V.kind = AbstractValue::CachePlace, V.parameter = 2, V.offset = INT64_MIN, V.place = "V:cache";
  Effect E;
  E.kind = Effect::Free, E.where = L, E.name = "kfree", E.text = "frees", E.object = V, E.cache = "V:cache", E.records = {"item@a.c"}, E.arguments = {V, {}};
  PathSummary P;
  P.effects = {E}, P.assumed_null = {V}, P.result = V, P.ends = true;
  FunctionSummary U;
  U.function = "cb", U.where = L, U.begin = 1, U.end = 2, U.parameters = 3, U.is_static = true, U.in_macro = true, U.opaque = true, U.why = "loops";
  U.paths = {P, {}}, U.parameter_record_note = "struct item";
  U.freed = {{"item@a.c", "struct item", {{"base", "base@b.h", 8, "to_item"}}}};
  F.summaries = {U};
  CallFact C;
  C.callee = "f", C.indirect = true, C.where = L, C.macro = "W", C.always = true, C.before = {1, 2}, C.maybe_before = {3}, C.arguments = {"V:c", ""};
  FunctionFact N;
  N.function = "g", N.where = L, N.is_static = true, N.init_section = true, N.exit_section = true, N.calls = {C};
  F.functions = {N};
  F.references = {{"h", L, "in", "module_exit", "F:ops.exit", "V:ops", "register"}};
  F.object_uses = {{"ops", L, "init", "register", "M"}};
  F.deferred_frees = {{L, "drop", "kfree_rcu", true, "p", "a.rcu", "item@drv/x.c", "struct item", 8, true, "it is the member m of struct outer", true}};
  ObjectFact O;
  O.kind = ObjectFact::Freed, O.where = L, O.function = "drop", O.name = "kfree", O.record = "item@drv/x.c", O.object = "p", O.caches = {"V:c"};
  F.objects = {O};
  F.flows = {{"V:a", "V:b", L, "init"}};
  F.creates = {{"N:drv/x.c:3", L, "init", "KMEM_CACHE", "items"}};
  F.fields_of_caches = {{"F:s.cache", L}};
  F.missing_bodies = {"helper"};
  return F;
}

ParseOutcome outcome() {
  ParseOutcome O;
  O.parsed = true, O.main_file = "drv/y.c", O.variant = "x86", O.built = true, O.cause = "why", O.diagnostics = {{"a.h", 7, true, "bad"}};
  O.errors = 5, O.missing_includes = {"z.h"}, O.inputs_known = false;
  return O;
}

TEST(FactsCodec, EverythingComesBack) {
  std::string Bytes = encodeParse(full(), outcome());
  KeptParse Kept;
  ASSERT_TRUE(decodeParse(Bytes, Kept));
  EXPECT_EQ(encodeParse(Kept.facts, Kept.outcome), Bytes);
  const FileFacts F = full();
  const FileFacts &G = Kept.facts;
  EXPECT_EQ(G.file, F.file);
  EXPECT_EQ(G.files, F.files);
  ASSERT_EQ(G.sites.size(), 1u);
  EXPECT_EQ(G.sites[0].where, F.sites[0].where);
  EXPECT_EQ(G.sites[0].begin, 10u);
  EXPECT_EQ(G.sites[0].end, 20u);
  EXPECT_EQ(G.sites[0].deferral, "call_rcu");
  EXPECT_EQ(G.sites[0].head, HeadShape::CastObject);
  ASSERT_EQ(G.sites[0].levels.size(), 2u);
  EXPECT_EQ(G.sites[0].levels[0].offset, -8);
  EXPECT_EQ(G.sites[0].levels[0].symbol, "item@a.c");
  EXPECT_TRUE(G.sites[0].levels[0].variable && G.sites[0].levels[0].plain);
  ASSERT_EQ(G.sites[0].branches.size(), 1u);
  EXPECT_EQ(G.sites[0].branches[0].calls, 2u);
  EXPECT_TRUE(G.sites[0].branches[0].pure);
  EXPECT_EQ(G.sites[0].callback_kind, CallbackKind::Parameter);
  EXPECT_EQ(G.sites[0].callback_text, "(void *)cb");
  ASSERT_EQ(G.summaries.size(), 1u);
  ASSERT_EQ(G.summaries[0].paths.size(), 2u);
  EXPECT_EQ(G.summaries[0].paths[0].effects[0].arguments, F.summaries[0].paths[0].effects[0].arguments);
  EXPECT_EQ(G.summaries[0].paths[0].effects[0].kind, Effect::Free);
  EXPECT_TRUE(G.summaries[0].paths[0].ends);
  EXPECT_EQ(G.summaries[0].why, "loops");
  EXPECT_EQ(G.summaries[0].paths[0].effects[0].records, (std::vector<std::string>{"item@a.c"}));
  ASSERT_EQ(G.summaries[0].freed.size(), 1u);
  EXPECT_EQ(G.summaries[0].freed[0].text, "struct item");
  EXPECT_EQ(G.summaries[0].freed[0].inside[0].offset, 8);
  EXPECT_EQ(G.functions[0].calls[0].before, (std::vector<unsigned>{1, 2}));
  EXPECT_EQ(G.functions[0].calls[0].maybe_before, (std::vector<unsigned>{3}));
  EXPECT_TRUE(G.functions[0].exit_section);
  EXPECT_EQ(G.references[0].argument_of, "register");
  EXPECT_EQ(G.object_uses[0].macro, "M");
  EXPECT_EQ(G.flows[0].from, "V:b");
  EXPECT_EQ(G.creates[0].name, "items");
  EXPECT_EQ(G.fields_of_caches, F.fields_of_caches);
  EXPECT_EQ(G.missing_bodies, F.missing_bodies);
  EXPECT_EQ(Kept.outcome.cause, "why");
  EXPECT_EQ(Kept.outcome.errors, 5u);
  EXPECT_EQ(Kept.outcome.diagnostics[0].line, 7u);
}

TEST(FactsCodec, EveryTruncationIsRefused) {
  std::string Bytes = encodeParse(full(), outcome());
  for (size_t Length = 0; Length < Bytes.size(); ++Length) {
    KeptParse Kept;
    EXPECT_FALSE(decodeParse(llvm::StringRef(Bytes).take_front(Length), Kept)) << Length;
  }
  KeptParse Kept;
  EXPECT_FALSE(decodeParse(Bytes + "x", Kept));
}

TEST(FactsCodec, DemandsComeBack) {
  Demand D{{"w1", "w2"}, {"n"}, {"s"}, {"t"}}, Back;
  ASSERT_TRUE(decodeDemand(encodeDemand(D), Back));
  EXPECT_TRUE(D.includes(Back) && Back.includes(D));
}

TEST(FactsCodec, EveryPartOfARequestCounts) {
  ParseRequest Base;
  Base.file = "a.c";
  std::vector<ParseRequest> All(10, Base);
  All[1].file = "b.c";
  All[2].together = {"x.h"};
  All[3].bodies.words = {"w"};
  All[4].bodies.names = {"w"};
  All[5].bodies.headers = {"w"};
  All[6].bodies.all = true;
  All[7].variant = "x86";
  All[8].force = {{"SMP", "n"}};
  All[9].no_pch = true;
  std::set<Digest> Different;
  for (const ParseRequest &R : All)
    Different.insert(digestOf(R));
  EXPECT_EQ(Different.size(), All.size());
}

} // namespace
