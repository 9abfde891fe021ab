// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The cache as a command sees it: if nothing has changed since the same command ran last, its output is given again.
#pragma once

#include "tool/driver/scan.h"
#include "tool/main/commands.h"
#include <optional>
#include <string>

namespace krcu {

/// The tree, with the external module if one is named.
llvm::Expected<Tree> openTree(const ScanOptions &S);

inline const char *const KernelOptionText =
    "the given tree is an external module's own directory (what make M= builds); this kernel tree supplies the rest";

/// --cache and --no-cache.
void addCacheOptions(CLI::App &Command, std::string &Dir, bool &No);
/// Gives the scan the cache in `Dir` (empty: the user's own), unless `No`. Fails if the tree cannot be looked at.
llvm::Error useCache(ScanOptions &SO, const std::string &Dir, bool No);

class Recall {
public:
  /// `Command`: what the output depends on besides the options; empty if it is not to be kept.
  Recall(const Options &O, std::string Command) : O(O), Command(std::move(Command)) {}

  /// Opens the cache and hands it to the scan. `Always`: with --no-cache too, for this run only. Fails on files of facts that are none; a cache
  /// that cannot be used is a note.
  llvm::Error open(ScanOptions &SO, bool Always = false);
  /// Prints what the last run printed; returns its exit status. Nothing if something has changed.
  std::optional<int> replay() const;
  void keep(const PastOutput &Output, const Tree &T) const;
  void printNotes() const;
  void printStats() const;

private:
  const Options &O;
  std::string Command;
  Digest Arguments;
  unsigned Jobs = 1;
  std::shared_ptr<ScanCache> Cache;
};

} // namespace krcu
