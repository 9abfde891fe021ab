// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// krcu review and krcu audit.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace krcu {

struct ReviewOptions {
  std::vector<std::string> patches;
  std::vector<std::string> trees;   ///< --tree DIR, or REPOSITORY@COMMIT
  std::string range, repository;    ///< --range A..B, --repo DIR
  std::string reply;                ///< --reply DIR
  std::vector<std::string> rules, assume;
  std::string format = "text", cache;
  unsigned jobs = 0;
  bool stats = false, no_cache = false;
};

struct AuditCommandOptions {
  std::string tree, compile_commands, suppressions, baseline, format = "text", cache;
  std::vector<std::string> rules, assume, kinds;
  unsigned jobs = 0;
  bool all = false, stats = false, no_cache = false;
};

void addAuditCommand(CLI::App &App, AuditCommandOptions &O);
int runAudit(const AuditCommandOptions &O, const char *Executable);

void addReviewCommand(CLI::App &App, ReviewOptions &O);
/// Prints the result; returns the exit status.
int runReview(const ReviewOptions &O, const char *Executable);

} // namespace krcu
