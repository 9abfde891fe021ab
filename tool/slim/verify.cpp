// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/slim/verify.h"

#include "tool/driver/diagnostics.h"
#include "tool/index/settings.h"
#include "tool/slim/layouts.h"
#include "tool/slim/sizes.h"
#include "tool/store/digest.h"
#include "tool/support/parallel.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu::slim {
namespace {

/// What one file showed with the new text.
struct NewParse {
  Digest texts;                  ///< that were laid over the disk
  ParseOutcome outcome;
  UnitUses uses;
  UnitUses usual_before, usual_after; ///< of the old and the new text without debugging options, if the file is one that sizes are taken from
  std::string usual_variant;          ///< the architecture of these
  std::string complaint;
};

std::string complaintOf(const ParseDiagnostic &D) {
  return "the new text would give " + std::string(D.error ? "an error" : "a warning") + " at " + D.file + ":" + std::to_string(D.line) + ": " + D.text;
}

class Changing {
public:
  Changing(Scan &S, std::vector<SiteReport> &Sites, const Rows &R, const Evidences &Seen, std::vector<SlimMember> Members, bool OnlyGains, SlimResult &To)
      : S(S), Sites(Sites), R(R), Seen(Seen), Members(std::move(Members)), OnlyGains(OnlyGains), To(To), Classes(sizeClasses(S.index(), R.size_classes)) {}

  llvm::Error run();

private:
  llvm::Error convert();
  void edit();
  void parse();
  std::map<std::string, std::string> textsFor(const std::string &File, const std::vector<const SlimMember *> &Of) const;
  NewParse parseOne(const std::string &File, const std::vector<const SlimMember *> &Of, unsigned Worker) const;
  void parseUsual(const ParseRequest &Old, const ParseRequest &New, UseQuestion Q, unsigned Worker, NewParse &To) const;
  std::pair<std::string, Settings> usualFor(const std::string &File, const std::string &Else) const;
  std::set<std::string> measuredIn(const SlimMember &M) const;
  std::optional<ShrunkRecord> usualSize(const SlimMember &M, const Place &New, const std::string &Record) const;
  std::string measure(SlimMember &M) const;
  void refuse(SlimMember &M, std::string Why) {
    To.refused.push_back({M.decl, std::move(Why)});
    M.new_type.clear();
  }
  bool drop() {
    size_t Before = Members.size();
    llvm::erase_if(Members, [](const SlimMember &M) { return M.new_type.empty(); });
    return Members.size() != Before;
  }
  Place oldPlace(const SlimMember &M) const { return {M.decl.where.file, M.decl.name_begin}; }

