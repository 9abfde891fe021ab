// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one place where rows of the table meet the models. For a fact the question is direct: free an object, wait, is it
// freed? For a module's exit the expected answer follows from the facts, by the same reasoning that verdicts rest on:
//
//   no object is alive when the cache is destroyed   if kmem_cache_destroy() waits for what was used to free, or a barrier
//                                                    that the exit calls does
//   no callback is called when the text is gone      if there is none, or rcu_barrier() was called, or something that waits
//                                                    for callbacks on its way
//   every object is freed in the end                 always, unless its callback lost its text
#include "tool/models/questions.h"
#include <cassert>

namespace krcu {
namespace {

// The numbers of rcu.pml.
constexpr unsigned Exit = 1, RcuBarrier = 2, KvfreeBarrier = 3, OnCache = 4, OtherCache = 5, Collects = 6, Sheaf = 7;
constexpr unsigned Call = 1, Kfree = 2;
constexpr unsigned NoBarrier = 0, Rcu = 1, Kvfree = 2, Both = 3;
constexpr unsigned Alive = 1, Text = 2, Freed = 3, Waited = 4, Oops = 5, Reader = 6, Sent = 7;

/// The values of one era by name.
class Row {
public:
  explicit Row(const EraRule &E) : E(E) {}
  bool operator[](const char *Fact) const {
    auto It = E.values.find(Fact);
    assert(It != E.values.end() && "the era says nothing of a fact that models show");
    return It->second;
  }
  bool inModel(const char *SideEffect) const { return E.in_model.count(SideEffect) != 0; }

private:
  const EraRule &E;
};

class Asker {
public:
  explicit Asker(const EraRule &E) : E(E), R(E) {}

  std::vector<Question> ask() {
    facts();
    // The flaws that no fact has a name for: nothing is followed that is not there, nothing is freed under a reader.
    add("no NULL pointer is followed", "the kernel follows a NULL pointer", {KvfreeBarrier, Kfree, 0, 0, Oops}, E.merged);
    add("readers are respected", "an object is freed under a reader", {RcuBarrier, Call, 0, 0, Reader}, true);
    for (unsigned S : {RcuBarrier, KvfreeBarrier, OnCache})
      add("readers are respected", "an object is freed under a reader", {S, Kfree, 0, 0, Reader}, true);
    for (unsigned U : {Call, Kfree})
      for (unsigned S = NoBarrier; S <= Both; ++S)
        for (unsigned Other : {0u, 1u})
          exit(U, S, Other);
    return std::move(Questions);
  }

private:
  void facts() {
    add("destroy_waits_kfree_rcu", "kmem_cache_destroy() does not wait for kfree_rcu()", {Exit, Kfree, NoBarrier, 0, Alive},
        R["destroy_waits_kfree_rcu"]);
    add("rcu_barrier_waits_kfree_rcu", "rcu_barrier() does not wait for kfree_rcu()", {RcuBarrier, Kfree, 0, 0, Waited},
        R["rcu_barrier_waits_kfree_rcu"]);
    // What every era must have, or the exits below would mean nothing.
    add("rcu_barrier waits for call_rcu", "rcu_barrier() does not wait for call_rcu()", {RcuBarrier, Call, 0, 0, Waited}, true);
    add("destroy_waits_call_rcu", "kmem_cache_destroy() does not wait for call_rcu()", {Exit, Call, NoBarrier, 0, Alive},
        R["destroy_waits_call_rcu"]);
    add("kfree_rcu_batches", "when kfree_rcu() returns, no callback may know the object yet", {Collects, Kfree, 0, 0, Waited},
        !R["kfree_rcu_batches"]);
    add("kfree_rcu_takes_slab_objects", "an object is never freed", {Exit, Kfree, Rcu, 0, Freed}, R["kfree_rcu_takes_slab_objects"]);
    add("kvfree_rcu_barrier",
        E.merged ? "there is no kvfree_rcu_barrier()" : "kvfree_rcu_barrier() does not wait for kfree_rcu()",
        {KvfreeBarrier, Kfree, 0, 0, Waited}, R["kvfree_rcu_barrier"]);
    add("sheaves", "kfree_rcu() may put the object on this CPU's sheaf", {Sheaf, Kfree, 0, 0, Waited}, !R["sheaves"]);
    add("destroy_flushes_all_sheaves", "kmem_cache_destroy() leaves the sheaves of other caches alone", {OtherCache, Kfree, 0, 0, Waited},
        R["destroy_flushes_all_sheaves"] || !R["sheaves"]);
    add("destroy_flushes_all_sheaves", "kmem_cache_destroy() takes an object off the sheaf of another cache", {OtherCache, Kfree, 0, 0, Sent},
        !R["destroy_flushes_all_sheaves"]);
    add("per_cache_barrier", "there is no kvfree_rcu_barrier_on_cache() that takes up what was collected", {OnCache, Kfree, 0, 0, Sent},
        R["per_cache_barrier"] || !R["kfree_rcu_batches"]);
    add("per_cache_barrier_complete", "there is no kvfree_rcu_barrier_on_cache() that waits for all kfree_rcu() of its cache",
        {OnCache, Kfree, 0, 0, Waited}, R["per_cache_barrier_complete"]);
  }

