// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/slim/typed.h"

#include "gtest/gtest.h"

namespace krcu::slim {
namespace {

/// Of which records the text says that the last "rcu" in it is a member.
std::set<std::string> recordsOfLast(const std::string &Code) {
  LexedText Text(Code);
  static const std::set<std::string> Members{"container_of"};
  static const std::set<std::string> Frees{"kfree_rcu"};
  TypedText Typed(Text, Members, Frees);
  for (size_t N = Text.tokens().size(); N > 0; --N)
    if (Text.tokens()[N - 1].text == "rcu")
      return Typed.recordsOf(N - 1);
  return {"no such name"};
}

using Tags = std::set<std::string>;

TEST(TypedText, AParameterAndALocalVariable) {
  EXPECT_EQ(recordsOfLast("int f(struct item *i)\n{\n\treturn i->rcu.func != 0;\n}\n"), Tags{"item"});
  EXPECT_EQ(recordsOfLast("int f(void)\n{\n\tstruct item __rcu *const i = first();\n\n\treturn g(&i->rcu);\n}\n"), Tags{"item"});
  EXPECT_EQ(recordsOfLast("int f(void)\n{\n\tstruct item i;\n\n\treturn g(&i.rcu);\n}\n"), Tags{"item"});
}

TEST(TypedText, ANameWithTwoTypesMayBeEither) {
  EXPECT_EQ(recordsOfLast("int f(struct item *i)\n{\n\tif (1) {\n\t\tstruct other *i = first();\n\t\treturn i->rcu.func != 0;\n\t}\n\treturn 0;\n}\n"), (Tags{"item", "other"}));
  EXPECT_EQ(recordsOfLast("#ifdef A\nint f(struct item *i)\n#else\nint f(struct other *i)\n#endif\n{\n\treturn i->rcu.func != 0;\n}\n"), (Tags{"item", "other"}));
}

TEST(TypedText, AnotherFunctionsVariableSaysNothing) {
  EXPECT_EQ(recordsOfLast("void g(struct item *i)\n{\n}\n\nint f(void)\n{\n\treturn i->rcu.func != 0;\n}\n"), Tags{});
  EXPECT_EQ(recordsOfLast("void g(struct item *i);\n\nint f(void)\n{\n\treturn i->rcu.func != 0;\n}\n"), Tags{});
}

TEST(TypedText, WhatTheTextDoesNotShow) {
  const std::string F = "int f(struct item *i)\n{\n\t";
  EXPECT_EQ(recordsOfLast("int f(item_t *i)\n{\n\treturn i->rcu.func != 0;\n}\n"), Tags{});
  EXPECT_EQ(recordsOfLast(F + "item_t *i = first();\n\n\treturn i->rcu.func != 0;\n}\n"), Tags{}) << "hidden by a variable of another type";
  EXPECT_EQ(recordsOfLast(F + "typeof(x) i = first();\n\n\treturn i->rcu.func != 0;\n}\n"), Tags{});
  EXPECT_EQ(recordsOfLast(F + "__auto_type i = first();\n\n\treturn i->rcu.func != 0;\n}\n"), Tags{});
  EXPECT_EQ(recordsOfLast(F + "return i->next->rcu.func != 0;\n}\n"), Tags{});
  EXPECT_EQ(recordsOfLast(F + "return first(i)->rcu.func != 0;\n}\n"), Tags{});
  EXPECT_EQ(recordsOfLast("#define i other\n" + F + "return i->rcu.func != 0;\n}\n"), Tags{});
  EXPECT_EQ(recordsOfLast("#define queued(i) ((i)->rcu)\n"), Tags{});
  EXPECT_EQ(recordsOfLast("struct item { int a; } first = { .rcu = 0 };\n"), Tags{});
}

TEST(TypedText, AMacroThatTakesATypeAndItsMember) {
  EXPECT_EQ(recordsOfLast("void f(struct head *h)\n{\n\tg(container_of(h, struct item, rcu));\n}\n"), Tags{"item"});
  EXPECT_EQ(recordsOfLast("void f(struct head *rcu)\n{\n\tg(container_of(rcu, struct item, head));\n}\n"), Tags{""});
  EXPECT_EQ(recordsOfLast("void f(struct head *h)\n{\n\tg(something(h, struct item, rcu));\n}\n"), Tags{});
  EXPECT_EQ(recordsOfLast("void f(struct item *i)\n{\n\tdrop(i, rcu);\n}\n"), Tags{});
}

TEST(TypedText, TheVariableThatIsFreed) {
  EXPECT_EQ(recordsOfLast("void f(struct item *i)\n{\n\tkfree_rcu(i, rcu);\n}\n"), Tags{"item"});
  EXPECT_EQ(recordsOfLast("void f(void)\n{\n\tstruct other *a;\n\tstruct item *i = first();\n\n\tif (i)\n\t\tkfree_rcu(i, rcu);\n}\n"), Tags{"item"});
}

TEST(TypedText, DeclaredTogether) {
  EXPECT_EQ(recordsOfLast("void f(void)\n{\n\tstruct item *a = NULL, *i = first(a, 1);\n\n\tkfree_rcu(i, rcu);\n}\n"), Tags{"item"});
  EXPECT_EQ(recordsOfLast("void f(void)\n{\n\tconst struct item *a, *i = first();\n\n\tkfree_rcu(i, rcu);\n}\n"), Tags{"item"});
  EXPECT_EQ(recordsOfLast("void f(void)\n{\n\tstruct item *i = first();\n\n\tuse(a, i);\n\tb = a * c, i;\n\tkfree_rcu(i, rcu);\n}\n"), Tags{"item"});
  EXPECT_EQ(recordsOfLast("void f(struct item *i)\n{\n\tif (1) {\n\t\titem_t *a, *i;\n\n\t\tkfree_rcu(i, rcu);\n\t}\n}\n"), Tags{}) << "hidden by a second variable of another type";
  EXPECT_EQ(recordsOfLast("void f(void)\n{\n\tstruct item *a = first(b, i);\n\n\tkfree_rcu(i, rcu);\n}\n"), Tags{}) << "an argument";
  EXPECT_EQ(recordsOfLast("void f(struct item *a, item_t *i)\n{\n\tkfree_rcu(i, rcu);\n}\n"), Tags{}) << "another parameter";
}

TEST(TypedText, TypeofInAnInitialiserDeclaresNothing) {
  EXPECT_EQ(recordsOfLast("void f(struct ref *r)\n{\n\tstruct item *i = container_of(r, typeof(*i), ref);\n\n\tkfree_rcu(i, rcu);\n}\n"), Tags{"item"});
  EXPECT_EQ(recordsOfLast("void f(struct ref *r)\n{\n\tstruct item *i = ({ typeof(other) i = first(); i; });\n\n\tkfree_rcu(i, rcu);\n}\n"), Tags{});
  EXPECT_EQ(recordsOfLast("void f(struct item *i)\n{\n\tfor (typeof(other) i = first(); i; i = i->next)\n\t\tkfree_rcu(i, rcu);\n}\n"), Tags{});
}

TEST(TypedText, AFreeThatDoesNotSayOfWhat) {
  const std::string F = "void f(struct item *i)\n{\n\t";
  EXPECT_EQ(recordsOfLast("void f(item_t *i)\n{\n\tkfree_rcu(i, rcu);\n}\n"), Tags{});
  EXPECT_EQ(recordsOfLast("void f(void)\n{\n\tkfree_rcu(i, rcu);\n}\n"), Tags{});
  EXPECT_EQ(recordsOfLast(F + "kfree_rcu(i->next, rcu);\n}\n"), Tags{});
  EXPECT_EQ(recordsOfLast(F + "kfree_rcu(first(i), rcu);\n}\n"), Tags{});
  EXPECT_EQ(recordsOfLast(F + "kfree_rcu((i), rcu);\n}\n"), Tags{});
  EXPECT_EQ(recordsOfLast(F + "struct other *u;\n\n\tkfree_rcu(i, u.rcu);\n}\n"), Tags{}) << "u is a member of the item";
  EXPECT_EQ(recordsOfLast("#define kfree_rcu(a, b) drop((a)->next, b)\n" + F + "kfree_rcu(i, rcu);\n}\n"), Tags{});
}

TEST(TypedText, AVariableOfAnotherBlockHasEnded) {
  EXPECT_EQ(recordsOfLast("void f(void)\n{\n\tif (1) {\n\t\tstruct item *i = first();\n\t\tuse(i);\n\t}\n\tkfree_rcu(i, rcu);\n}\n"), Tags{});
  EXPECT_EQ(recordsOfLast("void f(void)\n{\n\tif (1) {\n\t\tstruct item *i = first();\n\t\tif (i) {\n\t\t\tkfree_rcu(i, rcu);\n\t\t}\n\t}\n}\n"), Tags{"item"});
}

} // namespace
} // namespace krcu::slim
