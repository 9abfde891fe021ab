// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the review of a patch comes to. Decided in tool/driver, printed here.
#pragma once

#include "tool/report/asked.h"
#include "tool/review/mail.h"
#include "tool/support/evidence.h"
#include <string>
#include <vector>

namespace krcu::review {

/// In the order of what decides: the last one of a patch's findings.
enum class PatchVerdict {
  Ok,         ///< nothing speaks against it in this tree
  CannotTell, ///< what would be needed to know is missing
  Wait,       ///< right, but not safe in this tree
  NotApplicable, ///< it does not apply to this tree, so that nothing was judged
  Broken,     ///< wrong object or member, does not compile, still used
};

/// Changed lines that no question was about.
struct NotJudged {
  std::string file;
  unsigned from = 0, to = 0;
  bool old_line = false; ///< they stand in the old text: the patch takes them away
  std::string function;  ///< empty at file scope
  std::string what;      ///< "control flow", "a call", "a store"
  std::string word;      ///< a name of the rules that stands in them, or the #if that they put around something judged; empty: none
};
/// "drv/x.c:12-14: control flow in x_put()".
std::string describe(const NotJudged &N);

/// One thing that a patch does and that matters.
struct Finding {
  PatchVerdict verdict = PatchVerdict::Ok;
  std::string file;
  unsigned line = 0;     ///< in the new text, or in the old one for something that goes
  bool old_line = false;
  std::string reason;    ///< in a reviewer's words, without full stop
  EvidenceList evidence;
};

struct FileReview {
  std::string file;
  PatchVerdict verdict = PatchVerdict::Ok;
  std::string reason;
  std::vector<Finding> findings; ///< the weightiest first
  std::vector<NotJudged> not_judged;
  bool only_applied = false; ///< no word of RCU or of a cache's end stands near the change, so that it was not parsed
};

struct PatchReview {
  const ReviewPatch *patch = nullptr;
  PatchVerdict verdict = PatchVerdict::Ok;
  std::string reason;
  EvidenceList evidence;
  bool applies = true;
  std::string base;              ///< "commit 0123456789ab (Linux 6.11.0), found by its base-commit line": what it was judged on instead of the tree
  std::vector<FileReview> files; ///< those with something to say of, in the order of the patch
};

/// One tree that the patches were held against.
struct Column {
  std::string name;    ///< as the user named it
  std::string version; ///< "6.12.117"
  std::string era;
  std::vector<std::string> assumed;
  std::vector<PatchReview> patches;
  unsigned parsed = 0;           ///< files as they stand before their patch, without an error
  EvidenceList unparsed;         ///< the others: the file and what was wrong
};

struct ReviewReport {
  Asked asked = {};
  std::vector<Column> columns; ///< at least one
  bool incomplete = false;     ///< a part of a series is missing, or has no patch in it
  std::vector<std::string> notes;
};

/// "ok", "wait", "broken", "cannot_tell", "na"; and as the scorecard has it.
const char *verdictWord(PatchVerdict V);
const char *verdictTitle(PatchVerdict V);

/// Sums a file's or a patch's findings up: the verdict and the reason of the weightiest.
void sumUp(FileReview &F);
void sumUp(PatchReview &P);

/// The list that a maintainer would mail. `Width`: columns of the terminal, 0: do not cut.
std::string scorecard(const ReviewReport &R);
/// DESIGN: "patches": [ { "number", "subject", "verdict", "reason", "evidence" } ]; with several trees "columns" too.
std::string reviewJson(const ReviewReport &R, const std::string &KrcuVersion);

} // namespace krcu::review
