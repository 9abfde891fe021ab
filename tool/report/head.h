// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What every report for programs begins with: the tree, what was asked, what was assumed. docs/krcu.schema.json says what each field is.
#pragma once

#include "tool/report/asked.h"
#include "tool/support/evidence.h"
#include "tool/semantics/semantics.h"
#include <nlohmann/json.hpp>

namespace krcu {

/// A text, or null if there is none.
inline nlohmann::ordered_json textOrNull(const std::string &Text) { return Text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(Text); }

/// { "command", "arguments" }
inline nlohmann::ordered_json askedJson(const Asked &A) { return {{"command", A.command}, {"arguments", A.arguments}}; }

/// Each fact as true, false, or null if it is not known.
nlohmann::ordered_json factsJson(const Semantics &S);
/// { "version", "root", "module", "commit", "era", "semantics", "assumed" }
nlohmann::ordered_json treeJson(const Asked &A, const std::string &Version, const Semantics &S);

/// 16 hex digits of the parts; which they are does not change when lines move.
std::string digestOf(const std::vector<std::string> &Parts);

} // namespace krcu
