// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The edits, and the last check before anything is written: every file that uses a changed member is parsed with the new text.
#pragma once

#include "tool/slim/evidence.h"
#include "tool/slim/slim.h"

namespace krcu::slim {

/// Fills in members, files, notes and refusals of `To`. Members that the new text speaks against are refused; the calls that must be converted
/// for the others are, and no other. \p OnlyGains: as SlimChoice::only_gains.
llvm::Error change(Scan &S, std::vector<SiteReport> &Sites, const Rows &R, const Evidences &Seen, std::vector<SlimMember> Members, bool OnlyGains, SlimResult &To);

} // namespace krcu::slim
