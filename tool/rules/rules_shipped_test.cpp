// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The rules we ship: they load, every struct is filled as the kernel has it, every row says where it can be
// checked, and in a real tree the name is there. That last test is what keeps a typo from becoming a call
// site nobody sees.

#include "tool/rules/review_rules.h"
#include "tool/rules/rules.h"
#include "tool/rules/yaml_tree.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace krcu {
namespace {

const char RulesDirectory[] = KRCU_SOURCE_DIR "/rules";

const Rules &shipped() {
  static const Rules R = [] {
    auto Loaded = loadRules(RulesDirectory, {});
    if (Loaded)
      return std::move(*Loaded);
    ADD_FAILURE() << message(Loaded.takeError());
    return Rules();
  }();
  return R;
}

bool contains(const std::vector<std::string> &List, const std::string &Word) {
  return std::find(List.begin(), List.end(), Word) != List.end();
}

TEST(ShippedRules, Deferrals) {
  struct {
    const char *name;
    unsigned head, callback;
    const char *flavour;
    bool hurry;
  } Rows[] = {
      {"call_rcu", 0, 1, "rcu", false},
      {"call_rcu_hurry", 0, 1, "rcu", true},
      {"call_srcu", 1, 2, "srcu", false},
      {"call_rcu_tasks", 0, 1, "tasks", false},
      {"call_rcu_tasks_rude", 0, 1, "tasks_rude", false},
      {"call_rcu_tasks_trace", 0, 1, "tasks_trace", false},
      {"call_rcu_bh", 0, 1, "rcu_bh", false},
      {"call_rcu_sched", 0, 1, "rcu_sched", false},
  };
  EXPECT_EQ(shipped().deferrals.size(), std::size(Rows));
  for (const auto &Row : Rows) {
    const DeferralRule *D = shipped().deferral(Row.name);
    ASSERT_NE(D, nullptr) << Row.name;
    EXPECT_EQ(D->head, Row.head) << Row.name;
    EXPECT_EQ(D->callback, Row.callback) << Row.name;
    EXPECT_EQ(D->flavour, Row.flavour) << Row.name;
    EXPECT_EQ(D->hurry, Row.hurry) << Row.name;
    EXPECT_TRUE(D->where.valid()) << Row.name;
  }
}

TEST(ShippedRules, Frees) {
  struct {
    const char *name;
    unsigned object;
    std::optional<unsigned> cache;
    const char *family;
  } Rows[] = {
      {"kmem_cache_free", 1, 0, "kmem_cache_free"},
      {"kfree", 0, {}, "kfree"},
      {"kvfree", 0, {}, "kvfree"},
      {"vfree", 0, {}, "vfree"},
      {"kfree_sensitive", 0, {}, "kfree_sensitive"},
      {"kzfree", 0, {}, "kfree_sensitive"},
      {"free_percpu", 0, {}, "percpu"},
      {"mempool_free", 0, 1, "mempool"},
      {"__free_pages", 0, {}, "pages"},
      {"dma_pool_free", 1, 0, "dma"},
      {"dma_free_coherent", 2, {}, "dma"},
      {"devm_kfree", 1, {}, "devm"},
  };
  for (const auto &Row : Rows) {
    const FreeRule *F = shipped().free(Row.name);
    ASSERT_NE(F, nullptr) << Row.name;
    EXPECT_EQ(F->object, Row.object) << Row.name;
    EXPECT_EQ(F->cache, Row.cache) << Row.name;
    EXPECT_EQ(F->family, Row.family) << Row.name;
  }
}

TEST(ShippedRules, ReferenceDropsAreNoFrees) {
  for (const char *Name :
       {"put_page", "folio_put", "kfree_skb", "bio_put", "kobject_put", "kmem_cache_free_bulk"})
    EXPECT_EQ(shipped().free(Name), nullptr) << Name;
}

TEST(ShippedRules, Caches) {
  for (const char *Name : {"kmem_cache_create", "kmem_cache_create_usercopy", "__kmem_cache_create_args",
                           "KMEM_CACHE", "KMEM_CACHE_USERCOPY"})
    EXPECT_NE(shipped().cacheCreate(Name), nullptr) << Name;
  ASSERT_NE(shipped().cacheDestroy("kmem_cache_destroy"), nullptr);
  EXPECT_EQ(shipped().cacheDestroy("kmem_cache_destroy")->cache, 0u);
}

TEST(ShippedRules, Barriers) {
  struct {
    const char *name;
    const char *waits_for;
    bool cache_only;
  } Rows[] = {
      {"rcu_barrier", "call_rcu", false},
      {"kvfree_rcu_barrier", "kfree_rcu", false},
      {"kvfree_rcu_barrier_on_cache", "kfree_rcu", true},
      {"srcu_barrier", "srcu", false},
      {"rcu_barrier_tasks", "tasks", false},
      {"rcu_barrier_tasks_trace", "tasks_trace", false},
      {"rcu_barrier_tasks_rude", "tasks_rude", false},
      {"rcu_barrier_bh", "rcu_bh", false},
      {"rcu_barrier_sched", "rcu_sched", false},
  };
  EXPECT_EQ(shipped().barriers.size(), std::size(Rows));
  for (const auto &Row : Rows) {
    const BarrierRule *B = shipped().barrier(Row.name);
    ASSERT_NE(B, nullptr) << Row.name;
    EXPECT_EQ(B->waits_for, std::vector<std::string>{Row.waits_for}) << Row.name;
    EXPECT_EQ(B->cache_only, Row.cache_only) << Row.name;
  }
  EXPECT_EQ(shipped().barrier("synchronize_rcu"), nullptr);
}

TEST(ShippedRules, ModuleHooks) {
  auto Find = [](const std::string &Name) {
    for (const ModuleHookRule &H : shipped().module_hooks)
      if (H.name == Name)
        return H;
    return ModuleHookRule();
  };
  EXPECT_EQ(Find("module_init").kind, "init");
  EXPECT_EQ(Find("subsys_initcall").kind, "init");
  EXPECT_EQ(Find("module_exit").kind, "exit");
  EXPECT_EQ(Find("module_pci_driver").kind, "driver");
  EXPECT_EQ(Find("usb_serial_module_driver").argument, 1u);
  EXPECT_EQ(Find("machine_device_initcall").argument, 1u);
}

TEST(ShippedRules, CallbackFields) {
  auto Reached = [](const std::string &Record, const std::string &Field) {
    for (const CallbackFieldRule &F : shipped().callback_fields)
      if (F.record == Record && F.field == Field)
        return F.reached;
    return std::string();
  };
  EXPECT_EQ(Reached("pernet_operations", "exit_batch"), "module_exit");
  EXPECT_EQ(Reached("platform_driver", "remove"), "module_exit");
  EXPECT_EQ(Reached("file_system_type", "kill_sb"), "runtime");
}

TEST(ShippedRules, ConversionsThatExist) {
  for (const char *Deferral : {"call_rcu", "call_rcu_hurry"}) {
    EXPECT_EQ(shipped().conversion(Deferral, "kmem_cache_free")->replacement, "kfree_rcu");
    EXPECT_EQ(shipped().conversion(Deferral, "kfree")->replacement, "kfree_rcu");
    EXPECT_EQ(shipped().conversion(Deferral, "kvfree")->replacement, "kvfree_rcu");
    EXPECT_EQ(shipped().conversion(Deferral, "vfree")->replacement, "kvfree_rcu");
  }
}

TEST(ShippedRules, OnlyPlainCallbacksConvert) {
  for (const ConversionRule &C : shipped().conversions)
    EXPECT_TRUE(C.replacement.empty() || shipped().deferral(C.deferral)->flavour == "rcu")
        << C.deferral << " " << C.family;
}

TEST(ShippedRules, EveryPairHasAConversionOrAReason) {
  for (const DeferralRule &D : shipped().deferrals)
    for (const FreeRule &F : shipped().frees) {
      const ConversionRule *C = shipped().conversion(D.name, F.family);
      ASSERT_NE(C, nullptr) << D.name << " " << F.family;
      EXPECT_NE(C->replacement.empty(), C->refusal.empty()) << D.name << " " << F.family;
      EXPECT_NE(C->refusal, "no rule says what replaces this deferral of this kind of free")
          << D.name << " " << F.family;
    }
}

TEST(ShippedRules, ZeroingIsNeverLost) {
  EXPECT_EQ(shipped().conversion("call_rcu", "kfree_sensitive")->refusal,
            "kfree_rcu() does not zero the memory, which may hold a secret");
}

TEST(ShippedRules, ObjectsOfKmallocNolockAreATreesOwnMatter) {
  EXPECT_EQ(shipped().conversion("call_rcu", "kfree_nolock")->refusal,
            "only newer trees let kfree_rcu() take objects of kmalloc_nolock(), and krcu does not read off the tree whether it does");
}

TEST(ShippedRules, ListsOfNames) {
  EXPECT_EQ(shipped().replacements, (std::vector<std::string>{"kfree_rcu", "kvfree_rcu", "kfree_rcu_nolock"}));
  EXPECT_EQ(shipped().heads, (std::vector<std::string>{"rcu_head", "callback_head", "kvfree_rcu_head"}));
  EXPECT_EQ(shipped().deferred_frees_no_head,
            (std::vector<std::string>{"kfree_rcu_mightsleep", "kvfree_rcu_mightsleep"}));
  EXPECT_TRUE(contains(shipped().checks, "WARN_ON_ONCE"));
  EXPECT_TRUE(contains(shipped().checks, "BUG_ON"));
  EXPECT_TRUE(contains(shipped().quiet_calls, "_printk"));
  EXPECT_TRUE(contains(shipped().container_macros, "container_of"));
}

TEST(ShippedRules, WhatOnlyPrintsTouchesNoMemory) {
  auto R = loadReviewRules(std::string(KRCU_SOURCE_DIR) + "/rules", {});
  ASSERT_TRUE(bool(R));
  EXPECT_TRUE(contains(R->printing_calls, "pr_debug"));
  for (const char *Name : {"memset", "kfree", "kmem_cache_destroy", "snprintf", "mutex_lock"})
    EXPECT_FALSE(contains(R->printing_calls, Name)) << Name;
}

TEST(ShippedRules, QuietCallsNeitherDeferNorAllocateFromACache) {
  for (const std::string &Name : shipped().quiet_calls) {
    EXPECT_EQ(shipped().deferral(Name), nullptr) << Name;
    EXPECT_NE(Name.rfind("kmem_cache_alloc", 0), 0u) << Name;
    EXPECT_EQ(Name.find("register"), std::string::npos) << Name;
  }
}

// The rows as text: each names a place that a reader can open.

struct Claim {
  std::string row;                ///< "frees.yaml:12"
  std::string path;               ///< file of the kernel tree
  std::vector<std::string> words; ///< must stand in it
  std::string since, until;
};

std::vector<std::string> wordsOf(const YamlNode &N) {
  if (N.kind == YamlNode::Scalar)
    return {N.text};
  std::vector<std::string> Out;
  for (const YamlNode &Item : N.items)
    Out.push_back(Item.text);
  return Out;
}

Claim claimOf(const std::string &File, const YamlNode &Row) {
  Claim C;
  C.row = File + ":" + std::to_string(Row.line);
  for (const auto &[Key, Value] : Row.entries) {
    if (Key.text == "since")
      C.since = Value.text;
    if (Key.text == "until")
      C.until = Value.text;
    if (Key.text == "see") {
      auto [Path, Function] = llvm::StringRef(Value.text).split(", ");
      C.path = Path.str();
      Function.consume_back("()");
      if (!Function.empty())
        C.words.push_back(Function.str());
    }
    for (const char *Named : {"name", "names", "field", "fields", "record", "replacement"})
      if (Key.text == Named)
        for (std::string &Word : wordsOf(Value))
          C.words.push_back(std::move(Word));
  }
  return C;
}

std::vector<Claim> claims() {
  std::vector<Claim> Out;
  for (const auto &Entry : std::filesystem::directory_iterator(RulesDirectory)) {
    if (!Entry.is_regular_file())
      continue; // templates and the series' own tables
    auto Root = readYaml(Entry.path().string());
    if (!Root) {
      ADD_FAILURE() << message(Root.takeError());
      continue;
    }
    for (const auto &[Section, Rows] : Root->entries)
      for (const YamlNode &Row : Rows.items)
        Out.push_back(claimOf(Entry.path().filename().string(), Row));
  }
  return Out;
}

/// "6.12" as a number that compares: 6012. Empty is `Default`.
unsigned version(const std::string &Text, unsigned Default) {
  unsigned Major = 0, Minor = 0;
  if (Text.empty() || std::sscanf(Text.c_str(), "%u.%u", &Major, &Minor) != 2)
    return Default;
  return Major * 1000 + Minor;
}

TEST(ShippedRules, EveryRowSaysWhereItCanBeChecked) {
  size_t Rows = 0;
  for (const Claim &C : claims()) {
    EXPECT_FALSE(C.path.empty()) << C.row;
    EXPECT_FALSE(C.path.starts_with("/")) << C.row;
    ++Rows;
  }
  EXPECT_GT(Rows, 200u);
}

bool isWordOf(const std::string &Text, const std::string &Word) {
  auto IsPart = [](char Ch) { return std::isalnum(static_cast<unsigned char>(Ch)) || Ch == '_'; };
  for (size_t At = Text.find(Word); At != std::string::npos; At = Text.find(Word, At + 1))
    if ((At == 0 || !IsPart(Text[At - 1])) &&
        (At + Word.size() == Text.size() || !IsPart(Text[At + Word.size()])))
      return true;
  return false;
}

TEST(ShippedRules, EveryNameIsInARealTree) {
  std::vector<std::string> Trees;
  for (const char *Variable : {"KRCU_TREE_612", "KRCU_TREE_61"})
    if (const char *Tree = std::getenv(Variable))
      Trees.push_back(Tree);
  if (Trees.size() != 2)
    GTEST_SKIP() << "KRCU_TREE_612 and KRCU_TREE_61 must name kernel trees of 6.12 and 6.1";

  size_t Checked = 0, OtherReleases = 0;
  for (const Claim &C : claims()) {
    // Rows of releases that neither tree is: older than 6.1, newer than 6.12.
    if (version(C.until, 99000) < 6001 || version(C.since, 0) > 6012) {
      ++OtherReleases;
      continue;
    }
    std::string Text;
    for (const std::string &Tree : Trees) {
      std::ifstream In(Tree + "/" + C.path, std::ios::binary);
      Text.append(std::istreambuf_iterator<char>(In), {});
    }
    EXPECT_FALSE(Text.empty()) << C.row << ": " << C.path << " is in neither tree";
    for (const std::string &Word : C.words) {
      EXPECT_TRUE(isWordOf(Text, Word)) << C.row << ": '" << Word << "' is not in " << C.path;
      ++Checked;
    }
  }
  EXPECT_GT(Checked, 400u);
  EXPECT_LT(OtherReleases, 20u);
}

} // namespace
} // namespace krcu
