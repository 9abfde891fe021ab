// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/series_test_util.h"
#include "tool/lifetime/leftovers.h"
#include "tool/series/mbox.h"
#include "llvm/Support/FileSystem.h"

namespace krcu::series {
namespace {

const char *const People = "NET A\nM:\tÅsa Öberg <asa@example.org>\nL:\ta@example.org\nS:\tMaintained\nT:\tgit git://x/netdev/net.git\nT:\tgit git://x/netdev/net-next.git\nF:\tnet/a/\n\n"
                           "NET B\nM:\tB One <b@example.org>\nS:\tMaintained\nT:\tgit git://x/tip/tip.git\nF:\tnet/b/\n\n"
                           "THE REST\nL:\tlinux-kernel@vger.kernel.org\nF:\t*\nF:\t*/\n";

/// As one line, for sentences that may be broken anywhere.
std::string unfolded(std::string Text) {
  std::replace(Text.begin(), Text.end(), '\n', ' ');
  return Text;
}

size_t longestLine(llvm::StringRef Text) {
  size_t Longest = 0;
  while (!Text.empty()) {
    auto [Line, Rest] = Text.split('\n');
    Text = Rest;
    Longest = std::max(Longest, Line.size());
  }
  return Longest;
}

/// Applies the series to a fresh repository of the tree and returns what git am says.
Ran applyByGit(Converted &C, const SeriesResult &R, const std::string &Options = "") {
  C.commitAll();
  std::string Out = C.T.path() + "-mails";
  EXPECT_FALSE(llvm::errorToBool(writeSeries(R, Out)));
  auto Box = mailboxOf(Out);
  EXPECT_TRUE(static_cast<bool>(Box));
  std::ofstream(Out + "/box", std::ios::binary) << *Box;
  Ran Result = run(gitIn(C.T.path()) + "am " + Options + " '" + Out + "/box'");
  llvm::sys::fs::remove_directories(Out);
  return Result;
}

TEST(Split, OnePatchPerSubsystemAndPeople) {
  Converted C(FileMap{{"MAINTAINERS", People}});
  C.add("net/a/x.c", "x_free");
  C.add("net/a/y.c", "y_free");
  C.add("net/b/z.c", "z_free");
  SeriesResult R = C.make();
  ASSERT_EQ(R.series.size(), 2u) << "a posting never mixes trees";
  EXPECT_EQ(R.series[0].patches[0].unit.files, (std::vector<std::string>{"net/a/x.c", "net/a/y.c"}));
  EXPECT_EQ(R.series[0].directory, "net-next");
  EXPECT_EQ(R.series[0].tag, "net-next");
  EXPECT_NE(R.files["README"].find("net-next: git://x/netdev/net-next.git\n"), std::string::npos) << R.files["README"];
  EXPECT_EQ(R.series[1].directory, "tip");
  SeriesInput In = C.input();
  In.one_series = true;
  auto One = makeSeries(In);
  ASSERT_TRUE(static_cast<bool>(One)) << message(One.takeError());
  ASSERT_EQ(One->series.size(), 1u);
  EXPECT_EQ(One->series[0].tag, "") << "a series for two trees has no tag";
  EXPECT_NE(One->series[0].cover.find("kernel-janitors@vger.kernel.org"), std::string::npos) << One->series[0].cover;
}

TEST(Split, DirectoriesAreCalledAsPeopleCallTheSubsystem) {
  Converted C(FileMap{{"MAINTAINERS", "A\nM:\tA <a@x.org>\nT:\tgit git://x/pub/scm/who/linux.git\nF:\tdrivers/gpu/drm/widget/\n\n"
                                      "B\nM:\tB <b@x.org>\nT:\tgit git://x/pub/scm/her/linux.git\nF:\tfs/widgetfs/\n\n"
                                      "THE REST\nM:\tC <c@x.org>\nT:\tgit git://x/torvalds/linux.git\nF:\t*\nF:\t*/\n"}});
  C.add("drivers/gpu/drm/widget/x.c", "x_free");
  C.add("fs/widgetfs/y.c", "y_free");
  C.add("ipc/z.c", "z_free");
  SeriesResult R = C.make();
  ASSERT_EQ(R.series.size(), 3u);
  EXPECT_EQ(R.series[0].directory, "drm-widget");
  EXPECT_EQ(R.series[1].directory, "ipc-z") << "where everything ends up is nobody's tree";
  EXPECT_EQ(R.series[2].directory, "widgetfs");
}

TEST(Split, ADirectoryIsCalledByWhatItsPrefixesShare) {
  Converted C(FileMap{{"MAINTAINERS", "A\nM:\tA <a@x.org>\nT:\tgit git://x/pub/who/linux.git\nF:\tdrivers/iommu/\n\nB\nM:\tB <b@x.org>\nF:\tdrivers/iommu/riscv/\n\nC\nM:\tC <c@x.org>\nT:\tgit git://x/other.git\nF:\tfs/\n"}});
  C.add("drivers/iommu/riscv/x.c", "x_free");
  C.add("drivers/iommu/arm/one/y.c", "y_free");
  C.add("fs/z.c", "z_free");
  SeriesResult R = C.make();
  ASSERT_EQ(R.series.size(), 2u);
  EXPECT_EQ(R.series[1].directory, "iommu");
  EXPECT_EQ(R.series[1].patches.size(), 2u);
}

TEST(Split, FilesThatShareARemovedCallbackStayTogether) {
  Converted C(FileMap{{"MAINTAINERS", People}});
  C.add("net/a/x.c", "x_free");
  C.Sites[0].callback.function = "x_free"; // external linkage
  C.T.write("include/linux/x.h", "void x_free(struct rcu_head *);\nint y;\n");
  C.Files["include/linux/x.h"] = {"void x_free(struct rcu_head *);\nint y;\n", "int y;\n"};
  SeriesResult R = C.make();
  ASSERT_EQ(R.series[0].patches.size(), 1u);
  EXPECT_EQ(R.series[0].patches[0].unit.files.size(), 2u);
}

TEST(Split, MoreThanFifteenBecomeSeriesByTree) {
  std::vector<PatchUnit> Many(20);
  for (size_t I = 0; I < Many.size(); ++I)
    Many[I].tree = I < 17 ? "big" : "small";
  EXPECT_EQ(arrange(Many, true).size(), 1u) << "who wants one gets one";
  std::vector<SeriesPlan> Plans = arrange(Many);
  ASSERT_EQ(Plans.size(), 3u);
  EXPECT_EQ(Plans[0].patches.size(), 8u);
  EXPECT_EQ(Plans[1].patches.size(), 9u);
  EXPECT_EQ(Plans[2].name, "small");
}

TEST(Split, FifteenAreOneSeries) { EXPECT_EQ(arrange(std::vector<PatchUnit>(15)).size(), 1u); }

TEST(Message, SaysWhatThisPatchDoesInSeventyFiveColumns) {
  Converted C(FileMap{{"MAINTAINERS", People}});
  C.add("net/a/x.c", "x_free");
  MadePatch P = C.make().series[0].patches[0];
  EXPECT_EQ(P.message.subject, "a: replace x_free() with kfree_rcu()");
  EXPECT_LE(longestLine(P.message.body), 75u);
  EXPECT_EQ(P.message.body.find("x_free() only frees a struct foo with kmem_cache_free()."), 0u) << P.message.body;
  EXPECT_NE(P.message.body.find("commit 6c6c47b063b5"), std::string::npos);
  EXPECT_EQ(P.message.body.find("built"), std::string::npos) << "what was done with it is no part of the commit";
  EXPECT_NE(unfolded(P.mail).find("neither built nor run."), std::string::npos);
  EXPECT_LT(P.mail.find("\n---\n"), P.mail.find("neither built"));
  for (const char *Tag : {"Signed-off-by", "Reviewed-by", "Fixes:", "{{"})
    EXPECT_EQ(P.mail.find(Tag), std::string::npos) << Tag;
}

TEST(Message, CallbackThatStaysIsNotSaidToGo) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  C.Sites[0].callback_removed = false;
  MadePatch P = C.make().series[0].patches[0];
  EXPECT_EQ(P.message.body.find("remove x_free"), std::string::npos);
  EXPECT_NE(unfolded(P.message.body).find("x_free() stays, because something else uses it."), std::string::npos) << P.message.body;
}

TEST(Message, NeverDestroyedCacheNeedsNoWaiting) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  C.Sites[0].reason = Reason::NeverDestroyed;
  std::string Body = C.make().series[0].patches[0].message.body;
  EXPECT_NE(Body.find("never destroyed"), std::string::npos);
  EXPECT_EQ(Body.find("kmem_cache_destroy"), std::string::npos);
}

