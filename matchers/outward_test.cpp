// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A driver's own to_shell(): what is one, and what only looks like it.
#include "matchers/testing.h"
#include "gtest/gtest.h"

namespace krcu::testing {
namespace {

/// What the callback's summary calls the way from the inner record to the shell that is freed.
std::string helper(const std::string &Before, const std::string &Way = "to_shell(i)") {
  Snippet S("struct core { long key; struct rcu_head rcu; };\nstruct shell { long name; struct core in; long more; };\n" + Before +
            "\nstatic void cb(struct rcu_head *head)\n{\n\tstruct core *i = container_of(head, struct core, rcu);\n\n\tkfree(" + Way + ");\n}\n",
            {"cb"});
  const FunctionSummary *F = S.summary("cb");
  if (!F || F->freed.empty() || F->freed[0].inside.empty())
    return "nothing freed";
  return F->freed[0].inside[0].helper;
}

TEST(Outward, AFunctionThatDoesContainerOf) {
  EXPECT_EQ(helper("static inline struct shell *to_shell(struct core *c)\n{\n\treturn container_of(c, struct shell, in);\n}"), "to_shell");
  EXPECT_EQ(helper("static struct shell *to_shell(struct core *c)\n{\n\tstruct shell *s = container_of(c, struct shell, in);\n\n\treturn s;\n}"), "to_shell");
}

TEST(Outward, AMacroThatDoesContainerOf) {
  EXPECT_EQ(helper("#define to_shell(c) container_of(c, struct shell, in)"), "to_shell");
  EXPECT_EQ(helper("#define to_shell(c) (container_of((c), struct shell, \\\n\tin))"), "to_shell");
  EXPECT_EQ(helper("#define to_shell(c) plain_container_of(c, struct shell, in)"), "to_shell");
}

TEST(Outward, ContainerOfItselfIsNoHelper) { EXPECT_EQ(helper("", "container_of(i, struct shell, in)"), ""); }

TEST(Outward, AFunctionThatDoesMore) {
  EXPECT_EQ(helper("static inline struct shell *to_shell(struct core *c)\n{\n\treturn c ? container_of(c, struct shell, in) : NULL;\n}"), "");
  EXPECT_EQ(helper("static inline struct shell *to_shell(struct core *c)\n{\n\tbarrier();\n\treturn container_of(c, struct shell, in);\n}"), "");
  EXPECT_EQ(helper("static inline struct core *same(struct core *c) { return c; }\nstatic inline struct shell *to_shell(struct core *c)\n{\n\treturn container_of(same(c), struct shell, in);\n}"), "");
  EXPECT_EQ(helper("static inline struct shell *to_shell(struct core *c, int n)\n{\n\treturn container_of(c, struct shell, in);\n}", "to_shell(i, 0)"), "");
  EXPECT_EQ(helper("static inline struct shell *to_shell(void *c)\n{\n\treturn container_of((struct core *)c, struct shell, in);\n}"), "") << "it takes anything";
  EXPECT_EQ(helper("struct shell *to_shell(struct core *c)\n{\n\treturn container_of(c, struct shell, in);\n}"), "") << "not of this file alone";
}

TEST(Outward, AMacroThatNeedsMoreThanItsParameter) {
  EXPECT_EQ(helper("#define to_shell(c) container_of(i, struct shell, in)"), "") << "it takes the caller's variable";
  EXPECT_EQ(helper("#define to_shell(c) (!(c) ? NULL : container_of(c, struct shell, in))"), "");
  EXPECT_EQ(helper("#define to_shell(c, m) container_of(c, struct shell, m)", "to_shell(i, in)"), "");
  EXPECT_EQ(helper("#define to_shell() container_of(i, struct shell, in)", "to_shell()"), "");
}

} // namespace
} // namespace krcu::testing
