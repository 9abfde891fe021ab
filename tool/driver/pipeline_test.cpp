// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whole small trees through the whole pipeline. Each directory of testdata/pipeline/cases is a shape; its expected.json says, for a
// tree whose kmem_cache_destroy() does not wait, the class, verdict and evidence of every site, and its expected.diff the patch for a
// tree whose kmem_cache_destroy() waits (of the other tree, too, if the same sites convert there). The world is closed: a site more or
// less than expected fails. What the other trees must give follows from the shape by rule, see expectedIn().
#include "tool/driver/pipeline_trees.h"
#include "tool/rewrite/inplace.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace krcu;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

enum class World { NoWait, Waits, Slob };

struct ExpectedSite {
  std::string file;
  unsigned line = 0;
  std::string cls, verdict, replacement, reason;
  bool removed = false;
  std::string when_waits; ///< class in a tree whose kmem_cache_destroy() waits
  std::vector<std::string> evidence;
  std::string family;
};

std::vector<std::string> caseNames() {
  std::vector<std::string> Names;
  for (const auto &Entry : fs::directory_iterator(pipelineData() + "/cases"))
    Names.push_back(Entry.path().filename().string());
  std::sort(Names.begin(), Names.end());
  return Names;
}

std::vector<ExpectedSite> expectedOf(const std::string &Case) {
  json J = json::parse(readText(pipelineData() + "/cases/" + Case + "/expected.json"));
  std::vector<ExpectedSite> Sites;
  for (const json &S : J.at("sites")) {
    ExpectedSite E;
    E.file = S.at("file"), E.line = S.at("line"), E.cls = S.at("class"), E.verdict = S.value("verdict", ""), E.reason = S.value("reason", "");
    E.family = S.value("family", ""), E.removed = S.value("callback_removed", false), E.replacement = S.value("replacement", "");
    bool ForTheCache = E.cls == "convert" || E.cls == "unsafe" || E.cls == "review";
    E.when_waits = S.value("when_destroy_waits", ForTheCache ? "convert" : E.cls);
    E.evidence = S.value("evidence", std::vector<std::string>());
    Sites.push_back(E);
  }
  return Sites;
}

/// The class a site must have. Under SLOB no kmem_cache_free() is safe; what is refused or does more stays what it is.
std::string expectedIn(World W, const ExpectedSite &E) {
  if (W == World::NoWait)
    return E.cls;
  if (W == World::Waits)
    return E.when_waits;
  bool ForTheCache = E.cls == "convert" || E.cls == "unsafe" || E.when_waits != E.cls;
  return ForTheCache && E.family == "kmem_cache_free" ? "unsafe" : E.when_waits;
}

std::string placeOf(const std::string &File, unsigned Line) { return File + ":" + std::to_string(Line); }

bool shows(const EvidenceList &List, const std::string &Wanted) {
  return std::any_of(List.begin(), List.end(), [&](const Evidence &E) {
    std::string Whole = placeOf(E.file, E.line) + ": " + E.text;
    size_t Second = Wanted.find(": "); // "file:line: part of the text"
    return Whole.compare(0, Second + 2, Wanted, 0, Second + 2) == 0 && E.text.find(Wanted.substr(Second + 2)) != std::string::npos;
  });
}

std::string printed(const EvidenceList &List) {
  std::string Text;
  for (const Evidence &E : List)
    Text += "  " + placeOf(E.file, E.line) + ": " + E.text + "\n";
  return Text;
}

/// The sites of the case itself: those that the base brings along are prototypes in include/.
std::vector<const SiteReport *> sitesOf(const Outcome &O) {
  std::vector<const SiteReport *> Result;
  for (const SiteReport &R : O.sites)
    if (R.cls != SiteClass::Definition)
      Result.push_back(&R);
  return Result;
}

