// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A call of a deferral that went and a deferred free that came in its place are a conversion: the callback is summarised in the tree
// before the patch, the life of its cache is judged in the tree after it. What is asked of the free that
// comes out of it stands in frees.cpp, what is asked of callbacks in callbacks.cpp, the barriers in barriers.cpp.
#include "tool/review/judge/judge.h"
#include "tool/driver/records.h"
#include "tool/index/outline.h"
#include "tool/lifetime/callback.h"
#include "tool/lifetime/naming.h"
#include "tool/review/explain.h"
#include "tool/lifetime/targets.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {

using review::PatchVerdict;

void PatchJudge::add(PatchVerdict V, const Location &Where, std::string Reason, EvidenceList Evidence, bool OldLine) {
  review::Finding F{V, Where.file, Where.line, OldLine, std::move(Reason), std::move(Evidence)};
  for (const review::Finding &Known : Findings)
    if (Known.file == F.file && Known.line == F.line && Known.reason == F.reason)
      return;
  Findings.push_back(std::move(F));
}

namespace {

std::string stripStruct(StringRef Record) {
  Record.consume_front("struct ");
  return Record.str();
}

} // namespace

const CallbackReport &PatchJudge::reportOf(TreeState &State, std::map<std::string, CallbackReport> &Known, const std::string &Symbol) {
  auto It = Known.find(Symbol);
  if (It == Known.end()) {
    CallbackReport R;
    State.settle([&] { return (R = reportCallback(State.database(), Symbol)).state != CallbackState::Pending; });
    It = Known.emplace(Symbol, std::move(R)).first;
  }
  return It->second;
}

/// What a queued callback frees, as bytes from its head; nothing if it does something else.
std::optional<int64_t> PatchJudge::freedBy(TreeState &State, std::map<std::string, CallbackReport> &Known, const TraceEvent &E) {
  const DeferralRule *Rule = State.rules().deferral(E.name);
  if (!Rule || Rule->flavour != "rcu" || E.callback.empty() || !llvm::all_of(plainName(E.callback), [](char C) { return llvm::isAlnum(C) || C == '_'; }))
    return std::nullopt;
  const CallbackReport &R = reportOf(State, Known, E.callback);
  return R.state == CallbackState::FreeOnly ? std::optional<int64_t>(R.object_offset) : std::nullopt;
}

namespace {

/// How the objects of events are written in the text. Points into the facts.
class EventNames {
public:
  explicit EventNames(const FileFacts &Facts) {
    for (const DeferredFreeFact &D : Facts.deferred_frees)
      Deferred.try_emplace(D.where, &D);
    for (const CallSiteFact &S : Facts.sites)
      Sites[S.where].push_back(&S);
  }
  /// `Back`: what a queued callback frees, as bytes from its head.
  std::string of(const TraceEvent &E, std::optional<int64_t> Back) const {
    if (auto D = Deferred.find(E.where); E.kind == TraceEvent::Deferred && D != Deferred.end())
      return D->second->object;
    if (auto At = Sites.find(E.where); E.kind == TraceEvent::Queue && Back && At != Sites.end())
      for (const CallSiteFact *S : At->second)
        if (const HeadLevel *L = levelAt(*S, -*Back))
          return L->object;
    return E.text;
  }

private:
  std::map<Location, const DeferredFreeFact *> Deferred;
  std::map<Location, std::vector<const CallSiteFact *>> Sites;
};

} // namespace

/// Where the paths are too many to be compared: whether the text of the function is the same but for calls of deferrals that became deferred frees,
/// each in its place.
bool PatchJudge::onlyCallsReplaced(const ReviewedFile &F, const std::string &Function) const {
  auto Own = [&](const std::string &Text) {
    std::vector<review::Piece> Pieces = review::piecesOf(Text);
    std::erase_if(Pieces, [&](const review::Piece &P) { return P.function != Function; });
    return Pieces;
  };
  std::vector<review::Piece> Old = Own(F.applied->before.value_or("")), New = Own(F.applied->after.value_or(""));
  auto Has = [](const auto &Facts, const review::Piece &P) { return llvm::count_if(Facts, [&](const auto *Each) { return Each->where.line >= P.from && Each->where.line <= P.to; }); };
  return Old.size() == New.size() && llvm::all_of(llvm::zip(Old, New), [&](const auto &Both) {
           const auto &[O, N] = Both;
           return O.around == N.around && (O.text == N.text || (Has(F.changes.sites_gone, O) == 1 && Has(F.changes.deferred_new, N) == 1));
         });
}

