// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The stack of #if around every line of a text: conditionsAround() for a text that is asked about many lines. Made in one walk.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace krcu {

class ConditionTable {
public:
  /// Equal lists of conditions have equal numbers; 0 is the empty list.
  using Id = uint32_t;

  explicit ConditionTable(llvm::StringRef Text);
  Id at(unsigned Line) const;
  /// As conditionsAround().
  const std::vector<std::string> &conditions(Id List) const { return Lists[List]; }

private:
  std::vector<std::pair<unsigned, Id>> From; ///< line from which the list holds, increasing
  std::vector<std::vector<std::string>> Lists;
};

} // namespace krcu