  Scan &S;
  std::vector<SiteReport> &Sites;
  const Rows &R;
  const Evidences &Seen;
  std::vector<SlimMember> Members;
  const bool OnlyGains;
  SlimResult &To;
  std::set<uint64_t> Classes;
  Patch Conversions;
  std::map<std::string, std::string> Contents;        ///< of every changed file
  std::map<Place, Place> NewPlaces;                   ///< old place of a member -> its place in the new text
  std::map<std::string, NewParse> Parses;
};

/// The conversions that the members wait for. A member whose conversion did not come about is refused.
llvm::Error Changing::convert() {
  std::set<Location> Needed;
  for (const SlimMember &M : Members)
    Needed.insert(M.converted.begin(), M.converted.end());
  Conversions = Patch();
  if (Needed.empty())
    return llvm::Error::success();
  PatchChoice Choice;
  Choice.leave_out = [&](const SiteReport &Site) { return Needed.count(Site.census.where) ? "" : "no head depends on it"; };
  auto P = makePatch(S, Sites, S.options().jobs, Choice);
  if (!P)
    return P.takeError();
  Conversions = std::move(*P);
  std::set<Location> Done;
  for (const SiteReport &Site : Sites)
    if (Site.cls == SiteClass::Convert && Needed.count(Site.census.where))
      Done.insert(Site.census.where);
  for (SlimMember &M : Members)
    for (const Location &L : M.converted)
      if (!M.new_type.empty() && !Done.count(L))
        refuse(M, L.file + ":" + std::to_string(L.line) + " could not be converted");
  return drop() ? convert() : llvm::Error::success();
}

/// The new texts of all files, and where the members are in them.
void Changing::edit() {
  Contents.clear();
  NewPlaces.clear();
  To.files = Conversions.files;
  for (const auto &[File, Texts] : Conversions.files)
    Contents[File] = Texts.second;
  std::map<std::string, std::vector<const SlimMember *>> ByFile;
  for (const SlimMember &M : Members)
    ByFile[M.decl.where.file].push_back(&M);
  for (const auto &[File, Of] : ByFile) {
    std::optional<std::string> Old = S.tree().read(File);
    if (!Old)
      continue; // the parse will say so
    const std::string Base = Contents.count(File) ? Contents[File] : *Old;
    // Conversions move what stands behind them: the same declaration is the one with the same names and number.
    std::set<std::string> Tags{Of.front()->decl.type};
    for (const SlimMember *M : Of)
      Tags.insert(M->decl.type);
    std::vector<HeadDecl> Before = headsIn(File, LexedText(*Old), Tags), Now = headsIn(File, LexedText(Base), Tags);
    auto Key = [](const HeadDecl &H) { return H.record + "." + H.member; };
    auto Numbered = [&](const std::vector<HeadDecl> &List) {
      std::map<std::string, std::vector<const HeadDecl *>> Result;
      for (const HeadDecl &H : List)
        Result[Key(H)].push_back(&H);
      return Result;
    };
    auto OldOnes = Numbered(Before), NewOnes = Numbered(Now);
    std::string Text = Base;
    // From the end, so that what stands before keeps its place.
    std::vector<std::pair<const HeadDecl *, const SlimMember *>> Edits;
    for (const SlimMember *M : Of) {
      const auto &A = OldOnes[Key(M->decl)], &B = NewOnes[Key(M->decl)];
      auto It = llvm::find_if(A, [&](const HeadDecl *H) { return H->name_begin == M->decl.name_begin; });
      if (It != A.end() && A.size() == B.size())
        Edits.emplace_back(B[static_cast<size_t>(It - A.begin())], M);
    }
    std::sort(Edits.begin(), Edits.end(), [](const auto &A, const auto &B) { return A.first->type_begin < B.first->type_begin; });
    for (auto It = Edits.rbegin(); It != Edits.rend(); ++It)
      Text = withHead(Text, {It->first}, It->second->new_type);
    std::set<std::string> NewTags;
    for (const SlimMember *M : Of)
      NewTags.insert(M->new_type);
    std::map<std::string, std::vector<HeadDecl>> After;
    for (HeadDecl &H : headsIn(File, LexedText(Text), NewTags))
      After[Key(H)].push_back(std::move(H));
    for (const auto &[Decl, M] : Edits) {
      std::vector<HeadDecl> &List = After[Key(*Decl)];
      if (List.empty())
        continue;
      NewPlaces[oldPlace(*M)] = {File, List.front().name_begin};
      List.erase(List.begin());
    }
    To.files[File] = {*Old, Text};
    Contents[File] = Text;
  }
}

/// The new texts that matter to the file.
std::map<std::string, std::string> Changing::textsFor(const std::string &File, const std::vector<const SlimMember *> &Of) const {
  std::map<std::string, std::string> Over;
  for (const SlimMember *M : Of)
    Over[M->decl.where.file] = Contents.at(M->decl.where.file);
  if (auto It = Contents.find(File); It != Contents.end())
    Over[File] = It->second;
  return Over;
}

Digest digestOf(const std::map<std::string, std::string> &Texts) {
  Digester D;
  for (const auto &[File, Text] : Texts)
    D.add(File).add(Text);
  return D.finish();
}

/// The files that show what is freed by the member, one for each record.
std::set<std::string> Changing::measuredIn(const SlimMember &M) const {
  std::map<std::string, std::string> ByRecord;
  const std::set<std::string> Files = Seen.filesOf(oldPlace(M));
  for (const Use &U : Seen.of(oldPlace(M)))
    if (!U.offset && U.object.size && Files.count(U.where.file))
      ByRecord.try_emplace(U.object.record, U.where.file);
  std::set<std::string> Result;
  for (const auto &[Record, File] : ByRecord)
    Result.insert(File);
  return Result;
}

/// The first architecture that builds the file without the options for compile tests, and what its usual configuration has not; `Else` if there
/// is none.
std::pair<std::string, Settings> Changing::usualFor(const std::string &File, const std::string &Else) const {
  const std::vector<std::string> Mains = StringRef(File).ends_with(".c") ? std::vector<std::string>{File} : S.frontend().mainFilesFor(File);
  const std::vector<std::string> Variants = Mains.empty() ? std::vector<std::string>() : S.frontend().variantsToTry(Mains.front());
  Settings NoTest;
  for (const std::string &Symbol : R.compile_tests)
    NoTest[Symbol] = "n";
  auto Builds = llvm::find_if(Variants, [&](const std::string &Variant) { return S.frontend().builds(Variant, Mains.front(), NoTest); });
  const std::string &Chosen = Builds == Variants.end() ? Else : *Builds;
  Settings Usual = S.frontend().settingsWithout(Chosen, R.debugging);
  for (const std::string &Symbol : R.unusual)
    Usual[Symbol] = "n";
  return {Chosen, std::move(Usual)};
}

/// krcu's own configuration has all debugging options on, so that every text is seen; nobody's objects are as big as they are then.
void Changing::parseUsual(const ParseRequest &Old, const ParseRequest &New, UseQuestion Q, unsigned Worker, NewParse &To) const {
  if (!S.options().compile_commands.empty())
    return; // the user's own configuration is the usual one
  const auto [Variant, Usual] = usualFor(New.file, New.variant);
  if (StringRef(New.file).ends_with(".c") && S.frontend().builds(Variant, New.file, {}) && !S.frontend().builds(Variant, New.file, Usual))
    return; // only kernels with debugging options have it
  for (const SlimHead &H : R.heads)
    Q.heads.insert(H.instead_of.begin(), H.instead_of.end());
  ParseOutcome Before, After;
  for (auto [Request, Outcome, Shown] : {std::tuple(Old, &Before, &To.usual_before), std::tuple(New, &After, &To.usual_after)}) {
    Request.variant = Variant;
    Request.force = Usual;
    *Outcome = S.frontend().parse(Request, Worker, [&, Into = Shown](clang::ASTContext &C, const std::vector<clang::Decl *> &Decls, const ParseOutcome &Out) {
      if (!Out.errors)
        *Into = usesIn(C, Decls, Q);
    });
  }
  if (auto D = firstNewDiagnostic(Before, After); D && !Before.errors)
    To.complaint = complaintOf(*D);
  To.usual_variant = Variant;
}

NewParse Changing::parseOne(const std::string &File, const std::vector<const SlimMember *> &Of, unsigned Worker) const {
  NewParse P;
  const std::map<std::string, std::string> Over = textsFor(File, Of);
  P.texts = digestOf(Over);
  std::set<std::string> Names;
  for (const SlimMember *M : Of)
    Names.insert(M->decl.member);
  const Demand *Served = Seen.served(File);
  ParseRequest Request = Seen.requestFor(File, Served ? *Served : Demand());
  Request.bodies.words.insert(Names.begin(), Names.end());
  Request.bodies.words.insert(S.rules().replacements.begin(), S.rules().replacements.end());
  ParseRequest Old = Request;
  Request.overrides = &Over;
  if (const ParseOutcome *Known = Seen.outcome(File))
    Request.variant = Old.variant = Known->variant;
  UseQuestion Q = Seen.question(Names);
  Q.heads.clear();
  for (const SlimHead &H : R.heads)
    Q.heads.insert(H.name);
  P.outcome = S.frontend().parse(Request, Worker, [&](clang::ASTContext &C, const std::vector<clang::Decl *> &Decls, const ParseOutcome &) { P.uses = usesIn(C, Decls, Q); });
  P.outcome.inputs.clear();
  if (!P.outcome.parsed) {
    P.complaint = "the new text could not be parsed";
  } else if (!P.outcome.diagnostics.empty()) {
    ParseOutcome Before = S.frontend().parse(Old, Worker, [](clang::ASTContext &, const std::vector<clang::Decl *> &, const ParseOutcome &) {});
    if (auto D = firstNewDiagnostic(Before, P.outcome))
      P.complaint = complaintOf(*D);
  }
  if (P.complaint.empty() && llvm::any_of(Of, [&](const SlimMember *M) { return measuredIn(*M).count(File) != 0; }))
    parseUsual(Old, Request, Q, Worker, P);
  return P;
}

void Changing::parse() {
  std::map<std::string, std::vector<const SlimMember *>> Users;
  for (const SlimMember &M : Members)
    for (const std::string &File : Seen.filesOf(oldPlace(M)))
      Users[File].push_back(&M);
  std::erase_if(Parses, [&](const auto &Each) { return !Users.count(Each.first); });
  std::vector<std::pair<std::string, std::vector<const SlimMember *>>> Jobs;
  for (auto &[File, Of] : Users) // in later rounds only where a text has changed
    if (auto It = Parses.find(File); It == Parses.end() || It->second.texts != digestOf(textsFor(File, Of)))
      Jobs.emplace_back(File, std::move(Of));
  std::vector<NewParse> Shown(Jobs.size());
  Progress *Told = S.options().progress.get();
  if (Told)
    Told->add(Jobs.size());
  parallelFor(S.options().jobs, Jobs.size(), [&](size_t N, unsigned Worker) {
    Shown[N] = parseOne(Jobs[N].first, Jobs[N].second, Worker);
    if (Told)
      Told->done();
  });
  for (size_t N = 0; N < Jobs.size(); ++N)
    Parses[Jobs[N].first] = std::move(Shown[N]);
}

std::optional<ShrunkRecord> Changing::usualSize(const SlimMember &M, const Place &New, const std::string &Record) const {
  auto Find = [&](const UnitUses &U, const Place &Member) -> const FreedObject * {
    for (const Use &One : U.uses)
      if (One.member == Member && !One.offset && One.object.size && One.object.record == Record)
        return &One.object;
    return nullptr;
  };
  for (const std::string &File : measuredIn(M)) {
    const NewParse &P = Parses.at(File);
    const FreedObject *Was = Find(P.usual_before, oldPlace(M)), *Now = Find(P.usual_after, New);
    if (Was && Now && Now->align >= Was->align)
      return ShrunkRecord{Record, Was->size, Now->size, Now->flexible, 0, 0, false, P.usual_variant, {}};
  }
  return std::nullopt;
}

/// The sizes before and after; why the member stays, or empty.
std::string Changing::measure(SlimMember &M) const {
  auto New = NewPlaces.find(oldPlace(M));
  if (New == NewPlaces.end())
    return "its declaration was not found again in the new text";
  std::map<std::string, FreedObject> Before, After;
  std::map<std::string, std::string> Architecture; // of After
  for (const Use &U : Seen.of(oldPlace(M)))
    if (!U.offset && U.object.size)
      Before.emplace(U.object.record, U.object);
  for (const std::string &File : Seen.filesOf(oldPlace(M))) {
    const NewParse &P = Parses.at(File);
    if (!P.complaint.empty())
      return P.complaint;
    for (const Use &U : P.uses.uses) {
      if (U.member != New->second)
        continue;
      if (!U.freed)
        return U.where.file + ":" + std::to_string(U.where.line) + ": " + U.how;
      if (!U.offset && U.object.size && After.emplace(U.object.record, U.object).second)
        Architecture[U.object.record] = P.outcome.variant;
    }
  }
  if (After.empty())
    return "no parse of the new text shows what is freed";
  M.objects.clear();
  bool Smaller = false;
  for (const auto &[Record, Now] : After) {
    auto Was = Before.find(Record);
    if (Record.empty() || Was == Before.end())
      continue;
    if (Now.align < Was->second.align)
      return "struct " + Record + " would lose its alignment, " + std::to_string(Was->second.align) + " bytes";
    std::optional<ShrunkRecord> Usual = usualSize(M, New->second, Record);
    ShrunkRecord O = Usual ? *Usual : ShrunkRecord{Record, Was->second.size, Now.size, Now.flexible, 0, 0, S.options().compile_commands.empty(), Architecture[Record], {}};
    O.cache = cacheFor(S.database(), Record);
    if (!O.flexible && !O.cache.valid())
      O.class_before = classOf(Classes, O.before), O.class_after = classOf(Classes, O.after);
    Smaller = Smaller || O.after < O.before;
    M.objects.push_back(std::move(O));
  }
  if (M.objects.empty())
    return "the size of what is freed was not seen";
  return Smaller ? "" : "nothing would become smaller: struct " + M.objects.front().record + " keeps its " + std::to_string(M.objects.front().before) + " bytes";
}

llvm::Error Changing::run() {
  // Whoever is refused takes his edits along, so the rest is parsed again.
  for (int Round = 0; Round < 8 && !Members.empty(); ++Round) {
    if (llvm::Error E = convert())
      return E;
    edit();
    parse();
    for (SlimMember &M : Members) {
      if (std::string Why = measure(M); !Why.empty()) {
        refuse(M, std::move(Why));
      } else if (OnlyGains && llvm::all_of(M.objects, [](const ShrunkRecord &O) { return O.after == O.before || (O.class_before && O.class_before == O.class_after); })) {
        To.left_out.push_back({M.decl, "kmalloc() gives as much memory as before"});
        M.new_type.clear();
      } else if (OnlyGains && llvm::all_of(M.objects, [](const ShrunkRecord &O) { return O.debugging; })) {
        To.left_out.push_back({M.decl, "only kernels with debugging options have such objects"});
        M.new_type.clear();
      }
    }
    if (!drop())
      break;
  }
  if (Members.empty()) {
    To.files.clear();
    return llvm::Error::success();
  }
  for (const auto &[File, P] : Parses)
    if (StringRef(File).ends_with(".c") && !P.outcome.variant.empty())
      To.parsed_for[File] = P.outcome.variant;
  To.notes = Conversions.notes;
  for (SlimMember &M : Members)
    for (const std::string &File : Seen.filesOf(oldPlace(M)))
      M.parsed[File] = Parses.at(File).outcome.variant;
  To.members = std::move(Members);
  for (SiteReport &Site : Sites) // what is not part of this change is none of its conversions
    if (Site.cls == SiteClass::Convert && llvm::none_of(To.members, [&](const SlimMember &M) { return M.converted.count(Site.census.where) != 0; })) {
      Site.callback_removed = false;
      Site.cls = SiteClass::Refuse;
    }
  return llvm::Error::success();
}

} // namespace

llvm::Error change(Scan &S, std::vector<SiteReport> &Sites, const Rows &R, const Evidences &Seen, std::vector<SlimMember> Members, bool OnlyGains, SlimResult &To) {
  return Changing(S, Sites, R, Seen, std::move(Members), OnlyGains, To).run();
}

} // namespace krcu::slim
