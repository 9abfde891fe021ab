// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Statements that go: the line, the comment that is about it, and what must not be torn.
#include "tool/rewrite/rewrite_test_util.h"

namespace krcu {
namespace {

std::string without(const std::string &Text, std::vector<std::string> Words = {}) {
  return applied(Text, PlanFor(Text).statement("wait_all()", std::move(Words)));
}

TEST(StatementRemoval, TakesItsLine) {
  EXPECT_EQ(without("void f(void)\n{\n\tstop();\n\twait_all();\n\tdestroy(c);\n}\n"),
            "void f(void)\n{\n\tstop();\n\tdestroy(c);\n}\n");
}

TEST(StatementRemoval, TakesTheCommentOnItsLine) {
  EXPECT_EQ(without("void f(void)\n{\n\twait_all(); /* for callbacks */\n\tdestroy(c);\n}\n"),
            "void f(void)\n{\n\tdestroy(c);\n}\n");
}

TEST(StatementRemoval, TakesACommentAboveThatNamesIt) {
  EXPECT_EQ(without("void f(void)\n{\n\t/* wait_all() is enough here. */\n\twait_all();\n\tdestroy(c);\n}\n"),
            "void f(void)\n{\n\tdestroy(c);\n}\n");
}

TEST(StatementRemoval, TakesACommentAboveWithOneOfTheWords) {
  EXPECT_EQ(without("void f(void)\n{\n\tstop();\n\n\t/* Pending callbacks first. */\n\twait_all();\n\tdestroy(c);\n}\n",
                    {"callbacks"}),
            "void f(void)\n{\n\tstop();\n\n\tdestroy(c);\n}\n");
}

TEST(StatementRemoval, LeavesACommentThatMayBeAboutWhatFollows) {
  std::string Text = "void f(void)\n{\n\t/* Now the rest. */\n\twait_all();\n\tdestroy(c);\n}\n";
  EXPECT_EQ(without(Text), "void f(void)\n{\n\t/* Now the rest. */\n\tdestroy(c);\n}\n");
  EXPECT_EQ(notes(Text, PlanFor(Text).statement("wait_all()")),
            "a.c:3: the comment above the removed code stays; it may be about it\n");
}

TEST(StatementRemoval, TakesACommentThatStandsAloneWithIt) {
  EXPECT_EQ(without("void f(void)\n{\n\tstop();\n\n\t/* Let them finish. */\n\twait_all();\n}\n"), "void f(void)\n{\n\tstop();\n}\n");
}

TEST(StatementRemoval, OneBlankLineRemains) {
  EXPECT_EQ(without("void f(void)\n{\n\tstop();\n\n\twait_all();\n\n\tdestroy(c);\n}\n"),
            "void f(void)\n{\n\tstop();\n\n\tdestroy(c);\n}\n");
}

TEST(StatementRemoval, RefusesTheBodyOfAnIf) {
  EXPECT_EQ(without("void f(void)\n{\n\tif (c)\n\t\twait_all();\n\tdestroy(c);\n}\n"),
            "error: a.c:4:3: the call is not a statement that could be left out; remove it by hand");
}

TEST(StatementRemoval, RefusesTheStatementOfALabel) {
  EXPECT_EQ(without("void f(void)\n{\nout:\n\twait_all();\n}\n"),
            "error: a.c:4:2: the call is not a statement that could be left out; remove it by hand");
}

TEST(StatementRemoval, RefusesAnExpression) {
  EXPECT_EQ(without("void f(void)\n{\n\tx = wait_all();\n}\n"),
            "error: a.c:3:6: the call is not a statement that could be left out; remove it by hand");
}

TEST(StatementRemoval, RefusesWhatIsNoCall) {
  std::string Text = "int x;\n";
  FilePlan Plan;
  Plan.statements.push_back({4, 5, {}});
  EXPECT_EQ(applied(Text, Plan), "error: a.c:1:5: no call begins here; the file changed since it was scanned? scan it again");
}

std::string branchIn(const std::string &Text, const std::string &If) { return applied(Text, PlanFor(Text).branch(If, "kfree_rcu(e, rcu)")); }

TEST(Branch, AnIfBecomesOneCall) {
  std::string If = "if (e->big)\n\t\tcall_rcu(&e->rcu, f);\n\telse\n\t\tcall_rcu(&e->rcu, g);";
  EXPECT_EQ(branchIn("\t" + If + "\n\tx();\n", If), "\tkfree_rcu(e, rcu);\n\tx();\n");
}

TEST(Branch, WithBracesAndBehindAnElse) {
  std::string If = "if (e->big) {\n\t\tcall_rcu(&e->rcu, f);\n\t} else {\n\t\tcall_rcu(&e->rcu, g);\n\t}";
  EXPECT_EQ(branchIn("\tif (y)\n\t\tx();\n\telse " + If + "\n", If), "\tif (y)\n\t\tx();\n\telse kfree_rcu(e, rcu);\n");
}

TEST(Branch, ACommentInItIsNoted) {
  std::string If = "if (e->big)\n\t\tcall_rcu(&e->rcu, f); /* why */\n\telse\n\t\tcall_rcu(&e->rcu, g);";
  std::string Text = "\t" + If + "\n";
  EXPECT_EQ(notes(Text, PlanFor(Text).branch(If, "kfree_rcu(e, rcu)")), "a.c:1: a comment in the if went with it: /* why */\n");
}

TEST(Branch, ADirectiveInItIsRefused) {
  std::string If = "if (e->big)\n#ifdef X\n\t\tcall_rcu(&e->rcu, f);\n#endif\n\telse\n\t\tcall_rcu(&e->rcu, g);";
  EXPECT_EQ(branchIn("\t" + If + "\n", If).substr(0, 6), "error:");
}

TEST(Branch, WhatIsNoIfIsRefused) { EXPECT_EQ(branchIn("\twhile (x)\n\t\ty();\n", "while (x)\n\t\ty();").substr(0, 6), "error:"); }

} // namespace
} // namespace krcu
