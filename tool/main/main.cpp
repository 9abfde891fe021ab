// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The command line: what a user types, turned into options; results to standard output, everything else to standard error.
// Exit status: 0 done, 1 found what --fail-on names, 2 error.
#include "tool/main/heap_limit.h"
#include "tool/main/names.h"
#include "tool/main/presentation.h"
#include "tool/main/program.h"
#include "tool/report/terminal.h"
#include "tool/support/scratch.h"
#include "tool/support/standard_streams.h"
#include <CLI/CLI.hpp>
#include <cstdio>
#include <sstream>

int main(int Argc, char **Argv) {
  krcu::holdStandardStreams();
  krcu::limitHeap();
  CLI::App App;
  krcu::Options Options;
  krcu::rememberArguments(Argc, Argv, Options.print);
  krcu::describeProgram(App, Options);
  try {
    App.parse(Argc, Argv);
  } catch (const CLI::ParseError &E) {
    // The library says that something is left over, or missing; the word that nobody knows is the reason.
    if (std::string Unknown = krcu::unknownWord(App, {Argv + 1, Argv + Argc}); E.get_exit_code() != 0 && !Unknown.empty()) {
      std::fprintf(stderr, "krcu: %s\n", Unknown.c_str());
      return 2;
    }
    std::ostringstream Help;
    int Status = App.exit(E, Help);
    std::fputs(krcu::wrappedText(Help.str(), krcu::widthOf(Options.print)).c_str(), stdout);
    return Status == 0 ? 0 : 2;
  }
  krcu::removeScratchOnSignals();
  return krcu::runCommand(App, Options, Argv[0]);
}
