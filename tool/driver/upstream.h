// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Is a site that could be converted still there in a newer tree? Read off that tree's text.
#pragma once

#include "tool/lifetime/verdict.h"
#include "tool/tree/tree.h"
#include <string>

namespace krcu {

/// Why nobody would take the conversion on `Upstream`: it is made there already, or what it changes is gone. Empty if the call still stands in
/// a file of the same name.
std::string doneUpstream(const Tree &Upstream, const SiteReport &R);

} // namespace krcu
