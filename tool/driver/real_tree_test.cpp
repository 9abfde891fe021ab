// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// krcu against real kernel trees, named by the environment: Linux 6.12 (KRCU_TREE_612) and 6.1 (KRCU_TREE_61). A scan takes
// seconds, so the tests share one for each tree and assumption; the figures that depend on the machine are printed. What is
// expected of a site was read off the kernel's code by hand: testdata/real.
#include "tool/driver/patch.h"
#include "tool/report/report.h"
#include "tool/rewrite/inplace.h"
#include "tool/rewrite/rewrite.h"
#include "tool/support/error.h"
#include "tool/support/parallel.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unistd.h>

namespace krcu {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const char *const Tree612 = "KRCU_TREE_612";
const char *const Tree61 = "KRCU_TREE_61";

std::string treeOf(const char *Variable) {
  const char *Path = std::getenv(Variable);
  return Path ? Path : "";
}

#define NEEDS_TREE(Variable)                                                                                                     \
  if (treeOf(Variable).empty())                                                                                                  \
  GTEST_SKIP() << Variable << " is not set; set it to an unpacked kernel source tree"

std::string bytesOf(const fs::path &Path) {
  std::ifstream In(Path, std::ios::binary);
  EXPECT_TRUE(In.good()) << Path;
  std::ostringstream Out;
  Out << In.rdbuf();
  return Out.str();
}

Json testdata(const std::string &Name) { return Json::parse(bytesOf(fs::path(KRCU_SOURCE_DIR) / "testdata/real" / Name)); }

/// The most memory this process has held so far, in MiB.
size_t peakMemory() {
  std::ifstream In("/proc/self/status");
  for (std::string Line; std::getline(In, Line);)
    if (Line.rfind("VmHWM:", 0) == 0)
      return std::strtoul(Line.c_str() + 6, nullptr, 10) / 1024;
  return 0;
}

std::unique_ptr<Scan> scanOf(const std::string &Tree, const std::vector<std::string> &Assume = {}, const std::vector<std::string> &Paths = {},
                             unsigned Jobs = 2) {
  ScanOptions O;
  O.tree = Tree;
  O.builtin_rules = std::string(KRCU_SOURCE_DIR) + "/rules";
  O.assume = Assume;
  O.paths = Paths;
  O.jobs = Jobs;
  auto S = Scan::run(O);
  if (!S) {
    ADD_FAILURE() << message(S.takeError());
    return nullptr;
  }
  return std::move(*S);
}

/// The plain scan of 6.12 and its patch, made at the first use.
struct Scan612 {
  bool first = peakMemory() < 256; ///< nothing else in this process had used memory by then
  std::unique_ptr<Scan> scan = scanOf(treeOf(Tree612));
  std::vector<SiteReport> sites;
  Patch patch;
  size_t memory = 0;

