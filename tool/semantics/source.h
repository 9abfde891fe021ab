// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One C file of the tree as the semantics probe sees it: raw tokens, so that both sides of every #if are there, cut
// into definitions (functions and macros), each with the conditions under which the preprocessor lets it through.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <compare>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace krcu::semantics {

/// A token, or the mark of a preprocessor branch inside a function body.
struct Tok {
  enum class Kind : uint8_t { Identifier, Number, String, Punct, IfBegin, IfElse, IfEnd };
  Kind kind = Kind::Punct;
  llvm::StringRef text; ///< points into SourceFile::text; empty for marks
  unsigned line = 0;
  bool is_else = false; ///< mark IfElse: a plain #else, so the branches are exhaustive

  bool is(llvm::StringRef Text) const { return text == Text && isToken(); }
  bool isIdentifier() const { return kind == Kind::Identifier; }
  bool isToken() const { return kind < Kind::IfBegin; }
};

/// One term of a conjunction: "CONFIG_X" is set (positive) or not. Anything more complicated keeps its text.
struct CondLiteral {
  std::string text;
  bool positive = true;
  friend auto operator<=>(const CondLiteral &, const CondLiteral &) = default;
};
/// Conjunction; empty: always.
using Condition = std::set<CondLiteral>;

struct SourceFile;

/// A function body or a macro.
struct Definition {
  std::string name;
  const SourceFile *file = nullptr;
  unsigned line = 0;
  bool is_macro = false;
  bool object_like = false; ///< a macro without parameters
  bool is_static = false;
  bool regular = true; ///< false: #if cuts through the braces; nothing may be concluded from the body
  std::vector<std::string> params;         ///< names
  std::vector<std::vector<Tok>> param_tokens; ///< whole declarations
  std::vector<Tok> body;                   ///< between the braces; a macro's replacement list
  Condition condition;                     ///< the #if lines round it, without the header guard
};

struct Include {
  std::string path; ///< as written between the quotes or angles
  Condition condition;
};

struct Export {
  std::string macro;
  std::string symbol;
  unsigned line = 0;
};

struct SourceFile {
  std::string path; ///< relative to the tree
  std::string text;
  std::vector<Definition> definitions;
  std::vector<Include> includes;
  std::vector<Export> exports;

  bool isHeader() const { return llvm::StringRef(path).ends_with(".h"); }
};

/// Never fails: what cannot be understood is left out or marked irregular.
std::unique_ptr<SourceFile> lexSource(std::string Path, std::string Text);

} // namespace krcu::semantics
