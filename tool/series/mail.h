// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One patch as git format-patch writes it: readable by git am and b4, its bytes the file's bytes.
#pragma once

#include "tool/series/maintainers.h"
#include "tool/series/split.h"
#include <cstdint>
#include <string>
#include <vector>

namespace krcu::series {

struct Mail {
  std::string commit;        ///< 40 hex digits of the commit it was made from; empty: none
  Address from;
  int64_t date = 0;          ///< seconds since 1970
  std::string tag;           ///< "net-next"; "RFC net" becomes [RFC PATCH net]
  unsigned version = 1;      ///< from 2 on it stands in the subject
  unsigned number = 0;       ///< 0: the cover letter
  unsigned total = 1;        ///< patches in the series
  std::string subject;
  std::string body;          ///< with its tags; ends with a newline
  std::string notes;         ///< behind "---": not part of the commit; may be empty
  std::string stat;          ///< diffstat, as git prints it
  std::string diff;          ///< empty for the cover letter
  std::string base_commit;   ///< printed at the bottom if not empty
  std::string message_id;    ///< without the angle brackets
  std::string in_reply_to;
  std::vector<Recipient> recipients;
  std::string program;       ///< below the signature line
};

std::string formatMail(const Mail &M);

/// "0003-net-foo-replace-foo_free_rcu-with-kfree_rcu.patch".
std::string mailFileName(const Mail &M);

/// A header's text as RFC 2047 wants it: words that are not ASCII become encoded words. `Column`: where the text begins.
std::string encodeHeader(llvm::StringRef Text, size_t Column);

/// "Mon, 23 Nov 2026 05:41:49 +0000".
std::string mailDate(int64_t Seconds);

/// " a/b.c | 9 +++------" and the line with the sums.
llvm::Expected<std::string> diffStat(const std::string &Diff);

} // namespace krcu::series
