// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Is a site that could be converted still there in a newer tree? Read off that tree's text.
#pragma once

#include "tool/lifetime/verdict.h"
#include "tool/rules/rules.h"
#include "tool/tree/tree.h"
#include <string>

namespace krcu {

/// Why nobody would take the conversion on `Upstream`: it is made there already, or what it changes is gone. Empty if the call still stands in
/// a file of the same name.
std::string doneUpstream(const Tree &Upstream, const SiteReport &R);

/// Whether that tree does not show that the function of the file waits for nothing: it names a barrier there, or it is gone. Then nobody should be told that
/// one is missing.
bool mayWaitUpstream(const Tree &Upstream, const Rules &R, const std::string &File, const std::string &Function);

} // namespace krcu
