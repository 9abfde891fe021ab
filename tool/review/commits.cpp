// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/review/commits.h"
#include "tool/series/git.h"
#include "tool/series/git_files.h"
#include "tool/support/error.h"
#include "tool/support/scratch.h"
#include "tool/support/sink.h"
#include "tool/tree/stored.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <mutex>

using llvm::StringRef;

namespace krcu::review {

using namespace series;

namespace {

struct Opened {
  GitLibrary library;
  GitRepository repository;
};

llvm::Error open(const std::string &Path, Opened &To) {
  if (std::string Odd = oddFileOfRepository(Path, /*Upwards=*/false); !Odd.empty())
    return failAt(Path, 0, 0, "this is not opened as a git repository: " + Odd, "give the top directory of one");
  git_repository *Raw = nullptr;
  const int Error = git_repository_open_ext(&Raw, Path.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
  if (std::string Way = wayIntoAnothers(Error, Path); !Way.empty())
    return failAt(Path, 0, 0, "this git repository belongs to another user", Way);
  if (Error != 0)
    return failAt(Path, 0, 0, "cannot be opened as a git repository: " + gitReason(), "give the top directory of one");
  To.repository.reset(Raw);
  return llvm::Error::success();
}

llvm::Expected<GitCommit> commitOf(git_repository *R, const std::string &Path, const std::string &Name) {
  git_object *Raw = nullptr, *Peeled = nullptr;
  if (git_revparse_single(&Raw, R, Name.c_str()) != 0 || git_object_peel(&Peeled, Raw, GIT_OBJECT_COMMIT) != 0) {
    git_object_free(Raw);
    return failAt(Path, 0, 0, "this has no commit '" + Name + "'", "give a branch, a tag or a commit that git log shows there");
  }
  git_object_free(Raw);
  return GitCommit(reinterpret_cast<git_commit *>(Peeled));
}

llvm::Expected<ReviewPatch> patchOf(git_repository *R, git_commit *Commit) {
  git_commit *RawParent = nullptr;
  git_tree *RawNew = nullptr, *RawOld = nullptr;
  if (git_commit_tree(&RawNew, Commit) != 0)
    return failGit("cannot read a commit");
  GitTree New(RawNew), Old;
  if (git_commit_parentcount(Commit) && git_commit_parent(&RawParent, Commit, 0) == 0) {
    GitCommit Parent(RawParent);
    if (git_commit_tree(&RawOld, Parent.get()) != 0)
      return failGit("cannot read a commit");
    Old.reset(RawOld);
  }
  if (llvm::Error E = checkTrees(R, Old ? git_tree_id(Old.get()) : nullptr, git_tree_id(New.get())))
    return E;
  git_diff *RawDiff = nullptr;
  if (git_diff_tree_to_tree(&RawDiff, R, Old.get(), New.get(), nullptr) != 0)
    return failGit("cannot compare two commits");
  GitDiff Diff(RawDiff);
  // libgit2 asks the attributes of each file how it is to be shown.
  const char *Work = git_repository_workdir(R);
  for (size_t N = 0; Work && N < git_diff_num_deltas(RawDiff); ++N)
    if (std::string Odd = oddAttributesFor(Work, git_diff_get_delta(RawDiff, N)->new_file.path); !Odd.empty())
      return fail(Odd + "; remove it");
  git_buf Text = GIT_BUF_INIT;
  if (git_diff_to_buf(&Text, RawDiff, GIT_DIFF_FORMAT_PATCH) != 0)
    return failGit("cannot compare two commits");
  ReviewPatch P;
  P.body = std::string(Text.ptr, Text.size);
  git_buf_dispose(&Text);
  P.source = hexOf(*git_commit_id(Commit)).substr(0, 12);
  const char *Summary = git_commit_summary(Commit);
  P.subject = onOneLine(Summary ? Summary : "");
  P.diff = parseDiff(P.body);
  return P;
}

} // namespace

llvm::Expected<Inbox> readRange(const std::string &Repository, const std::string &Range) {
  auto [From, To] = StringRef(Range).split("..");
  if (From.empty() || To.empty() || To.starts_with("."))
    return fail("--range: '" + Range + "' is no range; write A..B");
  Opened O;
  if (llvm::Error E = open(Repository, O))
    return E;
  auto A = commitOf(O.repository.get(), Repository, From.str());
  if (!A)
    return A.takeError();
  auto B = commitOf(O.repository.get(), Repository, To.str());
  if (!B)
    return B.takeError();
  git_revwalk *RawWalk = nullptr;
  if (git_revwalk_new(&RawWalk, O.repository.get()) != 0)
    return failGit("cannot walk the commits");
  GitWalk Walk(RawWalk);
  git_revwalk_sorting(RawWalk, GIT_SORT_TOPOLOGICAL | GIT_SORT_REVERSE);
  git_revwalk_push(RawWalk, git_commit_id(B->get()));
  git_revwalk_hide(RawWalk, git_commit_id(A->get()));
  Inbox Box;
  git_oid Id;
  while (git_revwalk_next(&Id, RawWalk) == 0) {
    git_commit *Raw = nullptr;
    if (git_commit_lookup(&Raw, O.repository.get(), &Id) != 0)
      return failGit("cannot read a commit");
    GitCommit Commit(Raw);
    if (git_commit_parentcount(Raw) > 1) {
      Box.notes.push_back("commit " + hexOf(Id).substr(0, 12) + " is a merge and was left out");
      continue;
    }
    auto P = patchOf(O.repository.get(), Raw);
    if (!P)
      return P.takeError();
    P->number = static_cast<unsigned>(Box.patches.size() + 1);
    Box.patches.push_back(std::move(*P));
  }
  if (Box.patches.empty())
    return failAt(Repository, 0, 0, "this has no commits in " + Range, "the second must be newer than the first");
  return Box;
}

ScratchDirectory::~ScratchDirectory() {
  removeScratchDirectory(Path);
}

namespace {

/// A kernel has two gigabytes.
constexpr size_t MaxUnpacked = size_t{8} << 30;

struct ExportRun {
  git_repository *repository;
  git_odb *objects;
  std::string directory;
  std::string problem = {};
  size_t bytes = 0;
};

/// What krcu reads: sources, headers, makefiles, Kconfig, and what lies at the top.
bool isWanted(StringRef Path) {
  StringRef Name = Path.rsplit('/').second.empty() ? Path : Path.rsplit('/').second;
  StringRef Top = Path.split('/').first;
  if (Top == "Documentation" || Top == "tools" || Top == "samples")
    return false;
  return !Path.contains('/') || Name.ends_with(".c") || Name.ends_with(".h") || Name.ends_with(".S") || Name.ends_with(".tbl") || Name.starts_with("Makefile") ||
         Name.starts_with("Kconfig") || Name.starts_with("Kbuild") || Name == "Platform" || Name.contains("defconfig") || Name.ends_with(".config");
}

int exportEntry(const char *Root, const git_tree_entry *Entry, void *Payload) {
  auto &Run = *static_cast<ExportRun *>(Payload);
  std::string Path = std::string(Root) + git_tree_entry_name(Entry);
  git_filemode_t Mode = git_tree_entry_filemode(Entry);
  if (Mode == GIT_FILEMODE_TREE)
    return 0;
  if ((Mode != GIT_FILEMODE_BLOB && Mode != GIT_FILEMODE_BLOB_EXECUTABLE) || !isWanted(Path) || !badPath(Path).empty())
    return 0;
  const std::shared_ptr<const std::string> Text = readBlob(Run.objects, *git_tree_entry_id(Entry));
  if (!Text || (Run.bytes += Text->size()) > MaxUnpacked) {
    Run.problem = Text ? "its files come to more than " + std::to_string(MaxUnpacked >> 30) + " GiB" : Path + ": cannot be read out of the repository";
    return -1;
  }
  llvm::SmallString<256> File(Run.directory);
  llvm::sys::path::append(File, Path);
  std::error_code EC = llvm::sys::fs::create_directories(llvm::sys::path::parent_path(File));
  if (!EC) {
    llvm::raw_fd_ostream Out(File, EC, llvm::sys::fs::OF_None);
    if (!EC)
      Out << *Text;
    if (Out.has_error())
      EC = Out.error(), Out.clear_error();
  }
  if (EC)
    Run.problem = File.str().str() + ": " + EC.message();
  return EC ? -1 : 0;
}

} // namespace

llvm::Expected<std::unique_ptr<ScratchDirectory>> exportCommit(const std::string &Repository, const std::string &Commit) {
  Opened O;
  if (llvm::Error E = open(Repository, O))
    return E;
  auto C = commitOf(O.repository.get(), Repository, Commit);
  if (!C)
    return C.takeError();
  git_tree *RawTree = nullptr;
  if (git_commit_tree(&RawTree, C->get()) != 0)
    return failGit("cannot read a commit");
  GitTree Tree(RawTree);
  auto Directory = makeScratchDirectory();
  if (!Directory)
    return Directory.takeError();
  auto Scratch = std::make_unique<ScratchDirectory>(*Directory);
  git_odb *RawObjects = nullptr;
  if (git_repository_odb(&RawObjects, O.repository.get()) != 0)
    return failGit("cannot read a commit");
  std::unique_ptr<git_odb, GitFree<git_odb_free>> Objects(RawObjects);
  ExportRun Run{O.repository.get(), RawObjects, Scratch->path()};
  if (llvm::Error E = checkTrees(Run.repository, nullptr, git_tree_id(RawTree)))
    return E;
  if (git_tree_walk(RawTree, GIT_TREEWALK_PRE, exportEntry, &Run) != 0)
    return fail("cannot unpack " + Commit + ": " + (Run.problem.empty() ? gitReason() : Run.problem));
  return Scratch;
}

namespace {

/// Reads objects with a handle for each thread that reads at a time: one handle lets only one in.
class CommitFiles final : public StoredFiles {
public:
  explicit CommitFiles(std::string Repository) : StoredFiles("git " + Repository), Repository(std::move(Repository)) {}

