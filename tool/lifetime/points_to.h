// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which slab caches a place may hold: an inclusion-based, flow-insensitive solution over the cache pointers alone. Fields
// are one place per record field and arrays one place, so it may say too much, never too little, of the facts it has.
#pragma once

#include "matchers/facts.h"
#include <map>
#include <set>
#include <string>
#include <vector>

namespace krcu {

class PointsTo {
public:
  explicit PointsTo(std::vector<const FlowFact *> Flows);

  /// Tokens a value may be: "N:file:line" (a cache made there), "&place", "?".
  std::set<std::string> tokens(const std::string &Value) const;
  /// Places that receive something through a flow (stores through pointers resolved).
  std::set<std::string> targets(const std::string &To) const;
  /// All places with their tokens.
  const std::map<std::string, std::set<std::string>> &places() const { return Places; }
  /// Flows into `Place`.
  std::vector<const FlowFact *> into(const std::string &Place) const;
  const std::vector<const FlowFact *> &flows() const { return Flows; }

private:
  std::vector<const FlowFact *> Flows;
  std::map<std::string, std::set<std::string>> Places;
};

} // namespace krcu
