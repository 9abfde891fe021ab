// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/flag_options.h"
#include "tool/main/recall.h"
#include "tool/main/review_commands.h"
#include "tool/driver/review.h"
#include "tool/pages/pages.h"
#include "tool/report/head.h"
#include "tool/report/report.h"
#include "tool/report/sarif.h"
#include "tool/report/steps.h"
#include "tool/report/version.h"
#include "tool/review/commits.h"
#include "tool/review/mail.h"
#include "tool/review/reply.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "tool/support/parallel.h"
#include <algorithm>
#include <cstdio>
#include <optional>

namespace krcu {
namespace {

constexpr int Nothing = 0, Findings = 1, Failed = 2;

int error(llvm::Error E) {
  clearProgress();
  std::fprintf(stderr, "krcu: %s\n", message(std::move(E)).c_str());
  return Failed;
}

/// Findings as results: a patch that is fine gives none. Of several trees each finding says which.
std::string reviewSarif(const review::ReviewReport &R) {
  const char Help[] = "https://docs.kernel.org/RCU/rcubarrier.html";
  std::vector<SarifRule> Rules = {{"krcu/review-wait", "The patch is right, but not safe in this tree", Help},
                                  {"krcu/review-broken", "The patch frees the wrong object, does not apply or does not compile", Help},
                                  {"krcu/review-cannot-tell", "What would show whether the patch is safe is missing", Help}};
  std::vector<SarifResult> Results;
  for (const review::Column &C : R.columns)
    for (const review::PatchReview &P : C.patches)
      for (const review::FileReview &F : P.files)
        for (const review::Finding &Each : F.findings) {
          if (Each.verdict == review::PatchVerdict::Ok)
            continue;
          const char *Rule = Each.verdict == review::PatchVerdict::Wait ? "krcu/review-wait" : Each.verdict == review::PatchVerdict::Broken ? "krcu/review-broken" : "krcu/review-cannot-tell";
          std::string Title = (P.patch->prefix.empty() ? "" : P.patch->prefix + " ") + P.patch->subject;
          SarifResult Result{Rule, Each.verdict == review::PatchVerdict::Broken ? "error" : "warning",
                             Title + ": " + Each.reason + (R.columns.size() > 1 ? " (Linux " + C.version + ")" : ""), {Each.file, Each.line, 0}, Each.evidence,
                             digestOf({Rule, Title, Each.file, Each.reason, R.columns.size() > 1 ? C.version : ""}), ""};
          // Nobody knows, says the standard's word for it.
          Result.kind = Each.verdict == review::PatchVerdict::CannotTell ? "open" : "";
          for (const Evidence &E : Each.evidence)
            Result.steps.push_back(stepKind(nullptr, E));
          Results.push_back(std::move(Result));
        }
  std::vector<std::string> Assumed;
  for (const review::Column &C : R.columns)
    for (const std::string &A : C.assumed)
      if (std::find(Assumed.begin(), Assumed.end(), A) == Assumed.end())
        Assumed.push_back(A);
  return sarifLog({R.asked, Assumed}, Rules, Results, R.notes);
}

/// Lines of files that the patches change are not those on disk, and of several trees the evidence is of each its own: these come without.
llvm::Expected<std::string> reviewHtml(const review::ReviewReport &R, const Tree &T, const std::string &Rules, const PrintOptions &Print) {
  auto Timelines = timelinesIn(Rules);
  if (!Timelines)
    return Timelines.takeError();
  PageView View;
  View.source = R.columns.size() == 1;
  View.open = R.columns.size() == 1 && R.columns.front().patches.size() == 1;
  for (const review::PatchReview &P : R.columns.front().patches)
    for (const review::FileDiff &F : P.patch->diff.files)
      View.touched.insert({F.old_path, F.new_path});
  return htmlOf(pages::reviewPage(R, *Timelines), T, Rules, Print, View);
}

} // namespace

void addTreeQuestionOptions(CLI::App &Command, TreeQuestionOptions &O) {
  Command.add_option("--rules", O.rules, "YAML file or directory that adds to or overrides the built-in vocabulary")->allow_extra_args(false);
  Command.add_option("--assume", O.assume, "what-if: an era (no-batching, batching, 6.12, sheaves, ...) or FACT, no-FACT of krcu semantics")->allow_extra_args(false);
  Command.add_option("--format", O.format, "text, json, sarif or html")->check(CLI::IsMember({"text", "json", "sarif", "html"}));
  Command.add_option("-j,--jobs", O.jobs, "threads (default: all processors)")->check(CLI::Range(1u, 1024u));
  Command.add_option("--kernel", O.kernel, KernelOptionText);
  addFlagOptions(Command, O.user_flags);
  addCacheOptions(Command, O.cache, O.no_cache);
  Command.add_flag("--stats", O.stats, "times of the phases, on standard error");
}

ScanOptions scanOptionsOf(const TreeQuestionOptions &O, const std::string &Tree, const std::string &Rules) {
  ScanOptions SO;
  SO.tree = O.kernel.empty() ? Tree : O.kernel;
  SO.module = O.kernel.empty() ? "" : Tree;
  SO.user_flags = O.user_flags;
  SO.builtin_rules = Rules;
  SO.rules = O.rules;
  SO.assume = O.assume;
  SO.jobs = O.jobs ? O.jobs : defaultJobs();
  return SO;
}

void addReviewCommand(CLI::App &App, ReviewOptions &O, PrintOptions &Print) {
  CLI::App *C = App.add_subcommand("review", "read somebody's patches and say which may be merged into a tree: OK, WAIT, BROKEN, CANNOT TELL, n/a");
  C->add_option("PATCH", O.patches, "mbox, mail, file of git format-patch, plain diff, directory of *.patch files, maildir, directory tree of mails, or - for standard input");
  C->add_option("--tree", O.trees, "kernel tree that the patches are for, or REPOSITORY@COMMIT; several give a column each")->required()->allow_extra_args(false);
  C->add_option("--range", O.range, "review the commits A..B of a git repository instead of PATCH");
  C->add_option("--repo", O.repository, "the repository of --range (default: --tree)");
  C->add_option("--reply", O.reply, "write an answer to each mail into this new directory; nothing is sent");
  C->add_option("--reply-to", O.reply_to, "with --reply: only to patches with these verdicts, with commas: ok, wait, broken, cannot_tell, na");
  addTreeQuestionOptions(*C, O);
  addPageOptions(*C, Print);
  addPrintOptions(*C, Print);
}

int runReview(const ReviewOptions &O, const PrintOptions &Print, const char *Executable) {
  if (llvm::Error E = checkPrintOptions(Print, O.format))
    return error(std::move(E));
  auto Rules = findBuiltinRules(Executable);
  if (!Rules)
    return error(Rules.takeError());
  if (O.patches.empty() == O.range.empty())
    return error(fail(O.range.empty() ? "review: no patch is given; name files, or - for standard input, or a --range of commits"
                                      : "review: --range takes the place of PATCH; give one of them"));
  auto Verdicts = review::verdictsOf(O.reply_to);
  if (!Verdicts)
    return error(Verdicts.takeError());
  if (!O.reply_to.empty() && O.reply.empty())
    return error(fail("review: --reply-to says to which patches --reply answers; give --reply a directory, too"));
  std::string Repository = !O.repository.empty() ? O.repository : review::splitTree(O.trees.front()).first;
  auto Box = O.range.empty() ? review::readInbox(O.patches) : review::readRange(Repository, O.range);
  if (!Box)
    return error(Box.takeError());
  review::ReviewReport Report;
  Report.notes = Box->notes;
  Report.incomplete = Box->incomplete;
  std::optional<Tree> First; // the first tree, for the lines of a page
  std::unique_ptr<review::ScratchDirectory> Kept;
  for (const std::string &Named : O.trees) {
    auto [Directory, Commit] = review::splitTree(Named);
    std::unique_ptr<review::ScratchDirectory> Unpacked;
    if (!Commit.empty()) {
      auto Exported = review::exportCommit(Directory, Commit);
      if (!Exported)
        return error(Exported.takeError());
      Unpacked = std::move(*Exported);
      Directory = Unpacked->path();
    }
    ScanOptions SO = scanOptionsOf(O, Directory, *Rules);
    if (llvm::Error E = useCache(SO, O.cache, O.no_cache || Unpacked)) // an unpacked commit is gone tomorrow
      return error(std::move(E));
    SO.progress = progressOf(Print);
    auto S = Scan::prepare(SO, /*SemanticsLater=*/true);
    if (!S)
      return error(S.takeError());
    review::Column C;
    {
      Timing::Phase Phase((*S)->timing(), "review");
      auto Reviewed = reviewPatches(**S, Box->patches);
      if (!Reviewed)
        return error(Reviewed.takeError());
      C = std::move(*Reviewed);
    }
    (*S)->saveCache();
    C.name = Named;
    Report.columns.push_back(std::move(C));
    for (const std::string &W : (*S)->tree().mounted().empty() ? std::vector<std::string>() : (*S)->warnings())
      Report.notes.push_back((*S)->tree().shown(W));
    if (O.stats)
      std::fprintf(stderr, "%s%-24s %8u\n", statsText((*S)->timing().phases()).c_str(), "parses", (*S)->frontend().stats.parses.load());
    if (!First) {
      First.emplace((*S)->tree());
      Report.asked = askedOf(Print, "review", *First);
      if (Unpacked)
        Report.asked.root = review::splitTree(Named).first, Report.asked.commit = Commit;
      Kept = std::move(Unpacked);
    }
    Scan::leave(std::move(*S));
  }
  clearProgress();
  for (const std::string &N : Print.quiet ? std::vector<std::string>() : Report.notes)
    std::fprintf(stderr, "krcu: note: %s\n", N.c_str());
  if (!O.reply.empty()) {
    auto Written = review::writeReplies(Report, O.reply, *Verdicts);
    if (!Written)
      return error(Written.takeError());
    std::fprintf(stderr, "krcu: note: %zu answers written to %s; nothing was sent\n", Written->size(), O.reply.c_str());
  }
  bool Any = false;
  for (const review::Column &C : Report.columns)
    for (const review::PatchReview &P : C.patches)
      Any = Any || P.verdict != review::PatchVerdict::Ok;
  llvm::Expected<std::string> Text = O.format == "html" ? reviewHtml(Report, *First, *Rules, Print)
                                     : O.format == "sarif" ? reviewSarif(Report)
                                     : O.format == "json"  ? review::reviewJson(Report, KRCU_VERSION)
                                                           : review::scorecard(Report);
  if (!Text)
    return error(Text.takeError());
  if (llvm::Error E = writeResult(Print, *Text))
    return error(std::move(E));
  return Any || Report.incomplete ? Findings : Nothing;
}

} // namespace krcu
