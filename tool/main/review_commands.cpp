// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/flag_options.h"
#include "tool/main/names.h"
#include "tool/main/recall.h"
#include "tool/main/review_commands.h"
#include "tool/review/judge/review.h"
#include "tool/pages/pages.h"
#include "tool/report/head.h"
#include "tool/report/report.h"
#include "tool/report/sarif.h"
#include "tool/report/steps.h"
#include "tool/report/version.h"
#include "tool/review/bases.h"
#include "tool/review/commits.h"
#include "tool/review/mail.h"
#include "tool/review/reply.h"
#include "tool/support/error.h"
#include "tool/support/sink.h"
#include "tool/support/io.h"
#include "tool/support/parallel.h"
#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <tuple>

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
          Result.edits = Each.mend;
          Result.offer = "the object and the member that the callback got; of the text after the patch";
          Results.push_back(std::move(Result));
        }
  std::vector<std::string> Assumed;
  for (const review::Column &C : R.columns)
    for (const std::string &A : C.assumed)
      if (std::find(Assumed.begin(), Assumed.end(), A) == Assumed.end())
        Assumed.push_back(A);
  return sarifLog({R.asked, Assumed}, Rules, Results, R.notes);
}

/// The first of the trees, which stays until everything is printed.
struct FirstTree {
  std::optional<Tree> tree; ///< for the lines of a page
  bool commit = false;      ///< it is one of a repository
  std::unique_ptr<review::CommitTree> kept;
  std::unique_ptr<review::ScratchDirectory> unpacked;
};

/// The patches held against one tree; of "REPOSITORY@COMMIT" the files are read as they are asked for, and only those of an external module are
/// unpacked. `Named` is the column's name.
llvm::Expected<review::Column> reviewIn(const ReviewOptions &O, const std::string &Rules, const std::string &Named, const std::vector<review::ReviewPatch> &Patches,
                                        std::vector<std::string> &Notes, const PrintOptions &Print, FirstTree *First = nullptr) {
  auto [Directory, Commit] = review::splitTree(Named);
  std::unique_ptr<review::ScratchDirectory> Unpacked;
  std::unique_ptr<review::CommitTree> Stored;
  if (!Commit.empty() && O.kernel.empty()) {
    auto Opened = review::openCommit(Directory, Commit);
    if (!Opened)
      return Opened.takeError();
    Stored = std::move(*Opened);
    Directory = Stored->root();
  } else if (!Commit.empty()) {
    auto Exported = review::exportCommit(Directory, Commit);
    if (!Exported)
      return Exported.takeError();
    Unpacked = std::move(*Exported);
    Directory = Unpacked->path();
  }
  ScanOptions SO = scanOptionsOf(O, Directory, Rules);
  if (llvm::Error E = useCache(SO, O.cache, O.no_cache || Unpacked)) // an unpacked commit is gone tomorrow
    return E;
  SO.progress = progressOf(Print);
  auto S = Scan::prepare(SO, /*SemanticsLater=*/true);
  if (!S)
    return S.takeError();
  llvm::Expected<review::Column> C = [&] {
    Timing::Phase Phase((*S)->timing(), "review");
    return reviewPatches(**S, Patches);
  }();
  if (!C)
    return C.takeError();
  (*S)->saveCache();
  C->name = Named;
  for (const std::string &W : (*S)->tree().mounted().empty() ? std::vector<std::string>() : (*S)->warnings())
    Notes.push_back((*S)->tree().shown(W));
  if (O.stats)
    std::fprintf(stderr, "%s%-24s %8u\n", statsText((*S)->timing().phases()).c_str(), "parses", (*S)->frontend().stats.parses.load());
  if (First && !First->tree) {
    First->tree.emplace((*S)->tree());
    First->commit = !Commit.empty();
    First->kept = std::move(Stored);
    First->unpacked = std::move(Unpacked);
  }
  Scan::leave(std::move(*S));
  return C;
}

