// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a result is shown, the same for every command that has one: what was asked, and pages.
#pragma once

#include "tool/pages/page.h"
#include "tool/report/asked.h"
#include "tool/support/progress.h"
#include "tool/tree/tree.h"
#include <CLI/CLI.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace krcu {

struct PrintOptions {
  std::vector<std::string> arguments; ///< as typed, behind the command's name
  std::string source_url;             ///< --source-url
  std::string output;                 ///< -o; empty: standard output
  std::string color = "auto", progress = "auto";
  bool quiet = false;                 ///< -q: nothing on standard error but errors and what --progress=json asks for
};

/// For an option that is a file to be written: its name is not empty.
CLI::Validator namedFile();
/// -o, -q, --color, --progress.
void addPrintOptions(CLI::App &Command, PrintOptions &O);
/// Whether a result is coloured, and how wide it may be (0: as wide as it likes).
bool isColoured(const PrintOptions &O);
unsigned widthOf(const PrintOptions &O);
/// The result to where it is wanted; of a file all or nothing is written. `Format`: "text", "json", "sarif", "html", which say what no input may put into
/// it, or "diff", which is for a program and stays as it is.
llvm::Error writeResult(const PrintOptions &O, const std::string &Text, llvm::StringRef Format);
/// What a command ends with if no file could be parsed. `What`: one of them, and why not.
llvm::Error nothingWasParsed(const std::string &What);
/// Who is told what is being done; null if nobody.
std::shared_ptr<Progress> progressOf(const PrintOptions &O);
/// Takes the line of progress away before something else is printed.
void clearProgress();
/// "krcu: warning: TEXT" on standard error, `Kind` being "warning" or "note" (empty: neither word); nothing with -q. Errors do not come this way.
void tell(bool Quiet, const char *Kind, const std::string &Text);
/// "krcu COMMAND ARGUMENT...", to be typed into a shell.
std::string commandLine(const std::string &Command, const std::vector<std::string> &Arguments);

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
