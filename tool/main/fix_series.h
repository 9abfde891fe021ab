// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// krcu audit --fix --series: the mends as mails.
#pragma once

#include "tool/audit/fixes.h"
#include "tool/main/series_commands.h"

namespace krcu {

/// Writes the directory of `O`; returns what to print. `Json`: the report of the audit.
llvm::Expected<std::string> makeFixSeries(Scan &S, const AuditFixes &Fixes, const SeriesOptions &O, const std::vector<std::string> &Paths, const std::string &Json);

} // namespace krcu
