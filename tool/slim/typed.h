// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Of which record a name is a member, where the text alone says it: "p->rcu" in a function that declares "struct foo *p" and no other p, and
// container_of(head, struct foo, rcu). It saves a parse, and it answers for lines that no configuration at hand compiles.
#pragma once

#include "tool/index/lex.h"
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace krcu::slim {

class TypedText {
public:
  /// `Text` must outlive it. `Members`: macros that take a type and the name of a member of it, in this order (container_of and its kin).
  TypedText(const LexedText &Text, const std::set<std::string> &Members);

  /// Tags of the records that the token (an index) may be a member of; one without a name: it is no member. Empty: the text does not say it.
  std::set<std::string> recordsOf(size_t Token);

private:
  struct Function {
    size_t begin = 0, end = 0; ///< tokens, its declaration included
  };
  const Function *functionAt(size_t Token) const;
  /// Tags of the types that the function declares the name with; empty: not known.
  const std::set<std::string> &typesOf(const Function &F, llvm::StringRef Name);

  const std::vector<LexToken> &T;
  const std::set<std::string> &Members;
  std::vector<Function> Functions;
  std::map<std::pair<size_t, std::string>, std::set<std::string>> Known;
  std::set<std::string> Macros; ///< that the text defines
};

} // namespace krcu::slim
