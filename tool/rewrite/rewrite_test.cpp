// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls: layout, bytes that must not change, and plans that must be refused. The golden files under
// testdata/rewrite are run here as well: NAME.plan says what to do with NAME.before.c, NAME.after.c and the
// plan's notes are the expected result.
#include "tool/rewrite/rewrite_test_util.h"
#include "tool/support/io.h"

#include "llvm/ADT/StringRef.h"
#include <filesystem>
#include <sstream>

namespace krcu {
namespace {

std::string callIn(const std::string &Text, const std::string &Call, const std::string &Replacement) {
  return applied(Text, PlanFor(Text).call(Call, Replacement));
}

TEST(Layout, OneLineStaysOneLine) {
  EXPECT_EQ(callIn("\tcall_rcu(&e->rcu, e_free);\n", "call_rcu(&e->rcu, e_free)", "kfree_rcu(e, rcu)"),
            "\tkfree_rcu(e, rcu);\n");
}

TEST(Layout, SeveralLinesBecomeOneIfTheyFit) {
  EXPECT_EQ(
      callIn("\tcall_rcu(&e->rcu,\n\t\t e_free);\n", "call_rcu(&e->rcu,\n\t\t e_free)", "kfree_rcu(e, rcu)"),
      "\tkfree_rcu(e, rcu);\n");
}

TEST(Layout, TextBeforeAndBehindTheCallStays) {
  EXPECT_EQ(callIn("if (x) call_rcu(&e->rcu, f); else g(); /* why */\n", "call_rcu(&e->rcu, f)",
                   "kfree_rcu(e, rcu)"),
            "if (x) kfree_rcu(e, rcu); else g(); /* why */\n");
}

TEST(Layout, EightyColumnsFitEightyOneDoNot) {
  // A tab, then 71 columns of call and a semicolon: exactly 80.
  std::string Object(55, 'o');
  std::string Call = "kfree_rcu(" + Object + ", rcu)";
  ASSERT_EQ(8 + Call.size() + 1, 80u);
  EXPECT_EQ(callIn("\tf(&x, y);\n", "f(&x, y)", Call), "\t" + Call + ";\n");
  EXPECT_EQ(callIn("\tf(&x, y);\n", "f(&x, y)", "kfree_rcu(o" + Object + ", rcu)"),
            "\tkfree_rcu(o" + Object + ",\n\t\t  rcu);\n");
}

TEST(Layout, ACallThatIsAlreadyTooWideStaysOnItsLine) {
  std::string Object(90, 'o');
  EXPECT_EQ(callIn("\tcall_rcu(&" + Object + "->rcu, cb);\n", "call_rcu(&" + Object + "->rcu, cb)",
                   "kfree_rcu(" + Object + ", rcu)"),
            "\tkfree_rcu(" + Object + ", rcu);\n");
}

TEST(Layout, ATrailingCommentDoesNotForceABreak) {
  std::string Tail = "; /* a remark that reaches far beyond the eightieth column of this very line */\n";
  EXPECT_EQ(callIn("\tf(&x, y)" + Tail, "f(&x, y)", "kfree_rcu(e, rcu)"), "\tkfree_rcu(e, rcu)" + Tail);
}

TEST(Layout, InnerCommasBreakOnlyIfTheOuterOneIsNotEnough) {
  std::string Arg(40, 'a');
  std::string Call = "kfree_rcu(object(" + Arg + ", " + Arg + "), rcu)";
  EXPECT_EQ(callIn("\tf(&x, y);\n", "f(&x, y)", Call),
            "\tkfree_rcu(object(" + Arg + ",\n\t\t\t " + Arg + "), rcu);\n");
}

TEST(Layout, AReplacementCutOutOfSeveralLinesIsFolded) {
  EXPECT_EQ(callIn("\tf(&x, y);\n", "f(&x, y)", "kfree_rcu(object(a,\n\t\t   b), rcu)"),
            "\tkfree_rcu(object(a, b), rcu);\n");
  EXPECT_EQ(callIn("\tf(&x, y);\n", "f(&x, y)", "kfree_rcu(\n\t\te, rcu\n\t)"), "\tkfree_rcu(e, rcu);\n");
}

TEST(Layout, MultibyteCharactersCountAsOneColumn) {
  std::string Wide;
  for (int I = 0; I < 55; ++I)
    Wide += "\xC3\xA9";
  std::string Call = "kfree_rcu(" + Wide + ", rcu)";
  EXPECT_EQ(callIn("\tf(&x, y);\n", "f(&x, y)", Call), "\t" + Call + ";\n");
}

TEST(Layout, ALostCommentIsNoted) {
  std::string Text = "a;\n\tcall_rcu(&e->rcu, /* frees e */ cb);\n";
  EXPECT_EQ(notes(Text, PlanFor(Text).call("call_rcu(&e->rcu, /* frees e */ cb)", "kfree_rcu(e, rcu)")),
            "a.c:2: a comment between the arguments of the call went with it: /* frees e */\n");
}

TEST(Bytes, CrlfFilesStayCrlf) {
  std::string Object(60, 'o');
  EXPECT_EQ(callIn("a;\r\n\tf(&x, y);\r\nb;\r\n", "f(&x, y)", "kfree_rcu(" + Object + ", rcu)"),
            "a;\r\n\tkfree_rcu(" + Object + ",\r\n\t\t  rcu);\r\nb;\r\n");
}

TEST(Bytes, CrlfRemovalKeepsOneBlankLine) {
  std::string Text = "int a;\r\n\r\nstatic void cb(struct rcu_head *h)\r\n{\r\n}\r\n\r\nint b;\r\n";
  size_t Begin = Text.find("static");
  FilePlan Plan;
  Plan.removals.push_back({"cb", static_cast<uint32_t>(Begin), static_cast<uint32_t>(Text.find("}") + 1)});
  EXPECT_EQ(applied(Text, Plan), "int a;\r\n\r\nint b;\r\n");
}

TEST(Bytes, InvalidUtf8FormFeedsZerosAndBomSurvive) {
  std::string Before = std::string("\xEF\xBB\xBF/* \xFF\xFE caf\xE9 */\n\f\n", 18) + std::string("\0\n", 2);
  std::string Behind = "\f\n\xC3( x\n";
  EXPECT_EQ(callIn(Before + "\tf(&x, y);\n" + Behind, "f(&x, y)", "kfree_rcu(e, rcu)"),
            Before + "\tkfree_rcu(e, rcu);\n" + Behind);
}

TEST(Bytes, NoFinalNewlineIsMade) {
  EXPECT_EQ(callIn("\tf(&x, y); }", "f(&x, y)", "kfree_rcu(e, rcu)"), "\tkfree_rcu(e, rcu); }");
}

TEST(Bytes, AnEmptyPlanChangesNothing) {
  std::string Text = "\n\n\nx \n\t\n\r\n\n";
  EXPECT_EQ(applied(Text, FilePlan()), Text);
  EXPECT_EQ(applied("", FilePlan()), "");
}

FilePlan callAt(uint32_t Begin, uint32_t End) {
  FilePlan Plan;
  Plan.calls.push_back({Begin, End, "kfree_rcu(e, rcu)"});
  return Plan;
}

TEST(Refusal, RangesOutsideTheText) {
  EXPECT_NE(applied("f(a);\n", callAt(0, 400))
                .find("error: a.c: the call at bytes 0 to 400 does not lie in the file"),
            std::string::npos);
  EXPECT_NE(applied("f(a);\n", callAt(4, 4)).find("error:"), std::string::npos);
  EXPECT_NE(applied("", callAt(0, 1)).find("error:"), std::string::npos);
}

TEST(Refusal, ACallMustBeginAtItsName) {
  EXPECT_EQ(applied("\n  foo(a);\n", callAt(4, 9)),
            "error: a.c:2:4: no call begins here; the file changed since it was scanned? scan it again");
  EXPECT_NE(applied("foo = 3;\n", callAt(0, 7)).find("no call begins here"), std::string::npos);
}

TEST(Refusal, ACallMustEndAtItsParenthesis) {
  EXPECT_NE(applied("foo(a);\n", callAt(0, 7)).find("a.c:1:1: the call does not end where the plan says"),
            std::string::npos);
  EXPECT_NE(applied("foo(a(b), c);\n", callAt(0, 8)).find("does not end"), std::string::npos);
}

TEST(Refusal, ACallInsideAMacroIsLeftToAPerson) {
  std::string Text = "#define drop(e) \\\n\tcall_rcu(&(e)->rcu, cb)\n";
  EXPECT_NE(applied(Text, PlanFor(Text).call("call_rcu(&(e)->rcu, cb)", "kfree_rcu(e, rcu)"))
                .find("a.c:2:2: the call stands in a preprocessor directive; rewrite the macro by hand"),
            std::string::npos);
}

TEST(Refusal, ADirectiveBetweenTheArguments) {
  std::string Call = "call_rcu(&e->rcu,\n#ifdef A\na\n#else\nb\n#endif\n)";
  std::string Text = Call + ";\n";
  EXPECT_NE(applied(Text, PlanFor(Text).call(Call, "kfree_rcu(e, rcu)"))
                .find("a preprocessor directive stands between"),
            std::string::npos);
}

TEST(Refusal, AReplacementWithALineComment) {
  EXPECT_NE(callIn("f(a);\n", "f(a)", "kfree_rcu(e, // no\nrcu)").find("holds a line comment"),
            std::string::npos);
}

TEST(Refusal, OverlappingEdits) {
  std::string Text = "f(g(a));\n";
  EXPECT_EQ(applied(Text, PlanFor(Text).call("f(g(a))", "x()").call("g(a)", "y()")),
            "error: a.c:1:3: two edits of the plan overlap here; make the plan anew");
}

/// "call OLD => NEW", "remove NAME", "declaration NAME", "note TEXT"; empty lines and # lines are skipped. In
/// a call \n and \t are written as such.
struct GoldenPlan {
  PlanFor plan;
  std::string notes;
};

std::string unescaped(llvm::StringRef Text) {
  std::string Out;
  for (size_t I = 0; I < Text.size(); ++I) {
    bool Escape = Text[I] == '\\' && I + 1 < Text.size();
    Out += Escape ? (Text[++I] == 'n' ? '\n' : '\t') : Text[I];
  }
  return Out;
}

GoldenPlan readPlan(const std::string &PlanText, const std::string &Before) {
  GoldenPlan G{PlanFor(Before), ""};
  std::istringstream In(PlanText);
  for (std::string Line; std::getline(In, Line);) {
    llvm::StringRef L = Line;
    if (L.consume_front("call ")) {
      auto [Old, New] = L.split(" => ");
      G.plan.call(unescaped(Old), unescaped(New));
    } else if (L.consume_front("remove ")) {
      G.plan.remove(L.str());
    } else if (L.consume_front("declaration ")) {
      G.plan.declaration(L.str());
    } else if (L.consume_front("note ")) {
      G.notes += "a.c:" + L.str() + "\n";
    } else {
      EXPECT_TRUE(L.empty() || L.starts_with("#")) << "unknown line in a plan: " << Line;
    }
  }
  return G;
}

std::string textOf(const std::filesystem::path &Path) {
  llvm::Expected<std::string> Text = readFile(Path.string());
  if (Text)
    return *Text;
  ADD_FAILURE() << message(Text.takeError());
  return "";
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, PlanGivesTheExpectedFile) {
  std::string Stem = std::string(KRCU_SOURCE_DIR) + "/testdata/rewrite/" + GetParam();
  std::string Before = textOf(Stem + ".before.c");
  GoldenPlan G = readPlan(textOf(Stem + ".plan"), Before);
  EXPECT_EQ(applied(Before, G.plan), textOf(Stem + ".after.c"));
  EXPECT_EQ(notes(Before, G.plan), G.notes);
}

TEST_P(Golden, TheResultHasNoNewDoubleBlankLine) {
  std::string Stem = std::string(KRCU_SOURCE_DIR) + "/testdata/rewrite/" + GetParam();
  EXPECT_EQ(textOf(Stem + ".after.c").find("\n\n\n"), std::string::npos);
}

std::vector<std::string> goldenCases() {
  std::vector<std::string> Names;
  for (const auto &Entry :
       std::filesystem::directory_iterator(std::string(KRCU_SOURCE_DIR) + "/testdata/rewrite"))
    if (Entry.path().extension() == ".plan")
      Names.push_back(Entry.path().stem().string());
  std::sort(Names.begin(), Names.end());
  return Names;
}

INSTANTIATE_TEST_SUITE_P(Testdata, Golden, testing::ValuesIn(goldenCases()),
                         [](const testing::TestParamInfo<std::string> &Info) { return Info.param; });

} // namespace
} // namespace krcu
