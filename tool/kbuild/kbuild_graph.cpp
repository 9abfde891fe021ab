// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kbuild descends from the top; here the way is walked upwards from one object. Its own directory nearly
// always lists it, else a directory above, and only when neither does are all makefiles read: some objects
// are listed by a sibling ("../x/y.o").
#include "tool/kbuild/kbuild_graph.h"
#include "tool/tree/tree.h"
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

std::string join(llvm::StringRef Dir, const std::string &Word) {
  // Nearly all words are names in the directory itself.
  llvm::StringRef Name = Word;
  Name.consume_back("/");
  if (!Name.empty() && !Name.contains('/') && Name.back() != '.')
    return Dir.empty() ? Word : (Dir + "/" + Word).str();
  return normalPath(Dir.empty() ? Word : (Dir + "/" + Word).str());
}

/// A real list first, `targets` last; what is switched on before what is not; else by place. A total order,
/// so that nothing depends on which directories happened to be read before.
bool before(const Listing &A, const Listing &B) {
  auto Key = [](const Listing &L) {
    const Item &I = *L.item;
    return std::tuple(I.list == "targets", I.how == Item::Disabled, !isFinal(I.list), L.dir,
                      llvm::StringRef(I.file), I.line, llvm::StringRef(I.list), llvm::StringRef(I.variable));
  };
  return Key(A) < Key(B);
}

} // namespace

