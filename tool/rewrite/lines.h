// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whole lines that go, and what must go with them: comments, #if pairs around nothing, surplus blank lines.
#pragma once

#include "tool/rewrite/source.h"
#include <string>
#include <vector>

namespace krcu {

/// Code that goes as whole lines.
struct LineRemoval {
  unsigned first_line = 0; ///< inclusive
  unsigned last_line = 0;  ///< inclusive
  std::string name;        ///< the function it was about
  std::vector<std::string> words = {}; ///< other words that show a comment to be about it
};

struct LineResult {
  std::vector<Span> cuts;              ///< in file order, disjoint, whole lines
  std::vector<unsigned> emptied;       ///< lines of #if or #elif whose branch became empty, but could not go
  std::vector<unsigned> kept_comments; ///< first lines of comments directly above that stay
};

/// Removes `Code` and what belonged to it. Between the neighbours one blank line remains if there was any.
LineResult removeLines(const SourceText &Source, const std::vector<LineRemoval> &Code);

} // namespace krcu
