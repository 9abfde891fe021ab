// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A patch applied to texts in memory by the rules of git apply: every context line must match, a hunk may stand at other lines than its
// header says, the nearest place wins. libgit2's own apply knows no other place than the header's, so most mails would be refused.
#pragma once

#include "tool/review/diff.h"
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace krcu::review {

/// Files that differ from the tree; nothing: deleted.
using Overlay = std::map<std::string, std::optional<std::string>>;

/// A file's text in the tree as it is before the patch; nothing if there is none. Must not follow a link out of the tree.
using TextOf = std::function<std::optional<std::string>(const std::string &Path)>;

struct AppliedFile {
  std::string path;                   ///< new path, or the old one of a deleted file
  std::string old_path;               ///< differs for renames; empty for a new file
  std::optional<std::string> before;
  std::optional<std::string> after;
  std::string problem;                ///< it does not apply, and why; then `after` is `before`
  unsigned problem_line = 0;          ///< in the patch
  bool already = false;               ///< it does not apply because it has been applied
  bool looked_at = true;              ///< false: it is no text
  std::string unread;                 ///< then: "a symbolic link", "a submodule", "a binary change"
};

/// Applies one file's hunks to `Text`.
struct Placed {
  std::string text;
  std::string problem;
  unsigned problem_line = 0;
};
Placed applyHunks(const std::string &Text, const std::vector<Hunk> &Hunks);

/// Applies all files of `D`, each on its own, so that one that does not apply does not hide what the others do.
std::vector<AppliedFile> applyDiff(const Diff &D, const TextOf &Read);

} // namespace krcu::review
