// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For tests: what a review says of a change to one file of a small tree.
#pragma once

#include "tool/driver/pipeline_trees.h"
#include "tool/review/judge/review.h"
#include "tool/rewrite/rewrite.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"

namespace krcu {

class ReviewOfText : public testing::Test {
protected:
  ReviewOfText() : Tree("waits") {}

  /// "OK", "BROKEN" or what else it is called, of drv/drv.c with the one text that becomes the other.
  std::string verdictOf(const std::string &Old, const std::string &New) {
    Tree.write("drv/drv.c", Old);
    auto Diff = unifiedDiff({{"drv/drv.c", {Old, New}}});
    EXPECT_TRUE(bool(Diff));
    return verdictOfDiff(*Diff);
  }
  std::string verdictOfDiff(const std::string &Diff) {
    std::vector<review::ReviewPatch> Patches(1);
    Patches[0].body = Diff;
    Patches[0].diff = review::parseDiff(Diff);
    auto S = Scan::prepare(Tree.options());
    EXPECT_TRUE(bool(S)) << message(S.takeError());
    const review::PatchReview R = llvm::cantFail(reviewPatches(**S, Patches)).patches.front();
    Reason = R.reason;
    return review::verdictTitle(R.verdict);
  }
  bool says(const std::string &Text) const { return Reason.find(Text) != std::string::npos; }

  ScratchTree Tree;
  std::string Reason; ///< of the last verdict
};

} // namespace krcu