void expectSites(const Outcome &O, const std::vector<ExpectedSite> &Expected, World W) {
  ASSERT_EQ(O.error, "");
  std::vector<const SiteReport *> Sites = sitesOf(O);
  std::string Seen;
  for (const SiteReport *R : Sites)
    Seen += placeOf(R->census.where.file, R->census.where.line) + " " + className(R->cls) + ": " + reasonText(*R) + "\n";
  ASSERT_EQ(Sites.size(), Expected.size()) << Seen;
  for (size_t N = 0; N < Sites.size(); ++N) {
    const SiteReport &R = *Sites[N];
    const ExpectedSite &E = Expected[N];
    std::string Wrong;
    auto Compare = [&](const char *What, const std::string &Is, const std::string &Should) {
      if (Is != Should)
        Wrong += std::string(What) + " is '" + Is + "', should be '" + Should + "'\n";
    };
    Compare("place", placeOf(R.census.where.file, R.census.where.line), placeOf(E.file, E.line));
    Compare("class", className(R.cls), expectedIn(W, E));
    if (W == World::NoWait) {
      Compare("verdict", verdictName(R.verdict), E.verdict);
      Compare("replacement", R.replacement, E.replacement);
      Compare("callback removed", R.callback_removed ? "yes" : "no", E.removed ? "yes" : "no");
      if (reasonText(R).find(E.reason) == std::string::npos)
        Compare("reason", reasonText(R), E.reason);
      for (const std::string &Line : E.evidence)
        if (!shows(R.evidence, Line))
          Wrong += "not shown: " + Line + "\n";
    }
    EXPECT_EQ(Wrong, "") << Seen << printed(R.evidence);
  }
}

std::set<std::string> converted(const Outcome &O) {
  std::set<std::string> Places;
  for (const SiteReport &R : O.sites)
    if (R.cls == SiteClass::Convert)
      Places.insert(placeOf(R.census.where.file, R.census.where.line));
  return Places;
}

class Pipeline : public testing::TestWithParam<std::string> {
protected:
  static Outcome run(const ScratchTree &T, const std::vector<std::string> &Assume = {}, unsigned Jobs = 2) {
    ScanOptions O = T.options(Jobs);
    O.assume = Assume;
    return scanAndPatch(O);
  }
  std::vector<ExpectedSite> Expected = expectedOf(GetParam());
};

TEST_P(Pipeline, WhereDestroyDoesNotWait) {
  ScratchTree T("no-wait");
  T.lay(GetParam());
  Outcome O = run(T);
  expectSites(O, Expected, World::NoWait);
}

TEST_P(Pipeline, WhereDestroyWaits) {
  ScratchTree T("waits");
  T.lay(GetParam());
  Outcome O = run(T);
  expectSites(O, Expected, World::Waits);
}

TEST_P(Pipeline, AssumingTheOtherEraIsLikeBeingThere) {
  ScratchTree NoWait("no-wait"), Waits("waits");
  NoWait.lay(GetParam());
  Waits.lay(GetParam());
  Outcome A = run(NoWait, {"destroy_waits_kfree_rcu"});
  expectSites(A, Expected, World::Waits);
  Outcome B = run(Waits, {"no-destroy_waits_kfree_rcu"});
  expectSites(B, Expected, World::NoWait);
}

TEST_P(Pipeline, UnderSlobNoCacheObjectIsSafe) {
  ScratchTree T("slob");
  T.lay(GetParam());
  expectSites(run(T), Expected, World::Slob);
}

TEST_P(Pipeline, ThePatchIsTheExpectedOne) {
  ScratchTree T("waits"), NoWait("no-wait");
  T.lay(GetParam());
  NoWait.lay(GetParam());
  Outcome O = run(T), Other = run(NoWait);
  ASSERT_EQ(O.error, "");
  std::string Path = pipelineData() + "/cases/" + GetParam() + "/expected.diff";
  if (std::getenv("KRCU_WRITE_EXPECTED_DIFFS") && !O.diff.empty()) // then look at every hunk
    std::ofstream(Path, std::ios::binary) << O.diff;
  EXPECT_TRUE(O.patch.refused.empty()) << O.patch.refused.front();
  EXPECT_EQ(O.diff, readText(Path));
  if (converted(O) == converted(Other)) {
    EXPECT_EQ(Other.diff, O.diff);
  } else if (converted(Other).empty()) {
    EXPECT_EQ(Other.diff, "");
  }
}

