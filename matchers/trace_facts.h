// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function path by path, as far as objects are freed, waited for and used: what a review compares. Values are numbered: a value has a name that
// says how it came about ("parameter 0", "what is stored 8 bytes behind parameter 0"), so two names of one value are equal, and one name of
// two values is not.
#pragma once

#include "tool/support/evidence.h"
#include <cstdint>
#include <string>
#include <vector>

namespace krcu {

/// Something that happens to an object, or a wait.
struct TraceEvent {
  enum Kind {
    Queue,    ///< a call of a deferral with a callback; `value` is the head
    Deferred, ///< kfree_rcu() or its kin; `value` is the object
    Free,     ///< a free at once
    Barrier,  ///< waits for callbacks or readers
    Destroy,  ///< takes a slab cache away
  } kind = Free;
  Location where;
  std::string name;       ///< the function or macro
  std::string function;   ///< symbol of the function in whose text it stands: the traced one, or a helper that it calls
  std::string value;      ///< the base of the pointer; the other half is `offset`
  int64_t offset = 0;     ///< bytes behind it
  int64_t head = -1;      ///< Deferred: bytes from the object to its head; -1: unknown, or none
  std::string callback;   ///< Queue: symbol of the function, or how the value came about
  std::string text;       ///< the object, or the head, as written
  std::vector<std::string> caches; ///< Free, Destroy: places
  Location called;        ///< the call in the traced function that leads to the helper; not valid in its own text
  std::string held;       ///< the lock or section around it in which nothing may sleep; empty: none
  friend bool operator==(const TraceEvent &, const TraceEvent &) = default;
};

/// A test that a path has passed.
struct TraceCondition {
  std::string test;     ///< name of the value
  bool taken = true;    ///< it was not zero
  bool calls = false;   ///< the value depends on what a call returned
  Location where;
  std::string text;     ///< as written
};

/// All ways through the function that do the same in the same order.
struct TracePath {
  std::vector<unsigned> events;                    ///< indices into FunctionTrace::events, in order
  std::vector<std::vector<TraceCondition>> ways;   ///< the tests of each way, by name; what does not matter is left out
};

/// An object is used behind the call that frees it, or that queues it.
struct TraceUse {
  unsigned event = 0;   ///< that call
  std::string key;      ///< what is used, by value
  std::string text;     ///< "reads node->weight", "passes node to put()"
  Location where;
  bool reading = false; ///< inside a read-side section
};

/// A call or a store that is no event.
struct TraceEffect {
  std::string key;     ///< by value
  std::string text;    ///< as written
  Location where;
  bool unlink = false; ///< takes something out of a structure that readers walk, or publishes another pointer
  std::vector<std::string> values; ///< bases that it is given
};

/// What stands before an event.
struct TraceOrder {
  std::vector<unsigned> always; ///< indices into FunctionTrace::effects: on every path
  std::vector<unsigned> maybe;  ///< on some path
};

struct FunctionTrace {
  std::string function; ///< symbol
  Location where;
  bool complete = true; ///< false: `why`; then the paths are not all there
  std::string why;
  std::vector<TraceEvent> events;
  std::vector<TraceOrder> orders; ///< of each event
  std::vector<TracePath> paths;
  std::vector<TraceUse> uses;
  std::vector<TraceEffect> effects;
  std::vector<std::string> inlined; ///< symbols of the helpers that were walked through
  std::vector<std::string> asked;   ///< names of helpers whose body was not seen
};

} // namespace krcu
