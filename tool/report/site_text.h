// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the text of a file has to do with one site: where the call ends, and the lines that its conversion changes.
#pragma once

#include <string>
#include <vector>

namespace krcu {

/// `before` stands in the file from `line` on and becomes `after`. Whole lines without their ends. `before` is empty where lines only come in:
/// then they come in front of `line`.
struct SiteEdit {
  std::string file;
  unsigned line = 0;
  std::vector<std::string> before, after;
};

struct SiteText {
  unsigned end_line = 0;   ///< of the call's closing parenthesis; 0: not known
  unsigned end_column = 0; ///< behind it, in bytes from 1
  std::vector<SiteEdit> edits; ///< of the site alone, in order of file and line; of one that is not safe what the change would be
};

} // namespace krcu
