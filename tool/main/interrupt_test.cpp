// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A run that is interrupted leaves nothing behind.
#include "tool/driver/pipeline_trees.h"
#include "gtest/gtest.h"
#include <csignal>
#include <filesystem>
#include <sys/wait.h>
#include <unistd.h>

namespace krcu {
namespace {

namespace fs = std::filesystem;

TEST(Interrupt, LeavesNoTemporaryDirectory) {
  ScratchTree Tree("waits"), Temporary("");
  for (int N = 0; N < 40; ++N) // enough to do
    Tree.write("drv/drv" + std::to_string(N) + ".c", "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\nstruct item { struct rcu_head rcu; };\n"
               "static void gone(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct item, rcu));\n}\nvoid drop(struct item *item)\n{\n\tcall_rcu(&item->rcu, gone);\n}\n");
  auto empty = [&] { return fs::directory_iterator(Temporary.root()) == fs::directory_iterator(); };
  for (int Number : {SIGINT, SIGTERM}) {
    unsigned Interrupted = 0;
    for (int Try = 0; Try < 20 && !Interrupted; ++Try) {
      pid_t Child = ::fork();
      if (Child == 0) {
        ::setenv("TMPDIR", Temporary.root().c_str(), 1);
        if (!std::freopen("/dev/null", "w", stdout) || !std::freopen("/dev/null", "w", stderr))
          ::_exit(3);
        ::execl(KRCU_BINARY, KRCU_BINARY, "scan", "--no-cache", Tree.root().c_str(), static_cast<char *>(nullptr));
        ::_exit(3);
      }
      // As soon as the directory is there the signal comes; a run may still be quicker.
      int Status = 0;
      while (empty() && ::waitpid(Child, &Status, WNOHANG) == 0)
        ::usleep(200);
      if (::kill(Child, Number) == 0)
        ::waitpid(Child, &Status, 0);
      Interrupted += WIFSIGNALED(Status) && WTERMSIG(Status) == Number;
      EXPECT_TRUE(empty()) << "after signal " << Number;
    }
    EXPECT_TRUE(Interrupted) << "no run was interrupted by signal " << Number;
  }
}

} // namespace
} // namespace krcu
