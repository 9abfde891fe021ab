// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kbuild descends from the top; here the way is walked upwards from one object. Its own directory nearly
// always lists it, else a directory above, and only when neither does are all makefiles read: some objects
// are listed by a sibling ("../x/y.o").
#include "tool/tree/kbuild_graph.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Path.h"
#include <algorithm>

namespace krcu::makefile {
namespace {

/// Lists whose objects end up in the kernel or are a module of their own; every other list makes a composite.
bool isFinal(llvm::StringRef List) {
  static const llvm::StringRef Final[] = {"obj",  "lib",  "extra",   "always", "targets", "head",
                                          "core", "init", "drivers", "net",    "virt",    "libs"};
  return llvm::is_contained(Final, List);
}

/// Lists of the top makefile and those of architectures, whose words count from the top of the tree.
bool countsFromTop(llvm::StringRef List) {
  static const llvm::StringRef Lists[] = {"head", "core", "init", "drivers", "net", "virt", "libs"};
  return llvm::is_contained(Lists, List);
}

bool isArchTop(llvm::StringRef Dir) {
  return Dir.consume_front("arch/") && !Dir.empty() && !Dir.contains('/');
}

std::string join(const std::string &Dir, const std::string &Word) {
  return normalPath(Dir.empty() ? Word : Dir + "/" + Word);
}

/// A real list first, `targets` last; what is switched on before what is not; else by place. A total order,
/// so that nothing depends on which directories happened to be read before.
bool before(const Listing &A, const Listing &B) {
  auto Key = [](const Listing &L) {
    const Item &I = *L.item;
    return std::tuple(I.list == "targets", I.how == Item::Disabled, !isFinal(I.list), L.dir, I.file, I.line,
                      I.list, I.variable);
  };
  return Key(A) < Key(B);
}

} // namespace

std::string normalPath(const std::string &Path) {
  llvm::SmallString<128> Clean(Path);
  llvm::sys::path::remove_dots(Clean, /*remove_dot_dot=*/true);
  llvm::StringRef Text = Clean;
  if (Text.starts_with("../") || Text == ".." || Text.starts_with("/"))
    return {};
  if (llvm::StringRef(Path).ends_with("/"))
    return Text.empty() || Text == "." ? "/" : Text.rtrim('/').str() + "/";
  return Text.str();
}

std::string parentOf(const std::string &Target) {
  llvm::StringRef Text = llvm::StringRef(Target).rtrim('/');
  size_t Slash = Text.rfind('/');
  return Slash == llvm::StringRef::npos ? std::string() : Text.take_front(Slash).str();
}

std::string Listing::composite() const {
  return isFinal(item->list) ? std::string() : join(dir, item->list + ".o");
}

Graph::Directory &Graph::load(const std::string &Dir) {
  auto [It, New] = Directories.try_emplace(Dir);
  Directory &D = It->second;
  if (!New)
    return D;
  Options M;
  M.read = O.read;
  M.glob = O.glob;
  M.values = O.values;
  llvm::StringRef Arch = O.src_arch;
  if (llvm::StringRef Rest = Dir; Rest.consume_front("arch/"))
    Arch = Rest.split('/').first;
  std::string Src = O.src.empty() ? (Dir.empty() ? "." : Dir) : O.src + (Dir.empty() ? "" : "/" + Dir);
  M.preset = {{"src", Src},
              {"obj", Src},
              {"srctree", O.srctree},
              {"objtree", O.srctree},
              {"srcroot", O.src.empty() ? O.srctree : O.src},
              {"SRCARCH", Arch.str()},
              {"ARCH", Arch.str()},
              {"KERNELRELEASE", O.release},
              {"KBUILD_EXTMOD", O.src},
              {"M", O.src},
              {"PWD", Src}};
  // The top makefile starts itself again before it comes to the lists; here that has happened.
  for (const char *Name : {"need-sub-make", "mixed-build", "config-build", "skip-makefile"})
    M.preset[Name] = "";
  M.preset["sub_make_done"] = "1";
  if (O.values) {
    auto Wide = O.values->find("64BIT");
    M.preset["BITS"] = Wide != O.values->end() && Wide->second == "y" ? "64" : "32";
    if (!O.values->count("WORD_SIZE"))
      M.preset["CONFIG_WORD_SIZE"] = M.preset["BITS"];
  }
  // At the top and in an architecture's directory both files have a part of the lists.
  const bool Both = O.src.empty() && (Dir.empty() || isArchTop(Dir));
  for (const char *Name : {"Kbuild", "Makefile"}) {
    std::string Path = Dir.empty() ? Name : Dir + "/" + Name;
    std::optional<std::string> Text = O.read(Path);
    if (!Text)
      continue;
    D.files.push_back(std::make_unique<Makefile>(M));
    D.files.back()->evaluate(*Text, Path);
    llvm::append_range(D.items, D.files.back()->items());
    if (!Both)
      break;
  }
  for (const Item &I : D.items) {
    std::string Target = Both && countsFromTop(I.list) ? normalPath(I.word) : join(Dir, I.word);
    if (!Target.empty())
      ByTarget[Target].push_back({Dir, &I});
  }
  return D;
}

void Graph::loadAll() {
  if (AllLoaded)
    return;
  AllLoaded = true;
  std::vector<std::string> Work{""};
  for (const std::string &Arch : O.architectures)
    if (!O.values || Arch == O.src_arch)
      Work.push_back("arch/" + Arch);
  std::set<std::string> Seen(Work.begin(), Work.end());
  while (!Work.empty()) {
    std::string Dir = Work.back();
    Work.pop_back();
    const bool Both = O.src.empty() && (Dir.empty() || isArchTop(Dir));
    for (const Item &I : load(Dir).items) {
      if (I.word.back() != '/' || I.how == Item::Disabled)
        continue;
      std::string Target = Both && countsFromTop(I.list) ? normalPath(I.word) : join(Dir, I.word);
      if (Target.size() < 2 || Target.size() > 1024)
        continue;
      Target.pop_back();
      if (Seen.insert(Target).second)
        Work.push_back(Target);
    }
  }
}

std::vector<Listing> Graph::listingsIn(const std::string &Target, const std::string &Dir) {
  load(Dir);
  std::vector<Listing> Result;
  if (auto It = ByTarget.find(Target); It != ByTarget.end())
    for (const Listing &L : It->second)
      if (L.dir == Dir)
        Result.push_back(L);
  std::sort(Result.begin(), Result.end(), before);
  return Result;
}

std::vector<Listing> Graph::nearest(const std::string &Target) {
  for (std::string Dir = parentOf(Target);; Dir = parentOf(Dir)) {
    std::vector<Listing> Found = listingsIn(Target, Dir);
    if (!Found.empty() || Dir.empty())
      return Found;
  }
}

const std::vector<Item> *Graph::items(const std::string &Dir) {
  Directory &D = load(Dir);
  return D.files.empty() ? nullptr : &D.items;
}

std::string Graph::value(const std::string &Dir, const std::string &Name) {
  Directory &D = load(Dir);
  return D.files.empty() ? std::string() : D.files.front()->value(Name);
}

bool Graph::isTop(const std::string &Target) const {
  if (Target == "/")
    return true;
  llvm::StringRef Dir = llvm::StringRef(Target).rtrim('/');
  return llvm::StringRef(Target).ends_with("/") && O.src.empty() && isArchTop(Dir) &&
         (!O.values || Dir.drop_front(5) == O.src_arch);
}

bool Graph::climbFrom(const Listing &L, std::vector<Listing> &Chain, std::set<std::string> &Seen,
                      std::string *Why) {
  if (L.item->how == Item::Disabled) {
    if (Why && Why->empty())
      *Why = L.item->file + ":" + std::to_string(L.item->line) + ": " + L.item->variable + " is off for " +
             L.item->word;
    return false;
  }
  Chain.push_back(L);
  std::string Next = L.composite();
  if (Next.empty())
    Next = L.dir + "/";
  if (climbTo(Next, Chain, Seen, Why))
    return true;
  Chain.pop_back();
  return false;
}

bool Graph::climbTo(const std::string &Target, std::vector<Listing> &Chain, std::set<std::string> &Seen,
                    std::string *Why) {
  if (isTop(Target))
    return true;
  if (!Seen.insert(Target).second || Chain.size() > 100)
    return false;
  std::set<const Item *> Tried;
  for (const Listing &L : nearest(Target)) {
    Tried.insert(L.item);
    if (climbFrom(L, Chain, Seen, Why))
      return true;
  }
  if (!llvm::StringRef(Target).ends_with(".o")) {
    if (Why && Why->empty())
      *Why = Target + ": no obj- list descends into this directory";
    return false;
  }
  // Perhaps another directory builds it. That directory's makefile must be reached from the top itself.
  loadAll();
  std::vector<Listing> Others;
  if (auto It = ByTarget.find(Target); It != ByTarget.end())
    llvm::copy_if(It->second, std::back_inserter(Others),
                  [&](const Listing &L) { return !Tried.count(L.item); });
  std::sort(Others.begin(), Others.end(), before);
  for (const Listing &L : Others)
    if (climbFrom(L, Chain, Seen, Why))
      return true;
  if (Why && Why->empty())
    *Why = Target + ": in no obj- list";
  return false;
}

bool Graph::climb(const std::string &Object, std::vector<Listing> &Chain, std::string *Why) {
  std::set<std::string> Seen;
  return climbTo(Object, Chain, Seen, Why);
}

std::vector<std::vector<Listing>> Graph::climbAll(const std::string &Object) {
  std::vector<std::vector<Listing>> Ways;
  auto Follow = [&](const Listing &L, auto &Self, std::vector<Listing> Way) -> void {
    if (Way.size() > 8)
      return;
    Way.push_back(L);
    std::string Composite = L.composite();
    if (!Composite.empty()) {
      for (const Listing &Next : nearest(Composite))
        if (Next.item != L.item && Ways.size() < 64)
          Self(Next, Self, Way);
      return;
    }
    std::set<std::string> Seen;
    if (climbTo(L.dir + "/", Way, Seen, nullptr))
      Ways.push_back(Way);
  };
  // All makefiles, and not only the nearest: a second user of the object may be the one that makes it
  // modular.
  nearest(Object);
  loadAll();
  if (auto It = ByTarget.find(Object); It != ByTarget.end()) {
    std::vector<Listing> All = It->second;
    std::sort(All.begin(), All.end(), before);
    for (const Listing &L : All)
      Follow(L, Follow, {});
  }
  return Ways;
}

std::vector<std::string> Graph::parts(const std::string &Object) {
  std::vector<std::string> Result;
  for (const Listing &L : nearest(Object))
    for (const Item &I : load(L.dir).items)
      if (Listing{L.dir, &I}.composite() == Object && I.word.back() != '/')
        Result.push_back(join(L.dir, I.word));
  std::sort(Result.begin(), Result.end());
  Result.erase(std::unique(Result.begin(), Result.end()), Result.end());
  return Result;
}

} // namespace krcu::makefile
