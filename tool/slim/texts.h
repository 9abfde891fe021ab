// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the text of a file says of heads, on both sides of every #if: where members are declared with such a type, and every place where a
// name stands that could be such a member. A place that no parse explains later speaks against the member, so nothing is left out here but
// what cannot be a member in any configuration.
#pragma once

#include "tool/index/lex.h"
#include "tool/support/evidence.h"
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace krcu::slim {

/// "struct rcu_head member;" in a record.
struct HeadDecl {
  Location where;                            ///< of the member's name
  uint32_t type_begin = 0, type_end = 0;     ///< bytes of the tag
  uint32_t name_begin = 0;                   ///< byte of the member's name
  std::string type, member;
  std::string record;                        ///< tag of the innermost record around it that has one
  std::set<std::string> around;              ///< tags of all records around it
  std::string why;                           ///< what the text has against it; empty: nothing
};

/// In the order of the text. `Heads`: tags of the types.
std::vector<HeadDecl> headsIn(const std::string &File, const LexedText &Text, const std::set<std::string> &Heads);

/// The names of members that are the last argument of one of `Frees` (kfree_rcu and its kin).
std::set<std::string> freedMembersIn(const LexedText &Text, const std::set<std::string> &Frees);

/// A place where a name stands.
struct Mention {
  enum Kind {
    Freed, ///< it is the last argument of a free of the text: whatever record it is of, that is the use which is wanted
    Macro, ///< in the body of a macro
    Other
  } kind = Other;
  uint32_t offset = 0;
  unsigned line = 0;
  std::string macro; ///< that it stands in
  std::string argument_of; ///< what has the name alone as an argument: "f" of f(rcu). If that is no macro, it is a variable
  std::set<std::string> records; ///< tags of the records that it may be a member of, where the text says it; empty: it does not
};

/// Macros and functions whose arguments say what a name is.
struct CallWords {
  std::set<std::string> frees;       ///< as TypedText has them
  std::set<std::string> members;     ///< as TypedText has them
  std::set<std::string> annotations; ///< the first argument is no member, nor is what such a macro stands for
};

/// By name, in the order of the text.
std::map<std::string, std::vector<Mention>> mentionsIn(const LexedText &Text, const std::set<std::string> &Names, const CallWords &Words);

/// Lines with a cast to a pointer to one of `Heads`.
std::vector<unsigned> castsIn(const LexedText &Text, const std::set<std::string> &Heads);

/// The line of the first of `Assertions` whose parentheses hold the word; 0: none.
unsigned assertedIn(const LexedText &Text, const std::set<std::string> &Assertions, const std::string &Word);

/// Tags of the records that have a member of the type `struct Tag` (no pointer to it), and the line of the first variable of that type that
/// is initialised by position.
struct Embedding {
  std::set<std::string> records;
  unsigned positional = 0;
  unsigned in_union = 0; ///< line of a member of that type in a union
  unsigned unnamed = 0;  ///< line of a member of that type without a name: what it has can be named as the outer record's own
};
Embedding embeddingsIn(const LexedText &Text, const std::string &Tag);

/// The text with the member's type replaced; the name and a comment behind it keep their columns where tabs or blanks allow it.
/// `Decls`: in the order of the text.
std::string withHead(llvm::StringRef Text, const std::vector<const HeadDecl *> &Decls, const std::string &NewTag);

} // namespace krcu::slim
