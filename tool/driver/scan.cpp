// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/scan.h"
#include "tool/driver/barrier_rule.h"
#include "tool/driver/configured.h"
#include "matchers/names.h"
#include "tool/driver/plan.h"
#include "tool/index/outline_cache.h"
#include "tool/index/globals.h"
#include "tool/support/error.h"
#include "tool/support/parallel.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <functional>
#include <optional>
#include <system_error>

using namespace llvm;

namespace krcu {
namespace {

/// Runs `Work` on a thread, or at once if there is none to be had.
void startBeside(std::thread &On, std::function<void()> Work) {
  try {
    On = std::thread(Work);
  } catch (const std::system_error &) {
    Work();
  }
}

} // namespace

Expected<std::unique_ptr<Scan>> Scan::run(const ScanOptions &Options) {
  std::unique_ptr<Scan> S(new Scan(Options));
  // The tree, the vocabulary and what this tree's primitives wait for.
  if (Error E = S->open())
    return E;
  // One pass over all bytes; then every textual call of a deferral. From here on no call may disappear.
  S->takeCensusOf();
  // Most callbacks show in their text that they do more than free; only the others are worth a parse.
  S->glanceAtCallbacks();
  // Parse what can matter, link the facts, judge, and parse what the judgement found missing, until nothing is missing.
  if (Error E = S->parseAndJudge())
    return E;
  S->saveCache();
  return S;
}

Expected<std::unique_ptr<Scan>> Scan::prepare(const ScanOptions &Options, bool SemanticsLater) {
  std::unique_ptr<Scan> S(new Scan(Options));
  S->Options.leftovers = true; // the whole census
  if (Error E = S->open())
    return E;
  S->takeCensusOf();
  if (!SemanticsLater)
    if (Error E = S->awaitSemantics())
      return E;
  return S;
}

void Scan::leave(std::unique_ptr<Scan> S) {
  static auto *Left = new std::vector<std::unique_ptr<Scan>>; // never destroyed
  if (S)
    S->joinThreads();
  if (S && S->TheFrontend)
    S->TheFrontend->removeTemporaries();
  Left->push_back(std::move(S));
}

Error Scan::open() {
  {
    Timing::Phase P(Times, "rules");
    auto R = loadRules(Options.builtin_rules, Options.rules);
    if (!R)
      return R.takeError();
    TheRules = std::move(*R);
    auto T = Tree::open(Options.tree);
    if (!T)
      return T.takeError();
    TheTree = std::make_unique<Tree>(std::move(*T));
    if (!Options.module.empty())
      if (Error E = TheTree->mount(Options.module))
        return E;
  }
  if (Error E = checkSources(*TheTree))
    return E;
  // The probe reads a few directories, the index all of them: side by side.
  startBeside(Prober, [this] { Probed.emplace(probeSemantics(*TheTree, TheRules)); });
  if (Error E = buildIndex())
    return E;
  return openFrontend();
}

Error Scan::awaitSemantics() {
  if (Prober.joinable())
    Prober.join();
  if (!Probed)
    return Error::success(); // it has been asked for before
  Expected<Semantics> Found = std::move(*Probed);
  Probed.reset();
  if (!Found)
    return Found.takeError();
  TheSemantics = std::move(*Found);
  for (const std::string &A : Options.assume)
    if (Error E = assume(TheSemantics, A))
      return E;
  return Error::success();
}

void Scan::joinThreads() {
  for (std::thread *T : {&Prober, &Warmer})
    if (T->joinable())
      T->join();
}

Scan::~Scan() {
  joinThreads();
  if (Probed && !*Probed)
    consumeError(Probed->takeError());
}

Error Scan::buildIndex() {
  Timing::Phase P(Times, "index and semantics");
  if (Options.progress)
    Options.progress->phase("index");
  IndexOptions IO;
  IO.jobs = Options.jobs;
  if (Options.cache && (Options.cache->isFor(*TheTree) || !Options.cache->isUsed())) {
    Cache = Options.cache.get();
    if (Error E = Cache->isFor(*TheTree) ? Error::success() : Cache->look(*TheTree, Options.jobs))
      return E;
    IO.memory = Cache->memory();
  }
  auto I = Index::build(*TheTree, TheRules, IO);
  if (!I)
    return I.takeError();
  TheIndex = std::move(*I);
  for (const IndexedFile &F : TheIndex->files())
    if (!F.problem.empty())
      Warnings.push_back(F.path + ": " + F.problem);
  return Error::success();
}

Error Scan::openFrontend() {
  FrontendOptions FO;
  FO.jobs = Options.jobs;
  FO.use_pch = Options.use_pch;
  if (!Options.compile_commands.empty()) {
    auto C = CompileCommands::load(Options.compile_commands, *TheTree);
    if (!C)
      return C.takeError();
    FO.commands = *C;
    for (const std::string &W : FO.commands->warnings())
      Warnings.push_back(Options.compile_commands + ": " + W);
  }
  auto Flags = checkedFlags(Options.user_flags, *TheTree);
  if (!Flags)
    return Flags.takeError();
  FO.user_flags = std::move(*Flags);
  auto F = Frontend::create(*TheTree, *TheIndex, std::move(FO));
  if (!F)
    return F.takeError();
  TheFrontend = std::move(*F);
  startBeside(Warmer, [this] { TheFrontend->warmUp(); });
  learnModuleNames();
  if (Cache)
    Cache->begin(*TheTree, *TheIndex, *TheFrontend, Digester().addAll(ModuleNames).finish());
  DB = std::make_unique<Database>(*TheIndex, TheRules, Options.jobs);
  tellModuleNames(*DB);
  DB->setConditions([this](const std::string &File, const std::vector<std::string> &Around) { return TheFrontend->compiles(File, Around); });
  teachModules(*DB);
  limit(*DB);
  return TheTree->mounted().empty() ? Error::success() : checkModule();
}

void Scan::teachModules(Database &To) {
  auto Contents = [this](const std::string &File) {
    ModuleContents M{TheFrontend->filesOfModule(File), {}};
    for (const std::string &Object : TheFrontend->missingOfModule(File))
      M.missing.push_back({MissingPart::NoSource, Object, TheTree->shown(Object)});
    for (const std::string &Flaw : TheFrontend->flawsOfModule(File))
      M.missing.push_back({MissingPart::Cut, StringRef(Flaw).split(':').first.str(), Flaw});
    int Id = TheIndex->find(File);
    const bool Named = !TheFrontend->moduleOf(File).name.empty();
    if (!Named && M.missing.empty() && StringRef(File).ends_with(".c") && Id >= 0 && TheIndex->includersOf(File).empty())
      M.missing.push_back({MissingPart::NoMakefile, File, TheTree->shown(File)});
    return M;
  };
  To.setModules(Contents, [this](const std::string &File) { return TheTree->read(File); });
}

std::vector<std::string> Scan::warnings() const {
  std::vector<std::string> All = Warnings;
  std::vector<std::string> Notes = missingHeaders();
  All.insert(All.end(), Notes.begin(), Notes.end());
  Notes = TheFrontend->notes();
  All.insert(All.end(), Notes.begin(), Notes.end());
  return All;
}

/// What only the makefiles of an external module can tell: whether there is a module at all, and which headers come in by a flag.
Error Scan::checkModule() {
  Kconfig *K = TheFrontend->kconfig();
  auto Modules = externalModules(*TheTree, TheTree->mounted(), K ? K->values() : std::map<std::string, std::string>());
  if (!Modules)
    return Modules.takeError();
  Outside = std::move(*Modules);
  std::set<std::string> Flaws;
  for (const ExternalModule &M : Outside)
    Flaws.insert(M.flaws.begin(), M.flaws.end());
  Warnings.insert(Warnings.end(), Flaws.begin(), Flaws.end());
  for (const ExternalModule &M : Outside)
    for (const std::string &Path : M.outside)
      Warnings.push_back("module " + M.name + ": its makefile names " + Path + ", which lies outside " + TheTree->mounted() +
                         " and the kernel tree; it is not used. Give a directory that holds both");
  const std::string Mount = Tree::MountPoint.str() + "/";
  std::set<std::pair<uint32_t, std::string>> Known;
  for (const ExternalModule &M : Outside)
    for (const auto &[File, Sets] : M.flags)
      for (const Kbuild::FlagSet &Set : Sets)
        for (const std::vector<std::string> *Flags : {&Set.front, &Set.back})
          for (size_t N = 0; N + 1 < Flags->size(); ++N)
            if (int Id = TheIndex->find(Mount + File); Id >= 0 && (*Flags)[N] == "-include")
              if (auto Header = TheTree->relative((*Flags)[N + 1]); Header && Known.insert({static_cast<uint32_t>(Id), *Header}).second)
                TheIndex->addInclude(static_cast<uint32_t>(Id), *Header);
  return Error::success();
}

void Scan::tellModuleNames(Database &Of) const {
  Of.setModuleNames(ModuleNames);
  Of.forbid(OtherHome); // no file, so nothing to be parsed
}

void Scan::learnModuleNames() {
  for (uint32_t Id = 0; Id < TheIndex->files().size(); ++Id)
    if (TheTree->isMounted(TheIndex->files()[Id].path))
      if (auto Text = TheIndex->text(Id))
        ModuleNames.merge(globalsOf(*Text));
  TheIndex->setHiding(ModuleNames);
}

/// A line for each module that lacks headers.
std::vector<std::string> Scan::missingHeaders() const {
  std::map<std::string, std::set<std::string>> Headers, Files; // by module
  for (const auto &[File, Names] : Lacking) {
    std::string Module = "?";
    for (const ExternalModule &M : Outside)
      if (is_contained(M.files, StringRef(File).substr(Tree::MountPoint.size() + 1)))
        Module = M.name;
    Headers[Module].insert(Names.begin(), Names.end());
    Files[Module].insert(File);
  }
  std::vector<std::string> Lines;
  for (const auto &[Module, Names] : Headers) {
    const std::set<std::string> &From = Files[Module];
    std::string Line = (Module == "?" ? std::string("files of no module") : "module " + Module) + ": not found: " + join(Names, ", ") + " (included by " + *From.begin() +
                       (From.size() > 1 ? " and " + std::to_string(From.size() - 1) + " more" : "") +
                       "); give --include-dir DIR where they are, or --include FILE and --define NAME=VALUE in place of what a configure script makes";
    for (const ExternalModule &M : Outside)
      if (M.name == Module && !M.unknown.empty())
        Line += "; the makefile has " + join(M.unknown, ", ") + ", where ? is what a command would print";
    Lines.push_back(std::move(Line));
  }
  return Lines;
}

/// A module that asks which kernel it is compiled for is compiled for others, too, and of those nothing is known.
void Scan::noteOtherKernels() {
  if (TheTree->mounted().empty())
    return;
  std::map<std::string, Location> Asking; // by module
  for (SiteReport &R : Sites) {
    if (R.cls != SiteClass::Convert)
      continue;
    auto [It, New] = Asking.try_emplace(moduleFact(R.census.where.file).module);
    std::vector<std::string> Own = New ? TheFrontend->filesOfModule(R.census.where.file) : std::vector<std::string>();
    for (size_t N = 0; New && N < TheRules.version_macros.size() && !It->second.valid(); ++N)
      for (uint32_t Id : DB->mentioning(TheRules.version_macros[N])) {
        const std::string &File = TheIndex->files()[Id].path;
        if (TheTree->isMounted(File) && (is_contained(Own, File) || !StringRef(File).ends_with(".c")) && !It->second.valid())
          It->second = {File, DB->tokens(File, TheRules.version_macros[N]).front().line, 1};
      }
    R.other_kernels = It->second;
  }
}

bool Scan::wantsPath(const std::string &File) const {
  if (!TheTree->isSubject(File))
    return false;
  if (Options.paths.empty())
    return true;
  return std::any_of(Options.paths.begin(), Options.paths.end(), [&](const std::string &P) {
    return File == P || (StringRef(File).starts_with(P) && (StringRef(P).ends_with("/") || File[P.size()] == '/'));
  });
}

void Scan::takeCensusOf() {
  Timing::Phase P(Times, "census");
  std::vector<CensusEntry> Whole = takeCensus(*TheIndex, TheRules, Options.jobs);
  if (Options.leftovers)
    WholeCensus = Whole;
  for (CensusEntry &E : Whole) {
    if (!wantsPath(E.where.file) || E.kind == CensusKind::Reference ||
        (E.kind == CensusKind::MacroBody && E.callback.empty())) // an alias: its uses are found by the other name
      continue;
    const DeferralRule *D = TheRules.deferral(E.deferral);
    if (D->flavour != "rcu") {
      if (E.kind == CensusKind::Call)
        ++OtherFlavours[E.deferral];
      continue;
    }
    if (StringRef(E.where.file).ends_with(".h"))
      CensusHeaders.insert(E.where.file);
    Census.push_back(std::move(E));
  }
}

void Scan::glanceAtCallbacks() {
  if (!Options.glance)
    return;
  Timing::Phase P(Times, "glance");
  std::vector<std::optional<GlanceFinding>> Slots(Census.size()), Others(Census.size());
  std::vector<std::unique_ptr<Glancer>> Workers;
  for (unsigned W = 0; W < std::max(1u, Options.jobs); ++W)
    Workers.push_back(std::make_unique<Glancer>(*TheIndex, TheRules));
  parallelFor(Options.jobs, Census.size(), [&](size_t N, unsigned Worker) {
    std::string Callback = Census[N].kind == CensusKind::Call ? callbackName(Census[N]) : std::string();
    if (Callback.empty())
      return;
    Slots[N] = Workers[Worker]->moreThanFree(Census[N].where.file, Callback);
    if (!Slots[N] && !Options.verdict.families.empty())
      Others[N] = Workers[Worker]->anotherFamily(Census[N].where.file, Callback, Options.verdict.families);
  });
  for (size_t N = 0; N < Census.size(); ++N) {
    if (Slots[N])
      Glances.more_than_free.emplace(std::pair(Census[N].where.file, Census[N].offset), *Slots[N]);
    if (Others[N])
      Glances.another_family.emplace(std::pair(Census[N].where.file, Census[N].offset), *Others[N]);
  }
}

ModuleFact Scan::moduleFact(const std::string &File) {
  auto It = Modules.find(File);
  if (It != Modules.end())
    return It->second;
  ModuleInfo Info = TheFrontend->moduleOf(File);
  ModuleFact Fact;
  Fact.module = Info.name;
  Fact.outside = TheTree->isMounted(File);
  Fact.symbol = Info.module_symbol;
  Fact.evidence = Info.evidence;
  if (Info.always_built_in) {
    Fact.can_be_module = false;
  } else if (!Info.module_symbol.empty()) {
    Kconfig *K = TheFrontend->kconfig();
    auto Symbol = K ? K->symbol(Info.module_symbol) : std::nullopt;
    // Nobody is asked about it, and whatever selects it is built in itself.
    bool Selected = Symbol && Symbol->type == SymbolType::Tristate && !Symbol->prompt && K->canBeSet(Info.module_symbol) && !K->canBeModule(Info.module_symbol);
    if (Symbol && (Symbol->type == SymbolType::Bool || Selected))
      Fact.can_be_module = false;
    if (Symbol)
      Fact.evidence.push_back({Symbol->file, Symbol->line, "", "CONFIG_" + Info.module_symbol + (Fact.can_be_module ? " may be a module" : Selected ? " is never m: only what is yes or no selects it" : " is yes or no: always built in")});
  }
  if (Info.name.empty() && Fact.can_be_module)
    takeFromIncluders(File, Fact);
  return Modules.emplace(File, Fact).first->second;
}

/// A fragment is a part of what includes it: no module if none of these is one.
void Scan::takeFromIncluders(const std::string &File, ModuleFact &Fact) {
  if (StringRef(File).ends_with(".c") && TheIndex->includersOf(File).empty())
    return;
  EvidenceList Why;
  for (uint32_t Id : TheIndex->transitiveIncludersOf(File)) {
    const std::string &Includer = TheIndex->files()[Id].path;
    if (!StringRef(Includer).ends_with(".c"))
      continue;
    ModuleFact Of = moduleFact(Includer);
    if (Of.can_be_module)
      return;
    Why.insert(Why.end(), Of.evidence.begin(), Of.evidence.end());
  }
  Fact.can_be_module = Why.empty();
  Fact.evidence.insert(Fact.evidence.end(), Why.begin(), Why.end());
}

ModuleScope Scan::moduleScope(const std::string &File) { return {moduleFact(File).module, TheFrontend->filesOfModule(File)}; }

std::map<std::string, Demand> Scan::plan() {
  Timing::Phase P(Times, "plan");
  std::vector<CensusEntry> Open;
  for (const CensusEntry &E : Census)
    if (!Glances.settle(E.where.file, E.offset))
      Open.push_back(E);
  std::map<std::string, Demand> Result = planFirstParse(*TheIndex, TheRules, Open, Options.jobs);
  // The census has made those of all files with a call; most are settled, and the parses need the memory.
  TheIndex->outlines().forgetOthers([&](const std::string &File) { return Result.count(File) != 0; });
  return Result;
}

Error Scan::extract(const ScanOptions &Options, const Shard &Mine, const std::string &File) {
  Scan S(Options);
  if (Error E = S.open())
    return E;
  S.takeCensusOf();
  S.glanceAtCallbacks();
  std::vector<ParseTask> Tasks = S.tasksFor(S.plan());
  std::erase_if(Tasks, [&](const ParseTask &T) { return !Mine.has(T.files.front()); });
  S.preparePch(Tasks);
  {
    Timing::Phase P(S.Times, "parse candidates");
    parallelFor(Options.jobs, Tasks.size(), [&](size_t N, unsigned Worker) { S.parseOne(Tasks[N], Worker); });
  }
  if (!S.Cache)
    return fail("extract: there is nothing that could keep the facts");
  if (Error E = S.Cache->writeFacts(File, Mine, S.TheTree->version()))
    return E;
  S.Cache->save();
  return Error::success();
}

Error Scan::parseAndJudge() {
  std::map<std::string, Demand> Wanted = plan();
  preparePch(tasksFor(Wanted));
  Judge J(*DB, TheSemantics, [this](const std::string &F) { return moduleFact(F); }, Options.verdict);
  J.useGlances(&Glances);
  if (Error E = settle(J, std::move(Wanted)))
    return E;
  // What an #if has hidden so far is looked for under other configurations; a callback found there may ask for more.
  for (int Round = 0; Round < 3; ++Round) {
    bool Shown = false;
    {
      Timing::Phase P(Times, "other configurations");
      Shown = parseAll({}, newlyHidden(hiddenLines()));
    }
    if (!Shown)
      break;
    if (Error E = settle(J, {}))
      return E;
  }
  if (Error E = judgeConfigured())
    return E;
  noteOtherKernels();
  for (ParseProblem &P : Problems)
    P.has_site = std::any_of(Census.begin(), Census.end(), [&](const CensusEntry &E) { return E.where.file == P.file; });
  std::sort(Problems.begin(), Problems.end(), [](const ParseProblem &A, const ParseProblem &B) { return A.file < B.file; });
  return Error::success();
}

/// Parses what is wanted and judges, until nothing is missing any more.
Error Scan::settle(Judge &J, std::map<std::string, Demand> Wanted) {
  bool Partial = false; // rounds in between look only at what was open; the last one looks at everything
  HiddenLines Hidden = newlyHidden(plainlyHidden());
  for (int Round = 0; Round < 32; ++Round) {
    {
      Timing::Phase P(Times, Round ? "parse for the proof" : "parse candidates");
      parseAll(Wanted, Hidden);
      Hidden.clear();
    }
    if (Error E = awaitSemantics()) // nothing before needed them
      return E;
    Timing::Phase P(Times, "judge");
    if (Options.progress)
      Options.progress->phase("judge");
    bool Done = J.judge(Census, Sites, Partial) && (Partial || findLeftovers(Sites));
    Wanted = DB->takeDemands();
    std::vector<TextVariant> Variants = DB->takeVariants();
    bool More = !Wanted.empty() || !Variants.empty();
    if ((Done || !More) && !Partial)
      break;
    Partial = More && Round < 30;
    if (Variants.empty())
      continue;
    Timing::Phase Other(Times, "other branches");
    std::vector<VariantAnswer> Answers = showVariants(Variants, *DB);
    for (size_t N = 0; N < Variants.size(); ++N)
      DB->addVariant(Variants[N], std::move(Answers[N]));
  }
  return Error::success();
}

bool Scan::findLeftovers(std::vector<SiteReport> &Reports) {
  if (!Options.leftovers)
    return true;
  auto ScopeOf = [this](const std::string &File) { return moduleScope(File); };
  if (!Leftover)
    Leftover = std::make_unique<LeftoverSearch>(*DB, TheSemantics, ScopeOf, WholeCensus);
  if (!Leftover->search(Reports))
    return false;
  keepWhatTheRuleNeeds(*this, WholeCensus, Reports);
  return true;
}

std::vector<Verdict> Scan::judgeWithout(const std::string &File) {
  Database Copy = *DB;
  Copy.forbid(File);
  Copy.link();
  Judge J(Copy, TheSemantics, [this](const std::string &F) { return moduleFact(F); }, Options.verdict);
  J.useGlances(&Glances);
  std::vector<SiteReport> Reports;
  J.judge(Census, Reports);
  std::vector<Verdict> Result;
  for (const SiteReport &R : Reports)
    Result.push_back(R.verdict);
  return Result;
}

} // namespace krcu
