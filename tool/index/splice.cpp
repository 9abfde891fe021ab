// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See splice.h. A search for backslashes, which are rare, and a look at what follows each.
#include "tool/index/splice.h"

#include "llvm/ADT/STLExtras.h"

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

namespace {

bool mayStandInRow(char C) { return C == '\\' || C == ' ' || (C >= '\t' && C <= '\r'); }

/// A long row has two bytes a splice or more, and nothing in them but backslashes, newlines and blanks. So it covers one
/// of the samples taken here, and most texts need not be searched.
bool mayHoldLongRow(llvm::StringRef Text) {
  constexpr size_t Sample = 64, Step = 2 * MaxSpliceRow - Sample;
  for (size_t At = 0; At + Sample <= Text.size(); At += Step)
    if (llvm::all_of(Text.substr(At, Sample), mayStandInRow))
      return true;
  return false;
}

} // namespace

size_t findLongSpliceRow(llvm::StringRef Text, size_t From) {
  if (!mayHoldLongRow(Text.drop_front(From)))
    return llvm::StringRef::npos;
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
