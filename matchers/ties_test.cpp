// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Variables that point to the object that holds the head. struct shell holds a struct outer at 8, so o's head is at 24 of the shell.
#include "matchers/testing.h"
#include "gtest/gtest.h"

namespace krcu::testing {
namespace {

constexpr const char *Shell = "struct shell { long n; struct outer body; };\n#define shell_of(o) container_of(o, struct shell, body)\n"
                              "void use(void *p);\nstruct outer *next_outer(struct outer *o);\n";

/// The variables among the levels of the one site.
std::string variables(const std::string &Body, const std::string &Before = "") {
  Snippet S = siteIn(Body, Shell + Before);
  std::string Result;
  for (const HeadLevel &L : S.site().levels)
    if (L.variable)
      Result += (Result.empty() ? "" : "; ") + L.object + ", " + L.member + " @" + std::to_string(L.offset);
  return Result;
}

TEST(Ties, AContainerThatWasFound) {
  Snippet S = siteIn("struct shell *s = container_of(o, struct shell, body);\nuse(s);\ncall_rcu(&o->in.rcu, cb);", Shell);
  EXPECT_EQ(S.levels(), "o, in.rcu @16; &o->in, rcu @8; s, body.in.rcu @24");
  EXPECT_EQ(S.site().levels.back().symbol, "shell@net/a.c");
  EXPECT_EQ(S.site().levels.back().record, "struct shell");
}

TEST(Ties, AMemberThatWasTaken) {
  EXPECT_EQ(variables("struct shell *s = other_shell();\nstruct outer *b = &s->body;\ncall_rcu(&b->in.rcu, cb);", "struct shell *other_shell(void);"),
            "s, body.in.rcu @24");
}

TEST(Ties, EachKindOfContainerOf) {
  for (const char *Macro : {"container_of", "container_of_const", "old_container_of", "plain_container_of", "list_entry"})
    EXPECT_EQ(variables("struct shell *s = " + std::string(Macro) + "(o, struct shell, body);\ncall_rcu(&o->in.rcu, cb);"), "s, body.in.rcu @24") << Macro;
}

TEST(Ties, AHelperThatFindsIt) {
  EXPECT_EQ(variables("struct shell *s = to_shell(o);\ncall_rcu(&o->in.rcu, cb);",
                      "static inline struct shell *to_shell(struct outer *o) { return shell_of(o); }"), "s, body.in.rcu @24");
}

TEST(Ties, AHelperThatMayGiveNull) {
  EXPECT_EQ(variables("struct shell *s = to_shell(o);\ncall_rcu(&o->in.rcu, cb);",
                      "static inline struct shell *to_shell(struct outer *o) { return o->y ? shell_of(o) : NULL; }"), "");
}

TEST(Ties, AssignedOnBothWays) {
  EXPECT_EQ(variables("struct shell *s;\nif (i)\n\ts = shell_of(o);\nelse\n\ts = shell_of(o);\ncall_rcu(&o->in.rcu, cb);"), "s, body.in.rcu @24");
}

TEST(Ties, AssignedOnOneWay) {
  EXPECT_EQ(variables("struct shell *s = NULL;\nif (i)\n\ts = shell_of(o);\ncall_rcu(&o->in.rcu, cb);"), "");
}

TEST(Ties, ReassignedVariable) {
  EXPECT_EQ(variables("struct shell *s = shell_of(o);\ns = other_shell();\ncall_rcu(&o->in.rcu, cb);", "struct shell *other_shell(void);"), "");
}

TEST(Ties, ReassignedHead) {
  EXPECT_EQ(variables("struct shell *s = shell_of(o);\no = next_outer(o);\ncall_rcu(&o->in.rcu, cb);"), "");
}

TEST(Ties, SteppedVariable) { EXPECT_EQ(variables("struct shell *s = shell_of(o);\ns++;\ncall_rcu(&o->in.rcu, cb);"), ""); }

TEST(Ties, AVariableWhoseAddressIsTaken) {
  EXPECT_EQ(variables("struct shell *s = shell_of(o);\nuse(&s);\ncall_rcu(&o->in.rcu, cb);"), "");
}

TEST(Ties, AVariableThatAssemblyWrites) {
  EXPECT_EQ(variables("struct shell *s = shell_of(o);\n__asm__(\"\" : \"+r\"(s));\ncall_rcu(&o->in.rcu, cb);"), "");
}

TEST(Ties, WithinALoop) {
  EXPECT_EQ(variables("while (i--) {\n\tstruct shell *s = shell_of(o);\n\tcall_rcu(&o->in.rcu, cb);\n\to = next_outer(o);\n}"), "s, body.in.rcu @24");
}

TEST(Ties, TheObjectOfTheRoundBefore) {
  EXPECT_EQ(variables("struct shell *s = NULL;\nwhile (i--) {\n\tif (s)\n\t\tcall_rcu(&o->in.rcu, cb);\n\ts = shell_of(o);\n\to = next_outer(o);\n}"), "");
  EXPECT_EQ(variables("struct outer *q = o, *n = o;\nwhile (i--) {\n\tq = n;\n\tn = next_outer(o);\n\tcall_rcu(&q->in.rcu, cb);\n}"), "");
}

TEST(Ties, AnObjectLoadedTwiceMayBeTwo) {
  EXPECT_EQ(variables("struct shell *s = shell_of(*last_outer);\nstruct outer *b = *last_outer;\ncall_rcu(&b->in.rcu, cb);", "extern struct outer **last_outer;"), "");
}

TEST(Ties, OutOfScope) { EXPECT_EQ(variables("{\n\tstruct shell *s = shell_of(o);\n\tuse(s);\n}\ncall_rcu(&o->in.rcu, cb);"), ""); }

TEST(Ties, DeclaredBehindTheCall) { EXPECT_EQ(variables("call_rcu(&o->in.rcu, cb);\nstruct shell *s = shell_of(o);\nuse(s);"), ""); }

TEST(Ties, HiddenByANamesake) {
  EXPECT_EQ(variables("struct shell *s = shell_of(o);\n{\n\tstruct foo *s = last;\n\tuse(s);\n\tcall_rcu(&o->in.rcu, cb);\n}\nuse(s);"), "");
}

TEST(Ties, AVariableOfAMacroCannotBeNamed) {
  EXPECT_EQ(variables("FIND(o);\ncall_rcu(&o->in.rcu, cb);", "#define FIND(o) struct shell *__s = shell_of(o); use(__s)\n"), "");
}

TEST(Ties, AnotherMemberOfAUnion) {
  EXPECT_EQ(variables("struct twins *t = container_of(o, struct twins, a);\ncall_rcu(&o->in.rcu, cb);",
                      "struct twins { union { struct outer a; struct outer b; }; };"), "t, a.in.rcu @16");
}

TEST(Freed, TheRecordAndWhatLiesInIt) {
  Snippet S(std::string(Shell) + "static void cb(struct rcu_head *head) { kfree(container_of(head, struct shell, body.in.rcu)); }", {"cb"});
  const FunctionSummary *F = S.summary("cb");
  ASSERT_TRUE(F);
  ASSERT_EQ(F->freed.size(), 1u);
  EXPECT_EQ(F->freed[0].record, "shell@net/a.c");
  EXPECT_EQ(F->freed[0].text, "struct shell");
  ASSERT_EQ(F->freed[0].inside.size(), 2u);
  EXPECT_EQ(F->freed[0].inside[0].path, "body");
  EXPECT_EQ(F->freed[0].inside[0].offset, 8);
  EXPECT_EQ(F->freed[0].inside[1].path, "body.in");
}

std::string recordsFreed(const std::string &Body, const std::string &Before = "") {
  Snippet S(Shell + Before + "static void cb(struct rcu_head *head) { " + Body + " }", {"cb"});
  std::string Result;
  for (const PathSummary &P : S.summary("cb")->paths)
    for (const Effect &E : P.effects)
      for (const std::string &R : E.records)
        Result += R.substr(0, R.find('@')) + " ";
  return Result;
}

TEST(Freed, ACastAndWhatWasCast) {
  EXPECT_EQ(recordsFreed("struct outer *o = container_of(head, struct outer, in.rcu); kfree((struct shell *)o);"), "shell outer ");
}

TEST(Freed, AVoidPointerThatHoldsARecord) { EXPECT_EQ(recordsFreed("void *p = container_of(head, struct foo, rcu); kfree(p);"), "foo "); }

TEST(Freed, AHelperThatTakesAVoidPointer) {
  EXPECT_EQ(recordsFreed("drop(container_of(head, struct foo, rcu));", "static void drop(void *p) { kfree(p); }\n"), "foo ");
}

TEST(Freed, NoRecord) {
  EXPECT_EQ(recordsFreed("kfree(head);"), "");
  EXPECT_EQ(recordsFreed("void *p = head; kfree((char *)p - 16);"), "");
}

std::string branches(const Snippet &S, const std::string &Mark) {
  std::string Result;
  for (const BranchFact &B : S.site(Mark).branches)
    Result += std::to_string(B.calls) + (B.pure ? " pure" : "") + (B.end > B.begin ? " whole" : "") + "; ";
  return Result;
}

TEST(Branches, BothCallsOfAnIf) {
  Snippet S = siteIn("if (i)\n\tcall_rcu(&p->rcu, cb); /*@a*/\nelse {\n\tcall_rcu(&p->rcu, cb2); /*@b*/\n}", "void cb2(struct rcu_head *h);");
  EXPECT_EQ(branches(S, "a"), "2 pure whole; ");
  EXPECT_EQ(branches(S, "b"), "2 pure whole; ");
}

TEST(Branches, NestedAndWithSideEffects) {
  Snippet S = siteIn("if (i)\n\tcall_rcu(&p->rcu, cb); /*@a*/\nelse if (i++)\n\tcall_rcu(&p->rcu, cb); /*@b*/\nelse\n\tcall_rcu(&p->rcu, cb);");
  EXPECT_EQ(branches(S, "a"), "3 whole; ");
  EXPECT_EQ(branches(S, "b"), "3 whole; 2 whole; ");
}

TEST(Branches, ABranchThatDoesMore) {
  EXPECT_EQ(branches(siteIn("if (i) {\n\ttotal++;\n\tcall_rcu(&p->rcu, cb); /*@a*/\n} else\n\tcall_rcu(&p->rcu, cb);"), "a"), "");
  EXPECT_EQ(branches(siteIn("if (i)\n\tcall_rcu(&p->rcu, cb); /*@a*/"), "a"), "");
}

TEST(Branches, AnEarlyReturn) {
  Snippet S = siteIn("if (i) {\n\tcall_rcu(&p->rcu, cb); /*@a*/\n\treturn;\n}\ncall_rcu(&p->rcu, cb); /*@b*/");
  EXPECT_EQ(branches(S, "a"), "2; ");
  EXPECT_EQ(branches(S, "b"), "2; ");
}

} // namespace
} // namespace krcu::testing
