// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each way through the function after the patch must have one before it that may be taken under the same conditions and frees the same objects;
// and the other way round. Where there is none, the nearest one says what is wrong.
#include "tool/review/judge/paths.h"
#include "tool/lifetime/caches.h"
#include "tool/lifetime/database.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <map>

namespace krcu {

using review::Finding;
using review::PatchVerdict;

namespace {

/// One free of an object on a path.
struct Act {
  enum How { Later, Now, Queued } how = Later; ///< Queued: to a callback that does something else
  std::string object; ///< value and offset
  std::string callback;
  const TraceEvent *event = nullptr;
};

std::string objectName(const std::string &Value, int64_t Offset) { return Value + (Offset ? "+" + std::to_string(Offset) : ""); }

struct Side {
  const FunctionTrace *trace;
  const FreedBy &callback;
  const NamedBy &name;

  std::optional<Act> actOf(const TraceEvent &E) const {
    Act A;
    A.event = &E;
    switch (E.kind) {
    case TraceEvent::Queue:
      if (std::optional<int64_t> Back = callback(E)) {
        A.object = objectName(E.value, E.offset + *Back);
      } else {
        A.how = Act::Queued;
        A.object = objectName(E.value, E.offset);
        A.callback = E.callback;
      }
      return A;
    case TraceEvent::Deferred:
      A.object = objectName(E.value, E.offset);
      return A;
    case TraceEvent::Free:
      A.how = Act::Now;
      A.object = objectName(E.value, E.offset);
      return A;
    default:
      return std::nullopt;
    }
  }
};

/// What a path frees under these conditions; NULL is nothing.
std::vector<Act> actsOf(const Side &S, const TracePath &P, const std::vector<TraceCondition> &Conditions) {
  std::vector<Act> Result;
  for (unsigned Id : P.events)
    if (std::optional<Act> A = S.actOf(S.trace->events[Id])) {
      bool Null = llvm::any_of(Conditions, [&](const TraceCondition &C) { return !C.taken && C.test == A->object; });
      if (!Null)
        Result.push_back(std::move(*A));
    }
  return Result;
}

/// Whether a way is one that the other only takes where a deferred free is given NULL: the macro's own test, which says nothing of a text that frees
/// in another way or not at all.
bool onlyForNull(const std::vector<TraceCondition> &Way, const std::vector<TraceCondition> &Other) {
  return llvm::any_of(Way, [&](const TraceCondition &C) {
    return !C.taken && C.text.empty() && llvm::none_of(Other, [&](const TraceCondition &O) { return O.test == C.test && !O.taken; });
  });
}

/// What a switch asks about: "parameter 1" of "parameter 1 is case 0"; empty: it is no test of one.
llvm::StringRef switchedOn(const TraceCondition &C) {
  llvm::StringRef Test = C.test, Value = Test;
  if (Value.consume_back(" is another case"))
    return Value;
  size_t At = Test.rfind(" is case ");
  return At == llvm::StringRef::npos ? llvm::StringRef() : Test.take_front(At);
}

/// Tests that cannot both have come out like that: a value is one case of a switch only.
bool excludeEachOther(const TraceCondition &A, const TraceCondition &B) {
  return A.test != B.test && A.taken && B.taken && !switchedOn(A).empty() && switchedOn(A) == switchedOn(B);
}

std::optional<std::vector<TraceCondition>> both(const std::vector<TraceCondition> &A, const std::vector<TraceCondition> &B) {
  std::vector<TraceCondition> All = A;
  for (const TraceCondition &C : B) {
    auto It = llvm::find_if(All, [&](const TraceCondition &O) { return O.test == C.test; });
    if (llvm::any_of(All, [&](const TraceCondition &O) { return excludeEachOther(O, C); }))
      return std::nullopt;
    if (It == All.end())
      All.push_back(C);
    else if (It->taken != C.taken)
      return std::nullopt;
  }
  return All;
}

/// Where a free at once gives the object back to; empty: to no cache, or not known.
std::string cacheOf(const Act &A) { return A.how == Act::Now && !A.event->caches.empty() ? A.event->caches.front() : std::string(); }

/// Object and kind, counted.
std::map<std::string, int> countsOf(const std::vector<Act> &Acts) {
  std::map<std::string, int> Result;
  for (const Act &A : Acts)
    ++Result[A.object + (A.how == Act::Later ? "|later" : A.how == Act::Now ? "|now " + cacheOf(A) : "|" + A.callback)];
  return Result;
}

class Comparison {
public:
  explicit Comparison(const PathQuestion &Q)
      : Q(Q), Old{Q.before ? Q.before : &Nothing, Q.old_callback, Q.old_name}, New{Q.after ? Q.after : &Nothing, Q.new_callback, Q.new_name} {
    Nothing.paths.push_back({{}, {{}}});
  }

