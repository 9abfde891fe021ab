// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rows of the user's for macros that krcu can see, macros that are but other names for a primitive, and what must not be taken for either.
#include "tool/driver/external_pair.h"
#include "gtest/gtest.h"

namespace krcu {
namespace {

const char Head[] = "#include <linux/module.h>\n#include <linux/slab.h>\n#include <linux/rcupdate.h>\n"
                    "struct newt {\n\tint spots;\n\tstruct rcu_head rcu;\n\tstruct newt *next;\n};\nint newts;\nstruct newt *newt_next(struct newt *n);\n";
const char Drop[] = "void newt_drop(struct newt *n)\n{\n\tcall_rcu(&n->rcu, newt_free);\n}\n";

std::string callback(const std::string &Body) {
  return "static void newt_free(struct rcu_head *head)\n{\n\tstruct newt *n = container_of(head, struct newt, rcu);\n\n" + Body + "}\n";
}

const char FreeRow[] = "frees:\n  - name: NEWT_FREE\n    object: 0\n    family: kfree\n";
const char CountingFree[] = "#define NEWT_FREE(p) do { if (p) { newts--; kfree(p); (p) = NULL; } } while (0)\n";
const char DeferRow[] = "deferrals:\n  - name: NEWT_LATER\n    head: 0\n    callback: 1\n    flavour: rcu\n"
                        "conversions:\n  - deferral: NEWT_LATER\n    families: [kfree, kmem_cache_free]\n    replacement: kfree_rcu\n";

struct Shape {
  const char *name;
  std::string text;         ///< newt.c behind Head
  const char *rules;        ///< null: none
  const char *expected;     ///< "line class" of each site of newt.c, "; " between them; lines count from the end of Head
};

std::string plain() { return callback("\tkfree(n);\n"); }
std::string laterUse(const std::string &Use) { return "void newt_drop(struct newt *n)\n{\n\t" + Use + "\n}\n"; }

const Shape Shapes[] = {
    {"AFreeThatCounts", CountingFree + callback("\tNEWT_FREE(n);\n") + Drop, FreeRow, "10 convert"},
    {"WithoutTheRow", CountingFree + callback("\tNEWT_FREE(n);\n") + Drop, nullptr, "10 more_than_free"},
    {"AFreeInAHelper", CountingFree + std::string("static void put(struct newt *n)\n{\n\tNEWT_FREE(n);\n}\n") + callback("\tput(n);\n") + Drop, FreeRow, "14 convert"},
    {"AFreeInAnotherMacro", CountingFree + std::string("#define PUT(x) NEWT_FREE(x)\n") + callback("\tPUT(n);\n") + Drop, FreeRow, "11 convert"},
    {"AHelperTwice", CountingFree + std::string("static void put(struct newt *n)\n{\n\tNEWT_FREE(n);\n}\n") + callback("\tput(n);\n\tput(n);\n") + Drop, FreeRow, "15 more_than_free"},
    {"TwoFrees", CountingFree + callback("\tNEWT_FREE(n);\n\tkfree(n);\n") + Drop, FreeRow, "11 more_than_free"},
    {"AnotherObject", CountingFree + callback("\tNEWT_FREE(n->next);\n") + Drop, FreeRow, "10 more_than_free"},
    {"AnArgumentThatDoesSomething", "#define NEWT_FREE(p) kfree(p)\n" + callback("\tNEWT_FREE(newt_next(n));\n") + Drop, FreeRow, "10 more_than_free"},
    {"SomethingBesides", CountingFree + callback("\tNEWT_FREE(n);\n\tnewts++;\n") + Drop, FreeRow, "11 more_than_free"},
    {"UnderACondition", CountingFree + callback("\tif (n->spots)\n\t\tNEWT_FREE(n);\n") + Drop, FreeRow, "11 more_than_free"},
    {"AnArgumentThatIsDropped", "#define NEWT_FREE(p) do { newts--; } while (0)\n" + callback("\tNEWT_FREE(n);\n") + Drop, FreeRow, "10 more_than_free"},
    {"TheRowNamesTheArgument", "#define NEWT_FREE(tag, p) do { newts += tag; kfree(p); } while (0)\n" + callback("\tNEWT_FREE(3, n);\n") + Drop,
     "frees:\n  - name: NEWT_FREE\n    object: 1\n    family: kfree\n", "10 convert"},
    {"ABuiltInRowIsNotForMacros", "#define kfree(p) do { newts--; kfree(p); } while (0)\n" + callback("\tkfree(n);\n") + Drop, nullptr, "10 more_than_free"},
    // Deferrals.
    {"AnotherName", plain() + "#define NEWT_LATER call_rcu\n" + laterUse("NEWT_LATER(&n->rcu, newt_free);"), nullptr, "10 convert"},
    {"AMacroThatHandsOn", plain() + "#define NEWT_LATER(h, f) call_rcu(h, f)\n" + laterUse("NEWT_LATER(&n->rcu, newt_free);"), nullptr, "7 definition; 10 convert"},
    {"AMacroThatTurnsItsArgumentsRound", plain() + "#define NEWT_LATER(f, h) call_rcu((h), (f))\n" + laterUse("NEWT_LATER(newt_free, &n->rcu);"), nullptr, "7 definition; 10 refuse"},
    {"ANameOfAName", plain() + "#define LATER(h, f) call_rcu(h, f)\n#define NEWT_LATER(h, f) LATER(h, f)\n" + laterUse("NEWT_LATER(&n->rcu, newt_free);"), nullptr, "7 definition; 8 definition; 11 convert"},
    {"ANameWithTwoMeanings", plain() + "#ifdef CONFIG_DRV\n#define NEWT_LATER(h, f) call_rcu(h, f)\n#else\n#define NEWT_LATER(h, f) do { newts--; call_rcu(h, f); } while (0)\n#endif\n" +
                                 laterUse("NEWT_LATER(&n->rcu, newt_free);"), nullptr, "8 definition; 10 definition; 14 refuse"},
    {"ANameThatMayMeanNothing", plain() + "#ifdef CONFIG_DRV\n#define NEWT_LATER(h, f) call_rcu(h, f)\n#else\n#define NEWT_LATER(h, f) do { } while (0)\n#endif\n" +
                                    laterUse("NEWT_LATER(&n->rcu, newt_free);"), nullptr, "8 definition; 14 review"},
    {"AMacroThatDoesMore", plain() + "#define NEWT_LATER(h, f) do { newts--; call_rcu(h, f); } while (0)\n" + laterUse("NEWT_LATER(&n->rcu, newt_free);"), nullptr, "7 definition; 10 refuse"},
    {"AMacroThatDoesMoreWithARow", plain() + "#define NEWT_LATER(h, f) do { newts--; call_rcu(h, f); } while (0)\n" + laterUse("NEWT_LATER(&n->rcu, newt_free);"), DeferRow,
     "7 definition; 7 definition; 10 convert"},
    {"ARowInAnExpression", plain() + "#define NEWT_LATER(h, f) ({ call_rcu(h, f); 0; })\n" + laterUse("newts = NEWT_LATER(&n->rcu, newt_free);"), DeferRow,
     "7 definition; 7 definition; 10 refuse"},
    {"ARowInAnotherMacro", plain() + "#define NEWT_LATER(h, f) do { call_rcu(h, f); } while (0)\n#define DROP(x) NEWT_LATER(&(x)->rcu, newt_free)\n" + laterUse("DROP(n);"), DeferRow,
     "7 definition; 7 definition; 8 refuse"},
    {"AMacroThatNamesTheHead", plain() + "#define DROP(x, f) call_rcu(&(x)->rcu, f)\n" + laterUse("DROP(n, newt_free);"), nullptr, "7 definition; 10 refuse"},
    {"ACallbackThatDoesMore", callback("\tnewts--;\n\tkfree(n);\n") + "#define NEWT_LATER call_rcu\n" + laterUse("NEWT_LATER(&n->rcu, newt_free);"), nullptr, "11 more_than_free"},
};

class ExternalRules : public testing::TestWithParam<Shape> {};

TEST_P(ExternalRules, EachSiteIsListedOnce) {
  Pair P("waits");
  P.module.write("Makefile", "obj-m += newt.o\n");
  P.module.write("newt.c", Head + GetParam().text);
  ScanOptions Options = P.options();
  ScratchTree Rules("");
  if (GetParam().rules) {
    Rules.write("newt.yaml", GetParam().rules);
    Options.rules = {Rules.path("newt.yaml")};
  }
  Outcome O = scanAndPatch(Options);
  ASSERT_EQ(O.error, "");
  auto Before = static_cast<unsigned>(std::count(std::begin(Head), std::end(Head), '\n'));
  std::string Found;
  for (const SiteReport &R : O.sites)
    Found += (Found.empty() ? "" : "; ") + std::to_string(R.census.where.line - Before) + " " + className(R.cls);
  EXPECT_EQ(Found, GetParam().expected) << (O.sites.empty() ? "" : reasonText(O.sites.back()));
  // What converts is rewritten, and the result holds.
  bool Converts = Found.find("convert") != std::string::npos;
  EXPECT_EQ(O.patch.files.size(), Converts ? 1u : 0u) << O.diff;
  if (Converts) {
    EXPECT_NE(O.diff.find("+\tkfree_rcu(n, rcu);\n"), std::string::npos) << O.diff;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, ExternalRules, testing::ValuesIn(Shapes), [](const auto &I) { return std::string(I.param.name); });

TEST(ExternalAliases, AFunctionOfTheSameNameElsewhereIsNoUse) {
  Pair P("waits");
  P.module.write("Makefile", "obj-m += newt.o other.o\n");
  P.module.write("later.h", "#include <linux/rcupdate.h>\n#define later(h, f) call_rcu(h, f)\n");
  P.module.write("newt.c", "#include \"later.h\"\n" + std::string(Head) + plain() + laterUse("later(&n->rcu, newt_free);"));
  P.module.write("other.c", "void later(int a, int b);\nvoid other(void)\n{\n\tlater(1, 2);\n}\n");
  Outcome O = P.run();
  ASSERT_EQ(O.error, "");
  ASSERT_EQ(O.sites.size(), 2u);
  EXPECT_STREQ(className(siteIn(O, "newt.c")->cls), "convert");
  EXPECT_EQ(siteIn(O, "newt.c")->census.word(), "later");
  EXPECT_FALSE(siteIn(O, "other.c"));
  EXPECT_NE(O.json.find("\"macro\": \"later\""), std::string::npos);
}

} // namespace
} // namespace krcu
