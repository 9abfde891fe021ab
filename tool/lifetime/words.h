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

/// Calls `Each` with what every #include of the text names, as written, and whether it stands in quotes. Comments count, too.
template <typename Visitor> void forEachInclude(llvm::StringRef Text, Visitor Each) {
  for (size_t At = Text.find('#'); At != llvm::StringRef::npos; At = Text.find('#', At + 1)) {
    llvm::StringRef Line = Text.substr(At + 1).take_until([](char C) { return C == '\n'; }).ltrim(" \t");
    if (!Line.consume_front("include"))
      continue;
    Line = Line.ltrim(" \t");
    if (const bool Quoted = Line.consume_front("\""); Quoted || Line.consume_front("<"))
      Each(Line.take_until([](char C) { return C == '"' || C == '>'; }), Quoted);
  }
}

/// The whole directive that a byte stands in, continuation lines included.
inline llvm::StringRef directiveAround(llvm::StringRef Text, size_t At) {
  size_t Begin = At, End = At;
  while (Begin && !(Text[Begin - 1] == '\n' && !Text.take_front(Begin - 1).rtrim('\r').ends_with("\\")))
    --Begin;
  while (End < Text.size() && !(Text[End] == '\n' && !Text.take_front(End).rtrim('\r').ends_with("\\")))
    ++End;
  return Text.slice(Begin, End);
}

/// The macro that a directive defines; empty if it is no #define.
inline llvm::StringRef macroDefinedBy(llvm::StringRef Directive) {
  llvm::StringRef Rest = Directive.ltrim();
  if (!Rest.consume_front("#") || !(Rest = Rest.ltrim()).consume_front("define"))
    return {};
  return Rest.ltrim().take_while(isWord);
}

/// Whether a ## of a macro's definition can make the word. A parameter can be anything.
bool canPaste(llvm::StringRef Directive, llvm::StringRef Word);
struct MacroText;
/// The same for one use of the macro; `Behind`: the text behind its name there. True, too, if the arguments are more than words.
bool canPaste(const MacroText &M, llvm::StringRef Behind, llvm::StringRef Word);
bool canPaste(llvm::StringRef Directive, llvm::StringRef Behind, llvm::StringRef Word);

/// Whether a place is the variable in which EXPORT_SYMBOL() notes an address, for the linker alone: whoever imports the symbol names it.
inline bool isExportNote(llvm::StringRef Place) {
  return Place.starts_with("V:__ksymtab_") || Place.starts_with("V:__UNIQUE_ID___addressable_");
}

} // namespace krcu