  PathAnswer run() {
    bool Complete = Old.trace->complete && New.trace->complete;
    A.compared = Complete && Q.before && Q.after;
    if (A.compared) {
      matchWays();
      if (A.findings.empty())
        otherTests();
      matchEvents();
      order();
    } else if (!Q.before && Q.after) {
      twiceInNew();
    }
    uses();
    context();
    origins();
    // An object that another one took the place of is not lost besides.
    bool Wrong = llvm::any_of(A.findings, [](const Finding &F) { return llvm::StringRef(F.reason).starts_with("wrong object"); });
    if (Wrong)
      std::erase_if(A.findings, [](const Finding &F) { return F.reason.find(", and nothing frees ") != std::string::npos; });
    return std::move(A);
  }

private:
  void matchWays();
  void otherTests();
  void matchEvents();
  void explain(const TracePath *P, const std::vector<TraceCondition> &PWay, const TracePath *N, const std::vector<TraceCondition> &NWay, bool FromNew);
  void twiceInNew();
  void uses();
  void order();
  void context();
  void origins();
  void add(PatchVerdict V, const Location &Where, std::string Reason, EvidenceList Shown = {}, bool OldLine = false) {
    for (const Finding &F : A.findings)
      if (F.line == Where.line && F.file == Where.file && F.reason == Reason)
        return;
    A.findings.push_back({V, Where.file, Where.line, OldLine, std::move(Reason), std::move(Shown)});
  }
  std::string named(const Side &S, const TraceEvent &E) const {
    std::string Name = S.name(E);
    return Name.empty() ? "an object" : Name;
  }
  std::string call(const TraceEvent &E) const { return E.name + "()"; }
  Evidence shown(const Side &S, const TraceEvent &E, const char *When) const {
    return {E.where.file, E.where.line, plainName(E.function), std::string(When) + ": " + call(E) + (E.kind == TraceEvent::Queue ? " queues " : " gets ") + named(S, E)};
  }
  /// Tests of `Way` that no way before knows, as text.
  std::string newTests(const std::vector<TraceCondition> &Way, const FunctionTrace &Other, bool &Calls) const;
  bool handedOn(const TraceEvent &E) const;
  bool waitsBefore(const TracePath &Path, const TraceEvent &E) const;

