// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/lifetime/macro_text.h"
#include "gtest/gtest.h"
#include <deque>

namespace krcu {
namespace {

/// Whether a use of a macro can make the word; `the` is a macro that nobody knows, M_X is "item".
class Makes : public testing::Test {
protected:
  Makes(std::initializer_list<const char *> Directives) {
    for (const char *D : Directives)
      Table.add(Texts.emplace_back(readMacro(D)));
  }
  bool can(const char *Macro, const char *Behind, const char *Word) {
    auto Expand = [](const std::string &Name) { return Name == "the" ? NameMaker::Anything : Name == "M_X" ? "item" : Name; };
    return NameMaker(Table, Word, Expand).makes(Macro, argumentsOf(Behind));
  }
  /// The same of a use with arguments that are not known: asked for the word, and by what was found out without it.
  bool canMake(const std::string &Macro, const char *Word) { return NameMaker(Table, Word, asItIs).makes(Macro, std::nullopt); }
  bool fitsTrace(const std::string &Macro, const char *Word) {
    return llvm::any_of(NameMaker(Table, "\x01", asItIs).traced(Macro, "").patterns, [&](const std::string &P) { return NameMaker::canBe(P, Word); });
  }
  std::vector<std::string> unknownIn(const std::string &Macro) { return NameMaker(Table, "\x01", asItIs).traced(Macro, "").unknown; }
  std::vector<std::string> names() const { return Table.names(); }

private:
  static std::string asItIs(const std::string &Name) { return Name; }
  std::deque<MacroText> Texts;
  MacroTable Table;
};

struct Joined : Makes {
  Joined()
      : Makes({"#define end(n) kmem_cache_destroy(n##_cache)", "#define join(a, b) a ## \\\n\tb", "#define by(n) join(n, _cache)", "#define again(n) by(n)",
               "#define three(a, b) a##_##b", "#define many(n, ...) f(n##_##__VA_ARGS__)", "#define THE join(item, _cache)", "#define loop(n) loop2(n)",
               "#define loop2(n) loop(n)", "#define halves(n) join(n##_ca, che)", "#define nested(n) again2(join(my_, n))",
               "#define again2(n) by(n)", "#define two(n) n##_slab", "#define two(n, x) n##_cache", "#define say(f, ...) printk(f, ##__VA_ARGS__)"}) {}
};

TEST_F(Joined, AChainIsAPattern) {
  EXPECT_TRUE(can("end", "(item)", "item_cache"));
  EXPECT_FALSE(can("end", "(item)", "tool_cache"));
  EXPECT_FALSE(can("end", "(item_cache)", "item_cache")) << "that makes item_cache_cache";
  EXPECT_TRUE(can("end", "(x(1, 2))", "item_cache"));
  EXPECT_FALSE(can("end", "(x(1, 2))", "item_slab"));
  EXPECT_TRUE(can("join", "( it , em )", "item"));
  EXPECT_FALSE(can("join", "(it, (1))", "tool"));
  EXPECT_TRUE(can("three", "(item, cache)", "item_cache"));
  EXPECT_FALSE(can("three", "(?, ?)", "item"));
  EXPECT_TRUE(can("many", "(item, cache)", "item_cache"));
  EXPECT_FALSE(can("say", "(\"%d\", item)", "item"));
}

TEST_F(Joined, AnArgumentIsAMacroOnlyBehindAnother) {
  EXPECT_FALSE(can("end", "(the)", "item_cache")) << "that makes the_cache";
  EXPECT_TRUE(can("by", "(the)", "item_cache"));
  EXPECT_TRUE(can("again", "(M_X)", "item_cache"));
  EXPECT_FALSE(can("again", "(M_X)", "tool_cache"));
  EXPECT_TRUE(can("again", "(the)", "tool_cache"));
  EXPECT_FALSE(can("again", "(the)", "item_slab"));
  EXPECT_FALSE(can("again", "(item)", "tool_cache"));
  EXPECT_TRUE(can("again", "(item)", "item_cache"));
}

TEST_F(Joined, WhatIsFoundOutForEveryWordSaysTheSame) {
  for (const std::string &Macro : names())
    for (const char *Word : {"item_cache", "tool_slab", "item", "_cache", "x_y", "my_item_cache", "cache_item", "i"})
      EXPECT_EQ(fitsTrace(Macro, Word), canMake(Macro, Word)) << Macro << " " << Word;
  EXPECT_TRUE(fitsTrace("join", "anything"));
  EXPECT_TRUE(fitsTrace("by", "item_cache"));
  EXPECT_FALSE(fitsTrace("by", "item_slab"));
  EXPECT_FALSE(fitsTrace("THE", "tool_cache"));
  EXPECT_TRUE(fitsTrace("loop", "tool")) << "it never ends, so nothing is known";
}

TEST_F(Joined, WordsThatAreNoMacrosAreNamed) {
  EXPECT_EQ(unknownIn("end"), (std::vector<std::string>{"_cache", "kmem_cache_destroy"})) << "a word that ## joins is one, too";
  EXPECT_EQ(unknownIn("say"), std::vector<std::string>{"printk"});
  EXPECT_TRUE(unknownIn("join").empty());
}

TEST_F(Joined, OtherShapes) {
  EXPECT_TRUE(can("THE", ";", "item_cache"));
  EXPECT_FALSE(can("THE", ";", "tool_cache"));
  EXPECT_TRUE(can("halves", "(item)", "item_cache"));
  EXPECT_TRUE(can("many", "(item, a, b)", "item_a")) << "nothing is known of what several become";
  EXPECT_FALSE(can("two", "(item)", "item_cache")) << "the definition with one parameter is meant";
  EXPECT_TRUE(can("two", "(item)", "item_slab"));
  EXPECT_TRUE(can("two", "(item, 1)", "item_cache"));
  EXPECT_TRUE(can("two", "(item, 1, 2)", "item_cache")) << "what that means is not known";
  EXPECT_TRUE(can("nested", "(item)", "my_item_cache"));
  EXPECT_FALSE(can("nested", "(item)", "item_cache"));
  EXPECT_FALSE(can("nested", "(x(1))", "item_cache"));
  EXPECT_TRUE(can("nested", "(x(1))", "my_any_cache"));
  EXPECT_TRUE(can("end", ";", "item_cache")) << "its arguments are not known";
  EXPECT_TRUE(can("loop", "(item)", "item_cache")) << "it never ends, so nothing is known";
  EXPECT_FALSE(can("unknown", "(item)", "item_cache"));
}

TEST(MacroText, WhoseDefinitionsCount) {
  EXPECT_TRUE(ownMacros("#define OPS(n) f_##n\nOPS(a)\n").contains("OPS"));
  EXPECT_TRUE(ownMacros("#ifndef ITEM_H\n#define ITEM_H\n#ifdef WIDE\n#define OPS(n) f_##n\nOPS(a)\n#if 1\nOPS(b)\n#endif\n#undef OPS\n#define OPS(n) g_##n\nOPS(c)\n#undef OPS\n#endif\n#endif\n").contains("OPS"));
  EXPECT_FALSE(ownMacros("OPS(a)\n").contains("OPS"));
  EXPECT_FALSE(ownMacros("OPS(a)\n#undef OPS\n#define OPS(n) f_##n\n").contains("OPS")) << "one that was there before is used first";
  EXPECT_FALSE(ownMacros("#ifndef OPS\n#define OPS(n) f_##n\n#endif\nOPS(a)\n").contains("OPS")) << "somebody else may have defined it";
  EXPECT_FALSE(ownMacros("#ifdef WIDE\n#define OPS(n) f_##n\n#endif\nOPS(a)\n").contains("OPS"));
  EXPECT_FALSE(ownMacros("#ifdef WIDE\n#define OPS(n) f_##n\n#else\nOPS(a)\n#endif\n").contains("OPS"));
  EXPECT_FALSE(ownMacros("#define OPS2(n) f_##n\n").contains("OPS"));
}

TEST(MacroText, OthersDefinitionsDoNotCountWhereAFileHasItsOwn) {
  std::deque<MacroText> Texts;
  MacroTable Table;
  auto Add = [&](const char *Directive, const char *File) {
    Texts.push_back(readMacro(Directive));
    Texts.back().file = File;
    Table.add(Texts.back());
  };
  Add("#define OPS(n) n##_cache", "other.h");
  Add("#define OPS(n) get_##n", "own.h");
  Add("#define BOTH(n) OPS(n)", "own.h");
  auto Can = [&](const char *Macro, const char *File, const char *Word) {
    auto Owns = [](const std::string &File, const std::string &Name) { return File == "own.h" && Name == "OPS"; };
    return NameMaker(Table, Word, [](const std::string &Name) { return Name; }, Owns).makes(Macro, argumentsOf("(item)"), File);
  };
  EXPECT_TRUE(Can("OPS", "user.c", "item_cache"));
  EXPECT_TRUE(Can("OPS", "user.c", "get_item"));
  EXPECT_FALSE(Can("OPS", "own.h", "item_cache"));
  EXPECT_TRUE(Can("OPS", "own.h", "get_item"));
  EXPECT_FALSE(Can("BOTH", "user.c", "item_cache")) << "as its file has it";
  EXPECT_TRUE(Can("BOTH", "user.c", "get_item"));
}

TEST(MacroText, TornDirectivesAreRead) {
  EXPECT_EQ(readMacro("#define").name, "");
  EXPECT_EQ(readMacro("#define x(").parameters.size(), 0u);
  EXPECT_EQ(readMacro("#define x(a, b").parameters.size(), 2u);
  EXPECT_EQ(readMacro("# define x(a...) a##1").chains.size(), 1u);
  EXPECT_EQ(argumentsOf("(a, (b, c), )"), (std::vector<std::string>{"a", "(b, c)", ""}));
  EXPECT_EQ(argumentsOf("(a"), std::nullopt);
}

} // namespace
} // namespace krcu