  void exit(unsigned U, unsigned S, unsigned Other) {
    const bool CallsRcu = S == Rcu || S == Both, CallsKvfree = S == Kvfree || S == Both;
    const bool CallbacksDone = CallsRcu || (CallsKvfree && R.inModel("kvfree_rcu_barrier_waits_call_rcu"));
    const bool Empty = U == Kfree ? R["destroy_waits_kfree_rcu"] || (CallsRcu && R["rcu_barrier_waits_kfree_rcu"]) ||
                                        (CallsRcu && R.inModel("destroy_after_rcu_barrier_waits_kfree_rcu")) ||
                                        (CallsKvfree && R["kvfree_rcu_barrier"])
                                  : R["destroy_waits_call_rcu"] || CallbacksDone;
    const bool NoLateCallback = (U == Kfree && !Other) || CallbacksDone || R["destroy_waits_call_rcu"];
    std::string Name = std::string("exit ") + (U == Kfree ? "kfree_rcu" : "call_rcu");
    static const char *const Barriers[] = {"no barrier", "rcu_barrier", "kvfree_rcu_barrier", "both barriers"};
    Name += std::string(", ") + Barriers[S] + (Other ? ", another callback" : "");
    // Where there is no kvfree_rcu_barrier() nobody calls it; the model is asked all the same, with one that does nothing.
    const bool Possible = !CallsKvfree || R["kvfree_rcu_barrier_exported"];
    add(Name, "the cache is destroyed with an object in it", {Exit, U, S, Other, Alive}, Empty, Possible && !Other);
    add(Name, "a callback is called in text that is gone", {Exit, U, S, Other, Text}, NoLateCallback, Possible && (U == Call) != (Other != 0));
    add(Name, "an object is never freed", {Exit, U, S, Other, Freed}, U == Kfree || NoLateCallback, false);
  }

  void add(const std::string &RowName, const char *Shows, ModelRun Run, bool Holds, bool Told = true) {
    Questions.push_back({E.name, RowName, Shows, E.model, Run, Holds, Told});
  }

  const EraRule &E;
  Row R;
  std::vector<Question> Questions;
};

} // namespace

std::vector<Question> questionsOf(const EraRule &E) { return Asker(E).ask(); }

std::vector<Question> slobQuestions(const EraTable &T) {
  const FactRule *Slob = T.fact("slob");
  assert(Slob && "the table has no fact slob");
  // The fact is a warning: true means that kfree_rcu() is wrong there.
  auto Ask = [&](const char *Name, unsigned Use, bool Holds) {
    return Question{"slob", Name, "kfree_rcu() frees other memory than the object", "slob.pml", {0, Use, 0, 0, Freed}, Holds, true};
  };
  return {Ask("slob", 2, !Slob->unknown), Ask("call_rcu and kmem_cache_free", 1, true), Ask("kfree_rcu of kmalloc", 3, true)};
}

/// The races of the first sheaves, each put alone into what was merged: found by the wait of kvfree_rcu_barrier(), or by a
/// pointer that is followed.
std::vector<Question> raceQuestions() {
  const ModelRun Wait{KvfreeBarrier, Kfree, 0, 0, Waited}, Follow{KvfreeBarrier, Kfree, 0, 0, Oops};
  auto Race = [](const std::string &Name, const char *Shows, ModelRun Run) {
    return Question{"sheaves-posted", "race " + Name, Shows, "race-" + Name + ".pml", Run, false, true};
  };
  const char *Early = "kvfree_rcu_barrier() returns before object A is freed";
  return {Race("second-read", "the kernel follows a NULL pointer", Follow), Race("skipped-barrier", Early, Wait),
          Race("call-after-unlock", Early, Wait), Race("unvisited-cpu", Early, Wait)};
}

std::vector<Question> allQuestions(const EraTable &T) {
  std::vector<Question> All = raceQuestions();
  for (const EraRule &E : T.eras)
    for (Question &Q : questionsOf(E))
      All.push_back(std::move(Q));
  for (Question &Q : slobQuestions(T))
    All.push_back(std::move(Q));
  return All;
}

} // namespace krcu
