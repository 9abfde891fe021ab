// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See splice.h. A search for backslashes, which are rare, and a look at what follows each.
#include "tool/index/splice.h"

namespace krcu {

const char *behindSplice(const char *Backslash, const char *End) {
  const char *P = Backslash + 1;
  while (P < End && (*P == ' ' || *P == '\t' || *P == '\v' || *P == '\f'))
    ++P;
  if (P >= End || (*P != '\n' && *P != '\r'))
    return nullptr;
  bool Pair = P + 1 < End && (P[1] == '\n' || P[1] == '\r') && P[0] != P[1];
  return P + (Pair ? 2 : 1);
}

size_t findLongSpliceRow(llvm::StringRef Text, size_t From) {
  unsigned Row = 0;
  size_t Expected = 0; // where the next splice must begin to belong to the row
  for (size_t At = Text.find('\\', From); At != llvm::StringRef::npos; At = Text.find('\\', At + 1)) {
    const char *Next = behindSplice(Text.begin() + At, Text.end());
    if (!Next)
      continue;
    Row = At == Expected ? Row + 1 : 1;
    Expected = static_cast<size_t>(Next - Text.begin());
    if (Row > MaxSpliceRow)
      return At;
  }
  return llvm::StringRef::npos;
}

void breakLongSpliceRows(std::string &Text) {
  for (size_t At = findLongSpliceRow(Text); At != std::string::npos; At = findLongSpliceRow(Text, At + 1))
    Text[At] = ' ';
}

} // namespace krcu
