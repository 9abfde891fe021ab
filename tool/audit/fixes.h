// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The mend of a missing, early or late barrier: the wait as a line of its own behind the last stop and before the first end. Each place is tried
// by asking the rule again of the text with the line in it, and the file is parsed once more. What cannot be mended so is left to a person.
#pragma once

#include "tool/audit/audit.h"

namespace krcu {

struct AuditFix {
  const AuditFinding *finding = nullptr; ///< of the report
  bool mended = false;
  std::string text; ///< what was done, or why it was left: a sentence without full stop
  Location where;   ///< mended: the new line
};

struct AuditFixes {
  std::vector<AuditFix> fixes;                                       ///< in the order of the findings; only kinds that a barrier mends
  std::map<std::string, std::pair<std::string, std::string>> files;  ///< path -> text before and after
};

/// `S` and `R` as auditTree() had and gave them.
AuditFixes fixFindings(Scan &S, const AuditReport &R);

} // namespace krcu
