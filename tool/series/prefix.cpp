// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The walk goes from HEAD backwards and compares each commit's tree with its parent's, descending only into directories that differ
// and that lead to a file of interest. Merges and commits without a parent say nothing of a subsystem's habits.
#include "tool/series/prefix.h"

#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <set>

namespace krcu::series {
namespace {

constexpr unsigned MaxCommits = 60000;
constexpr size_t EnoughSubjects = 20;

/// The files that differ between two trees. Paths are relative to the trees and sorted.
void changedFiles(git_repository *R, const git_oid *A, const git_oid *B, const std::vector<llvm::StringRef> &Paths,
                  const std::string &Base, std::set<std::string> &Out) {
  if (git_oid_equal(A, B))
    return;
  git_tree *RawA = nullptr, *RawB = nullptr;
  if (git_tree_lookup(&RawA, R, A) != 0 || git_tree_lookup(&RawB, R, B) != 0) {
    git_tree_free(RawA);
    return;
  }
  GitTree TreeA(RawA), TreeB(RawB);
  for (size_t I = 0; I < Paths.size();) {
    llvm::StringRef Name = Paths[I].split('/').first;
    std::vector<llvm::StringRef> Below;
    bool IsFile = false;
    for (; I < Paths.size() && Paths[I].split('/').first == Name; ++I) {
      IsFile = IsFile || Paths[I] == Name;
      if (Paths[I] != Name)
        Below.push_back(Paths[I].split('/').second);
    }
    const git_tree_entry *EntryA = git_tree_entry_byname(RawA, Name.str().c_str());
    const git_tree_entry *EntryB = git_tree_entry_byname(RawB, Name.str().c_str());
    if (!EntryA || !EntryB || git_oid_equal(git_tree_entry_id(EntryA), git_tree_entry_id(EntryB)))
      continue;
    std::string Full = Base.empty() ? Name.str() : Base + "/" + Name.str();
    if (IsFile)
      Out.insert(Full);
    else if (git_tree_entry_type(EntryA) == GIT_OBJECT_TREE && git_tree_entry_type(EntryB) == GIT_OBJECT_TREE)
      changedFiles(R, git_tree_entry_id(EntryA), git_tree_entry_id(EntryB), Below, Full, Out);
  }
}

/// A word or two and a colon: what a subsystem's name looks like in a subject line.
bool isPrefixPart(llvm::StringRef Part) {
  if (Part.empty() || Part.size() > 30 || Part.count(' ') > 1 || Part.starts_with(" ") || Part.ends_with(" "))
    return false;
  for (char C : Part)
    if (!llvm::isAlnum(C) && !llvm::StringRef("_-+/., @&*()").contains(C))
      return false;
  static const llvm::StringRef NoSubsystem[] = {"Revert", "Merge", "treewide", "tree-wide", "Reapply", "Fix", "fix", "UPSTREAM", "BACKPORT"};
  return std::find(std::begin(NoSubsystem), std::end(NoSubsystem), Part) == std::end(NoSubsystem);
}

/// "net: bridge: add x" -> {"net", "net: bridge"} and the summary behind them.
std::vector<std::string> prefixesOf(llvm::StringRef Subject, llvm::StringRef &Summary) {
  std::vector<std::string> Out;
  Summary = Subject;
  for (;;) {
    size_t Colon = Summary.find(": ");
    if (Colon == llvm::StringRef::npos || !isPrefixPart(Summary.take_front(Colon)))
      return Out;
    size_t End = static_cast<size_t>(Summary.data() - Subject.data()) + Colon;
    Out.push_back(Subject.take_front(End).str());
    Summary = Summary.substr(Colon + 2).ltrim();
  }
}

} // namespace

std::map<std::string, std::vector<std::string>> subjectsOf(git_repository *Repository, const std::vector<std::string> &Files) {
  std::map<std::string, std::vector<std::string>> Out;
  std::vector<std::string> Sorted = Files;
  std::sort(Sorted.begin(), Sorted.end());
  std::vector<llvm::StringRef> Paths(Sorted.begin(), Sorted.end());
  git_revwalk *RawWalk = nullptr;
  if (git_revwalk_new(&RawWalk, Repository) != 0)
    return Out;
  GitWalk Walk(RawWalk);
  git_revwalk_sorting(RawWalk, GIT_SORT_TIME);
  if (git_revwalk_push_head(RawWalk) != 0)
    return Out;
  git_oid Id;
  for (unsigned Seen = 0; Seen < MaxCommits && !Paths.empty() && git_revwalk_next(&Id, RawWalk) == 0; ++Seen) {
    git_commit *Raw = nullptr;
    if (git_commit_lookup(&Raw, Repository, &Id) != 0)
      break;
    GitCommit Commit(Raw);
    if (git_commit_parentcount(Raw) != 1)
      continue;
    git_commit *RawParent = nullptr;
    if (git_commit_parent(&RawParent, Raw, 0) != 0)
      continue; // the end of a shallow history
    GitCommit Parent(RawParent);
    std::set<std::string> Changed;
    changedFiles(Repository, git_commit_tree_id(Raw), git_commit_tree_id(RawParent), Paths, "", Changed);
    const char *Summary = git_commit_summary(Raw);
    bool AnyFull = false;
    for (const std::string &File : Changed) {
      std::vector<std::string> &Subjects = Out[File];
      Subjects.push_back(Summary ? Summary : "");
      AnyFull = AnyFull || Subjects.size() >= EnoughSubjects;
    }
    if (AnyFull)
      std::erase_if(Paths, [&](llvm::StringRef P) {
        auto It = Out.find(P.str());
        return It != Out.end() && It->second.size() >= EnoughSubjects;
      });
  }
  return Out;
}

SubjectStyle styleOfSubjects(const std::vector<std::string> &Subjects) {
  struct Tally {
    unsigned times = 0, capital = 0;
  };
  std::map<std::string, Tally> Tallies;
  unsigned Usable = 0;
  for (const std::string &S : Subjects) {
    llvm::StringRef Summary;
    std::vector<std::string> All = prefixesOf(S, Summary);
    Usable += !All.empty();
    for (const std::string &P : All) {
      ++Tallies[P].times;
      Tallies[P].capital += !Summary.empty() && Summary.front() >= 'A' && Summary.front() <= 'Z';
    }
  }
  // The longest prefix that two in five share; a longer one says more, but must be a habit.
  SubjectStyle Best;
  for (const auto &[Prefix, T] : Tallies) {
    if (T.times * 5 < Usable * 2)
      continue;
    if (Prefix.size() > Best.prefix.size() || (Prefix.size() == Best.prefix.size() && T.times > Best.commits))
      Best = {Prefix, T.capital * 2 > T.times, T.times};
  }
  return Best;
}

std::string prefixOfPath(const std::string &File, const std::vector<PrefixRow> &Rows, const std::string &Group) {
  llvm::SmallVector<llvm::StringRef, 8> Parts;
  llvm::StringRef(File).split(Parts, '/');
  llvm::StringRef Stem = Parts.back().take_front(Parts.back().rfind('.'));
  for (const PrefixRow &Row : Rows) {
    llvm::SmallVector<llvm::StringRef, 8> Under;
    llvm::StringRef(Row.under).split(Under, '/', -1, false);
    bool Fits = Under.size() < Parts.size() && (!Group.empty() || !llvm::StringRef(Row.prefix).contains("{group}"));
    for (size_t I = 0; Fits && I < Under.size(); ++I)
      Fits = Under[I] == "*" || Under[I] == Parts[I];
    if (!Fits)
      continue;
    std::string Out;
    for (llvm::StringRef Rest = Row.prefix; !Rest.empty();) {
      auto [Before, Behind] = Rest.split('{');
      Out += Before.str();
      if (Before.size() == Rest.size())
        break;
      auto [Name, Tail] = Behind.split('}');
      unsigned Number = 0;
      if (Name == "stem")
        Out += Stem.str();
      else if (Name == "group")
        Out += Group;
      else if (!Name.getAsInteger(10, Number) && Number >= 1 && Number < Parts.size())
        Out += Parts[Number - 1].str();
      Rest = Tail;
    }
    return Out;
  }
  return Parts.size() > 1 ? Parts[Parts.size() - 2].str() : Stem.str();
}

} // namespace krcu::series
