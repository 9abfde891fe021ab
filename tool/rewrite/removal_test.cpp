// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Removing functions: which text belongs to one, and what its absence leaves behind.
#include "tool/rewrite/comments.h"
#include "tool/rewrite/rewrite_test_util.h"

namespace krcu {
namespace {

const std::string Definition = "static void cb(struct rcu_head *h)\n{\n\tkfree(h);\n}\n";

/// The text with cb() removed.
std::string without(const std::string &Text) { return applied(Text, PlanFor(Text).remove("cb")); }

TEST(Blank, OneLineRemainsBetweenNeighbours) {
  EXPECT_EQ(without("int a;\n\n" + Definition + "\nint b;\n"), "int a;\n\nint b;\n");
}

TEST(Blank, ALineOnOneSideIsNotLost) {
  EXPECT_EQ(without("int a;\n" + Definition + "\nint b;\n"), "int a;\n\nint b;\n");
  EXPECT_EQ(without("int a;\n\n" + Definition + "int b;\n"), "int a;\n\nint b;\n");
}

TEST(Blank, SeveralLinesBecomeOne) {
  EXPECT_EQ(without("int a;\n\n\n" + Definition + "\n\nint b;\n"), "int a;\n\nint b;\n");
}

TEST(Blank, LinesOfWhiteSpaceAreBlank) {
  EXPECT_EQ(without("int a;\n \t\n" + Definition + "\t\nint b;\n"), "int a;\n \t\nint b;\n");
}

TEST(Blank, NoneIsMadeBesideAnIf) {
  EXPECT_EQ(without("#if A\n" + Definition + "\nint b;\n#endif\n"), "#if A\nint b;\n#endif\n");
  EXPECT_EQ(without("#if A\nint a;\n\n" + Definition + "#endif\n"), "#if A\nint a;\n#endif\n");
}

TEST(Blank, OneThatStoodBesideAnIfStays) {
  EXPECT_EQ(without("#if A\n\n" + Definition + "\nint b;\n\n#endif\n"), "#if A\n\nint b;\n\n#endif\n");
}

TEST(Blank, NoneAtTheEndsOfTheFile) {
  EXPECT_EQ(without(Definition + "\nint b;\n"), "int b;\n");
  EXPECT_EQ(without("int a;\n\n" + Definition), "int a;\n");
  EXPECT_EQ(without(Definition), "");
}

TEST(Blank, BehindAnEndifOneStays) {
  EXPECT_EQ(without("#endif\n\n" + Definition + "\nint b;\n"), "#endif\n\nint b;\n");
}

TEST(Conditional, APairAroundNothingGoes) {
  EXPECT_EQ(without("int a;\n\n#ifdef A\n" + Definition + "#endif /* A */\n\nint b;\n"),
            "int a;\n\nint b;\n");
}

TEST(Conditional, NestedPairsGoTogether) {
  EXPECT_EQ(without("int a;\n#if A\n\n# if B || \\\n\tC\n" + Definition + "# endif\n\n#endif\nint b;\n"),
            "int a;\nint b;\n");
}

TEST(Conditional, APairThatWasEmptyBeforeStays) {
  EXPECT_EQ(without("#if A\n#endif\n\n" + Definition), "#if A\n#endif\n");
}

TEST(Conditional, BothBranchesMayDefineIt) {
  std::string Text = "int a;\n\n#if A\n" + Definition + "#else\n" + Definition + "#endif\n\nint b;\n";
  EXPECT_EQ(without(Text), "int a;\n\nint b;\n");
}

TEST(Conditional, AnEmptyElseGoesWithItsLine) {
  EXPECT_EQ(without("#if A\nint a;\n#else\n" + Definition + "#endif\n"), "#if A\nint a;\n#endif\n");
}

TEST(Conditional, AnEmptyFirstBranchIsNoted) {
  std::string Text = "int z;\n#if A\n" + Definition + "#else\nint b;\n#endif\n";
  EXPECT_EQ(without(Text), "int z;\n#if A\n#else\nint b;\n#endif\n");
  EXPECT_EQ(notes(Text, PlanFor(Text).remove("cb")), "a.c:2: this branch of the #if is empty now\n");
}

TEST(Conditional, APrototypeStaysForADefinitionThatStays) {
  std::string Text = "static void cb(struct rcu_head *h);\n\n#if A\nint a;\n" + Definition + "#else\n" +
                     Definition + "#endif\n";
  FilePlan Plan;
  size_t Begin = Text.find("static", 10);
  Plan.removals.push_back(
      {"cb", static_cast<uint32_t>(Begin), static_cast<uint32_t>(Begin + Definition.size() - 1)});
  EXPECT_EQ(applied(Text, Plan),
            "static void cb(struct rcu_head *h);\n\n#if A\nint a;\n#else\n" + Definition + "#endif\n");
}

TEST(Prototype, AllFormsGo) {
  EXPECT_EQ(without("int a;\n"
                    "static void cb(struct rcu_head *h);\n"
                    "static void\ncb(struct rcu_head\n   *h);\n"
                    "extern void cb(struct rcu_head *) __cold;\n"
                    "static __always_inline __attribute__((noinline)) void cb(struct rcu_head *h);\n"
                    "int b;\n\n" +
                    Definition + "\nint c;\n"),
            "int a;\nint b;\n\nint c;\n");
}

TEST(Prototype, InsideAFunction) {
  EXPECT_EQ(without("void f(void)\n{\n\textern void cb(struct rcu_head *h);\n\n\tg();\n}\n\n" + Definition),
            "void f(void)\n{\n\tg();\n}\n");
}

TEST(Prototype, OneOfSeveralDeclarators) {
  EXPECT_EQ(without("static void f(int), cb(struct rcu_head *), g(int);\n\n" + Definition),
            "static void f(int), g(int);\n");
  EXPECT_EQ(without("static void cb(struct rcu_head *), g(int);\n\n" + Definition), "static void g(int);\n");
}

TEST(Prototype, OtherUsesOfTheNameAreNone) {
  std::string Rest = "struct s { void (*cb)(struct rcu_head *); };\n"
                     "typedef void cb2(struct rcu_head *);\n"
                     "void f(void cb(struct rcu_head *), int b);\n"
                     "void g(int b, void cb(struct rcu_head *));\n"
                     "int h(struct s *s)\n{\n\tint r = q(1, cb(2)), t;\n\treturn cb(s->cb);\n}\n";
  EXPECT_EQ(without(Rest + "\n" + Definition), Rest);
}

TEST(Prototype, WithItsOwnComment) {
  EXPECT_EQ(without("int a;\n\n/* cb() frees it */\nstatic void cb(struct rcu_head *h);\n\nint b;\n\n" +
                    Definition),
            "int a;\n\nint b;\n");
}

TEST(Prototype, ACommentAboveAGroupStays) {
  EXPECT_EQ(without("/* local functions */\nstatic void cb(struct rcu_head *h);\nstatic void f(void);\n\n" +
                    Definition),
            "/* local functions */\nstatic void f(void);\n");
}

TEST(Prototype, InAHeader) {
  std::string Text =
      "#ifndef H\n#define H\n\nvoid a(void);\n\n/* frees */\nvoid cb(struct rcu_head *h);\n\n#endif\n";
  EXPECT_EQ(applied(Text, PlanFor(Text).declaration("cb")),
            "#ifndef H\n#define H\n\nvoid a(void);\n\n#endif\n");
  EXPECT_EQ(applied(Text, PlanFor(Text).declaration("cc")),
            "error: a.c: no declaration of cc() that could be removed; the file changed since it was "
            "scanned? scan it again");
}

TEST(Comment, EveryKindDirectlyAboveGoes) {
  for (const char *Comment : {"/* frees */\n", "/*\n * frees\n * it\n */\n", "/**\n * cb() - frees\n */\n",
                              "// frees\n// it\n", "/* one */\n/* two */\n"})
    EXPECT_EQ(without("int a;\n\n" + std::string(Comment) + Definition + "\nint b;\n"), "int a;\n\nint b;\n")
        << Comment;
}

TEST(Comment, KernelDocOneBlankLineAwayGoesIfItNamesTheFunction) {
  EXPECT_EQ(without("int a;\n\n/**\n * cb - frees\n */\n\n" + Definition + "\nint b;\n"),
            "int a;\n\nint b;\n");
  std::string Other = "int a;\n\n/**\n * DOC: life times\n */\n";
  EXPECT_EQ(without(Other + "\n" + Definition + "\nint b;\n"), Other + "\nint b;\n");
}

TEST(Comment, ASectionTitleStays) {
  EXPECT_EQ(without("int a;\n\n/* Callbacks */\n\n" + Definition + "\nint b;\n"),
            "int a;\n\n/* Callbacks */\n\nint b;\n");
  std::string Banner = "int a;\n\n/* -------- Callbacks -------- */\n";
  EXPECT_EQ(without(Banner + Definition + "\nint b;\n"), Banner + "\nint b;\n");
}

TEST(Comment, AFileHeaderStays) {
  EXPECT_EQ(without("// SPDX-License-Identifier: GPL-2.0-only\n" + Definition + "\nint b;\n"),
            "// SPDX-License-Identifier: GPL-2.0-only\n\nint b;\n");
  EXPECT_EQ(without("/* What this file does */\n" + Definition + "\nint b;\n"),
            "/* What this file does */\n\nint b;\n");
}

TEST(Comment, OneThatAlsoNamesTheNextFunctionStaysWithIt) {
  std::string Next = "static void next(void)\n{\n}\n";
  std::string Text = "int a;\n\n/* callbacks: cb() and next() */\n" + Definition + "\n" + Next;
  EXPECT_EQ(without(Text), "int a;\n\n/* callbacks: cb() and next() */\n" + Next);
  EXPECT_EQ(notes(Text, PlanFor(Text).remove("cb")),
            "a.c:3: the comment above the removed code stays; it may be about it\n"
            "a.c:3: a comment still names cb()\n");
}

TEST(Comment, KernelDocMayMentionTheNextFunction) {
  std::string Next = "static void next(void)\n{\n}\n";
  EXPECT_EQ(without("int a;\n\n/**\n * cb() - queued by next()\n */\n" + Definition + "\n" + Next),
            "int a;\n\n" + Next);
}

TEST(Comment, ATrailingCommentOfOtherCodeStays) {
  EXPECT_EQ(without("int a; /* the\n\t * count */\n" + Definition + "\nint b;\n"),
            "int a; /* the\n\t * count */\n\nint b;\n");
}

TEST(Comment, BehindTheClosingBraceGoes) {
  EXPECT_EQ(without("int a;\n\nstatic void cb(struct rcu_head *h)\n{\n}; /* cb */\n\nint b;\n"),
            "int a;\n\nint b;\n");
}

TEST(Comment, AboveAPairOfIfGoesWithThePair) {
  EXPECT_EQ(without("int a;\n\n/* only with A */\n#ifdef A\n" + Definition + "#endif\n\nint b;\n"),
            "int a;\n\nint b;\n");
}

TEST(Comment, StaleMentionsNameTheLine) {
  EXPECT_EQ(
      staleMentions("x.c", "/* acb cb2 */\nint a;\n/*\n * see cb()\n */\nchar *s = \"cb\";\n// cb and dd\n",
                    {"cb", "dd"}),
      (std::vector<std::string>{"x.c:4: a comment still names cb()", "x.c:7: a comment still names cb()",
                                "x.c:7: a comment still names dd()"}));
}

TEST(Removal, NeighboursThatBothGo) {
  std::string Text =
      "int a;\n\n" + Definition + "\n/* second */\nstatic void cc(struct rcu_head *h)\n{\n}\n\nint b;\n";
  EXPECT_EQ(applied(Text, PlanFor(Text).remove("cb").remove("cc")), "int a;\n\nint b;\n");
}

TEST(Removal, AttributesBeforeTheGivenBeginGoToo) {
  std::string Text = "INIT_THING(x)\n__attribute__((cold))\n__noinline " + Definition + "\nint b;\n";
  EXPECT_EQ(without(Text), "INIT_THING(x)\n\nint b;\n");
}

TEST(Removal, CodeOnTheSameLineStays) {
  std::string Text = "int a; static void cb(struct rcu_head *h) {\n} int b;\n";
  EXPECT_EQ(without(Text), "int a; int b;\n");
}

TEST(Removal, RemainingUsesAreNoted) {
  std::string Text = "#define FREE cb\n\n" + Definition + "\nvoid f(void)\n{\n\tg(cb, s->cb);\n}\n";
  EXPECT_EQ(notes(Text, PlanFor(Text).remove("cb")),
            "a.c:1: the code still names cb()\na.c:5: the code still names cb()\n");
}

FilePlan removalAt(size_t Begin, size_t End) {
  FilePlan Plan;
  Plan.removals.push_back({"cb", static_cast<uint32_t>(Begin), static_cast<uint32_t>(End)});
  return Plan;
}

TEST(Removal, AHostileFileDoesNotMakeItSlow) {
  // Anything quadratic would run for hours on brackets and names by the hundred thousand.
  std::string Calls, Prototypes;
  for (int I = 0; I < 200000; ++I)
    Calls += "cb(", Prototypes += "__x() cb() ";
  std::string Junk = "#if 0\n" + Calls + "\n#endif\n#if 0\n" + Prototypes + "\n#endif\n";
  std::string Text = Junk + "\n" + Definition + "\nint b;\n";
  size_t Begin = Junk.size() + 1;
  EXPECT_EQ(applied(Text, removalAt(Begin, Begin + Definition.size() - 1)), Junk + "\nint b;\n");
}

TEST(Refusal, ARemovalMustBeTheDefinition) {
  std::string Text = "int a;\n" + Definition;
  size_t Begin = Text.find("static"), End = Text.size() - 1;
  EXPECT_NE(
      applied(Text, removalAt(Begin + 1, End)).find("a.c:2:2: the definition of cb() does not begin here"),
      std::string::npos);
  EXPECT_NE(applied(Text, removalAt(Begin, End - 1)).find("does not end where the plan says"),
            std::string::npos);
  EXPECT_NE(applied(Text, removalAt(0, End)).find("here is no definition of cb()"), std::string::npos);
  EXPECT_NE(applied(Text, removalAt(Begin, End + 100)).find("does not lie in the file"), std::string::npos);
}

TEST(Refusal, ADefinitionCutByAnIf) {
  std::string Text = "#if A\nstatic void cb(int a) {\n#else\nstatic void cb(void) {\n#endif\n}\n";
  EXPECT_NE(
      applied(Text, removalAt(Text.find("static"), Text.size() - 1))
          .find("a.c:2:1: an #if begins or ends within the definition of cb(); remove the function by hand"),
      std::string::npos);
}

TEST(Refusal, ACallInsideARemovedFunction) {
  std::string Text = "static void cb(struct rcu_head *h)\n{\n\tcall_rcu(h, d);\n}\n";
  EXPECT_NE(
      applied(Text, PlanFor(Text).remove("cb").call("call_rcu(h, d)", "kfree_rcu(h, d)")).find("overlap"),
      std::string::npos);
}

} // namespace
} // namespace krcu
