// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/frontend/pch.h"
#include "tool/index/lex.h"
#include "tool/index/outline_cache.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <map>

namespace krcu {

std::string pchFamily(const std::string &File) {
  llvm::StringRef F = File;
  return F.starts_with("net/") || F.starts_with("drivers/net/") ? "net" : "core";
}

namespace {

/// A header that may be included several times, with other macros around it each time, means nothing by itself.
bool hasGuard(const Index &I, const std::string &Path) {
  int Id = I.find(Path);
  auto Text = Id < 0 ? nullptr : I.text(static_cast<uint32_t>(Id));
  if (!Text)
    return false;
  LexedText Lexed(*Text);
  const auto &D = Lexed.directives();
  if (D.empty())
    return false;
  if (D[0].keyword == "pragma")
    return foldedText(Lexed.tokensOf(D[0])) == "once";
  llvm::ArrayRef<LexToken> Tested = Lexed.tokensOf(D[0]);
  for (size_t N = 1; N < D.size() && N < 3; ++N) // a comment of #error may stand between
    if (D[0].keyword == "ifndef" && D[N].keyword == "define" && !Tested.empty() && !Lexed.tokensOf(D[N]).empty() &&
        Lexed.tokensOf(D[N])[0].text == Tested[0].text)
      return true;
  return false;
}

} // namespace

std::vector<std::string> choosePchHeaders(const Index &I, const std::vector<std::string> &Files) {
  std::map<std::string, unsigned> Count;
  for (const std::string &F : Files)
    if (auto O = I.outlines().get(F))
      for (const auto &[Line, Name] : O->includes)
        if (llvm::StringRef(Name).starts_with("linux/") || llvm::StringRef(Name).starts_with("net/"))
          ++Count[Name];
  std::vector<std::string> Result;
  for (const auto &[Name, N] : Count) {
    // Measured: headers that two files in a hundred include still pay. Never those that define macros per including file.
    if (N * 50 < Files.size() || N < 2 || llvm::StringRef(Name).contains("trace") || !hasGuard(I, "include/" + Name))
      continue;
    Result.push_back(Name);
  }
  return Result;
}

} // namespace krcu
