// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rule about a module's end, held against Spin: each order of a few steps is written as a function of a module and as a run of
// rules/semantics/unload.pml, and both must say the same of it. A row of the rules that says something else must be found so.
#include "tool/audit/parts.h"
#include "tool/audit/test_module.h"
#include "tool/driver/pipeline_trees.h"
#include "tool/models/spin.h"
#include "tool/support/error.h"
#include "tool/support/parallel.h"
#include "gtest/gtest.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <cstdlib>

using namespace krcu;
using namespace krcu::testing_module;
using llvm::StringRef;

namespace {

enum Use { Call = 1, Srcu, Work, Waits, Chain, // the numbers of unload.pml
           Mount };                            // the core queues until a mount of the kernel's own is gone; to the model that is call_rcu()
constexpr unsigned Text = 2, Alive = 1; // properties

/// What unload.pml calls it.
unsigned modelled(Use U) { return U == Mount ? Call : U; }

using Steps = std::vector<unsigned>;

unsigned numberOf(const Steps &S) {
  unsigned Number = 0;
  for (size_t N = S.size(); N-- > 0;)
    Number = Number * 8 + S[N];
  return Number;
}

std::string nameOf(const Steps &S) {
  std::string Name = "shape";
  for (unsigned Step : S)
    Name += "_" + std::to_string(Step);
  return Name;
}

/// Every order of these steps; with KRCU_LONG_TESTS also of some of them.
void arrange(Steps Of, std::set<Steps> &To) {
  std::sort(Of.begin(), Of.end());
  do {
    To.insert(Of);
    for (size_t N = Of.size(); std::getenv("KRCU_LONG_TESTS") && N-- > 0;)
      To.insert(Steps(Of.begin(), Of.begin() + static_cast<std::ptrdiff_t>(N)));
  } while (std::next_permutation(Of.begin(), Of.end()));
}

std::set<Steps> shapesOf(Use U) {
  std::set<Steps> Result;
  std::vector<Steps> Sets{{}, {3}, {4}, {3, 4}, {1, 3, 4}};
  if (U == Mount)
    Sets.push_back({1, 3});
  else if (U == Chain)
    Sets = {{}, {3}, {1, 3}, {3, 3}, {1, 3, 3}, {1, 2, 3, 3}, {3, 3, 5}, {3, 3, 6}};
  else if (U == Call)
    Sets.insert(Sets.end(), {{1, 3}, {1, 2, 3, 4}, {3, 4, 5}, {3, 4, 6}});
  else if (U != Waits)
    Sets.insert(Sets.end(), {{5, 4}, {1, 3, 4, 5}});
  for (const Steps &S : Sets)
    arrange(S, Result);
  return Result;
}

// What a step is in C, and what the producers do.
const char *const Cached[] = {"", "\tcancel_work_sync(&first_work);\n", "\tSTOP_SECOND(&holder->second_work);\n", "\trcu_barrier();\n", "\tkmem_cache_destroy(cache);\n", "\tsrcu_barrier(&drv_srcu);\n",
                              "\titem_put(&one);\n"};
const char *const OfSrcu[] = {"", Cached[1], Cached[2], "\tsrcu_barrier(&drv_srcu);\n", "\tcleanup_srcu_struct(&drv_srcu);\n", "\trcu_barrier();\n", Cached[6]};
const char *const OfWork[] = {"", Cached[1], Cached[2], "\trcu_barrier();\n", "\tdestroy_workqueue(queue);\n", "\tflush_workqueue(queue);\n", Cached[6]};
const char *const OfMount[] = {"", "\tkern_unmount(mount);\n", "", Cached[3], Cached[4]};

/// The first producer's work is a variable, which any call that is handed it may take away. The second's is a member of an object: only a row of the
/// rules says what ends it, `Stop`.
std::string moduleOf(Use U, const std::string &Stop) {
  std::string Common = Head + "struct work_struct {\n\tvoid (*func)(struct work_struct *work);\n};\nbool cancel_work_sync(struct work_struct *work);\n"
                              "struct srcu_struct {\n\tint x;\n};\nvoid call_srcu(struct srcu_struct *s, struct rcu_head *head, rcu_callback_t func);\nvoid cleanup_srcu_struct(struct srcu_struct *s);\n"
                              "void srcu_barrier(struct srcu_struct *s);\nstatic struct srcu_struct drv_srcu;\n"
                              "struct workqueue_struct;\nstruct rcu_work {\n\tstruct work_struct work;\n\tstruct rcu_head rcu;\n};\nbool queue_rcu_work(struct workqueue_struct *q, struct rcu_work *w);\n"
                              "void destroy_workqueue(struct workqueue_struct *q);\nvoid flush_workqueue(struct workqueue_struct *q);\nvoid INIT_RCU_WORK(struct rcu_work *w, void (*func)(struct work_struct *));\n"
                              "struct holder {\n\tstruct work_struct second_work;\n};\nstatic struct holder *holder;\nvoid INIT_WORK(struct work_struct *w, void (*func)(struct work_struct *));\n"
                              "struct vfsmount;\nstatic struct vfsmount *mount;\nstruct inode;\nstruct super_operations {\n\tvoid (*free_inode)(struct inode *inode);\n};\n"
                              "static struct workqueue_struct *queue;\nstatic struct rcu_work drv_rwork;\nstatic struct kmem_cache *cache;\nstatic struct item one;\nstatic int count;\n";
  std::string Queues;
  if (U == Work)
    Queues = "static void drv_run(struct work_struct *work)\n{\n\tcount++;\n}\nvoid item_make(void)\n{\n\tINIT_RCU_WORK(&drv_rwork, drv_run);\n}\nvoid item_put(struct item *item)\n{\n\tqueue_rcu_work(queue, &drv_rwork);\n}\n";
  else if (U == Mount)
    Queues = "static void drv_free_inode(struct inode *inode)\n{\n\tcount++;\n\tkmem_cache_free(cache, inode);\n}\nstatic const struct super_operations drv_ops = {\n\t.free_inode = drv_free_inode,\n};\n";
  else if (U == Chain)
    Queues = "static void last(struct rcu_head *head)\n{\n\tcount++;\n}\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n\tcall_rcu(head, last);\n}\nvoid item_put(struct item *item)\n{\n\tcall_rcu(&item->rcu, counted);\n}\n";
  else
    Queues = "static void counted(struct rcu_head *head)\n{\n\tcount++;\n\tkmem_cache_free(cache, container_of(head, struct item, rcu));\n}\nvoid item_put(struct item *item)\n{\n\t" +
             std::string(U == Srcu ? "call_srcu(&drv_srcu, &item->rcu, counted)" : "call_rcu(&item->rcu, counted)") + ";\n}\n";
  std::string Producers;
  for (const char *Name : {"first", "second"})
    Producers += U == Mount ? "" : "static void " + std::string(Name) + "_run(struct work_struct *work)\n{\n\titem_put(&one);\n}\n";
  if (U != Mount)
    Producers += "static struct work_struct first_work = {\n\t.func = first_run,\n};\nvoid holder_start(void)\n{\n\tINIT_WORK(&holder->second_work, second_run);\n}\n";
  std::string Shapes;
  const char *const *Words = U == Srcu ? OfSrcu : U == Work ? OfWork : U == Mount ? OfMount : Cached;
  for (const Steps &S : shapesOf(U)) {
    Shapes += "void " + nameOf(S) + "(void)\n{\n";
    for (unsigned Step : S)
      Shapes += StringRef(Words[Step]).starts_with("\tSTOP_SECOND") ? "\t" + Stop + std::string(Words[Step] + 12) : Words[Step];
    Shapes += "}\n";
  }
  return Common + Queues + Producers + Shapes + exitWith("");
}

/// One end, and whether a property holds of it.
struct Claim {
  Use use;
  Steps steps;
  unsigned property;
  bool holds;
};

/// What the rule says of every shape, with rows as they are or changed.
class Ends {
public:
  explicit Ends(Use U, const std::string &Stop = "cancel_work_sync") : U(U), Tree("waits") {
    Tree.write("drv/drv.c", moduleOf(U, Stop));
    auto Made = Scan::prepare(Tree.options());
    if (!Made) {
      ADD_FAILURE() << message(Made.takeError());
      return;
    }
    S = std::move(*Made);
    Events = llvm::cantFail(loadUnloadRules(S->options().builtin_rules, {}));
    Names = S->rules();
    Facts = S->semantics();
    State = std::make_unique<TreeState>(*S);
    Modules = unloadModules(*State, Events, {});
    waitsInDestroy(U == Waits);
  }
  void waitsInDestroy(bool Value) {
    for (SemanticFact &F : Facts.facts)
      if (F.name == "destroy_waits_call_rcu")
        F.value = Value, F.known = true;
  }
  std::vector<Claim> claims() const {
    std::vector<Claim> Result;
    UnloadQuestion::Flavour Flavour = U == Srcu ? UnloadQuestion::Srcu : U == Work ? UnloadQuestion::RcuWork : UnloadQuestion::Rcu;
    for (const UnloadModule &M : Modules)
      for (const ModuleQuestion &Q : M.questions) {
        if (Q.question.flavour != Flavour || M.scope.files.front() != "drv/drv.c" || (Flavour != UnloadQuestion::Rcu && Q.question.taken == "cache"))
          continue;
        bool OfText = Q.question.until == UnloadQuestion::Text;
        UnloadTimeline T(*M.text, Names, Events, Facts, Q.question);
        for (const Steps &Shape : shapesOf(U)) {
          const TextFunction *F = M.text->own(nameOf(Shape), "drv/drv.c");
          EXPECT_TRUE(F) << nameOf(Shape);
          if (!F)
            continue;
          UnloadAnswer A = T.endOf(*F, {});
          Result.push_back({U, Shape, OfText ? Text : Alive, OfText ? A.holds : A.broken.empty()});
        }
      }
    return Result;
  }

