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
  std::string format = "text";
  unsigned jobs = 0;
  bool stats = false;
};

void addReviewCommand(CLI::App &App, ReviewOptions &O);
/// Prints the result; returns the exit status.
int runReview(const ReviewOptions &O, const char *Executable);

} // namespace krcu
