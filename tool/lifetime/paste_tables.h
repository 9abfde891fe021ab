// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the search for pasted names (pasting.h) reads of texts, once: macros that join words, and who uses a macro. Private to the room.
#pragma once

#include "tool/lifetime/database.h"
#include "tool/lifetime/macro_text.h"
#include "llvm/ADT/BitVector.h"
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace krcu {

/// A use of a macro: in the code of a text, or in the definition of another macro.
struct MacroUse {
  std::string file;
  std::string function;   ///< that the place stands in; empty: none
  MacroArguments arguments;
  bool alone = false;     ///< without parentheses, as an argument of something
  MacroText within;       ///< the macro whose definition the place stands in; its name is empty if there is none
};

/// What macros without parentheses stand for, by name; Anything where that is no word, or not the same everywhere.
using ObjectMacros = llvm::StringMap<std::string>;

/// Files, and the uses in them that were asked for.
struct TextGroup {
  std::vector<uint32_t> ids;      ///< of those that the index has, in increasing order
  std::vector<std::string> links; ///< the others
  llvm::BitVector asked;          ///< by number of a name
  std::map<unsigned, std::vector<MacroUse>> uses; ///< by number of a name, if there are some
};

/// A use within the definition of a macro for everybody, which makes some words and not others.
struct SomeWords {
  const MacroUse *use = nullptr;
  MakerTrace as_it_stands, may_be_any;
  std::optional<MakerTrace> meant; ///< read when a word needs it
};

/// What is read once: a word has nothing to do with most macros for everybody.
struct WideMacros {
  MacroTable any;                                 ///< can make every word
  std::vector<const MacroText *> joiners;         ///< can make some by themselves
  std::vector<SomeWords> some;                    ///< use one of those
  llvm::StringMap<std::vector<SomeWords *>> waiting; ///< by a word that was no known macro: those of `some` that it stands in
};

/// The sources of a module, or one of them, and what they include from around them.
struct ModuleTexts : TextGroup {
  std::map<std::string, std::vector<std::string>> sources; ///< by file: those that are compiled with it
  std::vector<const MacroText *> joiners;
  ObjectMacros objects;
};

/// What is read off a file, once, however many sources include it.
struct FilePart {
  bool readable = false;
  std::vector<std::string> includes; ///< names without directories
  std::vector<MacroText> joiners;
  ObjectMacros objects;
};

/// What is read once, whatever word is looked for.
class PasteTables {
public:
  explicit PasteTables(const Database &DB);

  ModuleTexts &of(const std::set<std::string> &Sources);
  /// Of headers that every file may include.
  TextGroup &wide() { return Wide; }
  const std::vector<MacroText> &joiners() const { return Joiners; } ///< of headers that every file may include
  /// Where the search keeps what it has found out about every word; nothing before the first.
  std::optional<WideMacros> &wideMacros() { return Macros; }
  const std::vector<MacroUse> &uses(TextGroup &In, const std::string &Macro);
  /// What a macro without parentheses stands for, of headers that every file may include. Only one in capitals is looked for: words in small
  /// letters stand in thousands of them, and no macro there is a part of a name that a module knows.
  const std::string &wideObject(const std::string &Name);
  /// Whether a file has its own definitions of a macro.
  bool owns(const std::string &File, const std::string &Name);

private:
  std::vector<std::string> compiledWith(const std::string &Source);
  const FilePart &part(const std::string &File);

  const Database &DB;
  TextGroup Wide;
  std::vector<MacroText> Joiners;
  std::optional<WideMacros> Macros;
  llvm::StringMap<unsigned> Numbers; ///< of macros that were asked for
  ObjectMacros WideObjects;
  llvm::StringMap<llvm::StringSet<>> OwnMacros; ///< by file
  std::map<std::string, std::map<std::string, std::vector<std::string>>> Around; ///< headers in a directory's surroundings, by the last part of their names
  std::map<std::string, FilePart> Parts; ///< by file; never move
  std::map<std::set<std::string>, ModuleTexts> Modules;
};

} // namespace krcu
