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
  Location where;   ///< mended: the new line; line 0: the line of another finding in that file mends it, too
  std::string call, function;     ///< mended: "rcu_barrier()", and the plain name of the function that it stands in now
  bool moved = false;             ///< the call stood elsewhere
  std::string module;             ///< its name
  std::vector<std::string> wrong; ///< what is wrong and what happens then, for a reader who knows nothing of the finding: sentences
  Location queues;                ///< where the callback is queued, if the module is wrong since that line is there
};

struct AuditFixes {
  std::vector<AuditFix> fixes;                                       ///< in the order of the findings; only kinds that a barrier mends
  std::map<std::string, std::pair<std::string, std::string>> files;  ///< path -> text before and after
};

/// `S` and `R` as auditTree() had and gave them.
AuditFixes fixFindings(Scan &S, const AuditReport &R);

} // namespace krcu
