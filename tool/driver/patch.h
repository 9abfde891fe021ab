// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From judged sites to verified new file contents. A file whose rewritten text would not parse as cleanly as before, or in which a second
// scan would find something left to convert, is not rewritten at all; its sites become 'refuse' with the reason.
#pragma once

#include "tool/driver/scan.h"
#include <map>
#include <string>
#include <vector>

namespace krcu {

struct Patch {
  std::map<std::string, std::pair<std::string, std::string>> files; ///< path -> old and new text
  std::vector<std::string> notes;   ///< left for a person
  std::vector<std::string> refused; ///< files that were not rewritten, with the reason
};

/// Marks in the sites which callbacks go (callback_removed), writes nothing. `Sites`: the scan's own, updated in place.
llvm::Expected<Patch> makePatch(Scan &S, std::vector<SiteReport> &Sites, unsigned Jobs);

/// Sets callback_removed where nothing else in the tree uses the callback once the sites of class convert are rewritten.
void markRemovals(const Scan &S, std::vector<SiteReport> &Sites);

} // namespace krcu
