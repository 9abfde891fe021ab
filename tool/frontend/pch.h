// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which headers go into the shared precompiled header.
#pragma once

#include "tool/frontend/bodies.h"
#include "tool/index/index.h"
#include <string>
#include <vector>

namespace krcu {

/// The family of directories a file belongs to; each family has a header of its own, because a header that few files want makes
/// names collide in the others, and costs them time.
std::string pchFamily(const std::string &File);

/// Where there are few files, one header for all: it is made in half the time of two, and costs each file only a little more.
inline const std::string PchFamilyOfAll = "all";
constexpr size_t PchFamiliesFrom = 200; ///< files

/// Headers (as written between <>) that a fair share of `Files` include directly, in a fixed order. Only common kernel headers
/// qualify: a header that few files want makes names collide in the others.
std::vector<std::string> choosePchHeaders(const Index &I, const std::vector<std::string> &Files);

} // namespace krcu
