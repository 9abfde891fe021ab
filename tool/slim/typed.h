// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Of which record a name is a member, where the text alone says it: "p->rcu" and "kfree_rcu(p, rcu)" in a function that declares "struct foo *p"
// and no other p, and container_of(head, struct foo, rcu). It saves a parse, and it answers for lines that no configuration at hand compiles
// and for files that need a header which only a build makes.
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
  /// `Frees`: macros that take a pointer and the name of a member of what it points to (kfree_rcu and its kin).
  TypedText(const LexedText &Text, const std::set<std::string> &Members, const std::set<std::string> &Frees);

  /// Tags of the records that the token (an index) may be a member of; one without a name: it is no member. Empty: the text does not say it.
  std::set<std::string> recordsOf(size_t Token);

private:
  struct Function {
    size_t begin = 0, end = 0; ///< tokens, its declaration included
  };
  /// What a function declares a name with.
  struct Variable {
    std::set<std::string> tags;                   ///< of its types; empty: not known
    std::vector<std::pair<size_t, size_t>> blocks; ///< tokens from each declaration to the end of its block
  };
  const Function *functionAt(size_t Token) const;
  const Variable &variable(const Function &F, llvm::StringRef Name);
  std::set<std::string> recordsOfMember(size_t Token) const;
  std::set<std::string> recordsOfVariable(size_t Token);

  const std::vector<LexToken> &T;
  const std::set<std::string> &Members, &Frees;
  std::vector<Function> Functions;
  std::map<std::pair<size_t, std::string>, Variable> Known;
  std::set<std::string> Macros; ///< that the text defines
};

} // namespace krcu::slim
