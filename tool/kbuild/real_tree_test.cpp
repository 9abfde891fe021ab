// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The room against a real kernel tree, named by the environment. Times are printed, not asserted.
#include "tool/support/error.h"
#include "tool/kbuild/kbuild.h"
#include "tool/kbuild/kconfig.h"
#include "gtest/gtest.h"
#include <chrono>
#include <cstdlib>

namespace krcu {
namespace {

class RealTree : public ::testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    const char *Path = std::getenv(GetParam());
    if (!Path || !*Path)
      GTEST_SKIP() << GetParam() << " is not set; set it to an unpacked kernel source tree";
    llvm::Expected<Tree> Opened = Tree::open(Path);
    ASSERT_TRUE(bool(Opened)) << message(Opened.takeError());
    T = *Opened;
    KconfigOptions O;
    O.src_arch = "x86";
    O.arch = "x86_64";
    auto Start = std::chrono::steady_clock::now();
    llvm::Expected<std::unique_ptr<Kconfig>> Loaded = Kconfig::load(*T, O);
    ASSERT_TRUE(bool(Loaded)) << message(Loaded.takeError());
    K = std::move(*Loaded);
    K->values();
    std::chrono::duration<double, std::milli> Time = std::chrono::steady_clock::now() - Start;
    std::printf("Kconfig of %s, x86_64: %zu symbols set, %.0f ms\n", T->version().c_str(), K->values().size(),
                Time.count());
  }

  std::optional<Tree> T;
  std::unique_ptr<Kconfig> K;
};

TEST_P(RealTree, KconfigKnowsTheUsualSymbols) {
  EXPECT_GT(K->values().size(), 13000u);
  EXPECT_TRUE(K->warnings().empty()) << K->warnings().front();
  for (const char *Name :
       {"X86_64", "SMP", "NET", "MODULES", "CC_IS_CLANG", "DEBUG_FS", "TRACING", "IPV6", "BRIDGE"})
    EXPECT_EQ(K->value(Name), "y") << Name;
  for (const char *Name : {"CC_IS_GCC", "X86_32", "ARM64", "RUST"})
    EXPECT_EQ(K->value(Name), "n") << Name;
  EXPECT_EQ(K->value("HZ"), "250");
  EXPECT_TRUE(K->canBeModule("BRIDGE"));
  EXPECT_TRUE(K->canBeModule("IPV6"));
  EXPECT_FALSE(K->canBeModule("INET"));
}

TEST_P(RealTree, KbuildKnowsWhatIsBuilt) {
  std::unique_ptr<Kbuild> B = Kbuild::create(*T, K->values(), "x86");
  std::string Why;
  for (const char *File :
       {"kernel/fork.c", "net/bridge/br_fdb.c", "lib/radix-tree.c", "fs/nfsd/nfs4state.c",
        "virt/kvm/kvm_main.c", "arch/x86/mm/tlb.c", "drivers/gpu/drm/amd/amdkfd/kfd_process.c"})
    EXPECT_TRUE(B->isBuilt(File, &Why)) << File << ": " << Why;
  for (const char *File : {"arch/arm64/mm/mmu.c", "kernel/sched/topology.c", "scripts/kallsyms.c"})
    EXPECT_FALSE(B->isBuilt(File, &Why)) << File;
}

TEST_P(RealTree, KbuildKnowsModules) {
  std::unique_ptr<Kbuild> B = Kbuild::create(*T, K->values(), "x86");
  auto Start = std::chrono::steady_clock::now();
  ModuleInfo Bridge = B->moduleOf("net/bridge/br_fdb.c");
  std::chrono::duration<double, std::milli> Time = std::chrono::steady_clock::now() - Start;
  std::printf("first moduleOf (all makefiles): %.0f ms\n", Time.count());
  EXPECT_EQ(Bridge.name, "bridge");
  EXPECT_EQ(Bridge.symbols, (std::vector<std::string>{"NET", "BRIDGE"}));
  EXPECT_GT(B->filesOfModule("net/bridge/br_fdb.c").size(), 20u);
  EXPECT_TRUE(B->moduleOf("fs/unicode/utf8-core.c").always_built_in);
  EXPECT_TRUE(B->moduleOf("net/ipv4/fib_trie.c").always_built_in);
  EXPECT_TRUE(B->moduleOf("kernel/fork.c").always_built_in);
  EXPECT_EQ(B->moduleOf("drivers/gpu/drm/amd/amdkfd/kfd_process.c").name, "amdgpu");
}

INSTANTIATE_TEST_SUITE_P(Trees, RealTree, ::testing::Values("KRCU_TREE_612", "KRCU_TREE_61"));

} // namespace
} // namespace krcu
