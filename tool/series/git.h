// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// libgit2 with owners: handles that free themselves, and its errors as ours. A repository is only read, except by commit.cpp, which adds
// objects and one branch.
#pragma once

#include "tool/rewrite/git_library.h"
#include "llvm/Support/Error.h"
#include <git2.h>
#include <memory>
#include <optional>
#include <string>

namespace krcu::series {

template <auto Free> struct GitFree {
  template <class T> void operator()(T *P) const { Free(P); }
};
using GitRepository = std::unique_ptr<git_repository, GitFree<git_repository_free>>;
using GitCommit = std::unique_ptr<git_commit, GitFree<git_commit_free>>;
using GitTree = std::unique_ptr<git_tree, GitFree<git_tree_free>>;
using GitTreeEntry = std::unique_ptr<git_tree_entry, GitFree<git_tree_entry_free>>;
using GitBlob = std::unique_ptr<git_blob, GitFree<git_blob_free>>;
using GitDiff = std::unique_ptr<git_diff, GitFree<git_diff_free>>;
using GitStats = std::unique_ptr<git_diff_stats, GitFree<git_diff_stats_free>>;
using GitIndex = std::unique_ptr<git_index, GitFree<git_index_free>>;
using GitWalk = std::unique_ptr<git_revwalk, GitFree<git_revwalk_free>>;
using GitReference = std::unique_ptr<git_reference, GitFree<git_reference_free>>;
using GitReferences = std::unique_ptr<git_reference_iterator, GitFree<git_reference_iterator_free>>;
using GitConfig = std::unique_ptr<git_config, GitFree<git_config_free>>;
using GitSignature = std::unique_ptr<git_signature, GitFree<git_signature_free>>;

/// "WHAT: libgit2's reason".
llvm::Error failGit(const std::string &What);
/// libgit2's last reason.
std::string gitReason();
/// How to have the repository opened if libgit2 has refused with that error because it is another user's (a container's root and a tree that is mounted
/// there); empty if that is not the reason.
std::string wayIntoAnothers(int Error, const std::string &Root);
std::string hexOf(const git_oid &Id);

/// The repository whose work tree is exactly `Root`; null if `Root` is in none. `Why` says what is in the way if there is one that
/// cannot be used (a subdirectory of it, another owner, a format that libgit2 does not know).
GitRepository openRepository(const std::string &Root, std::string &Why);

/// Whether what differs between two trees (null: none) comes to an end, as an error if not: with trees that hold each other's copies some objects are
/// more files than there is memory. To be asked before libgit2 walks all of them.
llvm::Error checkTrees(git_repository *Repository, const git_oid *Old, const git_oid *New);

/// The text of the blob with that id; null if there is none, it is larger than a file may be (64 MiB), or its text has another id. libgit2's own
/// check is slower, for it also looks for collisions that somebody has made.
std::shared_ptr<const std::string> readBlob(git_odb *Objects, const git_oid &Id);

/// How many files of the repository's index a sparse checkout has left out; 0 if `Root` is no repository.
unsigned sparseFiles(const std::string &Root);

struct Identity {
  std::string name, mail;
};
/// Who git itself would take for the "AUTHOR" or "COMMITTER" in that repository (null: the user's own configuration): GIT_AUTHOR_NAME and its
/// kin, else user.name and user.email.
std::optional<Identity> identityOf(git_repository *Repository, const std::string &Whose);

} // namespace krcu::series
