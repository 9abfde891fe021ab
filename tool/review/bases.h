// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which commit a patch was made from. A "base-commit:" line names it; the index lines of a git diff name the blobs that it changes, and a commit
// that has all of them is as good. Repositories are only read.
#pragma once

#include "tool/review/mail.h"
#include <optional>

namespace krcu::review {

struct FoundBase {
  std::string commit; ///< 40 hex digits
  std::string how;    ///< "its base-commit line", "the blobs of its index lines"
};

/// How far back the history is searched for blobs, in commits.
constexpr unsigned MaxCommitsLookedAt = 100000;

/// A base for each of `Patches`, in their order; nothing where the history has none. As few different commits as the blobs allow, because each costs
/// a tree. \p From: the newest commit that is looked at; empty: HEAD. Fails if `Repository` is none.
llvm::Expected<std::vector<std::optional<FoundBase>>> findBases(const std::string &Repository, const std::string &From, const std::vector<const ReviewPatch *> &Patches);

} // namespace krcu::review