TEST(Message, UnfinishedSearchIsNotCalledNeverDestroyed) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  C.Sites[0].caches[0].complete = false;
  EXPECT_EQ(C.make().series[0].patches[0].message.body.find("never destroyed"), std::string::npos);
}

TEST(Message, NoTwoPatchesHaveTheSameSubject) {
  Converted C(FileMap{{"MAINTAINERS", "A\nM:\tA <a@x.org>\nF:\tnet/a/x.c\n\nB\nM:\tB <b@x.org>\nF:\tnet/a/y.c\n"}});
  C.add("net/a/x.c", "obj_free");
  C.add("net/a/y.c", "obj_free");
  SeriesResult R = C.make();
  ASSERT_EQ(R.series[0].patches.size(), 2u);
  EXPECT_NE(R.series[0].patches[0].message.subject, R.series[0].patches[1].message.subject);
}

TEST(Message, AsksForTheChangeAsMaintainersWantIt) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  C.add("net/a/y.c", "y_free");
  C.Sites[1].replacement = "kvfree_rcu(f, rcu)";
  std::string Body = unfolded(C.make().series[0].patches[0].message.body);
  EXPECT_NE(Body.find(" Use kfree_rcu() and kvfree_rcu(), which "), std::string::npos) << Body;
  EXPECT_NE(Body.find("need no callback."), std::string::npos) << Body;
}

