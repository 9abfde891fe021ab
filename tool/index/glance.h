// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A glance at a callback's text before any parse. Most callbacks visibly do more than free: they store, loop, free twice,
// or call something next to the free. What is certain from the tokens need not be parsed; what is not
// certain is. The glance can only say "more than a free", never "only a free", so a mistake of it could lose a
// conversion but never make one. It is enough that one configuration does more: all bodies of a callback must agree. (A test compares it with
// the AST over a whole tree.)
#pragma once

#include "tool/index/outline_cache.h"
#include "tool/rules/rules.h"
#include "tool/support/evidence.h"
#include "llvm/ADT/StringSet.h"
#include <map>
#include <optional>
#include <set>
#include <string>

namespace krcu {

struct GlanceFinding {
  Location where;     ///< the statement
  std::string text;   ///< "stores to x->y", "calls foo() besides freeing"
  Location callback;  ///< the callback's definition
};

/// What the text of the callbacks has settled, by file and offset of the call.
struct GlanceFindings {
  using Map = std::map<std::pair<std::string, uint32_t>, GlanceFinding>;
  Map more_than_free;
  Map another_family; ///< than those asked for
  bool settle(const std::string &File, uint32_t Offset) const {
    return more_than_free.count({File, Offset}) || another_family.count({File, Offset});
  }
};

/// Not thread-safe; make one per thread. `I`, `R` and `Outlines` must outlive it.
class Glancer {
public:
  Glancer(const Index &I, const Rules &R) : I(I), R(R), Outlines(I.outlines()) {
    Effects.insert(R.effect_calls.begin(), R.effect_calls.end());
    Effects.insert(R.replacements.begin(), R.replacements.end());
    for (const DeferralRule &D : R.deferrals)
      Effects.insert(D.name);
  }

  /// `File`: where the callback is named. Nothing if it is not certain that `Callback` does more than free.
  std::optional<GlanceFinding> moreThanFree(const std::string &File, const std::string &Callback);
  /// Nothing unless the callback, with the functions of its own file that it names, spells a free and none of it is of one of `Families`.
  std::optional<GlanceFinding> anotherFamily(const std::string &File, const std::string &Callback, const std::set<std::string> &Families);

private:
  struct Home {
    std::string file;
    std::shared_ptr<const Outline> outline;
    std::vector<const OutlineFunction *> bodies; ///< several under #if
  };
  Home homeOf(const std::string &File, const std::string &Callback) const;
  std::optional<GlanceFinding> look(const std::string &File, const OutlineFunction &F, const Outline &Own, unsigned Depth);
  std::optional<GlanceFinding> lookAtHelper(const std::string &File, const OutlineFunction &Helper, const OutlineFunction &From, const Outline &Own,
                                            unsigned Depth);
  std::optional<std::string> effectOfMacro(const Outline &Own, llvm::StringRef Macro) const;
  std::optional<GlanceFinding> lookElsewhere(const std::string &Name, unsigned Depth);
  bool doesSomething(const std::string &Name);
  bool callsOnlyStubs(llvm::StringRef Text, const OutlineFunction &F, const Outline &Own);
  bool namesFunction(const Outline &Own, llvm::StringRef Macro) const;

  const Index &I;
  const Rules &R;
  const OutlineCache &Outlines;
  llvm::StringSet<> Effects; ///< names of calls that do something, whatever else
  std::map<std::string, bool> Effective;
  std::map<std::pair<std::string, std::string>, std::optional<GlanceFinding>> Known;
};

} // namespace krcu
