// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What krcu patch --slim-heads found, in the terms of a patch and of its outputs.
#pragma once

#include "tool/driver/patch.h"
#include "tool/slim/slim.h"
#include <nlohmann/json_fwd.hpp>

namespace krcu {

/// The change as a patch; its notes say how many members became smaller, its refusals why the others did not.
Patch patchOf(const slim::SlimResult &R, const Scan &S);

/// "members" and "refused_members", for programs.
void addMembers(nlohmann::ordered_json &To, const slim::SlimResult &R);

} // namespace krcu
