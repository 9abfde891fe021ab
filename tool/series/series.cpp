// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/series.h"

#include "tool/report/report.h"
#include "tool/report/version.h"
#include "tool/rewrite/rewrite.h"
#include "tool/series/git.h"
#include "tool/series/papers.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/SHA1.h"
#include <algorithm>
#include <ctime>

namespace krcu::series {
namespace {

FileTexts textsOf(const PatchUnit &P, const FileTexts &All) {
  FileTexts Out;
  for (const std::string &File : P.files)
    Out[File] = All.at(File);
  return Out;
}

std::string hashOf(llvm::StringRef Text) {
  llvm::SHA1 Hash;
  Hash.update(Text);
  return llvm::toHex(Hash.final(), true).substr(0, 12);
}

/// "20261123054149".
std::string stamp(int64_t Seconds) {
  std::time_t Time = Seconds;
  std::tm P{};
  gmtime_r(&Time, &P);
  char Buffer[80];
  std::snprintf(Buffer, sizeof Buffer, "%04d%02d%02d%02d%02d%02d", P.tm_year + 1900, P.tm_mon + 1, P.tm_mday, P.tm_hour, P.tm_min, P.tm_sec);
  return Buffer;
}

/// HEAD, and whether somebody else can have it.
void findBase(git_repository *R, SeriesResult &Out) {
  git_oid Head;
  if (git_reference_name_to_id(&Head, R, "HEAD") != 0) {
    Out.warnings.push_back("the tree's git repository has no commit yet, so the series names no base-commit");
    return;
  }
  Out.base_commit = hexOf(Head);
  std::vector<git_oid> Public;
  git_reference_iterator *Raw = nullptr;
  if (git_reference_iterator_new(&Raw, R) == 0) {
    GitReferences Refs(Raw);
    git_reference *RawRef = nullptr;
    while (git_reference_next(&RawRef, Raw) == 0) {
      GitReference Ref(RawRef);
      git_object *Object = nullptr;
      if ((git_reference_is_remote(RawRef) || git_reference_is_tag(RawRef)) && git_reference_peel(&Object, RawRef, GIT_OBJECT_COMMIT) == 0)
        Public.push_back(*git_object_id(Object));
      git_object_free(Object);
    }
  }
  bool Known = std::any_of(Public.begin(), Public.end(), [&](const git_oid &Id) { return git_oid_equal(&Id, &Head); });
  if (!Known && !Public.empty())
    Known = git_graph_reachable_from_any(R, &Head, Public.data(), Public.size()) == 1;
  if (!Known)
    Out.warnings.push_back("base-commit " + Out.base_commit.substr(0, 12) + " is in no remote branch and no tag; base the series on a public commit before sending it");
}

/// The people on whose primitives the proof rests; they get the cover letter.
std::vector<Recipient> primitiveOwners(const Maintainers &People, const Semantics &S) {
  std::string Names;
  for (const Evidence &E : S.fact("destroy_waits_kfree_rcu").evidence)
    Names += "--- a/" + E.file + "\n";
  std::vector<Recipient> Out = People.recipientsOf(Names);
  std::erase_if(Out, [](const Recipient &R) { return R.role != Role::Maintainer; });
  return Out;
}

class Maker {
public:
  explicit Maker(const SeriesInput &In) : In(In) {}

