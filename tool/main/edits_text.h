// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// krcu patch --format json: the edits, for programs that apply them themselves.
#pragma once

#include "tool/driver/patch.h"
#include "tool/slim/slim.h"
#include <string>

namespace krcu {

/// {"krcu", "tree": {"version"}, "files": [{"file", "edits": [{"line", "count", "before", "after"}]}], "refused": [], "notes": []}
llvm::Expected<std::string> editsJson(const Patch &P, const std::string &TreeVersion, const slim::SlimResult *Slim = nullptr);

} // namespace krcu
