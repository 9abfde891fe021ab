// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/commands.h"
#include "tool/main/config_option.h"
#include "tool/main/edits_text.h"
#include "tool/main/flag_options.h"
#include "tool/main/flags_text.h"
#include "tool/main/names.h"
#include "tool/main/paths.h"
#include "tool/main/places.h"
#include "tool/main/recall.h"
#include "tool/main/slim_patch.h"
#include "tool/main/slim_series.h"
#include "tool/driver/patch.h"
#include "tool/driver/scan.h"
#include "tool/driver/site_text.h"
#include "tool/pages/pages.h"
#include "tool/report/report.h"
#include "tool/report/sarif.h"
#include "tool/report/terminal.h"
#include "tool/report/version.h"
#include "tool/rewrite/inplace.h"
#include "tool/rewrite/rewrite.h"
#include "tool/series/git.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "tool/support/parallel.h"
#include "tool/support/sink.h"
#include "tool/semantics/why.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cstdio>

using namespace llvm;

namespace krcu {
namespace {

constexpr int Nothing = 0, Findings = 1, Failed = 2;

int error(Error E) {
  clearProgress();
  std::fprintf(stderr, "krcu: %s\n", message(std::move(E)).c_str());
  return Failed;
}

int print(const Options &O, const std::string &Text, int Status, StringRef Format = "") {
  if (Error E = writeResult(O.print, Text, Format.empty() ? StringRef(O.format) : Format))
    return error(std::move(E));
  return Status;
}

void printSlowest(Scan &S);

Expected<ScanOptions> scanOptions(const Options &O, const char *Executable) {
  ScanOptions S;
  S.tree = O.kernel.empty() ? O.tree : O.kernel;
  S.module = O.kernel.empty() ? "" : O.tree;
  auto Rules = findBuiltinRules(Executable);
  if (!Rules)
    return Rules.takeError();
  S.builtin_rules = *Rules;
  S.rules = O.rules;
  S.assume = O.assume;
  S.compile_commands = O.compile_commands;
  S.user_flags = O.user_flags;
  S.jobs = O.jobs ? O.jobs : defaultJobs();
  S.use_pch = !O.no_pch;
  S.glance = !O.parse_all;
  S.progress = progressOf(O.print);
  S.verdict.allow_hurry = O.allow_hurry;
  S.verdict.families = {O.families.begin(), O.families.end()};
  if (Error E = checkRuleNames(*Rules, O.rules, O.assume, O.families))
    return E;
  auto Config = readConfig(O.config, O.compile_commands, S.tree);
  if (!Config)
    return Config.takeError();
  S.config = std::move(*Config);
  auto T = openTree(S);
  if (!T)
    return T.takeError();
  for (const std::string &P : O.paths) {
    auto Found = findPathList(*T, P);
    if (!Found)
      return Found.takeError();
    S.paths.insert(S.paths.end(), Found->begin(), Found->end());
  }
  // The whole tree restricts nothing.
  if (std::find(S.paths.begin(), S.paths.end(), S.module.empty() ? "." : Tree::MountPoint.str()) != S.paths.end())
    S.paths.clear();
  return S;
}

/// What went wrong in files of the tree.
std::string warningsOf(Scan &S) {
  std::string Text;
  for (const std::string &W : S.warnings())
    Text += "krcu: warning: " + S.tree().shown(W) + "\n";
  // One line: the others mostly follow from it.
  if (std::vector<Frontend::TreeError> Errors = S.frontend().treeErrors(); !Errors.empty() && Errors.front().files > 1)
    Text += "krcu: warning: a header of the tree does not parse: " + S.tree().shown(Errors.front().text) + " (seen from " +
            std::to_string(Errors.front().files) + " files" +
            (Errors.size() > 1 ? "; " + std::to_string(Errors.size() - 1) + " more such errors" : "") +
            "); what depends on it is left for review\n";
  return Text;
}

/// Everything that is no result goes to standard error, so that a report stays a report.
void printWarnings(Scan &S, const Recall &R, bool Stats, const PrintOptions &Print) {
  clearProgress();
  if (Print.quiet)
    return;
  std::fputs(forTerminal(warningsOf(S)).c_str(), stderr);
  R.printNotes();
  if (!Stats)
    return;
  std::fprintf(stderr, "%s", statsText(S.timing().phases()).c_str());
  const Frontend::Stats &F = S.frontend().stats;
  std::fprintf(stderr, "%-24s %8zu\n%-24s %8llu MB\n", "files indexed", S.index().files().size(), "bytes read",
               static_cast<unsigned long long>(S.index().bytesRead() >> 20));
  for (auto [What, Count] : {std::pair("files parsed", S.filesParsed()), {"parses", F.parses.load()}, {"second tries", F.retries.load()},
                             {"most parses of a file", S.frontend().maxParsesOfAFile()},
                             {"headers precompiled", F.pch_files.load()}, {"headers of earlier runs", F.pch_kept.load()}})
    std::fprintf(stderr, "%-24s %8u\n", What, Count);
  std::vector<Frontend::TreeError> Errors = S.frontend().treeErrors();
  std::fprintf(stderr, "%-24s %8zu\n", "errors of the tree", Errors.size());
  for (const Frontend::TreeError &E : Errors)
    std::fprintf(stderr, "  %u  %s\n", E.files, onOneLine(S.tree().shown(E.text)).c_str());
  R.printStats();
  printSlowest(S);
}

void printSlowest(Scan &S) {
  std::vector<std::pair<double, std::string>> Slowest;
  for (const auto &[File, Seconds] : S.fileSeconds())
    Slowest.emplace_back(Seconds, File);
  std::sort(Slowest.rbegin(), Slowest.rend());
  std::fprintf(stderr, "slowest files\n");
  for (size_t N = 0; N < Slowest.size() && N < 10; ++N)
    std::fprintf(stderr, "%10.3f s  %s\n", Slowest[N].first, onOneLine(S.tree().shownFile(Slowest[N].second)).c_str());
}

ReportInput reportOf(Scan &S, const std::vector<SiteReport> &Sites, const Options &O, const char *Command) {
  ReportInput In;
  In.asked = askedOf(O.print, Command, S.tree());
  In.tree_version = S.tree().version();
  In.semantics = &S.semantics();
  In.sites = &Sites;
  In.configured = &S.configured();
  In.config = S.options().config.get();
  In.other_flavours = S.otherFlavours();
  for (const ParseProblem &P : S.problems())
    In.problems.push_back({P.file, P.cause, P.built});
  In.all = O.all;
  In.width = widthOf(O.print);
  In.colour = isColoured(O.print);
  return In;
}

/// What a user does next: the change, or else the first thing to look at.
std::string nextStep(const Options &O, const std::vector<SiteReport> &Sites) {
  auto First = [&](SiteClass C) { return find_if(Sites, [&](const SiteReport &R) { return R.cls == C; }); };
  if (First(SiteClass::Convert) != Sites.end()) {
    std::vector<std::string> Arguments = decidingArguments(O.print.arguments);
    for (size_t N = 0; N < Arguments.size();) { // what only a scan has
      StringRef A = Arguments[N];
      const bool Alone = A == "--all" || A.starts_with("--fail-on=") || A.starts_with("--baseline=") || A.starts_with("--config="), Value = A == "--fail-on" || A == "--baseline" || A == "--config";
      if (Alone || Value)
        Arguments.erase(Arguments.begin() + static_cast<std::ptrdiff_t>(N), Arguments.begin() + static_cast<std::ptrdiff_t>(std::min(N + 1 + Value, Arguments.size())));
      else
        ++N;
    }
    return commandLine("patch", Arguments) + "  (the conversions as a diff)";
  }
  for (SiteClass C : {SiteClass::Review, SiteClass::Unsafe}) {
    auto It = First(C);
    if (It == Sites.end())
      continue;
    std::vector<std::string> Arguments;
    for (const auto &[Name, Values] : {std::pair<const char *, std::vector<std::string>>("--assume", O.assume), {"--rules", O.rules}, {"--config", O.config.empty() ? std::vector<std::string>() : std::vector<std::string>{O.config}}})
      for (const std::string &V : Values)
        Arguments.insert(Arguments.end(), {Name, V});
    if (!O.kernel.empty())
      Arguments.insert(Arguments.end(), {"--kernel", O.kernel});
    Arguments.insert(Arguments.end(), {O.tree, It->census.where.file + ":" + std::to_string(It->census.where.line)});
    return commandLine("explain", Arguments) + "  (what shows it)";
  }
  return "";
}

std::vector<std::string> problemLines(const Scan &S) {
  std::vector<std::string> Result;
  for (const ParseProblem &P : S.problems())
    Result.push_back(P.file + ": " + P.cause);
  return Result;
}

/// An empty result because nothing could be looked at is no result. What --family leaves out nobody wanted to look at.
Error somethingWasParsed(const Scan &S, const std::vector<SiteReport> &Sites) {
  std::map<std::string, unsigned> Counts = classCounts(Sites);
  const bool Any = Counts["convert"] + Counts["unsafe"] + Counts["review"] + Counts["refuse"] != 0;
  const bool Tried = any_of(Sites, [](const SiteReport &R) { return R.cls == SiteClass::NotParsed && R.reason != Reason::NotLookedAt; });
  if (Any || !Tried || S.problems().empty() || S.problems().size() < S.filesParsed())
    return Error::success();
  const ParseProblem &First = S.problems().front();
  return nothingWasParsed(S.tree().shown(First.file + ": " + First.cause));
}

/// Without the sites that --baseline has already.
Error leaveOutKnown(Scan &S, std::vector<SiteReport> &Sites, const Options &O) {
  if (O.gate.baseline.empty())
    return Error::success();
  auto Known = knownEntries(S.tree().shown(scanJson(reportOf(S, Sites, O, "scan"))), O.gate.baseline);
  if (!Known)
    return Known.takeError();
  std::vector<SiteReport> New;
  for (size_t N = 0; N < Sites.size(); ++N)
    if (!(*Known)[N])
      New.push_back(std::move(Sites[N]));
  tell(O.print.quiet, "note", std::to_string(Sites.size() - New.size()) + " of " + counted(Sites.size(), "call") + " are as in " + O.gate.baseline + " and left out");
  Sites = std::move(New);
  return Error::success();
}

/// The sites as a page, for a scan or an explain.
Expected<std::string> sitePage(Scan &S, const std::vector<SiteReport> &Sites, const Options &O, const char *Command) {
  auto Timelines = timelinesIn(S.options().builtin_rules);
  if (!Timelines)
    return Timelines.takeError();
  std::vector<SiteText> Texts = siteTexts(S, Sites);
  ReportInput In = reportOf(S, Sites, O, Command);
  In.texts = &Texts;
  return htmlOf(pages::scanPage(In, *Timelines), S.tree(), S.options().builtin_rules, O.print, {Sites.size() == 1, true, {}});
}

int runScan(const Options &O, ScanOptions SO) {
  SO.verdict.callee_barriers = !SO.module.empty() || O.format == "html"; // a module has few sites; a page shows each way
  SO.leftovers = O.format == "html";
  Recall Past(O, O.gate.baseline.empty() ? "scan" : "");
  if (Error E = Past.open(SO))
    return error(std::move(E));
  if (auto Status = Past.replay())
    return *Status;
  auto S = Scan::run(SO);
  if (!S)
    return error(S.takeError());
  std::vector<SiteReport> Sites = (*S)->sites();
  markRemovals(**S, Sites);
  (*S)->findLeftovers(Sites);
  if (Error E = leaveOutKnown(**S, Sites, O))
    return error(std::move(E));
  ReportInput In = reportOf(**S, Sites, O, "scan");
  In.next = nextStep(O, Sites);
  std::vector<SiteText> Texts;
  if (O.format == "json" || O.format == "sarif") {
    Texts = siteTexts(**S, Sites);
    In.texts = &Texts;
  }
  printWarnings(**S, Past, O.stats, O.print);
  bool Any = any_of(Sites, [&](const SiteReport &R) { return failsOn(O.gate, className(R.cls)); });
  std::string Text;
  if (O.format == "html") {
    auto Page = sitePage(**S, Sites, O, "scan");
    if (!Page)
      return error(Page.takeError());
    Text = std::move(*Page);
  } else
    Text = (*S)->tree().shown(O.format == "sarif"  ? scanSarif(In, problemLines(**S))
                                            : O.format == "json" ? scanJson(In)
                                                                 : scanText(In));
  if (Error E = somethingWasParsed(**S, Sites)) {
    print(O, Text, Failed);
    return error(std::move(E));
  }
  Past.keep({Any ? Findings : Nothing, Text, warningsOf(**S)}, (*S)->tree());
  Scan::leave(std::move(*S));
  return print(O, Text, Any ? Findings : Nothing);
}

int runPatch(Options O, ScanOptions SO) {
  O.series.quiet = O.print.quiet;
  if (Error E = checkSeriesOptions(O.series, SO))
    return error(std::move(E));
  if (Error E = findPaths(O.series, SO))
    return error(std::move(E));
  if (O.drop_barriers && !O.series.branch.empty())
    if (unsigned Unseen = series::sparseFiles(SO.tree))
      return error(fail("--drop-barriers: this is a sparse checkout without " + std::to_string(Unseen) + " files of the commit, and any of them may queue what a barrier waits for; leave it away, or check them out"));
  // A plain diff needs the verdicts only; a series tells the whole story, and dropping a barrier needs it.
  SO.leftovers = SO.verdict.whole_life = SO.verdict.callee_barriers = O.drop_barriers || (O.series.wanted() && !O.slim_heads);
  // Only a plain diff rests on the tree alone: a series has dates and names, and writing is to be done each time.
  // Smaller heads rest on texts that the cache does not watch, too.
  Recall Past(O, O.series.wanted() || O.in_place || O.slim_heads ? "" : "patch");
  if (Error E = Past.open(SO))
    return error(std::move(E));
  if (auto Status = Past.replay())
    return *Status;
  auto S = Scan::run(SO);
  if (!S)
    return error(S.takeError());
  std::vector<SiteReport> Sites = (*S)->sites();
  Expected<Patch> P = Patch();
  std::optional<slim::SlimResult> Slim;
  if (O.slim_heads) {
    auto Choice = slimChoice(O.series);
    if (!Choice)
      return error(Choice.takeError());
    auto Made = slim::slimHeads(**S, Sites, *Choice);
    if (!Made)
      return error(Made.takeError());
    Slim = std::move(*Made);
    P = patchOf(*Slim, **S);
  } else {
    Timing::Phase Phase((*S)->timing(), "rewrite and verify");
    auto Choice = patchChoice(O.series, **S, O.drop_barriers);
    if (!Choice)
      return error(Choice.takeError());
    P = makePatch(**S, Sites, SO.jobs, *Choice);
  }
  if (!P)
    return error(P.takeError());
  std::string Notes;
  for (const std::string &R : P->refused)
    Notes += "krcu: " + R + "\n";
  for (const std::string &N : P->notes)
    Notes += "krcu: note: " + N + "\n";
  if (auto It = find_if(Sites, [](const SiteReport &R) { return R.cls == SiteClass::Convert && R.other_kernels.valid(); }); It != Sites.end())
    Notes += "krcu: note: the conversions hold for Linux " + (*S)->tree().version() + " only: the module is compiled for other kernels, too (" +
             It->other_kernels.file + ":" + std::to_string(It->other_kernels.line) + "); ask krcu about each of them\n";
  Notes = (*S)->tree().shown(Notes);
  clearProgress();
  if (!O.print.quiet)
    std::fputs(forTerminal(Notes).c_str(), stderr);
  printWarnings(**S, Past, O.stats, O.print);
  if (Error E = somethingWasParsed(**S, Sites))
    return error(std::move(E));
  int Status = P->files.empty() || !O.series.exit_code ? Nothing : Findings;
  if (O.series.wanted() && Slim) {
    auto Text = makeSlimSeries(**S, *Slim, O.series, SO);
    return Text ? print(O, *Text, Status) : error(Text.takeError());
  }
  if (O.series.wanted()) {
    auto Text = makeSeriesFor(**S, Sites, *P, O.series, SO, (*S)->tree().shown(scanJson(reportOf(**S, Sites, O, "patch"))));
    return Text ? print(O, *Text, Status) : error(Text.takeError());
  }
  if (O.in_place) {
    if (Error E = applyInPlace(P->root, P->files))
      return error(std::move(E));
    std::string Text;
    for (const auto &[File, Texts] : P->files)
      Text += File + "\n";
    return print(O, Text, Status);
  }
  auto Diff = O.format == "json" ? editsJson(*P, (*S)->tree().version(), Slim ? &*Slim : nullptr) : unifiedDiff(P->files);
  if (!Diff)
    return error(Diff.takeError());
  Past.keep({Status, *Diff, Notes + warningsOf(**S)}, (*S)->tree());
  Scan::leave(std::move(*S));
  return print(O, *Diff, Status, O.format == "json" ? "json" : "diff");
}

int runVerify(const Options &O, const ScanOptions &SO) {
  bool Failed = false;
  auto Text = verifyDirectory(O.series, SO, Failed);
  return Text ? print(O, *Text, Failed ? Findings : Nothing) : error(Text.takeError());
}

/// krcu semantics --why ROW: from the stored timelines; no tree is asked.
int runWhy(const Options &O, const char *Executable) {
  auto Directory = findBuiltinRules(Executable);
  if (!Directory)
    return error(Directory.takeError());
  auto Table = loadEraTable(*Directory + "/semantics/eras.yaml");
  if (!Table)
    return error(Table.takeError());
  auto Timelines = loadTimelines(*Directory + "/semantics/timelines.yaml");
  if (!Timelines)
    return error(Timelines.takeError());
  if (O.format == "json") {
    auto Found = findTimelines(*Table, *Timelines, O.why);
    return Found ? print(O, timelinesJson(*Found), Nothing) : error(Found.takeError());
  }
  auto Text = printWhy(*Table, *Timelines, O.why);
  return Text ? print(O, wrappedText(*Text, widthOf(O.print)), Nothing) : error(Text.takeError());
}

int runSemantics(const Options &O, const ScanOptions &SO) {
  auto T = Tree::open(O.tree);
  if (!T)
    return error(T.takeError());
  if (Error E = checkSources(*T))
    return error(std::move(E));
  auto R = loadRules(SO.builtin_rules, SO.rules);
  if (!R)
    return error(R.takeError());
  auto S = probeSemantics(*T, *R);
  if (!S)
    return error(S.takeError());
  for (const std::string &A : SO.assume)
    if (Error E = assume(*S, A))
      return error(std::move(E));
  return print(O, O.format == "json" ? semanticsJson(askedOf(O.print, "semantics", *T), T->version(), *S) : wrappedText(printSemantics(*S), widthOf(O.print)), Nothing);
}

/// krcu explain --flags TREE FILE: a row a flag.
int runFlags(const Options &O, const ScanOptions &SO) {
  auto Asked = parsePlace(O.place);
  if (!Asked)
    return error(Asked.takeError());
  auto T = openTree(SO);
  if (!T)
    return error(T.takeError());
  auto Found = findPath(*T, Asked->name.empty() ? Asked->file : Asked->name);
  if (!Found)
    return error(Found.takeError());
  if (!StringRef(*Found).ends_with(".c") && !StringRef(*Found).ends_with(".h"))
    return error(fail("explain --flags: " + T->shownFile(*Found) + " is no C source; name a .c or .h file"));
  auto S = Scan::prepare(SO);
  if (!S)
    return error(S.takeError());
  const std::string Path = *Found;
  Frontend::FlagReport R = (*S)->frontend().flagsOf(Path);
  if (!O.print.quiet)
    std::fputs(forTerminal(warningsOf(**S)).c_str(), stderr);
  if (R.variant.empty())
    return error(fail(R.file + ": " + R.problem));
  if (!R.problem.empty())
    tell(O.print.quiet, "note", R.problem);
  // With a module beside it, the kernel's paths stay whole, and the module's are those of its own directory.
  const std::string Mount = T->visible(Tree::MountPoint);
  for (Frontend::FlagRow &Row : R.rows)
    if (size_t At = Row.flag.find(Mount); !T->mounted().empty() && At != std::string::npos)
      Row.flag.replace(At, Mount.size(), T->mounted());
  return print(O, T->shown(O.format == "json" ? flagsJson(R) : flagsText(R, T->mounted().empty() ? T->root() : "")), Nothing);
}

int runExplain(const Options &O, ScanOptions SO) {
  if (O.flags)
    return runFlags(O, SO);
  auto Asked = parsePlace(O.place);
  if (!Asked)
    return error(Asked.takeError());
  auto T = openTree(SO);
  if (!T)
    return error(T.takeError());
  if (Asked->name.empty()) {
    auto Path = findPath(*T, Asked->file);
    if (!Path)
      return error(Path.takeError());
    SO.paths = {*Path};
  } else if (SO.paths = filesWithWord(*T, Asked->name, SO.jobs); SO.paths.empty()) {
    return error(fail("explain: no source has the name " + Asked->name + "; give FILE:LINE, as krcu scan prints it, or the name of a callback or function"));
  }
  SO.leftovers = true;
  Recall Past(O, "explain");
  if (Error E = Past.open(SO))
    return error(std::move(E));
  if (auto Status = Past.replay())
    return *Status;
  auto S = Scan::run(SO);
  if (!S)
    return error(S.takeError());
  std::vector<SiteReport> Sites = (*S)->sites();
  markRemovals(**S, Sites);
  (*S)->findLeftovers(Sites);
  printWarnings(**S, Past, O.stats, O.print);
  auto SourceLine = [&](const std::string &File, unsigned Number) {
    std::optional<std::string> Text = (*S)->tree().read(File);
    StringRef Rest = Text ? StringRef(*Text) : StringRef();
    while (--Number && !Rest.empty())
      Rest = Rest.split('\n').second;
    return Rest.split('\n').first.str();
  };
  ReportInput In = reportOf(**S, Sites, O, "explain");
  std::vector<SiteText> Texts;
  if (O.format == "json")
    Texts = siteTexts(**S, Sites);
  In.texts = O.format == "json" ? &Texts : nullptr;
  std::string Out, Lines;
  for (const SiteReport &R : Sites) {
    Lines += (Lines.empty() ? "" : ", ") + std::to_string(R.census.where.line) + ":" + std::to_string(R.census.where.column);
    if (isAt(R, *Asked))
      Out += O.format == "json" ? explainJson(In, static_cast<size_t>(&R - Sites.data())) : explainText(R, (*S)->semantics(), SourceLine, widthOf(O.print), configuredOf(In, R));
  }
  if (!Out.empty() && O.format == "html") {
    llvm::erase_if(Sites, [&](const SiteReport &R) { return !isAt(R, *Asked); });
    auto Page = sitePage(**S, Sites, O, "explain");
    if (!Page)
      return error(Page.takeError());
    Past.keep({Nothing, *Page, warningsOf(**S)}, (*S)->tree());
    return print(O, *Page, Nothing);
  }
  if (Out.empty() && !Asked->name.empty())
    return error(fail("explain: " + O.place + " is neither the callback of a deferral nor a function that calls one"));
  if (Out.empty())
    return error(fail(O.place + ": no call of a deferral stands there; " +
                      (Lines.empty() ? "the file has none" : "this file has them at line " + Lines)));
  Past.keep({Nothing, (*S)->tree().shown(Out), warningsOf(**S)}, (*S)->tree());
  return print(O, (*S)->tree().shown(Out), Nothing);
}

int runExtract(const Options &O, ScanOptions SO) {
  auto Which = parseShard(O.shard);
  if (!Which)
    return error(Which.takeError());
  Recall Past(O, "");
  if (Error E = Past.open(SO, /*Always=*/true))
    return error(std::move(E));
  if (Error E = Scan::extract(SO, *Which, O.output))
    return error(std::move(E));
  Past.printNotes();
  return Nothing;
}

} // namespace

const char *versionText() { return KRCU_VERSION; }

int runCommand(CLI::App &App, const Options &O, const char *Executable) {
  std::string Name = App.get_subcommands().front()->get_name();
  if (Name == "review")
    return runReview(O.review, O.print, Executable);
  if (Name == "audit")
    return runAudit(O.audit, O.print, Executable);
  if (Name == "semantics") {
    if (O.why.empty() == O.tree.empty())
      return error(fail("semantics: give a TREE, or --why ROW without one"));
    if (!O.why.empty())
      return runWhy(O, Executable);
  }
  if (Error E = checkPrintOptions(O.print, O.format))
    return error(std::move(E));
  auto SO = scanOptions(O, Executable);
  if (!SO)
    return error(SO.takeError());
  if (Name == "scan")
    return runScan(O, *SO);
  if (Name == "patch")
    return runPatch(O, *SO);
  if (Name == "explain")
    return runExplain(O, *SO);
  if (Name == "extract")
    return runExtract(O, *SO);
  if (Name == "verify")
    return runVerify(O, *SO);
  return runSemantics(O, *SO);
}

} // namespace krcu
