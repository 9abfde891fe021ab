// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What changes between two texts, as edits of whole lines, for programs that apply them.
#pragma once

#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace krcu {

struct LineEdit {
  unsigned line = 0;  ///< first old line that is replaced, from 1; where `count` is 0 the new text goes before it
  unsigned count = 0; ///< old lines that are replaced
  std::string before; ///< those lines, each with its line end
  std::string after;  ///< what comes in their place
};

/// In order; made by the same comparison as unifiedDiff(). `Path`: for an error.
llvm::Expected<std::vector<LineEdit>> lineEdits(const std::string &Path, const std::string &Old, const std::string &New);

} // namespace krcu
