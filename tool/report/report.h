// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Results out: the verdict table, the JSON contract, the chain of one site. Prints what was decided; decides nothing.
#pragma once

#include "tool/lifetime/verdict.h"
#include "tool/report/asked.h"
#include "tool/report/site_text.h"
#include "tool/tree/semantics/semantics.h"
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
  std::map<std::string, unsigned> other_flavours;
  std::vector<ReportProblem> problems;
  std::vector<std::pair<std::string, double>> phases; ///< for --stats; empty: not printed
  bool all = false;                                   ///< text: list every site, not only those a person may act on
  unsigned width = 0;                                 ///< terminal columns; 0: not a terminal, nothing is cut
  bool colour = false;
};

/// The table for people: one line per site that is free-only, then the summary whose classes add up to the census.
std::string scanText(const ReportInput &In);
/// The JSON contract of docs/json.md, two-space indented, with a final newline.
std::string scanJson(const ReportInput &In);
/// The whole chain of one site.
std::string explainText(const SiteReport &R, const Semantics &S);
std::string explainJson(const SiteReport &R, const Semantics &S);
/// {"timelines": [{"era": ..., "row": ..., "shows": ..., "steps": [...]}]}
std::string timelinesJson(const std::vector<Timeline> &Timelines);
std::string semanticsJson(const std::string &TreeVersion, const Semantics &S);
/// Phase times as aligned lines.
std::string statsText(const std::vector<std::pair<std::string, double>> &Phases);
/// Number of sites per class, every class present.
std::map<std::string, unsigned> classCounts(const std::vector<SiteReport> &Sites);

} // namespace krcu
