// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is asked of mails, whatever their patches do.
#include "tool/main/presentation.h"
#include "tool/main/series_commands.h"

#include "tool/series/series.h"
#include "tool/support/error.h"
#include "tool/support/sink.h"
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace krcu {

void addMailOptions(CLI::App *C, SeriesOptions &O) {
  C->add_option("--templates", O.templates, "directory with your own subject.txt, patch.txt, notes.txt or cover.txt");
  C->add_option("--date", O.date, "date of the first mail (default: SOURCE_DATE_EPOCH, else now)");
  C->add_flag("--signoff", O.signoff, "add your Signed-off-by from git config");
  C->add_flag("--one-series", O.one_series, "one posting for all, whatever trees they go to");
  C->add_option("-v,--reroll-count", O.version, "this is version N: [PATCH vN ...], with a place for what changed")->check(CLI::Range(1u, 999u));
  C->add_option("--reroll", O.reroll, "directory of the version before: the next one keeps what you edited in its mails, and the people you added");
  C->add_option("--trailer", O.trailers, "'Suggested-by: Name <name@example.org>' for each patch")->allow_extra_args(false);
  C->add_option("--cc", O.cc, "'Name <name@example.org>' for each mail")->allow_extra_args(false);
  C->add_option("--prefix", O.prefix, "for [PATCH ...] instead of what each tree wants: net, 'RFC net-next'");
}

llvm::Expected<int64_t> dateOf(const SeriesOptions &O) {
  const char *Epoch = std::getenv("SOURCE_DATE_EPOCH");
  std::string Text = !O.date.empty() ? O.date : Epoch ? Epoch : "";
  if (Text.empty())
    return static_cast<int64_t>(std::time(nullptr));
  if (auto Date = series::parseDate(Text))
    return *Date;
  return fail(std::string(O.date.empty() ? "SOURCE_DATE_EPOCH" : "--date") + ": '" + Text +
              "' is no date; write 2026-11-23, 2026-11-23T05:41:49 or seconds since 1970");
}

llvm::Error takeSeriesOptions(const SeriesOptions &O, series::SeriesInput &In) {
  In.templates_directory = O.templates;
  In.signoff = O.signoff;
  In.one_series = O.one_series;
  In.trailers = O.trailers;
  In.cc = O.cc;
  llvm::StringRef Prefix = llvm::StringRef(O.prefix).trim(" []");
  if (auto [First, Others] = Prefix.split(' '); First == "PATCH") // people give it, too
    Prefix = Others.ltrim();
  In.prefix = Prefix.str();
  In.reroll_directory = O.reroll;
  In.version = std::max(O.version, 1u);
  if (!O.reroll.empty() && !O.version) {
    auto State = series::readState(O.reroll);
    if (!State)
      return State.takeError();
    In.version = State->version + 1;
  }
  In.needs_author = !O.branch.empty();
  auto Date = dateOf(O);
  if (!Date)
    return Date.takeError();
  In.date = *Date;
  return llvm::Error::success();
}

llvm::Expected<std::string> writeMails(const series::SeriesResult &Made, const SeriesOptions &O) {
  for (const std::string &W : Made.warnings)
    tell(O.quiet, "warning", W);
  if (O.directory.empty())
    return std::string();
  if (llvm::Error E = series::writeSeries(Made, O.directory))
    return E;
  std::string Out;
  for (const series::MadeSeries &One : Made.series) {
    Out += (One.directory.empty() ? O.directory : O.directory + "/" + One.directory) + ": " + std::to_string(One.patches.size()) +
           (One.patches.size() == 1 ? " patch\n" : " patches\n");
    for (const series::MadePatch &Patch : One.patches)
      Out += "  " + Patch.file_name + "\n";
  }
  return Out + "Nothing was sent; " + O.directory + "/README says how to check, apply and send it, recipients.txt to whom.\n";
}

} // namespace krcu