std::string normalPath(const std::string &Path) {
  llvm::StringRef Whole = Path;
  if (!Whole.contains("./") && !Whole.contains("//") && !Whole.ends_with(".") && !Whole.starts_with("/"))
    return Path; // nearly all
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

/// At the top and in an architecture's directory both files have a part of the lists.
bool Graph::readsBoth(llvm::StringRef Dir) const { return O.src.empty() && (Dir.empty() || isArchTop(Dir)); }

Graph::Graph(GraphOptions Of) : O(std::move(Of)) {
  Presets All{{"srctree", O.srctree},
              {"objtree", O.srctree},
              {"srcroot", O.src.empty() ? O.srctree : O.src},
              {"KERNELRELEASE", O.release},
              {"KBUILD_EXTMOD", ""},
              {"M", ""},
              {"sub_make_done", "1"}};
  // The top makefile starts itself again before it comes to the lists; here that has happened.
  for (const char *Name : {"need-sub-make", "mixed-build", "config-build", "skip-makefile"})
    All[Name] = "";
  if (O.values) {
    Values = std::make_shared<ValueTable>(*O.values);
    const std::string *Wide = Values->find("64BIT");
    All["BITS"] = Wide && *Wide == "y" ? "64" : "32";
    if (!Values->find("WORD_SIZE"))
      All["CONFIG_WORD_SIZE"] = All["BITS"];
  }
  Defaults = std::make_shared<const Presets>(std::move(All));
}

std::shared_ptr<const Options> Graph::optionsFor(const std::string &Dir) const {
  auto M = std::make_shared<Options>();
  M->read = O.read;
  M->glob = O.glob;
  M->values = Values;
  M->defaults = Defaults;
  llvm::StringRef Arch = O.src_arch;
  if (llvm::StringRef Rest = Dir; Rest.consume_front("arch/"))
    Arch = Rest.split('/').first;
  std::string Src = O.src.empty() ? (Dir.empty() ? "." : Dir) : O.src + (Dir.empty() ? "" : "/" + Dir);
  M->preset = {{"src", Src}, {"obj", Src}, {"SRCARCH", Arch.str()}, {"ARCH", Arch.str()}};
  if (O.entry)
    addOutside(Dir, *M);
  else
    M->preset["PWD"] = Src;
  return M;
}

/// What is different for an external module: where make runs, what the makes above have exported, and that nobody knows what a command prints.
void Graph::addOutside(const std::string &Dir, Options &To) const {
  const std::string Entry = O.entry(Dir);
  To.base = O.base;
  To.where = O.src + (Entry.empty() ? "" : "/" + Entry);
  To.preset["M"] = To.preset["KBUILD_EXTMOD"] = To.where;
  To.shell = [this, Where = To.where](llvm::StringRef Command) { return O.shell(Command, Where); };
  To.doubt = O.doubt;
  To.environment = environmentOf(Dir);
}

std::shared_ptr<const Presets> Graph::environmentOf(const std::string &Dir) const {
  std::shared_ptr<const Presets> &Known = Environments[Dir];
  if (Known)
    return Known;
  const std::string Entry = O.entry(Dir);
  if (Dir == Entry)
    return Known = std::make_shared<const Presets>(O.environment(Entry));
  std::string Above = parentOf(Dir); // Kbuild comes from there, or from further above if it has no makefile
  Listed Ignored;
  Files Made = filesOf(Above, Ignored);
  std::shared_ptr<const Presets> Found = Made.empty() ? environmentOf(Above) : std::make_shared<const Presets>(Made.front()->exported());
  return Environments[Dir] = std::move(Found);
}

const std::string *Graph::givenEverywhere(llvm::StringRef Name) const {
  if (auto It = Defaults->find(Name); It != Defaults->end())
    return &It->second;
  return Values && Name.consume_front("CONFIG_") ? Values->find(Name) : nullptr;
}

/// The makefiles of a directory, read to the end.
Graph::Files Graph::filesOf(const std::string &Dir, Listed &L) const {
  Files Made;
  const std::shared_ptr<const Options> M = optionsFor(Dir);
  for (const char *Name : {"Kbuild", "Makefile"}) {
    std::string Path = Dir.empty() ? Name : Dir + "/" + Name;
    std::optional<std::string> Text = O.read(Path);
    if (!Text)
      continue;
    Makefile &File = *Made.emplace_back(std::make_unique<Makefile>(M));
    File.note(&L.asked);
    File.evaluate(*Text, Path);
    llvm::move(File.items(), std::back_inserter(L.items));
    File.note(nullptr);
    if (!readsBoth(Dir))
      break;
  }
  return Made;
}

Listed Graph::evaluate(const std::string &Dir) const {
  Listed L;
  ReadLog Log;
  const Files Made = filesOf(Dir, L);
  L.files = Made.size();
  if (!Made.empty()) {
    L.flags = Made.front()->flagVariables();
    L.closed = !Made.front()->mayDefineMore();
    L.doubted = Made.front()->inDoubt();
  }
  const bool Both = readsBoth(Dir);
  for (const Item &I : L.items)
    L.targets.emplace_back(I.word == "*" ? std::string() : Both && countsFromTop(I.list) ? normalPath(I.word) : targetOf(Dir, I.word));
  L.reads = std::move(Log.paths);
  for (const std::unique_ptr<Makefile> &M : Made)
    for (const Flaw &F : M->flaws())
      L.flaws.push_back(F.file + ":" + std::to_string(F.line) + ": " + F.text);
  return L;
}

std::vector<std::string> Graph::flaws() const {
  std::set<std::string> All; // a file that several include has its flaw once
  for (const auto &Each : Directories)
    if (Each.second.listed)
      All.insert(Each.second.listed->flaws.begin(), Each.second.listed->flaws.end());
  return {All.begin(), All.end()};
}

std::shared_ptr<const Listed> Graph::listed(const std::string &Dir) const {
  std::shared_ptr<const Options> Mine; // made for the first answer that needs it
  auto Same = [&](const auto &Answer) {
    llvm::StringRef Name = Answer.first();
    if (!Mine && !Name.starts_with("CONFIG_"))
      Mine = optionsFor(Dir);
    const std::string *Value = Mine ? given(*Mine, Name) : givenEverywhere(Name);
    return Value ? Answer.second == *Value : !Answer.second;
  };
  auto Fits = [&](const Listed &L) { return llvm::all_of(L.asked, Same); };
  std::shared_ptr<const Listed> L = O.memory ? O.memory->find(Dir, Fits) : nullptr;
  if (!L && O.memory)
    L = O.memory->put(Dir, evaluate(Dir));
  else if (!L)
    L = std::make_shared<const Listed>(evaluate(Dir));
  for (const std::string &Path : L->reads)
    ReadLog::note(Path);
  return L;
}

Graph::Directory &Graph::load(const std::string &Dir) {
  auto [It, New] = Directories.try_emplace(Dir);
  Directory &D = It->second;
  if (!New)
    return D;
  D.listed = listed(Dir);
  for (const auto &[Target, I] : llvm::zip_equal(D.listed->targets, D.listed->items)) {
    if (Target.val().empty())
      continue;
    int &First = ByTarget.try_emplace(Target, -1).first->second;
    Links.push_back({{It->first(), &I}, First});
    First = int(Links.size()) - 1;
  }
  return D;
}

std::vector<Listing> Graph::listingsOf(const std::string &Target) const {
  std::vector<Listing> Result;
  auto It = ByTarget.find(llvm::CachedHashStringRef(Target));
  for (int At = It == ByTarget.end() ? -1 : It->second; At >= 0; At = Links[At].next)
    Result.push_back(Links[At].listing);
  std::reverse(Result.begin(), Result.end());
  return Result;
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
    const Listed &L = *load(Dir).listed;
    for (const auto &[Path, I] : llvm::zip_equal(L.targets, L.items)) {
      if (I.word.back() != '/' || I.how == Item::Disabled || Path.size() < 2 || Path.size() > 1024)
        continue;
      std::string Target = Path.val().drop_back().str();
      if (Seen.insert(Target).second)
        Work.push_back(std::move(Target));
    }
  }
}

