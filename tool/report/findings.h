// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What krcu audit finds, as values: found in tool/audit, held against suppressions and a baseline here, printed as text, JSON or SARIF.
#pragma once

#include "tool/report/asked.h"
#include "tool/support/evidence.h"
#include "tool/semantics/semantics.h"
#include "llvm/Support/Error.h"
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace krcu {

enum class Severity { Note, Warning, Error };
enum class Confidence { Low, Medium, High };

/// One thing that happens on the way to an end, as tool/unload found it.
struct FindingEvent {
  enum Kind { Exit, Queue, Stop, Wait, End, Unknown } kind = Queue;
  Location where;          ///< none for the end of the text
  std::string function;    ///< plain name
  std::string text;
  bool always = true;      ///< on every path
  bool decides = false;    ///< the rule is broken here
};

struct AuditFinding {
  std::string kind;        ///< "missing_rcu_barrier"; auditKinds() has them all
  Severity severity = Severity::Warning;
  Confidence confidence = Confidence::Medium;
  std::string confidence_why; ///< what it rests on, or what is missing
  Location where;
  std::string function;    ///< plain name; may be empty
  std::string subject;     ///< what it is about besides the place: callback, cache, module; part of the fingerprint
  std::string reason;      ///< a sentence without full stop
  EvidenceList evidence;
  std::vector<FindingEvent> timeline = {}; ///< in order; empty where no end was asked about
  std::string module_file = {}; ///< it holds only if the code of this file can be unloaded; empty: always
  std::string only_if = {};     ///< "CONFIG_DRV=m": the option that this hangs on; may be empty
  /// Whether it holds under the configuration of --config.
  struct InConfig {
    bool holds = true;
    std::string why;      ///< "CONFIG_DRV=m", "it is built in (CONFIG_DRV=y)"; may be empty
    EvidenceList evidence; ///< lines of the configuration
  };
  std::optional<InConfig> in_config = {};
};

struct AuditKind {
  const char *name;
  const char *title; ///< a short sentence for rule lists
};
const std::vector<AuditKind> &auditKinds();

/// Does not change when lines move: 16 hex digits of kind, file, function and subject.
std::string fingerprintOf(const AuditFinding &F);
const char *severityName(Severity S);
const char *confidenceName(Confidence C);

/// Suppressions: a line each, "FINGERPRINT REASON"; '#' begins a comment. Fails with the line if a reason is missing.
struct Suppression {
  std::string fingerprint, reason;
  unsigned line = 0;
};
llvm::Expected<std::vector<Suppression>> readSuppressions(const std::string &File);
/// The fingerprints in a report that krcu audit --format json wrote.
llvm::Expected<std::set<std::string>> readBaseline(const std::string &File);

struct AuditReport {
  Asked asked = {};
  std::string tree_version;
  const Semantics *semantics = nullptr;
  std::vector<AuditFinding> findings; ///< in order of file and line
  unsigned hidden = 0;      ///< of low confidence, not asked for
  unsigned suppressed = 0;
  unsigned known = 0;       ///< in the baseline
  std::string config = {};  ///< of --config; empty: none
  std::vector<std::string> notes = {}; ///< on that; for standard error
  std::vector<std::string> not_looked_at; ///< files that could not be relied on, and what of them was not judged: "file: why"
  bool nothing_parsed = false; ///< none of the files that were wanted could be
};
/// For which configurations it holds: "only if CONFIG_DRV=m; not in your configuration: it is built in (CONFIG_DRV=y)". May be empty.
std::string holdsText(const AuditFinding &F);
/// "file:line:column: severity: kind: reason [fingerprint]", errors first, each with its evidence. `Width`: as in a scan.
std::string auditText(const AuditReport &R, unsigned Width = 0, bool Colour = false);
std::string auditJson(const AuditReport &R);

} // namespace krcu
