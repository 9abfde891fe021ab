// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One function before and after a patch, path by path: what is freed, how, under which conditions, in which order, and what is used behind it.
#pragma once

#include "matchers/facts.h"
#include "tool/review/verdict.h"
#include "tool/rules/rules.h"
#include <functional>
#include <optional>
#include <set>
#include <string>

namespace krcu {

/// What a callback does with its head: bytes from the head to the object that it frees. Nothing: it does something else, or is not known.
using FreedBy = std::function<std::optional<int64_t>(const TraceEvent &)>;
/// The object (or head) of an event, as written.
using NamedBy = std::function<std::string(const TraceEvent &)>;

inline std::string at(const Location &L) { return L.file + ":" + std::to_string(L.line); }

struct PathQuestion {
  const FunctionTrace *before = nullptr, *after = nullptr; ///< null: the function is only on one side
  FreedBy old_callback, new_callback;
  NamedBy old_name, new_name;
  const Rules *rules = nullptr;
  std::set<std::string> atomic; ///< symbols of functions that run where nothing may sleep, with why
};

struct PathAnswer {
  std::vector<review::Finding> findings;
  /// Events that free the same object on the same paths: places before and after.
  std::vector<std::pair<Location, Location>> same;
  bool compared = false; ///< the paths of both sides were complete
};

PathAnswer comparePaths(const PathQuestion &Q);

} // namespace krcu
