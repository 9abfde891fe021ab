// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For tests: runs the real krcu in a process of its own.
#pragma once

#include "tool/driver/pipeline_trees.h"
#include <atomic>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <ostream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace krcu {

struct Ran {
  int status = -1; ///< of the exit, or 1000 and the signal that ended it
  std::string out, err;
  friend bool operator==(const Ran &A, const Ran &B) { return A.status == B.status && A.out == B.out; }
};

inline std::ostream &operator<<(std::ostream &To, const Ran &R) { return To << "status " << R.status << "\n" << R.out << R.err; }

/// Standard output goes to `Stdout` or is returned. `Before`: what the child does before it becomes krcu; false: nothing comes of it.
inline Ran runKrcu(const ScratchTree &Scratch, std::vector<std::string> Arguments, const std::function<bool()> &Before = nullptr, const char *Stdout = nullptr) {
  static std::atomic<int> Number{0}; // several may run at once
  std::string Base = Scratch.root() + "." + std::to_string(Number++), Out = Stdout ? Stdout : Base + ".out", Err = Base + ".err";
  pid_t Child = ::fork();
  if (Child == 0) {
    int O = ::open(Out.c_str(), O_WRONLY | O_CREAT | (Stdout ? 0 : O_TRUNC), 0644), E = ::open(Err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ::dup2(O, 1), ::dup2(E, 2);
    if (Before && !Before())
      ::_exit(125);
    std::vector<char *> Argv{const_cast<char *>(KRCU_BINARY)};
    for (std::string &A : Arguments)
      Argv.push_back(A.data());
    Argv.push_back(nullptr);
    ::execv(KRCU_BINARY, Argv.data());
    ::_exit(126);
  }
  int Status = 0;
  ::waitpid(Child, &Status, 0);
  Ran R;
  R.status = WIFEXITED(Status) ? WEXITSTATUS(Status) : 1000 + WTERMSIG(Status);
  R.err = readText(Err);
  std::filesystem::remove(Err);
  if (!Stdout) {
    R.out = readText(Out);
    std::filesystem::remove(Out);
  }
  return R;
}

} // namespace krcu
