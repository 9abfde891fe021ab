// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which slab caches a place may hold: an inclusion-based, flow-insensitive solution over the cache pointers alone. Fields
// are one place per record field and arrays one place, so it may say too much, never too little, of the facts it has.
#pragma once

#include "matchers/facts.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SparseBitVector.h"
#include "llvm/ADT/StringMap.h"
#include <set>
#include <string>
#include <vector>

namespace krcu {

class PointsTo {
public:
  explicit PointsTo(std::vector<const FlowFact *> Flows);

  /// The flows say more than is followed: then nothing is known of any place.
  bool overflowed() const { return Overflow; }
  /// Tokens a value may be: "N:file:line" (a cache made there), "&place", "?".
  std::set<std::string> tokens(const std::string &Value) const;
  /// The places that hold the token, sorted.
  std::vector<std::string> holding(const std::string &Token) const;
  /// Flows into `Place`, stores through pointers resolved; in the order in which they were given.
  std::vector<const FlowFact *> into(const std::string &Place) const;

private:
  using Id = uint32_t; ///< of a node, or of a token: a token is named by the node of its constant
  struct Node {
    std::string name;
    bool place = false;         ///< something that flows go into, no constant and nothing in between
    llvm::SparseBitVector<> tokens;
    std::vector<Id> copies;     ///< nodes that hold what this one holds
    std::vector<Id> loads;      ///< nodes that hold what the places hold whose addresses this one holds
    std::vector<Id> stores;     ///< nodes whose tokens go to those places
    std::vector<uint32_t> into; ///< flows
  };

  Id node(llvm::StringRef Key, llvm::StringRef Name);
  Id valueNode(llvm::StringRef Value);
  Id placeNode(llvm::StringRef Place);
  Id targetOf(Id Token);
  void addToken(Id To, Id Token);
  void addCopy(Id From, Id To);
  void drain();
  void indexFlows();

  std::vector<const FlowFact *> Flows;
  llvm::StringMap<Id> Ids;
  std::vector<Node> Nodes;
  std::vector<std::vector<Id>> Holders; ///< by token
  std::vector<std::pair<Id, Id>> Work;  ///< node, new token
  llvm::DenseSet<std::pair<Id, Id>> Edges; ///< that are in `copies`
  size_t Steps = 0;
  bool Overflow = false;
};

} // namespace krcu
