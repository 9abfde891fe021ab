// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a verified tree change to a directory of mails: cut, described, addressed, threaded. Nothing is sent, nothing of the tree is run.
#pragma once

#include "tool/series/fixes.h"
#include "tool/series/mail.h"
#include "tool/series/message.h"
#include "tool/series/slims.h"
#include "tool/series/state.h"
#include <optional>

namespace krcu::series {

struct SeriesInput {
  const Tree *tree = nullptr;
  std::string root;                              ///< what the paths count from: the tree's root, or an external module's directory
  const Semantics *semantics = nullptr;
  const std::vector<SiteReport> *sites = nullptr;
  FileTexts files;
  std::vector<std::string> notes;                ///< left for a person; each begins with "FILE:"
  std::map<std::string, std::string> parsed_for; ///< file -> architecture it was verified for
  std::vector<std::pair<std::string, std::string>> removed_helpers; ///< file and name of what only removed callbacks used
  std::string rules_directory;                   ///< templates/ and series/ are below it
  std::string templates_directory;               ///< the user's, or empty
  std::string configuration;                     ///< what the files were parsed with, for the texts: "the configuration of ..."
  std::string command;                           ///< what the user typed, for the texts
  std::vector<FixText> fixes;                    ///< not empty: the patches mend what an audit found, and convert nothing
  std::vector<SlimText> slims;                   ///< not empty: the patches make heads smaller, and convert nothing
  std::vector<MissingBarrier> missing_barriers;  ///< what an audit says of the modules of the changed files
  std::vector<std::string> left_out;             ///< sites that could be converted and are not here: "FILE: deferral(head, callback)"
  std::vector<std::string> left_out_why;         ///< the reason for each
  bool one_series = false;                       ///< whatever trees they go to
  unsigned version = 1;
  std::string reroll_directory;                  ///< the version before, whose edited texts and added people are kept; or empty
  std::vector<std::string> trailers, cc;         ///< for each patch; people for each mail
  std::string prefix;                            ///< for [PATCH ...] instead of the trees' own
  std::string scan_json;                         ///< the scan's report, which report.json starts with
  int64_t date = 0;
  bool signoff = false;
  bool needs_author = false;                     ///< fail if git does not know who you are
};

/// One patch, ready: its text, its people, its bytes.
struct MadePatch {
  PatchUnit unit;
  PatchMessage message;
  std::string diff, file_name, mail;
  std::string text;                 ///< of the commit, behind the subject: with what a person made of it, and the trailers
  std::string subject;              ///< the same of the subject
  std::vector<Recipient> recipients;
};

struct MadeSeries {
  std::string name, tag, directory; ///< directory: below the output's; empty: the output itself
  std::vector<MadePatch> patches;
  std::string cover;                ///< the mail; empty if there is one patch only
  std::string cover_subject, cover_file;
  std::vector<Recipient> cover_recipients;
  std::vector<WrittenMail> written; ///< what krcu itself wrote, for the next version
};

struct SeriesResult {
  std::vector<MadeSeries> series;
  std::string base_commit;
  Address author;
  Address committer;                 ///< whose Signed-off-by it is
  bool author_known = false;         ///< false: git has no user.name and user.email
  std::vector<std::string> warnings; ///< for the user, one line each
  std::map<std::string, std::string> files; ///< path below the output directory -> bytes
};

/// Makes everything in memory. Fails if there is nothing to convert or something needed is missing.
llvm::Expected<SeriesResult> makeSeries(const SeriesInput &In);

/// Fails if `Directory` exists and is not an empty directory.
llvm::Error checkOutputDirectory(const std::string &Directory);
/// All files or none: they are written beside `Directory` and moved there at once.
llvm::Error writeSeries(const SeriesResult &R, const std::string &Directory);

/// Seconds since 1970 from "1700000000", "2026-11-23", "2026-11-23T05:41:49" or "Mon, 23 Nov 2026 05:41:49"; UTC.
std::optional<int64_t> parseDate(llvm::StringRef Text);

/// A time and the minutes by which the clock that showed it was ahead of UTC.
struct ZonedDate {
  int64_t seconds = 0;
  int minutes = 0;
  friend bool operator==(const ZonedDate &, const ZonedDate &) = default;
};
/// The forms that git documents for GIT_AUTHOR_DATE: "1700000000 +0130", those of parseDate() with or without a zone ("+01:30", "GMT").
std::optional<ZonedDate> parseZonedDate(llvm::StringRef Text);

} // namespace krcu::series
