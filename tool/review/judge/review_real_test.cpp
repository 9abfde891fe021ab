// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// krcu's own conversions of a real tree, reviewed as if somebody had posted them: each must be OK in that tree, and under older
// semantics exactly those must wait that the scan calls unsafe. Mutants of them must be caught. Needs KRCU_TREE_612.
#include "tool/driver/patch.h"
#include "tool/review/judge/review.h"
#include "tool/rewrite/rewrite.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cstdlib>
#include <regex>

using namespace krcu;
using review::PatchVerdict;

namespace {

class RealReview : public testing::Test {
protected:
  void SetUp() override {
    const char *Tree = std::getenv("KRCU_TREE_612");
    if (!Tree || !*Tree)
      GTEST_SKIP() << "KRCU_TREE_612 is not set";
    if (!std::getenv("KRCU_LONG_TESTS"))
      GTEST_SKIP() << "takes several minutes and 2.5 GB; set KRCU_LONG_TESTS=1";
    Options.tree = Tree;
    Options.builtin_rules = std::string(KRCU_SOURCE_DIR) + "/rules";
    Options.jobs = 2;
  }

  /// One patch per file.
  std::vector<review::ReviewPatch> patchesOf(const std::map<std::string, std::pair<std::string, std::string>> &Files) {
    std::vector<review::ReviewPatch> Result;
    for (const auto &[File, Texts] : Files) {
      auto Diff = unifiedDiff({{File, Texts}});
      EXPECT_TRUE(bool(Diff));
      review::ReviewPatch P;
      P.subject = File;
      P.diff = review::parseDiff(*Diff);
      Result.push_back(std::move(P));
    }
    return Result;
  }
  review::Column reviewIn(const std::vector<review::ReviewPatch> &Patches, std::vector<std::string> Assume = {}) {
    ScanOptions O = Options;
    O.assume = std::move(Assume);
    auto S = Scan::prepare(O);
    EXPECT_TRUE(bool(S)) << message(S.takeError());
    return llvm::cantFail(reviewPatches(**S, Patches));
  }

  ScanOptions Options;
};

TEST_F(RealReview, OwnConversionsAndTheirMutants) {
  auto S = Scan::run(Options);
  ASSERT_TRUE(bool(S)) << message(S.takeError());
  std::vector<SiteReport> Sites = (*S)->sites();
  auto Made = makePatch(**S, Sites, Options.jobs);
  ASSERT_TRUE(bool(Made));
  ASSERT_GT(Made->files.size(), 10u);
  std::vector<review::ReviewPatch> Patches = patchesOf(Made->files);
  review::Column Now = reviewIn(Patches);
  unsigned Ok = 0;
  for (const review::PatchReview &P : Now.patches) {
    EXPECT_EQ(P.verdict, PatchVerdict::Ok) << P.patch->subject << ": " << P.reason;
    Ok += P.verdict == PatchVerdict::Ok;
  }
  // Mutants: the callback comes back into use at the last site, or the member is another one.
  std::map<std::string, std::pair<std::string, std::string>> Mutants;
  for (const auto &[File, Texts] : Made->files) {
    std::string Bad = Texts.second;
    for (const SiteReport &R : Sites) {
      if (R.cls != SiteClass::Convert || R.site->where.file != File || !R.callback_removed)
        continue;
      size_t At = Bad.find(R.replacement);
      if (At == std::string::npos)
        continue;
      Bad.replace(At, R.replacement.size(), R.site->deferral + "(" + R.site->head_text + ", " + R.site->callback_text + ")");
      Mutants[File] = {Texts.first, Bad};
      break;
    }
  }
  unsigned Caught = 0;
  std::vector<review::ReviewPatch> Bad = patchesOf(Mutants);
  review::Column Judged = reviewIn(Bad);
  for (const review::PatchReview &P : Judged.patches) {
    EXPECT_EQ(P.verdict, PatchVerdict::Broken) << P.patch->subject << ": " << P.reason;
    Caught += P.verdict == PatchVerdict::Broken;
  }
  std::printf("%zu conversions of the tree, %u OK; %zu mutants, %u caught\n", Now.patches.size(), Ok, Mutants.size(), Caught);
  // What the scan calls unsafe under older semantics must wait, and nothing else.
  ScanOptions Older = Options;
  Older.assume = {"batching"};
  auto S2 = Scan::run(Older);
  ASSERT_TRUE(bool(S2));
  std::map<std::string, bool> Unsafe;
  for (const SiteReport &R : (*S2)->sites())
    Unsafe[R.census.where.file] = Unsafe[R.census.where.file] || R.cls == SiteClass::Unsafe;
  review::Column Then = reviewIn(Patches, {"batching"});
  for (const review::PatchReview &P : Then.patches)
    EXPECT_EQ(P.verdict == PatchVerdict::Wait, Unsafe[P.patch->subject]) << P.patch->subject << ": " << P.reason;
}

/// A comment behind a line that queues, frees, waits or unlinks: one patch a line, each a mail of its own, none of which may be said to do anything.
/// Every 20th such line; KRCU_REVIEW_EVERY=N: every Nth.
TEST_F(RealReview, ACommentIsNoChange) {
  auto S = Scan::prepare(Options);
  ASSERT_TRUE(bool(S)) << message(S.takeError());
  std::set<std::string> Files;
  for (const CensusEntry &E : (*S)->wholeCensus())
    if (llvm::StringRef(E.where.file).ends_with(".c"))
      Files.insert(E.where.file);
  const char *Each = std::getenv("KRCU_REVIEW_EVERY");
  const unsigned long Every = Each ? std::max(1ul, std::strtoul(Each, nullptr, 10)) : 20;
  const std::regex Line("^\\t+(call_rcu|call_srcu|kfree_rcu|rcu_barrier|synchronize_rcu|kfree|kmem_cache_free|kmem_cache_destroy|list_del_rcu|hlist_del_rcu)\\(.*;$");
  std::vector<review::ReviewPatch> Patches;
  unsigned long Seen = 0;
  for (const std::string &File : Files) {
    const std::string Old = (*S)->tree().read(File).value_or("");
    for (size_t At = 0, End; (End = Old.find('\n', At)) != std::string::npos; At = End + 1) {
      if (!std::regex_match(Old.substr(At, End - At), Line) || Seen++ % Every)
        continue;
      std::string New = Old;
      New.insert(End, " /* as before */");
      Patches.push_back(patchesOf({{File, {Old, New}}}).front());
      Patches.back().message_id = std::to_string(Patches.size()) + "@x";
    }
  }
  ASSERT_GT(Patches.size(), 20u);
  unsigned Ok = 0;
  for (const review::PatchReview &P : reviewIn(Patches).patches) {
    EXPECT_EQ(P.verdict, PatchVerdict::Ok) << P.patch->subject << ": " << P.reason << "\n" << (P.patch->diff.files.empty() ? "" : P.patch->diff.files[0].path());
    Ok += P.verdict == PatchVerdict::Ok;
  }
  std::printf("%zu comments of %lu lines, %u OK\n", Patches.size(), Seen, Ok);
}

} // namespace
