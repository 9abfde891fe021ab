// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/condition_table.h"

#include "tool/index/conditions.h"
#include <algorithm>
#include <map>

namespace krcu {
namespace {

/// Conditions of all lists together. A text that has more was made to have them: each further place then has a condition of its own, which
/// is like no other, so nothing is ever taken to be compiled together with it.
constexpr size_t MaxConditions = 1'000'000;

} // namespace

ConditionTable::ConditionTable(llvm::StringRef Text) {
  std::map<std::vector<std::string>, Id> Known{{{}, 0}};
  Lists.emplace_back();
  if (!Text.contains('#'))
    return;
  LexedText L(Text);
  ConditionCursor Cursor(L);
  size_t Held = 0;
  for (const LexDirective &D : L.directives()) {
    if (!D.keyword.starts_with("if") && !D.keyword.starts_with("el") && D.keyword != "endif")
      continue;
    std::vector<std::string> Now = Cursor.at(D.line + 1); // of the lines below
    if (Held > MaxConditions && !Now.empty())
      Now = {"one of more conditions than are told apart, line " + std::to_string(D.line)};
    auto [It, New] = Known.try_emplace(std::move(Now), static_cast<Id>(Lists.size()));
    if (New) {
      Lists.push_back(It->first);
      Held += It->first.size();
    }
    if (!From.empty() && From.back().first == D.line + 1)
      From.back().second = It->second;
    else
      From.emplace_back(D.line + 1, It->second);
  }
}

ConditionTable::Id ConditionTable::at(unsigned Line) const {
  auto Behind = std::upper_bound(From.begin(), From.end(), Line, [](unsigned L, const auto &Each) { return L < Each.first; });
  return Behind == From.begin() ? 0 : std::prev(Behind)->second;
}

} // namespace krcu
