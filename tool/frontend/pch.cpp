// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/frontend/pch.h"
#include "llvm/ADT/StringRef.h"
#include <algorithm>
#include <map>

namespace krcu {

std::string pchFamily(const std::string &File) {
  llvm::StringRef F = File;
  return F.starts_with("net/") || F.starts_with("drivers/net/") ? "net" : "core";
}

std::vector<std::string> choosePchHeaders(const Index &I, OutlineCache &Outlines, const std::vector<std::string> &Files) {
  std::map<std::string, unsigned> Count;
  for (const std::string &F : Files)
    if (auto O = Outlines.get(F))
      for (const auto &[Line, Name] : O->includes)
        if (llvm::StringRef(Name).starts_with("linux/") || llvm::StringRef(Name).starts_with("net/"))
          ++Count[Name];
  std::vector<std::string> Result;
  for (const auto &[Name, N] : Count) {
    // Measured: below one file in twenty-five the collisions cost more than the headers save. Never those that define macros per
    // including file.
    if (N * 25 < Files.size() || N < 3 || llvm::StringRef(Name).contains("trace") || I.find("include/" + Name) < 0)
      continue;
    Result.push_back(Name);
  }
  return Result;
}

} // namespace krcu
