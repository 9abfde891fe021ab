// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Git repositories as a source of patches and of trees. They are only read; no hook, filter or program of theirs runs.
#pragma once

#include "tool/review/mail.h"
#include <memory>

namespace krcu::review {

/// The commits of `Range` ("A..B"), oldest first, merges left out with a note.
llvm::Expected<Inbox> readRange(const std::string &Repository, const std::string &Range);

/// A directory that goes away with the object.
class ScratchDirectory {
public:
  explicit ScratchDirectory(std::string Path) : Path(std::move(Path)) {}
  ScratchDirectory(const ScratchDirectory &) = delete;
  ScratchDirectory &operator=(const ScratchDirectory &) = delete;
  ~ScratchDirectory();
  const std::string &path() const { return Path; }

private:
  std::string Path;
};

/// The files of a commit as a tree of their own (tool/tree/stored.h), as long as the object lives: they are read out of the repository when they are
/// asked for. No links, no documents.
class CommitTree {
public:
  explicit CommitTree(std::string Root) : Root(std::move(Root)) {}
  CommitTree(const CommitTree &) = delete;
  CommitTree &operator=(const CommitTree &) = delete;
  ~CommitTree();
  const std::string &root() const { return Root; } ///< "REPOSITORY@ID"; nothing need be there

private:
  std::string Root;
};
llvm::Expected<std::unique_ptr<CommitTree>> openCommit(const std::string &Repository, const std::string &Commit);

/// The files of a commit in a temporary directory: what krcu reads of a tree, no links, no documents.
llvm::Expected<std::unique_ptr<ScratchDirectory>> exportCommit(const std::string &Repository, const std::string &Commit);

/// "REPOSITORY@COMMIT" in two; the second is empty for a plain directory. A directory of that very name wins.
std::pair<std::string, std::string> splitTree(const std::string &Named);

} // namespace krcu::review
