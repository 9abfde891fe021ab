// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Dates as people and git write them.
#include "tool/series/series.h"

#include <ctime>

namespace krcu::series {

std::optional<int64_t> parseDate(llvm::StringRef Text) {
  int64_t Seconds = 0;
  llvm::StringRef Digits = Text;
  Digits.consume_front("@");
  if (!Digits.getAsInteger(10, Seconds) && Seconds >= 0 && Seconds < INT64_C(253402300800))
    return Seconds;
  std::tm Parts{};
  for (const char *Format : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%a, %d %b %Y %H:%M:%S", "%d %b %Y %H:%M:%S"}) {
    Parts = {};
    std::string Copy = Text.str();
    const char *End = strptime(Copy.c_str(), Format, &Parts);
    if (End && (*End == '\0' || llvm::StringRef(End) == "Z"))
      return timegm(&Parts);
  }
  return std::nullopt;
}

std::optional<ZonedDate> parseZonedDate(llvm::StringRef Text) {
  Text = Text.trim();
  for (llvm::StringRef Utc : {" GMT", " UTC"})
    if (Text.consume_back(Utc))
      break;
  ZonedDate Out;
  bool Clock = Text.contains(':'); // else a zone only says how to print the seconds
  size_t Sign = Text.find_last_of("+-");
  if (Sign != llvm::StringRef::npos && Sign > 0) {
    std::string Zone = Text.substr(Sign + 1).str();
    if (Zone.size() == 5 && Zone[2] == ':')
      Zone.erase(2, 1);
    llvm::StringRef Before = Text.take_front(Sign);
    unsigned Offset = 0;
    if (Zone.size() == 4 && !llvm::StringRef(Zone).getAsInteger(10, Offset) && Offset % 100 < 60 && Offset <= 1400 && (Before.ends_with(" ") || Before.contains(':'))) {
      Out.minutes = static_cast<int>(Offset / 100 * 60 + Offset % 100) * (Text[Sign] == '-' ? -1 : 1);
      Text = Before.rtrim();
    }
  }
  auto Seconds = parseDate(Text);
  if (!Seconds)
    return std::nullopt;
  Out.seconds = *Seconds - (Clock ? Out.minutes * 60 : 0);
  return Out;
}

} // namespace krcu::series
