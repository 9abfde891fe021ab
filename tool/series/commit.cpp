// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The patches were made from the files of the work tree, so they are true of HEAD only where HEAD has the same bytes. A file with local
// changes, or one that git would convert when it writes it (line ends), is refused: a commit of it would take over somebody's
// unfinished work, or would not be what the mail says.
#include "tool/series/commit.h"

#include "tool/series/git.h"
#include "tool/support/error.h"

namespace krcu::series {
namespace {

llvm::Error refuse(const std::string &Why, const std::string &Mend) { return fail("--commit: " + Why + (Mend.empty() ? "" : "; " + Mend)); }

class Committer {
public:
  Committer(const SeriesResult &R, const SeriesInput &In, const std::string &Branch) : R(R), In(In), Branch(Branch) {}

  llvm::Expected<std::vector<MadeCommit>> run() {
    if (llvm::Error E = open())
      return E;
    if (llvm::Error E = compareFiles())
      return E;
    if (git_index_new_in_memory() != 0 || git_index_read_tree(Index.get(), HeadTree.get()) != 0)
      return failGit("--commit: cannot read HEAD's tree");
    std::vector<MadeCommit> Made;
    git_oid Parent = HeadId;
    int64_t Date = In.date;
    for (const MadeSeries &S : R.series)
      for (const MadePatch &P : S.patches) {
        if (llvm::Error E = commit(P, Parent, ++Date))
          return E;
        Made.push_back({hexOf(Parent), P.message.subject});
      }
    git_commit *Raw = nullptr;
    if (git_commit_lookup(&Raw, Repository.get(), &Parent) != 0)
      return failGit("--commit: cannot read the new commit");
    GitCommit Tip(Raw);
    git_reference *RawRef = nullptr;
    if (git_branch_create(&RawRef, Repository.get(), Branch.c_str(), Raw, 0) != 0)
      return failGit("--commit: cannot make the branch " + Branch);
    GitReference Ref(RawRef);
    return Made;
  }

private:
  int git_index_new_in_memory() {
    git_index *Raw = nullptr;
    int Error = git_index_new(&Raw);
    Index.reset(Raw);
    return Error;
  }

  llvm::Error open() {
    std::string Why;
    Repository = openRepository(In.root, Why);
    if (!Repository)
      return refuse(Why.empty() ? In.root + " is no git repository" : Why, "write mails with --series DIR instead");
    if (git_repository_is_bare(Repository.get()))
      return refuse("the repository is bare", "use a clone with a work tree");
    int Valid = 0;
    if (git_branch_name_is_valid(&Valid, Branch.c_str()) != 0 || !Valid)
      return refuse("'" + Branch + "' cannot be the name of a branch", "");
    git_reference *Raw = nullptr;
    if (git_branch_lookup(&Raw, Repository.get(), Branch.c_str(), GIT_BRANCH_LOCAL) == 0) {
      git_reference_free(Raw);
      return refuse("the branch " + Branch + " exists", "name one that does not, or delete it");
    }
    if (git_repository_head_unborn(Repository.get()) == 1)
      return refuse("the repository has no commit yet", "");
    if (git_reference_name_to_id(&HeadId, Repository.get(), "HEAD") != 0)
      return failGit("--commit: cannot read HEAD");
    git_commit *RawHead = nullptr;
    if (git_commit_lookup(&RawHead, Repository.get(), &HeadId) != 0)
      return failGit("--commit: cannot read the commit that HEAD names");
    GitCommit Head(RawHead);
    git_tree *RawTree = nullptr;
    if (git_commit_tree(&RawTree, RawHead) != 0) // a partial clone may lack it
      return failGit("--commit: cannot read HEAD's tree; fetch the missing objects first");
    HeadTree.reset(RawTree);
    return llvm::Error::success();
  }

  llvm::Error compareFiles() {
    for (const auto &[File, Texts] : In.files) {
      git_tree_entry *RawEntry = nullptr;
      if (git_tree_entry_bypath(&RawEntry, HeadTree.get(), File.c_str()) != 0)
        return refuse(File + " is not in HEAD", "commit it first");
      GitTreeEntry Entry(RawEntry);
      git_blob *RawBlob = nullptr;
      if (git_blob_lookup(&RawBlob, Repository.get(), git_tree_entry_id(RawEntry)) != 0)
        return failGit("--commit: cannot read " + File + " of HEAD; fetch the missing objects first");
      GitBlob Blob(RawBlob);
      llvm::StringRef InHead(static_cast<const char *>(git_blob_rawcontent(RawBlob)), static_cast<size_t>(git_blob_rawsize(RawBlob)));
      if (InHead != Texts.first)
        return refuse(File + " differs from HEAD", InHead.contains('\r') != llvm::StringRef(Texts.first).contains('\r')
                                                       ? "git converts its line ends; write mails with --series DIR instead"
                                                       : "commit or stash the local changes first");
      Modes[File] = git_tree_entry_filemode(RawEntry);
    }
    return llvm::Error::success();
  }

  /// Commits on top of `Parent`, which becomes the new commit.
  llvm::Error commit(const MadePatch &P, git_oid &Parent, int64_t Date) {
    for (const std::string &File : P.unit.files) {
      const std::string &New = In.files.at(File).second;
      git_index_entry Entry{};
      Entry.path = File.c_str();
      Entry.mode = Modes.at(File);
      if (git_blob_create_from_buffer(&Entry.id, Repository.get(), New.data(), New.size()) != 0 || git_index_add(Index.get(), &Entry) != 0)
        return failGit("--commit: cannot store the new " + File);
    }
    git_oid TreeId, Id;
    git_tree *RawTree = nullptr;
    if (git_index_write_tree_to(&TreeId, Index.get(), Repository.get()) != 0 || git_tree_lookup(&RawTree, Repository.get(), &TreeId) != 0)
      return failGit("--commit: cannot store a tree");
    GitTree NewTree(RawTree);
    git_signature *RawWho = nullptr;
    if (git_signature_new(&RawWho, plainPersonName(R.author).c_str(), R.author.mail.c_str(), Date, 0) != 0)
      return failGit("--commit: user.name and user.email of git config cannot be used");
    GitSignature Who(RawWho);
    git_commit *RawParent = nullptr;
    if (git_commit_lookup(&RawParent, Repository.get(), &Parent) != 0)
      return failGit("--commit: cannot read the parent commit");
    GitCommit ParentCommit(RawParent);
    const git_commit *Parents[] = {RawParent};
    std::string Message = P.message.subject + "\n\n" + P.message.body;
    if (git_commit_create(&Id, Repository.get(), nullptr, RawWho, RawWho, nullptr, Message.c_str(), RawTree, 1, Parents) != 0)
      return failGit("--commit: cannot store a commit");
    Parent = Id;
    return llvm::Error::success();
  }

  const SeriesResult &R;
  const SeriesInput &In;
  const std::string &Branch;
  GitLibrary Library;
  GitRepository Repository;
  GitTree HeadTree;
  GitIndex Index;
  git_oid HeadId{};
  std::map<std::string, git_filemode_t> Modes;
};

} // namespace

llvm::Expected<std::vector<MadeCommit>> commitSeries(const SeriesResult &R, const SeriesInput &In, const std::string &Branch) {
  return Committer(R, In, Branch).run();
}

} // namespace krcu::series
