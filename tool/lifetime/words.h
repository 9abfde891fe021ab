// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Identifiers in a text, without a lexer. Private to the room.
#pragma once

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

namespace krcu {

inline bool isWord(char C) { return llvm::isAlnum(C) || C == '_'; }

/// The identifier or number that ends the text; blanks behind it do not count.
inline llvm::StringRef lastWord(llvm::StringRef Text) {
  Text = Text.rtrim();
  size_t Begin = Text.size();
  while (Begin && isWord(Text[Begin - 1]))
    --Begin;
  return Text.substr(Begin);
}

/// Whether the word stands in the text, with no part of an identifier on either side.
inline bool hasWord(llvm::StringRef Text, llvm::StringRef Word) {
  for (size_t At = Text.find(Word); At != llvm::StringRef::npos; At = Text.find(Word, At + 1))
    if ((At == 0 || !isWord(Text[At - 1])) && (At + Word.size() == Text.size() || !isWord(Text[At + Word.size()])))
      return true;
  return false;
}

/// Whether a place is the variable in which EXPORT_SYMBOL() notes an address, for the linker alone: whoever imports the symbol names it.
inline bool isExportNote(llvm::StringRef Place) {
  return Place.starts_with("V:__ksymtab_") || Place.starts_with("V:__UNIQUE_ID___addressable_");
}

} // namespace krcu