  Use U;
  ScratchTree Tree;
  std::unique_ptr<Scan> S;
  UnloadRules Events;
  Rules Names;
  Semantics Facts;

private:
  std::unique_ptr<TreeState> State;
  std::vector<UnloadModule> Modules;
};

class UnloadModels : public testing::Test {
protected:
  static void SetUpTestSuite() {
    if (!haveSpin())
      return;
    auto M = Model::build(KRCU_SOURCE_DIR "/rules/semantics/unload.pml");
    if (!M) {
      ADD_FAILURE() << message(M.takeError());
      return;
    }
    TheModel = std::make_unique<Model>(std::move(*M));
  }
  static void TearDownTestSuite() { TheModel.reset(); }
  void SetUp() override {
    if (!haveSpin())
      GTEST_SKIP() << "spin is not installed";
    ASSERT_TRUE(TheModel);
  }
  /// What Spin says; each run is asked once.
  static std::vector<std::string> mismatches(const std::vector<Claim> &Claims) {
    using Key = std::tuple<unsigned, Steps, unsigned>;
    static std::map<Key, bool> Known;
    std::vector<Claim> Open;
    std::set<Key> Asked;
    for (const Claim &C : Claims)
      if (Key K{modelled(C.use), C.steps, C.property}; !Known.count(K) && Asked.insert(K).second)
        Open.push_back(C);
    std::vector<int> Said(Open.size(), -1);
    parallelFor(defaultJobs(), Open.size(), [&](size_t N, unsigned) {
      ModelRun Run;
      Run.use = modelled(Open[N].use), Run.shape = numberOf(Open[N].steps), Run.property = Open[N].property;
      if (auto A = TheModel->ask(Run))
        Said[N] = A->holds;
      else
        ADD_FAILURE() << nameOf(Open[N].steps) << ": " << message(A.takeError());
    });
    for (size_t N = 0; N < Open.size(); ++N)
      Known[{modelled(Open[N].use), Open[N].steps, Open[N].property}] = Said[N] == 1;
    std::vector<std::string> Result;
    for (const Claim &C : Claims)
      if (Known[{modelled(C.use), C.steps, C.property}] != C.holds)
        Result.push_back("use " + std::to_string(C.use) + ", " + nameOf(C.steps) + ", property " + std::to_string(C.property) + ": the rule says " + (C.holds ? "right" : "wrong") + ", Spin does not");
    return Result;
  }
  static std::string joined(const std::vector<std::string> &Lines) {
    std::string Text;
    for (const std::string &L : Lines)
      Text += L + "\n";
    return Text;
  }