TEST(Message, TreesWithCapitalsGetThem) {
  Converted C(FileMap{{"MAINTAINERS", People}});
  C.add("net/b/z.c", "z_free");
  EXPECT_EQ(C.make().series[0].patches[0].message.subject, "b: Replace z_free() with kfree_rcu()");
}

TEST(Message, UserTemplateReplacesTheBuiltInOne) {
  Converted C(FileMap{{"mine/patch.txt", "Own words about {{callback}}().\n"}});
  C.add("net/a/x.c", "x_free");
  SeriesInput In = C.input();
  In.templates_directory = C.T.path() + "/mine";
  auto R = makeSeries(In);
  ASSERT_TRUE(static_cast<bool>(R)) << message(R.takeError());
  EXPECT_EQ(R->series[0].patches[0].message.body, "Own words about x_free().\n");
}

TEST(Message, TemplateWithAnOpenSectionIsAnErrorThatNamesIt) {
  Converted C(FileMap{{"mine/patch.txt", "{{#a}} never closed"}});
  C.add("net/a/x.c", "x_free");
  SeriesInput In = C.input();
  In.templates_directory = C.T.path() + "/mine";
  auto R = makeSeries(In);
  ASSERT_FALSE(static_cast<bool>(R));
  EXPECT_NE(message(R.takeError()).find("mine/patch.txt"), std::string::npos);
}

TEST(Message, UnknownVariableIsAnErrorWithItsLine) {
  for (auto [Text, Says] : {std::pair("a\nb {{calback}}\n", "mine/patch.txt:2: unknown variable 'calback'; did you mean 'callback'"),
                            {"{{> other}}\n", "mine/patch.txt:1: a template cannot include the file 'other'"},
                            {"\n\n{{#kept}}x\n", "mine/patch.txt:3: the section 'kept' is not closed"}}) {
    Converted C(FileMap{{"mine/patch.txt", Text}});
    C.add("net/a/x.c", "x_free");
    SeriesInput In = C.input();
    In.templates_directory = C.T.path() + "/mine";
    auto R = makeSeries(In);
    ASSERT_FALSE(static_cast<bool>(R)) << Text;
    std::string Said = message(R.takeError());
    EXPECT_NE(Said.find(Says), std::string::npos) << Said;
  }
}

TEST(Message, ModuleWithoutBarrierIsMendedOnlyIfAllItsCallbacksGo) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  SeriesInput In = C.input();
  In.missing_barriers.push_back({"amod", "amod_exit()", {"net/a/main.c", 7, 0}, true, {{"net/a/x.c", 12, 0}}});
  auto Says = [&] {
    auto R = makeSeries(In);
    return R ? unfolded(R->series[0].patches[0].message.body) : message(R.takeError());
  };
  EXPECT_NE(Says().find("amod_exit() has no rcu_barrier(), so x_free() could run after amod is unloaded"), std::string::npos) << Says();
  In.missing_barriers[0].queues.push_back({"net/a/other.c", 3, 0});
  EXPECT_EQ(Says().find("amod"), std::string::npos) << Says();
  In.missing_barriers[0].queues.pop_back();
  In.missing_barriers[0].certain = false;
  EXPECT_EQ(Says().find("amod"), std::string::npos) << "what is not certain is for the sender: " << Says();
}

