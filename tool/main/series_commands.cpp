// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/series_commands.h"

#include "tool/report/report.h"
#include "tool/series/commit.h"
#include "tool/series/series.h"
#include "tool/support/error.h"
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace krcu {
namespace {

/// --date, else SOURCE_DATE_EPOCH, else now.
llvm::Expected<int64_t> dateOf(const SeriesOptions &O) {
  const char *Epoch = std::getenv("SOURCE_DATE_EPOCH");
  std::string Text = !O.date.empty() ? O.date : Epoch ? Epoch : "";
  if (Text.empty())
    return static_cast<int64_t>(std::time(nullptr));
  if (auto Date = series::parseDate(Text))
    return *Date;
  return fail(std::string(O.date.empty() ? "SOURCE_DATE_EPOCH" : "--date") + ": '" + Text +
              "' is no date; write 2026-11-23, 2026-11-23T05:41:49 or seconds since 1970");
}

/// How to make the same series again; paths of this machine are nobody's business.
std::string commandOf(const ScanOptions &SO) {
  std::string Out = "krcu patch";
  if (SO.verdict.allow_hurry)
    Out += " --allow-hurry";
  for (const std::string &F : SO.verdict.families)
    Out += " --family " + F;
  Out += " --series DIR TREE";
  for (const std::string &P : SO.paths)
    Out += " " + P;
  return Out;
}

/// The sites with the paths of the directory that is changed.
std::vector<SiteReport> shownSites(const Tree &T, std::vector<SiteReport> Sites) {
  if (!T.mounted().empty())
    for (SiteReport &R : Sites)
      for (std::string *File : {&R.census.where.file, &R.callback.where.file})
        *File = T.shown(*File);
  return Sites;
}

} // namespace

void addSeriesOptions(CLI::App *C, SeriesOptions &O) {
  C->add_option("--series", O.directory, "write the conversions as mails for git am into this new directory; nothing is sent");
  C->add_option("--commit", O.branch, "make them commits on this new branch of TREE's git repository; nothing else in it changes");
  C->add_option("--templates", O.templates, "directory with your own subject.txt, patch.txt or cover.txt");
  C->add_option("--date", O.date, "date of the first mail (default: SOURCE_DATE_EPOCH, else now)");
  C->add_flag("--signoff", O.signoff, "add your Signed-off-by from git config");
}

CLI::App *addVerifyCommand(CLI::App &App, SeriesOptions &O) {
  CLI::App *C = App.add_subcommand("verify", "check a directory of patches as a maintainer's machine would: apply, parse, scan the result");
  C->add_option("DIR", O.directory, "what krcu patch --series wrote")->required();
  C->add_option("--tree", O.verify_tree, "the tree that the patches are for")->required();
  C->add_flag("--run-checkpatch", O.run_checkpatch, "run the tree's own scripts/checkpatch.pl --strict, which executes code of the tree");
  return C;
}

llvm::Error checkSeriesOptions(const SeriesOptions &O, const ScanOptions &SO) {
  if (!O.wanted()) {
    if (O.signoff || !O.templates.empty() || !O.date.empty())
      return fail("--signoff, --templates and --date belong to --series DIR or --commit BRANCH");
    return llvm::Error::success();
  }
  if (!SO.assume.empty())
    return fail("a series says what the tree shows, and --assume is a what-if; leave it away");
  if (auto Date = dateOf(O); !Date)
    return Date.takeError();
  return O.directory.empty() ? llvm::Error::success() : series::checkOutputDirectory(O.directory);
}

llvm::Expected<std::string> makeSeriesFor(Scan &S, const std::vector<SiteReport> &Sites, const Patch &P, const SeriesOptions &O,
                                          const ScanOptions &SO, const std::string &ScanJson) {
  std::vector<SiteReport> Shown = shownSites(S.tree(), Sites);
  series::SeriesInput In;
  In.tree = &S.tree();
  In.root = P.root;
  In.semantics = &S.semantics();
  In.sites = &Shown;
  In.files = P.files;
  In.notes = P.notes;
  for (const auto &[File, Architecture] : P.parsed_for)
    In.parsed_for[S.tree().shown(File)] = Architecture;
  for (const OrphanedHelper &H : orphanedHelpers(S, Sites))
    In.removed_helpers.emplace_back(S.tree().shown(H.file), H.name);
  In.rules_directory = SO.builtin_rules;
  In.templates_directory = O.templates;
  In.configuration = SO.compile_commands.empty() ? "a configuration of krcu's own making" : "the configuration of a build";
  In.command = commandOf(SO);
  In.scan_json = ScanJson;
  In.signoff = O.signoff;
  In.needs_author = !O.branch.empty();
  auto Date = dateOf(O);
  if (!Date)
    return Date.takeError();
  In.date = *Date;
  auto Made = series::makeSeries(In);
  if (!Made)
    return Made.takeError();
  std::string Out;
  if (!O.branch.empty()) {
    auto Commits = series::commitSeries(*Made, In, O.branch);
    if (!Commits)
      return Commits.takeError();
    Out += "branch " + O.branch + ": " + std::to_string(Commits->size()) + " commits\n";
    for (const series::MadeCommit &C : *Commits)
      Out += "  " + C.id.substr(0, 12) + " " + C.subject + "\n";
  }
  for (const std::string &W : Made->warnings)
    std::fprintf(stderr, "krcu: warning: %s\n", W.c_str());
  if (O.directory.empty())
    return Out;
  if (llvm::Error E = series::writeSeries(*Made, O.directory))
    return std::move(E);
  for (const series::MadeSeries &One : Made->series) {
    Out += (One.directory.empty() ? O.directory : O.directory + "/" + One.directory) + ": " + std::to_string(One.patches.size()) +
           (One.patches.size() == 1 ? " patch\n" : " patches\n");
    for (const series::MadePatch &Patch : One.patches)
      Out += "  " + Patch.file_name + "\n";
  }
  return Out + "Nothing was sent; " + O.directory + "/README says how to check, apply and send it, recipients.txt to whom.\n";
}

} // namespace krcu
