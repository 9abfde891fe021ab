// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a patch says of itself: the facts of its conversions as data for the templates. No sentence is made that the facts of this very
// patch do not carry.
#pragma once

#include "tool/series/split.h"
#include "tool/series/templates.h"
#include "tool/tree/semantics/semantics.h"
#include <set>

namespace krcu::series {

/// What all messages of a run share.
struct MessageContext {
  std::string version;          ///< krcu's
  std::string tree_version;
  std::string command;          ///< how to make the series again
  const Semantics *semantics = nullptr;
  const Settings *settings = nullptr;
  const Templates *templates = nullptr;
  const FileTexts *files = nullptr;
  std::map<std::string, std::string> parsed_for; ///< file -> architecture it was verified for
  std::map<std::string, unsigned> classes;       ///< of all sites
  unsigned calls = 0;
  std::string configuration;    ///< what the files were parsed with
  std::vector<std::pair<std::string, std::string>> removed_helpers; ///< file and name of what only removed callbacks used
};

struct PatchMessage {
  std::string subject; ///< one line, without [PATCH]
  std::string body;    ///< filled, ends with a newline, no tags
};

/// `Taken`: subjects of the patches before, none of which is used again; the new one is added.
llvm::Expected<PatchMessage> messageOf(const PatchUnit &P, const MessageContext &C, std::set<std::string> &Taken);

llvm::Expected<PatchMessage> coverOf(const SeriesPlan &S, const MessageContext &C);

} // namespace krcu::series
