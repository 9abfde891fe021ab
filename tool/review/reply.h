// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An answer to each mail, as plain text: the hunks that it talks about are quoted, the remark stands below them. Nothing is sent.
#pragma once

#include "tool/review/verdict.h"
#include "llvm/Support/Error.h"

namespace krcu::review {

/// The text of the answer, headers and body.
std::string replyTo(const PatchReview &P, const Column &C);
/// Writes one file per patch into a new (or empty) directory; returns the names. Fails before anything is written if the directory holds
/// something.
llvm::Expected<std::vector<std::string>> writeReplies(const Column &C, const std::string &Directory);

} // namespace krcu::review
