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
    if (Opens) {
      Open.push_back(Groups.size());
      Groups.emplace_back();
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
  for (size_t G = 0; G < Groups.size() && Groups[G].begin <= Offset; ++G) {
    if (Groups[G].end <= Offset || Groups[G].guard)
      continue;
    size_t Branch = 0;
    while (Branch + 1 < Groups[G].branches.size() && L.directives()[Groups[G].branches[Branch + 1].directive].offset <= Offset)
      ++Branch;
    Result.push_back({G, Branch});
  }
  return Result;
}

std::vector<size_t> ConditionalText::between(uint32_t Begin, uint32_t End) const {
  std::vector<size_t> Result;
  for (size_t G = 0; G < Groups.size(); ++G)
    if (Groups[G].begin >= Begin && Groups[G].begin < End)
      Result.push_back(G);
  return Result;
}

uint32_t ConditionalText::offsetOf(unsigned Line) const {
  size_t At = 0;
  for (; Line > 1 && At != llvm::StringRef::npos; --Line)
    if ((At = L.text().find('\n', At)) != llvm::StringRef::npos)
      ++At;
  return static_cast<uint32_t>(std::min(At, L.text().size()));
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
