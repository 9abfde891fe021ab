// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/unload/flow.h"
#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"

using namespace krcu;

namespace {

/// The calls of f() in order; those that are not made on every path in brackets.
std::string calls(const std::string &Body, Flow *Made = nullptr) {
  std::string Text = "static int f(struct item *item, int n)\n{\n" + Body + "\n}\n";
  Outline O = outlineOf(Text);
  EXPECT_EQ(O.functions.size(), 1u);
  Flow G = flowOf(Text, O.functions.at(0));
  std::string Result;
  for (unsigned N = 0; N < G.nodes.size(); ++N)
    if (G.nodes[N].kind == FlowNode::Call)
      Result += (Result.empty() ? "" : " ") + (G.always(N) ? G.nodes[N].call.name : "[" + G.nodes[N].call.name + "]");
  if (Made)
    *Made = std::move(G);
  return Result;
}

TEST(Flow, BranchesAndLoops) {
  EXPECT_EQ(calls("a(); if (b()) c(); else d(); e();"), "a b [c] [d] e");
  EXPECT_EQ(calls("while (n--) a(); for (n = 0; n < 3; n++) b(); do c(); while (n);"), "[a] b c");
  EXPECT_EQ(calls("for (n = 0; n < m; n++) b();"), "[b]");
  EXPECT_EQ(calls("for (n = 0; n < ARRAY_SIZE(all); n++) b();"), "ARRAY_SIZE b");
  EXPECT_EQ(calls("for (;;) { a(); if (n) break; b(); } c();"), "a [b] c");
  EXPECT_EQ(calls("list_for_each_entry(item, &all, list) a(item); b();"), "[a] b");
  EXPECT_EQ(calls("scoped_guard(mutex, &lock) { a(); } b();"), "a b");
  EXPECT_EQ(calls("switch (n) { case 1: a(); break; case 2: b(); default: c(); } d();"), "[a] [b] [c] d");
}

TEST(Flow, JumpsAndReturns) {
  EXPECT_EQ(calls("a(); if (n) return 1; b(); return 0;"), "a [b]");
  EXPECT_EQ(calls("if (n) goto out; a(); out: b();"), "[a] b");
  Flow G;
  calls("if (a()) goto fail; return 0; fail: b(); return n;", &G);
  bool Behind = false, Plain = false;
  for (const FlowNode &N : G.nodes)
    if (N.kind == FlowNode::Return)
      (N.behind_label ? Behind : Plain) = true;
  EXPECT_TRUE(Behind && Plain);
}

TEST(Flow, PartsOfExpressions) {
  EXPECT_EQ(calls("if (n && a()) b(); return n ? c() : d();"), "[a] [b] [c] [d]");
  EXPECT_EQ(calls("a(b(), c(n));"), "b c a");
}

TEST(Flow, CallsThroughPointersAndNames) {
  Flow G;
  calls("struct ops *o = item->ops; o->stop(item); exits[n](); (*fn)(n); work(&item->work); struct pool *p; p = make(n);", &G);
  std::vector<const FlowCall *> C;
  for (const FlowNode &N : G.nodes)
    if (N.kind == FlowNode::Call)
      C.push_back(&N.call);
  ASSERT_EQ(C.size(), 5u);
  EXPECT_TRUE(C[0]->pointer && C[0]->object == "o->" && C[0]->name == "stop");
  EXPECT_TRUE(C[1]->pointer && C[1]->name == "exits");
  EXPECT_TRUE(C[2]->pointer && C[2]->name == "fn");
  EXPECT_TRUE(!C[3]->pointer && C[3]->arguments == std::vector<std::string>{"&item->work"});
  EXPECT_EQ(C[4]->assigned, "p");
  EXPECT_EQ(G.parameters, (std::vector<std::string>{"item", "n"}));
  EXPECT_EQ(G.records["item"], "item");
  EXPECT_EQ(G.records["o"], "ops");
}

TEST(Flow, ParametersThatAreFunctions) {
  const std::string Text = "static int put(struct kref *ref, void (*release)(struct kref *ref), int (*all[2])(void), int n)\n{\n\trelease(ref);\n\treturn n;\n}\n";
  Outline O = outlineOf(Text);
  ASSERT_EQ(O.functions.size(), 1u);
  Flow G = flowOf(Text, O.functions.at(0));
  EXPECT_EQ(G.parameters, (std::vector<std::string>{"ref", "release", "all", "n"}));
  EXPECT_TRUE(llvm::any_of(G.nodes, [](const FlowNode &N) { return N.kind == FlowNode::Call && N.call.name == "release" && N.call.pointer; }));
}

TEST(Flow, ConditionalTextAndBrokenText) {
  EXPECT_EQ(calls("#if 0\na();\n#endif\nb();"), "b");
  EXPECT_EQ(calls("#ifdef CONFIG_X\nif (n) {\n#else\nif (!n) {\n#endif\na();\n}\nb();"), "[a] b");
  calls("if (", nullptr);
  calls("a(((; else } case", nullptr);
}

TEST(Flow, LastNames) {
  EXPECT_EQ(lastName("&x->work"), "work");
  EXPECT_EQ(lastName("x->works[3]"), "works");
  EXPECT_EQ(lastName("12"), "");
  EXPECT_EQ(firstName("&x->work"), "x");
}

} // namespace
