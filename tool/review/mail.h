// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What people post: an mbox with a whole series, single mails, files of git format-patch, plain diffs. GMime takes the mails apart
// (transfer encodings, character sets, MIME parts); here they become patches in order.
#pragma once

#include "tool/review/diff.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace krcu::review {

struct ReviewPatch {
  std::string source;      ///< the file it came from, as the user named it, or a commit
  unsigned number = 0;     ///< from "[PATCH 07/14]"; a patch without one has its place in the input
  unsigned total = 0;      ///< 0: not said
  unsigned version = 1;
  bool numbered = false;
  std::string subject;     ///< without the bracket
  std::string prefix;      ///< "[PATCH net-next 07/14]"; empty for plain diffs and commits
  std::string from, date, message_id, references; ///< as in the mail; for the reply
  std::string to, cc;
  std::string body;        ///< decoded text, the diff in it
  Diff diff;
  std::string base_commit; ///< 40 hex digits of the mail's "base-commit:" line, or of its series' cover letter; empty: none
  bool flowed = false;     ///< sent as format=flowed, which mangles patches
};

struct Inbox {
  std::vector<ReviewPatch> patches;
  bool incomplete = false;        ///< a part of a series is missing, or has no patch in it
  std::vector<std::string> notes; ///< what was left out, and why: cover letters, replies, earlier versions
};

/// Reads all inputs: files, directories of *.patch files or of mails, archives of public-inbox, "-" for standard input. Fails if one cannot be read or nothing in them is a patch.
llvm::Expected<Inbox> readInbox(const std::vector<std::string> &Inputs);

/// Fills in number, total, version, prefix and subject from a Subject header.
void readSubject(llvm::StringRef Subject, ReviewPatch &P);

/// The text of a format=flowed body (RFC 3676): soft line ends joined, space stuffing removed.
std::string unflow(llvm::StringRef Text);

} // namespace krcu::review
