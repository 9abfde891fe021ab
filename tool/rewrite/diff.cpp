// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Unified diffs by libgit2: the same xdiff code as git, so that a patch looks as a maintainer's own git would
// show it. No repository is opened and no attribute or configuration of the machine is read, which keeps the
// output the same everywhere.
#include "tool/rewrite/rewrite.h"

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
  return failAt(Path, 0, 0,
                std::string("cannot make a diff: ") + (E && E->message ? E->message : "unknown error"), "");
}

git_diff_options options() {
  git_diff_options O;
  git_diff_options_init(&O, GIT_DIFF_OPTIONS_VERSION);
  // What git does by default since 2.14. Text is forced: a stray zero byte must not turn a patch into "Binary
  // files differ".
  O.flags = GIT_DIFF_INDENT_HEURISTIC | GIT_DIFF_FORCE_TEXT;
  O.context_lines = 3;
  O.interhunk_lines = 0;
  O.max_size = -1;
  O.id_abbrev = 12; // what the kernel's people write
  return O;
}

/// The line "index 1234..5678 100644" is left away, or gets the file's mode.
std::string withIndexLine(llvm::StringRef Patch, bool Index, bool Executable) {
  std::string Out;
  bool InHeader = true;
  while (!Patch.empty()) {
    size_t End = Patch.find('\n');
    llvm::StringRef Line = Patch.take_front(End == llvm::StringRef::npos ? Patch.size() : End + 1);
    Patch = Patch.drop_front(Line.size());
    InHeader = InHeader && !Line.starts_with("@@");
    if (!InHeader || !Line.starts_with("index "))
      Out += Line;
    else if (Index)
      Out += (Line.rtrim().rsplit(' ').first + (Executable ? " 100755\n" : " 100644\n")).str();
  }
  return Out;
}

/// Whether git, told that the file is C, would take the line for the head of a function: one in column 1 that is no label.
bool isFunctionLine(llvm::StringRef Line) {
  if (Line.empty() || !(isalpha(static_cast<unsigned char>(Line[0])) || Line[0] == '_'))
    return false;
  llvm::StringRef Rest = Line.drop_while([](char C) { return isalnum(static_cast<unsigned char>(C)) || C == '_'; }).trim();
  return !Rest.starts_with(":") || Rest.starts_with("::");
}

/// The kernel's .gitattributes says that its files are C, but without a repository libgit2 shows labels as functions, too.
std::string withoutLabels(const std::string &Patch, llvm::StringRef Old) {
  llvm::SmallVector<llvm::StringRef, 0> Lines;
  Old.split(Lines, '\n');
  std::string Out;
  for (llvm::StringRef Rest = Patch; !Rest.empty();) {
    size_t End = std::min(Rest.find('\n'), Rest.size() - 1);
    llvm::StringRef Line = Rest.take_front(End + 1);
    Rest = Rest.drop_front(End + 1);
    size_t Head = Line.starts_with("@@ -") ? Line.find(" @@ ") : llvm::StringRef::npos;
    size_t First = 0;
    if (Head == llvm::StringRef::npos || isFunctionLine(Line.substr(Head + 4)) || Line.drop_front(4).consumeInteger(10, First) || First > Lines.size()) {
      Out += Line;
      continue;
    }
    size_t At = First ? First - 1 : 0; // the lines above the hunk
    while (At > 0 && !isFunctionLine(Lines[At - 1]))
      --At;
    Out += Line.take_front(Head + 3);
    if (At > 0)
      Out += (" " + Lines[At - 1].take_front(80).rtrim()).str();
    Out += '\n';
  }
  return Out;
}

llvm::Expected<std::string> diffOfFile(const std::string &Path, const std::string &Old,
                                       const std::string &New, const DiffStyle &Style) {
  git_diff_options O = options();
  git_patch *Raw = nullptr;
  if (git_patch_from_buffers(&Raw, Old.data(), Old.size(), Path.c_str(), New.data(), New.size(), Path.c_str(),
                             &O) != 0)
    return failGit(Path);
  std::unique_ptr<git_patch, PatchFree> Patch(Raw);
  git_buf Buffer = GIT_BUF_INIT;
  if (git_patch_to_buf(&Buffer, Patch.get()) != 0)
    return failGit(Path);
  std::string Out = withIndexLine(llvm::StringRef(Buffer.ptr, Buffer.size), Style.index, Style.executable.count(Path) != 0);
  git_buf_dispose(&Buffer);
  return withoutLabels(Out, Old);
}

} // namespace

llvm::Expected<std::string>
unifiedDiff(const std::map<std::string, std::pair<std::string, std::string>> &OldAndNew, const DiffStyle &Style) {
  GitLibrary Library;
  std::string Out;
  for (const auto &[Path, Texts] : OldAndNew) {
    if (Texts.first == Texts.second)
      continue;
    llvm::Expected<std::string> One = diffOfFile(Path, Texts.first, Texts.second, Style);
    if (!One)
      return One.takeError();
    Out += *One;
  }
  return Out;
}

} // namespace krcu
