// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tables of functions that a loop calls, as rows that run one after the other.
#include "tool/unload/timeline.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <algorithm>

using llvm::StringRef;

namespace krcu {

/// The functions of the table whose element is called, in their order; none if it is no table, or a very long one.
std::vector<const TextFunction *> UnloadTimeline::rowsOf(const FlowCall &C) const {
  constexpr size_t MaxRows = 256;
  std::string Name = C.object.empty() ? C.name : firstName(C.object);
  std::vector<const TextFunction *> Rows;
  if (!C.order || (!C.object.empty() && StringRef(C.object).contains("->")))
    return Rows;
  for (const TextVariable *V : M.variables(Name))
    for (const TextVariable::Entry &E : V->entries)
      if (C.object.empty() ? E.field.empty() : E.field == C.name)
        if (const TextFunction *Own = M.own(E.word, V->file))
          Rows.push_back(Own);
  if (Rows.size() > MaxRows)
    Rows.clear();
  if (C.order < 0)
    std::reverse(Rows.begin(), Rows.end());
  return Rows;
}

/// A loop that calls every function of a table, or a member of each of its elements: one after the other.
UnloadTimeline::State UnloadTimeline::table(const FlowCall &C, State In, unsigned Depth, bool &Known) {
  std::vector<const TextFunction *> Rows = rowsOf(C);
  Known = !Rows.empty();
  State Out = In;
  for (const TextFunction *Row : Rows)
    Out = through(*Row, {}, Out, Depth + 1);
  return Out;
}

/// for (i = 0; i < n; i++) call_row(i); where that function calls the element of a table, and else only macros: the call, in the order of the loop.
std::optional<FlowCall> UnloadTimeline::tableLoop(const TextFunction &F, const Flow &G, unsigned Head) const {
  const FlowNode &Node = G.nodes[Head];
  if (Node.then_end != Head + 2 || G.nodes[Head + 1].kind != FlowNode::Call)
    return std::nullopt;
  const FlowCall &C = G.nodes[Head + 1].call;
  const TextFunction *Own = C.pointer || C.turn.empty() ? nullptr : M.own(C.name, F.file);
  if (!Own)
    return std::nullopt;
  const Flow &Inner = M.tree().flow(*Own);
  std::optional<FlowCall> Result;
  for (const FlowNode &Each : Inner.nodes) {
    if (Each.kind != FlowNode::Call || llvm::none_of(Each.call.name, [](char X) { return llvm::isLower(X); }))
      continue;
    // call_row(table + i), where that calls row->exit()
    StringRef Row = Each.call.object, Counter = StringRef(C.turn).split('=').first.rsplit(' ').second;
    Counter = Counter.empty() ? StringRef(C.turn).split('=').first : Counter;
    auto Passed = Row.consume_back("->") ? llvm::find(Inner.parameters, Row) : Inner.parameters.end();
    if (auto N = static_cast<size_t>(Passed - Inner.parameters.begin()); Passed != Inner.parameters.end() && N < C.arguments.size() && !Counter.empty()) {
      StringRef Element = C.arguments[N];
      bool Counts = Element.consume_front("&") ? Element.consume_back(("[" + Counter + "]").str()) : Element.consume_back(("+" + Counter).str());
      if (Result || !Counts)
        return std::nullopt;
      Result = Each.call;
      Result->object = Element.str() + ".";
      Result->order = orderOf(C.turn);
      continue;
    }
    auto At = llvm::find(Inner.parameters, Each.call.index);
    auto N = static_cast<size_t>(At - Inner.parameters.begin());
    bool Counts = At != Inner.parameters.end() && N < C.arguments.size() && StringRef(C.turn).split('=').first.rsplit(' ').second == C.arguments[N];
    Counts = Counts || (At != Inner.parameters.end() && N < C.arguments.size() && StringRef(C.turn).split('=').first == C.arguments[N]);
    if (Result || !Each.call.pointer || Each.call.order || !Counts)
      return std::nullopt;
    Result = Each.call;
    Result->order = orderOf(C.turn);
  }
  return Result && !rowsOf(*Result).empty() ? Result : std::nullopt;
}

/// if (table[i].exit) table[i].exit(): the rows without it do nothing.
bool UnloadTimeline::testsItsRow(const Flow &G, const FlowNode &Fork, unsigned First) const {
  for (unsigned N = First; N < Fork.then_end && N < G.nodes.size(); ++N)
    if (const FlowCall &C = G.nodes[N].call; G.nodes[N].kind == FlowNode::Call && C.order && Fork.condition == C.object + C.name)
      return !rowsOf(C).empty();
  return false;
}

} // namespace krcu
