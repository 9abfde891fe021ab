// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which files make one patch, and which patches make one series. Files that share a removed callback cannot be apart; otherwise one
// patch goes to one subsystem and one set of people.
#pragma once

#include "tool/lifetime/verdict.h"
#include "tool/series/maintainers.h"
#include "tool/series/prefix.h"
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace krcu::series {

using FileTexts = std::map<std::string, std::pair<std::string, std::string>>; ///< path -> old and new text

/// Files that use what a header declares, those that free it first.
using HeaderUsers = std::map<std::string, std::vector<std::string>>;

struct PatchUnit {
  std::vector<std::string> files;             ///< sorted
  std::vector<std::string> also_for;          ///< files whose people get it, too: users of headers that nobody looks after
  std::vector<const SiteReport *> sites;      ///< the conversions in it, in the order of the scan
  bool unmaintained = false;                  ///< no entry of MAINTAINERS has the files, or those of also_for
  SubjectStyle style;
  std::string tree;                           ///< which maintainers' tree takes it: "net-next", or the last names of its address
  bool tree_has_name = false;                 ///< people call it that
  std::string address;                        ///< where that tree is, as MAINTAINERS says; may be empty
  std::string tag;                            ///< for [PATCH tag]
};

struct SeriesPlan {
  std::string name;                           ///< what people call what it is for: "net-next", "drm-i915"; no two are equal
  std::string tag;
  std::vector<PatchUnit> patches;
};

/// More patches than this are not posted at once.
constexpr size_t MaxPatchesPerSeries = 15;

/// `People` and `Repository` may be null. `EachFile`: a patch for each file, whoever gets it. `Users`: a header is called as its users are.
std::vector<PatchUnit> cutPatches(const FileTexts &Files, const std::vector<SiteReport> &Sites, const Maintainers *People,
                                  git_repository *Repository, const Settings &S, bool EachFile = false, const HeaderUsers &Users = {});

/// One series per maintainers' tree, cut evenly where a tree gets more than `Max`; or all in one, for those who want it.
std::vector<SeriesPlan> arrange(std::vector<PatchUnit> Patches, bool OneSeries = false, size_t Max = MaxPatchesPerSeries);

} // namespace krcu::series
