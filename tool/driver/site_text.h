// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The edits of each site by itself, as krcu patch would make them: the call, the callback that goes with it, its declarations and what only the
// callback used. Nothing is parsed again, which krcu patch does before it writes.
#pragma once

#include "tool/driver/scan.h"
#include "tool/report/site_text.h"

namespace krcu {

/// In the order of `Sites`, which must have been through markRemovals(). A change that the text does not allow is left out.
std::vector<SiteText> siteTexts(const Scan &S, const std::vector<SiteReport> &Sites);

} // namespace krcu
