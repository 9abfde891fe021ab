// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Patches that mend what an audit has found: their texts, and the commit that they may be a fix of. The change and the facts come from the audit.
#pragma once

#include "tool/series/message.h"
#include <git2.h>
#include <optional>

namespace krcu::series {

/// One mend. All of a file make one patch.
struct FixText {
  std::string file;               ///< that it changes
  std::string call;               ///< "rcu_barrier()"
  std::string function;           ///< where the call goes: a plain name
  bool moved = false;             ///< it stood elsewhere in the module
  std::string module;             ///< its name
  std::vector<std::string> wrong; ///< what is wrong and what happens then: sentences
  std::vector<std::string> notes; ///< for the person: sentences without full stop
  std::string queues_file, queues_line; ///< the line that queues, as it stands in the file; empty: a Fixes: would be a guess
};

/// The text of a patch that mends. `Repository` may be null; then there is no Fixes:, and the notes say so. Subjects as messageOf().
llvm::Expected<PatchMessage> fixMessageOf(const PatchUnit &P, const std::vector<FixText> &Fixes, const MessageContext &C, git_repository *Repository, std::set<std::string> &Taken);

/// The cover letter of several.
llvm::Expected<PatchMessage> fixCoverOf(const SeriesPlan &S, const MessageContext &C);

struct Introduction {
  std::string commit, title; ///< 12 hex digits; empty: not found
  std::string why;           ///< why not: a clause
};

/// The commit before which no line of the file was this one, blanks aside. What a shallow history, a rename or a merge hides is not guessed.
Introduction introductionOf(git_repository *Repository, const std::string &File, llvm::StringRef Line);

} // namespace krcu::series
