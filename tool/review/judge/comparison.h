// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The two sides of a comparison of paths, and what is asked of them. paths.cpp asks what is freed, order.cpp what stands around it. Private to the
// room.
#pragma once

#include "tool/lifetime/database.h"
#include "tool/review/judge/paths.h"

namespace krcu {

/// One free of an object on a path.
struct Act {
  enum How { Later, Now, Queued } how = Later; ///< Queued: to a callback that does something else
  std::string object; ///< value and offset
  std::string callback;
  const TraceEvent *event = nullptr;
};

inline std::string objectName(const std::string &Value, int64_t Offset) { return Value + (Offset ? "+" + std::to_string(Offset) : ""); }

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

class Comparison {
public:
  explicit Comparison(const PathQuestion &Q)
      : Q(Q), Old{Q.before ? Q.before : &Nothing, Q.old_callback, Q.old_name}, New{Q.after ? Q.after : &Nothing, Q.new_callback, Q.new_name} {
    Nothing.paths.push_back({{}, {{}}});
  }

  PathAnswer run();

private:
  void matchWays();
  void addedTests();
  void otherTests();
  void matchEvents();
  void explain(const TracePath *P, const std::vector<TraceCondition> &PWay, const TracePath *N, const std::vector<TraceCondition> &NWay, bool FromNew);
  void twiceInNew();
  void uses();
  void order();
  void context();
  void origins();
  void destructions();
  void add(review::PatchVerdict V, const Location &Where, std::string Reason, EvidenceList Shown = {}, bool OldLine = false) {
    for (const review::Finding &F : A.findings)
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
    return {E.where.file, E.where.line, plainName(E.function), std::string(When) + ": " + call(E) + (E.kind == TraceEvent::Queue ? " queues " : " frees ") + named(S, E)};
  }
  /// Tests of `Way` that no way before knows, as text.
  std::string newTests(const std::vector<TraceCondition> &Way, const FunctionTrace &Other, bool &Calls) const;
  bool handedOn(const TraceEvent &E) const;
  bool waitsBefore(const TracePath &Path, const TraceEvent &E) const;

  const PathQuestion &Q;
  FunctionTrace Nothing; ///< of a function that is not there
  Side Old, New;
  PathAnswer A;
  std::vector<std::pair<const TraceEvent *, const TraceEvent *>> Pairs; ///< which event became which
};

} // namespace krcu
