// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What stands around a free: uses behind it, what takes the object out of reach in front of it, whether it may sleep there, where the object comes
// from; and what is stopped in front of a cache's end.
#include "matchers/traces.h"
#include "tool/lifetime/caches.h"
#include "tool/review/judge/comparison.h"
#include "llvm/ADT/STLExtras.h"
#include <map>

namespace krcu {

using review::PatchVerdict;

namespace {

/// Stores to one place of which one has no single value: "store ADDRESS = VALUE".
bool sameStore(llvm::StringRef A, llvm::StringRef B) {
  auto [Left, Value] = A.split(" = ");
  auto [Right, Other] = B.split(" = ");
  return Left == Right && (Value == SeveralValues || Other == SeveralValues);
}

/// Whether a call ends what may use caches: a work, a timer, something that was registered.
bool stops(const Rules &R, llvm::StringRef Name) {
  return llvm::is_contained(R.work_ends, Name) || Name.contains("unregister") || Name.contains("deregister");
}

} // namespace

/// What was stopped in front of a cache's end must still be.
void Comparison::destructions() {
  if (!A.compared)
    return;
  for (size_t O = 0; O < Old.trace->events.size(); ++O)
    for (size_t N = 0; N < New.trace->events.size(); ++N) {
      const TraceEvent &Was = Old.trace->events[O], &Is = New.trace->events[N];
      if (Was.kind != TraceEvent::Destroy || Is.kind != Was.kind || Was.caches != Is.caches || Was.function != Is.function)
        continue;
      for (unsigned Id : Old.trace->orders[O].always) {
        const TraceEffect &Before = Old.trace->effects[Id];
        auto HasKey = [&](unsigned Each) { return New.trace->effects[Each].key == Before.key; };
        auto Now = llvm::find_if(New.trace->effects, [&](const TraceEffect &E) { return E.key == Before.key; });
        if (!stops(*Q.rules, llvm::StringRef(Before.key).split('(').first) || Now == New.trace->effects.end() || llvm::any_of(New.trace->orders[N].always, HasKey))
          continue;
        const std::string Cache = Is.caches.empty() ? std::string("a cache") : placeName(Is.caches.front());
        add(PatchVerdict::CannotTell, Is.where, call(Is) + " takes " + Cache + " away in front of " + Now->text + " (" + at(Now->where) + ") now; what that stops may still use the cache",
            {{Before.where.file, Before.where.line, plainName(Old.trace->function), "before: " + Before.text + " stood in front"}, {Is.where.file, Is.where.line, plainName(New.trace->function), "now: " + call(Is)}});
      }
    }
}

/// What is used behind its free: all uses of an object in one finding.
void Comparison::uses() {
  std::set<std::string> Known;
  for (const TraceUse &U : Old.trace->uses)
    Known.insert(U.key);
  std::map<unsigned, std::vector<const TraceUse *>> ByEvent;
  for (const TraceUse &U : New.trace->uses) {
    std::optional<Act> X = New.actOf(New.trace->events[U.event]);
    if (X && !Known.count(U.key) && !(U.reading && X->how == Act::Later))
      ByEvent[U.event].push_back(&U);
  }
  for (const auto &[Event, Uses] : ByEvent) {
    const TraceEvent &E = New.trace->events[Event];
    std::string Text;
    EvidenceList Shown{shown(New, E, "now")};
    for (const TraceUse *U : Uses) {
      llvm::StringRef How = U->text;
      const bool Passed = How.consume_front("passes ");
      Text += (Text.empty() ? "" : ", ") + std::string(Passed ? "calls " : "") + How.str() + " (" + at(U->where) + ")";
      Shown.push_back({U->where.file, U->where.line, plainName(New.trace->function), (Passed ? "calls " : "") + How.str()});
    }
    add(PatchVerdict::Broken, Uses.front()->where, "used behind its free: " + call(E) + " (" + at(E.where) + ") has " + (New.actOf(E)->how == Act::Now ? "freed " : "given away ") + named(New, E) + ", and then the function " + Text, std::move(Shown));
  }
}

/// What took the object out of reach must still do so, and in front of the free.
void Comparison::order() {
  auto Effect = [](const FunctionTrace &T, const std::string &Key) { return llvm::find_if(T.effects, [&](const TraceEffect &E) { return E.key == Key; }); };
  for (const auto &[Was, Is] : Pairs)
    for (size_t O = 0; O < Old.trace->events.size(); ++O)
      for (size_t N = 0; N < New.trace->events.size(); ++N) {
        const TraceEvent &E = New.trace->events[N];
        // One place may stand for several objects: in a loop, or in a helper. There, calls of it are told apart.
        if (!(Old.trace->events[O].where == Was->where) || !(Old.trace->events[O].called == Was->called) || !(E.where == Is->where) || !(E.called == Is->called))
          continue;
        std::optional<Act> X = Old.actOf(Old.trace->events[O]), Y = New.actOf(E);
        if (!X || !Y || (X->object != Y->object && (X->how != Act::Queued || Y->how == Act::Queued)))
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
          if (Now.count(Before.key) || (Store && llvm::any_of(Now, [&](const std::string &Key) { return sameStore(Key, Before.key); })))
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
    std::string Why = E.held.empty() ? std::string() : E.held + " is held there";
    if (Why.empty() && Q.atomic.count(New.trace->function))
      Why = plainName(New.trace->function) + "() runs where nothing may sleep";
    bool Was = llvm::any_of(Old.trace->events, [&](const TraceEvent &O) { return E.held.empty() ? O.name == E.name : Sleeps(O) && O.held == E.held; });
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

} // namespace krcu
