// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Unified diffs as git and plain diff(1) write them, found in any text around them, with the line of everything that is wrong. libgit2
// reads only diffs with "diff --git" lines and names no lines, and people post both kinds.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <string>
#include <vector>

namespace krcu::review {

struct HunkLine {
  char kind = ' ';         ///< ' ', '+' or '-'
  std::string text;        ///< without the newline; a carriage return is kept
  bool no_newline = false; ///< "\ No newline at end of file" follows
};

struct Hunk {
  unsigned old_start = 0, old_count = 0, new_start = 0, new_count = 0;
  unsigned line = 0; ///< of its header in the text
  std::vector<HunkLine> lines;
};

struct FileDiff {
  std::string old_path, new_path; ///< relative to the tree; empty for /dev/null
  std::string old_blob, new_blob; ///< of git's index line, in hex and mostly cut short; empty: none, or the file is new or goes
  std::string whole_old, whole_new; ///< as written, without the first directory taken off; of a plain diff only
  bool renamed = false;           ///< or copied, if `copied`
  bool copied = false;
  bool binary = false;
  std::string special;            ///< "a symbolic link", "a submodule": what stands there is no text of a file; empty: it is one
  unsigned line = 0;              ///< where it starts
  std::vector<Hunk> hunks;

  const std::string &path() const { return new_path.empty() ? old_path : new_path; }
};

struct Diff {
  std::vector<FileDiff> files;
  std::string problem;  ///< what is wrong with it, or empty; then the files before the fault are still there
  unsigned problem_line = 0;
};

/// Every file section in `Text`. Prose before, between and behind them is skipped.
Diff parseDiff(llvm::StringRef Text);

/// Why a path in a patch cannot be one of the tree ("leaves the tree"), or empty.
std::string badPath(llvm::StringRef Path);

} // namespace krcu::review
