// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a conversion mends besides: modules that leave without waiting for the callbacks that it takes away.
#pragma once

#include "tool/driver/patch.h"
#include "tool/series/message.h"

namespace krcu {

/// Asks the audit about the modules whose callbacks the patch removes, and about no other. An error: what the scan read cannot be read any more.
llvm::Expected<std::vector<series::MissingBarrier>> missingBarriersOf(Scan &S, const std::vector<SiteReport> &Sites, ScanOptions SO);

} // namespace krcu
