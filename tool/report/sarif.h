// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// SARIF 2.1.0, which code-scanning sites and editors read. The evidence becomes a code flow, so they can walk the chain.
#pragma once

#include "tool/lifetime/verdict.h"
#include "tool/report/findings.h"
#include "tool/report/report.h"
#include <string>
#include <vector>

namespace krcu {

struct SarifRule {
  std::string id;    ///< "krcu/missing_rcu_barrier"
  std::string title;
  std::string help = {};  ///< a page that explains it; may be empty
};

struct SarifResult {
  std::string rule;
  std::string level; ///< "error", "warning", "note" or "none"
  std::string message;
  Location where;    ///< line 0: the file as a whole; file empty: none
  EvidenceList evidence;
  std::string fingerprint; ///< may be empty
  std::string confidence;  ///< may be empty
  std::string kind = {};   ///< of the standard: "review", "open", "informational", ...; empty: "fail". Any other has the level "none"
  std::vector<std::string> steps = {}; ///< what each step of the evidence is about; empty: not said
  unsigned end_line = 0, end_column = 0; ///< behind the place; 0: not known
  std::vector<SiteEdit> edits = {};  ///< what mends it, or what is offered
  std::string offer = "the change that krcu patch makes"; ///< what these edits are
};

/// What the run is about: SRCROOT, what was typed, what was assumed.
struct SarifRun {
  Asked asked;
  std::vector<std::string> assumed; ///< "kmem_cache_destroy() waits for kfree_rcu(): no"
};
/// The facts that were assumed, as sentences.
std::vector<std::string> assumedFacts(const Semantics &S);

/// A log with one run. `Notes`: what could not be looked at; they become notifications of the run, not results.
std::string sarifLog(const SarifRun &Of, const std::vector<SarifRule> &Rules, const std::vector<SarifResult> &Results, const std::vector<std::string> &Notes);

std::string scanSarif(const ReportInput &In, const std::vector<std::string> &Problems);
std::string auditSarif(const AuditReport &R);

} // namespace krcu
