// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A run that is interrupted leaves nothing behind.
#include "tool/driver/pipeline_trees.h"
#include "gtest/gtest.h"
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace krcu {
namespace {

namespace fs = std::filesystem;

class Interrupt : public testing::Test {
protected:
  Interrupt() : Tree("waits"), Temporary("") {
    for (int N = 0; N < 40; ++N) // enough to do
      Tree.write("drv/drv" + std::to_string(N) + ".c", "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\nstruct item { struct rcu_head rcu; };\n"
                 "static void gone(struct rcu_head *head)\n{\n\tkfree(container_of(head, struct item, rcu));\n}\nvoid drop(struct item *item)\n{\n\tcall_rcu(&item->rcu, gone);\n}\n");
  }
  bool empty() const { return fs::directory_iterator(Temporary.root()) == fs::directory_iterator(); }
  [[noreturn]] void scan() const {
    ::setenv("TMPDIR", Temporary.root().c_str(), 1);
    if (!std::freopen("/dev/null", "w", stdout) || !std::freopen("/dev/null", "w", stderr))
      ::_exit(3);
    ::execl(KRCU_BINARY, KRCU_BINARY, "scan", "--no-cache", Tree.root().c_str(), static_cast<char *>(nullptr));
    ::_exit(3);
  }
  ScratchTree Tree, Temporary;
};

TEST_F(Interrupt, LeavesNoTemporaryDirectory) {
  for (int Number : {SIGINT, SIGTERM}) {
    unsigned Interrupted = 0;
    for (int Try = 0; Try < 20 && !Interrupted; ++Try) {
      pid_t Child = ::fork();
      if (Child == 0)
        scan();
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

// As the only program of a container is: signals that it does not handle do not end it.
TEST_F(Interrupt, EndsTheFirstProcessOfAContainer) {
  unsigned Interrupted = 0;
  for (int Try = 0; Try < 20 && !Interrupted; ++Try) {
    pid_t Outside = ::fork();
    if (Outside == 0) {
      if (::unshare(CLONE_NEWPID) != 0) { // for everybody else than root
        const std::string User = "0 " + std::to_string(::geteuid()) + " 1\n";
        if (::unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0 || !(std::ofstream("/proc/self/uid_map") << User << std::flush))
          ::_exit(77);
      }
      pid_t First = ::fork();
      if (First == 0)
        scan();
      int Status = 0;
      while (empty() && ::waitpid(First, &Status, WNOHANG) == 0)
        ::usleep(200);
      if (::kill(First, SIGINT) != 0)
        ::_exit(0);
      // One that hangs is a failure here, not a test without an end.
      for (int Tenths = 0; Tenths < 600 && ::waitpid(First, &Status, WNOHANG) == 0; ++Tenths)
        ::usleep(100000);
      ::kill(First, SIGKILL);
      ::_exit(WIFEXITED(Status) ? WEXITSTATUS(Status) : 1);
    }
    int Status = 0;
    ::waitpid(Outside, &Status, 0);
    ASSERT_TRUE(WIFEXITED(Status));
    if (WEXITSTATUS(Status) == 77)
      GTEST_SKIP() << "no container can be made here";
    EXPECT_TRUE(empty());
    Interrupted += WEXITSTATUS(Status) == 128 + SIGINT;
  }
  EXPECT_TRUE(Interrupted);
}

} // namespace
} // namespace krcu
