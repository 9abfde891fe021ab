// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a series needs to know of the kernel's customs, as rows in rules/series/series.yaml: how directories name themselves in subject
// lines, which trees want a tag of their own, and which mainline commits brought the behaviour that a proof rests on.
#pragma once

#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace krcu::series {

struct PrefixRow {
  std::string under;  ///< "net/*": a directory, '*' stands for one name
  std::string prefix; ///< "{2}": the second name of the path; "{stem}": the file's name without its ending; "{group}": Maintainers::groupOf(), without which the row is none
};

struct TreeRow {
  std::string match;  ///< a part of the T: line
  std::string name;   ///< what the series for this tree is called
  std::string tag;    ///< goes into [PATCH ...]
  bool capital = false; ///< summaries begin with a capital letter
  bool catch_all = false; ///< where everything ends up: says nothing of who takes a patch
};

struct ListRow {
  std::string use;     ///< when: "tree_wide", "unmaintained"
  std::string address;
};

struct CommitRow {
  std::string fact;   ///< name of a fact of krcu semantics
  std::string era;    ///< only in this era; empty: in any
  std::string commit; ///< at least 12 hex digits
  std::string title;
};

struct Settings {
  std::vector<PrefixRow> prefixes;
  std::vector<TreeRow> trees;
  std::vector<CommitRow> commits;
  std::vector<ListRow> lists;

  /// The commit that made `Fact` true in mainline, preferring the row of this era; null if none is listed.
  const CommitRow *commitOf(const std::string &Fact, const std::string &Era) const;
};

/// Reads series.yaml below `RulesDirectory`/series.
llvm::Expected<Settings> loadSettings(const std::string &RulesDirectory);

} // namespace krcu::series
