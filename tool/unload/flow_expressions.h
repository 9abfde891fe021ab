// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the parameters, declarations and expressions of a function say: names, values, calls in their order. Private to the room.
#pragma once

#include "tool/unload/flow.h"
#include "tool/unload/flow_tokens.h"

namespace krcu {

class FlowExpressions : protected FlowTokens {
protected:
  using Ends = std::vector<unsigned>; ///< nodes from which control goes on to what comes next

  FlowExpressions(llvm::StringRef Text, const OutlineFunction &F) : FlowTokens(Text, F) {}

  /// A new node behind all of `Open`, which it is alone from now on.
  unsigned add(FlowNode::Kind Kind, Ends &Open, unsigned At);
  void link(const Ends &From, unsigned To);
  static void join(Ends &To, const Ends &More) { To.insert(To.end(), More.begin(), More.end()); }

  /// The parameter list in front of the token at `BodyAt`: names and what they point to.
  void head(size_t BodyAt);
  /// What a statement declares, if it is a declaration: "struct foo *x = y, z;"; else what it assigns.
  void declaration(size_t I, size_t End);
  /// The calls of an expression in the order in which they are made. Behind && and || and ? they need not be made.
  void expression(size_t Begin, size_t End, Ends &Open);

  Flow Made;
  std::string Enabled;                    ///< the IS_ENABLED() around
  std::vector<std::string> Turns;         ///< heads of the loops around
  unsigned TableCalls = 0;                ///< calls of elements of a table, in loops
  std::map<std::string, unsigned> Stores; ///< local -> how often it is set

private:
  void assignment(size_t Begin, size_t End);
  bool calls(size_t I, size_t Begin) const;
  bool pointerInParentheses(size_t Close, size_t Begin) const;
  FlowCall calleeBefore(size_t I, size_t Begin);
  std::vector<std::string> argumentsIn(size_t Open, size_t Close) const;
  void call(size_t I, size_t Close, size_t Begin, const std::string &Assigned, Ends &Open);
  void storedBy(const FlowCall &C);
};

} // namespace krcu
