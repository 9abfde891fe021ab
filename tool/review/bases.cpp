// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/review/bases.h"
#include "tool/series/git.h"
#include "tool/support/error.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include <algorithm>
#include <map>

using llvm::StringRef;

namespace krcu::review {

using namespace series;

namespace {

/// What a patch says of the state that it was made from.
struct Wanted {
  size_t patch = 0;
  std::vector<std::pair<std::string, std::string>> blobs; ///< path, and how its id begins
  std::string commit;                                     ///< the newest that has them all
  unsigned position = 0;                                  ///< of that, in the walk
};

class BaseSearch {
public:
  BaseSearch(git_repository *R, const std::vector<const ReviewPatch *> &Patches) : R(R), Patches(Patches), Found(Patches.size()) {}

  llvm::Expected<std::vector<std::optional<FoundBase>>> run(const std::string &From) {
    for (size_t N = 0; N < Patches.size(); ++N)
      if (!Patches[N]->base_commit.empty() && isCommit(Patches[N]->base_commit))
        Found[N] = FoundBase{Patches[N]->base_commit, "its base-commit line"};
      else
        want(N);
    if (!All.empty())
      if (llvm::Error E = walk(From))
        return E;
    share();
    joinSeries();
    return std::move(Found);
  }

private:
  bool isCommit(const std::string &Hex) const {
    git_oid Id;
    git_commit *Raw = nullptr;
    if (git_oid_fromstr(&Id, Hex.c_str()) != 0 || git_commit_lookup(&Raw, R, &Id) != 0)
      return false;
    git_commit_free(Raw);
    return true;
  }
  void want(size_t N) {
    Wanted W;
    W.patch = N;
    for (const FileDiff &F : Patches[N]->diff.files) {
      if (F.old_path.empty() || !badPath(F.old_path).empty())
        continue;
      if (F.old_blob.size() < 7)
        return; // a plain diff: it names no blobs
      W.blobs.push_back({F.old_path, F.old_blob});
    }
    if (!W.blobs.empty())
      All.push_back(std::move(W));
  }

  /// The id of what lies at a path; empty if nothing does. Directories that have not changed from one commit to the next are read once.
  std::string entryAt(const git_oid &Tree, StringRef Path) {
    std::string Id(reinterpret_cast<const char *>(Tree.id), GIT_OID_RAWSZ);
    while (!Path.empty() && !Id.empty()) {
      auto [Name, Rest] = Path.split('/');
      auto [It, New] = Children.try_emplace({Id, Name.str()});
      if (New) {
        git_oid Parent;
        git_oid_fromraw(&Parent, reinterpret_cast<const unsigned char *>(Id.data()));
        git_tree *Raw = nullptr;
        if (git_tree_lookup(&Raw, R, &Parent) == 0) {
          GitTree Held(Raw);
          if (const git_tree_entry *Entry = git_tree_entry_byname(Raw, It->first.second.c_str()))
            It->second.assign(reinterpret_cast<const char *>(git_tree_entry_id(Entry)->id), GIT_OID_RAWSZ);
        }
      }
      Id = It->second;
      Path = Rest;
    }
    return Id;
  }
  bool has(const git_oid &Tree, const Wanted &W) {
    return llvm::all_of(W.blobs, [&](const auto &Each) {
      std::string Id = entryAt(Tree, Each.first);
      return !Id.empty() && StringRef(llvm::toHex(Id, /*LowerCase=*/true)).starts_with(Each.second);
    });
  }

  llvm::Error walk(const std::string &From) {
    git_object *Start = nullptr;
    git_revwalk *Raw = nullptr;
    if (git_revparse_single(&Start, R, From.empty() ? "HEAD" : From.c_str()) != 0)
      return failGit("cannot find " + (From.empty() ? "HEAD" : From));
    git_oid First = *git_object_id(Start);
    git_object_free(Start);
    if (git_revwalk_new(&Raw, R) != 0)
      return failGit("cannot walk the commits");
    GitWalk Walk(Raw);
    git_revwalk_sorting(Raw, GIT_SORT_TIME);
    if (git_revwalk_push(Raw, &First) != 0)
      return failGit("cannot walk the commits");
    git_oid Id;
    size_t Open = All.size();
    for (unsigned Position = 0; Open && Position < MaxCommitsLookedAt && git_revwalk_next(&Id, Raw) == 0; ++Position) {
      git_commit *RawCommit = nullptr;
      if (git_commit_lookup(&RawCommit, R, &Id) != 0)
        return failGit("cannot read a commit");
      GitCommit Commit(RawCommit);
      const git_oid &Tree = *git_commit_tree_id(RawCommit);
      for (Wanted &W : All)
        if (W.commit.empty() && has(Tree, W)) {
          W.commit = hexOf(Id);
          W.position = Position;
          --Open;
          Trees[W.commit] = Tree;
        }
      if (Children.size() > MaxRemembered)
        Children.clear();
    }
    return llvm::Error::success();
  }

  /// From the oldest on: whatever else has its blobs at that commit, too, shares it.
  void share() {
    std::sort(All.begin(), All.end(), [](const Wanted &A, const Wanted &B) { return std::pair(B.position, A.patch) < std::pair(A.position, B.patch); });
    for (const Wanted &W : All) {
      if (W.commit.empty() || Found[W.patch])
        continue;
      for (const Wanted &Other : All)
        if (!Other.commit.empty() && !Found[Other.patch] && has(Trees[W.commit], Other))
          Found[Other.patch] = FoundBase{W.commit, "the blobs of its index lines"};
    }
  }

  /// A later part of a series changes what an earlier one has made, which no commit need have.
  void joinSeries() {
    for (size_t N = 1; N < Patches.size(); ++N) {
      const ReviewPatch &P = *Patches[N], &Before = *Patches[N - 1];
      if (!Found[N] && Found[N - 1] && P.numbered && Before.numbered && P.total == Before.total && P.version == Before.version && P.number > Before.number)
        Found[N] = FoundBase{Found[N - 1]->commit, "the base of the series"};
    }
  }

  static constexpr size_t MaxRemembered = 1000000;
  git_repository *R;
  const std::vector<const ReviewPatch *> &Patches;
  std::vector<std::optional<FoundBase>> Found;
  std::vector<Wanted> All;
  std::map<std::string, git_oid> Trees; ///< by commit
  std::map<std::pair<std::string, std::string>, std::string> Children; ///< directory and name -> id, as bytes
};

} // namespace

llvm::Expected<std::vector<std::optional<FoundBase>>> findBases(const std::string &Repository, const std::string &From, const std::vector<const ReviewPatch *> &Patches) {
  GitLibrary Library;
  std::string Why;
  llvm::SmallString<256> Real; // "." and links are the same place
  if (llvm::sys::fs::real_path(Repository, Real))
    Real = Repository;
  GitRepository R = openRepository(Real.str().str(), Why);
  if (!R)
    return failAt(Repository, 0, 0, Why.empty() ? "this is not the top of a git repository" : Why, "--base auto looks for the commit that a patch was made from; give a --tree with its history");
  return BaseSearch(R.get(), Patches).run(From);
}

} // namespace krcu::review