/// What does not apply to the tree is judged on the commit that it was made from, if the history has that.
llvm::Error judgeOnBases(const ReviewOptions &O, const std::string &Rules, const std::string &Named, const review::Inbox &Box, review::Column &C, std::vector<std::string> &Notes,
                          const PrintOptions &Print) {
  std::vector<size_t> Places;
  std::vector<const review::ReviewPatch *> Strangers;
  for (size_t N = 0; N < C.patches.size(); ++N)
    if (!C.patches[N].applies && C.patches[N].verdict == review::PatchVerdict::NotApplicable) {
      Places.push_back(N);
      Strangers.push_back(&Box.patches[N]);
    }
  if (Strangers.empty())
    return llvm::Error::success();
  auto [Repository, From] = review::splitTree(Named);
  auto Bases = review::findBases(Repository, From, Strangers);
  if (!Bases)
    return Bases.takeError();
  std::map<std::string, std::vector<size_t>> ByCommit; // places in `Strangers`
  unsigned Lost = 0;
  for (size_t N = 0; N < Bases->size(); ++N)
    if ((*Bases)[N])
      ByCommit[(*Bases)[N]->commit].push_back(N);
    else
      ++Lost;
  if (Lost)
    Notes.push_back(std::to_string(Lost) + (Lost == 1 ? " patch does" : " patches do") + " not apply to " + Named + ", and none of the last " + std::to_string(review::MaxCommitsLookedAt) +
                    " commits there has the files as " + (Lost == 1 ? "it names" : "they name") + " them");
  for (const auto &[Commit, Members] : ByCommit) {
    std::vector<review::ReviewPatch> Patches;
    for (size_t N : Members)
      Patches.push_back(*Strangers[N]);
    auto Judged = reviewIn(O, Rules, Repository + "@" + Commit, Patches, Notes, Print);
    if (!Judged)
      return Judged.takeError();
    for (size_t N = 0; N < Members.size(); ++N) {
      review::PatchReview &P = Judged->patches[N];
      P.patch = Strangers[Members[N]];
      P.base = "commit " + Commit.substr(0, 12) + " (Linux " + Judged->version + "), found by " + (*Bases)[Members[N]]->how;
      C.patches[Places[Members[N]]] = std::move(P);
    }
  }
  return llvm::Error::success();
}

/// Without the patches that --baseline has already, in every tree.
llvm::Error leaveOutKnown(review::ReviewReport &R, const std::string &Baseline, bool Quiet) {
  if (Baseline.empty())
    return llvm::Error::success();
  auto Known = knownEntries(review::reviewJson(R, KRCU_VERSION), Baseline);
  if (!Known)
    return Known.takeError();
  const size_t Count = R.columns.front().patches.size();
  size_t LeftOut = 0;
  for (size_t P = Count; P-- > 0;) {
    bool Everywhere = true;
    for (size_t C = 0; C < R.columns.size(); ++C)
      Everywhere = Everywhere && (*Known)[C * Count + P];
    LeftOut += Everywhere;
    for (review::Column &C : R.columns)
      if (Everywhere)
        C.patches.erase(C.patches.begin() + static_cast<std::ptrdiff_t>(P));
  }
  tell(Quiet, "note", std::to_string(LeftOut) + " of " + counted(Count, "patch", "patches") + " are judged as in " + Baseline + " and left out");
  return llvm::Error::success();
}

