// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What stands in a module's sources besides its functions and tables: calls by name, at file scope too, and texts between quotes. Read off the tokens.
#pragma once

#include "tool/index/lex.h"
#include "tool/unload/module_text.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace krcu {

/// A call, or a use of a macro, as it is written.
struct WordCall {
  std::string name, file;
  unsigned line = 0;
  std::string function;               ///< it stands in; empty: at file scope
  std::vector<std::string> arguments; ///< blanks folded
  std::string text() const;           ///< "register_thing(&ops)"
};

class ModuleWords {
public:
  explicit ModuleWords(const ModuleText &M);

  /// In the order of the files and their text.
  std::vector<WordCall> calls(llvm::function_ref<bool(llvm::StringRef)> Wanted) const;
  /// The text that a literal is, or a macro of the module that stands for one.
  std::optional<std::string> literal(llvm::StringRef Expression) const;
  /// What a member of a variable is initialised with, as written; of a table that of the first element that has it. Empty: nothing.
  std::string member(const TextVariable &V, llvm::StringRef Field) const;
  /// The line of a member's value in a variable's initialiser; that of the variable if it cannot be found.
  unsigned lineOf(const TextVariable &V, llvm::StringRef Field, llvm::StringRef Word) const;
  /// The line at which a function names the word; that of the function if none.
  unsigned lineIn(const TextFunction &F, llvm::StringRef Word) const;

private:
  using Tokens = llvm::ArrayRef<LexToken>;
  const LexedText *lexed(const std::string &File) const;
  std::pair<size_t, size_t> initialiserOf(const LexedText &L, llvm::StringRef Name) const;
  std::string functionAt(const std::string &File, uint32_t Offset) const;

  const ModuleText &M;
  std::map<std::string, std::unique_ptr<LexedText>> Files;
  std::map<std::string, std::string, std::less<>> Macros; ///< that stand for a literal
};

} // namespace krcu
