// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The walk over the paths of a function: traces.cpp goes along them and notes what happens, trace_calls.cpp says what a call means. Private to the
// room.
#pragma once

#include "matchers/trace_graph.h"
#include "matchers/trace_values.h"
#include "matchers/traces.h"
#include "llvm/ADT/STLExtras.h"
#include <set>
#include <tuple>

namespace krcu {

inline bool contains(const std::vector<std::string> &List, llvm::StringRef Name) { return llvm::is_contained(List, Name); }

class TraceWalk {
public:
  TraceWalk(const Names &N, FunctionTrace &To) : N(N), Eval(N), To(To) {}

  /// All of the function, as a caller sees it; once.
  void run(const clang::FunctionDecl *F);

private:
  using Key = std::tuple<unsigned, unsigned, uint64_t>; ///< turns, place in the order, which turns
  const TraceGraph *graphOf(const clang::FunctionDecl *F);
  std::vector<TraceState> through(const clang::FunctionDecl *F, TraceState S, unsigned Depth);
  struct Frame {
    const clang::FunctionDecl *function;
    std::string symbol;
    const TraceGraph *graph;
    unsigned depth;
    std::vector<std::string> freed; ///< addresses of the variables whose objects it frees
    std::map<Key, std::vector<TraceState>> open;
    std::vector<TraceState> ends;
  };
  void enter(Frame &F, const Key &K, TraceState S);
  void elements(Frame &F, const clang::CFGBlock *B, size_t From, const Key &K, TraceState S);
  void enterLoop(const TraceGraph &G, const clang::CFGBlock *B, uint64_t Which, TraceState &S);
  void leave(Frame &F, const clang::CFGBlock *B, const Key &K, TraceState S);
  bool element(Frame &F, const clang::CFGBlock *B, size_t Index, const Key &K, const clang::Stmt *Each, TraceState &S);
  bool call(Frame &F, const clang::CFGBlock *B, size_t Index, const Key &K, const clang::CallExpr *C, TraceState &S);
  bool deferred(Frame &F, const clang::CallExpr *C, const clang::FunctionDecl *Callee, TraceState &S);
  bool known(Frame &F, const clang::CallExpr *C, const clang::FunctionDecl *Callee, TraceState &S);
  bool section(const clang::CallExpr *C, const std::string &Name, TraceState &S);
  void plainCall(const clang::CallExpr *C, const clang::FunctionDecl *Callee, TraceState &S);
  void store(const clang::Expr *To, const TraceValue &V, const clang::Stmt *At, TraceState &S);
  void event(TraceEvent E, TraceState &S);
  void effect(const clang::Stmt *At, std::string Key, std::vector<std::string> Values, bool Unlink, TraceState &S, std::string Address = "");
  void use(const TraceValue &V, const clang::Stmt *At, const char *How, TraceState &S);
  bool frees(const clang::FunctionDecl *F, unsigned Depth);
  bool freeingCall(const clang::CallExpr *C, unsigned Depth);
  std::vector<std::string> freedBy(const clang::FunctionDecl *F);
  bool ruleNames(llvm::StringRef Name) const;
  bool isUnlink(const clang::Stmt *At) const;
  std::string textAt(const clang::Stmt *At) const;
  void giveUp(const std::string &Why) {
    if (To.complete)
      To.why = Why;
    To.complete = false;
  }

  const Names &N;
  TraceEvaluator Eval;
  FunctionTrace &To;
  std::vector<TraceOrder> Orders;
  std::map<const clang::FunctionDecl *, TraceGraph> Graphs;
  std::map<const clang::FunctionDecl *, bool> Freeing;
  std::set<const clang::FunctionDecl *> Active;
  std::map<std::pair<std::string, Location>, unsigned> EffectIds;
  std::set<std::pair<unsigned, std::string>> UsesSeen;
  clang::SourceLocation LastSection; ///< where the macro stands that began or ended a section last
  Location Called; ///< the call of the traced function that is walked into; not valid: none
  size_t Steps = 0;
};

} // namespace krcu
