// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pieces of the probe on their own: assumptions, the printed form, definitions, conditions, statements, calls.
#include "tool/semantics/semantics.h"
#include "tool/support/error.h"
#include "tool/semantics/body.h"
#include "tool/semantics/condition.h"
#include "tool/semantics/era.h"
#include "tool/semantics/guards.h"
#include "gtest/gtest.h"

namespace krcu {
namespace {

using namespace semantics;

const EraTable &shippedTable() {
  static const EraTable T = llvm::cantFail(loadEraTable(KRCU_SOURCE_DIR "/rules/semantics/eras.yaml"));
  return T;
}

Semantics nothingKnown() {
  Semantics S;
  S.table = shippedTable();
  S.facts = unknownFacts(S.table);
  S.era = "mixed";
  return S;
}

void suppose(Semantics &S, const std::string &Name) {
  llvm::Error E = assume(S, Name);
  EXPECT_FALSE(bool(E));
  llvm::consumeError(std::move(E));
}

/// A tree's text as one file.
struct Source {
  explicit Source(const std::string &Text, const std::string &Path = "mm/x.c") : File(lexSource(Path, Text)) {}
  std::unique_ptr<SourceFile> File;

  const Definition *operator[](const std::string &Name) const {
    for (const Definition &D : File->definitions)
      if (D.name == Name)
        return &D;
    return nullptr;
  }
};

Body bodyOf(const Source &S) { return parseBody(S["f"]->body); }

// --- assumptions ------------------------------------------------------------------------------------------------

TEST(Assume, everyEraNamesItselfAgain) {
  EXPECT_EQ(shippedTable().eras.size(), 8u);
  for (const EraRule &E : shippedTable().eras) {
    Semantics S = nothingKnown();
    suppose(S, E.name);
    EXPECT_EQ(S.era, E.name);
    EXPECT_EQ(eraOf(S), E.name);
  }
}

TEST(Assume, eraSetsEveryFactButSlob) {
  Semantics S = nothingKnown();
  suppose(S, "6.12");
  for (const SemanticFact &F : S.facts)
    EXPECT_EQ(F.assumed && F.known, F.name != "slob") << F.name;
  EXPECT_TRUE(S.is("destroy_waits_kfree_rcu"));
  EXPECT_FALSE(S.is("destroy_waits_call_rcu"));
}

TEST(Assume, flawedPerCacheBarrierIsNoWait) {
  Semantics S = nothingKnown();
  suppose(S, "per-cache");
  EXPECT_TRUE(S.is("per_cache_barrier"));
  EXPECT_FALSE(S.is("per_cache_barrier_complete"));
  EXPECT_FALSE(S.is("destroy_waits_kfree_rcu"));
}

TEST(Assume, laterOnesWin) {
  Semantics S = nothingKnown();
  suppose(S, "7.3");
  suppose(S, "no-destroy_waits_call_rcu");
  suppose(S, "slob");
  EXPECT_TRUE(S.is("destroy_waits_kfree_rcu"));
  EXPECT_FALSE(S.is("destroy_waits_call_rcu"));
  EXPECT_TRUE(S.is("slob"));
  suppose(S, "batching");
  suppose(S, "no-slob");
  EXPECT_FALSE(S.is("slob"));
  EXPECT_FALSE(S.is("destroy_waits_kfree_rcu"));
  EXPECT_EQ(S.era, "batching");
}

TEST(Assume, oneFactCanMakeTheEraMixed) {
  Semantics S = nothingKnown();
  suppose(S, "6.12");
  suppose(S, "rcu_barrier_waits_kfree_rcu");
  EXPECT_EQ(S.era, "mixed");
}

TEST(Assume, everyFactBothWays) {
  for (const std::string &Name : assumptionNames(shippedTable())) {
    Semantics S = nothingKnown();
    suppose(S, Name);
  }
  for (const std::string &Name : factNames(shippedTable())) {
    Semantics S = nothingKnown();
    suppose(S, "no-" + Name);
    EXPECT_FALSE(S.fact(Name).value);
    EXPECT_TRUE(S.fact(Name).assumed);
  }
}

TEST(Assume, unknownNameListsTheKnownOnes) {
  Semantics S = nothingKnown();
  std::string Text = message(assume(S, "6.13"));
  EXPECT_NE(Text.find("6.13"), std::string::npos);
  for (const std::string &Name : assumptionNames(shippedTable()))
    EXPECT_NE(Text.find(Name), std::string::npos) << Name;
}

TEST(Print, saysUnknownAssumedAndWhere) {
  Semantics S = nothingKnown();
  S.facts[1].known = true;
  S.facts[1].value = true;
  S.facts[1].evidence = {{"mm/x.c", 7, "f", "calls g()"}};
  suppose(S, "slob");
  std::string Text = printSemantics(S);
  EXPECT_NE(Text.find("destroy_waits_kfree_rcu: unknown, taken as no\n"), std::string::npos);
  EXPECT_NE(Text.find("    mm/x.c:7 f(): calls g()\n"), std::string::npos);
  EXPECT_NE(Text.find("slob: yes (assumed)\n"), std::string::npos);
}

// --- definitions ------------------------------------------------------------------------------------------------

TEST(Lex, bothSidesOfAnIfAreThere) {
  Source S("#ifdef CONFIG_A\nvoid f(void) { a(); }\n#else\nvoid f(void) { b(); }\n#endif\n");
  ASSERT_EQ(S.File->definitions.size(), 2u);
  EXPECT_EQ(S.File->definitions[0].condition, (Condition{{"CONFIG_A", true}}));
  EXPECT_EQ(S.File->definitions[1].condition, (Condition{{"CONFIG_A", false}}));
}

TEST(Lex, elifExcludesItsPredecessors) {
  Source S("#if defined(CONFIG_A)\n#elif IS_ENABLED(CONFIG_B)\nvoid f(void) {}\n#endif\n");
  EXPECT_EQ(S["f"]->condition, (Condition{{"CONFIG_A", false}, {"CONFIG_B", true}}));
}

TEST(Lex, headerGuardIsNoCondition) {
  Source S("#ifndef X_H\n#define X_H\nstatic inline void f(void) {}\n#endif\n", "mm/x.h");
  EXPECT_TRUE(S["f"]->condition.empty());
  EXPECT_TRUE(S["f"]->is_static);
}

TEST(Lex, annotationsAndInitialisersAreNoFunctions) {
  Source S("static struct s x = { .f = g(1) };\nstatic void f(int a)\n__acquires(lock)\n{\n}\nEXPORT_SYMBOL_GPL(f);\n");
  ASSERT_EQ(S.File->definitions.size(), 1u);
  ASSERT_NE(S["f"], nullptr);
  EXPECT_EQ(S["f"]->line, 2u);
  EXPECT_EQ(S["f"]->params, std::vector<std::string>{"a"});
  ASSERT_EQ(S.File->exports.size(), 1u);
  EXPECT_EQ(S.File->exports[0].symbol, "f");
}

TEST(Lex, twoHeadersOneBodyIsIrregular) {
  Source S("#ifdef A\nvoid f(int a) {\n#else\nvoid f(void) {\n#endif\n\tb();\n}\nvoid g(void) { c(); }\n");
  ASSERT_NE(S["f"], nullptr);
  EXPECT_FALSE(S["f"]->regular);
  ASSERT_NE(S["g"], nullptr);
  EXPECT_TRUE(S["g"]->regular);
}

TEST(Lex, brokenTextDoesNoHarm) {
  for (const char *Text : {"}}}}", "#endif\n#else\n", "void f(", "void f(void) { if (", "#if\n#elif\n", "#define\n", "'"})
    lexSource("mm/x.c", Text);
  std::string Deep = "void f(void) " + std::string(100000, '{');
  Source S(Deep);
  EXPECT_EQ(S["f"], nullptr);
  Source Nested("void f(void) {" + std::string(5000, '{') + std::string(5000, '}') + "}");
  EXPECT_FALSE(bodyOf(Nested).regular);
}

TEST(Condition, contradictionAndImplication) {
  Condition A{{"CONFIG_A", true}}, NotA{{"CONFIG_A", false}}, Both{{"CONFIG_A", true}, {"CONFIG_B", true}};
  EXPECT_TRUE(contradicts(Both, NotA));
  EXPECT_FALSE(contradicts(Both, A));
  EXPECT_TRUE(implies(Both, A));
  EXPECT_FALSE(implies(A, Both));
  EXPECT_TRUE(contradicts({{"0", true}}, {}));
  EXPECT_EQ(negate(A), NotA);
  EXPECT_TRUE(contradicts(Both, negate(Both)) || negate(Both).size() == 1);
}

// --- statements and calls ---------------------------------------------------------------------------------------

TEST(Body, ifdefIsABranch) {
  Body B = bodyOf(Source("void f(void)\n{\n\ta();\n#ifdef X\n\tb();\n#else\n\tc();\n#endif\n}\n"));
  ASSERT_TRUE(B.regular);
  ASSERT_EQ(B.statements.size(), 2u);
  EXPECT_EQ(B.statements[1].kind, Stmt::Kind::Variants);
  EXPECT_TRUE(B.statements[1].exhaustive);
}

TEST(Body, ifCutByAnIfdefIsIrregular) {
  EXPECT_FALSE(bodyOf(Source("void f(void)\n{\n#ifdef X\n\tif (a)\n#endif\n\t\tb();\n}\n")).regular);
}

TEST(Body, macroLoopsAndLabels) {
  Source S("void f(void)\n{\nagain:\n\tfor_each_possible_cpu(cpu)\n\t\ta(cpu);\n\tgoto again;\n}\n");
  Body B = bodyOf(S);
  ASSERT_EQ(B.statements.size(), 3u);
  EXPECT_EQ(B.statements[1].kind, Stmt::Kind::Loop);
  EXPECT_EQ(B.statements[1].word, "for_each_possible_cpu");
  EXPECT_TRUE(leaves(B.statements, Leaving::Function));
}

TEST(Body, ownBreakStaysInside) {
  Body B = bodyOf(Source("void f(void)\n{\n\twhile (1) {\n\t\tif (a)\n\t\t\tbreak;\n\t}\n}\n"));
  EXPECT_FALSE(leaves(B.statements, Leaving::Anything));
  EXPECT_TRUE(leaves(B.statements[0].branches[0], Leaving::Loop));
}

TEST(Calls, whatMayBeSkippedIsConditional) {
  Source S("void f(void)\n{\n\tx = a() && b() ? c() : d(e());\n}\n");
  std::vector<Call> Calls = callsIn(bodyOf(S).statements[0].head);
  ASSERT_EQ(Calls.size(), 5u);
  EXPECT_FALSE(Calls[0].conditional);
  for (size_t I = 1; I < 5; ++I)
    EXPECT_TRUE(Calls[I].conditional) << Calls[I].name.str();
}

TEST(Guards, onlyThePlainestAreHarmless) {
  auto Ask = [](const std::string &Cond) {
    Source S("void f(struct kmem_cache *s, bool wait)\n{\n\tif (" + Cond + ")\n\t\treturn;\n}\n");
    return guardOf(bodyOf(S).statements[0].head, *S["f"]);
  };
  EXPECT_EQ(Ask("!s"), Guard::NoCache);
  EXPECT_EQ(Ask("unlikely(!s) || !kasan_check_byte(s)"), Guard::NoCache);
  EXPECT_EQ(Ask("s == NULL"), Guard::NoCache);
  EXPECT_EQ(Ask("s"), Guard::Other);
  EXPECT_EQ(Ask("!!s"), Guard::Other);
  EXPECT_EQ(Ask("!wait"), Guard::Other);
  EXPECT_EQ(Ask("!s && wait"), Guard::Other);
  EXPECT_EQ(Ask("s->cpu_sheaves"), Guard::HasSheaves);
  EXPECT_EQ(Ask("!cache_has_sheaves(s)"), Guard::NoSheaves);
  EXPECT_EQ(Ask("s->cpu_sheaves && wait"), Guard::Other);
}

} // namespace
} // namespace krcu
