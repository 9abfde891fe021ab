// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which mails are the parts of one series, in which order they are read, and which are missing. A mailbox may hold many series.
#pragma once

#include "tool/review/mail.h"

namespace krcu::review {

/// The mail that the patch's thread begins with: the first that it answers to, else itself. Empty: it is no mail.
std::string threadOf(const ReviewPatch &P);

/// Leaves out what a later version replaces and what came twice, sorts each series by its numbers at the place of its first part, notes what is
/// missing, and gives each part the base commit of its cover letter. \p Hollow: numbered parts without a patch; \p Covers: cover letters with
/// a base commit.
void putInOrder(Inbox &Box, const std::vector<ReviewPatch> &Hollow, const std::vector<ReviewPatch> &Covers);

} // namespace krcu::review