  llvm::Expected<SeriesResult> run() {
    if (In.files.empty())
      return fail("there is nothing to change, so there is no series to write");
    if (llvm::Error E = prepare())
      return E;
    std::vector<SeriesPlan> Plans = arrange(cutPatches(In.files, *In.sites, People ? &*People : nullptr, Repository.get(), Customs, isFix(), headerUsers()), In.one_series);
    std::set<std::string> Trees;
    for (const SeriesPlan &P : Plans)
      for (const PatchUnit &U : P.patches) {
        Trees.insert(U.tree);
        Present.insert(keyOf(U));
      }
    TreeWide = Trees.size() > 1;
    for (const SeriesPlan &P : Plans)
      if (llvm::Error E = makeOne(P, Plans.size() > 1))
        return E;
    if (!In.reroll_directory.empty())
      for (const WrittenMail &M : Before.mails)
        if (!Kept.count(M.key) && wasEdited(M))
          Result.warnings.push_back(In.reroll_directory + "/" + M.file + " has no successor; what was edited there is only in that file");
    addPapers(In, Result);
    return std::move(Result);
  }

private:
  bool isFix() const { return !In.fixes.empty(); }
  bool isSlim() const { return !In.slims.empty(); }
  HeaderUsers headerUsers() const {
    HeaderUsers Users;
    for (const SlimText &T : In.slims)
      for (const std::string &File : T.users)
        Users[T.file].push_back(File);
    for (const SiteReport &R : *In.sites) { // a header's call frees what the files with the callbacks have
      Users[R.census.where.file].push_back(R.callback.where.file);
      for (const CallbackReport &C : R.candidates)
        Users[R.census.where.file].push_back(C.where.file);
    }
    for (auto &[Header, Files] : Users)
      llvm::erase_if(Files, [](const std::string &File) { return !llvm::StringRef(File).ends_with(".c"); });
    return Users;
  }
  llvm::Error prepare() {
    auto S = loadSettings(In.rules_directory);
    if (!S)
      return S.takeError();
    Customs = std::move(*S);
    auto T = Templates::load(In.rules_directory + "/templates", In.templates_directory);
    if (!T)
      return T.takeError();
    Texts.emplace(std::move(*T));
    bool OfTree = In.root == In.tree->root(); // an external module is in nobody's MAINTAINERS
    if (OfTree)
      People = Maintainers::load(*In.tree);
    if (!People && OfTree)
      Result.warnings.push_back("the tree has no MAINTAINERS, so the patches have no recipients and are cut by directory");
    std::string Why;
    Repository = openRepository(In.root, Why);
    if (!Why.empty())
      Result.warnings.push_back("git history is not used: " + Why);
    if (Repository)
      findBase(Repository.get(), Result);
    else if (OfTree && Why.empty())
      Result.warnings.push_back("the tree is no git repository, so the base commit is not known and prefixes come from the path; make the series on "
                                "the tree of the people it goes to");
    if (OfTree) // a module goes where its people want it
      warnOfOldTree();
    if (!In.reroll_directory.empty()) {
      auto State = readState(In.reroll_directory);
      if (!State)
        return State.takeError();
      Before = std::move(*State);
      warnOfLostOptions();
    }
    auto Author = identityOf(Repository.get(), "AUTHOR"), Committer = identityOf(Repository.get(), "COMMITTER");
    if (Author && Committer) {
      Result.author = parseAddress(Author->name + " <" + Author->mail + ">");
      Result.committer = parseAddress(Committer->name + " <" + Committer->mail + ">");
      Result.author_known = true;
    } else if (In.signoff || In.needs_author) {
      return fail("--signoff and --commit need your name: git config user.name and user.email are not set");
    } else {
      Result.author = Result.committer = {"krcu", "krcu@krcu.invalid"};
      Result.warnings.push_back("git config has no user.name and user.email: the mails say 'From: krcu <krcu@krcu.invalid>', which must not be sent");
    }
    Context = {KRCU_VERSION, In.tree->version(), In.command, In.tree, In.semantics, &Customs, &*Texts, &In.files, In.parsed_for,
               classCounts(*In.sites), static_cast<unsigned>(In.sites->size()), In.configuration, In.removed_helpers, In.missing_barriers, In.notes};
    return llvm::Error::success();
  }

