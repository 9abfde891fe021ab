// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A right patch of a small module, spoiled (or changed without harm) by hand in the ways that testdata/review/kinds/mutants.txt lists, with what a
// person says of each. The counts are printed.
#include "tool/driver/pipeline_trees.h"
#include "tool/review/judge/review.h"
#include "tool/rewrite/rewrite.h"
#include "tool/support/error.h"
#include "llvm/ADT/StringRef.h"
#include "gtest/gtest.h"

using namespace krcu;
using llvm::StringRef;
using review::PatchVerdict;

namespace {

const std::string Data = std::string(KRCU_SOURCE_DIR) + "/testdata/review/kinds/";

/// Lines that stand in a text, and what stands there instead.
struct Edit {
  std::string from, to;
};

struct Mutant {
  std::string kind, wanted;
  bool old = false; ///< of the text before the patch
  std::vector<Edit> edits;
};

/// "-" lines and the "+" lines behind them, pair by pair; "= KIND: WANTED" begins another mutant.
std::vector<Mutant> mutantsIn(const std::string &File) {
  std::vector<Mutant> Result(1);
  bool New = true; // a "-" begins a pair
  const std::string Text = readText(Data + File);
  for (StringRef Line, Rest = Text; !Rest.empty();) {
    std::tie(Line, Rest) = Rest.split('\n');
    if (Line.consume_front("= ")) {
      auto [Kind, Wanted] = Line.split(": ");
      Mutant M;
      M.old = Kind.consume_back(", old");
      M.kind = Kind.str(), M.wanted = Wanted.str();
      Result.push_back(std::move(M));
      New = true;
    } else if (Line.consume_front("-")) {
      if (New)
        Result.back().edits.push_back({});
      New = false;
      Result.back().edits.back().from += Line.str() + "\n";
    } else if (Line.consume_front("+")) {
      New = true;
      Result.back().edits.back().to += Line.str() + "\n";
    }
  }
  return Result;
}

std::string edited(std::string Text, const Mutant &M) {
  for (const Edit &E : M.edits) {
    // A lone empty line stands for nothing.
    const std::string To = E.to == "\n" ? "" : E.to;
    size_t At = Text.find(E.from);
    EXPECT_NE(At, std::string::npos) << M.kind << ":\n" << E.from;
    if (At != std::string::npos)
      Text.replace(At, E.from.size(), To);
  }
  return Text;
}

bool isAs(const std::string &Wanted, PatchVerdict V, size_t Open) {
  const bool Broken = V == PatchVerdict::Broken || V == PatchVerdict::Wait, Caught = Broken || V == PatchVerdict::CannotTell;
  return Wanted == "broken" ? Broken : Wanted == "caught" ? Caught : Wanted == "listed" ? Caught || (V == PatchVerdict::Ok && Open) : Wanted == "ok" ? V == PatchVerdict::Ok && !Open : V == PatchVerdict::Ok;
}

TEST(ReviewKinds, AsAPersonSays) {
  ScratchTree Tree("waits");
  const std::string Before = readText(Data + "drv/drv.c");
  Tree.write("drv/drv.c", Before);
  Tree.write("drv/lists.h", readText(Data + "drv/lists.h"));
  auto S = Scan::prepare(Tree.options());
  ASSERT_TRUE(bool(S)) << message(S.takeError());
  const std::string Right = edited(Before, mutantsIn("conversion.txt").front());
  std::vector<Mutant> All = mutantsIn("mutants.txt");
  All.front().kind = "the right patch", All.front().wanted = "ok";
  unsigned Bad = 0, Caught = 0, Good = 0, GoodOk = 0;
  for (const Mutant &M : All) {
    auto Text = unifiedDiff({{"drv/drv.c", {Before, edited(M.old ? Before : Right, M)}}});
    ASSERT_TRUE(bool(Text));
    std::vector<review::ReviewPatch> Patches(1);
    Patches[0].body = *Text;
    Patches[0].diff = review::parseDiff(*Text);
    review::PatchReview R = llvm::cantFail(reviewPatches(**S, Patches)).patches.front();
    std::string Lines;
    size_t Open = 0;
    for (const review::FileReview &F : R.files)
      for (const review::NotJudged &N : F.not_judged)
        ++Open, Lines += "\n  not judged: " + review::describe(N);
    const bool As = isAs(M.wanted, R.verdict, Open), IsGood = M.wanted == "ok" || M.wanted == "fine";
    (IsGood ? Good : Bad)++;
    (IsGood ? GoodOk : Caught) += As;
    EXPECT_TRUE(As) << M.kind << " should be " << M.wanted << ", is " << review::verdictTitle(R.verdict) << ": " << R.reason << Lines;
    EXPECT_EQ(R.reason.find("does not compile") != std::string::npos, M.kind == "the head is gone") << M.kind << ": " << R.reason;
  }
  std::printf("%u spoiled, %u as wanted; %u right, %u as wanted\n", Bad, Caught, Good, GoodOk);
}

} // namespace
