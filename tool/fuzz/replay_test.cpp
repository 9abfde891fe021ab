// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is in testdata/fuzz, once through its reader: what fuzzers have found stays mended, and the readers stay callable.
#include "tool/fuzz/targets.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

using namespace krcu;
namespace fs = std::filesystem;

namespace {

const fs::path Corpus = fs::path(KRCU_SOURCE_DIR) / "testdata/fuzz";

class Replay : public testing::TestWithParam<FuzzTarget> {};

TEST_P(Replay, TheCorpusIsReadToItsEnd) {
  std::vector<fs::path> Files;
  for (const auto &Entry : fs::directory_iterator(Corpus / GetParam().name))
    Files.push_back(Entry.path());
  std::sort(Files.begin(), Files.end());
  EXPECT_FALSE(Files.empty());
  for (const fs::path &File : Files) {
    SCOPED_TRACE(File);
    std::ifstream In(File, std::ios::binary);
    std::ostringstream Text;
    Text << In.rdbuf();
    ASSERT_TRUE(In.good());
    GetParam().run(Text.str());
    GetParam().run(Text.str().substr(0, Text.str().size() / 2));
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Replay, testing::ValuesIn(fuzzTargets()), [](const auto &Info) { return std::string(Info.param.name); });

TEST(ReplayCorpus, EveryDirectoryHasItsTarget) {
  std::set<std::string> Names;
  for (const FuzzTarget &T : fuzzTargets())
    Names.insert(T.name);
  for (const auto &Entry : fs::directory_iterator(Corpus))
    EXPECT_TRUE(Names.count(Entry.path().filename().string())) << Entry.path();
}

} // namespace
