// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A glance at a callback's text before any parse. Most callbacks visibly do more than free: they store, loop, free twice,
// or call something next to the free. What is certain from the tokens need not be parsed; what is not
// certain is. The glance can only say "more than a free", never "only a free", so a mistake of it could lose a
// conversion but never make one. (A test compares it with the AST over a whole tree.)
#pragma once

#include "tool/index/outline_cache.h"
#include "tool/rules/rules.h"
#include "tool/support/evidence.h"
#include <map>
#include <optional>
#include <string>

namespace krcu {

struct GlanceFinding {
  Location where;     ///< the statement
  std::string text;   ///< "stores to x->y", "calls foo() besides freeing"
  Location callback;  ///< the callback's definition
};

/// Not thread-safe; make one per thread. `I`, `R` and `Outlines` must outlive it.
class Glancer {
public:
  Glancer(const Index &I, const Rules &R, const OutlineCache &Outlines) : I(I), R(R), Outlines(Outlines) {}

  /// `File`: where the callback is named. Nothing if it is not certain that `Callback` does more than free.
  std::optional<GlanceFinding> moreThanFree(const std::string &File, const std::string &Callback);

private:
  std::optional<GlanceFinding> look(const std::string &File, const OutlineFunction &F, const Outline &Own, unsigned Depth);
  std::optional<GlanceFinding> lookElsewhere(const std::string &Name, unsigned Depth);
  bool doesSomething(const std::string &Name);

  const Index &I;
  const Rules &R;
  const OutlineCache &Outlines;
  std::map<std::string, bool> Effective;
  std::map<std::pair<std::string, std::string>, std::optional<GlanceFinding>> Known;
};

} // namespace krcu