/// If there were files to be parsed and not one of them could be, in any of the trees, and nothing was found against a patch: the first of them; else empty.
std::string whatKeptAllFromParsing(const review::ReviewReport &R) {
  using review::PatchVerdict;
  const Evidence *First = nullptr;
  for (const review::Column &C : R.columns) {
    bool Judged = std::any_of(C.patches.begin(), C.patches.end(), [](const review::PatchReview &P) { return P.verdict == PatchVerdict::Broken || P.verdict == PatchVerdict::Wait; });
    if (C.parsed || Judged)
      return {};
    if (!First && !C.unparsed.empty())
      First = &C.unparsed.front();
  }
  return First ? First->file + ": " + First->text : std::string();
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
  Command.add_option("--assume", O.assume, "what-if: an era (no-batching, batching, 6.12, sheaves, ...) or FACT, no-FACT of krcu semantics; several with commas between them")->delimiter(',')->allow_extra_args(false);
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
  C->add_option("--base", O.base, "auto: what does not apply to the tree is judged on the commit that it was made from, by its base-commit line or the blobs of its index lines")
      ->check(CLI::IsMember({"auto"}));
  C->add_option("--reply", O.reply, "write an answer to each mail into this new directory; nothing is sent");
  C->add_option("--reply-to", O.reply_to, "with --reply: only to patches with these verdicts, with commas: ok, wait, broken, cannot_tell, na");
  addGateOptions(*C, O.gate, gateVerdicts(), defaultGateVerdicts());
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
  if (llvm::Error E = checkRuleNames(*Rules, O.rules, O.assume, {}))
    return error(std::move(E));
  auto Verdicts = review::verdictsOf(O.reply_to);
  if (!Verdicts)
    return error(Verdicts.takeError());
  if (!O.reply_to.empty() && O.reply.empty())
    return error(fail("review: --reply-to says to which patches --reply answers; give --reply a directory, too"));
  // Before the first tree costs anything: whether the others are trees.
  for (const std::string &Named : O.kernel.empty() && O.trees.size() > 1 ? O.trees : std::vector<std::string>())
    if (auto [Directory, Commit] = review::splitTree(Named); Commit.empty())
      if (auto T = Tree::open(Directory); !T)
        return error(T.takeError());
  std::string Repository = !O.repository.empty() ? O.repository : review::splitTree(O.trees.front()).first;
  auto Box = O.range.empty() ? review::readInbox(O.patches) : review::readRange(Repository, O.range);
  if (!Box)
    return error(Box.takeError());
  review::ReviewReport Report;
  Report.notes = Box->notes;
  Report.incomplete = Box->incomplete;
  FirstTree First;
  for (const std::string &Named : O.trees) {
    auto C = reviewIn(O, *Rules, Named, Box->patches, Report.notes, Print, &First);
    if (!C)
      return error(C.takeError());
    if (Report.columns.empty()) {
      Report.asked = askedOf(Print, "review", *First.tree);
      if (First.commit)
        std::tie(Report.asked.root, Report.asked.commit) = review::splitTree(Named);
    }
    if (O.base == "auto")
      if (llvm::Error E = judgeOnBases(O, *Rules, Named, *Box, *C, Report.notes, Print))
        return error(std::move(E));
    Report.columns.push_back(std::move(*C));
  }
  clearProgress();
  for (const std::string &N : Report.notes)
    tell(Print.quiet, "note", N);
  if (!O.reply.empty()) {
    auto Written = review::writeReplies(Report, O.reply, *Verdicts);
    if (!Written)
      return error(Written.takeError());
    tell(Print.quiet, "note", counted(Written->size(), "answer") + " written to " + O.reply + "; nothing was sent");
  }
  if (llvm::Error E = leaveOutKnown(Report, O.gate.baseline, Print.quiet))
    return error(std::move(E));
  const std::string Unparsed = whatKeptAllFromParsing(Report);
  bool Any = false;
  for (const review::Column &C : Report.columns)
    for (const review::PatchReview &P : C.patches)
      Any = Any || failsOn(O.gate, review::verdictWord(P.verdict));
  llvm::Expected<std::string> Text = O.format == "html" ? reviewHtml(Report, *First.tree, *Rules, Print)
                                     : O.format == "sarif" ? reviewSarif(Report)
                                     : O.format == "json"  ? review::reviewJson(Report, KRCU_VERSION)
                                                           : review::scorecard(Report, widthOf(Print), isColoured(Print));
  if (!Text)
    return error(Text.takeError());
  if (llvm::Error E = writeResult(Print, *Text, O.format))
    return error(std::move(E));
  if (!Unparsed.empty())
    return error(nothingWasParsed(Unparsed));
  return Any || Report.incomplete ? Findings : Nothing;
}

} // namespace krcu
