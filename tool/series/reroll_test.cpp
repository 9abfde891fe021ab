// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What happens to a series after krcu has written it: a person edits it, others merge it, a second version is made.
#include "tool/series/mbox.h"
#include "tool/series/series_test_util.h"
#include "llvm/Support/FileSystem.h"
#include <fstream>

namespace krcu::series {
namespace {

const char *const People = "NET A\nM:\tÅsa Öberg <asa@example.org>\nL:\ta@example.org\nS:\tMaintained\nT:\tgit git://x/netdev/net-next.git\nF:\tnet/\n";

class Reroll : public testing::Test {
protected:
  Reroll() : C(FileMap{{"MAINTAINERS", People}}) {
    C.add("net/a/x.c", "x_free");
    C.add("net/b/z.c", "z_free");
  }
  ~Reroll() override {
    for (const char *Suffix : {"-v1", "-v2", "-v3"})
      llvm::sys::fs::remove_directories(C.T.path() + Suffix);
  }
  std::string write(SeriesInput In, const std::string &Suffix) {
    auto R = makeSeries(In);
    EXPECT_TRUE(static_cast<bool>(R)) << message(R.takeError());
    Warnings = R->warnings;
    std::string Out = C.T.path() + Suffix;
    EXPECT_FALSE(llvm::errorToBool(writeSeries(*R, Out)));
    return Out;
  }
  std::string again(const std::string &Before, unsigned Version) {
    SeriesInput In = C.input();
    In.reroll_directory = Before;
    In.version = Version;
    return write(In, "-v" + std::to_string(Version));
  }
  static void replace(const std::string &File, const std::string &From, const std::string &To) {
    std::string Text = contentOf(File);
    size_t At = Text.find(From);
    ASSERT_NE(At, std::string::npos) << Text;
    std::ofstream(File, std::ios::binary) << Text.replace(At, From.size(), To);
  }
  static std::string patchIn(const std::string &Directory, const std::string &Part) {
    std::error_code EC;
    for (llvm::sys::fs::directory_iterator It(Directory, EC), End; !EC && It != End; It.increment(EC))
      if (It->path().find(Part) != std::string::npos)
        return It->path();
    return Directory + "/" + Part;
  }
  std::string mails(const std::string &Directory) {
    std::string Out;
    auto Box = mailboxOf(Directory);
    EXPECT_TRUE(static_cast<bool>(Box));
    return Box ? *Box : Out;
  }

