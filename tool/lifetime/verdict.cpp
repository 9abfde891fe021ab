// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The order of the questions. First what the site is (a definition, hidden, callback unknown), then what the callback does, then
// whether the object that it frees is the one the new call would free, then the life of the cache, and last
// whether the text can be rewritten. A later question never makes an earlier answer better: what is not known is never safe.
#include "tool/lifetime/judge_round.h"
#include "tool/lifetime/naming.h"
#include "tool/lifetime/targets.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

namespace krcu {

const char *className(SiteClass C) {
  switch (C) {
  case SiteClass::Convert: return "convert";
  case SiteClass::Review: return "review";
  case SiteClass::Unsafe: return "unsafe";
  case SiteClass::Refuse: return "refuse";
  case SiteClass::MoreThanFree: return "more_than_free";
  case SiteClass::UnknownCallback: return "unknown_callback";
  case SiteClass::Definition: return "definition";
  case SiteClass::NotParsed: return "not_parsed";
  }
  return "";
}

const char *verdictName(Verdict V) {
  switch (V) {
  case Verdict::None: return "";
  case Verdict::Safe: return "safe";
  case Verdict::Unsafe: return "unsafe";
  case Verdict::Review: return "review";
  }
  return "";
}

namespace {

void settle(SiteReport &R, SiteClass C, Reason Why, std::string Detail = {}) {
  R.cls = C;
  R.reason = Why;
  if (!Detail.empty())
    R.detail = std::move(Detail);
}

/// Whether two configurations make the same of a call: the same callback, and the same object and member under each name.
bool sameSite(const CallSiteFact &A, const CallSiteFact &B) {
  auto SameLevel = [](const HeadLevel &X, const HeadLevel &Y) {
    return std::tie(X.object, X.member, X.offset, X.complete) == std::tie(Y.object, Y.member, Y.offset, Y.complete);
  };
  return A.callback_kind == B.callback_kind && A.callback == B.callback && A.head == B.head && A.is_rcu_head == B.is_rcu_head &&
         std::equal(A.levels.begin(), A.levels.end(), B.levels.begin(), B.levels.end(), SameLevel);
}

} // namespace

/// The allocator hands caches around inside itself; what it does with them is a matter of the semantics probe, not of a cache's life.
std::vector<const FlowFact *> Judge::flowsOutsideTheAllocator() const {
  std::set<std::string> Allocator;
  auto Add = [&](const std::string &Function) {
    for (const FunctionPlace &P : DB.definitionsOf(Function))
      Allocator.insert(DB.index().files()[P.file].path);
  };
  for (const CacheRule &C : DB.rules().cache_destroy)
    Add(C.name);
  for (const FreeRule &F : DB.rules().frees)
    if (F.cache)
      Add(F.name);
  std::vector<const FlowFact *> Result;
  for (const FlowFact *F : DB.flows())
    if (!Allocator.count(F->where.file))
      Result.push_back(F);
  return Result;
}

bool Judge::judge(const std::vector<CensusEntry> &Census, std::vector<SiteReport> &Reports, bool OnlyOpen) {
  Partial = OnlyOpen;
  begin();
  std::map<std::pair<std::string, unsigned>, std::vector<const CallSiteFact *>> ByLine;
  std::map<std::string, const CallSiteFact *> ByMacro;
  for (const auto &[File, Facts] : DB.files())
    if (DB.problem(File).find("left out") == std::string::npos)
      for (const CallSiteFact &S : Facts.sites) {
        ByLine[{S.where.file, S.where.line}].push_back(&S);
        if (S.in_macro)
          ByMacro.emplace(S.macro, &S);
      }
  std::map<const CallSiteFact *, const OtherConfiguration *> Elsewhere;
  for (const OtherConfiguration &C : DB.otherConfigurations()) // behind the others: they count where those show nothing
    for (const CallSiteFact &S : C.facts.sites) {
      ByLine[{S.where.file, S.where.line}].push_back(&S);
      Elsewhere.emplace(&S, &C);
    }
  Reports.clear();
  for (const CensusEntry &Entry : Census) {
    SiteReport R;
    R.census = Entry;
    auto It = ByLine.find({Entry.where.file, Entry.where.line});
    if (It != ByLine.end())
      for (const CallSiteFact *S : It->second) {
        bool Same = S->where.column == Entry.where.column;
        if (Elsewhere.count(S) && R.site)
          R.differs = R.differs || (Same && !sameSite(*R.site, *S));
        else if (Same || (!R.site && S->in_macro))
          R.site = S;
      }
    if (Entry.kind == CensusKind::MacroBody)
      if (auto Use = ByMacro.find(macroAt(Entry)); Use != ByMacro.end())
        R.site = Use->second;
    if (auto Other = Elsewhere.find(R.site); Other != Elsewhere.end())
      R.elsewhere = Other->second;
    judgeSite(R);
    finishEvidence(R);
    Reports.push_back(std::move(R));
  }
  settleBranches(Reports, [&](const std::string &File, uint32_t Begin, uint32_t End) { return !holdsDirective(DB, File, Begin, End); });
  return !Pending;
}

/// Name of the macro whose definition holds the entry.
std::string Judge::macroAt(const CensusEntry &E) const {
  int Id = DB.index().find(E.where.file);
  auto O = Id < 0 ? nullptr : DB.outline(static_cast<uint32_t>(Id));
  std::string Name;
  if (O) { // they stand in the order of their lines
    auto Behind = std::upper_bound(O->macros.begin(), O->macros.end(), E.where.line, [](unsigned Line, const OutlineMacro &M) { return Line < M.line; });
    if (Behind != O->macros.begin())
      Name = std::prev(Behind)->name;
  }
  return Name;
}

bool Judge::settledByGlance(SiteReport &R) const {
  auto Key = std::pair(R.census.where.file, R.census.offset);
  if (!Glances || !Glances->settle(Key.first, Key.second))
    return false;
  auto More = Glances->more_than_free.find(Key);
  bool Frees = More != Glances->more_than_free.end();
  const GlanceFinding &Found = Frees ? More->second : Glances->another_family.at(Key);
  std::string Name = R.census.callback.substr(R.census.callback.find_first_not_of("& "));
  R.evidence.push_back({Found.callback.file, Found.callback.line, Name, "the callback " + Name + "() is defined here"});
  R.evidence.push_back({Found.where.file, Found.where.line, Name, Name + "() " + Found.text});
  bool Behind = llvm::StringRef(Found.text).contains("(), which "); // not to be found in the callback's own text
  if (Frees)
    settle(R, SiteClass::MoreThanFree, Reason::MoreThanFree, Name + "() " + Found.text + (Behind ? " (" + Found.where.file + ":" + std::to_string(Found.where.line) + ")" : ""));
  else
    settle(R, SiteClass::NotParsed, Reason::NotLookedAt, Name + "() " + Found.text);
  return true;
}

/// Sets `target`, the function that is queued: by name, or the only one that the pointer can hold. False if the site is settled.
bool Judge::nameCallback(SiteReport &R) {
  const CallSiteFact &S = *R.site;
  if (S.callback_kind == CallbackKind::Function) {
    R.target = S.callback;
    return true;
  }
  bool Parameter = S.callback_kind == CallbackKind::Parameter;
  if (S.callback_kind == CallbackKind::Other) {
    settle(R, SiteClass::UnknownCallback, Reason::CallbackUnknown, "the callback is the expression " + S.callback_text);
    return false;
  }
  TargetReport T = Parameter ? passedTo(DB, S.function) : targetsOf(DB, S.callback);
  Pending = Pending || T.pending;
  if (!T.pending && T.missing.empty() && T.found.size() == 1) {
    const FunctionRefFact &Only = T.found.front();
    R.target = Only.function;
    addTarget(S.callback, Only.function);
    R.evidence.push_back({Only.where.file, Only.where.line, plainName(Only.in_function),
                          S.callback_text + " is only ever set to " + plainName(Only.function) + "()"});
    R.setters = {R.evidence.back()};
    return true;
  }
  if (!T.pending && T.missing.empty() && T.found.size() > 1) {
    std::vector<CallbackReport> Each;
    for (const FunctionRefFact &F : T.found) {
      Each.push_back(callback(F.function));
      R.evidence.push_back({F.where.file, F.where.line, plainName(F.in_function), S.callback_text + " is set to " + plainName(F.function) + "()"});
      R.setters.push_back(R.evidence.back());
      addTarget(S.callback, F.function);
    }
    R.target = T.found.front().function;
    R.candidates = std::move(Each);
    return reportCandidates(R);
  }
  std::string Candidates;
  for (const FunctionRefFact &F : T.found) {
    Candidates += (Candidates.empty() ? ": " : ", ") + plainName(F.function) + "()";
    R.evidence.push_back({F.where.file, F.where.line, plainName(F.in_function), plainName(F.function) + "() is one that it may be"});
  }
  settle(R, SiteClass::UnknownCallback, Parameter ? Reason::CallbackParameter : Reason::CallbackPlace, S.callback_text + Candidates);
  return false;
}

/// Several functions are as good as one if each of them is the same free. Otherwise the reason says what each of them lacks.
bool Judge::reportCandidates(SiteReport &R) {
  std::string What;
  bool FreeOnly = true, MoreThanFree = true;
  for (const CallbackReport &C : R.candidates) {
    if (C.state == CallbackState::Pending) {
      Pending = true;
      settle(R, SiteClass::UnknownCallback, Reason::CallbackUnknown, "more files must be parsed");
      return false;
    }
    FreeOnly = FreeOnly && C.state == CallbackState::FreeOnly;
    MoreThanFree = MoreThanFree && C.state == CallbackState::MoreThanFree;
    What += (What.empty() ? "" : "; ") + plainName(C.function) + "() " +
            (C.state == CallbackState::FreeOnly ? "only frees with " + C.frees.front().name + "()" : C.why);
  }
  auto Lacking = std::find_if(R.candidates.begin(), R.candidates.end(), [](const CallbackReport &C) { return C.state != CallbackState::FreeOnly; });
  R.callback = Lacking == R.candidates.end() ? combined(R.candidates) : *Lacking;
  if (FreeOnly && R.callback.state == CallbackState::FreeOnly)
    return true;
  if (FreeOnly)
    What = R.callback.why;
  R.callback.state = MoreThanFree ? CallbackState::MoreThanFree : CallbackState::Unknown;
  settle(R, MoreThanFree ? SiteClass::MoreThanFree : SiteClass::UnknownCallback, MoreThanFree ? Reason::MoreThanFree : Reason::CallbackPlace,
         MoreThanFree ? What : R.site->callback_text + ": " + What);
  return false;
}

/// A function that frees the same object with kfree_rcu() elsewhere chooses between the two, perhaps to compare them.
const DeferredFreeFact *Judge::otherChoice(const SiteReport &R) const {
  auto [Begin, End] = Now->deferred_frees.equal_range(R.site->function);
  for (auto It = Begin; It != End; ++It)
    for (const HeadLevel &L : R.site->levels)
      if (!L.object.empty() && It->second->object == L.object && It->second->member == L.member)
        return It->second;
  return nullptr;
}

/// Offsets may be compared only within one configuration: if the callback's body comes from another one than the call, that one's view of the call
/// is taken. False if it does not compile the call.
bool Judge::sameConfiguration(SiteReport &R) const {
  if (R.callback.state != CallbackState::FreeOnly || !R.callback.summary)
    return true;
  for (const OtherConfiguration &C : DB.otherConfigurations()) {
    bool Here = !C.facts.summaries.empty() && R.callback.summary >= &C.facts.summaries.front() && R.callback.summary <= &C.facts.summaries.back();
    if (!Here || R.elsewhere == &C)
      continue;
    for (const CallSiteFact &S : C.facts.sites)
      if (S.where == R.site->where) {
        R.site = &S;
        R.elsewhere = &C;
        return true;
      }
    return false;
  }
  return true;
}

/// The callback that the text names and the one that the parser saw must be the same word, unless a macro stands for it.
bool Judge::spelledAsSeen(SiteReport &R) const {
  const CallSiteFact &Site = *R.site;
  if (R.census.kind != CensusKind::Call || Site.in_macro || Site.callback_kind != CallbackKind::Function)
    return true;
  llvm::StringRef Text = llvm::StringRef(R.census.callback).rtrim(") \t");
  llvm::StringRef Word = Text.take_back(Text.size() - (Text.find_last_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") + 1));
  if (Word.empty() || Word == plainName(Site.callback) || isMacro(DB, Word.str(), Site.where.file))
    return true;
  settle(R, SiteClass::NotParsed, Reason::Spoiled, Site.where.file + ":" + std::to_string(Site.where.line) + ": the text names " + Word.str() +
                                                       "(), but the parser took " + plainName(Site.callback) + "()");
  return false;
}

namespace {

struct SiteScope {
  uint32_t head = 0; ///< where the function's declaration begins, or something before it
  uint32_t body = 0; ///< of its body
};

/// The function around a byte. Where the outline has none, as the kernel's style has it; if the braces stand elsewhere more text is looked at, which does
/// no harm.
SiteScope scopeAround(llvm::StringRef Text, const Outline *O, uint32_t At) {
  if (O) {
    auto Behind = std::upper_bound(O->functions.begin(), O->functions.end(), At, [](uint32_t B, const OutlineFunction &F) { return B < F.body_begin; });
    if (Behind != O->functions.begin() && At < std::prev(Behind)->body_end)
      return {std::prev(Behind)->decl_begin, std::prev(Behind)->body_begin};
  }
  llvm::StringRef Before = Text.take_front(At);
  size_t Brace = Before.rfind("\n{"), Head = Before.take_front(Brace == llvm::StringRef::npos ? 0 : Brace).rfind("\n}");
  return {static_cast<uint32_t>(Head == llvm::StringRef::npos ? 0 : Head + 2), static_cast<uint32_t>(Brace == llvm::StringRef::npos ? 0 : Brace + 1)};
}

} // namespace

/// What the text of the call itself could be in other configurations; with what comes before it in its function, if the object is named by that.
/// False if more must be parsed.
bool Judge::compareVariants(SiteReport &R) {
  const CallSiteFact &Site = *R.site;
  VariantQuestion Q = DB.parseOf(Site);
  if (Site.in_macro || Q.main.empty() || Site.begin >= Site.end)
    return true;
  int Id = DB.index().find(Site.where.file);
  auto Text = Id < 0 ? nullptr : DB.index().text(static_cast<uint32_t>(Id));
  if (!Text || Site.end > Text->size())
    return true;
  const SiteScope Around = scopeAround(*Text, DB.outline(static_cast<uint32_t>(Id)).get(), Site.begin);
  Q.scope = BodyPlace{Site.where.file, Around.head, Site.end};
  Q.bodies = {{Site.where.file, R.tied ? Around.body : Site.begin, Site.end}};
  const VariantPlan &Plan = DB.planOf(Q);
  std::vector<UnclearBranch> &Unclear = R.callback.unclear;
  Unclear.insert(Unclear.end(), Plan.unclear.begin(), Plan.unclear.end());
  bool Done = true;
  for (const TextVariant &V : Plan.wanted) {
    VariantAnswer A = DB.variant(V);
    Done = Done && A.state != VariantAnswer::Open;
    if (A.state == VariantAnswer::NotShown)
      Unclear.push_back({V.where, V.spelled + ": " + A.why});
    if (A.state == VariantAnswer::Shown)
      R.differs = R.differs || !sameSite(Site, A.facts->sites.front());
  }
  return Done;
}

void Judge::judgeSite(SiteReport &R) {
  const CensusEntry &E = R.census;
  if (E.kind == CensusKind::Definition || E.kind == CensusKind::Declaration)
    return settle(R, SiteClass::Definition, Reason::IsDefinition);
  if (DB.rules().deferral(E.function) || S.queues.count(E.function))
    return settle(R, SiteClass::Definition, Reason::IsWrapper, E.function);
  if (passesOffset(E))
    return settle(R, SiteClass::Definition, Reason::PassesOffset, E.callback);
  // A macro that names head and callback is a site that cannot be rewritten; one that takes them is a wrapper.
  const bool Stands = !E.alias.empty() || (E.kind == CensusKind::MacroBody && DB.rules().deferral(macroAt(E)));
  if (E.kind == CensusKind::MacroBody && (Stands || !R.site || R.site->callback_kind != CallbackKind::Function)) {
    std::string Problem = R.site || Stands ? std::string() : DB.problem(E.where.file); // which of the two it is shows where it is expanded
    return Problem.empty() ? settle(R, SiteClass::Definition, Reason::IsWrapper, "the macro " + macroAt(E))
                           : settle(R, SiteClass::NotParsed, Reason::NotParsed, Problem);
  }
  if (settledByGlance(R))
    return;
  if (!R.site) {
    std::string Problem = DB.problem(E.where.file);
    if (!Problem.empty())
      return settle(R, SiteClass::NotParsed, Reason::NotParsed, Problem);
    return settle(R, SiteClass::NotParsed, Reason::Hidden, llvm::join(E.conditions, " and "));
  }
  if (!R.site->error.empty())
    return settle(R, SiteClass::NotParsed, Reason::Spoiled, R.site->error);
  if (!spelledAsSeen(R) || !nameCallback(R))
    return;
  const FunctionSummary *Own = nullptr; // the body that goes with this call
  if (R.elsewhere)
    for (const FunctionSummary &F : R.elsewhere->facts.summaries)
      if (F.function == R.target && F.begin)
        Own = &F;
  auto Known = Own ? Callbacks.end() : Callbacks.find(R.target);
  if (!R.candidates.empty())
    ; // known already
  else if (Known != Callbacks.end())
    R.callback = Known->second;
  else
    R.callback = reportCallback(DB, R.target, Own);
  if (!Own && R.candidates.empty())
    Callbacks.emplace(R.target, R.callback);
  R.family = R.callback.family;
  if (!sameConfiguration(R))
    return settle(R, SiteClass::UnknownCallback, Reason::CallbackUnknown,
                  "no configuration was found that compiles both the call and the body of " + plainName(R.target) + "()");
  const CallSiteFact &Site = *R.site;
  switch (R.callback.state) {
  case CallbackState::Pending:
    Pending = true;
    return settle(R, SiteClass::UnknownCallback, Reason::CallbackUnknown, "more files must be parsed");
  case CallbackState::Unknown:
    if (!R.callback.error.empty())
      return settle(R, SiteClass::NotParsed, Reason::Spoiled, R.callback.error);
    return settle(R, SiteClass::UnknownCallback, Reason::CallbackUnknown, R.callback.why);
  case CallbackState::MoreThanFree:
    return settle(R, SiteClass::MoreThanFree, Reason::MoreThanFree, plainName(R.callback.function) + "() " + R.callback.why);
  case CallbackState::FreeOnly:
    break;
  }
  if (!Options.families.empty() && !Options.families.count(R.family))
    return settle(R, SiteClass::Refuse, Reason::NotAsked, R.family);
  const DeferralRule *Deferral = DB.rules().deferral(E.deferral);
  if (Deferral->flavour != "rcu")
    return settle(R, SiteClass::Refuse, Reason::Flavour, Deferral->flavour);
  const ConversionRule *Rule = DB.rules().conversion(E.deferral, R.family);
  if (!Rule || Rule->replacement.empty())
    return settle(R, SiteClass::Refuse, Reason::NoReplacement, Rule ? Rule->refusal : "no rule says what replaces " + R.family + "()");
  if (!nameReplacement(R, R.callback, *Rule) || headIsRead(R))
    return;
  if (!compareVariants(R)) {
    Pending = true;
    return settle(R, SiteClass::UnknownCallback, Reason::CallbackUnknown, "more files must be parsed");
  }
  judgeLifetime(R);
  if (const DeferredFreeFact *Other = otherChoice(R))
    R.verdict = Verdict::Review, settle(R, SiteClass::Review, Reason::ChoosesBetween, Other->name + "() at line " + std::to_string(Other->where.line));
  else if (R.differs)
    R.verdict = Verdict::Review, settle(R, SiteClass::Review, Reason::Differs);
  else if (R.verdict == Verdict::Unsafe)
    R.cls = SiteClass::Unsafe;
  else if (!R.callback.unclear.empty()) // R's own copy: the call's are among them
    R.verdict = Verdict::Review, settle(R, SiteClass::Review, Reason::HiddenBranch,
                                        R.callback.unclear.front().where.file + ":" + std::to_string(R.callback.unclear.front().where.line) + ": " +
                                            R.callback.unclear.front().text);
  else if (R.verdict == Verdict::Review)
    R.cls = SiteClass::Review;
  else if (Site.in_macro || E.alias_varies)
    settle(R, SiteClass::Refuse, Reason::InMacro, E.alias_varies ? E.alias : Site.macro);
  else if (!Site.is_statement)
    settle(R, SiteClass::Refuse, Reason::NotAStatement);
  else if (holdsDirective(DB, Site.where.file, Site.begin, Site.end))
    settle(R, SiteClass::Refuse, Reason::HoldsDirective);
  else if (Deferral->hurry && !Options.allow_hurry)
    settle(R, SiteClass::Refuse, Reason::Hurry, E.deferral);
  else if (R.callback.null_free.valid())
    R.verdict = Verdict::Review, settle(R, SiteClass::Review, Reason::FreesNull);
  else if (!R.callback.checks.empty())
    R.verdict = Verdict::Review, settle(R, SiteClass::Review, Reason::ChecksLost, R.callback.checks.front().name);
  else if (std::string Problem = DB.problem(E.where.file); !Problem.empty() && R.elsewhere) // the file itself may do more
    R.verdict = Verdict::Review, settle(R, SiteClass::Review, Reason::Spoiled, Problem);
  else
    R.cls = SiteClass::Convert;
  if (R.cls != SiteClass::Convert && R.cls != SiteClass::Review && R.cls != SiteClass::Unsafe)
    R.replacement.clear();
}

/// Object identity: the callback frees head - k; the new call frees head - o, with o from the layout of the named object.
bool Judge::nameReplacement(SiteReport &R, const CallbackReport &C, const ConversionRule &Rule) {
  const CallSiteFact &S = *R.site;
  switch (S.head) {
  case HeadShape::Variable:
    settle(R, SiteClass::Refuse, Reason::HeadInVariable, S.head_text);
    return false;
  case HeadShape::CastObject:
    settle(R, SiteClass::Refuse, Reason::HeadCast, S.head_text);
    return false;
  case HeadShape::Other:
    settle(R, SiteClass::Refuse, S.in_macro ? Reason::InMacro : Reason::HeadOther, S.in_macro ? S.macro : S.head_text);
    return false;
  case HeadShape::Member:
    break;
  }
  if (!S.is_rcu_head) {
    settle(R, SiteClass::Refuse, Reason::NotAHead, S.head_text);
    return false;
  }
  ObjectName Name = nameObject(S, C);
  if (!Name.found) {
    if (S.levels.empty() || !S.levels.front().complete)
      settle(R, SiteClass::Refuse, Reason::IncompleteType, S.head_text);
    else if (!Name.other.empty())
      R.verdict = Verdict::Review, settle(R, SiteClass::Review, Reason::ObjectUnnamed, plainName(C.function) + "() " + Name.other);
    else
      settle(R, SiteClass::Refuse, Reason::WrongObject,
             plainName(C.function) + "() frees the object that starts " + std::to_string(-C.object_offset) + " bytes before the head, but in " +
                 S.levels.front().record + " the head is at offset " + std::to_string(S.levels.front().offset));
    return false;
  }
  if (-C.object_offset >= HeadReach) {
    settle(R, SiteClass::Refuse, Reason::OffsetTooLarge, std::to_string(-C.object_offset));
    return false;
  }
  if (const HeadLevel *Moved = movedOutOfReach(S, -C.object_offset)) {
    R.verdict = Verdict::Review, settle(R, SiteClass::Review, Reason::OffsetVaries, outOfReachText(*Moved));
    return false;
  }
  if (Name.object.empty() || Name.member.empty()) {
    settle(R, SiteClass::Refuse, S.in_macro ? Reason::InMacro : Reason::CannotName, S.in_macro ? S.macro : S.head_text);
    return false;
  }
  R.replacement = Rule.replacement + "(" + Name.object + ", " + Name.member + ")";
  R.object_record = Name.record;
  R.tied = !Name.how.empty();
  R.evidence.push_back({S.where.file, S.where.line, plainName(S.function),
                        "the head is " + Name.member + " at offset " + std::to_string(-C.object_offset) + " of " + Name.record + Name.how +
                            "; " + plainName(C.function) + "() frees the address " + std::to_string(-C.object_offset) +
                            " bytes before the head: the same object"});
  return true;
}

} // namespace krcu