  static inline std::unique_ptr<Model> TheModel;
};

TEST_F(UnloadModels, TheRuleSaysWhatSpinFinds) {
  for (Use U : {Call, Srcu, Work, Waits, Chain, Mount}) {
    std::vector<Claim> Claims = Ends(U).claims();
    EXPECT_GE(Claims.size(), shapesOf(U).size()) << "use " << U;
    EXPECT_EQ(joined(mismatches(Claims)), "");
    size_t Right = std::count_if(Claims.begin(), Claims.end(), [](const Claim &C) { return C.holds; });
    EXPECT_TRUE(Right > 0 && Right < Claims.size()) << "use " << U;
  }
}

BarrierRule &barrier(Rules &R, const std::string &Name) { return *std::find_if(R.barriers.begin(), R.barriers.end(), [&](const BarrierRule &B) { return B.name == Name; }); }

struct Change {
  const char *what;
  Use use;
  void (*make)(Ends &E);
};

const Change Changes[] = {
    {"rcu_barrier() waits for nothing", Call, [](Ends &E) { barrier(E.Names, "rcu_barrier").waits_for.clear(); }},
    {"srcu_barrier() waits for call_rcu()", Call, [](Ends &E) { barrier(E.Names, "srcu_barrier").waits_for.push_back("call_rcu"); }},
    {"kmem_cache_destroy() is no destruction", Call, [](Ends &E) { std::erase_if(E.Names.cache_destroy, [](const CacheRule &C) { return C.name == "kmem_cache_destroy"; }); }},
    {"call_rcu() is no deferral", Call, [](Ends &E) { std::erase_if(E.Names.deferrals, [](const DeferralRule &D) { return D.name == "call_rcu"; }); }},
    {"kmem_cache_destroy() is said to wait", Call, [](Ends &E) { E.waitsInDestroy(true); }},
    {"kmem_cache_destroy() is said not to wait", Waits, [](Ends &E) { E.waitsInDestroy(false); }},
    {"srcu_barrier() waits for nothing", Srcu, [](Ends &E) { barrier(E.Names, "srcu_barrier").waits_for.clear(); }},
    {"cleanup_srcu_struct() ends nothing", Srcu, [](Ends &E) { std::erase_if(E.Events.events, [](const UnloadRule &R) { return R.name == "cleanup_srcu_struct"; }); }},
    {"cleanup_srcu_struct() waits", Srcu,
     [](Ends &E) {
       BarrierRule B;
       B.name = "cleanup_srcu_struct", B.waits_for = {"srcu"};
       E.Names.barriers.push_back(B);
     }},
    {"destroy_workqueue() does not end rcu_work", Work,
     [](Ends &E) { std::erase_if(E.Events.events, [](const UnloadRule &R) { return R.name == "destroy_workqueue"; }); }},
    {"flush_workqueue() waits for rcu_work", Work,
     [](Ends &E) {
       UnloadRule R;
       R.event = UnloadRule::Wait, R.name = "flush_workqueue", R.of = "rcu_work";
       E.Events.events.push_back(R);
     }},
    {"rcu_barrier() waits for call_srcu()", Srcu, [](Ends &E) { barrier(E.Names, "rcu_barrier").waits_for.push_back("srcu"); }},
    {"kern_unmount() stops nothing", Mount, [](Ends &E) { std::erase_if(E.Events.events, [](const UnloadRule &R) { return R.name == "kern_unmount"; }); }},
    {"kern_unmount() stops something else", Mount,
     [](Ends &E) {
       for (UnloadRule &R : E.Events.events)
         if (R.name == "kern_unmount")
           R.of = "file_operations";
     }},
    {"rcu_barrier() does not wait for rcu_work", Work, [](Ends &E) { barrier(E.Names, "rcu_barrier").waits_for.clear(); }},
};

TEST_F(UnloadModels, EveryChangedRowIsFound) {
  for (const Change &C : Changes) {
    Ends E(C.use);
    C.make(E);
    EXPECT_NE(joined(mismatches(E.claims())), "") << C.what;
  }
}

/// Every row about a call behind which a work item, timer or thread runs no more: with it the rule says what Spin finds, without it not.
TEST_F(UnloadModels, EveryChangedStopIsFound) {
  std::vector<std::string> Names = Ends(Call).Names.work_ends;
  ASSERT_FALSE(Names.empty());
  for (const std::string &Name : Names) {
    Ends E(Call, Name);
    EXPECT_EQ(joined(mismatches(E.claims())), "") << Name;
    std::erase(E.Names.work_ends, Name);
    EXPECT_NE(joined(mismatches(E.claims())), "") << "without " << Name << "()";
  }
}

} // namespace
