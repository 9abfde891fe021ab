// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/state.h"
#include "tool/support/error.h"
#include "tool/support/parallel.h"
#include "tool/support/stable_sort.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

/// Where the code stands that says what waits for what.
bool mayChangeSemantics(StringRef File) {
  return File.starts_with("mm/") || File.starts_with("kernel/rcu/") || File.starts_with("include/linux/rcu") ||
         File.starts_with("include/linux/slab") || File == "init/Kconfig";
}

/// What is known of more files than this is left behind: of a mailbox the next patch asks about others.
constexpr size_t ManyKnown = 300;

/// What says who waits for whom is read from these.
bool mayBeProbed(StringRef File) {
  return mayChangeSemantics(File) || File.starts_with("include/") || File.starts_with("kernel/") || !(File.ends_with(".c") || File.ends_with(".h"));
}

/// The census of the changed files, and the old one of the others.
std::vector<CensusEntry> censusWith(OverlayIndex I, const Rules &R, const std::vector<CensusEntry> &Old, const TreeState::Texts &Changed) {
  std::vector<CensusEntry> Result;
  for (const CensusEntry &E : Old)
    if (!Changed.count(E.where.file))
      Result.push_back(E);
  I.narrowDeferralFiles();
  std::vector<CensusEntry> News = takeCensus(I, R, 1, &Result);
  std::move(News.begin(), News.end(), std::back_inserter(Result));
  stableSort(Result, [](const CensusEntry &A, const CensusEntry &B) { return A.where < B.where; });
  return Result;
}

} // namespace

TreeState::TreeState(Scan &S) : S(S), DB(std::make_unique<Database>(S.index(), S.rules(), S.options().jobs)), Census(S.wholeCensus()) {
  S.teachModules(*DB);
  S.limit(*DB);
  S.tellModuleNames(*DB);
  for (const CensusEntry &E : Census)
    if (StringRef(E.where.file).ends_with(".h"))
      CensusHeaders.insert(E.where.file);
}

TreeState::TreeState(const TreeState &From, const Texts &Others) : S(From.S), All(From.All), Shared(From.Shared), Changed(From.Changed), HeadersChanged(From.HeadersChanged) {
  bool Probe = false;
  std::set<std::string> Paths;
  for (const auto &[Path, Text] : Others) {
    All[Path] = Text;
    Paths.insert(Path);
    Probe = Probe || mayChangeSemantics(Path);
    HeadersChanged = HeadersChanged || StringRef(Path).ends_with(".h");
  }
  Own = std::make_unique<OverlayIndex>(S.index(), Others, From.Own.get());
  shareTexts(Others);
  DB = std::make_unique<Database>(*Own, S.rules(), S.options().jobs);
  S.teachModules(*DB);
  S.limit(*DB);
  S.tellModuleNames(*DB);
  if (From.DB->files().size() <= ManyKnown) {
    DB->inherit(*From.DB, Paths);
    if (!HeadersChanged)
      for (const auto &[File, Outcome] : From.Outcomes)
        if (!Paths.count(File))
          Outcomes.emplace(File, Outcome);
  }
  Census = censusWith(*Own, S.rules(), From.Census, Others);
  for (const CensusEntry &E : Census)
    if (StringRef(E.where.file).ends_with(".h"))
      CensusHeaders.insert(E.where.file);
  if (Probe) {
    std::map<std::string, std::optional<std::string>> Probed;
    for (const auto &[Path, Text] : All)
      if (mayBeProbed(Path))
        Probed.emplace(Path, Text ? std::optional(*Text) : std::nullopt);
    Tree T = S.tree();
    T.overlay(std::move(Probed));
    if (auto Found = probeSemantics(T, S.rules())) {
      Changed = std::move(*Found);
      for (const std::string &Name : S.options().assume)
        llvm::consumeError(assume(*Changed, Name)); // it was fine before
    } else {
      llvm::consumeError(Found.takeError());
    }
  }
}

/// Keeps the texts that are read when another file is parsed: headers, and sources that somebody includes.
void TreeState::shareTexts(const Texts &Others) {
  auto IsShared = [&](const std::string &Path) {
    if (!StringRef(Path).ends_with(".c"))
      return StringRef(Path).ends_with(".h");
    // Names are quick to ask for, but selftests/core.c is not core.c.
    return (Own->includedSources().count(Path.substr(Path.rfind('/') + 1)) && !Own->includersOf(Path).empty()) || !S.index().includersOf(Path).empty();
  };
  std::shared_ptr<Overrides> Mine;
  auto Take = [&](const std::string &Path, const Text &Now) {
    if (!Mine)
      Mine = Shared ? std::make_shared<Overrides>(*Shared) : std::make_shared<Overrides>();
    (*Mine)[Path] = Now ? *Now : std::string();
  };
  for (const auto &[Path, Now] : Others)
    if (IsShared(Path))
      Take(Path, Now);
  // A source that was changed before may be included only now.
  if (!Own->includedSources().empty())
    for (const auto &[Path, Now] : All)
      if (!(Shared && Shared->count(Path)) && !Others.count(Path) && IsShared(Path))
        Take(Path, Now);
  if (Mine)
    Shared = std::move(Mine);
}

std::optional<std::string> TreeState::read(const std::string &File) const {
  auto It = All.find(File);
  if (It == All.end())
    return S.tree().read(File);
  return It->second ? std::optional(*It->second) : std::nullopt;
}

/// What the parser must see instead of the disk when it parses these.
TreeState::Overrides TreeState::overridesFor(const std::set<std::string> &Files) const {
  Overrides Over = Shared ? *Shared : Overrides();
  for (const std::string &File : Files)
    if (auto It = All.find(File); It != All.end())
      Over[File] = It->second ? *It->second : std::string();
  return Over;
}

