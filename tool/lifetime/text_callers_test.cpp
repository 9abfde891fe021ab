// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who uses a function, by text: what is understood, and what is left to the parser.
#include "tool/index/test_tree.h"
#include "tool/lifetime/text_callers.h"

namespace krcu {
namespace {

class TextCallers : public TestTree {
protected:
  /// What the text of drv/a.c shows of the uses of f(): "caller:line" and "place or macro:line", or "not understood".
  std::string uses(const std::string &Text, const std::string &Symbol = "f") {
    BarrierRule B;
    B.name = "rcu_barrier";
    R.barriers = {B};
    R.module_hooks = {{"module_exit", "exit", 0, {}}};
    write("drv/a.c", Text);
    Ix = build();
    Database DB(*Ix, R);
    DB.setConditions([](const std::string &, const std::vector<std::string> &Around) -> std::optional<bool> {
      if (Around.size() != 1)
        return std::nullopt;
      return Around[0] == "defined(CONFIG_ON)" ? std::optional(true) : Around[0] == "defined(CONFIG_OFF)" ? std::optional(false) : std::nullopt;
    });
    auto Found = usesByText(DB, Symbol, "drv/a.c");
    if (!Found)
      return "not understood";
    std::string Out;
    for (const FunctionUse &U : Found->callers)
      Out += (U.caller->init_section ? "init " : "") + U.caller->function + ":" + std::to_string(U.caller->calls[U.call].where.line) + ":" +
             std::to_string(U.caller->calls[U.call].where.column) + " ";
    for (const FunctionRefFact *Ref : Found->references)
      Out += Ref->macro + Ref->place + (Ref->object.empty() ? "" : " in " + Ref->object) + ":" + std::to_string(Ref->where.line) + " ";
    for (unsigned Line : Found->hidden)
      Out += "hidden:" + std::to_string(Line) + " ";
    return Out.empty() ? "nobody" : Out.substr(0, Out.size() - 1);
  }

private:
  std::unique_ptr<Index> Ix;
};

TEST_F(TextCallers, APlainCall) {
  EXPECT_EQ(uses("static void g(void)\n{\n\tf();\n}\n"), "g@drv/a.c:3:2");
  EXPECT_EQ(uses("int __init g(void)\n{\n\tif (h())\n\t\treturn f();\n\treturn 0;\n}\n"), "init g:4:10");
}

TEST_F(TextCallers, ModuleExit) { EXPECT_EQ(uses("static void __exit f(void)\n{\n}\nmodule_exit(f);\n", "f@drv/a.c"), "module_exit:4"); }

TEST_F(TextCallers, APrototypeIsNoUse) { EXPECT_EQ(uses("void f(void);\nextern int *f(void);\n"), "nobody"); }

TEST_F(TextCallers, AMemberOfThatNameIsNoUse) { EXPECT_EQ(uses("void g(struct s *s)\n{\n\ts->f();\n}\n"), "nobody"); }

TEST_F(TextCallers, AFieldOfATable) {
  EXPECT_EQ(uses("static struct ops my_ops = {\n\t.owner = THIS,\n\t.exit = f,\n};\n"), "F:ops@.exit in V:my_ops@drv/a.c:3");
  EXPECT_EQ(uses("static struct ops __net_initdata my_ops = { .sub = { 1, 2 }, .exit = f };\n"), "F:ops@.exit in V:my_ops@drv/a.c:1");
}

TEST_F(TextCallers, AnElementOfATable) {
  EXPECT_EQ(uses("static const struct step steps[] = {\n\t{ .init = a, .exit = b },\n\t{ .init = c, .exit = f },\n};\n"), "F:step@.exit in V:steps@drv/a.c:3");
}

TEST_F(TextCallers, AnInnerStructIsLeftToTheParser) {
  EXPECT_EQ(uses("static struct ops my_ops = {\n\t.sub = { .exit = f },\n};\n"), "not understood");
  EXPECT_EQ(uses("static struct ops my_ops = {\n\tf,\n};\n"), "not understood");
}

TEST_F(TextCallers, APointerIsLeftToTheParser) {
  EXPECT_EQ(uses("void g(void)\n{\n\tregister_it(f);\n}\n"), "not understood");
  EXPECT_EQ(uses("void g(void)\n{\n\tp = &f;\n}\n"), "not understood");
}

TEST_F(TextCallers, AMacroIsLeftToTheParser) { EXPECT_EQ(uses("#define STOP() f()\nvoid g(void)\n{\n\tSTOP();\n}\n"), "not understood"); }

TEST_F(TextCallers, ABarrierBeforeTheCallIsLeftToTheParser) {
  EXPECT_EQ(uses("void g(void)\n{\n\trcu_barrier();\n\tf();\n}\n"), "not understood");
  EXPECT_EQ(uses("void g(void)\n{\n\tf();\n\trcu_barrier();\n}\n"), "g:3:2");
  EXPECT_EQ(uses("void g(void)\n{\n\twhile (h()) {\n\t\tf();\n\t\trcu_barrier();\n\t}\n}\n"), "not understood");
  EXPECT_EQ(uses("#define wait_all() rcu_barrier()\nvoid g(void)\n{\n\twait_all();\n\tf();\n}\n"), "not understood");
}

TEST_F(TextCallers, ConditionsThatAreKnown) {
  EXPECT_EQ(uses("void g(void)\n{\n#ifdef CONFIG_ON\n\tf();\n#endif\n}\n"), "g:4:2");
  EXPECT_EQ(uses("void g(void)\n{\n#ifdef CONFIG_OFF\n\tf();\n#endif\n}\n"), "hidden:4");
  EXPECT_EQ(uses("void g(void)\n{\n#ifdef OTHER\n\tf();\n#endif\n}\n"), "not understood");
}

TEST_F(TextCallers, AnotherStaticFunctionOfThatName) {
  EXPECT_EQ(uses("static void f(void)\n{\n}\nvoid g(void)\n{\n\tf();\n}\n", "f@drv/b.c"), "nobody");
  EXPECT_EQ(uses("static void f(void)\n{\n}\nvoid g(void)\n{\n\tf();\n}\n"), "nobody");
}

} // namespace
} // namespace krcu
