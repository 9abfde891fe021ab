// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each way through the function after the patch must have one before it that may be taken under the same conditions and frees the same objects;
// and the other way round. Where there is none, the nearest one says what is wrong.
#include "tool/lifetime/caches.h"
#include "tool/review/judge/comparison.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>
#include <map>

namespace krcu {

using review::Finding;
using review::PatchVerdict;

namespace {

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

/// The tests of two ways, if both can be taken in one case. What a way says against itself, as one through a loop may, counts for nothing: so every
/// way goes with itself, and whether two do does not depend on which comes first.
std::optional<std::vector<TraceCondition>> both(const std::vector<TraceCondition> &A, const std::vector<TraceCondition> &B) {
  std::vector<TraceCondition> All = A;
  auto Says = [](const std::vector<TraceCondition> &Way, const TraceCondition &C) {
    return llvm::any_of(Way, [&](const TraceCondition &O) { return O.test == C.test && O.taken == C.taken; });
  };
  for (const TraceCondition &C : B) {
    if (Says(A, C))
      continue;
    if (llvm::any_of(A, [&](const TraceCondition &O) { return !Says(B, O) && (excludeEachOther(O, C) || (O.test == C.test && O.taken != C.taken)); }))
      return std::nullopt;
    if (llvm::none_of(All, [&](const TraceCondition &O) { return O.test == C.test; }))
      All.push_back(C);
  }
  return All;
}

/// Where a free at once gives the object back to; empty: to no cache, or not known.
std::string cacheOf(const Act &A) { return A.how == Act::Now && !A.event->caches.empty() ? A.event->caches.front() : std::string(); }

/// What a call in the text has made: it may be freed where it was not before, on a way that failed, say.
bool givenOut(llvm::StringRef Value) {
  llvm::StringRef Callee = Value.take_front(Value.find('('));
  return Callee.size() < Value.size() && (Callee.contains("alloc") || Callee.contains("dup"));
}

/// Whether one value is what a call returned that was given the other: a cast in a helper whose text was not seen.
bool mayBeSame(const std::string &A, const std::string &B) {
  auto Of = [](llvm::StringRef Call, llvm::StringRef Argument) {
    auto [Callee, Rest] = Call.split('(');
    return !Callee.empty() && !Callee.contains(' ') && !Callee.contains('*') && Rest.consume_back(")") && (Rest == Argument || Rest.starts_with((Argument + "+").str()));
  };
  return Of(A, B) || Of(B, A);
}

/// A test that came out the other way, as C has it.
std::string negated(llvm::StringRef Text) {
  auto Simple = [](llvm::StringRef T) { // names, members and calls: nothing that "!" would not hold for as a whole
    int Depth = 0;
    for (size_t I = 0; I < T.size(); ++I) {
      const bool Arrow = T.substr(I).starts_with("->");
      Depth += T[I] == '(' || T[I] == '[';
      Depth -= T[I] == ')' || T[I] == ']';
      if (!Depth && !Arrow && !llvm::isAlnum(T[I]) && !llvm::StringRef("_.])>").contains(T[I]))
        return false;
      I += Arrow;
    }
    return !T.empty();
  };
  if (Text.starts_with("!") && Simple(Text.drop_front()))
    return Text.drop_front().str();
  return Simple(Text) ? "!" + Text.str() : "!(" + Text.str() + ")";
}

/// Tests of one way that another one does not ask.
std::string besides(const std::vector<TraceCondition> &Way, const std::vector<TraceCondition> &Other) {
  std::string Text;
  for (const TraceCondition &C : Way)
    if (!C.text.empty() && llvm::none_of(Other, [&](const TraceCondition &O) { return O.test == C.test; }))
      Text += (Text.empty() ? "" : " and ") + (C.taken ? C.text : negated(C.text)) + " (" + at(C.where) + ")";
  return Text;
}

/// Object and kind, counted.
std::map<std::string, int> countsOf(const std::vector<Act> &Acts) {
  std::map<std::string, int> Result;
  for (const Act &A : Acts)
    ++Result[A.object + (A.how == Act::Later ? "|later" : A.how == Act::Now ? "|now " + cacheOf(A) : "|" + A.callback)];
  return Result;
}

} // namespace

PathAnswer Comparison::run() {
  bool Complete = Old.trace->complete && New.trace->complete;
  A.compared = Complete && Q.before && Q.after;
  if (A.compared) {
    matchWays();
    if (A.findings.empty())
      otherTests();
    if (A.findings.empty())
      addedTests();
    matchEvents();
    order();
  } else if (!Q.before && Q.after) {
    twiceInNew();
  }
  destructions();
  uses();
  context();
  origins();
  // An object that another one took the place of is not lost besides.
  bool Wrong = llvm::any_of(A.findings, [](const Finding &F) { return llvm::StringRef(F.reason).starts_with("wrong object"); });
  if (Wrong)
    std::erase_if(A.findings, [](const Finding &F) { return F.reason.find(", and nothing frees ") != std::string::npos; });
  return std::move(A);
}

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
      Text += (Text.empty() ? "" : " and ") + (C.taken ? C.text : negated(C.text)) + " (" + at(C.where) + ")";
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
        add(PatchVerdict::CannotTell, E.where, named(New, E) + " is freed behind a wait for readers, where " + call(*Gone->event) + " queued it before; that nothing finds it any more when the wait begins, and that this may sleep there, was not checked",
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
      if (mayBeSame(Was.value, E.value)) {
        add(PatchVerdict::CannotTell, E.where, "whether " + named(New, E) + " is the object that it was is not known: it comes from a call whose text was not seen", {shown(Old, Was, "before"), shown(New, E, "now")});
        continue;
      }
      std::string When = !Then.empty() ? ": before only if " + Then : !Under.empty() ? ": now if " + Under : "; the name stands for something else there now";
      const char *Other = " is another object than before, or freed in other cases";
      if (llvm::any_of(A.findings, [&](const Finding &F) { return F.line == E.where.line && F.file == E.where.file && F.reason.find(Other) != std::string::npos; }))
        continue; // said once for each free
      add(PatchVerdict::Broken, E.where, named(New, E) + Other + When, {shown(Old, Was, "before"), shown(New, E, "now")});
      continue;
    }
    if (!Had.empty() && Had.front().how != Act::Queued) {
      const TraceEvent &Was = *Had.front().event;
      if (mayBeSame(Was.value, E.value)) {
        add(PatchVerdict::CannotTell, E.where, named(Old, Was) + " was freed there, and now " + named(New, E) + "; one of them comes from a call whose text was not seen, so whether they are the same is not known", {shown(Old, Was, "before"), shown(New, E, "now")});
        continue;
      }
      add(PatchVerdict::Broken, E.where, "wrong object: " + named(Old, Was) + " was freed there, and now " + named(New, E), {shown(Old, Was, "before"), shown(New, E, "now")});
      continue;
    }
    if (!Had.empty() && X.how == Act::Queued && Had.front().callback == X.callback) {
      const TraceEvent &Was = *Had.front().event;
      const bool Unsure = mayBeSame(Was.value, E.value) || named(Old, Was) == named(New, E);
      add(Unsure ? PatchVerdict::CannotTell : PatchVerdict::Broken, E.where, (Unsure ? "perhaps the wrong object: " : "wrong object: ") + plainName(X.callback) + "() was queued with " + named(Old, Was) + " there, and now with " + named(New, E),
          {shown(Old, Was, "before"), shown(New, E, "now")});
      continue;
    }
    bool Known = llvm::any_of(Old.trace->events, [&](const TraceEvent &O) { auto Each = Old.actOf(O); return Each && Each->object == X.object; });
    if (Known && llvm::none_of(Before, [&](const Act &Each) { return Each.object == X.object; }))
      add(Calls ? PatchVerdict::CannotTell : PatchVerdict::Broken, E.where, call(E) + " frees " + named(New, E) + " now where it was not freed before" + (Then.empty() ? "" : ": if " + Then),
          {shown(New, E, "now")});
    else if (!Known && Had.empty() && !givenOut(E.value) && !(E.kind == TraceEvent::Deferred && E.function == New.trace->function)) // one that is new is judged by where its object comes from
      add(PatchVerdict::CannotTell, E.where, call(E) + " frees " + named(New, E) + " now, which nothing in " + plainName(New.trace->function) + "() freed before; whether it is still used was not followed", {shown(New, E, "now")});
  }
  for (const Act &X : Had) {
    if (!Has.empty())
      continue;
    const TraceEvent &E = *X.event;
    bool Ever = llvm::any_of(New.trace->events, [&](const TraceEvent &O) { auto Each = New.actOf(O); return Each && Each->object == X.object; });
    const std::string Name = named(Old, E);
    if (X.how == Act::Queued && !Ever)
      continue; // a site that went altogether
    if (handedOn(E)) {
      add(PatchVerdict::CannotTell, E.where, call(E) + " of " + Name + " goes, and the patch hands it to something whose text was not followed", {shown(Old, E, "before")}, true);
    } else if (!Ever) {
      bool Direct = X.how == Act::Now;
      add(Direct ? PatchVerdict::CannotTell : PatchVerdict::Broken, E.where, call(E) + " goes, and nothing frees " + Name + " any more", {shown(Old, E, "before")}, true);
    } else {
      // Without a test of its own the new way is one that the old text knew, and frees in.
      const std::string When = Under.empty() && !FromNew ? besides(NWay, PWay) : Under;
      const std::string What = X.how == Act::Queued ? call(E) + " of " + Name + " is no longer made" : Name + " is no longer freed";
      add(Calls ? PatchVerdict::CannotTell : PatchVerdict::Broken, E.where, What + (When.empty() ? " on some path" : " if " + When), {shown(Old, E, "before")}, true);
    }
  }
}

