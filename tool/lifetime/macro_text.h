// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A #define as far as the making of names goes: what ## joins, and what it calls. Text decides. Private to the room.
#pragma once

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace krcu {

using MacroArguments = std::optional<std::vector<std::string>>; ///< nothing: they are not known

struct MacroCall {
  std::string name;
  MacroArguments arguments; ///< nothing: the name stands there without parentheses, or they do not close
  size_t begin = 0, end = 0; ///< in the macro's text, with the parentheses
  bool operator==(const MacroCall &) const = default;
};

struct MacroText {
  std::string name;
  bool object = false;                 ///< has no parentheses
  bool variadic = false;
  std::vector<std::string> parameters; ///< the variable ones, the last, under the name they have in the text
  std::vector<std::vector<std::string>> chains; ///< words that ## joins, as they stand: {"n", "_cache"} of n##_cache
  std::vector<std::string> patterns;            ///< what each chain makes of arguments that are not known
  std::vector<MacroCall> calls;                 ///< words of its text, in order, those within arguments, too
  std::string text;                             ///< what it stands for, if that is short; empty if it is not
  std::string file = {};                        ///< where it is defined; empty: not told
  bool operator==(const MacroText &) const = default;
  /// Whether both read the same, wherever they stand.
  bool readsAs(const MacroText &O) const {
    return std::tie(name, object, variadic, parameters, chains, calls, text) == std::tie(O.name, O.object, O.variadic, O.parameters, O.chains, O.calls, O.text);
  }
};

/// Reads a whole "#define NAME(...) ...".
MacroText readMacro(llvm::StringRef Directive);

/// The macros of a text that others' definitions are no matter of: what is first said of such a name defines it, and all else stands in the same
/// branch of every #if.
llvm::StringSet<> ownMacros(llvm::StringRef Text);

/// What stands between the commas of (a, b), without blanks around it. `Behind` begins at the parenthesis or at blanks before it.
/// `Length`: of it, with the parentheses and the blanks before them.
MacroArguments argumentsOf(llvm::StringRef Behind, size_t *Length = nullptr);

/// Macros by name; one may have several definitions, which somebody else owns.
class MacroTable {
public:
  explicit MacroTable(const MacroTable *Below = nullptr) : Below(Below) {}
  /// False if it was there.
  bool add(const MacroText &M);
  void remove(const MacroText &M) { llvm::erase(Own[M.name], &M); }
  /// Whether some definition of the name, here or below, is as asked for. `Only`: of those in that file; empty: of all.
  bool any(llvm::StringRef Name, llvm::function_ref<bool(const MacroText &)> Test, llvm::StringRef Only = {}) const;
  std::vector<std::string> names() const;    ///< in order, those below, too
  std::vector<std::string> ownNames() const; ///< in order, those below left out

private:
  const MacroTable *Below;
  llvm::StringMap<std::vector<const MacroText *>> Own;
};

/// What the answer about a use rested on, whatever the word is.
struct MakerTrace {
  std::vector<std::string> patterns; ///< that the word was held against: another word is made if it fits one of them
  std::vector<std::string> unknown;  ///< words that were no macros of the table
};

/// Whether uses of macros can make one word. What is given directly to a ## is pasted as it stands; what goes through another macro may be a macro
/// itself, and is expanded first.
class NameMaker {
public:
  /// `Expand`: what a word becomes if it is a macro without parentheses; itself if it is none; Anything if that cannot be told.
  using Expansion = std::function<std::string(const std::string &)>;
  static constexpr char Anything[] = "?"; ///< text that is not known; it may stand beside known text: "cache_?"
  /// Whether a file has its own definitions of a name (ownMacros()): others do not count where it stands there.
  using Ownership = std::function<bool(const std::string &File, const std::string &Name)>;
  NameMaker(const MacroTable &Known, llvm::StringRef Word, Expansion Expand, Ownership Owns = nullptr)
      : Known(Known), Word(Word), Expand(std::move(Expand)), Owns(std::move(Owns)) {}
  /// A use of the macro with these arguments, in `File` if that is known. False means that it cannot.
  bool makes(const std::string &Macro, const MacroArguments &Arguments, const std::string &File = {});
  /// The same, if every part of the word is spelt. False means nothing.
  bool spells(const std::string &Macro, const MacroArguments &Arguments, const std::string &File = {});
  /// What the answer about the macro, used with arguments that are not known, rests on.
  MakerTrace traced(const std::string &Macro, const std::string &File);
  /// A pattern can be read as the word.
  static bool canBe(llvm::StringRef Pattern, llvm::StringRef Word);
  /// A ## of this definition alone, whatever it is given.
  static bool canJoin(const MacroText &M, llvm::StringRef Word);

private:
  bool anyFitting(const std::string &Macro, const MacroArguments &Given, const std::string &File, llvm::function_ref<bool(const MacroText &, const MacroArguments &)> Test) const;
  bool fitsWord(const std::string &Pattern) const;
  bool expands(const MacroText &M, const MacroArguments &Arguments, unsigned Depth);
  std::string nameMadeBy(const MacroCall &C, const MacroText &M, const MacroArguments &Given, unsigned Depth) const;
  std::string meaning(llvm::StringRef Text, const MacroText &M, const MacroArguments &Given, unsigned Depth) const;

  const MacroTable &Known;
  llvm::StringRef Word;
  Expansion Expand;
  Ownership Owns;
  MakerTrace *Trace = nullptr; ///< to be added to, if there is one
  unsigned Steps = 0;
  bool Spelt = false; ///< what is not known makes nothing
};

} // namespace krcu
