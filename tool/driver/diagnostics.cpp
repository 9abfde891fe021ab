// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/driver/diagnostics.h"
#include <cctype>
#include <map>

namespace krcu {
namespace {

std::map<std::string, int> countWords(const std::string &Text) {
  std::map<std::string, int> Count;
  for (size_t I = 0; I < Text.size();) {
    size_t Begin = I;
    while (I < Text.size() && (std::isalnum(static_cast<unsigned char>(Text[I])) || Text[I] == '_'))
      ++I;
    if (I > Begin)
      ++Count[Text.substr(Begin, I - Begin)];
    else
      ++I;
  }
  return Count;
}

/// Diagnostics as a multiset that does not care for line numbers, which the edit moves.
std::multiset<std::string> fingerprint(const ParseOutcome &O) {
  std::multiset<std::string> Result;
  for (const ParseDiagnostic &D : O.diagnostics)
    Result.insert(D.file + ": " + D.text);
  return Result;
}

} // namespace

std::set<std::string> rarerWords(const std::string &Old, const std::string &New) {
  std::map<std::string, int> Now = countWords(New);
  std::set<std::string> Result;
  for (const auto &[Word, N] : countWords(Old))
    if (Now[Word] < N)
      Result.insert(Word);
  return Result;
}

std::set<std::string> quotedWords(const std::string &Text) {
  std::set<std::string> Result;
  size_t Open = Text.find('\'');
  while (Open != std::string::npos) {
    size_t Close = Text.find('\'', Open + 1);
    if (Close == std::string::npos)
      break;
    Result.insert(Text.substr(Open + 1, Close - Open - 1));
    Open = Text.find('\'', Close + 1);
  }
  return Result;
}

std::optional<ParseDiagnostic> firstNewDiagnostic(const ParseOutcome &Before, const ParseOutcome &After) {
  std::multiset<std::string> Had = fingerprint(Before);
  for (const ParseDiagnostic &D : After.diagnostics) {
    auto It = Had.find(D.file + ": " + D.text);
    if (It == Had.end())
      return D;
    Had.erase(It);
  }
  return std::nullopt;
}

} // namespace krcu
