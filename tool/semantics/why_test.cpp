// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What `krcu semantics --why` says, from the stored timelines.
#include "tool/semantics/why.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"
#include <fstream>
#include <set>

namespace krcu {
namespace {

const std::string Directory = KRCU_SOURCE_DIR "/rules/semantics/";

const EraTable &table() {
  static const EraTable T = llvm::cantFail(loadEraTable(Directory + "eras.yaml"));
  return T;
}

const std::vector<Timeline> &timelines() {
  static const std::vector<Timeline> All = llvm::cantFail(loadTimelines(Directory + "timelines.yaml"));
  return All;
}

std::string why(const std::string &Row) {
  auto Text = printWhy(table(), timelines(), Row);
  return Text ? *Text : "error: " + message(Text.takeError());
}

bool contains(const std::string &Text, const std::string &Part) { return Text.find(Part) != std::string::npos; }

TEST(Why, tellsWhoDidWhatOnWhichCpu) {
  std::string Text = why("batching:destroy_waits_kfree_rcu");
  EXPECT_EQ(Text.substr(0, Text.find('\n')), "batching, destroy_waits_kfree_rcu: kmem_cache_destroy() waits for kfree_rcu()? no");
  EXPECT_TRUE(contains(Text, "  CPU 0  thread 1     kfree_rcu() collects object A\n")) << Text;
  EXPECT_TRUE(contains(Text, "kmem_cache_destroy() finds objects that are alive")) << Text;
  EXPECT_TRUE(contains(Text, "  => kmem_cache_destroy() does not wait for kfree_rcu()\n")) << Text;
  EXPECT_FALSE(contains(Text, "6.12")) << Text;
}

TEST(Why, anEraHasAllItsRows) {
  std::string Text = why("6.12");
  for (const FactRule &F : table().facts)
    if (table().era("6.12")->values.count(F.name)) {
      EXPECT_TRUE(contains(Text, "6.12, " + F.name + ": ")) << F.name;
    }
  EXPECT_TRUE(contains(Text, "6.12, exit call_rcu, no barrier (1 of 2)\n"));
  EXPECT_FALSE(contains(Text, "batching, "));
}

TEST(Why, noTwoTimelinesHaveOneHeading) {
  for (const EraRule &E : table().eras) {
    std::set<std::string> Headings;
    const std::string Text = why(E.name);
    for (llvm::StringRef Line, All = Text; !All.empty();) {
      std::tie(Line, All) = All.split('\n');
      if (!Line.empty() && !Line.starts_with(" ")) {
        EXPECT_TRUE(Headings.insert(Line.str()).second) << Line.str();
      }
    }
  }
}

TEST(Why, aRowIsToldForEveryEra) {
  std::string Text = why("rcu_barrier_waits_kfree_rcu");
  for (const EraRule &E : table().eras)
    EXPECT_TRUE(contains(Text, E.name + ", rcu_barrier_waits_kfree_rcu: ")) << E.name;
}

TEST(Why, whatHoldsHasNoCounterexample) {
  EXPECT_TRUE(contains(why("6.12:destroy_waits_kfree_rcu"), "finds none that shows otherwise"));
  EXPECT_TRUE(contains(why("7.3:head_type_checked"), "no question of time"));
}

TEST(Why, slobIsAnEraOfItsOwn) { EXPECT_TRUE(contains(why("slob"), "the neighbour's memory is free")); }

TEST(Why, unknownRowsListTheKnownOnes) {
  for (const char *Row : {"6.13", "6.12:nothing", "6.13:slob", ""}) {
    std::string Text = why(Row);
    EXPECT_TRUE(contains(Text, "error: --why " + std::string(Row))) << Text;
    EXPECT_TRUE(contains(Text, "per-cache-fixed")) << Text;
    EXPECT_TRUE(contains(Text, "'exit kfree_rcu, rcu_barrier'")) << Text;
  }
}

TEST(Why, everyStoredTimelineCanBeAskedFor) {
  std::set<std::string> Rows;
  for (const Timeline &L : timelines()) {
    EXPECT_FALSE(L.steps.empty());
    EXPECT_TRUE(contains(why(L.era + ":" + L.row), "  => " + L.shows)) << L.era << ":" << L.row;
  }
}

// A timeline in the documentation is one of the stored ones, line by line.
TEST(Why, theDocumentationShowsStoredTimelines) {
  std::set<std::string> Steps;
  for (const Timeline &L : timelines())
    for (const std::string &S : L.steps)
      Steps.insert(S);
  std::ifstream Doc(KRCU_SOURCE_DIR "/docs/semantics.md");
  unsigned Lines = 0;
  for (std::string Line; std::getline(Doc, Line);)
    if (Line.compare(0, 8, "    CPU ") == 0 || Line.compare(0, 11, "           ") == 0) {
      ++Lines;
      EXPECT_TRUE(Steps.count(Line.substr(4))) << Line;
    }
  EXPECT_GT(Lines, 30u);
}

} // namespace
} // namespace krcu