std::vector<Listing> Graph::listingsIn(const std::string &Target, const std::string &Dir) {
  load(Dir);
  std::vector<Listing> Result = listingsOf(Target);
  llvm::erase_if(Result, [&](const Listing &L) { return L.dir != Dir; });
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
  const Listed &L = *load(Dir).listed;
  return L.files == 0 ? nullptr : &L.items;
}

std::string Graph::value(const std::string &Dir, const std::string &Name) {
  Directory &D = load(Dir);
  const Listed &L = *D.listed;
  if (L.files == 0 || (L.closed && isFlagVariable(Name) && !llvm::is_contained(L.flags, Name)))
    return {};
  if (D.files.empty()) {
    Listed Again;
    ReadLog Ignored; // they are noted once
    D.files = filesOf(Dir, Again);
  }
  return D.files.empty() ? std::string() : D.files.front()->value(Name);
}

bool Graph::inDoubt(const std::string &Dir) {
  const Directory &D = load(Dir);
  return D.listed->doubted || llvm::any_of(D.files, [](const std::unique_ptr<Makefile> &M) { return M->inDoubt(); });
}

std::vector<Traced> Graph::trace(const std::string &Dir, const std::string &Name) {
  if (value(Dir, Name).empty()) // reads them
    return {};
  return load(Dir).files.front()->trace(Name);
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
    Next = L.dir.str() + "/";
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
  std::vector<Listing> Others = listingsOf(Target);
  llvm::erase_if(Others, [&](const Listing &L) { return Tried.count(L.item) != 0; });
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
    if (climbTo(L.dir.str() + "/", Way, Seen, nullptr))
      Ways.push_back(Way);
  };
  // All makefiles, and not only the nearest: a second user of the object may be the one that makes it
  // modular.
  nearest(Object);
  loadAll();
  std::vector<Listing> All = listingsOf(Object);
  std::sort(All.begin(), All.end(), before);
  for (const Listing &L : All)
    Follow(L, Follow, {});
  return Ways;
}

/// A word of a list as a path.
std::string Graph::targetOf(llvm::StringRef Dir, const std::string &Word) const {
  llvm::StringRef Below = Word;
  return O.entry && Below.consume_front(O.base + "/") ? normalPath(Below.str()) : join(Dir, Word); // $(src)/x.o
}

/// Lines of one directory that link something into the composite. A module may have thousands of parts, and each may be a composite.
const std::vector<const Item *> &Graph::linkedInto(const std::string &Object, llvm::StringRef Dir) {
  static const std::vector<const Item *> None;
  Directory &D = load(Dir.str());
  if (!D.linked) {
    D.linked.emplace();
    for (const Item &I : D.listed->items)
      if (std::string Composite = Listing{Dir, &I}.composite(); !Composite.empty())
        (*D.linked)[Composite].push_back(&I);
  }
  auto It = D.linked->find(Object);
  return It == D.linked->end() ? None : It->second;
}

bool Graph::isOpen(const std::string &Object) {
  for (const Listing &L : nearest(Object))
    if (llvm::any_of(linkedInto(Object, L.dir), [](const Item *I) { return I->word == "*"; }))
      return true;
  return false;
}

std::vector<std::string> Graph::parts(const std::string &Object) {
  std::vector<std::string> Result;
  for (const Listing &L : nearest(Object))
    for (const Item *I : linkedInto(Object, L.dir))
      if (I->word.back() != '/' && I->word != "*")
        Result.push_back(targetOf(L.dir, I->word));
  std::sort(Result.begin(), Result.end());
  Result.erase(std::unique(Result.begin(), Result.end()), Result.end());
  return Result;
}

} // namespace krcu::makefile
