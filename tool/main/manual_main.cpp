// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// krcu-manual DIRECTORY: writes the manual pages and the completions. Run by the build, not installed.
#include "tool/main/manual.h"
#include "tool/main/program.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include <cstdio>

int main(int Argc, char **Argv) {
  if (Argc != 2) {
    std::fprintf(stderr, "usage: krcu-manual DIRECTORY\n");
    return 2;
  }
  CLI::App App;
  krcu::Options Options;
  krcu::describeProgram(App, Options);
  std::map<std::string, std::string> Files = krcu::manualPages(App, std::string("krcu ") + krcu::versionText());
  Files["krcu.bash"] = krcu::bashCompletion(App);
  Files["_krcu"] = krcu::zshCompletion(App);
  Files["krcu.fish"] = krcu::fishCompletion(App);
  for (const auto &[Name, Text] : Files)
    if (llvm::Error E = krcu::writeFileAtomically(std::string(Argv[1]) + "/" + Name, Text)) {
      std::fprintf(stderr, "krcu-manual: %s\n", krcu::message(std::move(E)).c_str());
      return 2;
    }
  return 0;
}