/// Every function that the patch changes, path by path.
void PatchJudge::comparePathsOf(ReviewedFile &F) {
  // Copies: what a callback does may ask for more parses, which replace facts.
  const FileFacts Old = F.old_facts, New = F.new_facts;
  std::map<std::string, std::pair<const FunctionTrace *, const FunctionTrace *>> Both;
  for (const FunctionTrace &T : Old.traces)
    Both[plainName(T.function)].first = &T;
  for (const FunctionTrace &T : New.traces)
    Both[plainName(T.function)].second = &T;
  std::set<std::string> Walked; ///< helpers that a caller's paths go through
  for (const FunctionTrace &T : New.traces)
    Walked.insert(T.inlined.begin(), T.inlined.end());
  PathQuestion Q;
  Q.rules = &After.rules();
  for (const CallSiteFact &S : New.sites)
    if (S.callback_kind == CallbackKind::Function)
      Q.atomic.insert(S.callback);
  Q.old_callback = [&](const TraceEvent &E) { return freedBy(Before, OldCallbacks, E); };
  Q.new_callback = [&](const TraceEvent &E) { return freedBy(After, NewCallbacks, E); };
  const EventNames OldNames(Old), NewNames(New);
  Q.old_name = [&](const TraceEvent &E) { return OldNames.of(E, E.kind == TraceEvent::Queue ? Q.old_callback(E) : std::nullopt); };
  Q.new_name = [&](const TraceEvent &E) { return NewNames.of(E, E.kind == TraceEvent::Queue ? Q.new_callback(E) : std::nullopt); };
  // A callback that has become a helper has another parameter: it is judged in those that call it.
  const Outline OldText = outlineOf(F.applied->before.value_or("")), NewText = outlineOf(F.applied->after.value_or(""));
  auto Callbacks = [](const FileFacts &Facts) {
    std::set<std::string> Names;
    for (const CallSiteFact &S : Facts.sites)
      Names.insert(plainName(S.callback));
    return Names;
  };
  const std::set<std::string> OldCallbackNames = Callbacks(Old), NewCallbackNames = Callbacks(New);
  auto BecameHelper = [&](const std::string &Name) {
    const OutlineFunction *Was = OldText.function(Name), *Is = NewText.function(Name);
    auto HeadOf = [](const std::string &Text, const OutlineFunction &O) { return StringRef(Text).slice(O.name_begin, O.body_begin).trim(); };
    return Was && Is && OldCallbackNames.count(Name) && !NewCallbackNames.count(Name) && HeadOf(*F.applied->before, *Was) != HeadOf(*F.applied->after, *Is);
  };
  for (const auto &[Name, Traces] : Both) {
    if (BecameHelper(Name))
      continue;
    Q.before = Traces.first, Q.after = Traces.second;
    PathAnswer A = comparePaths(Q);
    const std::string &Symbol = (Q.after ? Q.after : Q.before)->function;
    Paths &P = PathsOf[Symbol];
    P.compared = A.compared;
    P.wrong = !A.findings.empty();
    P.same = std::move(A.same);
    auto Defers = [](const FunctionTrace *T) { return T && llvm::any_of(T->events, [](const TraceEvent &E) { return E.kind == TraceEvent::Queue || E.kind == TraceEvent::Deferred; }); };
    if (!A.compared && Q.before && Q.after && (Defers(Q.before) || Defers(Q.after)) && !onlyCallsReplaced(F, Name))
      add(PatchVerdict::CannotTell, Q.after->where, "the ways through " + Name + "() could not be compared: " + (Q.after->complete ? Q.before->why : Q.after->why));
    for (review::Finding &Each : A.findings)
      add(Each.verdict, {Each.file, Each.line, 0}, Each.reason, Each.evidence, Each.old_line);
  }
}

