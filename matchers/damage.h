// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the errors of a parse have spoiled. Clang goes on behind an error and marks what it could not understand; the rest of the tree is
// as good as without the error. So a function is spoiled if an error stands in its text or in a macro that it expands, or if it uses
// a declaration, a record or an expression that Clang marked. What cannot be placed spoils everything.
#pragma once

#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include <map>
#include <set>
#include <string>
#include <vector>

namespace krcu {

class Names;

/// An error of the parse; `file` is relative to the tree, empty if the error has no place.
struct SourceError {
  std::string file;
  unsigned line = 0;
  std::string text;
};

class Damage {
public:
  Damage(const Names &N, std::vector<SourceError> Errors);

  /// "file:line: text" of the first error that `F`, a definition, rests on; empty if it is sound.
  const std::string &in(const clang::FunctionDecl *F) const;

private:
  friend class DamageVisitor;
  std::string find(const clang::FunctionDecl *F) const;
  std::string inLines(const clang::FunctionDecl *F) const;
  /// What to say of a declaration that Clang marked: the error at its place, else the first of all.
  std::string about(const clang::Decl *D) const;
  const SourceError *at(const std::string &File, unsigned First, unsigned Last) const;

  const Names &N;
  std::vector<SourceError> Errors;
  std::string Everything; ///< set: the error that nothing can be told apart from
  std::string Missing;    ///< headers that were not found, each with "; " before it
  mutable std::map<const clang::FunctionDecl *, std::string> Known;
};

} // namespace krcu
