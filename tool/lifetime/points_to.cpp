// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// It ends because tokens are only ever added and there are finitely many: one per creation and one per place named in a flow.
#include "tool/lifetime/points_to.h"

namespace krcu {

PointsTo::PointsTo(std::vector<const FlowFact *> F) : Flows(std::move(F)) {
  for (bool Changed = true; Changed;) {
    Changed = false;
    for (const FlowFact *Flow : Flows) {
      std::set<std::string> From = tokens(Flow->from);
      if (From.empty())
        continue;
      for (const std::string &To : targets(Flow->to)) {
        std::set<std::string> &Set = Places[To];
        size_t Before = Set.size();
        Set.insert(From.begin(), From.end());
        Changed = Changed || Set.size() != Before;
      }
    }
  }
}

std::set<std::string> PointsTo::tokens(const std::string &Value) const {
  if (Value.empty() || Value == "0")
    return {};
  if (Value == "?" || Value[0] == '&' || Value.compare(0, 2, "N:") == 0)
    return {Value};
  if (Value[0] != '*') {
    auto It = Places.find(Value);
    return It == Places.end() ? std::set<std::string>() : It->second;
  }
  std::set<std::string> Result;
  for (const std::string &T : tokens(Value.substr(1))) {
    if (T[0] == '&') {
      std::set<std::string> Inner = tokens(T.substr(1));
      Result.insert(Inner.begin(), Inner.end());
    } else if (T == "?") {
      Result.insert("?");
    }
  }
  return Result;
}

std::set<std::string> PointsTo::targets(const std::string &To) const {
  if (To.empty() || To[0] != '*')
    return {To};
  std::set<std::string> Result;
  for (const std::string &T : tokens(To.substr(1)))
    Result.insert(T[0] == '&' ? T.substr(1) : std::string("?"));
  return Result;
}

std::vector<const FlowFact *> PointsTo::into(const std::string &Place) const {
  std::vector<const FlowFact *> Result;
  for (const FlowFact *F : Flows)
    if (targets(F->to).count(Place))
      Result.push_back(F);
  return Result;
}

} // namespace krcu