  Converted C;
  std::vector<std::string> Warnings;
};

TEST_F(Reroll, SecondVersionKeepsWhatAPersonMadeOfTheFirst) {
  std::string V1 = write(C.input(), "-v1");
  std::string Mail = patchIn(V1, "x_free");
  replace(Mail, "Found by krcu, a static analysis tool.\n", "Found by krcu, a static analysis tool.\n\nMy own paragraph.\n\nReviewed-by: Some One <one@example.org>\n");
  replace(Mail, "\nCc: a@example.org", "\nCc: a@example.org,\n\tCarl C <carl@example.org>");
  replace(Mail, "replace x_free() with", "drop x_free() for");
  replace(V1 + "/0000-cover-letter.patch", "The callbacks of these", "All callbacks of these");
  std::string V2 = again(V1, 2);
  std::string Now = contentOf(patchIn(V2, "v2-0001"));
  EXPECT_NE(Now.find("Subject: [PATCH net-next v2 1/2] a: drop x_free() for kfree_rcu()"), std::string::npos) << Now;
  EXPECT_NE(Now.find("\nMy own paragraph.\n\nReviewed-by: Some One <one@example.org>\n---\n"), std::string::npos) << Now;
  EXPECT_NE(Now.find("Carl C <carl@example.org>"), std::string::npos) << Now;
  std::string Cover = contentOf(V2 + "/v2-0000-cover-letter.patch"), First = contentOf(V1 + "/0000-cover-letter.patch");
  EXPECT_NE(Cover.find("All callbacks of these"), std::string::npos) << Cover;
  EXPECT_NE(Cover.find("\nChanges in v2:\n"), std::string::npos) << Cover;
  EXPECT_NE(Cover.find("v1: https://lore.kernel.org/all/" + llvm::StringRef(headerOf(First, "Message-Id")).trim("<>").str() + "/"), std::string::npos) << Cover;
  EXPECT_EQ(Cover.find("In-Reply-To"), std::string::npos);
  // And a third keeps it still.
  std::string V3 = again(V2, 3);
  EXPECT_NE(contentOf(patchIn(V3, "v3-0001")).find("\nMy own paragraph.\n\nReviewed-by: Some One"), std::string::npos);
  std::string Third = contentOf(V3 + "/v3-0000-cover-letter.patch");
  size_t Newest = Third.find("\nChanges in v3:\n- \n\nv2: https"), Older = Third.find("\n\nChanges in v2:\n-\n\nv1: https");
  EXPECT_NE(Newest, std::string::npos) << Third;
  EXPECT_NE(Older, std::string::npos) << Third;
  EXPECT_LT(Newest, Older) << "the newest comes first";
}

TEST_F(Reroll, TextThatNobodyTouchedFollowsKrcu) {
  std::string V1 = write(C.input(), "-v1");
  replace(patchIn(V1, "x_free"), "Found by krcu, a static analysis tool.", "Found by krcu. Tested on my machine.");
  C.Sites[0].reason = C.Sites[1].reason = Reason::NeverDestroyed; // what is known has changed
  std::string V2 = again(V1, 2), Edited = contentOf(patchIn(V2, "x_free")), Other = contentOf(patchIn(V2, "z_free"));
  EXPECT_NE(Edited.find("Tested on my machine."), std::string::npos) << Edited;
  EXPECT_NE(Other.find("is never destroyed."), std::string::npos) << Other;
  EXPECT_EQ(Other.find("kmem_cache_destroy"), std::string::npos) << Other;
}

TEST_F(Reroll, WhereBothChangedThePersonWinsAndIsTold) {
  std::string V1 = write(C.input(), "-v1");
  replace(patchIn(V1, "x_free"), "Since commit", "As you know, since commit");
  C.Sites[0].reason = Reason::NeverDestroyed;
  std::string V2 = again(V1, 2);
  EXPECT_NE(contentOf(patchIn(V2, "x_free")).find("As you know"), std::string::npos);
  bool Told = false;
  for (const std::string &W : Warnings)
    Told = Told || W.find("was changed by you and by krcu") != std::string::npos;
  EXPECT_TRUE(Told);
}

TEST_F(Reroll, PatchesThatAreNoLongerThereAreNamedWhereTheyAreMissed) {
  C.add("net/c/y.c", "y_free");
  std::string V1 = write(C.input(), "-v1");
  C.Sites.pop_back();
  C.Files.erase("net/c/y.c");
  std::string Cover = contentOf(again(V1, 2) + "/v2-0000-cover-letter.patch");
  EXPECT_NE(Cover.find("Changes in v2:\n- \n- without \"c: replace y_free() with kfree_rcu()\"\n\nv1: "), std::string::npos) << Cover;
  auto Told = [&] {
    return std::any_of(Warnings.begin(), Warnings.end(), [](const std::string &W) { return W.find("has no successor") != std::string::npos; });
  };
  EXPECT_FALSE(Told()) << "nobody's work is lost";
  replace(patchIn(V1, "y_free"), "Found by krcu", "Tested by me, found by krcu");
  again(V1, 3);
  EXPECT_TRUE(Told());
}

TEST_F(Reroll, DirectoryOfSomethingElseIsRefused) {
  auto State = readState(C.T.path());
  ASSERT_FALSE(static_cast<bool>(State));
  EXPECT_NE(message(State.takeError()).find("this has no series.json"), std::string::npos);
}

TEST_F(Reroll, StateThatLeadsElsewhereIsRefused) {
  std::string V1 = write(C.input(), "-v1");
  replace(V1 + "/series.json", "\"file\": \"0001-", "\"file\": \"../0001-");
  auto State = readState(V1);
  ASSERT_FALSE(static_cast<bool>(State));
  EXPECT_NE(message(State.takeError()).find("series.json"), std::string::npos);
}

TEST_F(Reroll, PeopleAndTrailersOfTheUserAreInEachMail) {
  SeriesInput In = C.input();
  In.trailers = {"Suggested-by: Dora D <dora@example.org>", "Link: https://example.org/1"};
  In.cc = {"Emil E <emil@example.org>"};
  In.prefix = "RFC net";
  std::string V1 = write(In, "-v1");
  for (const char *Part : {"x_free", "z_free"}) {
    std::string Mail = contentOf(patchIn(V1, Part));
    EXPECT_NE(Mail.find("Subject: [RFC PATCH net "), std::string::npos) << Mail;
    EXPECT_NE(Mail.find("Emil E <emil@example.org>"), std::string::npos);
    if (haveProgram("git")) {
      std::string Body = Mail.substr(Mail.find("\n\n") + 2);
      std::ofstream(V1 + "/text", std::ios::binary) << "subject\n\n" + Body.substr(0, Body.find("\n---\n") + 1);
      EXPECT_EQ(run(gitIn("/") + "interpret-trailers --parse '" + V1 + "/text'").text, "Suggested-by: Dora D <dora@example.org>\nLink: https://example.org/1\n");
    }
  }
}

TEST(Trailers, AreTheLastParagraphOnly) {
  std::string Body = "Note: this is text.\n\nMore.\n\nLink: https://x/\nCc: a@b.org\n";
  EXPECT_EQ(takeTrailers(Body), (std::vector<std::string>{"Link: https://x/", "Cc: a@b.org"}));
  EXPECT_EQ(Body, "Note: this is text.\n\nMore.\n");
  EXPECT_TRUE(takeTrailers(Body).empty());
  EXPECT_EQ(withTrailers("T.\n", {"Link: l", "Signed-off-by: s", "Fixes: f", "Link: l"}), "T.\n\nFixes: f\nSigned-off-by: s\nLink: l\n");
  EXPECT_TRUE(llvm::errorToBool(checkTrailer("no trailer")));
  EXPECT_TRUE(llvm::errorToBool(checkTrailer("Link: a\nb")));
}

/// Somebody else changed a line of the hunk's context.
class Merging : public Reroll {
protected:
  void SetUp() override {
    if (!haveProgram("git"))
      GTEST_SKIP() << "git is not installed";
    Box = C.T.path() + "-v1.mbox";
    C.commitAll();
    std::ofstream(Box, std::ios::binary) << mails(write(C.input(), "-v1"));
    std::string File = C.T.path() + "/net/a/x.c";
    replace(File, "int above;", "int above_all;");
    ASSERT_EQ(run(gitIn(C.T.path()) + "commit -q -a -m neighbour").status, 0);
  }
  void TearDown() override { llvm::sys::fs::remove(Box); }
  void expectMerged() {
    std::string Text = contentOf(C.T.path() + "/net/a/x.c");
    EXPECT_NE(Text.find("kfree_rcu(f, rcu);"), std::string::npos) << Text;
    EXPECT_NE(Text.find("above_all"), std::string::npos) << Text;
  }
  std::string Box;
};

TEST_F(Merging, GitAmFindsWhatToMergeWith) {
  EXPECT_NE(run(gitIn(C.T.path()) + "am '" + Box + "'").status, 0) << "it does not apply as it is";
  run(gitIn(C.T.path()) + "am --abort");
  Ran R = run(gitIn(C.T.path()) + "am -3 '" + Box + "'");
  EXPECT_EQ(R.status, 0) << R.text;
  expectMerged();
}

TEST_F(Merging, B4Too) {
  if (!haveProgram("b4"))
    GTEST_SKIP() << "b4 is not installed";
  std::string Out = C.T.path() + "-v2", Home = "cd '" + C.T.path() + "' && HOME='" + C.T.path() + "-v3' GIT_CONFIG_NOSYSTEM=1 ";
  std::filesystem::create_directories(Out);
  Ran R = run(Home + "b4 --offline-mode am -3 -n series -o '" + Out + "' -m '" + Box + "' -l $(grep -m1 -i '^message-id' '" + Box + "' | sed 's/.*<//;s/>.*//')");
  EXPECT_EQ(R.text.find("failed"), std::string::npos) << R.text;
  ASSERT_TRUE(llvm::sys::fs::exists(Out + "/series.mbx")) << R.text;
  R = run(gitIn(C.T.path()) + "am -3 '" + Out + "/series.mbx'");
  EXPECT_EQ(R.status, 0) << R.text;
  expectMerged();
}

/// What no next version keeps is said: a diff or a prefix that a person changed, options that are not given again.
TEST_F(Reroll, WhatIsNotKeptIsSaid) {
  SeriesInput In = C.input();
  In.trailers = {"Suggested-by: Ann <ann@example.org>"};
  In.cc = {"Cee <cee@example.org>"};
  In.prefix = "RFC net-next";
  const std::string First = write(In, "-v1");
  auto Said = [&](const std::string &Text) { return llvm::any_of(Warnings, [&](const std::string &W) { return W.find(Text) != std::string::npos; }); };
  again(First, 2);
  EXPECT_TRUE(Said("was made with --trailer 'Suggested-by: Ann <ann@example.org>', and this version is not"));
  EXPECT_TRUE(Said("--cc 'Cee <cee@example.org>'") && Said("--prefix 'RFC net-next'"));
  EXPECT_FALSE(Said("you changed the diff"));
  const std::string Second = C.T.path() + "-v2";
  again(Second, 3);
  EXPECT_FALSE(Said("was made with") || Said("you changed the diff"));
  llvm::sys::fs::remove_directories(C.T.path() + "-v3");
  replace(patchIn(Second, "0001"), "+\tkfree_rcu(", "+\t/* at last */ kfree_rcu(");
  again(Second, 3);
  EXPECT_TRUE(Said("you changed the diff or [PATCH ...] there, which this version does not keep"));
}

} // namespace
} // namespace krcu::series
