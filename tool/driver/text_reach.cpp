// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/text_reach.h"
#include <deque>
#include <map>

namespace krcu {
namespace {

constexpr size_t MaxFunctions = 15000;

struct Step {
  std::string symbol;
  int parent = -1;
  unsigned depth = 0;
};

} // namespace

TextWay TextReach::find(const std::vector<std::string> &Starts, const std::function<bool(const std::string &)> &Wanted, unsigned Depth,
                        const std::set<std::string> &Skip, const std::function<bool(const std::string &)> &CountsIn) const {
  std::vector<Step> Steps;
  std::set<std::string> Seen;
  for (const std::string &S : Starts)
    if (Seen.insert(S).second)
      Steps.push_back({S, -1, 0});
  for (size_t At = 0; At < Steps.size() && Steps.size() < MaxFunctions; ++At) {
    Step Here = Steps[At];
    std::string Name = plainName(Here.symbol), Home = homeOf(Here.symbol);
    for (const FunctionPlace &P : DB.definitionsOf(Name)) {
      const std::string &File = DB.index().files()[P.file].path;
      if (!Home.empty() && File != Home)
        continue;
      auto O = DB.outline(P.file);
      const OutlineFunction *F = O ? O->function(Name) : nullptr;
      if (!F)
        continue;
      for (const std::string &Id : F->identifiers)
        if (Wanted(Id) && !Skip.count(Name) && (!CountsIn || CountsIn(File))) {
          TextWay W{true, {}, Id, File, F->line};
          for (int S = static_cast<int>(At); S >= 0; S = Steps[static_cast<size_t>(S)].parent)
            W.chain.insert(W.chain.begin(), plainName(Steps[static_cast<size_t>(S)].symbol));
          return W;
        }
      if (Here.depth >= Depth)
        continue;
      for (const std::string &Id : F->identifiers) {
        if (Id == Name || Stop.count(Id))
          continue;
        const OutlineFunction *Local = O->function(Id);
        std::string Symbol = Local && Local->is_static ? Id + "@" + File : Id;
        if (!Local) {
          const std::vector<FunctionPlace> &Places = DB.definitionsOf(Id);
          if (Places.empty() || Places.size() > 4)
            continue;
        }
        if (Seen.insert(Symbol).second)
          Steps.push_back({Symbol, static_cast<int>(At), Here.depth + 1});
      }
    }
  }
  return {};
}

} // namespace krcu
