// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parts of the small modules that the tests of this room make.
#pragma once

#include "tool/audit/audit.h"
#include "tool/support/error.h"
#include "gtest/gtest.h"
#include <string>

namespace krcu::testing_module {

/// "kind confidence" of each finding in drv/ but notes, and their reasons, a line each.
inline std::string findingsIn(const ScanOptions &Options, bool All, std::string &Reasons) {
  auto S = Scan::prepare(Options);
  EXPECT_TRUE(bool(S)) << message(S.takeError());
  std::string Result;
  Reasons.clear();
  for (const AuditFinding &F : auditTree(**S, {{}, All}).findings)
    if (F.where.file.rfind("drv/", 0) == 0 && F.severity != Severity::Note) {
      Result += (Result.empty() ? "" : "; ") + F.kind + " " + confidenceName(F.confidence);
      Reasons += F.reason + " (" + F.confidence_why + ")\n";
    }
  return Result;
}

inline const std::string Head = "// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception\n"
                                "#include <linux/kernel.h>\n#include <linux/module.h>\n#include <linux/rcupdate.h>\n#include <linux/slab.h>\n"
                                "struct item {\n\tint key;\n\tstruct rcu_head rcu;\n};\n";
/// A callback that is no free, and who queues it.
inline const std::string Counted = "static int count;\nstatic void counted(struct rcu_head *head)\n{\n\tcount++;\n}\n"
                                   "void item_count(struct item *item)\n{\n\tcall_rcu(&item->rcu, counted);\n}\n";
inline const std::string Init = "static int __init drv_init(void)\n{\n\treturn 0;\n}\nmodule_init(drv_init);\n";
/// A work item that queues it.
inline const std::string Work = "struct work_struct {\n\tvoid (*func)(struct work_struct *work);\n};\nbool cancel_work_sync(struct work_struct *work);\nstatic struct item one;\n"
                                "static void drv_work(struct work_struct *work)\n{\n\titem_count(&one);\n}\nstatic struct work_struct work = {\n\t.func = drv_work,\n};\n";
/// A module's start and its end.
inline std::string exitWith(const std::string &Body) { return Init + "static void __exit drv_exit(void)\n{\n" + Body + "}\nmodule_exit(drv_exit);\n"; }

} // namespace krcu::testing_module
