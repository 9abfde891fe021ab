// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each test is a small MAINTAINERS and one question.
#include "tool/series/maintainers.h"
#include "tool/series/regex.h"
#include "tool/tree/temp_tree.h"

namespace krcu::series {
namespace {

/// The recipients of a change of one file as one line, "+" before maintainers, "-" before reviewers.
std::string askFor(const std::string &Text, const std::string &File, const std::string &Intro = "", const std::string &Change = "+x\n",
                   const std::string &Map = "") {
  FileMap Files = {{"MAINTAINERS", Text}, {File, "int x;\n"}};
  if (!Map.empty())
    Files[".mailmap"] = Map;
  TempTree T(Files);
  auto M = Maintainers::load(T.open());
  EXPECT_TRUE(M.has_value());
  std::string Out;
  for (const Recipient &R : M->recipientsOf(Intro + "---\n x | 1 +\n\ndiff --git a/" + File + " b/" + File + "\n--- a/" + File + "\n+++ b/" + File + "\n@@ -1 +1,2 @@\n" + Change))
    Out += (Out.empty() ? "" : "; ") + std::string(R.role == Role::Maintainer ? "+" : R.role == Role::Reviewer ? "-" : "") + R.address.text();
  return Out;
}

TEST(Maintainers, MostSpecificEntryComesFirstAndListsComeLast) {
  EXPECT_EQ(askFor("A\nM:\tWide One <w@x.org>\nL:\twide@x.org\nF:\tnet/\n\nB\nM:\tNear One <n@x.org>\nR:\tLook One <l@x.org>\nL:\tnear@x.org\nF:\tnet/a/\n", "net/a/b.c"),
            "+Near One <n@x.org>; -Look One <l@x.org>; +Wide One <w@x.org>; near@x.org; wide@x.org");
}

TEST(Maintainers, ExcludedEntryDoesNotCountEvenIfItNamesTheFile) {
  EXPECT_EQ(askFor("A\nM:\tA One <a@x.org>\nF:\tnet/a/\nX:\tnet/a/b.c\n\nB\nL:\tb@x.org\nF:\tnet/\n", "net/a/b.c"), "b@x.org");
}

TEST(Maintainers, PatternWithoutSlashCoversItsOwnDepthOnly) {
  std::string Text = "A\nL:\ta@x.org\nF:\tnet/*\n";
  EXPECT_EQ(askFor(Text, "net/b.c"), "a@x.org");
  EXPECT_EQ(askFor(Text, "net/a/b.c"), "");
}

TEST(Maintainers, DirectoryNeedsNoSlashAndWildcardsNameOneLetterOrMany) {
  EXPECT_EQ(askFor("A\nL:\ta@x.org\nF:\tnet/a\n", "net/a/c/b.c"), "a@x.org");
  EXPECT_EQ(askFor("A\nL:\ta@x.org\nF:\tnet/?b*.[ch]\n", "net/abc.c"), "a@x.org");
  EXPECT_EQ(askFor("A\nL:\ta@x.org\nF:\tnet/?b*.[ch]\n", "net/abc.o"), "");
}

TEST(Maintainers, NamePatternIsARegularExpressionAnywhereInThePath) {
  EXPECT_EQ(askFor("A\nL:\ta@x.org\nN:\tfoo[12]\n", "drivers/x/myfoo2.c"), "a@x.org");
}

TEST(Maintainers, KeywordLooksAtTheTextAndAtChangedLinesButNotAtContext) {
  std::string Text = "A\nM:\tKey Word <k@x.org>\nK:\t\\bwidget_[a-z]+\\b\n";
  EXPECT_EQ(askFor(Text, "a.c", "", "-\twidget_free(x);\n"), "+Key Word <k@x.org>");
  EXPECT_EQ(askFor(Text, "a.c", "", " \twidget_free(x);\n"), "");
  EXPECT_EQ(askFor(Text, "a.c", "about widget_free().\n"), "+Key Word <k@x.org>");
}

TEST(Maintainers, ModeratedListsCountAndSubscribersOnlyListsDoNot) {
  EXPECT_EQ(askFor("A\nL:\ta@x.org (moderated for non-subscribers)\nL:\tb@x.org (subscribers-only)\nF:\ta.c\n", "a.c"), "a@x.org");
}

TEST(Maintainers, OnePersonOnceByNameOrByAddress) {
  EXPECT_EQ(askFor("A\nM:\tA One <a@x.org>\nM:\tA One <a@y.org>\nM:\tOther <A@x.org>\nF:\ta.c\n", "a.c"), "+A One <a@x.org>");
}

TEST(Maintainers, NamesAreQuotedWhereTheScriptQuotesThem) {
  EXPECT_EQ(askFor("A\nM:\tJ. Doe <j@x.org>\nM:\tJörg Müller <m@x.org>\nM:\tSome One, Some Firm <f@x.org>\nF:\ta.c\n", "a.c"),
            "+\"J. Doe\" <j@x.org>; +\"Jörg Müller\" <m@x.org>; +\"Some One, Some Firm\" <f@x.org>");
}

TEST(Maintainers, RemarkBehindAnAddressIsDropped) {
  EXPECT_EQ(askFor("A\nR:\tA One <a@x.org> (lists, strings)\nF:\ta.c\n", "a.c"), "-A One <a@x.org>");
}

TEST(Maintainers, MailmapGivesThePresentAddress) {
  EXPECT_EQ(askFor("A\nM:\tA One <old@x.org>\nF:\ta.c\n", "a.c", "", "+x\n", "A One <new@x.org> <old@x.org>\n"), "+A One <new@x.org>");
}

TEST(Maintainers, TheRestCoversEverything) {
  std::string Text = "A\nL:\ta@x.org\nF:\tnet/\n\nTHE REST\nL:\trest@x.org\nF:\t*\nF:\t*/\n";
  EXPECT_EQ(askFor(Text, "net/b.c"), "a@x.org; rest@x.org");
  EXPECT_EQ(askFor(Text, "b.c"), "rest@x.org");
}

TEST(Maintainers, PatternThatIsNoRegularExpressionIsLeftOut) {
  EXPECT_EQ(askFor("A\nL:\ta@x.org\nN:\tfoo[\nF:\ta.c\n", "a.c"), "a@x.org");
}

TEST(Maintainers, RunawayPatternEnds) {
  EXPECT_EQ(askFor("A\nL:\ta@x.org\nK:\t(a+)+$\nF:\ta.c\n", "a.c", "", "+" + std::string(5000, 'a') + "!\n"), "a@x.org");
}

TEST(Maintainers, NoFileNoAnswer) {
  TempTree T({});
  EXPECT_FALSE(Maintainers::load(T.open()).has_value());
}

TEST(Maintainers, SectionsTellTheTree) {
  TempTree T({{"MAINTAINERS", "A\nS:\tMaintained\nT:\tgit git://x/y.git\nF:\tnet/a/\n\nB\nF:\tnet/\n"}, {"net/a/b.c", ""}});
  auto Sections = Maintainers::load(T.open())->sectionsOf("net/a/b.c");
  ASSERT_EQ(Sections.size(), 2u);
  EXPECT_EQ(Sections[0].title, "A");
  EXPECT_EQ(Sections[0].trees, std::vector<std::string>{"git git://x/y.git"});
}

TEST(Maintainers, APatternThatIsTooMuchForOneLineIsNotTriedAtTheOthers) {
  auto R = Regex::compile("(a|aa)+$", false);
  ASSERT_TRUE(R);
  EXPECT_TRUE(R->matches("xaaa"));
  EXPECT_FALSE(R->matches(std::string(200, 'a') + "b"));
  EXPECT_FALSE(R->matches("xaaa")) << "it is given up, or a mail of a thousand lines would cost a thousand times as much";
}

} // namespace
} // namespace krcu::series
