// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The outline, single tokens and the stack of #if, on snippets that each show one trap.
#include "tool/index/outline.h"

#include "gtest/gtest.h"

using namespace krcu;

namespace {

using Strings = std::vector<std::string>;

/// "name@line[body text]" of every function.
Strings functions(const std::string &Text) {
  Strings Out;
  for (const OutlineFunction &F : outlineOf(Text).functions)
    Out.push_back(F.name + "@" + std::to_string(F.line) +
                  Text.substr(F.body_begin, F.body_end - F.body_begin));
  return Out;
}

TEST(Outline, PlainFunctions) {
  EXPECT_EQ(functions("int a;\nstatic int f(int x)\n{ return x; }\nvoid g(void) {}\n"),
            (Strings{"f@2{ return x; }", "g@4{}"}));
}

TEST(Outline, IdentifiersOfBodyAndParameters) {
  Outline O = outlineOf("static int f(struct s *p)\n{\n\treturn g(p->x) + \"no\"[0]; /* not */\n}\n");
  ASSERT_EQ(O.functions.size(), 1u);
  EXPECT_EQ(O.functions[0].identifiers, (Strings{"g", "p", "return", "s", "struct", "x"}));
  EXPECT_EQ(O.top_level_identifiers, (Strings{"f", "int", "p", "s", "static", "struct"}));
}

TEST(Outline, StaticAndTheBeginningOfTheDeclaration) {
  std::string Text = "EXPORT_SYMBOL(e)\nstatic __printf(1, 2) int f(int x)\n{}\nint g(void)\n{}\n";
  Outline O = outlineOf(Text);
  ASSERT_EQ(O.functions.size(), 2u);
  EXPECT_TRUE(O.functions[0].is_static);
  EXPECT_EQ(O.functions[0].decl_begin, Text.find("static"));
  EXPECT_FALSE(O.functions[1].is_static);
  EXPECT_EQ(O.functions[1].decl_begin, Text.find("int g"));
  EXPECT_EQ(O.functions[1].name_begin, Text.find("g(void)"));
}

TEST(Outline, TrailingAttributesAreNotTheName) {
  EXPECT_EQ(
      functions("void f(void) __releases(a) __acquires(b)\n{}\nvoid g(void) __attribute__((cold))\n{}\n"),
      (Strings{"f@1{}", "g@3{}"}));
}

TEST(Outline, NamesWithUnderscoresAreNames) {
  EXPECT_EQ(functions("static void __f(void)\n{}\n__printf(1, 2) __cold void __g(const char *s)\n{}\n"),
            (Strings{"__f@1{}", "__g@3{}"}));
}

TEST(Outline, FunctionsMadeByAMacroCarryItsName) {
  Outline O = outlineOf("SYSCALL_DEFINE2(thing, int, fd, int, how)\n{ use(fd); }\n");
  ASSERT_EQ(O.functions.size(), 1u);
  EXPECT_EQ(O.functions[0].name, "SYSCALL_DEFINE2");
  EXPECT_EQ(O.functions[0].identifiers, (Strings{"fd", "how", "int", "thing", "use"}));
}

TEST(Outline, FunctionsReturningFunctionPointers) {
  EXPECT_EQ(functions("static void (*get(int a))(int)\n{}\nvoid (paren)(int a)\n{}\n"),
            (Strings{"get@1{}", "paren@3{}"}));
}

TEST(Outline, StructuresInitialisersAndCompoundMacrosAreNoFunctions) {
  EXPECT_EQ(functions("struct s { int (*cb)(int); };\nstruct s t = { .cb = f };\nenum e { A = B(1) };\n"
                      "DECLARE(x)\nstruct u { int a; };\nint v[] = { C(1), };\n"),
            Strings{});
}

TEST(Outline, AMacroCallWithMembersAndASemicolonIsAType) {
  EXPECT_EQ(functions("lock_struct(raw_lock) {\n\tint owner; /* while = held */\n\tunion { int a; long b; };\n};\nint f(void)\n{ return 1; }\n"),
            (Strings{"f@5{ return 1; }"}));
  EXPECT_EQ(functions("lock_struct(none) { };\nint g(void) {}\n"), (Strings{"g@2{}"}));
}

TEST(Outline, AFunctionOfAMacroWithAStraySemicolonStaysAFunction) {
  EXPECT_EQ(functions("DEFINE_CALL(frob, int, a)\n{ return a; };\n"), (Strings{"DEFINE_CALL@1{ return a; }"}));
  EXPECT_EQ(functions("DEFINE_CALL(frob, int, a)\n{ x = a; };\n"), (Strings{"DEFINE_CALL@1{ x = a; }"}));
  EXPECT_EQ(functions("int f(void) { int unused; };\n"), (Strings{"f@1{ int unused; }"})); // a type stands before the name
}

TEST(Outline, TwoHeadsThatOpenTheBraceTwice) {
  std::string Text =
      "#ifdef A\nint f(int x)\n{\n#else\nint f(void)\n{\n#endif\n\treturn 0;\n}\nint g(void)\n{}\n";
  Outline O = outlineOf(Text);
  ASSERT_EQ(O.functions.size(), 3u);
  uint32_t End = static_cast<uint32_t>(Text.find("}\nint g")) + 1;
  EXPECT_EQ(O.functions[0].line, 2u);
  EXPECT_EQ(O.functions[0].body_end, End);
  EXPECT_EQ(O.functions[1].line, 5u);
  EXPECT_EQ(O.functions[1].body_end, End);
  EXPECT_EQ(O.functions[2].name, "g");
}

TEST(Outline, TwoHeadsAndOneBrace) {
  EXPECT_EQ(functions("#ifdef A\nint f(int x)\n#else\nint h(void)\n#endif\n{ a; }\n"),
            (Strings{"f@2{ a; }", "h@4{ a; }"}));
}

TEST(Outline, StorageClassUnderIf) {
  Outline O = outlineOf("#ifndef A\nstatic\n#endif\nint f(void)\n{}\n");
  ASSERT_EQ(O.functions.size(), 1u);
  EXPECT_TRUE(O.functions[0].is_static);
}

TEST(Outline, ABraceOpenedInTwoBranchesOfAStatement) {
  EXPECT_EQ(functions("int f(void)\n{\n#ifdef A\n\tif (a) {\n#else\n\tif (b) {\n#endif\n\t\tc;\n\t}\n}\nint "
                      "g(void)\n{}\n")
                .size(),
            2u);
}

TEST(Outline, ABraceOpenedAndClosedUnderSeparateIfs) {
  EXPECT_EQ(
      functions(
          "int f(void)\n{\n#ifdef A\n\tif (a) {\n#endif\n\t\tc;\n#ifdef A\n\t}\n#endif\n}\nint g(void)\n{}\n")
          .size(),
      2u);
}

TEST(Outline, OppositeBranchesAreSetRightByABraceInColumnOne) {
  Outline O = outlineOf(
      "int f(void)\n{\n#ifdef A\n\tif (a) {\n#endif\n\t\tc;\n#ifndef A\n\tif (b)\n#endif\n\t\td;\n}\n"
      "int g(void)\n{}\n");
  ASSERT_EQ(O.functions.size(), 2u);
  EXPECT_EQ(O.functions[1].name, "g");
}

TEST(Outline, BranchesThatCannotBeTakenDoNotCount) {
  EXPECT_EQ(
      functions("#ifdef __cplusplus\nextern \"C\" {\n#endif\nint f(void)\n{}\n#ifdef __cplusplus\n}\n#endif\n"
                "#if 0\nint dead(void)\n{\n\tif (x) {\n#endif\nint g(void)\n{}\n")
          .back(),
      "g@14{}");
}

TEST(Outline, MacrosWithTheirIdentifiers) {
  Outline O =
      outlineOf("#define PLAIN (a + B)\n#define FN(x, y) \\\n\tdo_it(x, \\\n\t      other)\n#define EMPTY\n");
  ASSERT_EQ(O.macros.size(), 3u);
  EXPECT_EQ(O.macros[0].identifiers, (Strings{"B", "a"}));
  EXPECT_EQ(O.macros[1].name, "FN");
  EXPECT_EQ(O.macros[1].line, 2u);
  EXPECT_EQ(O.macros[1].identifiers, (Strings{"do_it", "other", "x"}));
  EXPECT_TRUE(O.macros[2].identifiers.empty());
}

TEST(Outline, Includes) {
  Outline O = outlineOf("#include <linux/a-b.h> // x\n# include \"c.h\"\n#include MACRO\n#include <broken\n");
  std::vector<std::pair<unsigned, std::string>> Want = {{1, "linux/a-b.h"}, {2, "c.h"}};
  EXPECT_EQ(O.includes, Want);
}

TEST(Outline, BracesInMacrosDoNotCount) {
  EXPECT_EQ(functions("int f(void)\n{\n#define OPEN if (x) {\n\ta;\n}\nint g(void)\n{}\n").size(), 2u);
}

// --- bad input

TEST(Outline, UnterminatedCommentKeepsWhatWasBefore) {
  EXPECT_EQ(functions("int f(void)\n{}\n/* never closed\nint g(void)\n{}\n"), (Strings{"f@1{}"}));
}

TEST(Outline, AnUnfinishedBodyEndsWithTheFile) {
  EXPECT_EQ(functions("int f(void)\n{ if (x) {"), (Strings{"f@1{ if (x) {"}));
}

TEST(Outline, ZerosAndInvalidUtf8) {
  EXPECT_TRUE(outlineOf(std::string(100000, '\0')).functions.empty());
  EXPECT_EQ(functions(std::string("\xff\xfe\0\0 ", 5) + "int f(void)\n{ \xc3; }\n").size(), 1u);
}

TEST(Outline, StrayDirectivesAndBraces) {
  EXPECT_EQ(functions("#endif\n#else\n}\n}}\n)\n#elif X\nint f(void)\n{}\n#if"), (Strings{"f@7{}"}));
}

TEST(Outline, DeepNestingCostsNoMemory) {
  std::string Text;
  for (int I = 0; I < 100000; ++I)
    Text += "#if A\n{";
  EXPECT_TRUE(outlineOf(Text).functions.empty());
  EXPECT_LE(conditionsAround(Text, 100001).size(), 256u);
}

TEST(Outline, ATextWithoutANulBehindIt) {
  std::string Text = "int f(void)\n{}\nint g(void)\n{}\n";
  llvm::StringRef Cut = llvm::StringRef(Text).take_front(Text.find("int g") + 5);
  EXPECT_EQ(outlineOf(Cut).functions.size(), 1u);
  EXPECT_EQ(outlineOf(Cut).top_level_identifiers, (Strings{"f", "g", "int", "void"}));
}

// --- findTokens

TEST(FindTokens, PlaceAndSurroundings) {
  auto Tokens =
      findTokens("/* w */ int w;\nint f(void)\n{\n\tp->w = q.w + w (1) + \"w\";\n}\n#define M w\n", "w");
  ASSERT_EQ(Tokens.size(), 5u);
  EXPECT_EQ(Tokens[0].line, 1u);
  EXPECT_EQ(Tokens[0].column, 13u);
  EXPECT_EQ(Tokens[0].function, -1);
  EXPECT_TRUE(Tokens[1].after_member_access);
  EXPECT_FALSE(Tokens[1].before_paren);
  EXPECT_EQ(Tokens[1].function, 0);
  EXPECT_TRUE(Tokens[2].after_member_access);
  EXPECT_FALSE(Tokens[3].after_member_access);
  EXPECT_TRUE(Tokens[3].before_paren);
  EXPECT_FALSE(Tokens[3].in_directive);
  EXPECT_TRUE(Tokens[4].in_directive);
  EXPECT_EQ(Tokens[4].function, -1);
}

TEST(FindTokens, AWordBrokenOverTwoLines) {
  auto Tokens = findTokens("int call_\\\nrcu;\n", "call_rcu");
  ASSERT_EQ(Tokens.size(), 1u);
  EXPECT_EQ(Tokens[0].offset, 4u);
}

TEST(FindTokens, ADirectiveIsNoNeighbour) {
  auto Tokens = findTokens("#define M w\n(x);\nint a = w\n#ifdef X\n(1)\n#endif\n;\n", "w");
  ASSERT_EQ(Tokens.size(), 2u);
  EXPECT_FALSE(Tokens[0].before_paren);
  EXPECT_TRUE(Tokens[1].before_paren);
}

// --- conditionsAround

TEST(Conditions, OutermostFirst) {
  EXPECT_EQ(
      conditionsAround("#if A > 3 && \\\n\tdefined(B) /* why */\n#ifdef C\nx\n#endif\ny\n#endif\nz\n", 4),
      (Strings{"A > 3 && defined(B)", "defined(C)"}));
}

TEST(Conditions, ElseNegates) {
  std::string Text =
      "#ifdef A\na\n#else\nb\n#endif\n#ifndef A\nc\n#else\nd\n#endif\n#if X > 3\ne\n#else\nf\n#endif\n";
  EXPECT_EQ(conditionsAround(Text, 2), (Strings{"defined(A)"}));
  EXPECT_EQ(conditionsAround(Text, 4), (Strings{"!defined(A)"}));
  EXPECT_EQ(conditionsAround(Text, 7), (Strings{"!defined(A)"}));
  EXPECT_EQ(conditionsAround(Text, 9), (Strings{"defined(A)"}));
  EXPECT_EQ(conditionsAround(Text, 14), (Strings{"!(X > 3)"}));
}

TEST(Conditions, ElifKeepsTheNegationsOfEarlierBranches) {
  std::string Text = "#if A\na\n#elif B\nb\n#else\nc\n#endif\nd\n";
  EXPECT_EQ(conditionsAround(Text, 4), (Strings{"!(A)", "B"}));
  EXPECT_EQ(conditionsAround(Text, 6), (Strings{"!(A)", "!(B)"}));
  EXPECT_EQ(conditionsAround(Text, 8), Strings{});
}

TEST(Conditions, AnIncludeGuardIsNone) {
  EXPECT_EQ(conditionsAround("/* head */\n#ifndef X_H\n#define X_H\nx\n#endif\n", 4), Strings{});
  EXPECT_EQ(conditionsAround("#ifndef X_H\nx\n#endif\n", 2), (Strings{"!defined(X_H)"}));
}

TEST(Conditions, InCommentsAndStringsAreNone) {
  EXPECT_EQ(conditionsAround("/*\n#if A\n*/\nx\n", 4), Strings{});
}

} // namespace
