// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a patch says of itself: the facts of its conversions as data for the templates. No sentence is made that the facts of this very
// patch do not carry.
#pragma once

#include "tool/series/split.h"
#include "tool/series/templates.h"
#include "tool/series/trailers.h"
#include "tool/semantics/semantics.h"
#include "tool/tree/tree.h"
#include <set>

namespace krcu::series {

/// A module that leaves without waiting for callbacks of its own: what a conversion of all of them mends.
struct MissingBarrier {
  std::string module, exit;      ///< "foo", "foo_exit()"
  Location where;                ///< where the exit is named
  bool certain = false;          ///< beyond doubt; else it only belongs into the notes
  std::vector<Location> queues;  ///< every call that queues a callback of the module's text
};

/// What all messages of a run share.
struct MessageContext {
  std::string version;          ///< krcu's
  std::string tree_version;
  std::string command;          ///< how to make the series again
  const Tree *tree = nullptr;
  const Semantics *semantics = nullptr;
  const Settings *settings = nullptr;
  const Templates *templates = nullptr;
  const FileTexts *files = nullptr;
  std::map<std::string, std::string> parsed_for; ///< file -> architecture it was verified for
  std::map<std::string, unsigned> classes;       ///< of all sites
  unsigned calls = 0;
  std::string configuration;    ///< what the files were parsed with
  std::vector<std::pair<std::string, std::string>> removed_helpers; ///< file and name of what only removed callbacks used
  std::vector<MissingBarrier> missing_barriers;
  std::vector<std::string> notes; ///< left for a person; each begins with the file that it is about
};

struct PatchMessage {
  std::string subject;  ///< one line, without [PATCH]
  std::string body;     ///< filled, ends with a newline, no tags
  std::vector<std::string> trailers = {}; ///< "Link: ..." at the end of the template
  std::string notes = {}; ///< for below the "---": filled, may be empty
  std::vector<std::string> advice = {}; ///< for the sender, not for the mail: what to decide before it is sent
};

/// `Taken`: subjects of the patches before, none of which is used again; the new one is added.
llvm::Expected<PatchMessage> messageOf(const PatchUnit &P, const MessageContext &C, std::set<std::string> &Taken);

/// Of the lines in `Proposals` the first that fits into a subject and that no other patch has; else the shortest. Empty if each is taken.
std::string chooseSubject(llvm::StringRef Proposals, const SubjectStyle &Style, const std::set<std::string> &Taken);

/// `TreeWide`: the series goes to more than one tree.
llvm::Expected<PatchMessage> coverOf(const SeriesPlan &S, const MessageContext &C, bool TreeWide);

} // namespace krcu::series
