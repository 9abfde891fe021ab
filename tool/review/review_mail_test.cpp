// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Diffs and mails as they come: damaged, encoded, renamed, out of order.
#include "tool/review/apply.h"
#include "tool/review/mail.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "gtest/gtest.h"
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace krcu::review {
namespace {

const char Plain[] = "--- a/x.c\n+++ b/x.c\n@@ -1,3 +1,3 @@\n one\n-two\n+deux\n three\n";

std::string applied(const std::string &Text, const std::string &Diff) {
  review::Diff D = parseDiff(Diff);
  if (!D.problem.empty())
    return "line " + std::to_string(D.problem_line) + ": " + D.problem;
  std::vector<AppliedFile> Files = applyDiff(D, [&](const std::string &Path) { return Path == "x.c" ? std::optional(Text) : std::nullopt; });
  if (Files.size() != 1)
    return std::to_string(Files.size()) + " files";
  return Files[0].problem.empty() ? Files[0].after.value_or("(gone)") : Files[0].problem;
}

TEST(Apply, InPlace) { EXPECT_EQ(applied("one\ntwo\nthree\n", Plain), "one\ndeux\nthree\n"); }
TEST(Apply, AtOtherLines) { EXPECT_EQ(applied("zero\nzero\none\ntwo\nthree\nfour\n", Plain), "zero\nzero\none\ndeux\nthree\nfour\n"); }
TEST(Apply, NoFuzz) { EXPECT_EQ(applied("one\ntwo\ntrois\n", Plain), "hunk 1 of 1 does not apply: the line \"three\" is not in the file"); }
TEST(Apply, AlreadyThere) { EXPECT_EQ(applied("one\ndeux\nthree\n", Plain), "the change is already in this tree"); }
TEST(Apply, MailWithCarriageReturns) {
  EXPECT_EQ(applied("one\ntwo\nthree\n", "--- a/x.c\r\n+++ b/x.c\r\n@@ -1,3 +1,3 @@\r\n one\r\n-two\r\n+deux\r\n three\r\n"), "one\ndeux\nthree\n");
}
TEST(Apply, ContextLinesThatLostTheirSpace) { EXPECT_EQ(applied("one\n\ntwo\n", "--- a/x.c\n+++ b/x.c\n@@ -1,3 +1,3 @@\n one\n\n-two\n+deux\n"), "one\n\ndeux\n"); }
TEST(Apply, NoNewlineAtTheEnd) {
  EXPECT_EQ(applied("one\ntwo", "--- a/x.c\n+++ b/x.c\n@@ -1,2 +1,2 @@\n one\n-two\n\\ No newline at end of file\n+deux\n"), "one\ndeux\n");
}
TEST(Apply, Deletes) { EXPECT_EQ(applied("one\n", "diff --git a/x.c b/x.c\ndeleted file mode 100644\n--- a/x.c\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n"), "(gone)"); }
TEST(Apply, Truncated) {
  EXPECT_EQ(applied("one\ntwo\nthree\n", "--- a/x.c\n+++ b/x.c\n@@ -1,3 +1,3 @@\n one\n-two\n"),
            "line 5: the patch ends inside the hunk that starts at line 3; its header promises 1 more old and 2 more new lines");
}
TEST(Apply, BrokenInside) {
  EXPECT_EQ(applied("one\n", "--- a/x.c\n+++ b/x.c\n@@ -1,3 +1,3 @@\n one\nwhat is this\n").substr(0, 47), "line 5: the hunk that starts at line 3 is broke");
}

TEST(Diff, Rename) {
  review::Diff D = parseDiff("diff --git a/old.c b/new.c\nsimilarity index 90%\nrename from old.c\nrename to new.c\n--- a/old.c\n+++ b/new.c\n@@ -1 +1 @@\n-a\n+b\n");
  ASSERT_EQ(D.files.size(), 1u);
  EXPECT_TRUE(D.files[0].renamed);
  EXPECT_EQ(D.files[0].old_path, "old.c");
  EXPECT_EQ(D.files[0].new_path, "new.c");
}
TEST(Diff, Binary) {
  review::Diff D = parseDiff("diff --git a/x.bin b/x.bin\nindex 1..2 100644\nGIT binary patch\nliteral 3\nKcmZ\n\nliteral 0\nHcmV?d00001\n\n");
  ASSERT_EQ(D.files.size(), 1u);
  EXPECT_TRUE(D.files[0].binary);
}
TEST(Diff, WhatIsNoTextSaysSo) {
  review::Diff D = parseDiff("diff --git a/x.h b/x.h\nnew file mode 120000\nindex 0000000..1111111\n--- /dev/null\n+++ b/x.h\n@@ -0,0 +1 @@\n+../y.h\n\\ No newline at end of file\n"
                             "diff --git a/m b/m\nindex 1111111..2222222 160000\n--- a/m\n+++ b/m\n@@ -1 +1 @@\n-Subproject commit 1\n+Subproject commit 2\n"
                             "diff --git a/x.c b/x.c\nindex 1111111..2222222 100644\n--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n+b\n");
  ASSERT_EQ(D.files.size(), 3u);
  EXPECT_EQ(D.files[0].special, "a symbolic link");
  EXPECT_EQ(D.files[1].special, "a submodule");
  EXPECT_EQ(D.files[2].special, "");
  EXPECT_EQ(applied("a\n", "diff --git a/x.c b/x.c\nindex 1111111..2222222 120000\n--- a/x.c\n+++ b/x.c\n@@ -1 +1 @@\n-a\n+b\n"), "a\n");
}
// Whoever applies the patch reads these names, so their quotes must not hide a source file or a way out.
TEST(Diff, QuotedNamesAreRead) {
  auto PathOf = [](const std::string &Name) {
    review::Diff D = parseDiff("diff --git " + Name + " " + Name + "\nnew file mode 100644\n--- /dev/null\n+++ " + Name + "\n@@ -0,0 +1 @@\n+a\n");
    return D.files.size() == 1 ? D.files[0].path() : std::to_string(D.files.size()) + " files";
  };
  EXPECT_EQ(PathOf(R"("b/drv/y\056c")"), "drv/y.c");
  EXPECT_EQ(PathOf(R"("b/caf\303\251 \"\\.c")"), "caf\xc3\xa9 \"\\.c");
  EXPECT_EQ(badPath(PathOf(R"("b/\056\056/evil.c")")), "the path leaves the tree");
  for (const char *Control : {R"("b/x\n.c")", R"("b/x\000.c")", R"("b/x\033[31m.c")"})
    EXPECT_EQ(badPath(PathOf(Control)), "the path has control characters") << Control;
  for (const char *Broken : {R"("b/x.c)", R"("b/x\q.c")", R"("b/x\8.c")", R"("b/x\)"})
    EXPECT_EQ(badPath(PathOf(Broken)), "the path is quoted, and files with such names are not looked at") << Broken;
  review::Diff D = parseDiff("diff --git \"a/o\\056c\" b/n.c\nsimilarity index 100%\nrename from \"o\\056c\"\nrename to n.c\n");
  ASSERT_EQ(D.files.size(), 1u);
  EXPECT_EQ(D.files[0].old_path, "o.c");
}
TEST(Diff, AFileWithoutAHunkIsDamaged) {
  const std::string Git = "diff --git a/x.c b/x.c\nindex 1111111..2222222 100644\n", Names = "--- a/x.c\n+++ b/x.c\n";
  for (const std::string &Bad : {Names + "@@ @@\n-a\n+b\n", Names + "@@ -0,0 +0,0 @@\n-a\n+b\n", Names + "@@@ -1 -1 +1 @@@\n--a\n++b\n", Git + Names + "-a\n+b\n", Git + Names, "diff --cc x.c\nindex 1,2..3\n" + Names + "@@@ -1 -1 +1 @@@\n"})
    EXPECT_NE(parseDiff(Bad).problem, "") << Bad;
  review::Diff Prose = parseDiff("I would write\n--- one\n+++ two\nthere.\n");
  EXPECT_EQ(Prose.problem, "");
  EXPECT_TRUE(Prose.files.empty());
}
TEST(Diff, TheSignatureIsNoRemovedLine) {
  review::Diff D = parseDiff(std::string(Plain) + "-- \n2.39.5\n");
  EXPECT_EQ(D.problem, "");
  EXPECT_EQ(D.files[0].hunks[0].lines.size(), 4u);
}
TEST(Diff, PlainDiffInProse) { EXPECT_EQ(parseDiff(std::string("I suggest:\n\ndiff -u -p a/x.c b/x.c\n") + Plain + "\nOr so.\n").files.size(), 1u); }

TEST(Path, MustStayInTheTree) {
  EXPECT_EQ(badPath("net/x.c"), "");
  for (const char *Bad : {"", "/etc/passwd", "../x", "a/../../x", "a//b", ".git/hooks/x"})
    EXPECT_NE(badPath(Bad), "") << Bad;
}

TEST(Subject, NumberAndVersion) {
  ReviewPatch P;
  readSubject("[PATCH net-next v3 07/14] net: a thing: do it", P);
  EXPECT_EQ(P.number, 7u);
  EXPECT_EQ(P.total, 14u);
  EXPECT_EQ(P.version, 3u);
  EXPECT_EQ(P.subject, "net: a thing: do it");
}

class Mails : public testing::Test {
protected:
  Mails() {
    Path = (std::filesystem::temp_directory_path() / ("krcu-mail-" + std::to_string(::getpid()) + ".mbox")).string();
  }
  ~Mails() override { std::filesystem::remove(Path); }
  Inbox read(const std::string &Text) {
    EXPECT_FALSE(bool(writeFileAtomically(Path, Text)));
    auto Box = readInbox({Path});
    if (Box)
      return std::move(*Box);
    Problem = message(Box.takeError());
    return {};
  }
  static std::string mail(const std::string &Subject, const std::string &Headers, const std::string &Body) {
    return "From 0000 Mon Sep 17 00:00:00 2001\nFrom: A <a@example.org>\nSubject: " + Subject + "\nMessage-ID: <" + std::to_string(std::hash<std::string>()(Subject)) + "@x>\n" + Headers + "\n" + Body + "\n";
  }
  std::string Path, Problem;
};

TEST_F(Mails, ASeriesInAnyOrderWithACoverAndReplies) {
  Inbox Box = read(mail("[PATCH 0/2] two things", "", "A cover letter.\n") + mail("[PATCH 2/2] second", "", Plain) + mail("[PATCH 1/2] first", "", Plain) +
                   mail("Re: [PATCH 1/2] first", "", "> looks good\n"));
  ASSERT_EQ(Box.patches.size(), 2u);
  EXPECT_EQ(Box.patches[0].subject, "first");
  EXPECT_EQ(Box.patches[1].subject, "second");
}
/// What was encoded is a name, whatever stands in it.
TEST_F(Mails, ANameMakesNoFurtherAddress) {
  const std::string Rest = "\nTo: =?utf-8?q?M=C3=BCller=2C_Hans?= <h@example.org>, list@example.org\nCc: =?utf-8?q?A=22_=3Ce=40example=2Enet=3E?= <b@example.org>\nSubject: [PATCH] one\nMessage-ID: <1@x>\n\n" + std::string(Plain) + "\n";
  Inbox Box = read("From 0000 Mon Sep 17 00:00:00 2001\nFrom: =?utf-8?q?A=2C_evil=40example=2Enet=2C_B?= <a@example.org>" + Rest);
  ASSERT_EQ(Box.patches.size(), 1u);
  EXPECT_EQ(Box.patches[0].from, "\"A, evil@example.net, B\" <a@example.org>");
  EXPECT_EQ(Box.patches[0].to, "\"M\xc3\xbcller, Hans\" <h@example.org>, list@example.org");
  EXPECT_EQ(Box.patches[0].cc, "\"A\\\" <e@example.net>\" <b@example.org>");
  Box = read("From 0000 Mon Sep 17 00:00:00 2001\nFrom: =?utf-8?q?A=5C=5C=22_=3Ce=40example=2Enet=3E=2C_=22B?= <a@example.org>" + Rest);
  ASSERT_EQ(Box.patches.size(), 1u);
  EXPECT_EQ(Box.patches[0].from, "\"A\\\\\\\\\\\" <e@example.net>, \\\"B\" <a@example.org>");
  Box = read("From 0000 Mon Sep 17 00:00:00 2001\nFrom: nobody" + Rest);
  ASSERT_EQ(Box.patches.size(), 1u);
  EXPECT_EQ(Box.patches[0].from, "nobody");
}
TEST_F(Mails, AHeaderFieldThatIsTooLongIsCut) {
  // In one line and in many.
  std::string Folded;
  for (int I = 0; I < 9000; ++I)
    Folded += "\n =?utf-8?q?a";
  Inbox Box = read(mail("[PATCH] one", "X-Long: " + std::string(100000, 'x') + "\nX-Folded: a" + Folded + "\n", Plain));
  ASSERT_EQ(Box.patches.size(), 1u);
  EXPECT_EQ(Box.patches[0].subject, "one");
  EXPECT_EQ(Box.patches[0].diff.files.size(), 1u);
  ASSERT_EQ(Box.notes.size(), 1u);
  EXPECT_NE(Box.notes[0].find("a header field of more than 64 KiB was cut"), std::string::npos) << Box.notes[0];
}
TEST_F(Mails, LinesOfADiffAreNoHeaderFields) {
  std::string Context, Old = std::to_string(4002), New = std::to_string(4001);
  for (int I = 0; I < 4000; ++I)
    Context += " /* a line of context, as long as many are */\n";
  Inbox Box = read(mail("[PATCH] one", "", "---\n--- a/x.c\n+++ b/x.c\n@@ -1," + Old + " +1," + New + " @@\n---counter;\n-out:\n" + Context + "+--counter;\n"));
  ASSERT_EQ(Box.patches.size(), 1u);
  ASSERT_EQ(Box.patches[0].diff.files.size(), 1u);
  ASSERT_EQ(Box.patches[0].diff.files[0].hunks.size(), 1u);
  EXPECT_EQ(Box.patches[0].diff.files[0].hunks[0].lines.size(), 4003u);
  EXPECT_TRUE(Box.notes.empty());
}
TEST_F(Mails, Base64) {
  Inbox Box = read(mail("[PATCH] one", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n",
                        "LS0tIGEveC5jCisrKyBiL3guYwpAQCAtMSwzICsxLDMgQEAKIG9uZQotdHdvCitkZXV4CiB0aHJl\nZQo=\n"));
  ASSERT_EQ(Box.patches.size(), 1u);
  EXPECT_EQ(Box.patches[0].diff.files[0].hunks[0].lines.size(), 4u);
}
TEST_F(Mails, QuotedPrintable) {
  Inbox Box = read(mail("[PATCH] one", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n",
                        "--- a/x.c\n+++ b/x.c\n@@ -1,3 +1,3 @@\n one\n-two\n+a =3D =C3=A9=\nb;\n three\n"));
  ASSERT_EQ(Box.patches.size(), 1u);
  EXPECT_EQ(Box.patches[0].diff.files[0].hunks[0].lines[2].text, "a = \xc3\xa9" "b;");
}
TEST_F(Mails, FormatFlowed) {
  Inbox Box = read(mail("[PATCH] one", "Content-Type: text/plain; charset=utf-8; format=flowed\n", "--- a/x.c\n+++ b/x.c\n@@ -1,3 +1,3 @@\n  one\n-two\n+deux\n  three\n"));
  ASSERT_EQ(Box.patches.size(), 1u);
  EXPECT_TRUE(Box.patches[0].flowed);
  EXPECT_EQ(Box.patches[0].diff.problem, "");
  EXPECT_EQ(Box.patches[0].diff.files[0].hunks[0].lines[0].text, "one");
}
TEST_F(Mails, Attachment) {
  Inbox Box = read(mail("[PATCH] one", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n",
                        std::string("--b\nContent-Type: text/plain\n\nSee attachment.\n--b\nContent-Type: application/octet-stream; name=\"x.patch\"\nContent-Disposition: attachment; filename=\"x.patch\"\n\n") + Plain + "--b--\n"));
  ASSERT_EQ(Box.patches.size(), 1u);
  EXPECT_EQ(Box.patches[0].diff.files.size(), 1u);
}
TEST_F(Mails, OnlyTheLastVersionCounts) {
  Inbox Box = read(mail("[PATCH 1/1] one", "", Plain) + mail("[PATCH v2 1/1] one", "", Plain));
  ASSERT_EQ(Box.patches.size(), 1u);
  EXPECT_EQ(Box.patches[0].version, 2u);
}
TEST_F(Mails, TwoWithTheSameNumber) {
  Inbox Box = read(mail("[PATCH 1/2] one", "", Plain) + mail("[PATCH 1/2] another", "", Plain));
  EXPECT_EQ(Box.patches.size(), 2u);
  ASSERT_EQ(Box.notes.size(), 2u);
  EXPECT_NE(Box.notes[0].find("2 is missing"), std::string::npos) << Box.notes[0];
  EXPECT_NE(Box.notes[1].find("two patches have the number 1"), std::string::npos) << Box.notes[1];
}
TEST_F(Mails, TwoSeriesInOneMailboxDoNotCompleteEachOther) {
  auto In = [](const std::string &Root) { return "References: <older@x> <" + Root + ">\n"; };
  Inbox Box = read(mail("[PATCH 2/2] b two", "References: <b@x>\n", Plain) + mail("[PATCH 1/2] a one", In("a@x"), Plain) + mail("[PATCH] alone", "", Plain) +
                   mail("[PATCH 1/2] b one", "References: <b@x>\n", Plain));
  ASSERT_EQ(Box.patches.size(), 4u);
  std::string Order;
  for (const ReviewPatch &P : Box.patches)
    Order += P.subject + ";";
  EXPECT_EQ(Order, "b one;b two;a one;alone;");
  EXPECT_TRUE(Box.incomplete);
  ASSERT_EQ(Box.notes.size(), 1u);
  EXPECT_NE(Box.notes[0].find("with \"a one\" 2 is missing"), std::string::npos) << Box.notes[0];
}
TEST_F(Mails, TheFirstPartOfAThreadIsItsRoot) {
  std::string First = "[PATCH 1/2] one";
  Inbox Box = read(mail("[PATCH 2/2] two", "References: <" + std::to_string(std::hash<std::string>()(First)) + "@x>\n", Plain) + mail(First, "", Plain));
  ASSERT_EQ(Box.patches.size(), 2u);
  EXPECT_EQ(Box.patches[0].subject, "one");
  EXPECT_FALSE(Box.incomplete);
  EXPECT_TRUE(Box.notes.empty());
}
TEST_F(Mails, TheBaseOfACoverIsThatOfItsSeriesOnly) {
  const std::string Base(40, 'a');
  Inbox Box = read(mail("[PATCH 0/1] cover", "References: <s@x>\n", "base-commit: " + Base + "\n") + mail("[PATCH 1/1] in it", "References: <s@x>\n", Plain) +
                   mail("[PATCH 1/1] in another", "References: <t@x>\n", Plain));
  ASSERT_EQ(Box.patches.size(), 2u);
  EXPECT_EQ(Box.patches[0].base_commit, Base);
  EXPECT_EQ(Box.patches[1].base_commit, "");
}
TEST_F(Mails, APartThatIsMissingOrHollow) {
  EXPECT_FALSE(read(mail("[PATCH 1/2] one", "", Plain) + mail("[PATCH 2/2] two", "", std::string(Plain) + "\n")).incomplete);
  Inbox Box = read(mail("[PATCH 1/3] one", "", Plain));
  EXPECT_TRUE(Box.incomplete);
  EXPECT_NE(Box.notes[0].find("2, 3 are missing"), std::string::npos) << Box.notes[0];
  Box = read(mail("[PATCH 1/2] one", "", Plain) + mail("[PATCH 2/2] two", "", "The attachment got lost.\n"));
  EXPECT_TRUE(Box.incomplete);
  EXPECT_NE(Box.notes[0].find("has no patch in it"), std::string::npos) << Box.notes[0];
}
TEST_F(Mails, BehindScissors) {
  Inbox Box = read(mail("Re: [PATCH] something else", "", std::string("How about this?\n\n-- >8 --\nSubject: [PATCH v2] drv: better\n\nWhy.\n\n") + Plain));
  ASSERT_EQ(Box.patches.size(), 1u);
  EXPECT_EQ(Box.patches[0].subject, "drv: better");
  EXPECT_EQ(Box.patches[0].version, 2u);
  EXPECT_EQ(Box.patches[0].diff.files.size(), 1u);
}
TEST_F(Mails, ADirectoryTreeAndAMaildir) {
  namespace fs = std::filesystem;
  fs::path Top = Path + ".d";
  fs::create_directories(Top / "cur");
  fs::create_directories(Top / "deep" / "er");
  std::ofstream(Top / "cur" / "1732.M1.host:2,S") << mail("[PATCH 1/2] one", "", Plain);
  std::ofstream(Top / "deep" / "er" / "two.eml") << mail("[PATCH 2/2] two", "", std::string(Plain) + "\n");
  std::ofstream(Top / "deep" / "notes.txt") << "nothing";
  auto Box = readInbox({Top.string()});
  ASSERT_TRUE(bool(Box)) << message(Box.takeError());
  EXPECT_EQ(Box->patches.size(), 2u);
  EXPECT_FALSE(Box->incomplete);
  fs::remove_all(Top);
}
/// An archive of public-inbox, made with git itself.
class Archive : public Mails {
protected:
  void SetUp() override {
    if (std::system("git --version > /dev/null 2>&1") != 0)
      GTEST_SKIP() << "git is not there";
    Top = Path + ".git";
    run("git init -q " + Top);
  }
  void TearDown() override { std::filesystem::remove_all(Top); }
  void run(const std::string &Command) { EXPECT_EQ(std::system((Command + " > /dev/null 2>&1").c_str()), 0) << Command; }
  void add(const std::string &File, const std::string &Text) {
    for (const char *Name : {"m", "d"})
      std::filesystem::remove(Top + "/" + Name);
    std::ofstream(Top + "/" + File) << Text;
    run("cd " + Top + " && git add -A && git -c user.name=T -c user.email=t@example.org commit -q -m mail");
  }
  static std::string raw(const std::string &Mail) { return Mail.substr(Mail.find('\n') + 1); }
  std::string Top;
};

TEST_F(Archive, EachCommitIsAMail) {
  add("m", raw(mail("[PATCH 2/2] two", "References: <r@x>\n", std::string(Plain) + "\n")));
  add("m", raw(mail("Re: something", "", "> no\n")));
  add("m", raw(mail("[PATCH] spam", "", Plain)));
  add("d", raw(mail("[PATCH] spam", "", Plain)));
  add("m", raw(mail("[PATCH 1/2] one", "References: <r@x>\n", Plain)));
  auto Box = readInbox({Top});
  ASSERT_TRUE(bool(Box)) << message(Box.takeError());
  ASSERT_EQ(Box->patches.size(), 2u);
  EXPECT_EQ(Box->patches[0].subject, "one");
  EXPECT_EQ(Box->patches[1].subject, "two");
  EXPECT_FALSE(Box->incomplete);
  ASSERT_EQ(Box->notes.size(), 2u);
  EXPECT_NE(Box->notes[0].find("1 mail was taken back"), std::string::npos) << Box->notes[0];
}
TEST_F(Archive, EpochsComeInTheirOrder) {
  namespace fs = std::filesystem;
  add("m", raw(mail("[PATCH] first", "", Plain)));
  fs::path Outer = Path + ".archive";
  fs::create_directories(Outer / "git");
  fs::rename(Top, Outer / "git" / "0.git");
  run("git init -q " + Top);
  add("m", raw(mail("[PATCH] second", "", Plain)));
  fs::rename(Top, Outer / "git" / "10.git");
  auto Box = readInbox({Outer.string()});
  ASSERT_TRUE(bool(Box)) << message(Box.takeError());
  ASSERT_EQ(Box->patches.size(), 2u);
  EXPECT_EQ(Box->patches[0].subject, "first");
  EXPECT_EQ(Box->patches[1].subject, "second");
  fs::remove_all(Outer);
}
TEST(Apply, PathsOfP0) {
  Diff D = parseDiff("--- drv/x.c\n+++ drv/x.c\n@@ -1 +1 @@\n-two\n+deux\n");
  ASSERT_EQ(D.files.size(), 1u);
  auto In = [&](const std::string &File) { return applyDiff(D, [&](const std::string &Name) { return Name == File ? std::optional<std::string>("two\n") : std::nullopt; }).front(); };
  EXPECT_EQ(In("drv/x.c").path, "drv/x.c");
  EXPECT_EQ(In("drv/x.c").after.value_or(""), "deux\n");
  EXPECT_EQ(In("x.c").path, "x.c"); // as -p1 has it
  EXPECT_NE(In("lib/x.c").problem, "");
}
TEST_F(Mails, NoPatchAtAll) {
  read(mail("Hello", "", "How are you?\n"));
  EXPECT_NE(Problem.find("none of 1 mails has a patch in it"), std::string::npos) << Problem;
}
TEST_F(Mails, NoFile) {
  auto Box = readInbox({"/nonexistent/series.mbox"});
  ASSERT_FALSE(bool(Box));
  EXPECT_NE(message(Box.takeError()).find("/nonexistent/series.mbox"), std::string::npos);
}

} // namespace
TEST_F(Mails, TwoHundredMegabytes) {
  {
    std::ofstream Out(Path, std::ios::binary);
    std::string Talk(64 * 1024, 'x');
    for (size_t N = 80; N < Talk.size(); N += 80)
      Talk[N] = '\n';
    for (int N = 0; N < 3200; ++N)
      Out << mail("Re: idle talk " + std::to_string(N), "", Talk);
    Out << mail("[PATCH] x: change it", "", std::string("Text.\n---\n") + Plain);
    ASSERT_TRUE(Out.flush());
  }
  ASSERT_GT(std::filesystem::file_size(Path), 200u << 20);
  auto Box = readInbox({Path});
  ASSERT_TRUE(bool(Box)) << message(Box.takeError());
  ASSERT_EQ(Box->patches.size(), 1u);
  EXPECT_EQ(Box->patches[0].subject, "x: change it");
  EXPECT_EQ(Box->patches[0].diff.files.size(), 1u);
}

} // namespace krcu::review
