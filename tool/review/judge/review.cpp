// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One step per patch. The state after a patch is the state before the next one, so a file is parsed once for each text that it has had,
// and only files that a patch touches or that the proof asks for are parsed at all.
#include "tool/review/judge/review.h"
#include "tool/review/series_order.h"
#include "tool/driver/diagnostics.h"
#include "tool/driver/plan.h"
#include "tool/review/judge/judge.h"
#include "tool/review/judge/rcu_words.h"
#include "tool/support/parallel.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <utility>

using llvm::StringRef;

namespace krcu {

using namespace review;

namespace {

bool isSource(StringRef Path) { return Path.ends_with(".c") || Path.ends_with(".h"); }

/// Whether what is not read may be text of the kernel: a picture is none, a link leads anywhere.
bool mayHideCode(const AppliedFile &F) {
  const StringRef Name = StringRef(F.path).rsplit('/').second.empty() ? StringRef(F.path) : StringRef(F.path).rsplit('/').second;
  return F.unread != "a binary change" || isSource(Name) || isSource(F.old_path) || Name.ends_with(".S") || Name.starts_with("Makefile") || Name.starts_with("Kbuild") || Name.starts_with("Kconfig");
}

TreeState::Text shared(std::optional<std::string> Text) { return Text ? std::make_shared<const std::string>(std::move(*Text)) : nullptr; }

/// What is unused in a parse depends on which bodies it looked at, so both sides of a patch look at the same.
void askAlike(Demand &Old, Demand &New) {
  Old.add(New);
  New = Old;
}

class Review {
public:
  explicit Review(Scan &S) : S(S) {}

  llvm::Expected<Column> run(const std::vector<ReviewPatch> &Patches) {
    Column C;
    C.version = S.tree().version();
    C.assumed = S.options().assume;
    States.push_back(std::make_unique<TreeState>(S));
    parseAhead(Patches);
    prepareHeader(Patches, {});
    if (llvm::Error E = S.awaitSemantics())
      return E;
    auto Printing = loadReviewRules(S.options().builtin_rules, S.options().rules);
    if (!Printing)
      return Printing.takeError();
    auto Unload = loadUnloadRules(S.options().builtin_rules, S.options().rules);
    if (!Unload)
      return Unload.takeError();
    Rows = {std::move(*Printing), std::move(*Unload)};
    Words.emplace(S.rules(), Rows.review);
    for (const ReviewPatch &P : Patches) {
      if (Progress *Told = S.options().progress.get())
        Told->phase("review patch " + std::to_string(C.patches.size() + 1) + " of " + std::to_string(Patches.size()));
      const bool Anew = startsAnew(P);
      if (Anew)
        restart();
      C.patches.push_back(reviewOne(P));
      if (Anew)
        C.patches.back().reason += "; judged in the tree as it is, for it does not apply behind the patches before it";
      Threads.insert(threadOf(P));
      while (States.size() > 1)
        States.erase(States.begin()); // the state after the patch is all that the next one needs
    }
    sayWhatAppliesLater(C);
    C.era = States.back()->semantics().era;
    C.parsed = Parsed;
    C.unparsed = std::move(Unparsed);
    return C;
  }

private:
  TextOf readerOver(const TreeState::Texts &Texts) const;
  void prepareHeader(const std::vector<ReviewPatch> &Patches, const std::set<std::string> &Bodies);
  void parseAhead(const std::vector<ReviewPatch> &Patches);
  PatchReview reviewOne(const ReviewPatch &P);
  void sayWhatAppliesLater(Column &C) const;
  bool startsAnew(const ReviewPatch &P) const;
  void restart();
  bool isInTree(const ReviewPatch &P, const std::string &File) const;
  void collectFacts(TreeState &Before, TreeState &After, std::vector<ReviewedFile> &Files);
  Demand demandFor(TreeState &State, const std::string &File, const std::set<std::string> &Functions) const;
  void checkCompiles(TreeState &Before, TreeState &After, std::vector<ReviewedFile> &Files, std::vector<Finding> &To);
  std::string compileProblem(TreeState &Before, TreeState &After, const ReviewedFile &F, unsigned Worker, Location &Where);