TEST(Message, WhatTheSenderHasToDecideIsInTheReadmeAndNotInTheMail) {
  for (bool Certain : {true, false}) {
    Converted C;
    C.add("net/a/x.c", "x_free");
    SeriesInput In = C.input();
    In.missing_barriers.push_back({"amod", "amod_exit()", {"net/a/main.c", 7, 0}, Certain, {{"net/a/x.c", 12, 0}}});
    auto R = makeSeries(In);
    ASSERT_TRUE(static_cast<bool>(R)) << message(R.takeError());
    const MadePatch &P = R->series[0].patches[0];
    const std::string &Readme = R->files["README"];
    EXPECT_NE(Readme.find("  - " + P.file_name + (Certain ? " says that amod_exit() lacks a barrier: decide" : " may mend amod, which seems to have no rcu_barrier()")), std::string::npos) << Readme;
    std::string Mail = unfolded(P.mail);
    EXPECT_EQ(Mail.find("net/a/main.c:7") != std::string::npos, Certain) << Mail;
    for (const char *ToTheSender : {" you ", "decide", "Fixes"})
      EXPECT_EQ(Mail.find(ToTheSender), std::string::npos) << ToTheSender << "\n" << Mail;
  }
}

/// Three barriers in other files than the patch's own, of one fate.
TEST(Message, BarriersOfOneFateAreOneSentenceWithoutPaths) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  Leftovers L;
  for (const char *Name : {"one", "two", "three"}) {
    BarrierLeftover B;
    B.barrier = "rcu_barrier";
    B.function = std::string(Name) + "_exit";
    B.where = {std::string("net/a/") + Name + ".c", 7, 0};
    B.known = B.may_go = true;
    L.barriers.push_back(B);
    B.may_go = false, B.before_destruction = true;
    B.function = std::string(Name) + "_stop";
    B.needed_by.push_back({"net/a/four.c", 5, "four_put", "call_rcu() queues four_free()"});
    L.barriers.push_back(B);
  }
  BarrierLeftover Stays;
  Stays.barrier = "rcu_barrier";
  Stays.function = "four_exit";
  Stays.where = {"net/a/four.c", 9, 0};
  Stays.known = Stays.before_destruction = true;
  Stays.needed_by.push_back({"net/a/four.c", 5, "four_put", "call_rcu() queues four_free()"});
  L.barriers.push_back(Stays);
  C.Sites[0].leftovers = std::make_shared<const Leftovers>(L);
  std::string Body = unfolded(C.make().series[0].patches[0].message.body);
  EXPECT_NE(Body.find("The rcu_barrier() calls in one_stop(), two_stop(), three_stop() and four_exit() have to stay: four_put() still queues four_free()."), std::string::npos) << Body;
  EXPECT_EQ(Body.find("one_exit"), std::string::npos) << "a barrier that may go in another patch is no matter of this one: " << Body;
  EXPECT_EQ(Body.find(".c"), std::string::npos) << Body;
}

TEST(Message, WhatElseCompilesTheFileIsInTheMail) {
  Converted C;
  C.add("lib/x.c", "x_free");
  SeriesInput In = C.input();
  In.notes = {"lib/x.c is also compiled by tools/testing/x.c, a program outside the kernel: see that it knows the new call", "lib/x.cc: another"};
  auto R = makeSeries(In);
  ASSERT_TRUE(static_cast<bool>(R)) << message(R.takeError());
  const std::string &Mail = R->series[0].patches[0].mail;
  EXPECT_NE(unfolded(Mail).find("lib/x.c is also compiled by tools/testing/x.c"), std::string::npos) << Mail;
  EXPECT_EQ(Mail.find("lib/x.cc"), std::string::npos);
}

TEST(Mail, SinglePatchHasNoNumberAndNoCover) {
  Converted C(FileMap{{"MAINTAINERS", People}});
  C.add("net/a/x.c", "x_free");
  SeriesResult R = C.make();
  EXPECT_TRUE(R.series[0].cover.empty());
  EXPECT_NE(R.series[0].patches[0].mail.find("\nSubject: [PATCH net-next] a: replace"), std::string::npos) << R.series[0].patches[0].mail;
}