  llvm::Error list(git_tree *Tree) {
    if (git_tree_walk(Tree, GIT_TREEWALK_PRE, addEntry, this) != 0)
      return failGit("cannot list the files of a commit");
    std::sort(Files.begin(), Files.end(), [](const File &A, const File &B) { return A.path < B.path; });
    return llvm::Error::success();
  }

  Text fetch(const File &F) const override {
    std::unique_ptr<Handle> H = take();
    git_oid Id;
    if (!H || git_oid_fromraw(&Id, reinterpret_cast<const unsigned char *>(F.id.data())) != 0)
      return nullptr;
    Text Content = readBlob(H->objects.get(), Id);
    std::lock_guard Guard(Lock);
    Idle.push_back(std::move(H));
    return Content;
  }

private:
  struct Handle {
    Opened opened;
    std::unique_ptr<git_odb, GitFree<git_odb_free>> objects;
  };

  static int addEntry(const char *Root, const git_tree_entry *Entry, void *To) {
    const git_filemode_t Mode = git_tree_entry_filemode(Entry);
    const StringRef Directory = Root;
    if (Mode == GIT_FILEMODE_TREE) // nothing of these is read
      return Directory.empty() && (StringRef(git_tree_entry_name(Entry)) == "Documentation" || StringRef(git_tree_entry_name(Entry)) == "samples" || StringRef(git_tree_entry_name(Entry)) == "tools");
    std::string Path = (Directory + git_tree_entry_name(Entry)).str();
    if ((Mode == GIT_FILEMODE_BLOB || Mode == GIT_FILEMODE_BLOB_EXECUTABLE) && badPath(Path).empty())
      static_cast<CommitFiles *>(To)->Files.push_back({std::move(Path), std::string(reinterpret_cast<const char *>(git_tree_entry_id(Entry)->id), GIT_OID_RAWSZ)});
    return 0;
  }

