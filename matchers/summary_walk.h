// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The walk behind summarise(): summary_walk.cpp goes along the paths, summary_calls.cpp says what a call means. Private to the room.
//
// Why it is right: the CFG is built with every subexpression as an element in evaluation order, so each side effect is met
// exactly once on each path, at the point where it happens; the value of an expression that spans
// blocks (a ternary, a statement expression) is remembered when its own element is met, on that path. A block met
// twice on a path is a loop, and a loop is never free-only. Paths are bounded; beyond the bound the function is opaque.
// What the walk does not understand becomes an effect, never nothing.
#pragma once

#include "matchers/free_macros.h"
#include "matchers/freed.h"
#include "matchers/values.h"
#include "clang/Analysis/CFG.h"
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace krcu {

struct SummaryOutcome {
  PathSummary path;
  Value result;
};

struct SummaryState {
  ValueStore values;
  PathSummary path;
  std::set<const clang::CFGBlock *> seen;
  std::vector<AbstractValue> assumed_set; ///< pointers that are not NULL on this path
  std::set<clang::SourceLocation> checks; ///< expansions of check macros already noted
  std::set<clang::FileID> frees;          ///< and of macros that are frees
  Value result;
};

class SummaryWalk {
public:
  SummaryWalk(const Names &N, std::set<std::string> &Missing) : records(N), N(N), Missing(Missing) {}

  /// All outcomes of F called with Arguments; empty and Why set if F is opaque.
  std::vector<SummaryOutcome> walk(const clang::FunctionDecl *F, const std::vector<Value> &Arguments, unsigned Depth, std::string &Why);

  /// What the frees were given, "struct foo"; empty if not a record, or not always the same.
  std::string freedRecord() const { return Freed.value_or(""); }
  /// The first error of the parse in a function that was walked through.
  const std::string &error() const { return Error; }
  /// Where the text stands that was walked through.
  std::vector<BodyPlace> bodies;
  FreedRecords records;

private:
  struct Frame {
    const clang::FunctionDecl *function;
    const clang::CFG *cfg;
    unsigned depth;
    std::vector<SummaryOutcome> outcomes;
    std::string why; ///< set: opaque
  };

  const clang::CFG *cfgOf(const clang::FunctionDecl *Definition);
  BodyPlace placeOf(const clang::FunctionDecl *Definition) const;
  void block(Frame &F, const clang::CFGBlock *B, size_t Element, SummaryState S);
  void leave(Frame &F, const clang::CFGBlock *B, SummaryState S);
  void finish(Frame &F, SummaryState S, bool Ends);
  bool element(Frame &F, const clang::CFGBlock *B, size_t Index, const clang::Stmt *S, SummaryState &St);
  bool change(const clang::Stmt *S, SummaryState &St);
  bool call(Frame &F, const clang::CFGBlock *B, size_t Index, const clang::CallExpr *C, SummaryState &St);
  bool inlineCall(Frame &F, const clang::CFGBlock *B, size_t Index, const clang::CallExpr *C, const std::vector<Value> &Arguments, SummaryState &St);
  bool knownCall(const clang::CallExpr *C, const clang::FunctionDecl *Callee, const std::vector<Value> &Arguments, SummaryState &St);
  std::string cacheInCaller(const std::string &Cache, const clang::FunctionDecl *Callee, const clang::CallExpr *C, const SummaryState &S) const;
  void assign(const clang::BinaryOperator *B, SummaryState &S);
  void step(const clang::UnaryOperator *U, SummaryState &S);
  void noteRecord(const clang::Expr *Object);
  void noteStubs(const clang::FunctionDecl *Definition, std::vector<SummaryOutcome> &Outcomes);
  void declare(const clang::DeclStmt *D, SummaryState &S);
  bool insideCheck(const clang::Stmt *S, SummaryState &St);
  bool insideFree(const clang::FunctionDecl *F, const clang::Stmt *S, SummaryState &St);
  void noteFree(const FreeRule &Rule, const clang::Stmt *At, const clang::Expr *Object, const clang::Expr *Cache, SummaryState &St);
  const FreeMacros &macrosOf(const clang::FunctionDecl *Definition);
  void keepValue(const clang::Stmt *S, SummaryState &St, bool OfFree = false);
  void effect(SummaryState &S, Effect::Kind Kind, const clang::Stmt *At, std::string Name, std::string Text);

  const Names &N;
  std::set<std::string> &Missing;
  std::optional<std::string> Freed;
  std::string Error;
  std::map<const clang::FunctionDecl *, std::unique_ptr<clang::CFG>> Graphs;
  std::map<const clang::FunctionDecl *, std::unique_ptr<FreeMacros>> Macros;
  std::set<const clang::FunctionDecl *> Active;
  unsigned Paths = 0;
};

} // namespace krcu
