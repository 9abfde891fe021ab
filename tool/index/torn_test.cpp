// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/torn.h"
#include "gtest/gtest.h"

namespace krcu {
namespace {

const std::string Whole = "#include <linux/slab.h>\n#ifdef A\nstatic int f(void)\n{\n\tif (1) {\n\t\treturn '{';\n\t}\n\treturn 0; /* } */\n}\n#endif\n";

TEST(Torn, AWholeFile) {
  EXPECT_FALSE(endsInside(Whole));
  EXPECT_FALSE(endsInside(""));
  EXPECT_FALSE(endsInside("int a;"));
  EXPECT_FALSE(endsInside("char *s = \"/* {\";\n// /*\n"));
  EXPECT_FALSE(endsInside("int a; // see net/*\n"));
}

TEST(Torn, EveryCutInsideAConditional) {
  for (size_t At = Whole.find("#ifdef") + 7; At < Whole.find("#endif"); ++At)
    EXPECT_TRUE(endsInside(Whole.substr(0, At))) << At;
}

TEST(Torn, EveryCutInsideABlock) {
  const std::string Text = "static int f(void)\n{\n\tg(\"}\");\n\tif (1) {\n\t\treturn 1;\n\t}\n\treturn 0;\n}\n";
  for (size_t At = Text.find('{') + 1; At < Text.rfind('}'); ++At)
    EXPECT_TRUE(endsInside(Text.substr(0, At))) << At;
}

TEST(Torn, AComment) {
  EXPECT_TRUE(endsInside("int a;\n/* what stood"));
  EXPECT_TRUE(endsInside("int a; /* b */ /* what"));
  EXPECT_FALSE(endsInside("int a;\n/* what stood */"));
}

TEST(Torn, BracesThatBranchesShare) {
  EXPECT_FALSE(endsInside("void f(int a)\n{\n#ifdef A\n\tif (a) {\n#else\n\tif (!a) {\n#endif\n\t}\n}\n"));
  EXPECT_FALSE(endsInside("#ifdef A\nvoid f(int a) {\n#else\nvoid g(int a) {\n#endif\n}\n"));
  EXPECT_FALSE(endsInside("void f(int a)\n{\n#ifdef A\n\tif (a) {\n#endif\n\tg();\n#ifdef A\n\t}\n#endif\n}\n"));
  EXPECT_TRUE(endsInside("void f(int a)\n{\n#ifdef A\n\tif (a) {\n#else\n\tif (!a) {\n#endif\n\t}\n"));
}

} // namespace
} // namespace krcu
