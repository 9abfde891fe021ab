// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A graph: places are nodes, a flow is an edge along which tokens go, each once. What is loaded or stored through a pointer adds edges when an
// address comes to the pointer. It ends because tokens and edges are only ever added and there are finitely many. There may be as many as the
// square of the flows; who writes such a text gets no answer.
#include "tool/lifetime/points_to.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {
namespace {

/// Tokens and edges that are added at most. The whole of Linux needs some ten thousand.
constexpr size_t MaxSteps = 5'000'000;

/// A value that holds one token, itself, or none.
bool isConstant(StringRef Value) { return Value.empty() || Value == "0" || Value == "?" || Value[0] == '&' || Value.starts_with("N:"); }

} // namespace

PointsTo::Id PointsTo::node(StringRef Key, StringRef Name) {
  auto [It, New] = Ids.try_emplace(Key, static_cast<Id>(Nodes.size()));
  if (New) {
    Nodes.emplace_back();
    Nodes.back().name = Name.str();
  }
  return It->second;
}

/// The node that holds what the value may be.
PointsTo::Id PointsTo::valueNode(StringRef Value) {
  if (isConstant(Value)) {
    Id Constant = node("=" + Value.str(), Value);
    if (!Value.empty() && Value != "0")
      Nodes[Constant].tokens.set(Constant);
    return Constant;
  }
  bool New = !Ids.count(Value);
  Id Result = node(Value, Value);
  if (New && Value[0] == '*') {
    Id Pointer = valueNode(Value.drop_front());
    Nodes[Pointer].loads.push_back(Result);
    for (Id Token : Nodes[Pointer].tokens) // a constant's own
      Work.emplace_back(Pointer, Token);
  }
  return Result;
}

PointsTo::Id PointsTo::placeNode(StringRef Place) {
  Id Result = isConstant(Place) ? node("to " + Place.str(), Place) : node(Place, Place);
  Nodes[Result].place = true;
  return Result;
}

/// The place that is written through a pointer with that token.
PointsTo::Id PointsTo::targetOf(Id Token) {
  const std::string Name = Nodes[Token].name;
  return placeNode(Name[0] == '&' ? StringRef(Name).drop_front() : StringRef("?"));
}

void PointsTo::addToken(Id To, Id Token) {
  if (Nodes[To].tokens.test_and_set(Token)) {
    Overflow = Overflow || ++Steps > MaxSteps;
    Work.emplace_back(To, Token);
  }
}

void PointsTo::addCopy(Id From, Id To) {
  if (!Edges.insert({From, To}).second)
    return;
  Overflow = Overflow || ++Steps > MaxSteps;
  Nodes[From].copies.push_back(To);
  const llvm::SparseBitVector<> Held = Nodes[From].tokens;
  for (Id Token : Held)
    addToken(To, Token);
}

PointsTo::PointsTo(std::vector<const FlowFact *> F) : Flows(std::move(F)) {
  for (const FlowFact *Flow : Flows) {
    if (Flow->from.empty() || Flow->from == "0")
      continue;
    Id From = valueNode(Flow->from);
    if (Flow->to.empty() || Flow->to[0] != '*') {
      addCopy(From, placeNode(Flow->to));
      continue;
    }
    Id Pointer = valueNode(StringRef(Flow->to).drop_front());
    Nodes[Pointer].stores.push_back(From);
    for (Id Token : Nodes[Pointer].tokens)
      Work.emplace_back(Pointer, Token);
  }
  drain();
  indexFlows();
}

void PointsTo::drain() {
  while (!Work.empty() && !Overflow) {
    auto [At, Token] = Work.back();
    Work.pop_back();
    for (size_t N = 0; N < Nodes[At].copies.size() && !Overflow; ++N)
      addToken(Nodes[At].copies[N], Token);
    const bool Address = Nodes[Token].name[0] == '&';
    for (size_t N = 0; N < Nodes[At].loads.size() && !Overflow; ++N) {
      Id To = Nodes[At].loads[N];
      if (Address)
        addCopy(valueNode(Nodes[Token].name.substr(1)), To);
      else if (Nodes[Token].name == "?")
        addToken(To, Token);
    }
    for (size_t N = 0; N < Nodes[At].stores.size() && !Overflow; ++N)
      addCopy(Nodes[At].stores[N], targetOf(Token));
  }
}

void PointsTo::indexFlows() {
  if (Overflow) {
    Nodes.clear(), Ids.clear();
    return;
  }
  for (uint32_t N = 0; N < Flows.size() && !Overflow; ++N) {
    const std::string &To = Flows[N]->to;
    if (To.empty() || To[0] != '*') {
      Nodes[placeNode(To)].into.push_back(N);
      continue;
    }
    std::set<Id> Targets;
    auto Pointer = Ids.find(isConstant(StringRef(To).drop_front()) ? "=" + To.substr(1) : To.substr(1));
    if (Pointer != Ids.end()) {
      const llvm::SparseBitVector<> Held = Nodes[Pointer->second].tokens;
      for (Id Token : Held)
        Targets.insert(targetOf(Token));
    }
    for (Id Target : Targets) {
      Overflow = Overflow || ++Steps > MaxSteps;
      Nodes[Target].into.push_back(N);
    }
  }
  Holders.resize(Nodes.size());
  for (Id N = 0; N < Nodes.size(); ++N)
    if (Nodes[N].place)
      for (Id Token : Nodes[N].tokens)
        Holders[Token].push_back(N);
}

std::set<std::string> PointsTo::tokens(const std::string &Value) const {
  if (Value.empty() || Value == "0")
    return {};
  if (isConstant(Value))
    return {Value};
  std::set<std::string> Result;
  if (auto It = Ids.find(Value); It != Ids.end()) {
    for (Id Token : Nodes[It->second].tokens)
      Result.insert(Nodes[Token].name);
    return Result;
  }
  if (Value[0] != '*')
    return Result;
  for (const std::string &T : tokens(Value.substr(1))) { // no flow asks for it
    if (T[0] == '&')
      Result.merge(tokens(T.substr(1)));
    else if (T == "?")
      Result.insert("?");
  }
  return Result;
}

std::vector<std::string> PointsTo::holding(const std::string &Token) const {
  std::vector<std::string> Result;
  auto It = Ids.find("=" + Token);
  if (It == Ids.end() || It->second >= Holders.size())
    return Result;
  for (Id Each : Holders[It->second])
    Result.push_back(Nodes[Each].name);
  std::sort(Result.begin(), Result.end());
  return Result;
}

std::vector<const FlowFact *> PointsTo::into(const std::string &Place) const {
  std::vector<const FlowFact *> Result;
  auto It = Ids.find(isConstant(Place) ? "to " + Place : Place);
  if (It != Ids.end())
    for (uint32_t N : Nodes[It->second].into)
      Result.push_back(Flows[N]);
  return Result;
}

} // namespace krcu
