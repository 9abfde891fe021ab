// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A place in the tree and what it shows. Evidence is the only currency between the rooms that
// decide and the rooms that print: no verdict exists without it.
#pragma once

#include <string>
#include <tuple>
#include <vector>

namespace krcu {

/// A place in a file of the tree. `file` is relative to the tree's root; lines and columns count from 1.
struct Location {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;

  bool valid() const { return line != 0; }
  friend bool operator==(const Location &, const Location &) = default;
  friend bool operator<(const Location &A, const Location &B) {
    return std::tie(A.file, A.line, A.column) < std::tie(B.file, B.line, B.column);
  }
};

/// One step of an argument: at file:line, in `function` (may be empty), `text` is seen.
struct Evidence {
  std::string file;
  unsigned line = 0;
  std::string function;
  std::string text;

  friend bool operator==(const Evidence &, const Evidence &) = default;
};

using EvidenceList = std::vector<Evidence>;

} // namespace krcu