  /// Clean-ups go on top of what the maintainers have, and a stable tree is behind that by its nature.
  void warnOfOldTree() {
    llvm::SmallVector<llvm::StringRef, 4> Parts;
    llvm::StringRef Version = In.tree->version();
    Version.split(Parts, '.');
    unsigned Sublevel = 0;
    bool Stable = Parts.size() > 2 && !Parts[2].consumeInteger(10, Sublevel) && Sublevel > 0;
    llvm::StringRef Extra = Version.ltrim("0123456789.");
    bool Vendor = !Extra.empty() && !Extra.starts_with("-rc") && !Extra.starts_with("-next");
    if (Stable || Vendor)
      Result.warnings.push_back(isFix() ? "Linux " + Version.str() + " is " + (Vendor ? "a distribution's" : "a stable") + " tree, and a fix goes to mainline first: see whether the module is still wrong there"
                                : "Linux " + Version.str() + " is " + (Vendor ? "a distribution's" : "a stable") +
                                " tree, which takes no clean-ups: make the series again on the tree that README names for each, or name a newer one with "
                                "--upstream TREE to leave out what is converted there");
  }

  /// What the options of the version before put into its mails and this run's do not.
  void warnOfLostOptions() {
    auto Say = [&](const std::string &Option) { Result.warnings.push_back(In.reroll_directory + " was made with " + Option + ", and this version is not: give it again if it is still to hold"); };
    for (const std::string &T : Before.trailers)
      if (!llvm::is_contained(In.trailers, T))
        Say("--trailer '" + T + "'");
    for (const std::string &Person : Before.cc)
      if (!llvm::is_contained(In.cc, Person))
        Say("--cc '" + Person + "'");
    if (!Before.prefix.empty() && Before.prefix != In.prefix)
      Say("--prefix '" + Before.prefix + "'");
  }

  /// The mail of the version before that has the same key; null if there is none. `Text` gets it as it is now.
  const WrittenMail *before(const std::string &Key, std::string &Text) {
    for (const WrittenMail &M : Before.mails) {
      if (M.key != Key)
        continue;
      Kept.insert(Key);
      auto Read = readRegularFile(In.reroll_directory + "/" + M.file, UINT64_C(64) << 20);
      if (Read) {
        Text = std::move(*Read);
        return &M;
      }
      llvm::consumeError(Read.takeError());
      Result.warnings.push_back(In.reroll_directory + "/" + M.file + " cannot be read or has been removed, so this part is made anew; if it is not wanted, leave it out with --exclude");
    }
    return nullptr;
  }

  /// What the person made of the mail before goes into `M`. `Now`: what krcu writes now; its people are those of `M`.
  MailTexts withEdits(const std::string &Key, MailTexts &Now, Mail &M) {
    for (const Recipient &R : M.recipients)
      (R.role == Role::Maintainer ? Now.to : Now.cc).push_back(R.address.text());
    if (Now.to.empty())
      Now.to.swap(Now.cc);
    std::string Text;
    const WrittenMail *Old = before(Key, Text);
    if (!Old)
      return Now;
    std::vector<std::string> Conflicts;
    MailTexts Out = mergeTexts(Old->texts, textsOfMail(Text), Now, Conflicts);
    for (const std::string &Part : Conflicts)
      Result.warnings.push_back(In.reroll_directory + "/" + Old->file + ": the " + Part + " was changed by you and by krcu; yours is kept");
    if (!Old->mail_digest.empty() && digestOfRest(Text) != Old->mail_digest)
      Result.warnings.push_back(In.reroll_directory + "/" + Old->file + ": you changed the diff or [PATCH ...] there, which this version does not keep: make it anew by hand, or with --prefix");
    std::vector<Recipient> People;
    for (bool To : {true, false})
      for (const std::string &Person : To ? Out.to : Out.cc) {
        Address A = parseAddress(Person);
        auto It = std::find_if(M.recipients.begin(), M.recipients.end(), [&](const Recipient &R) { return lowered(R.address.mail) == lowered(A.mail); });
        People.push_back(It != M.recipients.end() ? *It : Recipient{A, To ? Role::Maintainer : Role::Reviewer, "added by hand"});
      }
    M.recipients = std::move(People);
    return Out;
  }

