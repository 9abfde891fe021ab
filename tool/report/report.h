// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Results out: the verdict table, the JSON contract, the chain of one site. Prints what was decided; decides nothing.
#pragma once

#include "tool/lifetime/configured.h"
#include "tool/lifetime/verdict.h"
#include "tool/report/asked.h"
#include "tool/report/site_text.h"
#include "tool/report/terminal.h"
#include "tool/semantics/semantics.h"
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace krcu {

struct ReportProblem {
  std::string file;
  std::string cause;
  bool built = true;
};

/// Everything a report of a scan is made from.
struct ReportInput {
  Asked asked = {};
  std::string tree_version;
  const Semantics *semantics = nullptr;
  const std::vector<SiteReport> *sites = nullptr;
  const std::vector<SiteText> *texts = nullptr; ///< of the sites, in their order; null: not asked for
  const ConfiguredAnswers *configured = nullptr; ///< of sites, by their places; null: nobody asked
  const ConfigFile *config = nullptr;            ///< of --config; null: none
  std::map<std::string, unsigned> other_flavours;
  std::vector<ReportProblem> problems;
  std::vector<std::pair<std::string, double>> phases; ///< for --stats; empty: not printed
  bool all = false;                                   ///< text: list every site, not only those a person may act on
  unsigned width = 0;                                 ///< terminal columns; 0: not a terminal, a site is one line
  bool colour = false;
  std::string next = {};                              ///< text: what to do next; may be empty
};

/// The list for people: "file:line:column: class: replacement; reason [callback]" for each site that is free-only, what is to be done first and refusals
/// last; then the summary whose classes add up to the census. On a short terminal the sites of a file stand below its name.
std::string scanText(const ReportInput &In);
/// The JSON contract of docs/json.md, two-space indented, with a final newline.
std::string scanJson(const ReportInput &In);
/// The whole chain of one site, each step with its line of source.
std::string explainText(const SiteReport &R, const Semantics &S, const LineOracle &Lines = nullptr, unsigned Width = 0, const ConfiguredAnswer *Configured = nullptr);
/// The same of the site with that number in `In`.
std::string explainJson(const ReportInput &In, size_t Number);
/// {"timelines": [{"era": ..., "row": ..., "shows": ..., "steps": [...]}]}
std::string timelinesJson(const std::vector<Timeline> &Timelines);
std::string semanticsJson(const Asked &Of, const std::string &TreeVersion, const Semantics &S);
/// Phase times as aligned lines.
std::string statsText(const std::vector<std::pair<std::string, double>> &Phases);
/// What is said of the site's configuration; null: nothing.
const ConfiguredAnswer *configuredOf(const ReportInput &In, const SiteReport &R);
/// reasonText(), and behind it for which configurations that holds.
std::string reasonFor(const ReportInput &In, const SiteReport &R);
/// Number of sites per class, every class present.
std::map<std::string, unsigned> classCounts(const std::vector<SiteReport> &Sites);

} // namespace krcu
