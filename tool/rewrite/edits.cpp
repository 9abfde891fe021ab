// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/rewrite/edits.h"
#include "tool/rewrite/git_library.h"
#include "tool/support/error.h"
#include <memory>

namespace krcu {
namespace {

struct PatchFree {
  void operator()(git_patch *P) const { git_patch_free(P); }
};

llvm::Error failGit(const std::string &Path) {
  const git_error *E = git_error_last();
  return failAt(Path, 0, 0, std::string("cannot compare: ") + (E && E->message ? E->message : "unknown error"), "");
}

} // namespace

llvm::Expected<std::vector<LineEdit>> lineEdits(const std::string &Path, const std::string &Old, const std::string &New) {
  GitLibrary Library;
  git_diff_options O;
  git_diff_options_init(&O, GIT_DIFF_OPTIONS_VERSION);
  O.flags = GIT_DIFF_INDENT_HEURISTIC | GIT_DIFF_FORCE_TEXT; // as unifiedDiff()
  O.context_lines = 0;
  O.interhunk_lines = 0;
  O.max_size = -1;
  git_patch *Raw = nullptr;
  if (git_patch_from_buffers(&Raw, Old.data(), Old.size(), nullptr, New.data(), New.size(), nullptr, &O) != 0)
    return failGit(Path);
  std::unique_ptr<git_patch, PatchFree> P(Raw);
  std::vector<LineEdit> Edits;
  for (size_t H = 0; H < git_patch_num_hunks(P.get()); ++H) {
    const git_diff_hunk *Hunk = nullptr;
    size_t Lines = 0;
    if (git_patch_get_hunk(&Hunk, &Lines, P.get(), H) != 0)
      return failGit(Path);
    LineEdit E;
    // Of a hunk that only adds, git names the line behind which it goes.
    E.line = static_cast<unsigned>(Hunk->old_start) + (Hunk->old_lines == 0);
    E.count = static_cast<unsigned>(Hunk->old_lines);
    for (size_t N = 0; N < Lines; ++N) {
      const git_diff_line *Line = nullptr;
      if (git_patch_get_line_in_hunk(&Line, P.get(), H, N) != 0)
        return failGit(Path);
      if (Line->origin == GIT_DIFF_LINE_ADDITION)
        E.after.append(Line->content, Line->content_len);
      else if (Line->origin == GIT_DIFF_LINE_DELETION)
        E.before.append(Line->content, Line->content_len);
    }
    Edits.push_back(std::move(E));
  }
  return Edits;
}

} // namespace krcu