/// What a way of the old text freed, and of two new ways that go with it only one does: what tells these apart is a test that the old text did not make.
void Comparison::addedTests() {
  std::set<std::string> Known;
  for (const TracePath &P : Old.trace->paths)
    for (const auto &Way : P.ways)
      for (const TraceCondition &C : Way)
        Known.insert(C.test);
  using Way = std::vector<TraceCondition>;
  /// The test that two ways answer differently, if the old text makes none of those; null else.
  auto ApartBy = [&](const Way &X, const Way &Y) {
    const TraceCondition *By = nullptr;
    for (const TraceCondition &C : X)
      for (const TraceCondition &O : Y)
        if (C.test == O.test && C.taken != O.taken) {
          if (Known.count(C.test) || C.text.empty())
            return static_cast<const TraceCondition *>(nullptr);
          By = &C;
        }
    return By;
  };
  auto EachNew = [&](auto Visit) {
    for (const TracePath &P : New.trace->paths)
      for (const Way &W : P.ways)
        Visit(P, W);
  };
  for (const TracePath &P : Old.trace->paths)
    for (const Way &W : P.ways) {
      std::vector<std::pair<const TracePath *, const Way *>> Same, Fewer;
      EachNew([&](const TracePath &N, const Way &NWay) {
        auto All = both(W, NWay);
        if (!All || onlyForNull(NWay, W))
          return;
        std::map<std::string, int> Had = countsOf(actsOf(Old, P, *All)), Has = countsOf(actsOf(New, N, *All));
        if (Had == Has && !Had.empty())
          Same.emplace_back(&N, &NWay);
        else if (Has.empty() && !Had.empty())
          Fewer.emplace_back(&N, &NWay);
      });
      for (const auto &[Path, Less] : Fewer)
        for (const auto &[Other, More] : Same)
          if (const TraceCondition *By = ApartBy(*Less, *More)) {
            const std::vector<Act> Acts = actsOf(Old, P, W);
            const TraceEvent &E = *Acts.front().event;
            add(PatchVerdict::CannotTell, By->where, call(E) + " of " + named(Old, E) + " is no longer made if " + (By->taken ? By->text : negated(By->text)) + ", which was not asked before", {shown(Old, E, "before")});
            return;
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

/// What has certainly run before an event.
static std::set<llvm::StringRef> keysBefore(const FunctionTrace &T, const TraceEvent &E) {
  std::set<llvm::StringRef> Keys;
  for (unsigned Id : T.orders[static_cast<size_t>(&E - T.events.data())].always)
    Keys.insert(T.effects[Id].key);
  return Keys;
}

/// Which event of the old text became which of the new one. An object may be freed at several places: those with the same past belong together, else
/// they keep their order.
void Comparison::matchEvents() {
  std::set<const TraceEvent *> Used;
  for (const TraceEvent &N : New.trace->events) {
    std::optional<Act> X = New.actOf(N);
    if (!X)
      continue;
    const TraceEvent *Found = nullptr;
    int Most = -1;
    const std::set<llvm::StringRef> Past = keysBefore(*New.trace, N);
    for (const TraceEvent &O : Old.trace->events) {
      std::optional<Act> Y = Old.actOf(O);
      bool Same = Y && (Y->object == X->object || (Y->how == Act::Queued && N.head >= 0 && Y->object == objectName(N.value, N.offset + N.head)));
      if (!Same || Used.count(&O))
        continue;
      const int Alike = 2 * (O.kind == N.kind && O.name == N.name) + (keysBefore(*Old.trace, O) == Past);
      if (Alike > Most)
        Found = &O, Most = Alike;
    }
    if (Found) {
      Used.insert(Found);
      A.same.emplace_back(Found->where, N.where);
      Pairs.emplace_back(Found, &N);
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

PathAnswer comparePaths(const PathQuestion &Q) { return Comparison(Q).run(); }

} // namespace krcu
