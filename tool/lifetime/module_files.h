// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "tool/lifetime/queued.h"

namespace krcu {

/// The module's files and whatever they include from beside them: private headers, and fragments that are C themselves.
std::set<std::string> filesOfText(const Database &DB, const ModuleScope &Scope);

} // namespace krcu
