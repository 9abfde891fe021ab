// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is already wrong in a tree, or superfluous. Each question has a file of its own; all ask the same facts that the scan
// rests on, plus the deferred frees that are there already.
#pragma once

#include "tool/driver/state.h"
#include "tool/report/findings.h"
#include "tool/kbuild/config_file.h"
#include <functional>

namespace krcu {

struct AuditOptions {
  std::vector<std::string> kinds; ///< empty: all
  bool all = false;               ///< also what is of low confidence
  Severity least = Severity::Note;
  std::function<void(const std::string &)> progress = nullptr; ///< told what is being done
  const ConfigFile *config = nullptr; ///< --config; null: none
};

/// `S` must have been made by Scan::prepare(). Findings in order of file and line.
AuditReport auditTree(Scan &S, const AuditOptions &Options);

} // namespace krcu
