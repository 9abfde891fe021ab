// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of eras against the models, and the check against itself: a value of the table or a line of a model that is
// changed must be found. One process, because the searches of the first test are what the others compare with.
#include "tool/models/timelines.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "tool/support/parallel.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <filesystem>
#include <fstream>

namespace krcu {
namespace {

namespace fs = std::filesystem;

const std::string Directory = std::string(KRCU_SOURCE_DIR) + "/rules/semantics";

const EraTable &table() {
  static const EraTable T = llvm::cantFail(loadEraTable(Directory + "/eras.yaml"));
  return T;
}

/// What Spin says of all models as they are.
const Answers &answers() {
  static const Answers A = [] {
    auto Said = askAll(Directory, allQuestions(table()), defaultJobs());
    if (Said)
      return std::move(*Said);
    ADD_FAILURE() << message(Said.takeError());
    return Answers();
  }();
  return A;
}

class Models : public testing::Test {
protected:
  void SetUp() override {
    if (!haveSpin())
      GTEST_SKIP() << "spin or gcc is not installed (scripts/setup models)";
  }
};

/// A copy of the models that a test may change.
class Copy {
public:
  Copy() {
    std::string Pattern = (fs::temp_directory_path() / "krcu-models-XXXXXX").string();
    EXPECT_NE(mkdtemp(Pattern.data()), nullptr);
    Path = Pattern;
    fs::copy(Directory, Path);
  }
  ~Copy() { fs::remove_all(Path); }
  void replace(const std::string &File, const std::string &From, const std::string &To) {
    std::string Text = llvm::cantFail(readFile(Path + "/" + File));
    size_t At = Text.find(From);
    ASSERT_NE(At, std::string::npos) << File << " lacks: " << From;
    EXPECT_EQ(Text.find(From, At + 1), std::string::npos) << File << " has more than one: " << From;
    std::ofstream(Path + "/" + File) << Text.replace(At, From.size(), To);
  }
  std::string Path;
};

std::string joined(const std::vector<std::string> &Lines) {
  std::string Text;
  for (const std::string &L : Lines)
    Text += L + "\n";
  return Text;
}

bool contains(const std::string &Text, const std::string &Part) { return Text.find(Part) != std::string::npos; }

// --- the table --------------------------------------------------------------------------------------------------

TEST_F(Models, bearOutEveryRow) {
  std::vector<Question> Questions = allQuestions(table());
  EXPECT_EQ(joined(mismatches(Questions, answers())), "");
  // A check that asks nothing finds nothing.
  EXPECT_GT(Questions.size(), 500u);
  EXPECT_GT(answers().states(), 1000000u);
  for (const EraRule &E : table().eras)
    for (unsigned Scene : {1u, 2u, 3u, 4u, 5u, 6u, 7u})
      EXPECT_TRUE(std::any_of(Questions.begin(), Questions.end(),
                              [&](const Question &Q) { return Q.era == E.name && Q.run.scene == Scene; }))
          << E.name << ", scene " << Scene;
}

TEST_F(Models, theStoredTimelinesAreWhatSpinFinds) {
  auto Timelines = makeTimelines(Directory, allQuestions(table()), answers(), defaultJobs());
  ASSERT_TRUE(bool(Timelines)) << message(Timelines.takeError());
  EXPECT_GT(Timelines->size(), 50u);
  EXPECT_EQ(timelinesYaml(*Timelines), llvm::cantFail(readFile(Directory + "/timelines.yaml")))
      << "make them again: build/release/tool/models/krcu-models write";
}

TEST_F(Models, everyChangedValueOfTheTableIsFound) {
  std::vector<std::string> Missed;
  unsigned Changed = 0;
  for (size_t I = 0; I < table().eras.size(); ++I)
    for (const auto &[Fact, Value] : table().eras[I].values) {
      if (!table().fact(Fact)->in_models)
        continue; // the probe of a tree of this era shows it, and a test of tool/semantics compares
      EraTable T = table();
      T.eras[I].values[Fact] = !Value;
      ++Changed;
      if (mismatches(allQuestions(T), answers()).empty())
        Missed.push_back(T.eras[I].name + ": " + Fact);
    }
  for (size_t I = 0; I < table().eras.size(); ++I)
    for (const std::string &SideEffect : table().eras[I].in_model) {
      EraTable T = table();
      T.eras[I].in_model.erase(SideEffect);
      ++Changed;
      if (mismatches(allQuestions(T), answers()).empty())
        Missed.push_back(T.eras[I].name + ": " + SideEffect);
    }
  EraTable T = table();
  for (FactRule &F : T.facts)
    if (F.name == "slob")
      F.unknown = false;
  EXPECT_NE(joined(mismatches(allQuestions(T), answers())), "") << "slob";
  EXPECT_GT(Changed, 80u);
  // Where nothing is collected, a barrier that takes up what was collected cannot be told from none; the probe's test finds this one.
  EXPECT_EQ(joined(Missed), "no-batching: per_cache_barrier\n");
}

// --- the models -------------------------------------------------------------------------------------------------

struct Mutation {
  const char *what;
  const char *era; ///< whose questions find it
  const char *file;
  const char *from;
  const char *to;
  const char *found; ///< the row, or what its counterexample shows: the only questions asked
};

// Each weakens or breaks one thing that a verdict rests on. Together they make every property fail at least once.
const Mutation Mutations[] = {
    {"rcu_barrier() visits one CPU only", "no-batching", "rcu.pml", "  mark_cpu(1);\n", "", "exit kfree_rcu, rcu_barrier"},
    {"rcu_barrier() does not wait", "no-batching", "rcu.pml", "  marks[me] == 0\n", "  skip\n", "rcu_barrier waits for call_rcu"},
    {"a grace period does not wait for readers", "no-batching", "core.pml", "gp_reader = reading", "gp_reader = 0", "under a reader"},
    {"callbacks need no grace period", "no-batching", "rcu.pml", "{ next[cpu]!kind,arg }", "{ ready[cpu]!kind,arg }", "under a reader"},
    {"kfree_rcu() forgets the object", "no-batching", "no-batching.pml", "call_rcu(CB_KFREE, o); ", "", "never freed"},
    {"kfree_rcu() frees at once", "batching", "batching.pml", "batch_add(o)", "slab_free(o)", "under a reader"},
    {"the worker forgets the batch", "batching", "batches.pml", "free_all(batch[c]); ", "", "never freed"},
    {"the barrier leaves out a CPU", "6.12", "batches.pml", "  drain_cpu(1);\n", "", "destroy_waits_kfree_rcu"},
    {"the barrier does not wait for the works", "6.12", "batches.pml", "  flush_rcu_work(0);\n  flush_rcu_work(1)\n", "  skip\n",
     "destroy_waits_kfree_rcu"},
    {"the wait ends when the grace period does", "6.12", "batches.pml", "  work[c] == IDLE || work[c] == IN_RCU\n", "  skip\n",
     "kvfree_rcu_barrier"},
    {"nobody waits for the grace period of a batch", "6.12", "batches.pml", "IN_WQ -> rcu_barrier()", "IN_WQ -> skip", "kvfree_rcu_barrier"},
    {"kmem_cache_destroy() does not call the barrier", "6.12", "6.12.pml", "destroy_waits() { kvfree_rcu_barrier() }",
     "destroy_waits() { skip }", "destroy_waits_kfree_rcu"},
    {"batching waits in kmem_cache_destroy()", "batching", "batching.pml", "destroy_waits() { skip }",
     "destroy_waits() { drain_batches() }", "destroy_waits_kfree_rcu"},
    {"the flush forgets the callbacks", "sheaves", "sheaf.pml", "#else\n  rcu_barrier();\n#endif", "#else\n  skip;\n#endif", "kvfree_rcu_barrier"},
    {"the flush forgets the batches", "sheaves", "sheaves.pml", "flush_every_cache(); drain_batches()", "flush_every_cache()",
     "destroy_waits_kfree_rcu"},
    {"the flush leaves the other caches", "sheaves", "sheaf.pml", "  :: caches == 2 -> flush_cache_sheaves(1)\n", "",
     "destroy_flushes_all_sheaves"},
    {"a flushed sheaf is lost", "sheaves", "sheaf.pml", "call_rcu() for this CPU's sheaf, set\", set); call_rcu(CB_SHEAF, set)",
     "call_rcu() for this CPU's sheaf, set\", set)", "never freed"},
    {"the flawed per-cache barrier is repaired", "per-cache", "per-cache.pml", "-> flush_one_cache() ::", "-> flush_one_cache(); rcu_barrier() ::",
     "per_cache_barrier_complete"},
    {"the repaired one is flawed again", "per-cache-fixed", "per-cache-fixed.pml", "flush_one_cache(); rcu_barrier()", "flush_one_cache()",
     "per_cache_barrier_complete"},
    {"7.3 waits only if the cache has sheaves", "7.3", "7.3.pml", "flush_one_cache() :: else fi; rcu_barrier()",
     "flush_one_cache(); rcu_barrier() :: else fi", "destroy_waits_call_rcu"},
    {"kfree() under SLOB knows the size", "slob", "slob.pml", "freed_from = first - 1; count = content[first - 1] + 1;",
     "freed_from = first; count = SIZE;", "slob"},
    {"kmalloc() writes no size", "slob", "slob.pml", "content[1] = SIZE; taken[1] = 1;", "taken[1] = 1;", "kfree_rcu of kmalloc"},
};

/// The questions of an era whose row or counterexample is called so.
std::vector<Question> questionsAbout(const std::string &Era, const std::string &Words) {
  std::vector<Question> Questions;
  for (const Question &Q : allQuestions(table()))
    if (Q.era == Era && contains(Q.row + ": " + Q.shows, Words))
      Questions.push_back(Q);
  return Questions;
}

TEST_F(Models, everyChangedModelIsFound) {
  for (const Mutation &M : Mutations) {
    SCOPED_TRACE(M.what);
    Copy C;
    C.replace(M.file, M.from, M.to);
    std::vector<Question> Questions = questionsAbout(M.era, M.found);
    ASSERT_FALSE(Questions.empty());
    ASSERT_EQ(joined(mismatches(Questions, answers())), "") << "found without the change";
    auto A = askAll(C.Path, Questions, defaultJobs());
    ASSERT_TRUE(bool(A)) << message(A.takeError());
    EXPECT_NE(joined(mismatches(Questions, *A)), "");
  }
}

// --- the races of the first sheaves -----------------------------------------------------------------------------

/// The stored trail of a race; that it is what Spin finds, another test has seen.
std::string trailOf(const std::string &Race) {
  for (const Timeline &T : llvm::cantFail(loadTimelines(Directory + "/timelines.yaml")))
    if (T.row == "race " + Race)
      return joined(T.steps);
  return "";
}

TEST_F(Models, findTheSecondReadWithoutTheLock) {
  std::string Trail = trailOf("second-read");
  EXPECT_TRUE(contains(Trail, "the sheaf is full and taken off this CPU")) << Trail;
  EXPECT_TRUE(contains(Trail, "follows a NULL pointer")) << Trail;
}

TEST_F(Models, findTheBarrierThatIsSkippedWhenNothingWasFlushed) {
  std::string Trail = trailOf("skipped-barrier");
  EXPECT_TRUE(contains(Trail, "call_rcu() for the full sheaf: A, B")) << Trail;
  EXPECT_TRUE(contains(Trail, "found no sheaf and does not wait")) << Trail;
  EXPECT_TRUE(contains(Trail, "kvfree_rcu_barrier() returns")) << Trail;
}

TEST_F(Models, findCallRcuAfterTheUnlock) {
  std::string Trail = trailOf("call-after-unlock");
  EXPECT_TRUE(contains(Trail, "the sheaf is full and taken off this CPU")) << Trail;
  EXPECT_TRUE(contains(Trail, "flush work   finds no sheaf here")) << Trail;
  EXPECT_FALSE(contains(Trail, "call_rcu() for the full sheaf")) << Trail;
}

TEST_F(Models, findThatCallRcuUnderTheLockIsNotEnoughIfTheCpuIsNotVisited) {
  std::string Trail = trailOf("unvisited-cpu");
  EXPECT_TRUE(contains(Trail, "the sheaf is full and taken off this CPU")) << Trail;
  EXPECT_TRUE(contains(Trail, "kvfree_rcu_barrier() returns")) << Trail;
}

TEST_F(Models, findNothingInWhatWasMerged) {
  for (const Question &Q : raceQuestions()) {
    const ModelAnswer *Race = answers().find(Q.model, Q.run), *Merged = answers().find("sheaves.pml", Q.run);
    ASSERT_TRUE(Race && Merged) << Q.row;
    EXPECT_FALSE(Race->holds) << Q.row;
    EXPECT_TRUE(Merged->holds) << Q.row;
  }
}

// --- timelines --------------------------------------------------------------------------------------------------

TEST(TimelineStep, namesObjectsAndSets) {
  EXPECT_EQ(timelineStep("@0;thread 1;kfree_rcu() collects object;0"), "CPU 0  thread 1     kfree_rcu() collects object A");
  EXPECT_EQ(timelineStep("@1;kworker;frees the objects of a batch, set;3"), "CPU 1  kworker      frees the objects of a batch: A, B");
  EXPECT_EQ(timelineStep("@-1;RCU;a grace period ends;0"), "       RCU          a grace period ends");
  EXPECT_EQ(timelineStep("@0;monitor;gives it to RCU, batch of CPU;1").find(';'), std::string::npos);
}

} // namespace
} // namespace krcu
