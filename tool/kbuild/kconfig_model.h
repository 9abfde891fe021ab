// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the Kconfig files say, before anything is evaluated: symbols, their entries, expressions. Private to
// the room.
#pragma once

#include "tool/kbuild/kconfig.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Allocator.h"
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace krcu::kconfig {

/// The three values in their order: n < m < y, so that && is min and || is max.
enum Tri : unsigned char { No = 0, Mod = 1, Yes = 2 };

struct ConfigSymbol;
struct Choice;
struct File;

struct Expr {
  enum Kind : unsigned char {
    Symbol,
    Constant,
    Not,
    And,
    Or,
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual
  };
  Kind kind = Constant;
  const Expr *left = nullptr;
  const Expr *right = nullptr;
  const ConfigSymbol *symbol = nullptr; ///< Symbol
  llvm::StringRef text;                 ///< Constant
  Tri tri = No;                         ///< Constant: what the text stands for
};

/// One `config` block. A symbol has one per definition, each with its own dependencies. Null: no condition.
struct Entry {
  const Expr *depends = nullptr; ///< own `depends on` and the enclosing if, menu and choice
  const Expr *visible = nullptr; ///< `visible if` of the enclosing menus
};

struct Prompt {
  const Expr *condition;
  const Entry *entry;
};

struct Default {
  const Expr *value;
  const Expr *condition;
  const Entry *entry;
};

/// `by` selects or implies the symbol that holds this.
struct Reverse {
  const ConfigSymbol *by;
  const Expr *condition;
  const Entry *entry;
};

struct Range {
  const Expr *low;
  const Expr *high;
  const Expr *condition;
  const Entry *entry;
};

struct ConfigSymbol {
  llvm::StringRef name;
  unsigned id = 0; ///< its place in Model::symbols
  SymbolType type = SymbolType::Unknown;
  llvm::StringRef file;
  unsigned line = 0;
  std::vector<const Entry *> entries;
  std::vector<Prompt> prompts;
  std::vector<Default> defaults;
  std::vector<Reverse> selects;
  std::vector<Reverse> implies;
  std::vector<Range> ranges;
  const Choice *choice = nullptr; ///< the choice it is a member of
};

struct Choice {
  unsigned id = 0; ///< its place in Model::choices
  Entry entry;
  const Expr *prompt_condition = nullptr;
  std::vector<Default> defaults; ///< value: the member
  std::vector<const ConfigSymbol *> members;
};

/// A list of complaints: the first few hundred are kept, a broken tree must not fill the memory with them.
void addWarning(std::vector<std::string> &To, std::string Text);

/// Owns everything; the deques keep addresses stable. Once parsed it does not change: configurations share it.
struct Model {
  Model();
  Model(const Model &) = delete;
  Model &operator=(const Model &) = delete;

  llvm::StringMap<ConfigSymbol *> by_name;
  std::deque<ConfigSymbol> symbols;
  std::deque<Expr> expressions;
  std::deque<Entry> entries;
  std::deque<Choice> choices;
  const ConfigSymbol *modules = nullptr; ///< the symbol that allows the value m
  std::vector<std::string> warnings;
  std::vector<std::shared_ptr<const File>> files; ///< names and places of symbols stand in them
  llvm::BumpPtrAllocator texts;

  /// The symbol of that name, made on first mention.
  ConfigSymbol *symbol(llvm::StringRef Name);
  const Expr *constant(llvm::StringRef Text);
  const Expr *binary(Expr::Kind Kind, const Expr *Left, const Expr *Right);
  /// `Left && Right`, where null means "no condition".
  const Expr *both(const Expr *Left, const Expr *Right);
  void warn(std::string Text) { addWarning(warnings, std::move(Text)); }
};

/// Parses a whole expression. On garbage: a null pointer and *Problem set.
const Expr *parseExpression(Model &M, llvm::StringRef Text, std::string *Problem);

/// Takes a quoted string ("..." or '...', with backslash escapes) from the front of `Text`, if there is one.
bool takeQuoted(llvm::StringRef &Text, std::string &Result);

} // namespace krcu::kconfig
