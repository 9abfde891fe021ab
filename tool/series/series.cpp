// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/series.h"

#include "tool/report/report.h"
#include "tool/report/version.h"
#include "tool/rewrite/rewrite.h"
#include "tool/series/git.h"
#include "tool/series/papers.h"
#include "tool/support/error.h"
#include "llvm/ADT/StringExtras.h"
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
      return fail("there is nothing to convert, so there is no series to write");
    if (llvm::Error E = prepare())
      return E;
    std::vector<SeriesPlan> Plans = arrange(cutPatches(In.files, *In.sites, People ? &*People : nullptr, Repository.get(), Customs));
    for (const SeriesPlan &P : Plans)
      if (llvm::Error E = makeOne(P, Plans.size() > 1 ? static_cast<unsigned>(&P - Plans.data()) + 1 : 0))
        return E;
    addPapers(In, Result);
    return std::move(Result);
  }

private:
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
    else if (OfTree)
      Result.warnings.push_back("the tree is no git repository, so the base commit is not known and prefixes come from the path; make the series on "
                                "the tree of the people it goes to");
    if (auto Who = configuredIdentity(Repository.get())) {
      Result.author = parseAddress(Who->name + " <" + Who->mail + ">");
      Result.author_known = true;
    } else if (In.signoff || In.needs_author) {
      return fail("--signoff and --commit need your name: git config user.name and user.email are not set");
    } else {
      Result.author = {"krcu", "krcu@krcu.invalid"};
      Result.warnings.push_back("git config has no user.name and user.email: the mails say 'From: krcu <krcu@krcu.invalid>', which must not be sent");
    }
    Context = {KRCU_VERSION, In.tree->version(), In.command, In.semantics, &Customs, &*Texts, &In.files, In.parsed_for,
               classCounts(*In.sites), static_cast<unsigned>(In.sites->size()), In.configuration, In.removed_helpers};
    return llvm::Error::success();
  }

  llvm::Error makeOne(const SeriesPlan &Plan, unsigned Number) {
    MadeSeries S;
    S.name = Plan.name;
    S.tag = Plan.tag;
    if (Number) {
      char Buffer[16];
      std::snprintf(Buffer, sizeof Buffer, "%02u-", Number);
      S.directory = Buffer + Plan.name;
    }
    std::string Everything = Plan.name + std::to_string(In.date);
    for (const PatchUnit &P : Plan.patches) {
      MadePatch Made;
      Made.unit = P;
      auto Text = messageOf(P, Context, Taken);
      if (!Text)
        return Text.takeError();
      Made.message = std::move(*Text);
      if (In.signoff)
        Made.message.body += "\nSigned-off-by: " + plainPersonName(Result.author) + " <" + Result.author.mail + ">\n";
      auto Diff = unifiedDiff(textsOf(P, In.files));
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
    M.number = Number;
    M.total = Total;
    M.version = std::string("krcu ") + KRCU_VERSION;
    return M;
  }

  llvm::Error address(const MadeSeries &S, MadePatch &P, unsigned Number, unsigned Total, const std::string &Id, const std::string &Cover) {
    Mail M = mailFor(S, Number, Total);
    M.subject = P.message.subject;
    M.body = P.message.body;
    M.diff = P.diff;
    for (const std::string &Note : In.notes)
      for (const std::string &File : P.unit.files)
        if (llvm::StringRef(Note).starts_with(File + ":"))
          M.notes += fillText("- " + Note);
    auto Stat = diffStat(P.diff);
    if (!Stat)
      return Stat.takeError();
    M.stat = std::move(*Stat);
    if (Total == 1)
      M.base_commit = Result.base_commit;
    M.message_id = Id;
    M.in_reply_to = Cover;
    // K: patterns also look at the headers, and so at the recipients themselves: ask until the answer stands still.
    for (int Round = 0; Round < 8; ++Round) {
      P.mail = formatMail(M);
      if (!People)
        break;
      P.recipients = People->recipientsOf(P.mail);
      if (P.recipients == M.recipients)
        break;
      M.recipients = P.recipients;
    }
    P.file_name = mailFileName(M);
    return llvm::Error::success();
  }

  llvm::Error makeCover(const SeriesPlan &Plan, MadeSeries &S, const std::string &Id) {
    unsigned Total = static_cast<unsigned>(S.patches.size());
    Mail M = mailFor(S, 0, Total);
    auto Text = coverOf(Plan, Context);
    if (!Text)
      return Text.takeError();
    M.subject = S.cover_subject = Text->subject;
    M.body = Text->body + "\n" + plainPersonName(Result.author) + " (" + std::to_string(Total) + "):\n";
    std::string Diff;
    for (const MadePatch &P : S.patches) {
      M.body += "  " + P.message.subject + "\n";
      Diff += P.diff;
      for (const Recipient &R : P.recipients)
        if (R.role == Role::List && std::find(M.recipients.begin(), M.recipients.end(), R) == M.recipients.end())
          M.recipients.push_back({R.address, Role::List, ""});
    }
    auto SameMail = [](const Recipient &A, const Recipient &B) { return A.address.mail == B.address.mail; };
    std::vector<Recipient> Unique;
    for (const Recipient &R : M.recipients)
      if (std::none_of(Unique.begin(), Unique.end(), [&](const Recipient &U) { return SameMail(U, R); }))
        Unique.push_back(R);
    M.recipients = std::move(Unique);
    if (People)
      for (const Recipient &R : primitiveOwners(*People, *In.semantics))
        M.recipients.push_back({R.address, Role::Reviewer, R.section}); // asked for their opinion, not to take it
    S.cover_recipients = M.recipients;
    auto Stat = diffStat(Diff);
    if (!Stat)
      return Stat.takeError();
    M.stat = std::move(*Stat);
    M.base_commit = Result.base_commit;
    M.message_id = Id;
    S.cover = formatMail(M);
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
};

} // namespace

llvm::Expected<SeriesResult> makeSeries(const SeriesInput &In) { return Maker(In).run(); }

std::optional<int64_t> parseDate(llvm::StringRef Text) {
  int64_t Seconds = 0;
  llvm::StringRef Digits = Text;
  Digits.consume_front("@");
  if (!Digits.getAsInteger(10, Seconds) && Seconds >= 0 && Seconds < INT64_C(253402300800))
    return Seconds;
  std::tm Parts{};
  for (const char *Format : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"}) {
    Parts = {};
    std::string Copy = Text.str();
    const char *End = strptime(Copy.c_str(), Format, &Parts);
    if (End && (*End == '\0' || llvm::StringRef(End) == "Z"))
      return timegm(&Parts);
  }
  return std::nullopt;
}

} // namespace krcu::series
