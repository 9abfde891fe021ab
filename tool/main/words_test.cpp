// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the program says when it is asked wrongly, and what it must not be silent about.
#include "tool/driver/pipeline_trees.h"
#include "tool/main/program.h"
#include "tool/main/program_runs.h"
#include "tool/report/terminal.h"
#include "gtest/gtest.h"
#include <set>

namespace krcu {
namespace {

class Words : public testing::Test {
protected:
  Words() : Tree("waits") {
    Tree.write("drv/drv.c", "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\n"
                            "struct item {\n\tint key;\n\tstruct rcu_head rcu;\n};\n"
                            "static void item_free(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct item, rcu));\n}\n"
                            "void item_drop(struct item *item)\n{\n\tcall_rcu(&item->rcu, item_free);\n}\n");
  }
  Ran krcu(const std::string &Arguments, const char *Streams = "2>&1") const { return runShell("cd " + Tree.root() + " && " + KRCU_BINARY + " " + Arguments + " " + Streams); }
  ScratchTree Tree;
};

TEST_F(Words, EveryErrorBeginsWithTheProgramsName) {
  for (const char *Line : {"", "scan", "scan --format xml .", "scan -j 0 .", "scan --jobs many .", "explain .", "patch --in-place --series x .", "scna .", "scan --nothing .", "scan -o '' .", "semantics", "extract . -o ''"}) {
    Ran R = krcu(Line);
    EXPECT_EQ(R.status, 2) << Line << "\n" << R.out;
    EXPECT_EQ(R.out.find("krcu: "), 0u) << Line << "\n" << R.out;
    EXPECT_EQ(std::count(R.out.begin(), R.out.end(), '\n'), 1) << Line << "\n" << R.out;
  }
}

TEST_F(Words, AnEmptyNameIsNoFile) {
  EXPECT_TRUE(krcu("scan --no-cache -o '' .").has("the name of the file is empty"));
  EXPECT_TRUE(krcu("semantics -o '' .").has("the name of the file is empty"));
}

TEST_F(Words, AFileThatCannotBeWrittenIsSaidBeforeTheWork) {
  for (auto [File, Says] : {std::pair("nowhere/report", "nowhere/report: there is no directory nowhere; make it first"), {"drv", "drv: this is a directory; name a file"}}) {
    Ran R = krcu("scan --no-cache --stats -o " + std::string(File) + " .");
    EXPECT_EQ(R.status, 2);
    EXPECT_TRUE(R.has(Says)) << R.out;
    EXPECT_FALSE(R.has("parses")) << R.out;
  }
}

TEST_F(Words, ValuesHaveTheNearestName) {
  EXPECT_TRUE(krcu("scan --format jsn .").has("--format: 'jsn' is not known; did you mean 'json'? krcu scan --help")) << krcu("scan --format jsn .").out;
  EXPECT_TRUE(krcu("scan --color blue .").has("--color: 'blue' is not known; the values are ")) << krcu("scan --color blue .").out;
  EXPECT_FALSE(krcu("scan --fail-on conver .").has("?;")) << krcu("scan --fail-on conver .").out;
}

TEST_F(Words, EveryCommandHasItsOwnExamples) {
  CLI::App App;
  Options O;
  describeProgram(App, O);
  std::set<std::string> Footers{App.get_footer()};
  for (const CLI::App *Command : App.get_subcommands({})) {
    const std::string Footer = Command->get_footer();
    EXPECT_TRUE(Footers.insert(Footer).second) << Command->get_name();
    EXPECT_NE(Footer.find("  krcu " + Command->get_name()), std::string::npos) << Footer;
  }
}

TEST_F(Words, AColumnMustBeThatOfTheCall) {
  EXPECT_EQ(krcu("explain --no-cache . drv/drv.c:15:2").status, 0);
  Ran R = krcu("explain --no-cache . drv/drv.c:15:9");
  EXPECT_EQ(R.status, 2);
  EXPECT_TRUE(R.has("this file has them at line 15:2")) << R.out;
  EXPECT_EQ(krcu("explain --no-cache . drv/drv.c:15:0").status, 2);
}

TEST_F(Words, FlagsAreThoseOfASource) {
  Tree.write("drv/notes.txt", "text\n");
  Ran R = krcu("explain --flags --no-cache . drv/notes.txt");
  EXPECT_EQ(R.status, 2);
  EXPECT_TRUE(R.has("drv/notes.txt is no C source")) << R.out;
  EXPECT_EQ(krcu("explain --flags --no-cache . drv/drv.c").status, 0);
}

TEST_F(Words, ProgressForProgramsIsNeverSilent) {
  const std::string Cached = "scan --cache " + Tree.path("cache") + " --progress json ";
  for (const char *More : {"", "", "-q "}) { // the second and third time the cache answers
    Ran R = krcu(Cached + More + ".", "2>&1 >/dev/null");
    EXPECT_TRUE(R.has("{\"phase\": ")) << More << R.out;
  }
  EXPECT_TRUE(krcu("scan --no-cache -q --progress json .", "2>&1 >/dev/null").has("{\"phase\": \"index\""));
  EXPECT_EQ(krcu("scan --no-cache -q .", "2>&1 >/dev/null").out, "");
}

TEST_F(Words, SemanticsAndVerifyWriteWhereTheyAreTold) {
  EXPECT_EQ(krcu("semantics -q -o " + Tree.path("facts.txt") + " --color never .").out, "");
  EXPECT_NE(Tree.read("facts.txt").find("destroy_waits_kfree_rcu"), std::string::npos);
  krcu("patch --no-cache --series out --date 2026-01-01 .");
  Ran R = krcu("verify out --tree . -q -o " + Tree.path("verified.txt"));
  EXPECT_EQ(R.out, "") << R.out;
  EXPECT_NE(Tree.read("verified.txt").find("1 patch, "), std::string::npos) << Tree.read("verified.txt");
}

TEST_F(Words, OneIsNoPlural) {
  EXPECT_EQ(counted(1, "call"), "1 call");
  EXPECT_EQ(counted(0, "call"), "0 calls");
  EXPECT_EQ(counted(2, "patch", "patches"), "2 patches");
  EXPECT_FALSE(krcu("scan --no-cache . drv").has("1 calls"));
}

TEST_F(Words, AReadmeSpeaksOfNoCoverThatIsNotThere) {
  krcu("patch --no-cache --series out --date 2026-01-01 .");
  EXPECT_NE(Tree.read("out/README.txt").size() + Tree.read("out/README").size(), 0u);
  EXPECT_EQ((Tree.read("out/README.txt") + Tree.read("out/README") + Tree.read("out/recipients.txt")).find("over letter"), std::string::npos);
}

} // namespace
} // namespace krcu
