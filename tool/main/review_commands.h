// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// krcu review and krcu audit.
#pragma once

#include "tool/driver/scan.h"
#include "tool/main/gates.h"
#include "tool/main/presentation.h"
#include "tool/main/series_commands.h"
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace krcu {

/// What both commands are given.
struct TreeQuestionOptions {
  std::vector<std::string> rules, assume;
  std::string format = "text", cache, kernel;
  UserFlags user_flags;
  unsigned jobs = 0;
  bool stats = false, no_cache = false;
};

struct ReviewOptions : TreeQuestionOptions {
  std::vector<std::string> patches;
  std::vector<std::string> trees;   ///< --tree DIR, or REPOSITORY@COMMIT
  std::string base;                 ///< --base auto
  std::string range, repository;    ///< --range A..B, --repo DIR
  std::string reply;                ///< --reply DIR
  std::string reply_to;             ///< --reply-to broken,wait
  GateOptions gate;
};

struct AuditCommandOptions : TreeQuestionOptions {
  std::string tree, compile_commands, config, suppressions, baseline;
  std::vector<std::string> kinds, paths;
  std::string severity;             ///< the least one to show
  std::vector<std::string> fail_on{"error", "warning"}; ///< severities
  bool all = false, notes = false;
  bool fix = false;                 ///< print the mend as a diff instead
  SeriesOptions series;             ///< or write it as mails
  std::string reproducer;           ///< FILE:LINE of a finding: how to bring it to fail
};

void addTreeQuestionOptions(CLI::App &Command, TreeQuestionOptions &O);
/// For the scan of `Tree`. `Rules`: directory of the built-in ones.
ScanOptions scanOptionsOf(const TreeQuestionOptions &O, const std::string &Tree, const std::string &Rules);

void addAuditCommand(CLI::App &App, AuditCommandOptions &O, PrintOptions &Print);
int runAudit(const AuditCommandOptions &O, const PrintOptions &Print, const char *Executable);

void addReviewCommand(CLI::App &App, ReviewOptions &O, PrintOptions &Print);
/// Prints the result; returns the exit status.
int runReview(const ReviewOptions &O, const PrintOptions &Print, const char *Executable);

} // namespace krcu
