// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/split.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <set>

namespace krcu::series {
namespace {

/// Files that must change together, as disjoint sets.
class Together {
public:
  explicit Together(const FileTexts &Files) {
    for (const auto &[File, Texts] : Files)
      Parent[File] = File;
  }
  std::string find(const std::string &File) {
    std::string &P = Parent[File];
    return P == File ? File : P = find(P);
  }
  void join(const std::string &A, const std::string &B) {
    std::string RootA = find(A), RootB = find(B);
    if (RootA != RootB)
      Parent[std::max(RootA, RootB)] = std::min(RootA, RootB);
  }

private:
  std::map<std::string, std::string> Parent;
};

unsigned countWord(llvm::StringRef Text, llvm::StringRef Word) {
  unsigned Count = 0;
  auto IsName = [](char C) { return llvm::isAlnum(C) || C == '_'; };
  for (size_t At = Text.find(Word); At != llvm::StringRef::npos; At = Text.find(Word, At + Word.size()))
    if ((At == 0 || !IsName(Text[At - 1])) && (At + Word.size() == Text.size() || !IsName(Text[At + Word.size()])))
      ++Count;
  return Count;
}

std::string recipientKey(const std::vector<std::string> &Files, const Maintainers *People) {
  if (!People)
    return {};
  std::string Names; // as a diff would name them
  for (const std::string &File : Files)
    Names += "--- a/" + File + "\n";
  std::set<std::string> All;
  for (const Recipient &R : People->recipientsOf(Names))
    All.insert(R.address.mail);
  return llvm::join(All, ",");
}

/// The last two names of a repository's address, "git://host/a/b/linux.git branch" -> "b-linux".
std::string treeNameOf(llvm::StringRef Value) {
  llvm::StringRef Url = Value;
  if (auto [Kind, Rest] = Value.split(' '); !Kind.contains('/'))
    Url = Rest.trim();
  Url = Url.split(' ').first.rtrim('/');
  Url.consume_back(".git");
  auto [Front, Last] = Url.rsplit('/');
  llvm::StringRef Owner = Front.rsplit('/').second;
  std::string Out = (Owner.empty() ? Last : (Owner + "-" + Last).str()).str();
  for (char &C : Out)
    if (!llvm::isAlnum(C) && C != '-' && C != '_')
      C = '-';
  return Out;
}

const TreeRow *rowOf(const SectionMatch &M, const Settings &S) {
  for (const TreeRow &Row : S.trees)
    for (const std::string &T : M.trees)
      if (llvm::StringRef(T).contains(Row.match))
        return &Row;
  return nullptr;
}

/// The address in a T: line, without the kind and the branch.
std::string addressOf(llvm::StringRef Value) {
  if (auto [Kind, Rest] = Value.split(' '); !Kind.contains('/'))
    return Rest.trim().str();
  return Value.str();
}

/// The entries that say something of who looks after the file.
std::vector<SectionMatch> keepersOf(const std::string &File, const Maintainers *People, const Settings &S) {
  std::vector<SectionMatch> Out = People ? People->sectionsOf(File) : std::vector<SectionMatch>();
  std::erase_if(Out, [&](const SectionMatch &M) {
    const TreeRow *Row = rowOf(M, S);
    return Row && Row->catch_all;
  });
  return Out;
}

/// The file that says where a file belongs: of a header the first that uses it, at best beside it.
std::string homeOfFile(const std::string &File, const HeaderUsers &Users) {
  auto It = Users.find(File);
  if (!llvm::StringRef(File).ends_with(".h") || It == Users.end() || It->second.empty())
    return File;
  const llvm::StringRef Directory = llvm::StringRef(File).rsplit('/').first;
  for (const std::string &User : It->second)
    if (llvm::StringRef(User).rsplit('/').first == Directory)
      return User;
  return It->second.front();
}

/// The patch's first .c file speaks for it.
const std::string &mainOf(const std::vector<std::string> &Files) {
  auto Main = std::find_if(Files.begin(), Files.end(), [](const std::string &F) { return llvm::StringRef(F).ends_with(".c"); });
  return Main == Files.end() ? Files.front() : *Main;
}

void findTree(PatchUnit &P, const Maintainers *People, const Settings &S) {
  P.tree = "other";
  if (!People)
    return;
  P.tree = "for " + P.style.prefix; // nobody's in particular: a posting of its own
  std::vector<SectionMatch> Keepers = keepersOf(mainOf(P.files), People, S);
  if (Keepers.empty() && !P.also_for.empty())
    Keepers = keepersOf(P.also_for.front(), People, S);
  for (const SectionMatch &M : Keepers) {
    if (M.trees.empty())
      continue;
    const TreeRow *Row = rowOf(M, S);
    P.address = addressOf(M.trees.front());
    if (Row) {
      P.tree = Row->name;
      for (const std::string &T : M.trees) // of several, the one that it is called by
        if (llvm::StringRef(T).contains("/" + Row->name + ".git"))
          P.address = addressOf(T);
      P.tree_has_name = true;
      P.tag = Row->tag;
      if (P.style.commits == 0)
        P.style.capital = Row->capital;
    } else {
      P.tree = treeNameOf(M.trees.front());
    }
    return;
  }
}

} // namespace

std::vector<PatchUnit> cutPatches(const FileTexts &Files, const std::vector<SiteReport> &Sites, const Maintainers *People,
                                  git_repository *Repository, const Settings &S, bool EachFile, const HeaderUsers &Users) {
  Together Groups(Files);
  std::map<std::string, std::string> FirstFileOf; // removed callback -> a file it goes from
  for (const SiteReport &R : Sites) {
    if (R.cls != SiteClass::Convert || !R.callback_removed || !Files.count(R.census.where.file))
      continue;
    std::string Name = plainName(R.callback.function);
    for (const auto &[File, Texts] : Files)
      if (countWord(Texts.first, Name) != countWord(Texts.second, Name) && (homeOf(R.callback.function).empty() || File == R.census.where.file || File == R.callback.where.file))
        Groups.join(R.census.where.file, File);
  }
  std::map<std::string, std::vector<std::string>> Components;
  std::vector<std::string> AllFiles;
  for (const auto &[File, Texts] : Files) {
    Components[Groups.find(File)].push_back(File);
    AllFiles.push_back(File);
  }
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> ByPeople;
  std::map<std::string, std::string> AlsoFor;
  for (const auto &[Root, Members] : Components) {
    const std::string Home = homeOfFile(mainOf(Members), Users);
    std::string Prefix = prefixOfPath(Home, S.prefixes, People ? People->groupOf(Home) : "");
    std::vector<std::string> Asked = Members; // whose people get it
    for (const std::string &File : Members)
      if (std::string Of = homeOfFile(File, Users); Of != File && People && keepersOf(File, People, S).empty())
        Asked.push_back(AlsoFor[File] = Of);
    std::vector<std::string> &Patch = ByPeople[{Prefix, EachFile ? Root : recipientKey(Asked, People)}];
    Patch.insert(Patch.end(), Members.begin(), Members.end());
  }
  std::map<std::string, std::vector<std::string>> Subjects;
  if (Repository)
    Subjects = subjectsOf(Repository, AllFiles);
  std::vector<PatchUnit> Out;
  for (auto &[Key, Members] : ByPeople) {
    PatchUnit P;
    P.files = std::move(Members);
    std::sort(P.files.begin(), P.files.end());
    for (const std::string &File : P.files)
      if (auto It = AlsoFor.find(File); It != AlsoFor.end() && std::find(P.also_for.begin(), P.also_for.end(), It->second) == P.also_for.end())
        P.also_for.push_back(It->second);
    for (const SiteReport &R : Sites)
      if (R.cls == SiteClass::Convert && std::binary_search(P.files.begin(), P.files.end(), R.census.where.file))
        P.sites.push_back(&R);
    std::vector<std::string> Lines;
    for (const std::string &File : P.files)
      if (auto It = Subjects.find(File); It != Subjects.end())
        Lines.insert(Lines.end(), It->second.begin(), It->second.end());
    auto IsKept = [&](const std::string &File) { return !keepersOf(File, People, S).empty(); };
    P.unmaintained = People && llvm::none_of(P.files, IsKept) && llvm::none_of(P.also_for, IsKept);
    P.style = styleOfSubjects(Lines);
    if (P.style.prefix.empty())
      P.style = {Key.first, false, 0};
    findTree(P, People, S);
    Out.push_back(std::move(P));
  }
  std::sort(Out.begin(), Out.end(), [](const PatchUnit &A, const PatchUnit &B) { return A.files.front() < B.files.front(); });
  return Out;
}

namespace {

std::string slugOf(llvm::StringRef Text) {
  std::string Out;
  for (char C : Text)
    if (llvm::isAlnum(C) || C == '_')
      Out += llvm::toLower(C);
    else if (!Out.empty() && Out.back() != '-')
      Out += '-';
  return llvm::StringRef(Out).rtrim('-').str();
}

/// The directory that all files are in, its last two names.
std::string commonDirectory(const std::vector<PatchUnit> &Patches) {
  llvm::StringRef Common = llvm::StringRef(Patches.front().files.front()).rsplit('/').first;
  for (const PatchUnit &P : Patches)
    for (const std::string &File : P.files)
      while (!Common.empty() && !llvm::StringRef(File).starts_with(Common.str() + "/"))
        Common = Common.contains('/') ? Common.rsplit('/').first : "";
  auto [Front, Last] = Common.rsplit('/');
  return Last.empty() ? Common.str() : (Front.rsplit('/').second.empty() ? Front : Front.rsplit('/').second).str() + "-" + Last.str();
}

/// "iommu" of "iommu/riscv" and "iommu/arm-smmu-v3": the words that the names have in common; empty if there are none.
std::string commonPrefix(const std::vector<PatchUnit> &Patches) {
  llvm::StringRef Common = Patches.front().style.prefix;
  for (const PatchUnit &P : Patches)
    while (!Common.empty() && P.style.prefix != Common && !llvm::StringRef(P.style.prefix).starts_with(Common.str() + "/") && !llvm::StringRef(P.style.prefix).starts_with(Common.str() + ":")) {
      const size_t At = Common.find_last_of("/:");
      Common = At == llvm::StringRef::npos ? "" : Common.take_front(At);
    }
  return slugOf(Common);
}

/// What people call the subsystem: the tree where it has a name, else what its subjects begin with.
std::string nameOf(const std::vector<PatchUnit> &Patches) {
  if (Patches.front().tree_has_name)
    return Patches.front().tree;
  std::vector<std::string> Prefixes;
  for (const PatchUnit &P : Patches)
    if (std::string Slug = slugOf(P.style.prefix); std::find(Prefixes.begin(), Prefixes.end(), Slug) == Prefixes.end())
      Prefixes.push_back(Slug);
  if (std::string Common = commonPrefix(Patches); !Common.empty())
    return Common;
  std::string Name = Prefixes.size() <= 2 ? llvm::join(Prefixes, "-") : slugOf(commonDirectory(Patches));
  return Name.empty() ? slugOf(Patches.front().tree) : Name;
}

} // namespace

std::vector<SeriesPlan> arrange(std::vector<PatchUnit> Patches, bool OneSeries, size_t Max) {
  std::map<std::string, std::vector<PatchUnit>> ByTree;
  for (PatchUnit &P : Patches)
    ByTree[OneSeries ? "" : P.tree].push_back(std::move(P));
  std::vector<SeriesPlan> Out;
  std::set<std::string> Names;
  for (auto &[Tree, All] : ByTree) {
    std::string Name = OneSeries ? "all" : nameOf(All);
    for (unsigned N = 2; !Names.insert(Name).second; ++N)
      Name = nameOf(All) + "-" + std::to_string(N);
    size_t Parts = OneSeries ? 1 : (All.size() + Max - 1) / Max;
    for (size_t I = 0; I < Parts; ++I) {
      SeriesPlan S;
      S.name = Parts > 1 ? Name + "-part" + std::to_string(I + 1) : Name;
      for (size_t N = All.size() * I / Parts; N < All.size() * (I + 1) / Parts; ++N)
        S.patches.push_back(std::move(All[N]));
      // A tag tells one tree's bot what to do; a series for several trees has none.
      S.tag = S.patches.front().tag;
      for (const PatchUnit &P : S.patches)
        if (P.tag != S.tag)
          S.tag.clear();
      Out.push_back(std::move(S));
    }
  }
  std::sort(Out.begin(), Out.end(), [](const SeriesPlan &A, const SeriesPlan &B) { return A.name < B.name; });
  return Out;
}

} // namespace krcu::series