ParseRequest TreeState::requestFor(const std::string &File, const Overrides &Over) const {
  ParseRequest Request;
  Request.file = File;
  Request.overrides = Over.empty() ? nullptr : &Over;
  Request.no_pch = HeadersChanged || Plainly; // a header may be part of the precompiled one
  Request.bodies.headers = CensusHeaders;
  if (auto It = Variants.find(File); It != Variants.end())
    Request.variant = It->second;
  return Request;
}

ParseOutcome TreeState::compile(const std::string &File, const std::string &Variant, unsigned Worker) const {
  const Overrides Over = overridesFor({File});
  ParseRequest Request = requestFor(File, Over);
  Request.warn_unused = Request.no_pch = Request.bodies.all = true;
  if (!Variant.empty())
    Request.variant = Variant;
  return S.frontend().parse(Request, Worker, [](clang::ASTContext &, const std::vector<clang::Decl *> &, const ParseOutcome &) {});
}

void TreeState::parseOne(const std::string &File, const Demand &D, unsigned Worker, FileFacts &Facts, ParseOutcome &Outcome) {
  const Overrides Over = overridesFor({File});
  ParseRequest Request = requestFor(File, Over);
  Request.bodies.words = D.words;
  Request.bodies.names = D.names;
  Request.warn_unused = Watched.count(File) != 0;
  S.parseFor(std::move(Request), D, Worker, Facts, Outcome);
}

struct TreeState::ParseJob {
  TreeState *state;
  const std::string *file;
  const Demand *demand;
  FileFacts facts = {};
  ParseOutcome outcome = {};
};

void TreeState::run(std::vector<ParseJob> &Jobs) {
  if (Jobs.empty())
    return;
  const ScanOptions &O = Jobs.front().state->S.options();
  Progress *Told = O.progress.get();
  if (Told)
    Told->add(Jobs.size());
  parallelFor(O.jobs, Jobs.size(), [&](size_t N, unsigned Worker) {
    ParseJob &J = Jobs[N];
    J.state->parseOne(*J.file, *J.demand, Worker, J.facts, J.outcome);
    if (Told)
      Told->done();
  });
  for (ParseJob &J : Jobs) {
    TreeState &To = *J.state;
    To.S.noteMissing(J.outcome);
    std::string Cause = J.outcome.errors ? J.outcome.cause : std::string();
    if (J.outcome.errors && Cause.empty())
      Cause = std::to_string(J.outcome.errors) + " errors";
    if (J.outcome.parsed)
      To.DB->add(std::move(J.facts), *J.demand, Cause);
    else
      To.DB->addUnparsed(*J.file, *J.demand, Cause.empty() ? "it could not be parsed" : Cause);
    To.Outcomes[*J.file] = std::move(J.outcome);
    To.Outcomes[*J.file].inputs.clear(); // thousands of names that nobody asks for any more
  }
}

void TreeState::parse(const std::map<std::string, Demand> &Wanted) {
  std::vector<ParseJob> Jobs;
  for (const auto &[File, D] : Wanted)
    Jobs.push_back({this, &File, &D});
  run(Jobs);
  DB->link();
}

void TreeState::parseBoth(TreeState &One, const std::map<std::string, Demand> &OfOne, TreeState &Other, const std::map<std::string, Demand> &OfOther) {
  std::vector<ParseJob> Jobs;
  for (const auto &[File, D] : OfOne)
    Jobs.push_back({&One, &File, &D});
  for (const auto &[File, D] : OfOther)
    Jobs.push_back({&Other, &File, &D});
  run(Jobs);
  One.DB->link();
  Other.DB->link();
}

bool TreeState::settle(const std::function<bool()> &Ask, unsigned Rounds) {
  for (unsigned Round = 0; Round < Rounds; ++Round) {
    bool Done = Ask();
    std::map<std::string, Demand> Open = DB->takeDemands();
    std::vector<TextVariant> Variants = DB->takeVariants();
    if (Done || (Open.empty() && Variants.empty()))
      return Done;
    std::set<std::string> Mains;
    for (const TextVariant &V : Variants)
      Mains.insert(V.main);
    const Overrides Over = overridesFor(Mains);
    std::vector<VariantAnswer> Answers = S.showVariants(Variants, *DB, Over.empty() ? nullptr : &Over);
    for (size_t N = 0; N < Variants.size(); ++N)
      DB->addVariant(Variants[N], std::move(Answers[N]));
    if (!Open.empty())
      parse(Open);
  }
  return false;
}

void TreeState::parseLike(const TreeState &Other) {
  if (!Other.HeadersChanged || HeadersChanged || Plainly)
    return;
  Plainly = true;
  Outcomes.clear();
}

bool TreeState::adopt(TreeState &Other, const std::string &File, const Demand &D) {
  const ParseOutcome *Known = Other.outcome(File);
  auto Facts = Other.DB->files().find(File);
  if (!Known || Facts == Other.DB->files().end() || HeadersChanged || Other.HeadersChanged || !Other.DB->served(File).includes(D) ||
      (Watched.count(File) && !Other.Watched.count(File)) || read(File) != Other.read(File))
    return false;
  DB->add(Facts->second, Other.DB->served(File), Other.DB->problem(File));
  Outcomes[File] = *Known;
  DB->link();
  return true;
}

const ParseOutcome *TreeState::outcome(const std::string &File) const {
  auto It = Outcomes.find(File);
  return It == Outcomes.end() ? nullptr : &It->second;
}

} // namespace krcu
