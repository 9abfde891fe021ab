// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// krcu audit --reproducer FILE:LINE: what user space has to do for the finding at a place to show.
#pragma once

#include "tool/driver/scan.h"
#include "tool/main/presentation.h"
#include "tool/main/review_commands.h"
#include "tool/report/findings.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>

namespace krcu {

/// A place of the tree, its file as all rooms call it.
struct ReproducerPlace {
  std::string file;
  unsigned line = 0;
};

/// FILE:LINE or FILE:LINE:COLUMN, as krcu audit prints it. Fails for anything else, and for a file that is not in the tree.
llvm::Expected<ReproducerPlace> reproducerPlace(const std::string &Given, const Tree &T);

/// As Scan::prepare(). If the user has named no paths, only the modules around the place are looked at: those of its directory, and all of its own.
llvm::Expected<std::unique_ptr<Scan>> prepareAround(const ReproducerPlace &At, ScanOptions &Options);

/// What is printed for the findings of the place. Fails if there is none, and names those of the file.
llvm::Expected<std::string> reproducerReport(Scan &S, const AuditReport &R, const ReproducerPlace &At, const std::string &Format, const PrintOptions &Print);

} // namespace krcu
