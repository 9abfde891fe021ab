// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a page shows, as values. The makers (scan_page, audit_page, review_page) know what krcu found, the renderer knows HTML, and neither knows
// the other's business. All texts here are raw; render() escapes each of them.
#pragma once

#include "tool/report/asked.h"
#include "tool/rules/eras.h"
#include "tool/support/evidence.h"
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace krcu::pages {

/// One place of a chain, with five source lines.
struct Step {
  std::string kind; ///< stepKind()
  Location where;
  std::string function, text;
};
struct Chain {
  std::string title;
  std::vector<Step> steps;
};

/// One line of a drawing.
struct Event {
  enum Kind { Exit, Queue, Stop, Wait, End, Unknown } kind = Queue;
  Location where;
  std::string function, text;
  bool always = true;   ///< on every path
  bool counts = true;   ///< Wait: for what is in question here
  bool decides = false; ///< the verdict rests on it
};
/// The way of an end: what runs in order, what may be in flight.
struct Drawing {
  std::string title;
  std::vector<Event> events;
};

/// A stretch of a file with some of its lines exchanged.
struct ChangedLine {
  char sign = ' '; ///< ' ', '-', '+'; '@' for a gap
  unsigned line = 0; ///< in the old text, of '+' in the new one; 0: not shown
  std::string text;
};
struct Change {
  std::string title; ///< a path
  std::vector<ChangedLine> lines;
};

/// A fold: a site, a finding, a patch.
struct Item {
  std::string cls;       ///< one of the page's groups
  std::string tone;      ///< "bad", "warn", "good", "dim": the colour
  Location where;        ///< line 0: not in a file
  std::string title;     ///< callback, function, subject
  std::string reason;
  std::string replacement;
  std::vector<std::pair<std::string, std::string>> facts; ///< name and value
  std::map<std::string, std::string> filters; ///< name of the filter -> value
  std::string change_title;
  std::vector<Change> changes;
  std::vector<Drawing> drawings;
  std::vector<Chain> chains;
  std::vector<Step> also;  ///< what else changes
  std::vector<const Timeline *> counterexamples;
};

struct Group {
  std::string cls, tone;
  std::string title;  ///< "can be converted"
  std::string words;  ///< a sentence on what to do with these
  bool closed = false; ///< of little interest: folded as a whole
};

struct FactRow {
  std::string title, value;
  bool assumed = false;
  std::vector<Step> steps;
};

struct Page {
  Asked asked;
  std::string title;   ///< "krcu scan: Linux 6.12.117"
  std::vector<std::pair<std::string, std::string>> about; ///< version, era, ...
  std::vector<FactRow> facts;
  std::vector<std::string> assumed; ///< sentences
  std::vector<Group> groups;        ///< in the order in which they are to be looked at
  std::vector<Item> items;          ///< in order within their group
  std::vector<std::pair<std::string, std::string>> filters; ///< name and title
  std::vector<std::string> notes;   ///< below the counts
  std::vector<std::pair<std::string, std::vector<std::string>>> lists; ///< at the end: title and lines, folded
};

} // namespace krcu::pages
