// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Version 2 of the format: a commit's tree is one file, "m" with a mail, or "d" with a mail that is taken back.
#include "tool/review/public_inbox.h"
#include "tool/series/git.h"
#include "tool/series/git_files.h"
#include "tool/support/error.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <cstring>
#include <set>

using llvm::StringRef;

namespace krcu::review {

using namespace series;

namespace {

GitRepository opened(const std::string &Path) {
  git_repository *Raw = nullptr;
  if (!oddFileOfRepository(Path, /*Upwards=*/false).empty() || git_repository_open_ext(&Raw, Path.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr) != 0)
    return nullptr;
  return GitRepository(Raw);
}

/// The one file of a commit that is a mail: its name and id. False: the commit is none.
bool mailOf(const git_commit *Commit, char &Kind, git_oid &Blob) {
  git_tree *Raw = nullptr;
  if (git_commit_tree(&Raw, Commit) != 0)
    return false;
  GitTree Tree(Raw);
  if (git_tree_entrycount(Raw) != 1)
    return false;
  const git_tree_entry *Entry = git_tree_entry_byindex(Raw, 0);
  const char *Name = git_tree_entry_name(Entry);
  if ((std::strcmp(Name, "m") != 0 && std::strcmp(Name, "d") != 0) || git_tree_entry_type(Entry) != GIT_OBJECT_BLOB)
    return false;
  Kind = Name[0];
  Blob = *git_tree_entry_id(Entry);
  return true;
}

bool isInbox(const std::string &Path) {
  namespace fs = llvm::sys::fs;
  if (!fs::exists(Path + "/HEAD") && !fs::exists(Path + "/.git/HEAD"))
    return false;
  GitLibrary Library;
  GitRepository R = opened(Path);
  git_object *Raw = nullptr;
  if (!R || git_revparse_single(&Raw, R.get(), "HEAD^{commit}") != 0)
    return false;
  GitCommit Head(reinterpret_cast<git_commit *>(Raw));
  char Kind = 0;
  git_oid Blob;
  return mailOf(Head.get(), Kind, Blob);
}

} // namespace

std::vector<std::string> inboxRepositories(const std::string &Directory) {
  if (isInbox(Directory))
    return {Directory};
  std::vector<std::pair<unsigned, std::string>> Epochs;
  std::error_code EC;
  for (llvm::sys::fs::directory_iterator It(Directory + "/git", EC), End; !EC && It != End; It.increment(EC)) {
    StringRef Name = llvm::sys::path::filename(It->path());
    unsigned Number = 0;
    if (Name.consume_back(".git") && !Name.getAsInteger(10, Number) && isInbox(It->path()))
      Epochs.emplace_back(Number, It->path());
  }
  std::sort(Epochs.begin(), Epochs.end());
  std::vector<std::string> Result;
  for (auto &[Number, Path] : Epochs)
    Result.push_back(std::move(Path));
  return Result;
}

llvm::Error eachMailOf(const std::string &Repository, llvm::function_ref<llvm::Error(const std::string &Id, StringRef Text)> Take, unsigned &Removed) {
  GitLibrary Library;
  GitRepository R = opened(Repository);
  git_revwalk *RawWalk = nullptr;
  if (!R || git_revwalk_new(&RawWalk, R.get()) != 0)
    return failAt(Repository, 0, 0, "cannot be read as an archive of mails: " + gitReason(), "give a repository of public-inbox");
  GitWalk Walk(RawWalk);
  if (git_revwalk_push_head(RawWalk) != 0)
    return failGit("cannot walk the mails of " + Repository);
  // Newest first: what is taken back is known before it comes.
  std::set<std::string> Gone;
  std::vector<std::pair<git_oid, git_oid>> Mails; // commit, blob
  git_oid Id;
  while (git_revwalk_next(&Id, RawWalk) == 0) {
    git_commit *Raw = nullptr;
    if (git_commit_lookup(&Raw, R.get(), &Id) != 0)
      return failGit("cannot read a mail of " + Repository);
    GitCommit Commit(Raw);
    char Kind = 0;
    git_oid Blob;
    if (!mailOf(Raw, Kind, Blob))
      continue; // settings of the archive
    std::string Key(reinterpret_cast<const char *>(Blob.id), GIT_OID_RAWSZ);
    if (Kind == 'd')
      Gone.insert(Key);
    else if (Gone.erase(Key))
      ++Removed;
    else
      Mails.emplace_back(Id, Blob);
  }
  for (auto It = Mails.rbegin(); It != Mails.rend(); ++It) {
    git_blob *Raw = nullptr;
    if (git_blob_lookup(&Raw, R.get(), &It->second) != 0)
      return failGit("cannot read a mail of " + Repository);
    GitBlob Blob(Raw);
    if (llvm::Error E = Take(hexOf(It->first).substr(0, 12), StringRef(static_cast<const char *>(git_blob_rawcontent(Raw)), static_cast<size_t>(git_blob_rawsize(Raw)))))
      return E;
  }
  return llvm::Error::success();
}

} // namespace krcu::review
