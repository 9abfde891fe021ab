// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// krcu patch --slim-heads --series and --commit.
#pragma once

#include "tool/main/series_commands.h"
#include "tool/slim/slim.h"

namespace krcu {

/// Which members go into a series: no conversion has to come first, and somebody gains. Opens the tree of --upstream.
llvm::Expected<slim::SlimChoice> slimChoice(const SeriesOptions &O);

/// Writes the series, makes the commits, or both; returns what to print.
llvm::Expected<std::string> makeSlimSeries(Scan &S, const slim::SlimResult &R, const SeriesOptions &O, const ScanOptions &SO);

} // namespace krcu
