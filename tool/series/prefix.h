// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a subsystem begins its subject lines: read from its history where there is one, else from rows about directories.
#pragma once

#include "tool/series/git.h"
#include "tool/series/settings.h"
#include <map>
#include <string>
#include <vector>

namespace krcu::series {

struct SubjectStyle {
  std::string prefix;        ///< "netfilter", without the colon
  bool capital = false;      ///< the summary begins with a capital letter
  unsigned commits = 0;      ///< how many subject lines it was read from; 0: from the path
};

/// Subject lines of the commits that touched each file, newest first. Looks at a bounded number of commits.
std::map<std::string, std::vector<std::string>> subjectsOf(git_repository *Repository, const std::vector<std::string> &Files);

/// What most of these subject lines begin with; an empty prefix if they do not agree.
SubjectStyle styleOfSubjects(const std::vector<std::string> &Subjects);

/// From the rows about directories. \p Group: what MAINTAINERS calls the file and those around it, or empty.
std::string prefixOfPath(const std::string &File, const std::vector<PrefixRow> &Rows, const std::string &Group = "");

} // namespace krcu::series
