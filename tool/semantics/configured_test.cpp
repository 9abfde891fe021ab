// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Facts under one configuration: what is not true of every kernel of a tree may be true of the user's.
#include "tool/semantics/configured.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"

namespace krcu {
namespace {

ConfiguredSemantics probe(const std::string &Era, const std::string &Config) {
  static const Rules R = llvm::cantFail(loadRules(KRCU_SOURCE_DIR "/rules", {}));
  auto T = Tree::open(std::string(KRCU_SOURCE_DIR) + "/testdata/semantics/" + Era);
  auto C = ConfigFile::parse("my.config", Config);
  if (!T || !C) {
    ADD_FAILURE() << Era;
    return {};
  }
  auto S = probeConfigured(*T, R, *C);
  EXPECT_TRUE(bool(S)) << message(S.takeError());
  return std::move(*S);
}

const std::string Head = "# Linux/x86 5.15.0 Kernel Configuration\n";

TEST(ConfiguredSemantics, TinyRcuNeverBatched) {
  ConfiguredSemantics S = probe("batching", Head + "CONFIG_TINY_RCU=y\nCONFIG_SLUB=y\n");
  EXPECT_FALSE(S.semantics.fact("kfree_rcu_batches").value);
  EXPECT_TRUE(S.semantics.is("rcu_barrier_waits_kfree_rcu"));
  EXPECT_EQ(S.semantics.era, "no-batching");
  EXPECT_EQ(S.symbols, (std::vector<std::string>{"KASAN_GENERIC", "TINY_RCU", "TREE_RCU"}));
}

TEST(ConfiguredSemantics, TreeRcuDoes) {
  ConfiguredSemantics S = probe("batching", Head + "CONFIG_TREE_RCU=y\nCONFIG_SLUB=y\n");
  EXPECT_TRUE(S.semantics.fact("kfree_rcu_batches").value);
  EXPECT_FALSE(S.semantics.is("rcu_barrier_waits_kfree_rcu"));
}

TEST(ConfiguredSemantics, SlobOrNot) {
  ConfiguredSemantics Slub = probe("batching", Head + "CONFIG_TREE_RCU=y\n# CONFIG_SLOB is not set\n");
  EXPECT_FALSE(Slub.semantics.fact("slob").value);
  EXPECT_EQ(Slub.semantics.fact("slob").evidence, (EvidenceList{{"my.config", 3, "", "CONFIG_SLOB is not set"}}));
  EXPECT_TRUE(probe("batching", Head + "CONFIG_TREE_RCU=y\nCONFIG_SLOB=y\n").semantics.fact("slob").value);
}

TEST(ConfiguredSemantics, AFragmentChangesNothingThatItDoesNotName) {
  ConfiguredSemantics S = probe("batching", "CONFIG_OTHER=y\n");
  EXPECT_TRUE(S.semantics.fact("slob").value);
  EXPECT_FALSE(S.semantics.is("rcu_barrier_waits_kfree_rcu"));
  EXPECT_TRUE(S.symbols.empty());
}

TEST(ConfiguredSemantics, AConfigurationThatFitsNoTreeChangesNothing) {
  ConfiguredSemantics S = probe("destroy-waits", Head + "CONFIG_OTHER=y\n");
  EXPECT_TRUE(S.semantics.is("destroy_waits_kfree_rcu"));
  EXPECT_TRUE(S.symbols.empty());
}

TEST(ConfiguredSemantics, ATreeThatWaitsAlwaysWaits) {
  for (const char *Rcu : {"CONFIG_TINY_RCU=y\n", "CONFIG_TREE_RCU=y\n"})
    EXPECT_TRUE(probe("destroy-waits", Head + Rcu).semantics.is("destroy_waits_kfree_rcu")) << Rcu;
}

} // namespace
} // namespace krcu
