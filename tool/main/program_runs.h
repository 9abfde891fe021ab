// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For tests that run the program as a user does.
#pragma once

#include <cstdio>
#include <string>
#include <sys/wait.h>

namespace krcu {

struct Ran {
  int status = -1;
  std::string out;
  bool has(const std::string &Part) const { return out.find(Part) != std::string::npos; }
};

/// A line for the shell; what it prints on standard output.
inline Ran runShell(const std::string &Line) {
  Ran R;
  FILE *Pipe = ::popen(Line.c_str(), "r");
  char Buffer[4096];
  for (size_t Got; Pipe && (Got = std::fread(Buffer, 1, sizeof Buffer, Pipe)) > 0;)
    R.out.append(Buffer, Got);
  int Status = Pipe ? ::pclose(Pipe) : -1;
  R.status = WIFEXITED(Status) ? WEXITSTATUS(Status) : 128 + WTERMSIG(Status);
  return R;
}

} // namespace krcu