TEST(Mail, PatchesAnswerTheCoverLetterAndNumbersAreEquallyWide) {
  Converted C;
  for (int I = 0; I < 11; ++I)
    C.add("fs/s" + std::to_string(I) + "/x.c", "x" + std::to_string(I) + "_free");
  SeriesResult R = C.make();
  ASSERT_EQ(R.series[0].patches.size(), 11u);
  const MadeSeries &S = R.series[0];
  EXPECT_NE(S.cover.find("Subject: [PATCH 00/11] "), std::string::npos);
  EXPECT_NE(S.patches[0].mail.find("Subject: [PATCH 01/11] "), std::string::npos);
  size_t At = S.cover.find("Message-Id: ");
  std::string Id = S.cover.substr(At + 12, S.cover.find('\n', At) - At - 12);
  for (const MadePatch &P : S.patches)
    EXPECT_NE(P.mail.find("In-Reply-To: " + Id + "\nReferences: " + Id + "\n"), std::string::npos);
}

TEST(Mail, NamesThatAreNotAsciiAreEncodedInHeaders) {
  Converted C(FileMap{{"MAINTAINERS", People}});
  C.add("net/a/x.c", "x_free");
  std::string Mail = C.make().series[0].patches[0].mail;
  EXPECT_NE(Mail.find("To: =?UTF-8?q?=C3=85sa_=C3=96berg?= <asa@example.org>"), std::string::npos) << Mail;
}

TEST(Mail, LongEncodedTextIsFoldedBetweenCharacters) {
  std::string Text;
  for (int I = 0; I < 60; ++I)
    Text += "ö";
  std::string Out = encodeHeader(Text, 9);
  EXPECT_LE(longestLine(Out), 76u);
  for (llvm::StringRef Rest = Out; !Rest.empty();) {
    auto [Line, Tail] = Rest.split('\n');
    Rest = Tail;
    EXPECT_EQ(Line.count("=C3"), Line.count("=B6"));
  }
}

TEST(Mail, SameInputSameBytes) {
  Converted A(FileMap{{"MAINTAINERS", People}}), B(FileMap{{"MAINTAINERS", People}});
  for (Converted *C : {&A, &B}) {
    C->add("net/a/x.c", "x_free");
    C->add("net/b/z.c", "z_free");
  }
  EXPECT_EQ(A.make().files, B.make().files);
}

TEST(Mail, SignoffOnlyOnRequestAndOnlyFromGit) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  C.commitAll();
  SeriesInput In = C.input();
  In.signoff = true;
  auto R = makeSeries(In);
  ASSERT_TRUE(static_cast<bool>(R)) << message(R.takeError());
  EXPECT_NE(R->series[0].patches[0].text.find("\n\nSigned-off-by: Test Er <t@example.org>\n"), std::string::npos);
  EXPECT_NE(R->series[0].patches[0].mail.find("base-commit: "), std::string::npos);
}

TEST(Papers, TreeWithoutMaintainersGivesAWarningAndPatches) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  SeriesResult R = C.make();
  ASSERT_FALSE(R.warnings.empty());
  EXPECT_NE(R.warnings[0].find("no MAINTAINERS"), std::string::npos);
  EXPECT_TRUE(R.files.count("series.json"));
}

TEST(Papers, DirectoryThatIsNotEmptyIsLeftAlone) {
  Converted C(FileMap{{"out/precious", "x"}});
  C.add("net/a/x.c", "x_free");
  auto E = writeSeries(C.make(), C.T.path() + "/out");
  EXPECT_NE(message(std::move(E)).find("is not empty"), std::string::npos);
  EXPECT_EQ(contentOf(C.T.path() + "/out/precious"), "x");
  EXPECT_FALSE(llvm::sys::fs::exists(C.T.path() + "/out/README"));
}

TEST(Papers, EmptyDirectoryIsFilled) {
  Converted C;
  C.add("net/a/x.c", "x_free");
  std::filesystem::create_directories(C.T.path() + "/out");
  EXPECT_FALSE(llvm::errorToBool(writeSeries(C.make(), C.T.path() + "/out/")));
  EXPECT_TRUE(llvm::sys::fs::exists(C.T.path() + "/out/recipients.txt"));
}

TEST(Papers, NothingToConvertIsAnError) {
  Converted C;
  auto R = makeSeries(C.input());
  EXPECT_FALSE(static_cast<bool>(R));
  llvm::consumeError(R.takeError());
}

/// Bytes that mail programs like to spoil.
class Bytes : public testing::TestWithParam<std::tuple<const char *, const char *, bool>> {};

