// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The AST of one translation unit to what it shows of heads: for each place where one of the asked names stands, which member (or what else)
// it is and what is done with it. Facts only; nothing is decided here.
#pragma once

#include "tool/rules/rules.h"
#include "tool/slim/rows.h"
#include "clang/AST/ASTContext.h"
#include "clang/AST/DeclBase.h"
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace krcu::slim {

/// A token: file and byte. That of the name in a member's declaration stands for the member.
using Place = std::pair<std::string, uint32_t>;

/// The record that a chain of members begins at; of a free the object, for the sizes.
struct FreedObject {
  std::string record;     ///< tag
  uint64_t size = 0;      ///< bytes
  unsigned align = 0;
  bool flexible = false;  ///< an array of any length ends it

  friend bool operator<(const FreedObject &A, const FreedObject &B) { return A.record < B.record; }
};

/// One thing that is done with what a token names.
struct Use {
  Place token;
  Place member;           ///< with an empty file: the token names no member
  bool freed = false;     ///< it is handed to a deferred free, and nothing else
  std::string how;        ///< what is done if it is not freed: "call_rcu() takes its address"
  Location where;         ///< for people
  std::string function;
  bool offset = false;    ///< an offsetof(), not an access
  std::string by;         ///< what frees: "kfree_rcu"
  FreedObject object;     ///< what the access begins at; size 0: not known
};

/// What is done with a whole record, and so with the member although no token names it.
struct WholeUse {
  Place member;
  Location where;
  std::string how;        ///< "memcpy() copies it", "it is initialised by position"
  bool allowed = false;   ///< a copy: right with any head
};

/// A member of a head type whose use was seen.
struct MemberInfo {
  std::string record;     ///< tag of what holds it, empty if it has none
  std::string why;        ///< what its declaration has against it: "it stands in a union"
  bool first = false;     ///< it is at offset 0 of its record
};

struct UnitUses {
  std::vector<Use> uses;
  std::vector<WholeUse> whole;
  std::map<Place, MemberInfo> members;
};

struct UseQuestion {
  std::string root;              ///< of the tree
  const Rules *rules = nullptr;
  const Rows *rows = nullptr;
  std::set<std::string> names;   ///< of members
  std::set<std::string> heads;   ///< tags of the types that these members may have
};

UnitUses usesIn(clang::ASTContext &Context, const std::vector<clang::Decl *> &Decls, const UseQuestion &Q);

} // namespace krcu::slim