/// Each site that went gets the deferred free that fits it best: of the same value, else of the same function, of the same object.
void PatchJudge::pairUp(ReviewedFile &F) {
  std::vector<const CallSiteFact *> Sites = F.changes.sites_gone;
  std::vector<const DeferredFreeFact *> Frees = F.changes.deferred_new;
  std::map<Location, std::vector<const CallSiteFact *>> SitesAt; // one that is paired goes from the front
  for (auto S = Sites.rbegin(); S != Sites.rend(); ++S)
    SitesAt[(*S)->where].push_back(*S);
  std::map<Location, const DeferredFreeFact *> FreesAt;
  for (const DeferredFreeFact &D : F.new_facts.deferred_frees)
    FreesAt.try_emplace(D.where, &D);
  std::set<const CallSiteFact *> PairedSites;
  std::vector<Conversion> Pairs;
  std::set<const DeferredFreeFact *> Paired; // by several sites, if it stands in a helper that all of them call now
  for (const auto &[Function, P] : PathsOf)
    for (const auto &[Was, Is] : P.same) {
      auto S = SitesAt.find(Was);
      auto D = FreesAt.find(Is);
      if (S == SitesAt.end() || S->second.empty() || D == FreesAt.end())
        continue;
      Pairs.push_back({S->second.back(), D->second, true});
      Paired.insert(D->second);
      PairedSites.insert(S->second.back());
      S->second.pop_back();
    }
  std::erase_if(Sites, [&](const CallSiteFact *S) { return PairedSites.count(S) != 0; });
  std::erase_if(Frees, [&](const DeferredFreeFact *D) { return Paired.count(D) != 0; });
  // What the paths have already shown to be wrong needs no second answer.
  auto Known = [&](const std::string &Function) {
    auto It = PathsOf.find(Function);
    return It != PathsOf.end() && It->second.compared && It->second.wrong;
  };
  for (const CallSiteFact *S : F.changes.sites_gone)
    if (S->callback_kind == CallbackKind::Function)
      GoneCallbacks.insert(S->callback);
  std::erase_if(Sites, [&](const CallSiteFact *S) { return Known(S->function); });
  std::erase_if(Frees, [&](const DeferredFreeFact *D) { return Known(D->function); });
  auto Match = [&](auto Fits) {
    for (auto S = Sites.begin(); S != Sites.end();) {
      auto D = std::find_if(Frees.begin(), Frees.end(), [&](const DeferredFreeFact *Each) { return Fits(**S, *Each); });
      if (D == Frees.end()) {
        ++S;
        continue;
      }
      Pairs.push_back({*S, *D, false});
      Frees.erase(D);
      S = Sites.erase(S);
    }
  };
  auto SameHead = [](const CallSiteFact &S, const DeferredFreeFact &D) {
    return std::any_of(S.levels.begin(), S.levels.end(), [&](const HeadLevel &L) { return folded(L.object) == folded(D.object) && folded(L.member) == folded(D.member); });
  };
  auto SameFunction = [](const CallSiteFact &S, const DeferredFreeFact &D) { return S.function == D.function; };
  Match([&](const CallSiteFact &S, const DeferredFreeFact &D) { return SameFunction(S, D) && SameHead(S, D); });
  Match(SameFunction);
  Match(SameHead);
  for (const Conversion &C : Pairs)
    judgeConversion(F, C);
  for (const DeferredFreeFact *D : Frees)
    judgeNewFree(F, *D);
  for (const CallSiteFact *S : Sites)
    judgeLostSite(F, *S);
}

