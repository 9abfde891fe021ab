// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/main/recall.h"
#include "tool/main/series_commands.h"

#include "tool/review/judge/review.h"
#include "tool/driver/upstream.h"
#include "tool/driver/verify.h"
#include "tool/main/paths.h"
#include "tool/main/presentation.h"
#include "tool/main/series_gains.h"
#include "tool/report/report.h"
#include "tool/review/apply.h"
#include "tool/review/mail.h"
#include "tool/series/commit.h"
#include "tool/series/mbox.h"
#include "tool/series/series.h"
#include "tool/series/verify.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "tool/support/sink.h"
#include "tool/support/parallel.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace krcu {
namespace {

/// The sites of the patch, with the paths of the directory that is changed.
std::vector<SiteReport> shownSites(const Tree &T, std::vector<SiteReport> Sites, const Patch &P) {
  if (!T.mounted().empty())
    for (SiteReport &R : Sites)
      for (std::string *File : {&R.census.where.file, &R.callback.where.file})
        *File = T.shownFile(*File);
  std::set<Location> Left;
  for (const LeftOutSite &L : P.left_out)
    Left.insert(L.where);
  std::erase_if(Sites, [&](const SiteReport &R) { return R.cls == SiteClass::Convert && Left.count(R.census.where); });
  return Sites;
}

bool isBelow(llvm::StringRef File, llvm::StringRef Path) {
  return Path == "." || File == Path || (File.starts_with(Path) && File.substr(Path.size()).starts_with("/"));
}

/// krcu patch --mbox DIR: done as soon as it is read, for it needs no tree.
void printMailbox(const std::string &Directory) {
  auto Text = series::mailboxOf(Directory);
  llvm::Error E = Text ? writeStdout(*Text) : Text.takeError();
  if (!E)
    throw CLI::Success();
  std::fprintf(stderr, "krcu: %s\n", message(std::move(E)).c_str());
  throw CLI::RuntimeError(2);
}

/// A word of --prefix or an address of --cc becomes a header.
bool fitsHeader(const std::string &Text) {
  return std::all_of(Text.begin(), Text.end(), [](unsigned char C) { return C >= 0x20 && C != 0x7F && C != '[' && C != ']'; });
}

} // namespace

std::string commandOf(const ScanOptions &SO, const SeriesOptions &O, const std::string &What) {
  std::string Out = "krcu patch" + (What.empty() ? "" : " " + What);
  if (SO.verdict.allow_hurry)
    Out += " --allow-hurry";
  for (const std::string &F : SO.verdict.families)
    Out += " --family " + F;
  if (O.with_kept)
    Out += " --with-kept";
  if (!O.upstream.empty())
    Out += " --upstream NEWER";
  for (const std::string &P : O.only)
    Out += " --only " + P;
  for (const std::string &P : O.exclude)
    Out += " --exclude " + P;
  Out += " --series DIR TREE";
  for (const std::string &P : SO.paths)
    Out += " " + P;
  return Out;
}

std::string siteText(const std::string &File, const std::string &Deferral, const std::string &Head, const std::string &Callback) {
  return File + ": " + Deferral + "(" + Head + ", " + Callback + ")";
}

std::string leftOutByPath(const SeriesOptions &O, const std::string &File) {
  auto Holds = [&](const std::string &P) { return isBelow(File, P); };
  if (std::any_of(O.exclude.begin(), O.exclude.end(), Holds))
    return "--exclude";
  return !O.only.empty() && std::none_of(O.only.begin(), O.only.end(), Holds) ? "--only" : "";
}

llvm::Error findPaths(SeriesOptions &O, const ScanOptions &SO) {
  if (O.only.empty() && O.exclude.empty())
    return llvm::Error::success();
  auto T = openTree(SO);
  if (!T)
    return T.takeError();
  for (auto *Paths : {&O.only, &O.exclude}) {
    std::vector<std::string> All;
    for (const std::string &P : *Paths) {
      auto Found = findPathList(*T, P);
      if (!Found)
        return Found.takeError();
      for (const std::string &Each : *Found)
        All.push_back(Each == Tree::MountPoint ? "." : T->shownFile(Each));
    }
    *Paths = std::move(All);
  }
  return llvm::Error::success();
}