  Scan &S;
  std::optional<RcuWords> Words; ///< from run() on
  JudgeRules Rows;
  TreeState::Texts Waiting;                       ///< of patches that were only applied, and so have no state of their own
  std::vector<std::unique_ptr<TreeState>> States; ///< before and after the patch in hand
  std::set<std::string> Touched;                  ///< files that a patch before has changed
  std::set<std::string> Threads;                  ///< threadOf() the patches so far
  bool HeaderMade = false;
  unsigned Parsed = 0;                            ///< files before their patch
  EvidenceList Unparsed;
  std::unique_ptr<TreeState> Ahead;               ///< all patches applied, and the files that one of them touches parsed; may be null
};

/// A review wants other bodies than a scan, so its headers stand beside those; otherwise each would push out the other's.
struct ReviewShelf : HeaderShelf {
  explicit ReviewShelf(HeaderShelf *Below) : below(Below) {}
  std::optional<KeptHeader> find(const std::string &Variant, const std::string &Family) override { return below->find(Variant, "review " + Family); }
  void keep(const std::string &Variant, const std::string &Family, KeptHeader Header) override { below->keep(Variant, "review " + Family, std::move(Header)); }
  HeaderShelf *below;
};

/// The newest state with other texts over it.
TextOf Review::readerOver(const TreeState::Texts &Texts) const {
  return [&](const std::string &Path) {
    auto It = Texts.find(Path);
    return It == Texts.end() ? States.back()->read(Path) : It->second ? std::optional(*It->second) : std::nullopt;
  };
}

/// One precompiled header for all files of the series, as a scan has one; nothing if it has been made.
void Review::prepareHeader(const std::vector<ReviewPatch> &Patches, const std::set<std::string> &Bodies) {
  if (std::exchange(HeaderMade, true))
    return;
  std::set<std::string> Files;
  for (const ReviewPatch &P : Patches)
    for (const FileDiff &F : P.diff.files)
      if (StringRef(F.path()).ends_with(".c") && badPath(F.path()).empty() && S.index().find(F.path()) >= 0)
        Files.insert(F.path());
  // Of a mailbox with thousands of files some that will be parsed stand for all.
  const std::vector<uint32_t> &Likely = S.index().ruleWordFiles();
  if (Files.size() > ManyFiles)
    std::erase_if(Files, [&](const std::string &File) { return !std::binary_search(Likely.begin(), Likely.end(), static_cast<uint32_t>(S.index().find(File))); });
  while (Files.size() > ManyFiles)
    Files.erase(std::prev(Files.end()));
  ReviewShelf Shelf{S.headerShelf()};
  if (!Files.empty())
    S.frontend().preparePch({Files.begin(), Files.end()}, Bodies, [](auto &) {}, Shelf.below ? &Shelf : nullptr);
}

/// Most series touch each file once. Then its text before the patch is that of the disk and its text after it that of the end, and all of
/// them can be parsed side by side instead of patch by patch.
void Review::parseAhead(const std::vector<ReviewPatch> &Patches) {
  if (Patches.size() > ManyFiles)
    return; // a mailbox: most of it is only applied
  TreeState::Texts Now;
  std::map<std::string, std::set<std::string>> Functions; ///< by file: what its patch changes
  std::set<std::string> Once, Often;
  for (const ReviewPatch &P : Patches)
    for (const AppliedFile &F : applyDiff(P.diff, readerOver(Now))) {
      if (!F.problem.empty() || !F.looked_at || !isSource(F.path))
        continue;
      if (!StringRef(F.path).ends_with(".c") || !F.before || !F.after || F.old_path != F.path || !S.index().includersOf(F.path).empty() || Once.size() > ManyFiles)
        return; // what includes it changes with it: one after the other
      Now[F.path] = shared(F.after);
      if (!Once.insert(F.path).second)
        Often.insert(F.path);
      else
        Functions[F.path] = changedFunctions(*F.before, *F.after);
    }
  for (const std::string &File : Often)
    Once.erase(File);
  if (Once.size() < 2)
    return;
  Ahead = std::make_unique<TreeState>(*States.front(), Now);
  std::map<std::string, Demand> Old, New;
  for (const std::string &File : Once) {
    Old[File] = demandFor(*States.front(), File, Functions[File]);
    New[File] = demandFor(*Ahead, File, Functions[File]);
    askAlike(Old[File], New[File]);
  }
  std::set<std::string> Bodies;
  for (const auto *Demands : {&Old, &New})
    for (const auto &[File, D] : *Demands)
      Bodies.insert(D.names.begin(), D.names.end());
  prepareHeader(Patches, Bodies);
  States.front()->watchUnused(Once);
  Ahead->watchUnused(Once);
  States.front()->parse(Old);
  for (const std::string &File : Once)
    if (const ParseOutcome *Was = States.front()->outcome(File); Was && Was->parsed && Was->errors == 0)
      Ahead->useVariant(File, Was->variant);
  Ahead->parse(New);
}

/// What of a file must be seen: the changed functions, everything that defers, waits or destroys, and what callbacks need.
Demand Review::demandFor(TreeState &State, const std::string &File, const std::set<std::string> &Functions) const {
  std::vector<CensusEntry> Own;
  for (const CensusEntry &E : State.census())
    if (E.where.file == File)
      Own.push_back(E);
  Demand D;
  if (!Own.empty())
    D = planFirstParse(State.index(), State.rules(), Own, 1)[File];
  D.names.insert(Functions.begin(), Functions.end());
  D.trace = Functions;
  // The helpers that they call in the file: what those free belongs to their paths.
  if (int Id = State.index().find(File); Id >= 0)
    if (auto Text = State.index().text(static_cast<uint32_t>(Id))) {
      Outline O = outlineOf(*Text);
      for (const std::string &Name : Functions)
        if (const OutlineFunction *F = O.function(Name))
          for (const std::string &Word : F->identifiers)
            if (const OutlineFunction *Helper = O.function(Word); Helper && Helper->is_static)
              D.names.insert(Word);
    }
  const Rules &R = State.rules();
  for (const DeferralRule &Each : R.deferrals)
    D.words.insert(Each.name);
  for (const BarrierRule &Each : R.barriers)
    D.words.insert(Each.name);
  for (const CacheRule &Each : R.cache_destroy)
    D.words.insert(Each.name);
  D.words.insert(R.replacements.begin(), R.replacements.end());
  D.words.insert(R.deferred_frees_no_head.begin(), R.deferred_frees_no_head.end());
  return D;
}

void Review::collectFacts(TreeState &Before, TreeState &After, std::vector<ReviewedFile> &Files) {
  std::map<std::string, Demand> Old, New;
  std::set<std::string> Watched;
  for (ReviewedFile &F : Files) {
    std::set<std::string> Functions = changedFunctions(F.applied->before.value_or(""), F.applied->after.value_or(""));
    if (!F.before_path.empty())
      Old[F.before_path] = demandFor(Before, F.before_path, Functions);
    if (!F.after_path.empty())
      New[F.after_path] = demandFor(After, F.after_path, Functions);
    if (!F.before_path.empty() && !F.after_path.empty())
      askAlike(Old[F.before_path], New[F.after_path]);
    Watched.insert({F.before_path, F.after_path});
  }
  Before.watchUnused(Watched);
  After.watchUnused(Watched);
  Before.parseLike(After);
  std::erase_if(Old, [&](const auto &Each) { return Before.outcome(Each.first) && Before.database().served(Each.first).includes(Each.second); });
  std::erase_if(New, [&](const auto &Each) { return Ahead && After.adopt(*Ahead, Each.first, Each.second); });
  const bool Few = Old.size() == 1 && New.size() == 1; // each would leave the other processors idle
  if (Few)
    TreeState::parseBoth(Before, Old, After, New);
  else
    Before.parse(Old);
  for (const ReviewedFile &F : Files) // a text that is wrong is wrong everywhere: no other architecture need be tried for it
    if (const ParseOutcome *Was = F.before_path.empty() ? nullptr : Before.outcome(F.before_path); Was && Was->parsed && Was->errors == 0) {
      After.useVariant(F.after_path, Was->variant);
      if (const ParseOutcome *Is = Few ? After.outcome(F.after_path) : nullptr; Is && Is->variant == Was->variant)
        New.erase(F.after_path);
    }
  After.parse(New);
  const bool Elsewhere = llvm::any_of(Files, [](const ReviewedFile &F) { // a source that comes or goes as a whole changes no other one
    const bool Whole = (F.before_path.empty() || F.after_path.empty()) && StringRef(F.applied->path).ends_with(".c");
    return !Whole && directivesDiffer(F.applied->before.value_or(""), F.applied->after.value_or(""));
  });
  for (ReviewedFile &F : Files) {
    auto Take = [](TreeState &State, const std::string &Path, FileFacts &To) {
      auto It = State.database().files().find(Path);
      if (It != State.database().files().end())
        To = It->second;
    };
    Take(Before, F.before_path, F.old_facts);
    Take(After, F.after_path, F.new_facts);
    F.changes = changesBetween(&F.old_facts, &F.new_facts, After.rules());
    if (!Elsewhere)
      F.changes.keepOnly(Watched);
    if (F.before_path.empty())
      continue;
    F.unparsed = Before.database().problem(F.before_path);
    if (F.unparsed.empty())
      ++Parsed;
    else
      Unparsed.push_back({F.before_path, 0, "", F.unparsed});
  }
}

/// The first thing that the new text gets wrong and the old one did not, or empty.
std::string Review::compileProblem(TreeState &Before, TreeState &After, const ReviewedFile &F, unsigned Worker, Location &Where) {
  const ParseOutcome *New = After.outcome(F.after_path), *Old = Before.outcome(F.before_path);
  if (!New)
    return {};
  std::set<std::string> Rarer = rarerWords(F.applied->before.value_or(""), F.applied->after.value_or(""));
  bool Suspicious = false;
  for (const ParseDiagnostic &D : New->diagnostics) {
    bool Had = Old && std::any_of(Old->diagnostics.begin(), Old->diagnostics.end(), [&](const ParseDiagnostic &O) { return O.text == D.text && O.file == D.file; });
    bool Named = false;
    for (const std::string &Word : quotedWords(D.text))
      Named = Named || Rarer.count(Word);
    Suspicious = Suspicious || (!Had && (D.error || Named));
  }
  if (!Suspicious)
    return {};
  // Only a parse of all bodies tells whether it is so.
  ParseOutcome Whole;
  if (!F.before_path.empty())
    Whole = Before.compile(F.before_path, "", Worker);
  auto D = firstNewDiagnostic(Whole, After.compile(F.after_path, Whole.variant, Worker));
  if (!D)
    return {};
  Where = {D->file.empty() ? F.after_path : D->file, D->line, 0};
  return std::string(D->error ? "does not compile: " : "would warn: ") + D->text;
}

void Review::checkCompiles(TreeState &Before, TreeState &After, std::vector<ReviewedFile> &Files, std::vector<Finding> &To) {
  std::vector<std::string> Problems(Files.size());
  std::vector<Location> Where(Files.size());
  parallelFor(S.options().jobs, Files.size(), [&](size_t N, unsigned Worker) {
    if (!Files[N].after_path.empty() && Files[N].unparsed.empty())
      Problems[N] = compileProblem(Before, After, Files[N], Worker, Where[N]);
  });
  for (size_t N = 0; N < Files.size(); ++N)
    if (!Problems[N].empty())
      To.push_back({PatchVerdict::Broken, Files[N].after_path, Where[N].file == Files[N].after_path ? Where[N].line : 0, false, Problems[N],
                    {{Where[N].file, Where[N].line, "", Problems[N]}}});
}

/// Whether the tree as it is on disk has the change to that file.
bool Review::isInTree(const ReviewPatch &P, const std::string &File) const {
  std::vector<AppliedFile> OnDisk = applyDiff(P.diff, [&](const std::string &Path) { return S.tree().read(Path); });
  return std::any_of(OnDisk.begin(), OnDisk.end(), [&](const AppliedFile &F) { return F.path == File && F.already; });
}

/// Whether the patch opens a thread that knows nothing of the patches before it: it applies to the tree, and not to what they have made of it. A mailbox
/// holds what many people have sent.
bool Review::startsAnew(const ReviewPatch &P) const {
  const std::string Thread = threadOf(P);
  if (Touched.empty() || Thread.empty() || Threads.count(Thread) || (P.numbered && P.number > 1))
    return false;
  auto Fits = [&](const TextOf &Over) { return llvm::all_of(applyDiff(P.diff, Over), [](const AppliedFile &F) { return F.problem.empty(); }); };
  const bool Reached = llvm::any_of(P.diff.files, [&](const FileDiff &F) { return Touched.count(F.path()) != 0; });
  return Reached && !Fits(readerOver(Waiting)) && Fits([&](const std::string &Path) { return S.tree().read(Path); });
}

void Review::restart() {
  States.clear();
  States.push_back(std::make_unique<TreeState>(S));
  Waiting.clear();
  Touched.clear();
}

/// Of what did not apply in its place: whether it does behind those that came later.
void Review::sayWhatAppliesLater(Column &C) const {
  for (size_t N = 0; N + 1 < C.patches.size(); ++N) {
    PatchReview &P = C.patches[N];
    if (P.applies || P.verdict != PatchVerdict::NotApplicable)
      continue;
    std::vector<AppliedFile> Now = applyDiff(P.patch->diff, readerOver(Waiting));
    if (Now.empty() || !llvm::all_of(Now, [](const AppliedFile &F) { return F.problem.empty(); }))
      continue;
    const std::string Hint = "; it applies behind the patches that follow, so their order may be wrong";
    P.reason += Hint;
    for (FileReview &F : P.files)
      for (Finding &Each : F.findings)
        if (Each.verdict == PatchVerdict::NotApplicable)
          Each.reason += Hint, F.reason = F.verdict == PatchVerdict::NotApplicable ? Each.reason : F.reason;
  }
}

PatchReview Review::reviewOne(const ReviewPatch &P) {
  PatchReview Out;
  Out.patch = &P;
  std::vector<AppliedFile> Applied = applyDiff(P.diff, readerOver(Waiting));
  const bool Matters = Applied.size() > ManyFiles || std::any_of(Applied.begin(), Applied.end(), [&](const AppliedFile &F) { return F.problem.empty() && F.looked_at && isSource(F.path) && Words->mayMatter(P.diff, F); });
  if (Matters && !Waiting.empty())
    States.push_back(std::make_unique<TreeState>(*States.back(), std::exchange(Waiting, {})));
  TreeState &Before = *States.back();
  TreeState::Texts Changed;
  std::vector<ReviewedFile> Files;
  std::vector<Finding> Findings;
  bool Many = Applied.size() > ManyFiles;
  if (!P.diff.problem.empty()) {
    Out.applies = false;
    std::string What = "line " + std::to_string(P.diff.problem_line) + ": " + P.diff.problem;
    Findings.push_back({PatchVerdict::Broken, "", 0, false, "the patch is damaged, " + What + (P.flowed ? "; it was sent as format=flowed, which changes white space" : ""), {}});
  }
  for (const AppliedFile &F : Applied) {
    if (!F.problem.empty()) {
      Out.applies = false;
      const bool Earlier = F.already && Touched.count(F.path) && !isInTree(P, F.path);
      std::string Reason = (F.already ? "does not apply: " : "does not apply to this tree: ") + (Earlier ? "an earlier patch of the series has made the change already" : F.problem) +
                           (F.problem_line ? " (line " + std::to_string(F.problem_line) + " of the patch)" : std::string()) +
                           (P.flowed ? "; the mail was sent as format=flowed, which changes white space" : "");
      // A path that leaves the tree is wrong anywhere; all else may well apply elsewhere.
      bool Wrong = !badPath(F.path).empty() || (!F.old_path.empty() && !badPath(F.old_path).empty());
      Findings.push_back({Wrong ? PatchVerdict::Broken : PatchVerdict::NotApplicable, F.path, 0, false, Reason, {{F.path, 0, "", F.problem}}});
      continue;
    }
    if (!F.looked_at) {
      if (mayHideCode(F))
        Findings.push_back({PatchVerdict::CannotTell, F.path, 0, false, "this is " + F.unread + ", and what it brings is not read", {}});
      continue;
    }
    if (F.after || F.before)
      Changed[F.path] = shared(F.after);
    if (!F.old_path.empty() && F.old_path != F.path)
      Changed[F.old_path] = nullptr;
    if (!isSource(F.path) || !Matters || (Many && !Words->mentionsRules(F)))
      continue;
    ReviewedFile R;
    R.applied = &F;
    R.before_path = F.before ? F.old_path : "";
    R.after_path = F.after ? F.path : "";
    Files.push_back(std::move(R));
  }
  for (const auto &[Path, Text] : Changed)
    Touched.insert(Path);
  if (Matters) {
    States.push_back(std::make_unique<TreeState>(Before, Changed));
    TreeState &After = *States.back();
    collectFacts(Before, After, Files);
    std::vector<Finding> Judged = PatchJudge(Before, After, Files, Rows).run();
    Findings.insert(Findings.end(), Judged.begin(), Judged.end());
    checkCompiles(Before, After, Files, Findings);
  } else {
    for (auto &[Path, Text] : Changed)
      Waiting[Path] = std::move(Text);
  }
  // By file, in the order of the patch; what concerns a file that the patch does not touch comes behind.
  std::map<std::string, size_t> Row;
  auto RowOf = [&](const std::string &File) -> FileReview & {
    auto [It, New] = Row.try_emplace(File, Out.files.size());
    if (New)
      Out.files.push_back({File, PatchVerdict::Ok, "", {}, {}, false});
    return Out.files[It->second];
  };
  for (const AppliedFile &F : Applied)
    RowOf(F.path);
  for (Finding &F : Findings)
    RowOf(F.file).findings.push_back(std::move(F));
  if (!Matters)
    for (const AppliedFile &F : Applied)
      if (F.problem.empty() && F.looked_at)
        RowOf(F.path).only_applied = true;
  for (ReviewedFile &F : Files) {
    FileReview &Row = RowOf(F.applied->path);
    Row.not_judged = std::move(F.not_judged);
    std::erase_if(Row.not_judged, [&](const NotJudged &N) { // what a finding is about has been judged
      return N.from == N.to && std::any_of(Row.findings.begin(), Row.findings.end(), [&](const Finding &Each) {
               return Each.verdict != PatchVerdict::Ok && Each.file == N.file && Each.line == N.from && Each.old_line == N.old_line;
             });
    });
  }
  for (FileReview &F : Out.files)
    sumUp(F);
  sumUp(Out);
  return Out;
}

} // namespace

namespace {

void show(const Tree &T, EvidenceList &List) {
  for (Evidence &E : List)
    E.file = T.shownFile(E.file), E.text = T.shown(E.text);
}

/// The paths as the user knows them.
void show(const Tree &T, PatchReview &P) {
  P.reason = T.shown(P.reason);
  show(T, P.evidence);
  for (FileReview &F : P.files) {
    F.file = T.shownFile(F.file);
    F.reason = T.shown(F.reason);
    for (Finding &Each : F.findings) {
      Each.file = T.shownFile(Each.file);
      Each.reason = T.shown(Each.reason);
      show(T, Each.evidence);
    }
  }
}

} // namespace

llvm::Expected<Column> reviewPatches(Scan &S, const std::vector<ReviewPatch> &Patches) {
  if (S.tree().mounted().empty())
    return Review(S).run(Patches);
  // The patches of an external module name its files from its own directory.
  std::vector<ReviewPatch> Moved = Patches;
  for (ReviewPatch &P : Moved)
    for (FileDiff &F : P.diff.files)
      for (std::string *Path : {&F.old_path, &F.new_path})
        if (!Path->empty())
          *Path = (Tree::MountPoint + "/" + *Path).str();
  auto C = Review(S).run(Moved);
  if (C)
    show(S.tree(), C->unparsed);
  for (size_t N = 0; C && N < C->patches.size(); ++N) {
    C->patches[N].patch = &Patches[N];
    show(S.tree(), C->patches[N]);
  }
  return C;
}

} // namespace krcu
