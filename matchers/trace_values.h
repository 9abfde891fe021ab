// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbered values, and the state of one path for traces.cpp.
#pragma once

#include "matchers/names.h"
#include "matchers/trace_facts.h"
#include "clang/AST/Expr.h"
#include <map>
#include <set>

namespace krcu {

/// base + offset; a constant has no base.
struct TraceValue {
  std::string base;
  int64_t offset = 0;
  bool calls = false; ///< depends on what a call returned
  bool constant() const { return base.empty(); }
  std::string name() const;
  /// The value of an operation on others; long names become a digest.
  static TraceValue made(std::string Name, bool Calls);
  friend bool operator==(const TraceValue &A, const TraceValue &B) { return A.base == B.base && A.offset == B.offset; }
};

/// What is known on a path.
struct TraceState {
  std::map<std::string, TraceValue> memory; ///< by address
  std::map<const clang::Expr *, TraceValue> known;
  std::map<const clang::Stmt *, bool> decisions;
  std::vector<std::vector<TraceCondition>> ways{{}}; ///< tests that have been passed, by name; one of these lists holds
  std::vector<unsigned> events;
  std::set<unsigned> always, maybe;   ///< effects so far
  std::map<std::string, unsigned> counts; ///< calls of one name with the same arguments
  std::map<std::string, int> held;    ///< locks by what takes them
  int readers = 0;                    ///< read-side sections around
  std::map<std::string, std::vector<unsigned>> freed; ///< base -> events
  TraceValue result;
  bool joined = false;                ///< tests have been left out of `ways`
};

/// Evaluates expressions without side effects on a path; those with side effects must have been met before.
class TraceEvaluator {
public:
  explicit TraceEvaluator(const Names &N) : N(N) {}
  TraceValue valueOf(const TraceState &S, const clang::Expr *E);
  /// The address of what an lvalue denotes.
  TraceValue addressOf(const TraceState &S, const clang::Expr *E);
  TraceValue load(const TraceState &S, const TraceValue &Address) const;
  TraceValue addressOf(const clang::VarDecl *V);
  /// A pointer or number plus so many elements of what `T` points to (bytes, if it is no pointer).
  TraceValue moved(const TraceValue &Base, clang::QualType T, const TraceValue &Count, bool Minus) const;

private:
  TraceValue binary(const TraceState &S, const clang::BinaryOperator *B);
  TraceValue cast(const TraceState &S, const clang::CastExpr *C);
  TraceValue unary(const TraceState &S, const clang::UnaryOperator *U);

  const Names &N;
  std::map<const clang::VarDecl *, std::string> Locals;
  std::map<std::string, unsigned> Named;
  unsigned Depth = 0;
};

/// "not:x" -> x and a change of sign.
void normalise(std::string &Test, bool &Taken);

/// Adds a way to others: a test that came out both ways no longer matters. False: there are too many, and what only some ask is left out.
bool addWay(std::vector<std::vector<TraceCondition>> &Ways, std::vector<TraceCondition> Way);

/// Joins two states that have done the same.
void merge(TraceState &Into, const TraceState &Other);

} // namespace krcu
