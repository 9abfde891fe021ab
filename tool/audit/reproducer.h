// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What user space has to do for a finding to show: which module to load, what to use of it, what to remove. Read off the module's text and the rows
// of rules/user_ways.yaml; nothing is run.
#pragma once

#include "tool/audit/audit.h"
#include "tool/report/reproducer.h"

namespace krcu {

/// `S` as auditTree() had it, and findings that it gave. One for each, in their order.
std::vector<Reproducer> reproducersOf(Scan &S, const std::vector<const AuditFinding *> &Of);

} // namespace krcu
