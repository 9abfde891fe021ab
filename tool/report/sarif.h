// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// SARIF 2.1.0, which code-scanning sites and editors read. The evidence becomes a code flow, so they can walk the chain.
#pragma once

#include "tool/lifetime/verdict.h"
#include "tool/report/findings.h"
#include <string>
#include <vector>

namespace krcu {

struct SarifRule {
  std::string id;    ///< "krcu/missing_rcu_barrier"
  std::string title;
};

struct SarifResult {
  std::string rule;
  std::string level; ///< "error", "warning", "note" or "none"
  std::string message;
  Location where;    ///< line 0: the file as a whole; file empty: none
  EvidenceList evidence;
  std::string fingerprint; ///< may be empty
  std::string confidence;  ///< may be empty
};

/// A log with one run. `Notes`: what could not be looked at; they become notifications of the run, not results.
std::string sarifLog(const std::vector<SarifRule> &Rules, const std::vector<SarifResult> &Results, const std::vector<std::string> &Notes);

std::string scanSarif(const std::vector<SiteReport> &Sites, const std::vector<std::string> &Problems);
std::string auditSarif(const AuditReport &R);

} // namespace krcu
