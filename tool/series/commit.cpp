// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The patches were made from the files of the work tree, so they are true of HEAD only where HEAD has the same bytes. A file with local
// changes, or one that git would convert when it writes it (line ends), is refused: a commit of it would take over somebody's
// unfinished work, or would not be what the mail says.
#include "tool/series/commit.h"

#include "tool/series/git.h"
#include "tool/series/git_files.h"
#include "tool/support/error.h"
#include "llvm/Support/FileSystem.h"
#include <cstdlib>

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
        Made.push_back({hexOf(Parent), P.subject});
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
    if (std::string Link = linkInTheWay(In.root, git_repository_path(Repository.get()), git_repository_commondir(Repository.get()), Branch); !Link.empty())
      return refuse(Link, "write mails with --series DIR instead");
    return checkTrees(Repository.get(), nullptr, git_tree_id(RawTree));
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

  /// `Variable` may hold another date, as git has it.
  static llvm::Expected<GitSignature> signatureOf(const Address &Who, const char *Variable, int64_t Date) {
    ZonedDate When{Date, 0};
    if (const char *Given = std::getenv(Variable); Given && *Given) {
      auto Parsed = parseZonedDate(Given);
      if (!Parsed)
        return refuse(std::string(Variable) + " '" + Given + "' is no date that krcu reads", "write seconds since 1970 or 2026-11-23T05:41:49");
      When = *Parsed;
    }
    git_signature *Raw = nullptr;
    if (git_signature_new(&Raw, plainPersonName(Who).c_str(), Who.mail.c_str(), When.seconds, When.minutes) != 0)
      return failGit("--commit: user.name and user.email of git config cannot be used");
    return GitSignature(Raw);
  }

public:
  /// What git itself would do besides, and krcu does not: it runs nothing of the repository and has no keys.
  std::vector<std::string> notDone() const {
    std::vector<std::string> Out;
    git_config *Raw = nullptr;
    if (git_repository_config_snapshot(&Raw, Repository.get()) != 0)
      return Out;
    GitConfig Config(Raw);
    int Sign = 0;
    if (git_config_get_bool(&Sign, Raw, "commit.gpgsign") == 0 && Sign)
      Out.push_back("commit.gpgsign is set, and krcu does not sign: git rebase --force-rebase HEAD " + Branch + " signs the commits");
    const char *Path = nullptr;
    std::string Hooks = git_config_get_string(&Path, Raw, "core.hookspath") == 0 && Path && *Path ? std::string(Path) : std::string(git_repository_commondir(Repository.get())) + "hooks";
    if (Hooks.front() != '/')
      Hooks = std::string(git_repository_workdir(Repository.get())) + Hooks;
    std::string Names;
    for (const char *Name : {"pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"})
      if (llvm::sys::fs::can_execute(Hooks + "/" + Name))
        Names += std::string(Names.empty() ? "" : ", ") + Name;
    if (!Names.empty())
      Out.push_back("krcu runs no hooks of the repository; not run: " + Names);
    return Out;
  }

private:
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
    auto Author = signatureOf(R.author, "GIT_AUTHOR_DATE", Date), Committer = signatureOf(R.committer, "GIT_COMMITTER_DATE", Date);
    llvm::Error NoAuthor = Author.takeError(), NoCommitter = Committer.takeError();
    if (NoAuthor) {
      llvm::consumeError(std::move(NoCommitter));
      return NoAuthor;
    }
    if (NoCommitter)
      return NoCommitter;
    git_commit *RawParent = nullptr;
    if (git_commit_lookup(&RawParent, Repository.get(), &Parent) != 0)
      return failGit("--commit: cannot read the parent commit");
    GitCommit ParentCommit(RawParent);
    const git_commit *Parents[] = {RawParent};
    std::string Message = P.subject + "\n\n" + P.text;
    if (git_commit_create(&Id, Repository.get(), nullptr, Author->get(), Committer->get(), nullptr, Message.c_str(), RawTree, 1, Parents) != 0)
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

llvm::Expected<std::vector<MadeCommit>> commitSeries(const SeriesResult &R, const SeriesInput &In, const std::string &Branch, std::vector<std::string> *Warnings) {
  Committer C(R, In, Branch);
  auto Made = C.run();
  if (Made && Warnings)
    *Warnings = C.notDone();
  return Made;
}

} // namespace krcu::series
