// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/globals.h"
#include "tool/index/test_tree.h"

using namespace krcu;

namespace {

std::string globals(const std::string &Text) {
  std::string Out;
  for (const std::string &Name : globalsOf(Text))
    Out += (Out.empty() ? "" : " ") + Name;
  return Out;
}

TEST(Globals, FunctionsAndVariables) {
  EXPECT_EQ(globals("int f(void)\n{\n\tint local;\n\treturn local;\n}\nint a, *b = &a, c[3];\nstruct s { int m; } d = { .m = 1 }, e;\n"), "a b c d e f");
  EXPECT_EQ(globals("struct kmem_cache *cache __read_mostly;\nEXPORT_SYMBOL(cache);\nMODULE_LICENSE(\"GPL\");\n"), "cache");
  EXPECT_EQ(globals("#ifdef A\nint a = x, b;\n#else\nlong a;\n#endif\n"), "a b");
}

TEST(Globals, WhatIsNotTheirs) {
  EXPECT_EQ(globals("static int a;\nextern int b;\ntypedef int c;\nint d(void);\nstruct e;\nenum f { G, H };\nstatic int g(void)\n{\n\treturn 0;\n}\n"
                    "static inline int i(void)\n{\n\treturn 0;\n}\n#define j int k;\n/* int l; */\n"),
            "");
}

class ForcedIncludes : public TestTree {};

TEST_F(ForcedIncludes, CountAsLines) {
  write("drv/a.c", "int a;\n");
  write("drv/glue.h", "#include \"more.h\"\n");
  write("drv/more.h", "int more;\n");
  auto I = build();
  I->addInclude(static_cast<uint32_t>(I->find("drv/a.c")), "drv/glue.h");
  EXPECT_EQ(paths(*I, I->includersOf("drv/glue.h")), Strings{"drv/a.c"});
  EXPECT_EQ(paths(*I, I->transitiveIncludersOf("drv/more.h")), (Strings{"drv/a.c", "drv/glue.h"}));
}

TEST_F(ForcedIncludes, ANameInAMacroCounts) {
  write("drv/a.c", "#ifdef A\n#define END \"end.inc\"\n#else\n# define END <linux/other.h>\n#endif\n#include END\n");
  write("drv/b.c", "#define OTHER \"end.inc\"\n#include END_OF_THE_BUILD\n");
  write("drv/end.inc", "int end;\n");
  write("include/linux/other.h", "int other;\n");
  auto I = build();
  EXPECT_EQ(paths(*I, I->includersOf("drv/end.inc")), Strings{"drv/a.c"});
  EXPECT_EQ(paths(*I, I->includersOf("include/linux/other.h")), Strings{"drv/a.c"});
}

} // namespace