void addSeriesOptions(CLI::App *C, SeriesOptions &O) {
  C->add_option("--series", O.directory, "write the conversions as mails for git am into this new directory; nothing is sent");
  C->add_option("--commit", O.branch, "make them commits on this new branch of TREE's git repository; nothing else in it changes");
  addMailOptions(C, O);
  C->add_option("--only", O.only, "only what is converted in this file or directory; the scan stays whole")->allow_extra_args(false);
  C->add_option("--exclude", O.exclude, "not what is converted in this file or directory")->allow_extra_args(false);
  C->add_option("--upstream", O.upstream, "a newer tree: leave out what is converted or gone there");
  C->add_flag("--with-kept", O.with_kept, "also where nobody would see a gain: the callback must stay, because something else uses it, or a smaller object takes as much memory");
  C->add_flag("--exit-code", O.exit_code, "exit status 1 if there is something to convert");
  C->add_option_function<std::string>("--mbox", printMailbox, "print the patches of this directory, which --series wrote, as a mailbox for git am; nothing else is done")
      ->trigger_on_parse();
  if (CLI::Option *InPlace = C->get_option_no_throw("--in-place"))
    InPlace->excludes(C->get_option("--commit"))->excludes(C->get_option("--series"));
}

CLI::App *addVerifyCommand(CLI::App &App, SeriesOptions &O, std::string &Tree, std::vector<std::string> &Rules, unsigned &Jobs) {
  CLI::App *C = App.add_subcommand("verify", "check a directory of patches as a maintainer's machine would: apply, parse, scan the result");
  C->add_option("DIR", O.directory, "what krcu patch --series wrote")->required();
  C->add_option("--tree", Tree, "the tree that the patches are for")->required();
  C->add_option("--rules", Rules, "the rules that the patches were made with")->allow_extra_args(false);
  C->add_option("-j,--jobs", Jobs, "threads (default: all processors)")->check(CLI::Range(1u, 1024u));
  C->add_flag("--run-checkpatch", O.run_checkpatch, "run the tree's own scripts/checkpatch.pl --strict, which executes code of the tree");
  return C;
}

llvm::Error checkSeriesOptions(const SeriesOptions &O, const ScanOptions &SO) {
  if (!O.wanted()) {
    if (O.signoff || !O.templates.empty() || !O.date.empty() || O.one_series || O.version || !O.reroll.empty() || !O.trailers.empty() || !O.cc.empty() ||
        !O.prefix.empty() || !O.only.empty() || !O.exclude.empty() || !O.upstream.empty() || O.with_kept)
      return fail("--signoff, --templates, --date, --one-series, -v, --reroll, --trailer, --cc, --prefix, --only, --exclude, --upstream and --with-kept belong "
                  "to --series DIR or --commit BRANCH");
    return llvm::Error::success();
  }
  for (const std::string &T : O.trailers)
    if (llvm::Error E = series::checkTrailer(T))
      return E;
  for (const std::string &A : O.cc)
    if (!fitsHeader(A) || !llvm::StringRef(series::parseAddress(A).mail).contains('@'))
      return fail("--cc '" + llvm::StringRef(A).split('\n').first.str() + "' is no address; write it as 'Name <name@example.org>'");
  if (!fitsHeader(O.prefix))
    return fail("--prefix is what stands behind PATCH in the brackets, without them");
  if (!O.reroll.empty())
    if (auto State = series::readState(O.reroll); !State)
      return State.takeError();
  if (!SO.assume.empty())
    return fail("a series says what the tree shows, and --assume is a what-if; leave it away");
  if (auto Date = dateOf(O); !Date)
    return Date.takeError();
  return O.directory.empty() ? llvm::Error::success() : series::checkOutputDirectory(O.directory);
}

