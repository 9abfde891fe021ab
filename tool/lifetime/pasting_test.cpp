// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/lifetime/words.h"
#include "gtest/gtest.h"

namespace krcu {
namespace {

const char End[] = "#define END(n) kmem_cache_destroy(n##_cache)";

TEST(Pasting, ADefinitionAlone) {
  EXPECT_TRUE(canPaste(End, "foo_cache"));
  EXPECT_FALSE(canPaste(End, "foo_slab"));
  EXPECT_TRUE(canPaste("#define GLUE(a, b) a ## b", "anything"));
  EXPECT_TRUE(canPaste("#define GLUE(a, b) a \\\n\t## \\\n\tb", "anything"));
  EXPECT_FALSE(canPaste("#define SAY(f, ...) printk(f, ##__VA_ARGS__)", "foo_cache"));
  EXPECT_FALSE(canPaste("#define NAME foo_##x", "foo_cache"));
}

TEST(Pasting, AUseMakesOneName) {
  EXPECT_TRUE(canPaste(End, "(foo);", "foo_cache"));
  EXPECT_TRUE(canPaste(End, " ( foo ) ;", "foo_cache"));
  EXPECT_FALSE(canPaste(End, "(bar);", "foo_cache"));
  EXPECT_FALSE(canPaste(End, "(foo_cache);", "foo_cache")) << "that makes foo_cache_cache";
  EXPECT_TRUE(canPaste("#define E3(a, b, c) f(a##_##c, b)", "(foo, x(1, 2), cache);", "foo_cache"));
  EXPECT_FALSE(canPaste("#define E3(a, b, c) f(a##_##c, b)", "(foo, x(1, 2), cache);", "foo_x"));
  EXPECT_FALSE(canPaste("#define E3(a, b, c) f(a##_##c, b)", "(foo, x(1, 2), cache);", "foo_"));
}

TEST(Pasting, WhatIsNotAWordMayBeAnything) {
  EXPECT_TRUE(canPaste(End, "(P(foo));", "foo_cache"));
  EXPECT_TRUE(canPaste(End, "(foo", "foo_cache")) << "it does not close";
  EXPECT_TRUE(canPaste(End, "(bar, 2);", "foo_cache")) << "the numbers of arguments differ";
  EXPECT_TRUE(canPaste(End, ";", "foo_cache")) << "not called here";
}

} // namespace
} // namespace krcu
