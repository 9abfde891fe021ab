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

TreeState::TreeState(const TreeState &From, const Texts &Others) : S(From.S), All(From.All), Changed(From.Changed) {
  bool Probe = false;
  std::set<std::string> Paths;
  for (const auto &[Path, Text] : Others) {
    All[Path] = Text;
    Paths.insert(Path);
    Probe = Probe || mayChangeSemantics(Path);
  }
  for (const auto &[Path, Text] : All) {
    HeadersChanged = HeadersChanged || StringRef(Path).ends_with(".h");
    if (StringRef(Path).ends_with(".c") || StringRef(Path).ends_with(".h"))
      Overrides[Path] = Text.value_or("");
  }
  Own = std::make_unique<OverlayIndex>(S.index(), All, From.Own.get());
  DB = std::make_unique<Database>(*Own, S.rules(), S.options().jobs);
  S.teachModules(*DB);
  S.limit(*DB);
  S.tellModuleNames(*DB);
  DB->inherit(*From.DB, Paths);
  if (!HeadersChanged)
    for (const auto &[File, Outcome] : From.Outcomes)
      if (!Paths.count(File))
        Outcomes.emplace(File, Outcome);
  Census = censusWith(*Own, S.rules(), From.Census, Others);
  for (const CensusEntry &E : Census)
    if (StringRef(E.where.file).ends_with(".h"))
      CensusHeaders.insert(E.where.file);
  if (Probe) {
    Tree T = S.tree();
    T.overlay(All);
    if (auto Probed = probeSemantics(T, S.rules())) {
      Changed = std::move(*Probed);
      for (const std::string &Name : S.options().assume)
        llvm::consumeError(assume(*Changed, Name)); // it was fine before
    } else {
      llvm::consumeError(Probed.takeError());
    }
  }
}

std::optional<std::string> TreeState::read(const std::string &File) const {
  auto It = All.find(File);
  return It != All.end() ? It->second : S.tree().read(File);
}

ParseRequest TreeState::requestFor(const std::string &File) const {
  ParseRequest Request;
  Request.file = File;
  Request.overrides = overrides();
  Request.no_pch = HeadersChanged; // a header may be part of the precompiled one
  Request.bodies.headers = CensusHeaders;
  if (auto It = Variants.find(File); It != Variants.end())
    Request.variant = It->second;
  return Request;
}

ParseOutcome TreeState::compile(const std::string &File, const std::string &Variant, unsigned Worker) const {
  ParseRequest Request = requestFor(File);
  Request.warn_unused = Request.no_pch = Request.bodies.all = true;
  if (!Variant.empty())
    Request.variant = Variant;
  return S.frontend().parse(Request, Worker, [](clang::ASTContext &, const std::vector<clang::Decl *> &, const ParseOutcome &) {});
}

void TreeState::parseOne(const std::string &File, const Demand &D, unsigned Worker, FileFacts &Facts, ParseOutcome &Outcome) {
  ParseRequest Request = requestFor(File);
  Request.bodies.words = D.words;
  Request.bodies.names = D.names;
  Request.warn_unused = Watched.count(File) != 0;
  S.parseFor(std::move(Request), D, Worker, Facts, Outcome);
}

void TreeState::parse(const std::map<std::string, Demand> &Wanted) {
  std::vector<const std::pair<const std::string, Demand> *> Jobs;
  for (const auto &Each : Wanted)
    Jobs.push_back(&Each);
  std::vector<FileFacts> Facts(Jobs.size());
  std::vector<ParseOutcome> Results(Jobs.size());
  Progress *Told = S.options().progress.get();
  if (Told)
    Told->add(Jobs.size());
  parallelFor(S.options().jobs, Jobs.size(), [&](size_t N, unsigned Worker) {
    parseOne(Jobs[N]->first, Jobs[N]->second, Worker, Facts[N], Results[N]);
    if (Told)
      Told->done();
  });
  for (size_t N = 0; N < Jobs.size(); ++N) {
    const auto &[File, D] = *Jobs[N];
    S.noteMissing(Results[N]);
    std::string Cause = Results[N].errors ? Results[N].cause : std::string();
    if (Results[N].errors && Cause.empty())
      Cause = std::to_string(Results[N].errors) + " errors";
    if (Results[N].parsed)
      DB->add(std::move(Facts[N]), D, Cause);
    else
      DB->addUnparsed(File, D, Cause.empty() ? "it could not be parsed" : Cause);
    Outcomes[File] = std::move(Results[N]);
    Outcomes[File].inputs.clear(); // thousands of names that nobody asks for any more
  }
  DB->link();
}

bool TreeState::settle(const std::function<bool()> &Ask, unsigned Rounds) {
  for (unsigned Round = 0; Round < Rounds; ++Round) {
    bool Done = Ask();
    std::map<std::string, Demand> Open = DB->takeDemands();
    std::vector<TextVariant> Variants = DB->takeVariants();
    if (Done || (Open.empty() && Variants.empty()))
      return Done;
    std::vector<VariantAnswer> Answers = S.showVariants(Variants, *DB, overrides());
    for (size_t N = 0; N < Variants.size(); ++N)
      DB->addVariant(Variants[N], std::move(Answers[N]));
    if (!Open.empty())
      parse(Open);
  }
  return false;
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
