// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What lies beside the mails: recipients.txt, report.json, series.json and README, with the commands that a person may type.
#pragma once

#include "tool/series/series.h"

namespace krcu::series {

/// Fills Result.files from Result.series.
void addPapers(const SeriesInput &In, SeriesResult &Result);

} // namespace krcu::series
