// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tool/series/trailers.h"

#include "tool/support/error.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <map>

namespace krcu::series {
namespace {

/// The order that maintainer-tip.rst asks for, which is a good one elsewhere, too.
const llvm::StringRef Order[] = {"Fixes",           "Reported-by", "Closes",      "Suggested-by", "Co-developed-by", "Signed-off-by",
                                 "Tested-by",       "Reviewed-by", "Acked-by",    "Cc",           "Link"};

size_t rankOf(llvm::StringRef Line) {
  llvm::StringRef Key = Line.split(':').first;
  const auto *It = llvm::find_if(Order, [&](llvm::StringRef O) { return Key.equals_insensitive(O); });
  // A Co-developed-by stands directly before its Signed-off-by, so the two keep the order that they came in.
  size_t Rank = static_cast<size_t>(It - std::begin(Order));
  return Rank == 4 ? 5 : Rank;
}

} // namespace

bool isTrailer(llvm::StringRef Line) {
  auto [Key, Value] = Line.split(": ");
  return !Key.empty() && Key.size() != Line.size() && !Value.trim().empty() && llvm::isAlpha(Key.front()) && llvm::all_of(Key, [](char C) { return llvm::isAlnum(C) || C == '-'; });
}

std::vector<std::string> takeTrailers(std::string &Body) {
  llvm::StringRef Text = llvm::StringRef(Body).rtrim();
  size_t At = Text.rfind("\n\n");
  llvm::StringRef Last = At == llvm::StringRef::npos ? "" : Text.substr(At + 2);
  llvm::SmallVector<llvm::StringRef, 8> Lines;
  Last.split(Lines, '\n', -1, false);
  if (Lines.empty() || !llvm::all_of(Lines, isTrailer))
    return {};
  std::vector<std::string> Out;
  for (llvm::StringRef L : Lines)
    Out.push_back(L.trim().str());
  Body = Text.take_front(At).rtrim().str() + "\n";
  return Out;
}

std::string withTrailers(const std::string &Body, std::vector<std::string> Trailers) {
  std::multimap<size_t, std::string> Sorted; // equal keys stay in their order
  for (std::string &T : Trailers)
    Sorted.emplace(rankOf(T), std::move(T));
  std::string Out = Body;
  std::vector<std::string> Seen;
  for (const auto &[Rank, T] : Sorted) {
    if (llvm::is_contained(Seen, T))
      continue;
    Out += (Seen.empty() ? "\n" : "") + T + "\n";
    Seen.push_back(T);
  }
  return Out;
}

llvm::Error checkTrailer(const std::string &Line) {
  if (isTrailer(Line) && llvm::all_of(Line, [](unsigned char C) { return C >= 0x20 && C != 0x7F; }))
    return llvm::Error::success();
  return fail("--trailer '" + llvm::StringRef(Line).split('\n').first.str() + "' is no trailer; write it as 'Suggested-by: Name <name@example.org>'");
}

} // namespace krcu::series
