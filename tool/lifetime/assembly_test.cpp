// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/lifetime/assembly.h"
#include "gtest/gtest.h"

namespace krcu {
namespace {

/// Lines of the assembly that can name foo_cache.
std::string naming(llvm::StringRef Text) {
  std::string Lines;
  for (const InlineAssembly &A : assemblyIn(Text))
    if (A.mayName("foo_cache"))
      Lines += (Lines.empty() ? "" : " ") + std::to_string(A.line);
  return Lines;
}

TEST(Assembly, ALabelNamesTheVariable) {
  EXPECT_EQ(naming("int a;\nextern struct kmem_cache *shadow __asm__(\"foo_cache\");\n"), "2");
  EXPECT_EQ(naming("extern struct kmem_cache *shadow asm (\n\t\"foo_cache\");\n"), "1");
  EXPECT_EQ(naming("extern struct kmem_cache *shadow __asm(\"_\" \"foo_cache2\");\n"), "");
}

TEST(Assembly, ATemplateNamesIt) {
  EXPECT_EQ(naming("void f(void)\n{\n\tasm volatile(\"mov foo_cache(%%rip), %0\" : \"=r\"(x) : \"i\"(sizeof(y)) : \"memory\");\n}\n"), "3");
  EXPECT_EQ(naming("asm volatile(\"nop; # \\\" foo_cache\\\"\" ::: \"memory\");\n"), "1");
  EXPECT_EQ(naming("asm goto inline(\"jmp %l0\" : : : : foo_cache);\n"), "") << "an operand is C";
}

TEST(Assembly, AMacroMayPutTheNameTogether) {
  EXPECT_EQ(naming("#define ALIAS(n) extern struct kmem_cache *n##_shadow asm(#n \"_cache\")\n"), "1");
  EXPECT_EQ(naming("#define ALIAS(n) \\\n\textern struct kmem_cache *n##_shadow asm(#n)\n"), "2");
  EXPECT_EQ(naming("extern struct kmem_cache *shadow asm(NAME_OF_IT);\n"), "1");
  EXPECT_EQ(naming("void f(void) { asm volatile(WAIT); }\n"), "") << "an instruction";
  EXPECT_EQ(naming("#define OP(op) asm volatile(LOCK #op \" %0\" : \"+m\"(v))\n"), "") << "no name of a variable has a blank";
}

TEST(Assembly, OtherWordsAreNone) {
  EXPECT_EQ(naming("int plasma(\"foo_cache\"); masm(\"foo_cache\"); asm_x(\"foo_cache\");"), "");
  EXPECT_EQ(naming("kmem_cache_create(\"foo_cache\", 8);"), "");
  EXPECT_EQ(naming("asm(\"foo_cache"), "") << "it does not end";
  EXPECT_EQ(naming("asm"), "");
}

} // namespace
} // namespace krcu
