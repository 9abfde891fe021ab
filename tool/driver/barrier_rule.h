// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// May a barrier go? The rule of tool/unload says it, asked of the tree as it will be when the sites of class convert are rewritten.
#pragma once

#include "tool/driver/records.h"
#include "tool/driver/scan.h"
#include "tool/unload/needs.h"

namespace krcu {

/// Takes `may_go` back from barriers of the reports that the rule needs for what is still queued then. `All`: the whole census.
void keepWhatTheRuleNeeds(Scan &S, const std::vector<CensusEntry> &All, std::vector<SiteReport> &Reports);

/// The ends of the module that these files are.
ModuleEnds moduleEnds(const ModuleHooks &Hooks, const std::vector<std::string> &Files);

} // namespace krcu
