// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/audit/audit.h"
#include "tool/audit/fixes.h"
#include "tool/main/config_option.h"
#include "tool/main/fix_series.h"
#include "tool/main/names.h"
#include "tool/main/paths.h"
#include "tool/main/recall.h"
#include "tool/main/reproducer_option.h"
#include "tool/main/review_commands.h"
#include "tool/pages/pages.h"
#include "tool/report/report.h"
#include "tool/report/sarif.h"
#include "tool/rewrite/rewrite.h"
#include "tool/support/error.h"
#include "tool/support/sink.h"
#include "tool/support/io.h"
#include "tool/support/parallel.h"
#include <algorithm>
#include <cstdio>

namespace krcu {
namespace {

constexpr int Nothing = 0, Findings = 1, Failed = 2;

int error(llvm::Error E) {
  clearProgress();
  std::fprintf(stderr, "krcu: %s\n", message(std::move(E)).c_str());
  return Failed;
}

/// Takes out what the user has judged already.
llvm::Error filter(AuditReport &R, const AuditCommandOptions &O, bool Quiet) {
  std::map<std::string, const Suppression *> Silent;
  std::vector<Suppression> List;
  std::set<std::string> Known;
  if (!O.suppressions.empty()) {
    auto Read = readSuppressions(O.suppressions);
    if (!Read)
      return Read.takeError();
    List = std::move(*Read);
    for (const Suppression &S : List)
      Silent.emplace(S.fingerprint, &S);
  }
  if (!O.baseline.empty()) {
    auto Read = readBaseline(O.baseline);
    if (!Read)
      return Read.takeError();
    Known = std::move(*Read);
  }
  std::set<std::string> Used;
  std::erase_if(R.findings, [&](const AuditFinding &F) {
    std::string Print = fingerprintOf(F);
    if (Silent.count(Print)) {
      Used.insert(Print);
      ++R.suppressed;
      return true;
    }
    R.known += Known.count(Print) != 0;
    return Known.count(Print) != 0;
  });
  for (const Suppression &S : List)
    if (!Used.count(S.fingerprint))
      tell(Quiet, "note", O.suppressions + ":" + std::to_string(S.line) + ": nothing has the fingerprint " + S.fingerprint + " any more (" + S.reason + ")");
  return llvm::Error::success();
}

/// A note is what somebody asks for: with --notes, by its severity or by its kind.
Severity leastSeverity(const AuditCommandOptions &O) {
  if (O.severity == "error")
    return Severity::Error;
  bool Named = std::find(O.kinds.begin(), O.kinds.end(), "needed_barrier") != O.kinds.end();
  return O.severity == "note" || (O.severity.empty() && (O.notes || Named)) ? Severity::Note : Severity::Warning;
}

llvm::Error takePaths(const AuditCommandOptions &O, ScanOptions &SO) {
  if (O.paths.empty())
    return llvm::Error::success();
  auto T = openTree(SO);
  if (!T)
    return T.takeError();
  for (const std::string &P : O.paths) {
    auto Found = findPathList(*T, P);
    if (!Found)
      return Found.takeError();
    for (const std::string &Path : *Found) {
      if (Path == "." || Path == Tree::MountPoint) { // the whole restricts nothing
        SO.paths.clear();
        return llvm::Error::success();
      }
      SO.paths.push_back(Path);
    }
  }
  return llvm::Error::success();
}

llvm::Expected<std::string> textOf(const AuditReport &R, const std::string &Format, const Scan &S, const PrintOptions &Print) {
  if (Format != "html")
    return S.tree().shown(Format == "sarif" ? auditSarif(R) : Format == "json" ? auditJson(R) : auditText(R, widthOf(Print), isColoured(Print)));
  auto Timelines = timelinesIn(S.options().builtin_rules);
  if (!Timelines)
    return Timelines.takeError();
  return htmlOf(pages::auditPage(R, *Timelines), S.tree(), S.options().builtin_rules, Print, {R.findings.size() == 1, true, {}});
}

/// The mends as a diff or as mails, and a line for each finding that they are about.
int printFixes(Scan &S, const AuditReport &R, const AuditCommandOptions &O, const PrintOptions &Print) {
  AuditFixes F = fixFindings(S, R);
  const bool Mails = !O.series.directory.empty();
  // Only the names are the tree's own, as in krcu patch: the texts are nobody's to change.
  std::map<std::string, std::pair<std::string, std::string>> Files;
  for (const auto &[File, Texts] : F.files)
    Files[S.tree().shownFile(File)] = Texts;
  SeriesOptions Series = O.series;
  Series.quiet = Print.quiet;
  auto Text = Mails ? makeFixSeries(S, F, Series, O.paths, S.tree().shown(auditJson(R))) : unifiedDiff(Files);
  if (!Text)
    return error(Text.takeError());
  if (llvm::Error E = writeResult(Print, *Text, Mails ? "text" : "diff"))
    return error(std::move(E));
  unsigned Left = 0;
  for (const AuditFix &Fix : F.fixes) {
    const Location &At = Fix.finding->where;
    tell(Print.quiet, "", S.tree().shown(At.file + ":" + std::to_string(At.line) + ": " + Fix.finding->kind + (Fix.mended ? ": " : " is not mended: ") + Fix.text));
    Left += !Fix.mended;
  }
  tell(Print.quiet, "", std::to_string(F.fixes.size() - Left) + " of " + counted(F.fixes.size(), "finding") + " mended");
  return Nothing;
}

/// The place of --reproducer, if it was given.
llvm::Expected<std::optional<ReproducerPlace>> placeAsked(const AuditCommandOptions &O, const ScanOptions &SO) {
  if (O.reproducer.empty())
    return std::nullopt;
  if (O.format != "text" && O.format != "json")
    return fail("audit: --reproducer prints text or JSON; leave --format " + O.format + " out, or use --format json");
  auto T = openTree(SO);
  if (!T)
    return T.takeError();
  auto At = reproducerPlace(O.reproducer, *T);
  if (!At)
    return At.takeError();
  return *At;
}

int printReproducer(Scan &S, const AuditReport &R, const ReproducerPlace &At, const AuditCommandOptions &O, const PrintOptions &Print) {
  auto Text = reproducerReport(S, R, At, O.format, Print);
  if (!Text)
    return error(Text.takeError());
  if (llvm::Error E = writeResult(Print, *Text, O.format))
    return error(std::move(E));
  return Nothing;
}

} // namespace

void addAuditCommand(CLI::App &App, AuditCommandOptions &O, PrintOptions &Print) {
  CLI::App *C = App.add_subcommand("audit", "what is already wrong in the tree: unsafe kfree_rcu(), missing, late and superfluous barriers");
  C->add_option("TREE", O.tree, "kernel source tree, configured or not")->required();
  std::vector<std::string> Kinds;
  for (const AuditKind &K : auditKinds())
    Kinds.push_back(K.name);
  C->add_option("--kind", O.kinds, "only findings of these kinds, with commas between them; may be given several times")->delimiter(',')->check(oneOf(Kinds, "kinds"))->allow_extra_args(false);
  C->add_option("PATH", O.paths, "only files and directories of the tree: what their modules do");
  C->add_option("--severity", O.severity, "only findings at least as bad as this: error, warning, note")->check(oneOf({"error", "warning", "note"}, "severities"));
  C->add_flag("--notes", O.notes, "also notes: barriers that look superfluous and are needed");
  CLI::Option *Fix = C->add_flag("--fix", O.fix, "print a diff that puts the barriers where they belong; each place is checked by asking the rule again");
  C->add_option("--series", O.series.directory, "write the mends as mails for git am into this new directory; nothing is sent")->needs(Fix);
  addMailOptions(C, O.series);
  C->add_flag("--all", O.all, "also findings of low confidence");
  C->add_option("--suppressions", O.suppressions, "file with a line for each finding to leave out: fingerprint and reason");
  C->add_option("--baseline", O.baseline, "an earlier report (--format json); only what is new is shown");
  C->add_option("--fail-on", O.fail_on, "exit with status 1 if one of these severities is found, with commas between them (default: error,warning)")
      ->delimiter(',')
      ->check(oneOf({"error", "warning", "note", "none"}, "severities"))
      ->allow_extra_args(false);
  C->add_option("--compile-commands", O.compile_commands, "use the flags of your own build (GCC databases included)");
  addConfigOption(*C, O.config);
  addTreeQuestionOptions(*C, O);
  Fix->excludes(C->get_option("--format")); // it prints a diff
  CLI::Option *Way = C->add_option("--reproducer", O.reproducer, "for the finding at FILE:LINE: what to load, what user space has to do, what to remove, and what is seen then; nothing is run");
  for (const char *Other : {"--fix", "--kind", "--severity", "--baseline", "--suppressions", "--fail-on"})
    Way->excludes(C->get_option(Other)); // they are about a list of findings
  addPageOptions(*C, Print);
  addPrintOptions(*C, Print);
}

int runAudit(const AuditCommandOptions &O, const PrintOptions &Print, const char *Executable) {
  if (llvm::Error E = checkPrintOptions(Print, O.format))
    return error(std::move(E));
  auto Rules = findBuiltinRules(Executable);
  if (!Rules)
    return error(Rules.takeError());
  if (llvm::Error E = checkRuleNames(*Rules, O.rules, O.assume, {}))
    return error(std::move(E));
  ScanOptions SO = scanOptionsOf(O, O.tree, *Rules);
  SO.compile_commands = O.compile_commands;
  if (llvm::Error E = checkSeriesOptions(O.series, SO))
    return error(std::move(E));
  auto Config = readConfig(O.config, O.compile_commands, SO.tree);
  if (!Config)
    return error(Config.takeError());
  SO.config = std::move(*Config);
  if (llvm::Error E = takePaths(O, SO))
    return error(std::move(E));
  auto Place = placeAsked(O, SO);
  if (!Place)
    return error(Place.takeError());
  if (llvm::Error E = useCache(SO, O.cache, O.no_cache))
    return error(std::move(E));
  SO.progress = progressOf(Print);
  auto S = *Place ? prepareAround(**Place, SO) : Scan::prepare(SO);
  if (!S)
    return error(S.takeError());
  AuditReport R = auditTree(**S, {O.kinds, O.all || *Place, *Place ? Severity::Note : leastSeverity(O), [&](const std::string &What) {
                                    if (SO.progress)
                                      SO.progress->phase(What);
                                  }, SO.config.get()});
  clearProgress();
  (*S)->saveCache();
  if (llvm::Error E = filter(R, O, Print.quiet))
    return error(std::move(E));
  for (const std::string &W : (*S)->warnings())
    tell(Print.quiet, "warning", (*S)->tree().shown(W));
  for (const std::string &N : R.notes)
    tell(Print.quiet, "warning", N);
  if (O.stats)
    std::fprintf(stderr, "%s%-24s %8u\n", statsText((*S)->timing().phases()).c_str(), "parses", (*S)->frontend().stats.parses.load());
  std::string Problem = R.nothing_parsed ? (*S)->tree().shown(R.not_looked_at.front()) : std::string(); // of the report before the paths in it are shown
  if (O.fix && Problem.empty())
    return printFixes(**S, R, O, Print);
  if (O.fix)
    return error(nothingWasParsed(Problem));
  R.asked = askedOf(Print, "audit", (*S)->tree());
  if (*Place && Problem.empty())
    return printReproducer(**S, R, **Place, O, Print);
  auto Text = textOf(R, O.format, **S, Print);
  if (!Text)
    return error(Text.takeError());
  if (llvm::Error E = writeResult(Print, *Text, O.format))
    return error(std::move(E));
  if (!Problem.empty())
    return error(nothingWasParsed(Problem));
  bool Any = std::any_of(R.findings.begin(), R.findings.end(), [&](const AuditFinding &F) { return failsOn({O.fail_on, ""}, severityName(F.severity)); });
  return Any ? Findings : Nothing;
}

} // namespace krcu
