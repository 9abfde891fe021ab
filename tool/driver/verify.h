// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The last check before anything is written: the new text of a file is parsed from memory.
#pragma once

#include "tool/driver/scan.h"
#include <map>
#include <string>

namespace krcu {

/// Why the new contents of `File` must not be written, or empty. `Contents`: path -> new text of every changed file. `ParsedFor`, if not
/// null, receives the architecture.
std::string verifyFile(Scan &S, const std::string &File, const std::map<std::string, std::string> &Contents, unsigned Worker,
                       std::string *ParsedFor = nullptr);

/// The same question with all bodies parsed, old and new: for contents that are not krcu's own, which may have changed anything.
std::string verifyWholeFile(Scan &S, const std::string &File, const std::map<std::string, std::string> &Contents, unsigned Worker);

/// The calls of deferrals in the new contents of `File`.
std::vector<CallSiteFact> callSitesIn(Scan &S, const std::string &File, const std::map<std::string, std::string> &Contents, unsigned Worker);

} // namespace krcu