llvm::Expected<PatchChoice> patchChoice(const SeriesOptions &O, const Scan &S, bool DropBarriers) {
  PatchChoice Choice;
  Choice.drop_barriers = DropBarriers;
  if (!O.wanted())
    return Choice;
  Choice.only_gains = !O.with_kept;
  std::shared_ptr<Tree> Upstream;
  if (!O.upstream.empty()) {
    auto T = Tree::open(O.upstream);
    if (!T)
      return T.takeError();
    Upstream = std::make_shared<Tree>(std::move(*T));
  }
  Choice.leave_out = [&O, &S, Upstream](const SiteReport &R) -> std::string {
    std::string Path = leftOutByPath(O, S.tree().shownFile(R.census.where.file));
    if (!Path.empty())
      return Path;
    return Upstream ? doneUpstream(*Upstream, R) : "";
  };
  return Choice;
}

llvm::Expected<std::string> makeSeriesFor(Scan &S, const std::vector<SiteReport> &Sites, const Patch &P, const SeriesOptions &O,
                                          const ScanOptions &SO, const std::string &ScanJson) {
  std::vector<SiteReport> Shown = shownSites(S.tree(), Sites, P);
  series::SeriesInput In;
  In.tree = &S.tree();
  In.root = P.root;
  In.semantics = &S.semantics();
  In.sites = &Shown;
  In.files = P.files;
  In.notes = P.notes;
  for (const auto &[File, Architecture] : P.parsed_for)
    In.parsed_for[S.tree().shown(File)] = Architecture;
  for (const OrphanedHelper &H : HelperFinder(S).of(Sites))
    In.removed_helpers.emplace_back(S.tree().shown(H.file), H.name);
  In.rules_directory = SO.builtin_rules;
  In.configuration = SO.compile_commands.empty() ? "a configuration of krcu's own making" : "the configuration of a build";
  In.command = commandOf(SO, O);
  In.scan_json = ScanJson;
  auto Missing = missingBarriersOf(S, Sites, SO);
  if (!Missing)
    return Missing.takeError();
  if (!O.upstream.empty()) {
    auto Upstream = Tree::open(O.upstream);
    if (!Upstream)
      return Upstream.takeError();
    llvm::erase_if(*Missing, [&](const series::MissingBarrier &M) { return mayWaitUpstream(*Upstream, S.rules(), M.where.file, llvm::StringRef(M.exit).split('(').first.str()); });
  }
  In.missing_barriers = std::move(*Missing);
  for (const LeftOutSite &L : P.left_out) {
    In.left_out.push_back(siteText(L.where.file, L.deferral, L.head, L.callback));
    In.left_out_why.push_back(L.why);
  }
  if (llvm::Error E = takeSeriesOptions(O, In))
    return E;
  if (!P.left_out.empty())
    tell(O.quiet, "note", counted(P.left_out.size(), "call") + " left out that could be converted; README says why of each (--with-kept: also those whose callback stays)");
  return finishSeries(In, O);
}

llvm::Expected<std::string> finishSeries(const series::SeriesInput &In, const SeriesOptions &O) {
  auto Made = series::makeSeries(In);
  if (!Made)
    return Made.takeError();
  std::string Out;
  std::vector<std::string> Unlike;
  if (!O.branch.empty()) {
    auto Commits = series::commitSeries(*Made, In, O.branch, &Unlike);
    if (!Commits)
      return Commits.takeError();
    Out += "branch " + O.branch + ": " + std::to_string(Commits->size()) + " commits\n";
    for (const series::MadeCommit &C : *Commits)
      Out += "  " + C.id.substr(0, 12) + " " + C.subject + "\n";
  }
  for (const std::string &W : Unlike)
    tell(O.quiet, "warning", W);
  auto Written = writeMails(*Made, O);
  if (!Written)
    return Written.takeError();
  return Out + *Written;
}

