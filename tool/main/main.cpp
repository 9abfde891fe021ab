// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The command line: what a user types, turned into options; results to standard output, everything else to standard error.
// Exit status: 0 nothing to report, 1 findings, 2 error.
#include "tool/main/program.h"
#include <CLI/CLI.hpp>

int main(int Argc, char **Argv) {
  CLI::App App;
  krcu::Options Options;
  krcu::describeProgram(App, Options);
  try {
    App.parse(Argc, Argv);
  } catch (const CLI::ParseError &E) {
    int Status = App.exit(E);
    return Status == 0 ? 0 : 2;
  }
  return krcu::runCommand(App, Options, Argv[0]);
}