  std::unique_ptr<Handle> take() const {
    {
      std::lock_guard Guard(Lock);
      if (!Idle.empty()) {
        std::unique_ptr<Handle> H = std::move(Idle.back());
        Idle.pop_back();
        return H;
      }
    }
    auto H = std::make_unique<Handle>();
    git_odb *Raw = nullptr;
    if (llvm::Error E = open(Repository, H->opened)) {
      llvm::consumeError(std::move(E));
      return nullptr;
    }
    if (git_repository_odb(&Raw, H->opened.repository.get()) != 0)
      return nullptr;
    H->objects.reset(Raw);
    return H;
  }

  const std::string Repository;
  mutable std::mutex Lock;
  mutable std::vector<std::unique_ptr<Handle>> Idle;
};

} // namespace

CommitTree::~CommitTree() { storeUnder(Root, nullptr); }

llvm::Expected<std::unique_ptr<CommitTree>> openCommit(const std::string &Repository, const std::string &Commit) {
  llvm::SmallString<256> Real;
  if (llvm::sys::fs::real_path(Repository, Real))
    Real = Repository; // open() says what is wrong
  const std::string Place = Real.str().str();
  Opened O;
  if (llvm::Error E = open(Place, O))
    return E;
  auto C = commitOf(O.repository.get(), Place, Commit);
  if (!C)
    return C.takeError();
  git_tree *RawTree = nullptr;
  if (git_commit_tree(&RawTree, C->get()) != 0)
    return failGit("cannot read a commit");
  GitTree Tree(RawTree);
  if (llvm::Error E = checkTrees(O.repository.get(), nullptr, git_tree_id(RawTree)))
    return E;
  auto Files = std::make_shared<CommitFiles>(Place);
  if (llvm::Error E = Files->list(RawTree))
    return E;
  auto Result = std::make_unique<CommitTree>(Place + "@" + hexOf(*git_commit_id(C->get())));
  storeUnder(Result->root(), std::move(Files));
  return Result;
}

std::pair<std::string, std::string> splitTree(const std::string &Named) {
  size_t At = Named.rfind('@');
  if (At == std::string::npos || llvm::sys::fs::exists(Named))
    return {Named, ""};
  return {Named.substr(0, At), Named.substr(At + 1)};
}

} // namespace krcu::review