namespace {

/// What the patched files still have to convert, and what the patches took away that krcu would not have converted.
void checkResult(Scan &S, const std::map<std::string, std::string> &Contents, unsigned Jobs, const std::set<std::string> &LeftOut,
                 std::vector<std::string> &Problems) {
  std::vector<std::string> Files;
  for (const auto &[File, Text] : Contents)
    if (llvm::StringRef(File).ends_with(".c"))
      Files.push_back(File);
  std::vector<std::vector<CallSiteFact>> Left(Files.size());
  parallelFor(Jobs, Files.size(), [&](size_t N, unsigned Worker) { Left[N] = callSitesIn(S, Files[N], Contents, Worker); });
  using Key = std::tuple<std::string, std::string, std::string, std::string>; // what of a call an edit elsewhere does not move
  for (size_t N = 0; N < Files.size(); ++N) {
    std::multimap<Key, const SiteReport *> Before;
    for (const SiteReport &R : S.sites())
      if (R.site && !R.site->in_macro && R.census.where.file == Files[N])
        Before.emplace(Key{R.site->function, R.site->deferral, R.site->head_text, R.site->callback_text}, &R);
    for (const CallSiteFact &C : Left[N]) {
      const DeferralRule *Rule = S.rules().deferral(C.deferral);
      if (C.in_macro || !Rule || Rule->flavour != "rcu") // none of these can be rewritten, and the scan has no row for each
        continue;
      auto It = Before.find(Key{C.function, C.deferral, C.head_text, C.callback_text});
      std::string Place = siteText(Files[N], C.deferral, C.head_text, C.callback_text);
      if (It == Before.end())
        Problems.push_back(Place + " is new");
      else if (It->second->cls == SiteClass::Convert && !LeftOut.count(siteText(S.tree().shownFile(Files[N]), C.deferral, C.head_text, C.callback_text)))
        Problems.push_back(Place + " is still to convert");
      if (It != Before.end())
        Before.erase(It);
    }
    for (const auto &[What, R] : Before)
      if (R->cls != SiteClass::Convert)
        Problems.push_back(siteText(Files[N], R->site->deferral, R->site->head_text, R->site->callback_text) + " goes, but krcu says " + className(R->cls) + ": " + reasonText(*R));
  }
}

/// What the series' maker knows to be convertible and has left as it is.
std::set<std::string> leftOutOf(const std::string &Directory) {
  auto State = series::readState(Directory);
  if (State)
    return {State->left_out.begin(), State->left_out.end()};
  llvm::consumeError(State.takeError()); // other people's patches
  return {};
}

/// A CHECK is for a person to weigh; a commit that this repository does not have says nothing of the patch.
bool isRemarkOnly(llvm::StringRef Line) { return Line.contains("CHECK:") || Line.contains(":UNKNOWN_COMMIT_ID:"); }

/// What a patch makes of the files that it changes, given what the ones before it made of them.
struct AppliedPatch {
  const series::ReadPatch *patch;
  std::vector<std::string> files;              ///< that it changes, sorted
  std::map<std::string, std::string> contents; ///< of every file changed so far
  std::string problem;                         ///< it does not apply, and why; then `files` is empty
};

/// The patches applied one after the other, as git am does it: hunks may stand at other lines, a mail may have got other line ends.
std::vector<AppliedPatch> applyAll(const Tree &T, const std::vector<series::ReadPatch> &Patches, const std::string &Below) {
  std::vector<AppliedPatch> Result;
  std::map<std::string, std::string> Contents;
  for (const series::ReadPatch &P : Patches) {
    AppliedPatch A{&P, {}, {}, P.problem};
    review::Diff D = review::parseDiff(P.diff);
    if (A.problem.empty() && !D.problem.empty())
      A.problem = "it cannot be read as a patch: " + D.problem;
    std::map<std::string, std::string> News;
    for (const review::AppliedFile &F : review::applyDiff(D, [&](const std::string &Path) -> std::optional<std::string> {
           auto It = Contents.find(Below + Path);
           return It != Contents.end() ? std::optional(It->second) : T.read(Below + Path);
         })) {
      if (A.problem.empty() && !F.problem.empty())
        A.problem = "it does not apply: " + F.path + ": " + F.problem;
      else if (A.problem.empty() && !F.after)
        A.problem = F.path + ": a patch that deletes a file is not looked at";
      else if (F.after && F.looked_at)
        News[Below + F.path] = *F.after;
    }
    if (A.problem.empty())
      for (auto &[File, Text] : News) {
        A.files.push_back(File);
        Contents[File] = std::move(Text);
      }
    A.contents = Contents;
    Result.push_back(std::move(A));
  }
  return Result;
}

/// What is wrong with the directory as a series: numbers that are missing, an mbox that holds other patches than the files beside it.
std::vector<std::string> problemsOfSeries(const std::string &Directory, const std::vector<series::ReadPatch> &Patches) {
  std::vector<std::string> Problems;
  std::map<std::string, std::map<unsigned, std::set<unsigned>>> Numbers; // by directory and length
  std::map<std::string, std::multiset<std::string>> Texts;
  for (const series::ReadPatch &P : Patches) {
    review::ReviewPatch Read;
    review::readSubject(P.subject, Read);
    std::string Parent = llvm::sys::path::parent_path(P.file).str();
    if (Read.numbered && Read.total > 1)
      Numbers[Parent][Read.total].insert(Read.number);
    Texts[Parent].insert(P.diff);
  }
  for (const auto &[Parent, Series] : Numbers)
    for (const auto &[Total, Have] : Series)
      for (unsigned N = 1; N <= Total; ++N)
        if (!Have.count(N))
          Problems.push_back((Parent.empty() ? "" : Parent + ": ") + "patch " + std::to_string(N) + " of " + std::to_string(Total) + " is missing");
  std::error_code EC;
  for (llvm::sys::fs::recursive_directory_iterator It(Directory, EC, false), End; !EC && It != End; It.increment(EC)) {
    if (llvm::sys::path::extension(It->path()) != ".mbox" || !llvm::sys::fs::is_regular_file(It->path()))
      continue;
    std::string Name = llvm::StringRef(It->path()).drop_front(Directory.size()).ltrim('/').str(), Parent = llvm::sys::path::parent_path(Name).str();
    auto Box = review::readInbox({It->path()});
    if (!Box) {
      Problems.push_back(message(Box.takeError()));
      continue;
    }
    // The changes count, not the mails around them.
    auto Lines = [](const review::Diff &D) {
      std::string Text;
      for (const review::FileDiff &F : D.files)
        for (const review::Hunk &H : F.hunks)
          for (const review::HunkLine &L : H.lines)
            Text += F.path() + L.kind + L.text + "\n";
      return Text;
    };
    std::multiset<std::string> Mine, Theirs;
    for (const review::ReviewPatch &P : Box->patches)
      Mine.insert(Lines(P.diff));
    for (const std::string &Text : Texts[Parent])
      Theirs.insert(Lines(review::parseDiff(Text)));
    if (Mine != Theirs)
      Problems.push_back(Name + " does not hold the same patches as the files beside it");
  }
  return Problems;
}

/// What krcu review calls broken, by patch.
llvm::Expected<std::vector<std::string>> brokenOnes(const std::vector<series::ReadPatch> &Patches, ScanOptions SO) {
  SO.paths.clear();
  auto S = Scan::prepare(SO);
  if (!S)
    return S.takeError();
  std::vector<review::ReviewPatch> Asked;
  for (const series::ReadPatch &P : Patches) {
    review::ReviewPatch R;
    R.subject = P.subject;
    R.body = P.diff;
    R.diff = review::parseDiff(P.diff);
    Asked.push_back(std::move(R));
  }
  auto Column = reviewPatches(**S, Asked);
  if (!Column)
    return Column.takeError();
  std::vector<std::string> Result;
  for (const review::PatchReview &P : Column->patches)
    Result.push_back(P.verdict == review::PatchVerdict::Broken ? P.reason : std::string());
  return Result;
}

} // namespace

