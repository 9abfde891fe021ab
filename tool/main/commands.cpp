// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/commands.h"
#include "tool/driver/patch.h"
#include "tool/driver/scan.h"
#include "tool/report/report.h"
#include "tool/report/version.h"
#include "tool/rewrite/inplace.h"
#include "tool/rewrite/rewrite.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "tool/support/parallel.h"
#include <cstdio>
#include <sys/ioctl.h>
#include <unistd.h>

using namespace llvm;

namespace krcu {
namespace {

constexpr int Nothing = 0, Findings = 1, Failed = 2;

int error(Error E) {
  std::fprintf(stderr, "krcu: %s\n", message(std::move(E)).c_str());
  return Failed;
}

int print(const std::string &Text, int Status) {
  if (Error E = writeStdout(Text))
    return error(std::move(E));
  return Status;
}

unsigned terminalWidth() {
  winsize Size{};
  return isatty(1) && ioctl(1, TIOCGWINSZ, &Size) == 0 ? Size.ws_col : 0;
}

Expected<ScanOptions> scanOptions(const Options &O, const char *Executable) {
  ScanOptions S;
  S.tree = O.tree;
  auto Rules = findBuiltinRules(Executable);
  if (!Rules)
    return Rules.takeError();
  S.builtin_rules = *Rules;
  S.rules = O.rules;
  S.assume = O.assume;
  S.compile_commands = O.compile_commands;
  S.jobs = O.jobs ? O.jobs : defaultJobs();
  S.use_pch = !O.no_pch;
  S.progress = isatty(2);
  S.verdict.allow_hurry = O.allow_hurry;
  S.verdict.families = {O.families.begin(), O.families.end()};
  auto T = Tree::open(O.tree);
  if (!T)
    return T.takeError();
  for (const std::string &P : O.paths) {
    std::string Path = P;
    while (Path.size() > 1 && Path.back() == '/')
      Path.pop_back();
    if (auto Relative = T->relative(Path); Relative && Path[0] == '/')
      Path = *Relative;
    if (!T->has(Path))
      return failAt(P, 0, 0, "no such file or directory in " + T->root(), "give a path relative to the tree");
    S.paths.push_back(Path);
  }
  return S;
}

/// Everything that is no result goes to standard error, so that a report stays a report.
void printWarnings(Scan &S, bool Stats) {
  for (const std::string &W : S.warnings())
    std::fprintf(stderr, "krcu: warning: %s\n", W.c_str());
  if (!Stats)
    return;
  std::fprintf(stderr, "%s", statsText(S.timing().phases()).c_str());
  std::fprintf(stderr, "%-24s %8zu\n%-24s %8llu MB\n%-24s %8u\n%-24s %8u\n%-24s %8u\n", "files indexed", S.index().files().size(),
               "bytes read", static_cast<unsigned long long>(S.index().bytesRead() >> 20), "files parsed", S.filesParsed(), "parses",
               S.frontend().stats.parses.load(), "second tries", S.frontend().stats.retries.load());
}

ReportInput reportOf(Scan &S, const std::vector<SiteReport> &Sites, const Options &O) {
  ReportInput In;
  In.tree_version = S.tree().version();
  In.semantics = &S.semantics();
  In.sites = &Sites;
  In.other_flavours = S.otherFlavours();
  for (const ParseProblem &P : S.problems())
    In.problems.push_back({P.file, P.cause, P.built});
  In.all = O.all;
  In.width = terminalWidth();
  In.colour = isatty(1) && !std::getenv("NO_COLOR");
  return In;
}

int runScan(const Options &O, const ScanOptions &SO) {
  auto S = Scan::run(SO);
  if (!S)
    return error(S.takeError());
  std::vector<SiteReport> Sites = (*S)->sites();
  markRemovals(**S, Sites);
  ReportInput In = reportOf(**S, Sites, O);
  printWarnings(**S, O.stats);
  std::map<std::string, unsigned> Counts = classCounts(Sites);
  bool Any = Counts["convert"] + Counts["unsafe"] + Counts["review"] + Counts["refuse"] != 0;
  return print(O.format == "json" ? scanJson(In) : scanText(In), Any ? Findings : Nothing);
}

int runPatch(const Options &O, const ScanOptions &SO) {
  auto S = Scan::run(SO);
  if (!S)
    return error(S.takeError());
  std::vector<SiteReport> Sites = (*S)->sites();
  Expected<Patch> P = Patch();
  {
    Timing::Phase Phase((*S)->timing(), "rewrite and verify");
    P = makePatch(**S, Sites, SO.jobs);
  }
  if (!P)
    return error(P.takeError());
  for (const std::string &R : P->refused)
    std::fprintf(stderr, "krcu: %s\n", R.c_str());
  for (const std::string &N : P->notes)
    std::fprintf(stderr, "krcu: note: %s\n", N.c_str());
  printWarnings(**S, O.stats);
  int Status = P->files.empty() ? Nothing : Findings;
  if (O.in_place) {
    if (Error E = applyInPlace((*S)->tree().root(), P->files))
      return error(std::move(E));
    std::string Text;
    for (const auto &[File, Texts] : P->files)
      Text += File + "\n";
    return print(Text, Status);
  }
  auto Diff = unifiedDiff(P->files);
  if (!Diff)
    return error(Diff.takeError());
  return print(*Diff, Status);
}

int runSemantics(const Options &O, const ScanOptions &SO) {
  auto T = Tree::open(O.tree);
  if (!T)
    return error(T.takeError());
  auto R = loadRules(SO.builtin_rules, SO.rules);
  if (!R)
    return error(R.takeError());
  auto S = probeSemantics(*T, *R);
  if (!S)
    return error(S.takeError());
  for (const std::string &A : SO.assume)
    if (Error E = assume(*S, A))
      return error(std::move(E));
  return print(O.format == "json" ? semanticsJson(T->version(), *S) : printSemantics(*S), Nothing);
}

int runExplain(const Options &O, ScanOptions SO) {
  StringRef Place = O.place;
  auto [File, LineText] = Place.rsplit(':');
  unsigned Line = 0;
  if (LineText.getAsInteger(10, Line) || File.empty())
    return error(fail("explain: '" + O.place + "' is no place; write FILE:LINE, as krcu scan prints it"));
  auto T = Tree::open(O.tree);
  if (!T)
    return error(T.takeError());
  std::string Path = File.str();
  if (auto Relative = T->relative(Path); Relative && Path[0] == '/')
    Path = *Relative;
  SO.paths = {Path};
  auto S = Scan::run(SO);
  if (!S)
    return error(S.takeError());
  std::vector<SiteReport> Sites = (*S)->sites();
  markRemovals(**S, Sites);
  printWarnings(**S, O.stats);
  std::string Out, Lines;
  for (const SiteReport &R : Sites) {
    Lines += (Lines.empty() ? "" : ", ") + std::to_string(R.census.where.line);
    if (R.census.where.line == Line)
      Out += O.format == "json" ? explainJson(R, (*S)->semantics()) : explainText(R, (*S)->semantics());
  }
  if (Out.empty())
    return error(fail(O.place + ": no call of a deferral stands there; " +
                      (Lines.empty() ? "the file has none" : "this file has them at line " + Lines)));
  return print(Out, Findings);
}

void addCommon(CLI::App *C, Options &O) {
  C->add_option("TREE", O.tree, "kernel source tree, configured or not")->required();
  C->add_option("--rules", O.rules, "YAML file or directory that adds to or overrides the built-in vocabulary");
  C->add_option("--assume", O.assume, "what-if: an era (" "no-batching, batching, 6.12, sheaves, ...) or FACT, no-FACT of krcu semantics");
  C->add_option("--format", O.format, "text or json")->check(CLI::IsMember({"text", "json"}));
}

void addScanning(CLI::App *C, Options &O) {
  addCommon(C, O);
  C->add_option("-j,--jobs", O.jobs, "threads (default: all processors)")->check(CLI::Range(1u, 1024u));
  C->add_option("--compile-commands", O.compile_commands, "use the flags of your own build (GCC databases included)");
  C->add_option("--family", O.families, "only callbacks that free with this function (kmem_cache_free, kfree, ...)");
  C->add_flag("--allow-hurry", O.allow_hurry, "convert call_rcu_hurry() too; its prompt grace period is lost");
  C->add_flag("--stats", O.stats, "times of the phases, on standard error");
  C->add_flag("--no-pch", O.no_pch, "parse without a shared precompiled header (slow; to find out what is wrong)")->group("");
}

void addPaths(CLI::App *C, Options &O) {
  C->add_option("PATHS,--paths", O.paths, "only sites in these files or directories (relative to TREE)");
}

} // namespace

const char *versionText() { return KRCU_VERSION; }

void addCommands(CLI::App &App, Options &O) {
  CLI::App *ScanCommand = App.add_subcommand("scan", "one line per candidate: site, callback, class, reason; and a summary that accounts for every call");
  addScanning(ScanCommand, O);
  addPaths(ScanCommand, O);
  ScanCommand->add_flag("--all", O.all, "list every call, also those whose callback does more than free");
  CLI::App *PatchCommand = App.add_subcommand("patch", "the safe conversions as a unified diff on standard output");
  addScanning(PatchCommand, O);
  addPaths(PatchCommand, O);
  PatchCommand->add_flag("--in-place", O.in_place, "rewrite the files (all or none) and print their names");
  CLI::App *ExplainCommand = App.add_subcommand("explain", "the whole chain of evidence for one site");
  addScanning(ExplainCommand, O);
  ExplainCommand->add_option("FILE:LINE", O.place, "the site, as krcu scan prints it")->required();
  addCommon(App.add_subcommand("semantics", "what this tree's primitives wait for, and the lines that show it"), O);
}

int runCommand(CLI::App &App, const Options &O, const char *Executable) {
  auto SO = scanOptions(O, Executable);
  if (!SO)
    return error(SO.takeError());
  std::string Name = App.get_subcommands().front()->get_name();
  if (Name == "scan")
    return runScan(O, *SO);
  if (Name == "patch")
    return runPatch(O, *SO);
  if (Name == "explain")
    return runExplain(O, *SO);
  return runSemantics(O, *SO);
}

} // namespace krcu
