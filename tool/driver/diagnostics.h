// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What Clang says of a file before and after an edit, compared without line numbers, which the edit moves.
#pragma once

#include "tool/frontend/outcome.h"
#include <optional>
#include <set>
#include <string>

namespace krcu {

/// Words that stand less often in the new text.
std::set<std::string> rarerWords(const std::string &Old, const std::string &New);
/// The words that a diagnostic quotes: "unused function 'foo'".
std::set<std::string> quotedWords(const std::string &Text);
/// The first diagnostic of `After` that `Before` does not have.
std::optional<ParseDiagnostic> firstNewDiagnostic(const ParseOutcome &Before, const ParseOutcome &After);

} // namespace krcu
