// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The census: every textual use of a deferral primitive in the tree. Nothing is lost silently: each entry
// must end in exactly one class of the report.
#pragma once

#include "tool/index/index.h"
#include "tool/support/evidence.h"

namespace krcu {

enum class CensusKind {
  Call,        ///< name '(' ... inside a function body
  MacroBody,   ///< inside a #define
  Definition,  ///< the primitive's own definition
  Declaration, ///< a prototype
  Reference,   ///< the name without '(': its address is taken, EXPORT_SYMBOL(name), ...
};

struct CensusEntry {
  Location where;
  uint32_t offset = 0; ///< byte offset of the name in the file
  std::string deferral;
  CensusKind kind = CensusKind::Call;
  std::string function; ///< enclosing function, as text; empty at top level
  std::string
      callback; ///< text of the callback argument, white space folded; empty if it could not be split off
  std::vector<std::string> conditions; ///< #if stack, see conditionsAround()
  /// A macro that hands its callback on to the primitive, or is but another name for it: of a Call the one by which it is spelled here, of a
  /// MacroBody that macro itself. Its uses have entries of their own. Empty: there is none.
  std::string alias;
  unsigned alias_callback = 0; ///< of a MacroBody: the argument of that macro that is the callback
  bool alias_more = false;      ///< of a MacroBody: the macro does something besides that call
  bool alias_varies = false;   ///< of a Call: the macro has another definition that does not do so, or does it otherwise

  /// The word that stands at `where`.
  const std::string &word() const { return kind == CensusKind::Call && !alias.empty() ? alias : deferral; }
};

/// Whether the callback argument is a difference of addresses and no function: so kfree_rcu() hands the offset of the head to RCU, inside
/// (include/linux/rcutiny.h, "(rcu_callback_t) ((void *) head - ptr)").
bool passesOffset(const CensusEntry &E);

/// In order of file and line. `Jobs` threads. \p Others: entries of other files than those of I.deferralFiles(), which are all that is
/// looked at then; null: the whole tree is.
std::vector<CensusEntry> takeCensus(const Index &I, const Rules &R, unsigned Jobs, const std::vector<CensusEntry> *Others = nullptr);

} // namespace krcu