TEST_P(Pipeline, ASecondScanOfTheResultFindsNothingMoreToConvert) {
  ScratchTree T("waits");
  T.lay(GetParam());
  Outcome O = run(T);
  ASSERT_EQ(O.error, "");
  llvm::Error E = applyInPlace(T.root(), O.patch.files);
  ASSERT_FALSE(static_cast<bool>(E)) << message(std::move(E));
  Outcome Again = run(T);
  EXPECT_EQ(converted(Again), std::set<std::string>());
  EXPECT_EQ(Again.diff, "");
}

TEST_P(Pipeline, ThreadsDoNotChangeAByte) {
  for (const char *Era : {"no-wait", "waits"}) {
    ScratchTree T(Era);
    T.lay(GetParam());
    Outcome One = run(T, {}, 1), Four = run(T, {}, 4);
    EXPECT_EQ(One.json, Four.json);
    EXPECT_EQ(One.diff, Four.diff);
  }
}

// Every file that the evidence of a safe verdict names and that was parsed: without it the verdict must not stand.
TEST_P(Pipeline, NoVerdictIsSafeWithoutAFileThatItsEvidenceNames) {
  for (const char *Era : {"no-wait", "waits"}) {
    ScratchTree T(Era);
    T.lay(GetParam());
    Outcome O = run(T);
    ASSERT_EQ(O.error, "");
    const std::vector<SiteReport> &Sites = O.scan->sites();
    for (size_t N = 0; N < Sites.size(); ++N) {
      if (Sites[N].verdict != Verdict::Safe)
        continue;
      std::set<std::string> Files;
      for (const Evidence &E : Sites[N].evidence)
        if (O.scan->database().files().count(E.file))
          Files.insert(E.file);
      EXPECT_FALSE(Files.empty());
      for (const std::string &File : Files)
        EXPECT_NE(O.scan->judgeWithout(File)[N], Verdict::Safe) << Era << ": without " << File;
    }
  }
}

// Before kfree_rcu() collected batches, rcu_barrier() waited for it: what is unsafe for the kind of barrier alone is safe there.
TEST(PipelineBeforeBatching, RcuBarrierIsEnoughWhereItRunsOnEveryPath) {
  for (const char *Case : {"module-exit-unsafe", "table-unsafe", "wrapper-unsafe", "getter-unsafe", "field-copy-unsafe", "two-files-unsafe",
                           "per-namespace-unsafe", "barrier-in-callee-unsafe", "other-module-unsafe", "macro-in-header-unsafe"}) {
    ScratchTree T("no-wait");
    T.lay(Case);
    ScanOptions O = T.options();
    O.assume = {"rcu_barrier_waits_kfree_rcu"};
    Outcome Result = scanAndPatch(O);
    EXPECT_EQ(converted(Result).size(), 1u) << Case;
  }
  for (const char *Case : {"barrier-behind-unsafe", "conditional-barrier-unsafe", "queued-after-barrier-unsafe", "inline-in-header-unsafe"}) {
    ScratchTree T("no-wait");
    T.lay(Case);
    ScanOptions O = T.options();
    O.assume = {"rcu_barrier_waits_kfree_rcu"};
    Outcome Result = scanAndPatch(O);
    EXPECT_EQ(converted(Result).size(), 0u) << Case;
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, Pipeline, testing::ValuesIn(caseNames()), [](const auto &Info) {
  std::string Name = Info.param;
  std::replace(Name.begin(), Name.end(), '-', '_');
  return Name;
});

} // namespace