  /// Whether a person changed the mail, or it is gone.
  bool wasEdited(const WrittenMail &M) const {
    auto Read = readRegularFile(In.reroll_directory + "/" + M.file, UINT64_C(64) << 20);
    if (Read)
      return textsOfMail(*Read) != M.texts || (!M.mail_digest.empty() && digestOfRest(*Read) != M.mail_digest);
    llvm::consumeError(Read.takeError());
    return true;
  }

  /// A line for each patch of the posting that `Cover` led, and that no posting has any more.
  std::string dropped(const WrittenMail &Cover) const {
    auto DirectoryOf = [](llvm::StringRef File) { return File.contains('/') ? File.rsplit('/').first : llvm::StringRef(); };
    std::string Out;
    for (const WrittenMail &M : Before.mails)
      if (!llvm::StringRef(M.key).starts_with(CoverKey) && DirectoryOf(M.file) == DirectoryOf(Cover.file) && !Present.count(M.key))
        Out += "- without \"" + M.texts.subject + "\"\n";
    return Out;
  }

  /// The place for what changed, with a link to the version before.
  std::string changes(const std::string &Key) const {
    if (In.version < 2)
      return {};
    std::string Out = "Changes in v" + std::to_string(In.version) + ":\n- \n";
    for (const WrittenMail &M : Before.mails)
      if (M.key == Key && llvm::StringRef(Key).starts_with(CoverKey))
        Out += dropped(M);
    for (const WrittenMail &M : Before.mails)
      if (M.key == Key && !M.message_id.empty())
        Out += "\nv" + std::to_string(In.version - 1) + ": https://lore.kernel.org/all/" + M.message_id + "/\n";
    return Out;
  }

  /// A cover letter's text with the newest version's changes ahead of those that a person kept of earlier ones.
  static std::string withChanges(const std::string &Text, const std::string &Changes) {
    if (Changes.empty())
      return Text + "\n";
    const size_t Earlier = ("\n" + Text).find("\nChanges in v");
    return Earlier == std::string::npos ? Text + "\n" + Changes + "\n" : Text.substr(0, Earlier) + Changes + "\n" + Text.substr(Earlier) + "\n";
  }

  static constexpr const char *CoverKey = "cover:";
  static std::string keyOf(const PatchUnit &P) { return llvm::join(P.files, " "); }

  llvm::Error makeOne(const SeriesPlan &Plan, bool OneOfSeveral) {
    MadeSeries S;
    S.name = Plan.name;
    S.tag = In.prefix.empty() ? Plan.tag : In.prefix;
    if (OneOfSeveral)
      S.directory = Plan.name;
    std::string Everything = Plan.name + std::to_string(In.date) + std::to_string(In.version);
    for (const PatchUnit &P : Plan.patches) {
      MadePatch Made;
      Made.unit = P;
      auto Text = isFix() ? fixMessageOf(P, In.fixes, Context, Repository.get(), Taken) : isSlim() ? slimMessageOf(P, In.slims, Context, Taken) : messageOf(P, Context, Taken);
      if (!Text)
        return Text.takeError();
      Made.message = std::move(*Text);
      Made.message.trailers.insert(Made.message.trailers.end(), In.trailers.begin(), In.trailers.end());
      if (In.signoff)
        Made.message.trailers.push_back("Signed-off-by: " + plainPersonName(Result.committer) + " <" + Result.committer.mail + ">");
      DiffStyle Style{true, {}};
      for (const std::string &File : P.files)
        if (llvm::sys::fs::can_execute(In.root + "/" + File))
          Style.executable.insert(File);
      auto Diff = unifiedDiff(textsOf(P, In.files), Style);
      if (!Diff)
        return Diff.takeError();
      Made.diff = std::move(*Diff);
      Everything += Made.message.subject + Made.message.body + Made.diff;
      S.patches.push_back(std::move(Made));
    }
    std::string Root = stamp(In.date) + "." + hashOf(Everything) + "-";
    auto Id = [&](unsigned N) { return Root + std::to_string(N) + "-" + Result.author.mail; };
    unsigned Total = static_cast<unsigned>(S.patches.size());
    for (unsigned N = 1; N <= Total; ++N)
      if (llvm::Error E = address(S, S.patches[N - 1], N, Total, Id(N), Total > 1 ? Id(0) : ""))
        return E;
    if (Total > 1)
      if (llvm::Error E = makeCover(Plan, S, Id(0)))
        return E;
    Result.series.push_back(std::move(S));
    return llvm::Error::success();
  }

