// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verdict -> edits -> new file contents. Text only: it is told what is safe and never decides it.
// A conversion replaces the deferral call and, where asked, removes the callback with what belonged to it.
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace krcu {

class SourceText;

/// Replace the call at [begin, end) (bytes; from the deferral's name to behind the closing parenthesis,
/// without the semicolon) by `replacement`. The result is laid out as kernel style wants: one line if it fits
/// into 80 columns or is no wider than what stood there, else continued under the opening parenthesis.
struct CallEdit {
  uint32_t begin = 0;
  uint32_t end = 0;
  std::string replacement;
};

/// Replace the whole if statement at [begin, end) (bytes; "if" to behind its last semicolon or brace) by the one call that all its branches
/// have become.
struct BranchEdit {
  uint32_t begin = 0;
  uint32_t end = 0;
  std::string replacement;
};

/// Remove the function `name`: its definition [begin, end) (bytes; first token of the declaration to behind
/// '}'), its forward declarations in the same text, the comment directly above it that belongs to it, and the
/// blank line left behind.
struct FunctionRemoval {
  std::string name;
  uint32_t begin = 0;
  uint32_t end = 0;
};

/// Remove the statement that consists of the call at [begin, end) (bytes; name to closing parenthesis), with
/// its semicolon and its line. A comment on the line goes with it; one directly above goes if it holds one of
/// `words` or nothing else follows that it could be about.
struct StatementRemoval {
  uint32_t begin = 0;
  uint32_t end = 0;
  std::vector<std::string> words;
};

struct FilePlan {
  std::vector<CallEdit> calls;
  std::vector<FunctionRemoval> removals;
  std::vector<StatementRemoval> statements = {};
  std::vector<BranchEdit> branches = {};
  std::vector<std::string>
      declarations; ///< forward declarations of these functions go (a header's prototype)
};

struct FileResult {
  std::string text; ///< the new contents; bytes outside the edits are untouched (CRLF, invalid UTF-8, no
                    ///< final newline)
  /// What was left for a person, one line each: "fdb.c:40: a comment still names foo()". Lines are those of
  /// the new text. For other files of the tree see staleMentions() in comments.h.
  std::vector<std::string> notes;
};

/// Applies a plan. Fails if ranges overlap or do not hold what they should (the file changed in between), and
/// where text alone cannot do it right: a call in a macro or with a directive between its arguments, a
/// definition cut by an #if, a statement that an if, an else or a label needs. A prototype stays if another definition of its function stays (the one in the
/// #else branch).
llvm::Expected<FileResult> applyPlan(const std::string &Path, llvm::StringRef Text, const FilePlan &Plan);

struct DiffStyle {
  bool index = false;               ///< with lines "index OLD..NEW MODE", git's names of both texts, by which git am -3 finds what to merge with
  std::set<std::string> executable; ///< files of mode 100755
};

/// An edit of bytes: `text` in the place of [begin, end) of the old text.
struct TextEdit {
  uint32_t begin = 0;
  uint32_t end = 0;
  std::string text;
};

/// The edits that applyPlan() would make, in file order, none of which overlap; fails as it does. For many plans of one file: `Source` is lexed
/// once. What a plan costs then does not grow with the file.
llvm::Expected<std::vector<TextEdit>> planEdits(const std::string &Path, const SourceText &Source, const FilePlan &Plan);

/// Unified diff of a tree change, as git writes it (diff --git, function names in hunk headers, a/ b/
/// prefixes), files in path order. Made with libgit2.
llvm::Expected<std::string>
unifiedDiff(const std::map<std::string, std::pair<std::string, std::string>> &OldAndNew, const DiffStyle &Style = {});

} // namespace krcu