namespace {

/// Whether the new call's object is the one that `L` leads to, with the head `Wanted` bytes behind its start, by its text. What only a value
/// shows (container_of(), another variable) is compared with the paths.
bool namesObjectOf(const HeadLevel &L, int64_t Wanted, const DeferredFreeFact &D) {
  return D.offset == Wanted && L.complete && L.offset == Wanted && folded(L.object) == folded(D.object);
}

} // namespace

/// Whether the new call's member can be a head of kfree_rcu() at all, wherever the object begins.
bool PatchJudge::canBeHead(const DeferredFreeFact &D, const EvidenceList &Shown) {
  auto Says = [&](const std::string &Text) {
    add(PatchVerdict::Broken, D.where, Text, Shown);
    return false;
  };
  if (D.offset >= 0 && !D.is_rcu_head && Before.semantics().is("head_type_checked"))
    return Says("wrong member: " + D.member + " of " + D.record_text + " is no struct rcu_head");
  if (D.offset >= HeadReach)
    return Says("the head is at offset " + std::to_string(D.offset) + "; kfree_rcu() takes at most " + std::to_string(HeadReach - 1));
  return true;
}

/// Whether no other configuration can put the head too far from the start of its object.
bool PatchJudge::isInReach(const CallSiteFact &S, int64_t Wanted, const DeferredFreeFact &D, const EvidenceList &Shown) {
  const HeadLevel *Moved = movedOutOfReach(S, Wanted);
  if (Moved)
    add(PatchVerdict::CannotTell, D.where, outOfReachText(*Moved), Shown);
  return !Moved;
}

/// Is the head of the new call one that the object has, `Wanted` bytes behind its start?
bool PatchJudge::judgeHead(const Conversion &C, int64_t Wanted, const EvidenceList &Shown) {
  const DeferredFreeFact &D = *C.free;
  if (llvm::is_contained(Before.rules().deferred_frees_no_head, D.name))
    return true;
  if (!canBeHead(D, Shown) || !isInReach(*C.site, Wanted, D, Shown))
    return false;
  if (D.offset < 0)
    add(PatchVerdict::CannotTell, D.where, "how far " + D.member + " is from the start of " + D.object + " could not be seen", Shown);
  else if (D.offset != Wanted)
    add(PatchVerdict::Broken, D.where, "wrong member: the callback got the head at offset " + std::to_string(Wanted) + ", " + D.name + "() gets " + D.member + " at offset " + std::to_string(D.offset), Shown);
  return D.offset == Wanted;
}

