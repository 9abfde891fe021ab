// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a result is shown, the same for every command that has one: what was asked, and pages.
#pragma once

#include "tool/pages/page.h"
#include "tool/report/asked.h"
#include "tool/tree/tree.h"
#include <CLI/CLI.hpp>
#include <set>
#include <string>
#include <vector>

namespace krcu {

struct PrintOptions {
  std::vector<std::string> arguments; ///< as typed, behind the command's name
  std::string source_url;             ///< --source-url
};

/// What was typed, for the head of a report.
void rememberArguments(int Argc, char **Argv, PrintOptions &To);
void addPageOptions(CLI::App &Command, PrintOptions &O);
/// Fails, before anything is read, on what cannot be shown.
llvm::Error checkPrintOptions(const PrintOptions &O, const std::string &Format);

/// HEAD of the repository whose work tree is exactly `Root`; empty if there is none.
std::string commitOf(const std::string &Root);
Asked askedOf(const PrintOptions &O, const std::string &Command, const Tree &T);
/// The arguments that change the result.
std::vector<std::string> decidingArguments(const std::vector<std::string> &Typed);

/// What only rules/ knows: the counterexamples of the models.
llvm::Expected<std::vector<Timeline>> timelinesIn(const std::string &Rules);
struct PageView {
  bool open = false;             ///< the items stand open: there are few
  bool source = true;            ///< with lines of the tree
  std::set<std::string> touched; ///< files whose lines are other ones than those on disk, because a patch changes them: not shown
};
llvm::Expected<std::string> htmlOf(const pages::Page &P, const Tree &T, const std::string &Rules, const PrintOptions &O, const PageView &View);

} // namespace krcu
