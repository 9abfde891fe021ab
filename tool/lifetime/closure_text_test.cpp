// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/lifetime/closure_text.h"
#include "gtest/gtest.h"

namespace krcu {
namespace {

TEST(ClosureText, OfNothing) {
  ClosureText T("");
  EXPECT_FALSE(T.torn);
  EXPECT_TRUE(T.quoted.empty() && T.assembly.empty() && T.pastes.empty());
}

TEST(ClosureText, QuotedIncludesAsTheyAreWritten) {
  ClosureText T("#include <linux/slab.h>\n#include \"a.inc\"\n#include\t \"../b/c.h\" // d\n# include \"spaced.h\"\n#include_next \"e.h\"\n");
  EXPECT_EQ(T.quoted, (std::vector<std::string>{"a.inc", "../b/c.h", "spaced.h"}));
}

TEST(ClosureText, EveryPasteWithItsMacroAndLine) {
  const std::string Text = "int a;\n#define END(n) \\\n\tdestroy(n##_cache); \\\n\tdrop(n##_list)\nint b; /* ## of nobody */\n#if 0 // ##\n#endif\n#define OF(a, b) a ## b\n";
  ClosureText T(Text);
  ASSERT_EQ(T.pastes.size(), 3u);
  EXPECT_EQ(T.pastes[0].macro.name, "END");
  EXPECT_EQ(T.pastes[0].line, 3u);
  EXPECT_EQ(T.pastes[1].line, 4u);
  EXPECT_EQ(T.pastes[0].begin, 7u);
  EXPECT_EQ(T.pastes[0].macro, T.pastes[1].macro);
  EXPECT_EQ(T.pastes[2].macro.name, "OF");
  EXPECT_EQ(T.pastes[2].line, 8u);
  EXPECT_EQ(T.pastes[2].begin, Text.find("#define OF"));
}

TEST(ClosureText, KeepsNothingOfTheText) {
  auto Text = std::make_unique<std::string>("extern int *shadow asm(\"foo_cache\");\nvoid f(void)\n{\n");
  ClosureText T(*Text);
  Text.reset();
  EXPECT_TRUE(T.torn);
  ASSERT_EQ(T.assembly.size(), 1u);
  EXPECT_TRUE(T.assembly[0].text.empty());
  EXPECT_TRUE(T.assembly[0].mayName("foo_cache"));
}

} // namespace
} // namespace krcu
