// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Patches that make heads of records smaller: their texts. The change and the facts come from outside.
#pragma once

#include "tool/series/message.h"

namespace krcu::series {

/// One member that becomes smaller.
struct SlimText {
  std::string file;                ///< where it is declared
  std::string record, member;      ///< a tag and a name
  std::string type, new_type;      ///< tags
  std::string option;              ///< CONFIG symbol that the smaller size hangs on; empty: none
  std::vector<std::string> frees;  ///< what frees by it: "kfree_rcu()"
  std::vector<std::pair<std::string, std::string>> sizes; ///< lines ("struct foo: 104 -> 96, kmalloc-128 -> kmalloc-96"), and the architecture of each
  bool usual = false;              ///< they are without the debugging options of the configuration
  std::vector<std::string> notes;  ///< for the person: sentences without full stop
  std::vector<std::string> users;  ///< files that use it, those that free by it first
  std::set<std::string> parsed;    ///< files that were parsed with the new type
  std::set<std::string> architectures; ///< for which
};

/// The text of the patch that changes these members' files. Subjects as messageOf().
llvm::Expected<PatchMessage> slimMessageOf(const PatchUnit &P, const std::vector<SlimText> &Slims, const MessageContext &C, std::set<std::string> &Taken);

/// The cover letter of several.
llvm::Expected<PatchMessage> slimCoverOf(const SeriesPlan &S, const std::vector<SlimText> &Slims, const MessageContext &C);

} // namespace krcu::series
