// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Text for people: the place first, nothing cut, what is to be done first at the top.
#include "tool/report/findings.h"
#include "tool/report/report.h"
#include "gtest/gtest.h"

namespace krcu {
namespace {

SiteReport site(const std::string &File, unsigned Line, SiteClass Class, const std::string &Replacement, Reason Why, const std::string &Detail) {
  SiteReport R;
  R.census.where = {File, Line, 2};
  R.census.deferral = "call_rcu";
  R.census.callback = "x_free";
  R.cls = Class;
  R.reason = Why;
  R.detail = Detail;
  R.replacement = Replacement;
  return R;
}

ReportInput input(const std::vector<SiteReport> &Sites, unsigned Width) {
  ReportInput In;
  In.sites = &Sites;
  In.width = Width;
  return In;
}

const std::vector<SiteReport> Sites = {site("a/x.c", 5, SiteClass::Refuse, "", Reason::InMacro, "put"), site("a/x.c", 9, SiteClass::Convert, "kfree_rcu(x, rcu)", Reason::NeverDestroyed, "x_cache"),
                                       site("b/y.c", 7, SiteClass::Unsafe, "kfree_rcu(y, rcu)", Reason::DestroyedWithoutWait, "y_cache is destroyed in y_exit() at b/y.c:40")};

TEST(ScanText, ThePlaceComesFirstAndRefusalsLast) {
  std::string Text = scanText(input(Sites, 0));
  EXPECT_EQ(Text.substr(0, Text.find("\n\n") + 1), "a/x.c:9:2: convert: kfree_rcu(x, rcu); x_cache is never destroyed [x_free]\n"
                                                  "b/y.c:7:2: unsafe: kfree_rcu(y, rcu); y_cache is destroyed in y_exit() at b/y.c:40; nothing before it waits for kfree_rcu() in this tree [x_free]\n"
                                                  "a/x.c:5:2: refuse: the call is made by the macro put() [x_free]\n");
}

TEST(ScanText, AShortTerminalGroupsByFileAndWraps) {
  std::string Text = scanText(input(Sites, 60));
  EXPECT_EQ(Text.substr(0, Text.find("\n\n") + 1), "a/x.c\n"
                                                  "  9:2: convert: kfree_rcu(x, rcu); x_cache is never\n      destroyed [x_free]\n"
                                                  "b/y.c\n"
                                                  "  7:2: unsafe: kfree_rcu(y, rcu); y_cache is destroyed in\n      y_exit() at b/y.c:40; nothing before it waits for\n      kfree_rcu() in this tree [x_free]\n"
                                                  "a/x.c\n"
                                                  "  5:2: refuse: the call is made by the macro put() [x_free]\n");
}

TEST(ScanText, AWideOneWrapsAndKeepsThePlace) {
  std::string Text = scanText(input(Sites, 110));
  EXPECT_NE(Text.find("b/y.c:7:2: unsafe: kfree_rcu(y, rcu); y_cache is destroyed in y_exit() at b/y.c:40; nothing before it waits\n    for kfree_rcu() in this tree [x_free]\n"), std::string::npos) << Text;
}

TEST(ScanText, ColoursChangeNoWord) {
  ReportInput In = input(Sites, 60);
  In.next = "krcu patch tree";
  std::string Plain = scanText(In);
  EXPECT_NE(Plain.find("\nnext: krcu patch tree\n"), std::string::npos);
  In.colour = true;
  std::string Coloured = scanText(In), Stripped;
  EXPECT_NE(Coloured.find("\033[32mconvert\033[0m:"), std::string::npos);
  for (size_t N = 0; N < Coloured.size(); ++N)
    if (Coloured[N] == '\033')
      N = Coloured.find('m', N);
    else
      Stripped += Coloured[N];
  EXPECT_EQ(Stripped, Plain);
}

TEST(AuditText, ThePlaceComesFirst) {
  AuditReport R;
  AuditFinding F;
  F.kind = "missing_rcu_barrier";
  F.severity = Severity::Error;
  F.confidence = Confidence::High;
  F.confidence_why = "it was followed";
  F.where = {"a/x.c", 5, 3};
  F.reason = "nothing waits";
  F.evidence = {{"a/x.c", 2, "f", "queues"}};
  R.findings = {F};
  std::string Text = auditText(R);
  EXPECT_EQ(Text.substr(0, Text.find("\n\n") + 1),
            "a/x.c:5:3: error: missing_rcu_barrier: nothing waits [" + fingerprintOf(F) + "]\n    high confidence: it was followed\n      a/x.c:2 f(): queues\n");
}

TEST(Terminal, WordsAreNeverCut) {
  EXPECT_EQ(wrappedLine("head:", "one two", 0, 4), "head: one two\n");
  EXPECT_EQ(wrappedLine("head:", "one two three", 10, 2), "head: one\n  two\n  three\n");
  EXPECT_EQ(wrappedLine("head:", "averyveryverylongword x", 10, 2), "head:\n  averyveryverylongword\n  x\n");
  EXPECT_EQ(wrappedLine("head:", "", 10, 2), "head:\n");
  EXPECT_EQ(wrappedText("one two three\n\n  four five six\nseven\n", 11), "one two\n    three\n\n  four five\n      six\nseven\n");
  EXPECT_EQ(wrappedText("  -q  what it does for you\n", 18), "  -q  what it does\n      for you\n") << "below the second column";
  EXPECT_EQ(wrappedText("one two\n", 0), "one two\n");
  EXPECT_EQ(wrappedLine("h:", "\xC3\xA4\xC3\xA4\xC3\xA4 \xC3\xA4", 8, 2), "h: \xC3\xA4\xC3\xA4\xC3\xA4 \xC3\xA4\n") << "columns, not bytes";
}

TEST(Terminal, SourceLinesAreHarmless) {
  EXPECT_EQ(printableLine("a\tb"), "a       b");
  EXPECT_EQ(printableLine("\x1b[2Jx\r\x7F"), "?[2Jx??");
  EXPECT_EQ(printableLine("\xC3\xA4 \xE2\x80\xA6 \xE2\x80\xAE \xC2\x9B \xFF"), "\xC3\xA4 \xE2\x80\xA6 ? ? ?") << "what turns the direction of writing is not printed";
}

} // namespace
} // namespace krcu