/// Does the new call free what the callback freed? Says why not.
bool PatchJudge::sameObject(ReviewedFile &F, const Conversion &C, const CallbackReport &Callback) {
  const CallSiteFact &S = *C.site;
  const DeferredFreeFact &D = *C.free;
  int64_t Wanted = -Callback.object_offset;
  std::string Name = plainName(Callback.function) + "()";
  EvidenceList Shown = Callback.evidence;
  auto Says = [&](PatchVerdict V, const std::string &Text) {
    add(V, D.where, Text, Shown);
    return false;
  };
  bool NoHead = llvm::is_contained(Before.rules().deferred_frees_no_head, D.name);
  const HeadLevel *Level = levelAt(S, Wanted);
  if (!NoHead && (!canBeHead(D, Shown) || !isInReach(S, Wanted, D, Shown)))
    return false;
  if (S.in_macro || D.in_macro)
    return Says(PatchVerdict::CannotTell, "the call stands in a macro, so what it frees cannot be compared");
  if (!Level) {
    bool Complete = !S.levels.empty() && S.levels.front().complete;
    if (Complete && S.head == HeadShape::Member)
      return Says(PatchVerdict::Broken, "wrong object: " + Name + " frees the object that starts " + std::to_string(Wanted) + " bytes before the head, but " +
                                            S.levels.front().member + " is at offset " + std::to_string(S.levels.front().offset) + " of " + S.levels.front().record);
    // The head came in a variable: only the numbers can be compared.
    if (D.offset >= 0 && D.offset != Wanted)
      return Says(PatchVerdict::Broken, "wrong object: " + Name + " frees what starts " + std::to_string(Wanted) + " bytes before the head, " + D.name + "(" +
                                            D.object + ", " + D.member + ") frees what starts " + std::to_string(D.offset) + " bytes before it");
    return Says(PatchVerdict::CannotTell, "the head was " + S.head_text + ", so whether " + D.object + " is the same object cannot be seen here");
  }
  bool SameObject = folded(Level->object) == folded(D.object), SameMember = NoHead || D.offset == Level->offset;
  if (SameObject && SameMember)
    return true;
  // Another name of it that the code itself ties to the head: a variable in scope, or container_of() of what the head was named by.
  if (!NoHead && D.offset == Wanted && llvm::any_of(S.levels, [&](const HeadLevel &L) { return namesObjectOf(L, Wanted, D); }))
    return true;
  // The same memory, named from further out: p and &o->inner.
  if (!NoHead && levelAt(S, D.offset) && folded(levelAt(S, D.offset)->object) == folded(D.object))
    return Says(PatchVerdict::Broken, "wrong object: " + Name + " frees " + Level->object + " (" + Level->record + "), the patch frees " + D.object + " (" + D.record_text + ")");
  if (SameObject)
    return Says(PatchVerdict::Broken, "wrong member: the callback got " + Level->object + "->" + Level->member + " at offset " + std::to_string(Level->offset) + ", " +
                                          D.name + "() gets " + D.member + (D.offset >= 0 ? " at offset " + std::to_string(D.offset) : std::string()));
  // Another name for the same thing? Which value it has only the paths tell, and these were not compared.
  bool Renamed = StringRef(F.applied->after.value_or("")).contains(D.object + " = " + Level->object + ";");
  if (Renamed && SameMember)
    return Says(PatchVerdict::CannotTell, "the callback freed " + Level->object + ", the patch frees " + D.object + "; whether that is the same object at the call was not followed");
  return Says(PatchVerdict::Broken, "wrong object: the callback freed " + Level->object + ", the patch frees " + D.object +
                                        (D.record_text == Level->record || D.record_text.empty() ? "" : ", a " + stripStruct(D.record_text)));
}

/// What is true of the callback that the call queues, or of every one that its pointer can hold. False: that cannot be known.
bool PatchJudge::reportQueued(const CallSiteFact &S, CallbackReport &To) {
  std::vector<std::string> Functions{S.callback};
  if (S.callback_kind != CallbackKind::Function) {
    TargetReport T;
    if (S.callback_kind == CallbackKind::Place)
      Before.settle([&] { return !(T = targetsOf(Before.database(), S.callback)).pending; });
    if (T.pending || !T.missing.empty() || T.found.empty())
      return false;
    Functions.clear();
    for (const FunctionRefFact &Found : T.found)
      Functions.push_back(Found.function);
  }
  std::vector<CallbackReport> Each(Functions.size());
  Before.settle([&] {
    for (size_t N = 0; N < Functions.size(); ++N)
      Each[N] = reportCallback(Before.database(), Functions[N]);
    return llvm::none_of(Each, [](const CallbackReport &C) { return C.state == CallbackState::Pending; });
  });
  auto Other = llvm::find_if(Each, [](const CallbackReport &C) { return C.state != CallbackState::FreeOnly; });
  To = Each.size() == 1 ? Each.front() : Other != Each.end() ? *Other : combined(Each);
  return true;
}

