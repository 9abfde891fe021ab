// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/index/conditional_text.h"

#include "tool/index/conditions.h"
#include <algorithm>

namespace krcu {
namespace {

/// The directive with its name, as a person would cite it.
std::string spelledOut(const LexedText &L, const LexDirective &D) {
  std::string Rest = foldedText(L.tokensOf(D));
  return "#" + D.keyword.str() + (Rest.empty() ? "" : " ") + Rest;
}

} // namespace

ConditionalText::ConditionalText(llvm::StringRef Text) : L(Text) {
  std::vector<size_t> Open;
  for (uint32_t N = 0; N < L.directives().size(); ++N) {
    const LexDirective &D = L.directives()[N];
    bool Opens = D.keyword == "if" || D.keyword == "ifdef" || D.keyword == "ifndef";
    bool Turns = D.keyword == "else" || D.keyword.starts_with("elif");
    if ((D.keyword == "define" || D.keyword == "undef") && D.first_token < D.end_token)
      Defines[L.tokensOf(D)[0].text].push_back(N);
    if (Opens) {
      const int Outer = Open.empty() ? -1 : static_cast<int>(Open.back());
      Open.push_back(Groups.size());
      Groups.emplace_back();
      Groups.back().outer = Outer;
      Groups.back().begin = D.offset;
      Groups.back().guard = isIncludeGuard(L, N);
    } else if ((Turns || D.keyword == "endif") && Open.empty()) {
      Balanced = false;
      continue;
    }
    if (Opens || Turns)
      Groups[Open.back()].branches.push_back({D.keyword == "else" ? std::string() : conditionOf(L, D).text, spelledOut(L, D), N, D.line});
    if (D.keyword == "endif") {
      Groups[Open.back()].end = D.offset + 1;
      Open.pop_back();
    }
  }
  for (size_t G : Open) {
    Balanced = false;
    Groups[G].end = static_cast<uint32_t>(L.text().size());
  }
}

std::vector<BranchPlace> ConditionalText::around(uint32_t Offset) const {
  std::vector<BranchPlace> Result;
  auto Behind = std::upper_bound(Groups.begin(), Groups.end(), Offset, [](uint32_t O, const ConditionalGroup &G) { return O < G.begin; });
  for (int At = static_cast<int>(Behind - Groups.begin()) - 1; At >= 0; At = Groups[static_cast<size_t>(At)].outer) {
    const ConditionalGroup &G = Groups[static_cast<size_t>(At)];
    if (G.end <= Offset || G.guard)
      continue;
    size_t Branch = 0;
    while (Branch + 1 < G.branches.size() && L.directives()[G.branches[Branch + 1].directive].offset <= Offset)
      ++Branch;
    Result.push_back({static_cast<size_t>(At), Branch});
  }
  std::reverse(Result.begin(), Result.end());
  return Result;
}

std::vector<size_t> ConditionalText::between(uint32_t Begin, uint32_t End) const {
  std::vector<size_t> Result;
  auto It = std::lower_bound(Groups.begin(), Groups.end(), Begin, [](const ConditionalGroup &G, uint32_t O) { return G.begin < O; });
  for (; It != Groups.end() && It->begin < End; ++It)
    Result.push_back(static_cast<size_t>(It - Groups.begin()));
  return Result;
}

llvm::ArrayRef<uint32_t> ConditionalText::definesOf(llvm::StringRef Macro) const {
  auto It = Defines.find(Macro);
  return It == Defines.end() ? llvm::ArrayRef<uint32_t>() : llvm::ArrayRef<uint32_t>(It->second);
}

std::string ConditionalText::turned(const std::map<size_t, int> &Taken) const {
  std::string Text = L.text().str();
  for (const auto &[Group, Branch] : Taken)
    for (size_t N = 0; N < Groups[Group].branches.size(); ++N) {
      const LexDirective &D = L.directives()[Groups[Group].branches[N].directive];
      if (D.keyword == "else")
        continue;
      uint32_t End = D.first_token < D.end_token ? L.tokens()[D.end_token - 1].end : D.offset;
      // "#if X" is as long as "#if 1"; what is behind it, lines that go on included, becomes blank.
      std::string Now = std::string(N == 0 ? "#if " : "#elif ") + (static_cast<int>(N) == Branch ? "1" : "0");
      for (uint32_t At = D.offset; At < End; ++At) {
        if (At - D.offset < Now.size())
          Text[At] = Now[At - D.offset];
        else if (Text[At] != '\n')
          Text[At] = ' ';
      }
    }
  return Text;
}

} // namespace krcu
