// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Smaller heads on the real tree that has them (KRCU_TREE_73): the diff applies. It takes minutes, so it runs with KRCU_LONG_TESTS only.
#include "tool/support/io.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>

namespace krcu {
namespace {

TEST(SlimRealTree, TheDiffApplies) {
  const char *Tree = std::getenv("KRCU_TREE_73");
  if (!Tree || !std::getenv("KRCU_LONG_TESTS"))
    GTEST_SKIP() << "KRCU_TREE_73 or KRCU_LONG_TESTS is not set";
  std::string Name = "/tmp/krcu-slim-XXXXXX", Work = ::mkdtemp(Name.data());
  std::string Diff = Work + "/all.diff", Err = Work + "/err";
  ASSERT_EQ(std::system((KRCU_BINARY " patch --slim-heads --no-cache '" + std::string(Tree) + "' >'" + Diff + "' 2>'" + Err + "'").c_str()), 0);
  auto Text = readFile(Diff, UINT64_C(64) << 20);
  ASSERT_TRUE(static_cast<bool>(Text));
  size_t Changed = llvm::StringRef(*Text).count("\n+\tstruct kvfree_rcu_head");
  std::printf("%zu members become smaller\n", Changed);
  EXPECT_GE(Changed, 100u);
  EXPECT_EQ(std::system(("cd '" + std::string(Tree) + "' && git apply --check '" + Diff + "'").c_str()), 0);
  llvm::sys::fs::remove_directories(Work);
}

} // namespace
} // namespace krcu
