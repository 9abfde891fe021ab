// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For which configurations the findings hold: what goes wrong at a module's exit goes wrong only where there is a module.
#include "tool/audit/parts.h"

namespace krcu {

void sayWhereTheyHold(Scan &S, ConfiguredTree *Mine, std::vector<AuditFinding> &Findings) {
  for (AuditFinding &F : Findings) {
    if (!F.module_file.empty())
      F.only_if = moduleCondition(S, F.module_file);
    if (!Mine)
      continue;
    FileInConfig Built = Mine->built(F.where.file);
    Evidence Line;
    std::string Stays = F.module_file.empty() ? "" : Mine->stays(F.module_file, Line);
    if (Built.as == BuiltAs::No)
      F.in_config = AuditFinding::InConfig{false, "it is not compiled" + (Built.why.empty() ? "" : " (" + Built.why + ")"), Built.evidence};
    else if (!Stays.empty())
      F.in_config = AuditFinding::InConfig{false, Stays, Line.text.empty() ? EvidenceList() : EvidenceList{Line}};
    else if (!F.in_config)
      F.in_config = AuditFinding::InConfig{true, Built.why, Built.evidence};
  }
}

} // namespace krcu