void PatchJudge::judgeConversion(ReviewedFile &F, const Conversion &C) {
  const CallSiteFact &S = *C.site;
  const DeferredFreeFact &D = *C.free;
  CallbackReport Callback;
  if (!reportQueued(S, Callback)) {
    add(PatchVerdict::CannotTell, D.where, "the callback of " + S.deferral + "() is " + S.callback_text + ", which may be any function");
    return;
  }
  std::string Name = plainName(S.callback_kind == CallbackKind::Function ? S.callback : Callback.function) + "()";
  if (Callback.state == CallbackState::MoreThanFree) {
    add(PatchVerdict::Broken, D.where, Name + " does more than free: it " + Callback.why + (Callback.offender.valid() && !StringRef(Callback.why).ends_with(at(Callback.offender) + ")") ? " (" + at(Callback.offender) + ")" : "") + ", and that would be lost",
        Callback.evidence);
    return;
  }
  if (Callback.state != CallbackState::FreeOnly) {
    add(PatchVerdict::CannotTell, D.where, Name + " cannot be followed: " + (Callback.why.empty() ? "more files would have to be parsed" : Callback.why), Callback.evidence);
    return;
  }
  const DeferralRule *Deferral = Before.rules().deferral(S.deferral);
  const ConversionRule *Rule = Before.rules().conversion(S.deferral, Callback.family);
  if (Deferral && Deferral->flavour != "rcu") {
    add(PatchVerdict::Broken, D.where, S.deferral + "() waits for other readers (" + Deferral->flavour + ") than kfree_rcu()", Callback.evidence);
    return;
  }
  if (!Rule || Rule->replacement.empty()) {
    add(PatchVerdict::Broken, D.where, Name + " frees with " + Callback.family + "(), but " + (Rule ? Rule->refusal : "no rule says what may replace that"), Callback.evidence);
    return;
  }
  if (!(C.by_value ? judgeHead(C, -Callback.object_offset, Callback.evidence) : sameObject(F, C, Callback))) {
    addMend(C, -Callback.object_offset);
    return;
  }
  if (Callback.null_free.valid())
    add(PatchVerdict::CannotTell, D.where, Name + " frees nothing under some condition (" + at(Callback.null_free) + "); kfree_rcu() frees always", Callback.evidence);
  if (!Callback.checks.empty())
    add(PatchVerdict::CannotTell, D.where, Name + " also checks with " + Callback.checks.front().name + "() (" + at(Callback.checks.front().where) + "), and the check is lost", Callback.evidence);
  for (const UnclearBranch &B : Callback.unclear)
    add(PatchVerdict::CannotTell, D.where, "what another branch of " + Name + " does is not known: " + at(B.where) + ": " + B.text, Callback.evidence);
  if (!D.record.empty())
    CachesOfRecord[D.record] = Callback.caches;
  EvidenceList Shown{{S.where.file, S.where.line, plainName(S.function), "before: " + S.deferral + "() queues " + Name}};
  Shown.insert(Shown.end(), Callback.evidence.begin(), Callback.evidence.end());
  if (const HeadLevel *L = levelAt(S, -Callback.object_offset))
    Shown.push_back({D.where.file, D.where.line, plainName(D.function), "the head is " + L->member + " at offset " + std::to_string(L->offset) + " of " + L->record + ": the same object"});
  judgeLifetime(D, Callback.caches, Callback.family, std::move(Shown));
}

std::vector<review::Finding> PatchJudge::run() {
  learnCallbacks();
  for (ReviewedFile &F : Files)
    comparePathsOf(F);
  for (ReviewedFile &F : Files)
    pairUp(F);
  for (const ReviewedFile &F : Files)
    judgeNewCallbacks(F);
  answerLifetimes();
  judgeCallbacks();
  judgeEnds();
  for (ReviewedFile &F : Files) {
    judgeWaits(F);
    judgeAround(F);
    judgeFlags(F);
    judgeHeadPlaces(F);
    judgeMembers(F);
    judgeMoved(F);
    judgeBarriers(F);
    judgeMovedBarriers(F);
    judgeDestructions(F);
  }
  for (const ReviewedFile &F : Files) {
    const FactChanges &C = F.changes;
    bool Matters = !C.sites_gone.empty() || !C.deferred_new.empty() || !C.barriers_gone.empty() || !C.barriers_new.empty();
    if (!F.unparsed.empty() && Matters)
      add(PatchVerdict::CannotTell, {F.applied->path, 0, 0}, "the file does not parse cleanly, so what was seen of it may not be all: " + F.unparsed);
  }
  for (ReviewedFile &F : Files)
    explainLines(F);
  return std::move(Findings);
}

} // namespace krcu