llvm::Expected<std::string> verifyDirectory(const SeriesOptions &O, ScanOptions SO, bool &Failed) {
  auto Patches = series::readPatches(O.directory);
  if (!Patches)
    return Patches.takeError();
  auto T = openTree(SO);
  if (!T)
    return T.takeError();
  std::vector<AppliedPatch> Applied = applyAll(*T, *Patches, SO.module.empty() ? "" : Tree::MountPoint.str() + "/");
  auto Broken = brokenOnes(*Patches, SO);
  if (!Broken)
    return Broken.takeError();
  std::set<std::string> Touched;
  for (const AppliedPatch &P : Applied)
    Touched.insert(P.files.begin(), P.files.end());
  std::string Out;
  unsigned Bad = 0;
  SO.paths.assign(Touched.begin(), Touched.end());
  SO.glance = false; // the calls before are compared with those of the result, which a glance does not show
  auto S = Touched.empty() ? llvm::Expected<std::unique_ptr<Scan>>(nullptr) : Scan::run(SO);
  if (!S)
    return S.takeError();
  for (const AppliedPatch &P : Applied) {
    std::vector<std::string> Problems(P.files.size()), Remarks;
    if (*S)
      parallelFor(SO.jobs, P.files.size(), [&](size_t N, unsigned Worker) {
        Problems[N] = verifyWholeFile(**S, P.files[N], P.contents, Worker);
        if (!Problems[N].empty())
          Problems[N] = P.files[N] + ": " + Problems[N];
      });
    std::erase(Problems, "");
    if (!P.problem.empty())
      Problems.push_back(P.problem);
    else if (const std::string &Why = (*Broken)[static_cast<size_t>(&P - Applied.data())]; !Why.empty() && Problems.empty())
      Problems.push_back("krcu review calls it broken: " + Why);
    if (O.run_checkpatch) {
      auto Lines = series::runCheckpatch(*T, O.directory + "/" + P.patch->file);
      if (!Lines)
        return Lines.takeError();
      for (const std::string &Line : *Lines)
        (isRemarkOnly(Line) ? Remarks : Problems).push_back("checkpatch: line " + Line);
    }
    Out += std::string(Problems.empty() ? "ok   " : "FAIL ") + P.patch->file + "\n";
    Problems.insert(Problems.end(), Remarks.begin(), Remarks.end());
    for (const std::string &Problem : Problems)
      Out += "     " + Problem + "\n";
    Bad += Problems.size() > Remarks.size();
  }
  std::vector<std::string> Problems = problemsOfSeries(O.directory, *Patches);
  if (!Problems.empty())
    Out += "FAIL the series as a whole\n";
  if (Bad || !Problems.empty()) {
    Out += "     the result was not looked at\n";
  } else {
    if (*S)
      checkResult(**S, Applied.back().contents, SO.jobs, leftOutOf(O.directory), Problems);
    Out += std::string(Problems.empty() ? "ok   " : "FAIL ") + "the result: nothing left to convert in the changed files, and nothing new\n";
  }
  for (const std::string &Problem : Problems)
    Out += "     " + Problem + "\n";
  Failed = Bad || !Problems.empty();
  return T->shown(Out) + counted(Patches->size(), "patch", "patches") + ", " + std::to_string(Bad) + " not in order" +
         (O.run_checkpatch ? "" : "; checkpatch was not run (--run-checkpatch)") + "\n";
}

} // namespace krcu
