// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Clang entities -> the names that facts use (see facts.h): symbols, records, places, locations.
#pragma once

#include "matchers/damage.h"
#include "matchers/facts.h"
#include "tool/rules/rules.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/Decl.h"
#include "clang/AST/Expr.h"
#include "clang/Basic/SourceManager.h"
#include <set>
#include <string>
#include <vector>

namespace krcu {

/// What all matchers of one translation unit share.
class Names {
public:
  /// What the errors of the parse have spoiled, if there were any.
  void setDamage(const Damage *D) { Spoiled = D; }
  /// Names that mean something else to another part of the program, which has them to itself: their symbols here are no others'.
  void setForeign(const std::set<std::string> *Names) { Foreign = Names; }
  /// The first error that this definition rests on; empty: none.
  std::string errorIn(const clang::FunctionDecl *F) const { return Spoiled ? Spoiled->in(F) : std::string(); }

  /// `Bodies`: see ExtractOptions::bodies; null: every body counts.
  Names(clang::ASTContext &Context, std::string Root, const Rules &R, const std::set<std::string> *Bodies = nullptr)
      : Context(Context), Root(std::move(Root)), R(R), Bodies(Bodies) {}

  clang::ASTContext &context() const { return Context; }
  const clang::SourceManager &sources() const { return Context.getSourceManager(); }
  const Rules &rules() const { return R; }
  /// The definition of a function whose body was seen, or null.
  const clang::FunctionDecl *seenDefinition(const clang::FunctionDecl *F) const;

  /// Path relative to the tree (absolute if outside).
  std::string fileOf(clang::SourceLocation L) const;
  /// Where a person would look: the spelling if it stands in a file (macro arguments do), else the expansion.
  Location locationOf(clang::SourceLocation L) const;
  std::string symbolOf(const clang::NamedDecl *D) const;
  std::string recordOf(const clang::RecordDecl *D) const;
  std::string fieldPlace(const clang::FieldDecl *D) const;
  /// Place of a variable as seen from `Function` (locals and parameters carry its name).
  std::string variablePlace(const clang::VarDecl *D) const;
  /// Source text of an expression as written, white space folded; empty if it does not stand in one piece in a file.
  std::string textOf(clang::SourceRange Range) const;
  /// Names of the macros that `L` comes from, innermost first.
  std::vector<std::string> macrosOf(clang::SourceLocation L) const;
  std::string outermostMacro(clang::SourceLocation L) const;
  /// The rules' check macro (WARN_ON, ...) that `L` stands in, or empty.
  std::string checkMacro(clang::SourceLocation L) const;

  /// A record that may be the head of a deferred free in some tree.
  bool isHeadRecord(const clang::RecordDecl *D) const;

  /// Pointer to a slab cache, or pointer to such a pointer (depth 1 or 2); 0 if neither. Arrays count as their elements.
  unsigned cachePointerDepth(clang::QualType T) const;

  /// Values that an expression of cache pointer type may have, as places ("V:x", "&V:x", "*F:...", "R:f", "N:file:line", "0", "?").
  std::vector<std::string> valuesOf(const clang::Expr *E) const;
  /// The place an lvalue denotes.
  std::vector<std::string> placesOf(const clang::Expr *E) const;

private:
  clang::ASTContext &Context;
  std::string Root;
  const Rules &R;
  const std::set<std::string> *Bodies;
  const Damage *Spoiled = nullptr;
  const std::set<std::string> *Foreign = nullptr;
};

/// Stands for the file in the symbols of Names::setForeign().
inline const std::string OtherHome = "(elsewhere)";

/// "&" and "*" put before a place, with *& and &* cancelled.
std::string addressOf(const std::string &Place);
std::string pointee(const std::string &Place);

/// The function a call names, or null for an indirect call.
const clang::FunctionDecl *calleeOf(const clang::CallExpr *Call);

/// Parentheses, implicit and explicit casts, __extension__ and _Generic removed.
const clang::Expr *stripped(const clang::Expr *E);

} // namespace krcu
