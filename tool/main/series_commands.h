// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// krcu patch --series and --commit, and krcu verify.
#pragma once

#include "tool/driver/patch.h"
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace krcu {

namespace series {
struct SeriesInput;
struct SeriesResult;
} // namespace series

struct SeriesOptions {
  std::string directory;      ///< --series, or what verify looks at
  std::string templates;
  std::string branch;         ///< --commit
  std::string date;
  bool signoff = false;
  bool run_checkpatch = false;
  bool one_series = false;
  bool with_kept = false;     ///< also conversions whose callback stays
  bool quiet = false;         ///< -q: warnings and notes are not said
  bool exit_code = false;     ///< status 1 if there is something to convert
  unsigned version = 0;       ///< -v; 0: not given
  std::string reroll;         ///< directory of the version before
  std::string prefix, upstream;
  std::vector<std::string> trailers, cc, only, exclude;

  bool wanted() const { return !directory.empty() || !branch.empty(); }
};

void addSeriesOptions(CLI::App *PatchCommand, SeriesOptions &O);
/// Those of them that are about mails, whatever the patches do.
void addMailOptions(CLI::App *Command, SeriesOptions &O);
/// `Tree`, `Rules` and `Jobs` are those of the other commands.
CLI::App *addVerifyCommand(CLI::App &App, SeriesOptions &O, std::string &Tree, std::vector<std::string> &Rules, unsigned &Jobs);

/// --date, else SOURCE_DATE_EPOCH, else now.
llvm::Expected<int64_t> dateOf(const SeriesOptions &O);
/// What can be said before the scan, which takes a while; success if there is nothing.
llvm::Error checkSeriesOptions(const SeriesOptions &O, const ScanOptions &SO);
/// Which conversions are wanted. Opens the tree of --upstream.
llvm::Expected<PatchChoice> patchChoice(const SeriesOptions &O, const Scan &S, bool DropBarriers);
/// Why --only and --exclude leave the file out; empty: they do not.
std::string leftOutByPath(const SeriesOptions &O, const std::string &File);
/// The paths of --only and --exclude as the tree has them; fails, before anything is read, if it has not.
llvm::Error findPaths(SeriesOptions &O, const ScanOptions &SO);
/// How to make the same series again; paths of this machine are nobody's business.
std::string commandOf(const ScanOptions &SO, const SeriesOptions &O, const std::string &What = "");
/// A call that the patches leave as it is, as krcu verify knows it.
std::string siteText(const std::string &File, const std::string &Deferral, const std::string &Head, const std::string &Callback);
/// Makes the commits and writes the mails, as the options ask; returns what to print.
llvm::Expected<std::string> finishSeries(const series::SeriesInput &In, const SeriesOptions &O);
/// Writes the series, makes the commits, or both. `ScanJson`: the report of the scan; returns what to print.
llvm::Expected<std::string> makeSeriesFor(Scan &S, const std::vector<SiteReport> &Sites, const Patch &P, const SeriesOptions &O,
                                          const ScanOptions &SO, const std::string &ScanJson);
/// What the options say of the mails: dates, people, versions.
llvm::Error takeSeriesOptions(const SeriesOptions &O, series::SeriesInput &In);
/// Says the warnings, writes the directory; returns what to print.
llvm::Expected<std::string> writeMails(const series::SeriesResult &Made, const SeriesOptions &O);
/// The report of krcu verify; `Failed` if the series is not in order.
llvm::Expected<std::string> verifyDirectory(const SeriesOptions &O, ScanOptions SO, bool &Failed);

} // namespace krcu
