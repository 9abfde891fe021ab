// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An answer to each mail, as plain text: the hunks that it talks about are quoted, the remark stands below them. Nothing is sent.
#pragma once

#include "tool/review/verdict.h"
#include "llvm/Support/Error.h"
#include <set>

namespace krcu::review {

/// The verdicts that a list such as "broken,wait" names; all of an empty one. Fails on a word that is none.
llvm::Expected<std::set<PatchVerdict>> verdictsOf(const std::string &List);
/// The text of the answer to patch `Number` (from 0), headers and body. It speaks for all trees of the report.
std::string replyTo(const ReviewReport &R, size_t Number);
/// Writes one file per patch into a new (or empty) directory, of patches that have one of the verdicts in some tree; returns the names. Fails
/// before anything is written if the directory holds something.
llvm::Expected<std::vector<std::string>> writeReplies(const ReviewReport &R, const std::string &Directory, const std::set<PatchVerdict> &To);

} // namespace krcu::review