  Mail mailFor(const MadeSeries &S, unsigned Number, unsigned Total) const {
    Mail M;
    M.from = Result.author;
    M.date = In.date + Number;
    M.tag = S.tag;
    M.version = In.version;
    M.number = Number;
    M.total = Total;
    M.program = std::string("krcu ") + KRCU_VERSION;
    return M;
  }

  static void addNew(std::vector<Recipient> &To, const Recipient &R) {
    if (std::none_of(To.begin(), To.end(), [&](const Recipient &T) { return lowered(T.address.mail) == lowered(R.address.mail); }))
      To.push_back(R);
  }

  void addAsked(std::vector<Recipient> &To) const {
    for (const std::string &Person : In.cc)
      addNew(To, {parseAddress(Person), Role::Reviewer, "--cc"});
  }

  /// K: patterns also look at the headers, and so at the recipients themselves: ask until the answer stands still. A header that nobody looks
  /// after goes to the people of what uses it, and what has no maintainer at all to who takes that.
  void findRecipients(Mail &M, const PatchUnit &P) const {
    for (int Round = 0; People && Round < 8; ++Round) {
      std::vector<Recipient> Found = People->recipientsOf(formatMail(M));
      for (const std::string &File : P.also_for)
        for (const Recipient &R : People->recipientsOf("--- a/" + File + "\n"))
          addNew(Found, R);
      if (P.unmaintained && llvm::none_of(Found, [](const Recipient &R) { return R.role == Role::Maintainer; }))
        for (const ListRow &L : Customs.lists)
          if (L.use == "unmaintained")
            Found.insert(Found.begin(), {parseAddress(L.address), Role::Maintainer, "unmaintained"});
      std::stable_partition(Found.begin(), Found.end(), [](const Recipient &R) { return R.role != Role::List; });
      if (Found == M.recipients)
        break;
      M.recipients = std::move(Found);
    }
  }

  llvm::Error address(MadeSeries &S, MadePatch &P, unsigned Number, unsigned Total, const std::string &Id, const std::string &Cover) {
    Mail M = mailFor(S, Number, Total);
    MailTexts Now{P.message.subject, P.message.body, P.message.trailers, P.message.notes, {}, {}};
    M.subject = Now.subject;
    M.body = withTrailers(Now.body, Now.trailers);
    M.notes = Now.notes;
    M.diff = P.diff;
    auto Stat = diffStat(P.diff);
    if (!Stat)
      return Stat.takeError();
    M.stat = std::move(*Stat);
    if (Total == 1)
      M.base_commit = Result.base_commit;
    M.message_id = Id;
    M.in_reply_to = Cover;
    findRecipients(M, P.unit);
    addAsked(M.recipients);
    const std::string Key = keyOf(P.unit);
    MailTexts Final = withEdits(Key, Now, M);
    P.subject = M.subject = Final.subject;
    P.text = M.body = withTrailers(Final.body, Final.trailers);
    M.notes = Final.notes;
    if (std::string Changes = Total == 1 ? changes(Key) : ""; !Changes.empty())
      M.notes = Changes + (M.notes.empty() ? "" : "\n") + M.notes;
    P.recipients = M.recipients;
    P.mail = formatMail(M);
    P.file_name = mailFileName(M);
    S.written.push_back({P.file_name, Key, Id, std::move(Now), digestOfRest(P.mail)});
    return llvm::Error::success();
  }

