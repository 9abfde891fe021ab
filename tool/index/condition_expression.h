// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The condition of an #if, taken apart into what it depends on: CONFIG symbols, the kernel's version, and anything else as text. So all that
// can be chosen by somebody can be listed, and what each choice means be computed. A term and its opposite ("A < 2" and "A >= 2") are one.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <map>
#include <set>
#include <string>
#include <vector>

namespace krcu {

/// What somebody's configuration says of terms.
struct ConditionValues {
  std::map<std::string, char> symbols; ///< without CONFIG_; 'y', 'm' or 'n'
  std::map<std::string, bool> others;
  unsigned version = 0; ///< LINUX_VERSION_CODE
};

class ConditionExpression {
public:
  explicit ConditionExpression(llvm::StringRef Text);

  std::set<std::string> symbols;  ///< CONFIG symbols, without CONFIG_
  std::set<std::string> modular;  ///< those of which it asks whether they are a module
  std::set<unsigned> versions;    ///< that it compares LINUX_VERSION_CODE with
  std::set<std::string> others;   ///< every other term

  /// What the values do not name is no.
  bool holds(const ConditionValues &V) const;

private:
  struct Node {
    enum Kind { Constant, BuiltIn, Module, Enabled, AtLeast, Above, Exactly, Other, Not, And, Or } kind = Constant;
    std::string name;  ///< BuiltIn, Module, Enabled: the symbol; Other: the term
    unsigned number = 0; ///< Constant; a version
    size_t left = 0, right = 0;
  };
  class Parser;
  bool holds(size_t At, const ConditionValues &V) const;

  std::vector<Node> Nodes;
  size_t Root = 0;
};

} // namespace krcu