  const PathQuestion &Q;
  FunctionTrace Nothing; ///< of a function that is not there
  Side Old, New;
  PathAnswer A;
};

void Comparison::matchWays() {
  // Many ways have the same answer, so each list of frees is compared once for each pair.
  auto Search = [&](const Side &From, const Side &To, bool FromNew) {
    for (const TracePath &P : From.trace->paths)
      for (const std::vector<TraceCondition> &Way : P.ways) {
        const TracePath *Near = nullptr;
        const std::vector<TraceCondition> *NearWay = nullptr;
        size_t Common = 0;
        bool Same = false;
        for (const TracePath &O : To.trace->paths) {
          for (const std::vector<TraceCondition> &OWay : O.ways) {
            auto All = both(Way, OWay);
            if (!All || (!FromNew && onlyForNull(OWay, Way)))
              continue;
            std::map<std::string, int> Mine = countsOf(actsOf(From, P, *All)), Theirs = countsOf(actsOf(To, O, *All));
            if (Mine == Theirs) {
              Same = true;
              break;
            }
            size_t Shared = 0;
            for (const TraceCondition &C : Way)
              Shared += llvm::any_of(OWay, [&](const TraceCondition &Each) { return Each.test == C.test; });
            // Of ways that fit equally well, the one that frees something tells more.
            size_t Weight = Shared * 8 + std::min<size_t>(7, Theirs.size());
            if (!Near || Weight > Common)
              Near = &O, NearWay = &OWay, Common = Weight;
          }
          if (Same)
            break;
        }
        if (Same || !Near)
          continue;
        if (FromNew)
          explain(Near, *NearWay, &P, Way, true);
        else
          explain(&P, Way, Near, *NearWay, false);
      }
  };
  Search(New, Old, true);
  Search(Old, New, false);
}

std::string Comparison::newTests(const std::vector<TraceCondition> &Way, const FunctionTrace &Other, bool &Calls) const {
  std::set<std::string> Known;
  for (const TracePath &P : Other.paths)
    for (const auto &Each : P.ways)
      for (const TraceCondition &C : Each)
        Known.insert(C.test);
  std::string Text;
  for (const TraceCondition &C : Way)
    if (!Known.count(C.test) && !C.text.empty()) { // the test of NULL in a macro is none of the patch's
      Text += (Text.empty() ? "" : " and ") + (C.taken ? C.text : "!(" + C.text + ")") + " (" + at(C.where) + ")";
      Calls = Calls || C.calls;
    }
  return Text;
}

/// Whether the new text gives the object to somebody that the old one did not give it to.
bool Comparison::handedOn(const TraceEvent &E) const {
  for (const TraceEffect &New : this->New.trace->effects)
    if (llvm::is_contained(New.values, E.value) && llvm::none_of(Old.trace->effects, [&](const TraceEffect &O) { return O.key == New.key; }))
      return true;
  return false;
}

void Comparison::explain(const TracePath *P, const std::vector<TraceCondition> &PWay, const TracePath *N, const std::vector<TraceCondition> &NWay, bool FromNew) {
  auto All = both(PWay, NWay);
  std::vector<Act> Had = actsOf(Old, *P, *All), Has = actsOf(New, *N, *All);
  // What is the same on both sides says nothing.
  for (auto H = Had.begin(); H != Had.end();) {
    auto Twin = llvm::find_if(Has, [&](const Act &X) { return X.object == H->object && X.how == H->how && X.callback == H->callback && cacheOf(X) == cacheOf(*H); });
    if (Twin == Has.end()) {
      ++H;
      continue;
    }
    Has.erase(Twin);
    H = Had.erase(H);
  }
  bool Calls = false;
  std::string Under = newTests(NWay, *Old.trace, Calls), Then = newTests(PWay, *New.trace, Calls);
  std::vector<Act> Before = actsOf(Old, *P, *All), After = actsOf(New, *N, *All);
  for (const Act &X : Has) {
    const TraceEvent &E = *X.event;
    const Act *Other = nullptr;
    for (const Act &Each : After)
      if (Each.object == X.object && Each.event != X.event)
        Other = &Each;
    size_t Times = static_cast<size_t>(llvm::count_if(After, [&](const Act &Each) { return Each.object == X.object; }));
    auto Gone = llvm::find_if(Had, [&](const Act &H) { return H.object == X.object; });
    if (Gone != Had.end()) { // the same object, in another way
      if (Gone->how == Act::Later && X.how == Act::Now && waitsBefore(*N, E))
        add(PatchVerdict::CannotTell, E.where, named(New, E) + " is freed behind a wait for readers, where " + call(*Gone->event) + " queued it; whether nothing finds it any more when the wait begins, and whether sleeping is right there, was not followed",
            {shown(Old, *Gone->event, "before"), shown(New, E, "now")});
      else if (Gone->how == Act::Later && X.how == Act::Now)
        add(PatchVerdict::Broken, E.where, call(E) + " frees " + named(New, E) + " at once, where " + call(*Gone->event) + " freed it after a grace period; readers may still look at it",
            {shown(Old, *Gone->event, "before"), shown(New, E, "now")});
      else if (!cacheOf(*Gone).empty() && !cacheOf(X).empty() && cacheOf(*Gone) != cacheOf(X))
        add(PatchVerdict::Broken, E.where, call(E) + " gives " + named(New, E) + " to " + placeName(cacheOf(X)) + ", where it went to " + placeName(cacheOf(*Gone)) + " before",
            {shown(Old, *Gone->event, "before"), shown(New, E, "now")});
      continue; // a callback that did more, or a direct free: judged by what was there
    }
    if (Times > 1) {
      if (Had.empty()) {
        const TraceEvent &First = Other ? *Other->event : E;
        add(PatchVerdict::Broken, E.where, named(New, E) + " is freed twice: by " + call(First) + " (" + at(First.where) + ") and by " + call(E) + " (" + at(E.where) + ")",
            {shown(New, First, "now"), shown(New, E, "now")});
        continue;
      }
    }
    if (!Had.empty() && Had.front().how != Act::Queued && X.how == Act::Queued) {
      const TraceEvent &Was = *Had.front().event;
      const std::string What = named(Old, Was), To = X.callback.empty() ? std::string("a callback") : plainName(X.callback) + "()";
      add(PatchVerdict::Broken, E.where, call(Was) + " freed " + What + ", the patch gives it to " + call(E) + " with " + To + ", which is another wait or does something else", {shown(Old, Was, "before"), shown(New, E, "now")});
      continue;
    }
    if (!Had.empty() && Had.front().how != Act::Queued && named(Old, *Had.front().event) == named(New, E)) {
      // One name of two values, in a loop or behind an assignment: what differs is when.
      const TraceEvent &Was = *Had.front().event;
      std::string When = !Then.empty() ? ": before only if " + Then : !Under.empty() ? ": now if " + Under : "; what the name stands for there has changed";
      add(PatchVerdict::Broken, E.where, named(New, E) + " is not the object, or not freed under the conditions, that it was" + When, {shown(Old, Was, "before"), shown(New, E, "now")});
      continue;
    }
    if (!Had.empty() && Had.front().how != Act::Queued) {
      const TraceEvent &Was = *Had.front().event;
      add(PatchVerdict::Broken, E.where, "wrong object: " + named(Old, Was) + " was freed there, the patch frees " + named(New, E), {shown(Old, Was, "before"), shown(New, E, "now")});
      continue;
    }
    bool Known = llvm::any_of(Old.trace->events, [&](const TraceEvent &O) { auto Each = Old.actOf(O); return Each && Each->object == X.object; });
    if (Known && llvm::none_of(Before, [&](const Act &Each) { return Each.object == X.object; }))
      add(Calls ? PatchVerdict::CannotTell : PatchVerdict::Broken, E.where, call(E) + " frees " + named(New, E) + " now where it was not freed before" + (Then.empty() ? "" : ": before, not if " + Then),
          {shown(New, E, "now")});
  }
  for (const Act &X : Had) {
    if (!Has.empty() || X.how == Act::Queued)
      continue;
    const TraceEvent &E = *X.event;
    bool Ever = llvm::any_of(New.trace->events, [&](const TraceEvent &O) { auto Each = New.actOf(O); return Each && Each->object == X.object; });
    const std::string Name = named(Old, E);
    if (handedOn(E)) {
      add(PatchVerdict::CannotTell, E.where, call(E) + " of " + Name + " goes, and the patch hands it to something whose text was not followed", {shown(Old, E, "before")}, true);
    } else if (!Ever) {
      bool Direct = X.how == Act::Now;
      add(Direct ? PatchVerdict::CannotTell : PatchVerdict::Broken, E.where, call(E) + " goes, and nothing frees " + Name + " any more", {shown(Old, E, "before")}, true);
    } else if (FromNew || !Under.empty()) {
      add(Calls ? PatchVerdict::CannotTell : PatchVerdict::Broken, E.where, Name + " is no longer freed" + (Under.empty() ? " on some path" : " if " + Under), {shown(Old, E, "before")}, true);
    }
  }
}

/// The ways fit together where the old text asks one thing and the new one another: nobody knows whether they are true in the same cases.
void Comparison::otherTests() {
  auto Own = [](const FunctionTrace &T, const FunctionTrace &Other) -> const TraceCondition * {
    std::set<std::string> Known;
    for (const TracePath &P : Other.paths)
      for (const auto &Way : P.ways)
        for (const TraceCondition &C : Way)
          Known.insert({C.test}), Known.insert("\n" + C.text);
    std::set<Location> Same; // a test that is known in one turn of a loop is that test in the others, whatever its value is called there
    for (const TracePath &P : T.paths)
      for (const auto &Way : P.ways)
        for (const TraceCondition &C : Way)
          if (Known.count(C.test))
            Same.insert(C.where);
    for (const TracePath &P : T.paths)
      for (const auto &Way : P.ways)
        for (const TraceCondition &C : Way)
          if (!C.text.empty() && !Known.count(C.test) && !Known.count("\n" + C.text) && !Same.count(C.where))
            return &C;
    return nullptr;
  };
  auto Frees = [](const Side &S) { return llvm::any_of(S.trace->events, [&](const TraceEvent &E) { return S.actOf(E).has_value(); }); };
  const TraceCondition *Was = Own(*Old.trace, *New.trace), *Is = Own(*New.trace, *Old.trace);
  if (Was && Is && Frees(Old) && Frees(New))
    add(PatchVerdict::CannotTell, Is->where, "whether something is freed depends on " + Is->text + " now, and depended on " + Was->text + " (" + at(Was->where) + ") before; whether both are true in the same cases was not followed",
        {{Was->where.file, Was->where.line, plainName(Old.trace->function), "before: " + Was->text}, {Is->where.file, Is->where.line, plainName(New.trace->function), "now: " + Is->text}});
}

/// Which event of the old text became which of the new one.
void Comparison::matchEvents() {
  std::set<const TraceEvent *> Used;
  for (const TraceEvent &N : New.trace->events) {
    std::optional<Act> X = New.actOf(N);
    if (!X)
      continue;
    const TraceEvent *Found = nullptr;
    for (const TraceEvent &O : Old.trace->events) {
      std::optional<Act> Y = Old.actOf(O);
      bool Same = Y && (Y->object == X->object || (Y->how == Act::Queued && N.head >= 0 && Y->object == objectName(N.value, N.offset + N.head)));
      if (!Same || Used.count(&O))
        continue;
      if (!Found || (O.kind == N.kind && O.name == N.name))
        Found = &O;
    }
    if (Found) {
      Used.insert(Found);
      A.same.emplace_back(Found->where, N.where);
    }
  }
}

/// A function that is new: only what it does wrong by itself.
void Comparison::twiceInNew() {
  for (const TracePath &P : New.trace->paths)
    for (const auto &Way : P.ways) {
      std::map<std::string, const TraceEvent *> Seen;
      for (const Act &X : actsOf(New, P, Way)) {
        auto [It, First] = Seen.emplace(X.object, X.event);
        if (!First)
          add(PatchVerdict::Broken, X.event->where, named(New, *X.event) + " is freed twice: by " + call(*It->second) + " (" + at(It->second->where) + ") and by " + call(*X.event) + " (" + at(X.event->where) + ")",
              {shown(New, *It->second, "now"), shown(New, *X.event, "now")});
      }
    }
}

void Comparison::uses() {
  std::set<std::string> Known;
  for (const TraceUse &U : Old.trace->uses)
    Known.insert(U.key);
  for (const TraceUse &U : New.trace->uses) {
    const TraceEvent &E = New.trace->events[U.event];
    std::optional<Act> X = New.actOf(E);
    if (!X || Known.count(U.key) || (U.reading && X->how == Act::Later))
      continue;
    // In a text that frees it at another place now, or for the first time.
    add(PatchVerdict::Broken, U.where, "used behind its free: the line " + U.text + ", and " + call(E) + " (" + at(E.where) + ") has " + (X->how == Act::Now ? "freed" : "given away") + " " + named(New, E) + " by then",
        {shown(New, E, "now"), {U.where.file, U.where.line, plainName(New.trace->function), U.text}});
  }
}

/// What took the object out of reach must still do so, and in front of the free.
void Comparison::order() {
  auto Effect = [](const FunctionTrace &T, const std::string &Key) { return llvm::find_if(T.effects, [&](const TraceEffect &E) { return E.key == Key; }); };
  for (const auto &[Was, Is] : A.same)
    for (size_t O = 0; O < Old.trace->events.size(); ++O)
      for (size_t N = 0; N < New.trace->events.size(); ++N) {
        if (!(Old.trace->events[O].where == Was) || !(New.trace->events[N].where == Is))
          continue;
        const TraceEvent &E = New.trace->events[N];
        // One place may stand for several objects: in a loop, or in a helper.
        std::optional<Act> X = Old.actOf(Old.trace->events[O]), Y = New.actOf(E);
        if (!X || !Y || (X->object != Y->object && X->how != Act::Queued))
          continue;
        for (unsigned Id : Old.trace->orders[O].always) {
          const TraceEffect &Before = Old.trace->effects[Id];
          // A store matters if the object was found there; a call by its name.
          bool OfObject = llvm::is_contained(Before.values, E.value);
          const bool Store = llvm::StringRef(Before.key).starts_with("store ");
          if (!Before.unlink || (Store && (!OfObject || Before.values.front() == E.value)))
            continue; // what the object itself holds does not lead to it
          std::set<std::string> Now;
          for (unsigned Each : New.trace->orders[N].always)
            Now.insert(New.trace->effects[Each].key);
          if (Now.count(Before.key))
            continue;
          auto Still = Effect(*New.trace, Before.key);
          EvidenceList Shown{{Before.where.file, Before.where.line, plainName(Old.trace->function), "before: " + Before.text}, shown(New, E, "now")};
          if (Still != New.trace->effects.end()) {
            bool Late = llvm::none_of(New.trace->orders[N].maybe, [&](unsigned Each) { return New.trace->effects[Each].key == Before.key; });
            add(PatchVerdict::Broken, E.where, call(E) + " of " + named(New, E) + " stands in front of " + Still->text + " (" + at(Still->where) + ") now" + (Late ? "" : " on some path") + ", so readers can still find it", Shown);
            continue;
          }
          bool Another = llvm::any_of(New.trace->effects, [&](const TraceEffect &Each) {
            return (Each.unlink || llvm::is_contained(Each.values, E.value)) && Effect(*Old.trace, Each.key) == Old.trace->effects.end();
          });
          if (OfObject)
            add(Another ? PatchVerdict::CannotTell : PatchVerdict::Broken, Before.where, Before.text + " goes, and " + call(E) + " still frees " + named(New, E) + ": " + (Another ? "whether what comes instead takes it out of reach was not followed" : "readers can still find it"), Shown, true);
        }
      }
}

/// Whether the new path waits for readers before the event.
bool Comparison::waitsBefore(const TracePath &Path, const TraceEvent &E) const {
  for (unsigned Index : Path.events) {
    const TraceEvent &Each = New.trace->events[Index];
    if (&Each == &E)
      return false;
    if (Each.kind == TraceEvent::Barrier && llvm::is_contained(Q.rules->sleeping_waits, Each.name))
      return true;
  }
  return false;
}

/// Calls that sleep, where nothing may, or where nobody knows: callers are not followed.
void Comparison::context() {
  const std::vector<std::string> &NoHead = Q.rules->deferred_frees_no_head;
  auto Sleeps = [&](const TraceEvent &E) { return E.kind == TraceEvent::Barrier || (E.kind == TraceEvent::Deferred && llvm::is_contained(NoHead, E.name)); };
  for (const TraceEvent &E : New.trace->events) {
    if (!Sleeps(E))
      continue;
    std::string Why = E.held.empty() ? std::string() : E.held + " is in force there";
    if (Why.empty() && Q.atomic.count(New.trace->function))
      Why = plainName(New.trace->function) + "() runs where nothing may sleep";
    bool Was = llvm::any_of(Old.trace->events, [&](const TraceEvent &O) { return O.name == E.name && (E.held.empty() || O.held == E.held); });
    if (!Why.empty() && !Was)
      add(PatchVerdict::Broken, E.where, call(E) + " may sleep, and " + Why, {{E.where.file, E.where.line, plainName(E.function), call(E) + " stands here"}});
    const bool ForReaders = E.kind == TraceEvent::Deferred || llvm::is_contained(Q.rules->sleeping_waits, E.name);
    if (Why.empty() && ForReaders && !Old.trace->events.empty() && llvm::none_of(Old.trace->events, Sleeps))
      add(PatchVerdict::CannotTell, E.where, call(E) + " may sleep, and whether all callers of " + plainName(New.trace->function) + "() may was not looked at",
          {{E.where.file, E.where.line, plainName(E.function), call(E) + " stands here"}});
  }
}

/// Memory that no allocator gave out, as far as the value itself shows: only for what was not freed before.
void Comparison::origins() {
  for (const TraceEvent &E : New.trace->events) {
    std::optional<Act> X = New.actOf(E);
    if (!X || X->how == Act::Queued || llvm::any_of(Old.trace->events, [&](const TraceEvent &O) { auto Y = Old.actOf(O); return Y && Y->object == X->object; }))
      continue;
    llvm::StringRef Base = E.value;
    auto Says = [&](PatchVerdict V, const std::string &Why) { add(V, E.where, call(E) + " frees " + named(New, E) + ", which is " + Why, {shown(New, E, "now")}); };
    if (Base.starts_with("&local "))
      Says(PatchVerdict::Broken, "on the stack: the local variable " + Base.drop_front(7).str());
    else if (Base.starts_with("&"))
      Says(PatchVerdict::Broken, "no allocation: the variable " + plainName(Base.drop_front(1).str()));
    else if (Base.starts_with("(") && Base.contains(" + ") && Base.contains(" * "))
      Says(PatchVerdict::CannotTell, "an element of an array; only the start of the allocation can be freed");
    else if (X->object.find('+') != std::string::npos && X->object.substr(Base.size(), 1) == "+" && X->object.substr(Base.size() + 1, 1) != "-" && E.kind != TraceEvent::Queue)
      Says(PatchVerdict::Broken, "not the start of an object: it lies " + X->object.substr(Base.size() + 1) + " bytes behind it");
  }
}

} // namespace

PathAnswer comparePaths(const PathQuestion &Q) { return Comparison(Q).run(); }

} // namespace krcu