  /// The lists of all patches, their maintainers while these are few (else those of most patches), and who looks after what the proofs rest on.
  std::vector<Recipient> coverRecipients(const MadeSeries &S) const {
    constexpr size_t Few = 8;
    std::vector<Recipient> Persons, Lists;
    std::map<std::string, size_t> Patches; ///< by person
    for (const MadePatch &P : S.patches)
      for (const Recipient &R : P.recipients)
        if (R.role == Role::List)
          addNew(Lists, {R.address, Role::List, ""});
        else if (R.role == Role::Maintainer)
          addNew(Persons, R), ++Patches[lowered(R.address.mail)];
    if (TreeWide && !isFix())
      for (const ListRow &L : Customs.lists)
        if (L.use == "tree_wide")
          addNew(Lists, {parseAddress(L.address), Role::List, "tree-wide"});
    if (Persons.size() > Few)
      std::erase_if(Persons, [&](const Recipient &R) { return Patches[lowered(R.address.mail)] * 2 <= S.patches.size(); });
    std::vector<Recipient> Out = Persons.size() <= Few ? Persons : std::vector<Recipient>();
    Out.insert(Out.end(), Lists.begin(), Lists.end());
    const bool RestOnSlab = llvm::any_of(S.patches, [](const MadePatch &P) { return P.text.find("kmem_cache_destroy()") != std::string::npos; });
    if (People && RestOnSlab && !isFix())
      for (const Recipient &R : primitiveOwners(*People, *In.semantics))
        addNew(Out, {R.address, Role::Reviewer, R.section}); // asked for their opinion, not to take it
    addAsked(Out);
    return Out;
  }

  llvm::Error makeCover(const SeriesPlan &Plan, MadeSeries &S, const std::string &Id) {
    unsigned Total = static_cast<unsigned>(S.patches.size());
    Mail M = mailFor(S, 0, Total);
    std::set<std::string> Trees;
    for (const PatchUnit &P : Plan.patches)
      Trees.insert(P.tree);
    auto Text = isFix() ? fixCoverOf(Plan, Context) : isSlim() ? slimCoverOf(Plan, In.slims, Context) : coverOf(Plan, Context, Trees.size() > 1);
    if (!Text)
      return Text.takeError();
    MailTexts Now{Text->subject, Text->body, {}, {}, {}, {}};
    M.recipients = coverRecipients(S);
    const std::string Key = CoverKey + Plan.name;
    MailTexts Final = withEdits(Key, Now, M);
    M.subject = S.cover_subject = Final.subject;
    // "v1: https://..." at the end looks like a trailer, and belongs to the text.
    M.body = withChanges(withTrailers(Final.body, Final.trailers), changes(Key)) + plainPersonName(Result.author) + " (" + std::to_string(Total) + "):\n";
    std::string Diff;
    for (const MadePatch &P : S.patches) {
      M.body += "  " + P.subject + "\n";
      Diff += P.diff;
    }
    S.cover_recipients = M.recipients;
    auto Stat = diffStat(Diff);
    if (!Stat)
      return Stat.takeError();
    M.stat = std::move(*Stat);
    M.base_commit = Result.base_commit;
    M.message_id = Id;
    S.cover = formatMail(M);
    S.cover_file = mailFileName(M);
    S.written.insert(S.written.begin(), {S.cover_file, Key, Id, std::move(Now), digestOfRest(S.cover)});
    return llvm::Error::success();
  }

  const SeriesInput &In;
  GitLibrary Library;
  SeriesResult Result;
  Settings Customs;
  std::optional<Templates> Texts;
  std::optional<Maintainers> People;
  GitRepository Repository;
  MessageContext Context;
  std::set<std::string> Taken;
  WrittenSeries Before;         ///< the version before
  std::set<std::string> Kept;   ///< keys of its mails that have a successor
  std::set<std::string> Present; ///< keys of the patches of this run
  bool TreeWide = false;        ///< the patches go to more than one tree
};

} // namespace

llvm::Expected<SeriesResult> makeSeries(const SeriesInput &In) { return Maker(In).run(); }

} // namespace krcu::series
