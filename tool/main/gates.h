// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The exit status as a gate: which findings count, and which were known before.
#pragma once

#include "tool/lifetime/verdict.h"
#include "llvm/Support/Error.h"
#include <CLI/CLI.hpp>
#include <set>
#include <string>
#include <vector>

namespace krcu {

struct GateOptions {
  std::vector<std::string> fail_on; ///< classes or verdicts; "none" alone: nothing
  std::string baseline;             ///< an earlier report, or empty
};

/// --fail-on and --baseline. `Names`: what can be named; `Default`: what counts otherwise.
void addGateOptions(CLI::App &Command, GateOptions &O, const std::vector<std::string> &Names, const std::vector<std::string> &Default);

/// The classes of a scan, and those that fail it unless --fail-on says otherwise: what can be done, is wrong, or is for a person. Never what cannot be done.
std::vector<std::string> gateClasses();
std::vector<std::string> defaultGateClasses();
/// The verdicts of a review, and those that fail it.
std::vector<std::string> gateVerdicts();
std::vector<std::string> defaultGateVerdicts();

/// Whether a finding of this class or verdict makes the exit status 1.
bool failsOn(const GateOptions &O, const std::string &Name);

/// Which of the entries of a report were in an earlier one, in the order of the report. A site is the same if file, function, deferral,
/// callback and class are: it may have moved to another line. Of several alike as many are known as there were.
/// \p Current the report as JSON, of scan ("sites") or review ("patches", or "columns"); a patch is the same if subject and verdict are, and all
/// findings of its files. Fails if \p Baseline cannot be read or is of another command.
llvm::Expected<std::vector<bool>> knownEntries(const std::string &Current, const std::string &Baseline);

} // namespace krcu
