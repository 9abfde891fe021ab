// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the raw lexer sees in one file: it knows both sides of every #if, every architecture, and no macros.
// Top-level functions with the identifiers in their bodies, macro definitions, includes, the stack of #if
// around a line.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace krcu {

/// A function definition, as text.
struct OutlineFunction {
  std::string name;
  unsigned line = 0;       ///< line of the name
  uint32_t name_begin = 0; ///< byte offset of the name
  uint32_t decl_begin = 0; ///< byte offset of the declaration's first token (storage class, attributes, type)
  uint32_t body_begin = 0; ///< byte offset of '{'
  uint32_t body_end = 0;   ///< byte offset just behind '}'
  bool is_static = false;  ///< 'static' stands in the declaration
  std::vector<std::string> identifiers; ///< in the body (and parameter list), sorted, unique
};

struct OutlineMacro {
  std::string name;
  unsigned line = 0;
  std::vector<std::string> identifiers; ///< in the replacement list, sorted, unique
  uint32_t name_begin = 0; ///< byte offsets, of the name
  uint32_t begin = 0;      ///< and of the replacement list; both 0 if that is empty
  uint32_t end = 0;
  bool takes_arguments = false; ///< a '(' touches the name
};

/// One identifier token outside comments and strings.
struct OutlineToken {
  uint32_t offset = 0;
  unsigned line = 0;
  unsigned column = 0;
  bool after_member_access = false; ///< '.' or '->' stands before it
  bool before_paren = false;        ///< '(' follows
  bool in_directive = false;        ///< inside a preprocessor directive (a macro body, say)
  int function = -1;                ///< index into functions, -1 at top level
};

struct Outline {
  std::vector<OutlineFunction> functions; ///< in file order; the same name may stand twice under #if
  std::vector<OutlineMacro> macros;
  std::vector<std::pair<unsigned, std::string>> includes; ///< line, name as written without quotes or <>
  std::vector<std::string> top_level_identifiers; ///< outside function bodies and macros, sorted, unique

  const OutlineFunction *function(llvm::StringRef Name) const; ///< first of that name, or null
  std::vector<const OutlineFunction *> functionsNamed(llvm::StringRef Name) const; ///< all of that name, in file order

  std::vector<uint32_t> by_name; ///< indices of `functions`, sorted by name, then by place
};

/// Functions made by a macro (SYSCALL_DEFINE3(name, ...) { ... }) carry the macro's name.
/// Never fails: of a broken file (unterminated comment, zeros, invalid UTF-8) it returns what there is.
Outline outlineOf(llvm::StringRef Text);
class LexedText;
Outline outlineOf(const LexedText &L);

/// Every token spelled `Word` outside comments and strings, in file order.
std::vector<OutlineToken> findTokens(llvm::StringRef Text, llvm::StringRef Word);

/// The conditions around `Line`, outermost first, as written and negated for #else: "defined(CONFIG_A)", "!(X
/// > 3)". All of them hold together; after #elif the negations of the earlier branches stand before the
/// branch's own. An include guard is left out.
std::vector<std::string> conditionsAround(llvm::StringRef Text, unsigned Line);

} // namespace krcu