TEST_P(Bytes, SurviveGitAm) {
  if (!haveProgram("git"))
    GTEST_SKIP() << "git is not installed";
  auto [Head, End, Final] = GetParam();
  Converted C(FileMap{{"MAINTAINERS", People}});
  C.add("net/a/x.c", "x_free", Head, End, Final);
  C.add("net/b/z.c", "z_free");
  Ran R = applyByGit(C, C.make(), std::string(End) == "\n" ? "" : "--keep-cr --quoted-cr=nowarn ");
  EXPECT_EQ(R.status, 0) << R.text;
  EXPECT_EQ(R.text.find("warning"), std::string::npos) << R.text;
  for (const auto &[File, Texts] : C.Files)
    EXPECT_EQ(contentOf(C.T.path() + "/" + File), Texts.second) << File;
}

INSTANTIATE_TEST_SUITE_P(Files, Bytes,
                         testing::Values(std::tuple{"", "\n", true}, std::tuple{"", "\r\n", true}, std::tuple{"", "\n", false},
                                         std::tuple{"/* caf\xE9 \xFF\xFE */\n", "\n", true}, std::tuple{"/* Jörg */\n", "\n", true},
                                         std::tuple{"From here on\n-- \n--- x\n", "\n", true}));

TEST(Verify, ReadsItsOwnMails) {
  Converted C(FileMap{{"MAINTAINERS", People}});
  C.add("net/a/x.c", "x_free", "/* caf\xE9 */\n-- \n", "\n", false);
  C.add("net/b/z.c", "z_free", "", "\r\n");
  std::string Out = C.T.path() + "/out";
  ASSERT_FALSE(llvm::errorToBool(writeSeries(C.make(), Out)));
  auto Patches = readPatches(Out);
  ASSERT_TRUE(static_cast<bool>(Patches)) << message(Patches.takeError());
  ASSERT_EQ(Patches->size(), 2u);
  for (const ReadPatch &P : *Patches) {
    EXPECT_EQ(P.problem, "");
    EXPECT_NE(P.subject, "");
    EXPECT_TRUE(llvm::StringRef(P.diff).starts_with("diff --git ")) << P.diff;
    EXPECT_EQ(P.diff.find("\n-- \n2"), std::string::npos) << "the mail's signature is no part of the diff";
  }
}

TEST(Verify, PatchesApplyInAnyOrder) {
  if (!haveProgram("git"))
    GTEST_SKIP() << "git is not installed";
  Converted C(FileMap{{"MAINTAINERS", People}});
  C.add("net/a/x.c", "x_free");
  C.add("net/b/z.c", "z_free");
  C.commitAll();
  std::string Out = C.T.path() + "-mails";
  ASSERT_FALSE(llvm::errorToBool(writeSeries(C.make(), Out)));
  Ran R = run(gitIn(C.T.path()) + "am $(find '" + Out + "' -name '0*.patch' ! -name '0000-*' | sort -r)");
  EXPECT_EQ(R.status, 0) << R.text;
  for (const auto &[File, Texts] : C.Files)
    EXPECT_EQ(contentOf(C.T.path() + "/" + File), Texts.second) << File;
  llvm::sys::fs::remove_directories(Out);
}

TEST(Date, AcceptsSecondsAndDaysAndTimes) {
  EXPECT_EQ(parseDate("1700000000"), 1700000000);
  EXPECT_EQ(parseDate("1970-01-02"), 86400);
  EXPECT_EQ(parseDate("1970-01-01T00:01:00Z"), 60);
  EXPECT_FALSE(parseDate("tomorrow").has_value());
  EXPECT_EQ(parseZonedDate("1700000000 +0130"), (ZonedDate{1700000000, 90}));
  EXPECT_EQ(parseZonedDate("@1700000000 -0800"), (ZonedDate{1700000000, -480}));
  for (const char *Same : {"Tue, 14 Nov 2023 23:43:20 +0130", "14 Nov 2023 23:43:20 +0130", "2023-11-14T23:43:20+01:30", "2023-11-14 23:43:20 +0130"})
    EXPECT_EQ(parseZonedDate(Same), (ZonedDate{1700000000, 90})) << Same;
  EXPECT_EQ(parseZonedDate("Tue, 14 Nov 2023 22:13:20 GMT"), (ZonedDate{1700000000, 0}));
  EXPECT_EQ(parseZonedDate("2023-11-14"), (ZonedDate{1699920000, 0}));
  for (const char *None : {"yesterday", "1700000000 +9999", "2023-11-14T23:43:20 +01"})
    EXPECT_FALSE(parseZonedDate(None).has_value()) << None;
  EXPECT_EQ(mailDate(0), "Thu, 1 Jan 1970 00:00:00 +0000");
}

} // namespace
} // namespace krcu::series
