// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What krcu found, laid out for a page. Values in, values out: nothing is read from a tree here and nothing is decided.
#pragma once

#include "tool/pages/page.h"
#include "tool/report/findings.h"
#include "tool/report/report.h"
#include "tool/review/verdict.h"

namespace krcu::pages {

/// A scan, or the one site of an explain: `In.asked.command` says which. `Timelines` must outlive the page.
Page scanPage(const ReportInput &In, const std::vector<Timeline> &Timelines);
Page auditPage(const AuditReport &R, const std::vector<Timeline> &Timelines);
Page reviewPage(const review::ReviewReport &R, const std::vector<Timeline> &Timelines);

/// The ways in which the caches of a site go: one for each destruction that an object may meet, the deciding one first; at most four.
std::vector<Drawing> drawingsOf(const SiteReport &R, const Semantics &S);

/// What all pages of one tree begin with: version, commit, era, facts, what is assumed.
void describeTree(const std::string &Version, const Semantics &S, Page &To);
/// The first of `Rows` that the era has a counterexample for, if it ends in `Shows` (empty: in anything); null if there is none.
const Timeline *counterexample(const std::vector<Timeline> &All, const std::string &Era, const std::vector<std::string> &Rows, const std::string &Shows = {});

} // namespace krcu::pages