  static Scan612 &get() {
    static Scan612 One;
    return One;
  }

private:
  Scan612() {
    if (!scan)
      return;
    sites = scan->sites();
    auto P = makePatch(*scan, sites, 2);
    if (P)
      patch = std::move(*P);
    else
      ADD_FAILURE() << message(P.takeError());
    memory = peakMemory();
  }
};

std::string place(const std::string &File, unsigned Line) { return File + ":" + std::to_string(Line); }
std::string place(const Location &L) { return place(L.file, L.line); }

std::string placeIn(const Location &L, const std::string &Function) { return L.file + " " + plainName(Function) + "()"; }

/// The calls in a function. What was read by hand is kept by functions: lines move with each update of a tree.
std::vector<const SiteReport *> sitesIn(const std::vector<SiteReport> &Sites, const std::string &File, const std::string &Function) {
  std::vector<const SiteReport *> Result;
  for (const SiteReport &R : Sites)
    if (R.census.where.file == File && R.census.function == Function)
      Result.push_back(&R);
  return Result;
}

// -- the census, counted again by other means ------------------------------------------------------------------------------------

/// The text with comments, strings and character constants blanked; line breaks stay.
std::string stripped(const std::string &Text) {
  std::string Out = Text;
  auto Blank = [&](size_t From, size_t To) {
    for (size_t I = From; I < To && I < Out.size(); ++I)
      if (Out[I] != '\n')
        Out[I] = ' ';
  };
  for (size_t I = 0; I < Text.size();) {
    if (Text.compare(I, 2, "/*") == 0) {
      size_t End = Text.find("*/", I + 2);
      End = End == std::string::npos ? Text.size() : End + 2;
      Blank(I, End);
      I = End;
    } else if (Text.compare(I, 2, "//") == 0) {
      size_t End = std::min(Text.find('\n', I), Text.size());
      Blank(I, End);
      I = End;
    } else if (Text[I] == '"' || Text[I] == '\'') {
      size_t End = I + 1;
      while (End < Text.size() && Text[End] != Text[I] && Text[End] != '\n')
        End += Text[End] == '\\' ? 2 : 1;
      Blank(I, End + 1);
      I = End + 1;
    } else {
      ++I;
    }
  }
  return Out;
}

bool isWord(char C) { return std::isalnum(static_cast<unsigned char>(C)) || C == '_'; }

/// "file:line" of every `Name (` in the .c and .h files of the tree, outside the directories that are no kernel code.
std::multiset<std::string> callsByText(const fs::path &Root, const std::vector<std::string> &Names) {
  std::multiset<std::string> Result;
  for (auto It = fs::recursive_directory_iterator(Root); It != fs::recursive_directory_iterator(); ++It) {
    std::string Name = It->path().filename();
    if (It.depth() == 0 && (Name == "tools" || Name == "Documentation" || Name == "samples" || Name == "scripts"))
      It.disable_recursion_pending();
    std::string Extension = It->path().extension();
    if (!It->is_regular_file() || It->is_symlink() || (Extension != ".c" && Extension != ".h"))
      continue;
    std::string Text = bytesOf(It->path());
    if (Text.find(Names.front()) == std::string::npos)
      continue;
    Text = stripped(Text);
    for (const std::string &Word : Names)
      for (size_t At = Text.find(Word); At != std::string::npos; At = Text.find(Word, At + 1)) {
        size_t Next = At + Word.size();
        if ((At && isWord(Text[At - 1])) || (Next < Text.size() && isWord(Text[Next])))
          continue;
        while (Next < Text.size() && std::isspace(static_cast<unsigned char>(Text[Next])))
          ++Next;
        if (Next < Text.size() && Text[Next] == '(')
          Result.insert(place(fs::relative(It->path(), Root), 1 + static_cast<unsigned>(std::count(Text.begin(), Text.begin() + static_cast<long>(At), '\n'))));
      }
  }
  return Result;
}

void checkCensus(const std::string &Tree, const std::vector<SiteReport> &Sites) {
  size_t Sum = 0;
  for (const auto &[Class, Count] : classCounts(Sites))
    Sum += Count;
  EXPECT_EQ(Sum, Sites.size());
  std::multiset<std::string> Listed;
  for (const SiteReport &R : Sites)
    if (R.census.deferral == "call_rcu" || R.census.deferral == "call_rcu_hurry")
      Listed.insert(place(R.census.where));
  std::multiset<std::string> Counted = callsByText(Tree, {"call_rcu", "call_rcu_hurry"});
  std::printf("%s: %zu calls of call_rcu() and call_rcu_hurry()\n", Tree.c_str(), Counted.size());
  EXPECT_GT(Counted.size(), 300u);
  std::vector<std::string> OnlyListed, OnlyCounted;
  std::set_difference(Listed.begin(), Listed.end(), Counted.begin(), Counted.end(), std::back_inserter(OnlyListed));
  std::set_difference(Counted.begin(), Counted.end(), Listed.begin(), Listed.end(), std::back_inserter(OnlyCounted));
  // The census has more only where a macro's body names the primitive without an argument list: #define call_rcu_x call_rcu.
  for (const std::string &Place : OnlyListed)
    for (const SiteReport &R : Sites)
      if (place(R.census.where) == Place) {
        EXPECT_EQ(R.cls, SiteClass::Definition) << Place << " is in the census, but not in the text";
      }
  EXPECT_EQ(OnlyCounted, std::vector<std::string>{}) << "in the text, but not in the census";
}

TEST(RealTree612, MemoryStaysBelowOneGiB) {
  NEEDS_TREE(Tree612);
  const Scan612 &S = Scan612::get();
  std::printf("scan and patch of 6.12: at most %zu MiB\n", S.memory);
  if (!S.first)
    GTEST_SKIP() << "another scan ran before in this process";
  EXPECT_LT(S.memory, 1024u);
}

TEST(RealTree612, ClassesAddUpToAnIndependentCount) {
  NEEDS_TREE(Tree612);
  checkCensus(treeOf(Tree612), Scan612::get().sites);
}

/// The plain scan of 6.1.
Scan *scan61() {
  static std::unique_ptr<Scan> One = scanOf(treeOf(Tree61));
  return One.get();
}

TEST(RealTree61, ClassesAddUpToAnIndependentCount) {
  NEEDS_TREE(Tree61);
  ASSERT_TRUE(scan61());
  checkCensus(treeOf(Tree61), scan61()->sites());
}

// -- parsing ---------------------------------------------------------------------------------------------------------------------

TEST(RealTree612, FilesWithACallParse) {
  NEEDS_TREE(Tree612);
  Scan612 &S = Scan612::get();
  std::set<std::string> Unique;
  for (const SiteReport &R : S.sites)
    if (llvm::StringRef(R.census.where.file).ends_with(".c"))
      Unique.insert(R.census.where.file);
  std::vector<std::string> Files(Unique.begin(), Unique.end());
  std::vector<ParseOutcome> Outcomes(Files.size());
  parallelFor(2, Files.size(), [&](size_t N, unsigned Worker) {
    ParseRequest Request;
    Request.file = Files[N];
    Request.bodies.words = {"call_rcu", "call_rcu_hurry"};
    Outcomes[N] = S.scan->frontend().parse(Request, Worker, [](clang::ASTContext &, const std::vector<clang::Decl *> &, const ParseOutcome &) {});
  });
  unsigned Built = 0, Clean = 0;
  for (size_t N = 0; N < Files.size(); ++N) {
    const ParseOutcome &O = Outcomes[N];
    bool Good = O.parsed && !O.errors;
    if (O.built && (O.variant.find("x86") != std::string::npos || O.variant.find("powerpc") != std::string::npos)) {
      ++Built;
      Clean += Good;
    }
    if (Good)
      continue;
    std::printf("does not parse: %s: %s\n", Files[N].c_str(), O.cause.c_str());
    EXPECT_FALSE(O.cause.empty()) << Files[N];
  }
  std::printf("%u of %u files that x86 or powerpc builds parse without an error\n", Clean, Built);
  EXPECT_GT(Built, 250u);
  EXPECT_GE(Clean * 100, Built * 97);
}

// -- what becomes of each site ---------------------------------------------------------------------------------------------------

TEST(RealTree612, MakesWhatTheSemanticPatchMakes) {
  NEEDS_TREE(Tree612);
  const Scan612 &S = Scan612::get();
  std::map<std::string, std::map<std::string, size_t>> Wanted;
  std::istringstream List(bytesOf(fs::path(KRCU_SOURCE_DIR) / "testdata/real/spatch-6.12.txt"));
  for (std::string Line; std::getline(List, Line);)
    if (!Line.empty() && Line[0] != '#')
      ++Wanted[Line.substr(0, Line.find('\t'))][Line.substr(Line.find('\t') + 1)];
  EXPECT_EQ(Wanted.size(), 16u);
  auto Count = [](const std::string &Text, const std::string &What) {
    size_t N = 0;
    for (size_t At = Text.find(What); At != std::string::npos; At = Text.find(What, At + 1))
      ++N;
    return N;
  };
  for (const auto &[File, Replacements] : Wanted) {
    auto It = S.patch.files.find(File);
    ASSERT_NE(It, S.patch.files.end()) << File;
    for (const auto &[Replacement, Times] : Replacements)
      EXPECT_GE(Count(It->second.second, Replacement + ";"), Count(It->second.first, Replacement + ";") + Times) << File << ": " << Replacement;
  }
}

TEST(RealTree612, SitesAreWhatAReaderOfTheCodeSays) {
  NEEDS_TREE(Tree612);
  const Scan612 &S = Scan612::get();
  for (const Json &E : testdata("expected-6.12.json")) {
    unsigned Found = 0;
    for (const SiteReport *R : sitesIn(S.sites, E["file"], E["function"])) {
      if ((R->site && R->site->callback_kind == CallbackKind::Function ? plainName(R->site->callback) : R->census.callback) != E["callback"].get<std::string>())
        continue;
      ++Found;
      SCOPED_TRACE(place(R->census.where));
      std::string Reason = reasonText(*R);
      EXPECT_EQ(className(R->cls), E["class"].get<std::string>()) << Reason;
      for (const std::string Word : E["words"])
        EXPECT_NE(Reason.find(Word), std::string::npos) << "'" << Word << "' is not in: " << Reason;
      if (E.contains("replacement")) {
        EXPECT_EQ(R->replacement, E["replacement"].get<std::string>());
      }
      if (E.contains("callback_removed")) {
        EXPECT_EQ(R->callback_removed, E["callback_removed"].get<bool>());
      }
    }
    EXPECT_NE(Found, 0u) << E;
  }
}

TEST(RealTree612, NothingIsUnsafeForTheSakeOfACache) {
  NEEDS_TREE(Tree612);
  for (const SiteReport &R : Scan612::get().sites)
    EXPECT_NE(R.verdict, Verdict::Unsafe) << place(R.census.where) << ": " << reasonText(R);
}

// -- the patch -------------------------------------------------------------------------------------------------------------------

/// A directory below the system's temporary one, gone with the object.
struct TempDir {
  fs::path path;
  TempDir() {
    std::string Name = (fs::temp_directory_path() / "krcu-real-XXXXXX").string();
    if (::mkdtemp(Name.data()))
      path = Name;
  }
  ~TempDir() {
    std::error_code Ignored;
    if (!path.empty())
      fs::remove_all(path, Ignored);
  }
};

TEST(RealTree612, GitAppliesTheDiff) {
  NEEDS_TREE(Tree612);
  const Scan612 &S = Scan612::get();
  ASSERT_FALSE(S.patch.files.empty());
  TempDir Dir;
  ASSERT_FALSE(Dir.path.empty());
  for (const auto &[File, Texts] : S.patch.files) {
    fs::create_directories((Dir.path / "tree" / File).parent_path());
    std::ofstream(Dir.path / "tree" / File, std::ios::binary) << Texts.first;
    EXPECT_EQ(Texts.first, bytesOf(fs::path(treeOf(Tree612)) / File));
  }
  auto Diff = unifiedDiff(S.patch.files);
  ASSERT_TRUE(bool(Diff)) << message(Diff.takeError());
  std::ofstream(Dir.path / "krcu.diff", std::ios::binary) << *Diff;
  std::string Git = "cd '" + (Dir.path / "tree").string() + "' && GIT_CEILING_DIRECTORIES=/ git apply --whitespace=error-all ";
  ASSERT_EQ(std::system((Git + "--check ../krcu.diff").c_str()), 0);
  ASSERT_EQ(std::system((Git + "../krcu.diff").c_str()), 0);
  for (const auto &[File, Texts] : S.patch.files)
    EXPECT_EQ(bytesOf(Dir.path / "tree" / File), Texts.second) << File;
}

TEST(RealTree612, RemovedCallbacksLeaveNoName) {
  NEEDS_TREE(Tree612);
  const Scan612 &S = Scan612::get();
  for (const SiteReport &R : S.sites) {
    if (R.cls != SiteClass::Convert || !R.callback_removed)
      continue;
    auto It = S.patch.files.find(R.callback.where.file);
    ASSERT_NE(It, S.patch.files.end()) << R.callback.where.file;
    std::string Name = plainName(R.callback.function);
    const std::string &Text = It->second.second;
    for (size_t At = Text.find(Name); At != std::string::npos; At = Text.find(Name, At + 1))
      EXPECT_TRUE((At && isWord(Text[At - 1])) || isWord(Text[At + Name.size()])) << R.callback.where.file << " still names " << Name << "()";
  }
  for (const auto &[File, Texts] : S.patch.files) {
    auto Doubled = [](const std::string &Text) {
      size_t N = 0;
      for (size_t At = Text.find("\n\n\n"); At != std::string::npos; At = Text.find("\n\n\n", At + 1))
        ++N;
      return N;
    };
    EXPECT_LE(Doubled(Texts.second), Doubled(Texts.first)) << File << ": the patch doubles a blank line";
  }
}

TEST(RealTree612, ASecondScanFindsNothingMore) {
  NEEDS_TREE(Tree612);
  const Scan612 &S = Scan612::get();
  TempDir Dir;
  ASSERT_FALSE(Dir.path.empty());
  fs::path Copy = Dir.path / "tree";
  std::error_code Problem;
  fs::copy(treeOf(Tree612), Copy, fs::copy_options::recursive | fs::copy_options::create_hard_links | fs::copy_options::copy_symlinks, Problem);
  if (Problem)
    GTEST_SKIP() << "the tree cannot be copied by hard links to " << Dir.path << " (" << Problem.message() << "); set TMPDIR to the same file system";
  llvm::Error E = applyInPlace(Copy, S.patch.files);
  ASSERT_FALSE(bool(E)) << message(std::move(E));
  std::vector<std::string> Touched;
  for (const auto &[File, Texts] : S.patch.files) {
    Touched.push_back(File);
    EXPECT_EQ(bytesOf(fs::path(treeOf(Tree612)) / File), Texts.first) << "the original tree was written to";
  }
  auto Again = scanOf(Copy, {}, Touched);
  ASSERT_TRUE(Again);
  EXPECT_FALSE(Again->sites().empty());
  for (const SiteReport &R : Again->sites())
    EXPECT_NE(R.cls, SiteClass::Convert) << place(R.census.where) << ": " << R.replacement;
}

// -- reports ---------------------------------------------------------------------------------------------------------------------

TEST(RealTree612, JsonIsValidAndTheSameForAnyNumberOfThreads) {
  NEEDS_TREE(Tree612);
  std::string First;
  for (unsigned Jobs : {1u, 2u}) {
    auto S = scanOf(treeOf(Tree612), {}, {"net/bridge", "block", "fs/nfsd", "drivers/net/wireguard", "net/ipv4"}, Jobs);
    ASSERT_TRUE(S);
    ReportInput In;
    In.tree_version = S->tree().version();
    In.semantics = &S->semantics();
    In.sites = &S->sites();
    In.other_flavours = S->otherFlavours();
    std::string Text = scanJson(In);
    Json Parsed = Json::parse(Text, nullptr, false);
    ASSERT_FALSE(Parsed.is_discarded());
    EXPECT_EQ(Parsed["sites"].size(), Parsed["summary"]["calls"].get<size_t>());
    if (First.empty())
      First = Text;
    EXPECT_EQ(Text, First) << "-j" << Jobs;
  }
}

// -- the life of the caches ------------------------------------------------------------------------------------------------------

/// Compares with testdata/real/verdicts.json under one of its headings.
void checkVerdicts(const std::vector<SiteReport> &Sites, const std::string &Heading) {
  for (const Json &E : testdata("verdicts.json")) {
    if (!E.contains(Heading))
      continue;
    const Json &Want = E[Heading];
    for (const std::string Function : Want["sites"]) {
      SCOPED_TRACE(Heading + ": " + E["file"].get<std::string>() + " " + Function);
      unsigned Found = 0;
      for (const SiteReport *R : sitesIn(Sites, E["file"], llvm::StringRef(Function).drop_back(2).str())) {
        std::set<std::string> Created, Destroyed, Names;
        for (const CacheReport &C : R->caches) {
          Names.insert(C.name);
          for (const CreateFact *F : C.creates)
            Created.insert(placeIn(F->where, F->function));
          for (const Destruction &D : C.destroys)
            Destroyed.insert(placeIn(D.where, D.function->function));
        }
        if (Names != std::set<std::string>{E["cache"].get<std::string>()})
          continue; // another call of the function
        ++Found;
        EXPECT_EQ(verdictName(R->verdict), Want["verdict"].get<std::string>()) << reasonText(*R);
        EXPECT_EQ(Created, Want["created"].get<std::set<std::string>>());
        EXPECT_EQ(Destroyed, Want["destroyed"].get<std::set<std::string>>());
      }
      EXPECT_NE(Found, 0u);
    }
  }
}

/// Nothing that a module destroys may be called safe where kmem_cache_destroy() does not wait.
void checkModulesAreNotSafe(const std::vector<SiteReport> &Sites) {
  for (const SiteReport &R : Sites)
    if (R.verdict == Verdict::Safe) {
      for (const DestructionReport &D : R.destructions)
        EXPECT_TRUE(!D.reach.has(ReachKind::ModuleExit) || D.waited || D.harmless)
            << place(R.census.where) << " is safe, but destroyed at " << place(D.what.where);
    }
}

TEST(RealTree612, CachesLiveAsRead) {
  NEEDS_TREE(Tree612);
  checkVerdicts(Scan612::get().sites, "6.12");
}

TEST(RealTree61, EveryCacheIsUnsafeUnderSlob) {
  NEEDS_TREE(Tree61);
  ASSERT_TRUE(scan61());
  unsigned Seen = 0;
  for (const SiteReport &R : scan61()->sites()) {
    if (R.family != "kmem_cache_free" || R.verdict == Verdict::None)
      continue;
    ++Seen;
    EXPECT_EQ(R.verdict, Verdict::Unsafe) << place(R.census.where) << ": " << reasonText(R);
  }
  EXPECT_GE(Seen, 30u);
  checkModulesAreNotSafe(scan61()->sites());
}

TEST(RealTree61, CachesLiveAsReadWithoutSlob) {
  NEEDS_TREE(Tree61);
  auto S = scanOf(treeOf(Tree61), {"no-slob"});
  ASSERT_TRUE(S);
  checkVerdicts(S->sites(), "6.1 no-slob");
  checkModulesAreNotSafe(S->sites());
}

/// The scan of 6.12 as if kmem_cache_destroy() did not wait.
Scan *batching() {
  static std::unique_ptr<Scan> One = scanOf(treeOf(Tree612), {"batching"});
  return One.get();
}

TEST(RealTree612, CachesLiveAsReadIfDestroyingDoesNotWait) {
  NEEDS_TREE(Tree612);
  ASSERT_TRUE(batching());
  checkVerdicts(batching()->sites(), "6.12 batching");
  checkModulesAreNotSafe(batching()->sites());
}

// Each file that the evidence of a safe verdict names is made unreadable in turn: without it the verdict must fall.
TEST(RealTree612, NoVerdictIsSafeWithoutAnyFileOfItsEvidence) {
  NEEDS_TREE(Tree612);
  ASSERT_TRUE(batching());
  std::map<std::string, std::vector<size_t>> Rests;
  const std::vector<SiteReport> &Sites = batching()->sites();
  for (size_t N = 0; N < Sites.size(); ++N)
    if (Sites[N].verdict == Verdict::Safe && !Sites[N].caches.empty()) {
      std::set<std::string> Files;
      for (const Evidence &E : Sites[N].evidence)
        Files.insert(E.file);
      for (const CacheReport &C : Sites[N].caches) // what was searched in vain has no line to show
        Files.insert(C.files.begin(), C.files.end());
      for (const std::string &File : Files)
        Rests[File].push_back(N);
    }
  EXPECT_FALSE(Rests.empty());
  std::printf("%zu files taken away in turn\n", Rests.size());
  for (const auto &[File, Numbers] : Rests) {
    std::vector<Verdict> Without = batching()->judgeWithout(File);
    ASSERT_EQ(Without.size(), Sites.size());
    for (size_t N : Numbers)
      EXPECT_NE(Without[N], Verdict::Safe) << place(Sites[N].census.where) << " without " << File;
  }
}

} // namespace
} // namespace krcu
