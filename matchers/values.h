// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Abstract values and the evaluation of side-effect-free expressions over them.
#pragma once

#include "matchers/facts.h"
#include "matchers/names.h"
#include "clang/AST/Expr.h"
#include <map>
#include <optional>
#include <set>

namespace krcu {

/// Pointer: parameter + offset bytes. Test: true exactly when that pointer is NULL (or not NULL). Constant. Unknown.
class Value {
public:
  static Value unknown() { return {}; }
  static Value parameter(unsigned Index, bool Pointer);
  static Value constant(int64_t C);

  bool isPointer() const { return K == Pointer; }
  bool isConstant() const { return K == Const; }
  int64_t number() const { return Offset; }
  unsigned parameterIndex() const { return Param; }
  Value plus(int64_t Bytes) const;
  Value negated() const;             ///< logical not
  Value isNull(bool Null) const;     ///< the test "this pointer is (not) NULL"
  std::optional<bool> truth() const; ///< of a constant
  /// The pointer that must be NULL for the condition to have the value `Taken`.
  std::optional<AbstractValue> nullWhen(bool Taken) const;
  AbstractValue abstract() const;
  friend bool operator==(const Value &, const Value &) = default;

private:
  enum Kind { Unknown, Pointer, Test, Const, Scalar } K = Unknown;
  unsigned Param = 0;
  int64_t Offset = 0;
  bool NullIsTrue = false; ///< Test
};

/// Values of local variables and of expressions already passed, on one path.
class ValueStore {
public:
  void setVariable(const clang::VarDecl *V, Value Val) { Variables[V] = Val; }
  /// As setVariable(), for an assignment: what a parameter got from the caller is gone.
  void assign(const clang::VarDecl *V, Value Val) { Variables[V] = Val, Assigned.insert(V); }
  bool assigned(const clang::VarDecl *V) const { return Assigned.count(V) != 0; }
  Value variable(const clang::VarDecl *V) const;
  void remember(const clang::Expr *E, Value V) { Known[E] = V; }
  const Value *remembered(const clang::Expr *E) const;
  void decide(const clang::Stmt *Terminator, bool Taken) { Decisions[Terminator] = Taken; }
  std::optional<bool> decision(const clang::Stmt *Terminator) const;

private:
  std::map<const clang::VarDecl *, Value> Variables;
  std::set<const clang::VarDecl *> Assigned;
  std::map<const clang::Expr *, Value> Known;
  std::map<const clang::Stmt *, bool> Decisions;
};

Value evaluate(const Names &N, const ValueStore &S, const clang::Expr *E);
/// Of a ternary or a statement expression whose parts have been walked on this path.
Value evaluateAfterPath(const Names &N, const ValueStore &S, const clang::Expr *E);
/// A constant of every configuration, or unknown.
Value evaluateConstant(const Names &N, const clang::Expr *E);
/// The place a cache argument is loaded from; a field of the object itself counts as that field.
std::string cachePlace(const Names &N, const ValueStore &S, const clang::Expr *E);

} // namespace krcu
