// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the parser is shown of a file: unwanted bodies blank, everything else where it was.
#include "tool/frontend/blank.h"
#include "gtest/gtest.h"

namespace krcu {
namespace {

std::string blank(const std::string &Text, const std::set<std::string> &Words, const std::set<std::string> &Names = {}) {
  BodyFilter F;
  F.words = Words;
  F.names = Names;
  std::string Result = blankUnwanted(Text, outlineOf(Text), F);
  EXPECT_EQ(Result.size(), Text.size());
  EXPECT_EQ(std::count(Result.begin(), Result.end(), '\n'), std::count(Text.begin(), Text.end(), '\n'));
  return Result;
}

TEST(Blank, AnUnwantedBodyIsBlankAndMarked) {
  EXPECT_EQ(blank("int f(void)\n{\n\treturn g();\n}\n", {"h"}), "int f(void)\n{\n@           \n}\n");
}

TEST(Blank, ABodyThatMentionsAWordStays) {
  std::string Text = "int f(void)\n{\n\treturn h();\n}\n";
  EXPECT_EQ(blank(Text, {"h"}), Text);
}

TEST(Blank, ABodyThatMentionsAMacroOfTheWordStays) {
  std::string Text = "#define GO() h()\nint f(void)\n{\n\treturn GO();\n}\n";
  EXPECT_EQ(blank(Text, {"h"}), Text);
}

TEST(Blank, AFunctionAskedForByNameStays) {
  std::string Text = "int f(void)\n{\n\treturn g();\n}\n";
  EXPECT_EQ(blank(Text, {}, {"f"}), Text);
}

TEST(Blank, TheNameMayBeAnArgumentOfTheMacroThatMakesTheFunction) {
  std::string Text = "DEFINE_IT(f, int)\n{\n\treturn g();\n}\n";
  EXPECT_EQ(blank(Text, {}, {"f"}), Text);
}

TEST(Blank, DirectivesStay) {
  EXPECT_EQ(blank("int f(void)\n{\n\tint a = '#';\n#define K \\\n\t1\n\t/* # \"*/ s(\"\\\"#\");\n#ifdef A\n\t{\n#else\n\t{ {}\n#endif\n\t}\n}\n", {}),
            "int f(void)\n{\n@            \n#define K \\\n\t1\n                   \n#ifdef A\n  \n#else\n     \n#endif\n  \n}\n");
}

TEST(Blank, ADirectiveThatOpensAComment) {
  std::string Text = "int f(void)\n{\n#define A 1 /* goes\n\ton */\n\treturn 1;\n}\n";
  EXPECT_EQ(blank(Text, {}), Text);
}

TEST(Blank, HeadsThatShareABodyStay) {
  std::string Text = "#ifdef A\nint f(void)\n{\n#else\nint g(void)\n{\n#endif\n\treturn 1;\n}\n";
  EXPECT_EQ(blank(Text, {}), Text);
}

TEST(Blank, AnOddEndStays) {
  std::string Text = "int f(void)\n{\n\tBEGIN {\n\tEND\n}\nint g(void)\n{\n\treturn 2;\n}\n";
  EXPECT_EQ(blank(Text, {}), Text); // where the braces do not pair up, nothing is certain
}

TEST(Blank, ABodyOnOneLine) {
  EXPECT_EQ(blank("static inline int f(void) { return 1; }\nint a;\n", {}), "static inline int f(void) {@          }\nint a;\n");
}

TEST(Blank, AnEmptyBodyStays) {
  std::string Text = "static inline void f(void) { }\nstatic inline void g(void) {}\n";
  EXPECT_EQ(blank(Text, {}), Text);
}

TEST(BlankHeaders, OneTextForAll) {
  BlankHeaders Headers;
  auto First = Headers.get("a.h", "static inline int f(void) { return 1; }\n");
  ASSERT_TRUE(First);
  EXPECT_EQ(*First, "static inline int f(void) {@          }\n");
  EXPECT_EQ(Headers.get("a.h", "static inline int f(void) { return 1; }\n"), First);
  EXPECT_FALSE(Headers.get("b.h", "struct s { int a; };\n"));
}

TEST(WantedBodies, AFunctionMadeByAMacroGoesByTheMacrosName) {
  std::string Text = "DEFINE_IT(f, int)\n{\n\treturn h();\n}\nint g(void)\n{\n\treturn 1;\n}\n";
  BodyFilter F;
  F.words = {"h"};
  WantedBodies W(outlineOf(Text), F);
  EXPECT_TRUE(W.wantsAt(0, "__do_f"));
  EXPECT_FALSE(W.wantsAt(static_cast<uint32_t>(Text.find("g(void)")), "g"));
  EXPECT_TRUE(W.wantsAt(3, "of_no_outline"));
}

} // namespace
} // namespace krcu
